"""Check XML signatures with python-xmlsec: the set in its envelope, each DTE taken out of it.

Source of the accepted forms: documents accepted by the SII (the DTE's own signature covers the
DTE as if it stood alone, with or without the default namespace on its start tag).
"""

import base64
import binascii
import re
import threading
from dataclasses import dataclass

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from . import rsa_sha1
from .envelope import SII, safe_parser

DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DSIG}enveloped-signature"
_XMLSEC_LOCK = threading.Lock()


class BadSignatureError(Exception):
    """A signature is missing, malformed or wrong; `state` is the login's answer for it."""

    def __init__(self, reason: str, *, state: str = "05") -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature that holds, and the certificate it was made with."""

    certificate: x509.Certificate


def check_set(root: etree._Element) -> Signed:
    """Check the envelope's signature over its SetDTE, in place. Raises BadSignatureError."""
    target = root.find(f"{{{SII}}}SetDTE")
    if target is None:
        raise BadSignatureError("no SetDTE")
    return _check(root, target=target, uri=f"#{target.get('ID')}", transforms=((), (C14N,)))


def check_file(root: etree._Element) -> Signed:
    """Check the signature of a summary or book over the root's child with an ID, in place.

    Raises BadSignatureError.
    """
    target = next((child for child in root if child.get("ID")), None)
    if target is None:
        raise BadSignatureError("nothing with an ID to sign")
    return _check(root, target=target, uri=f"#{target.get('ID')}", transforms=((), (C14N,)))


def check_document(text: bytes, *, encoding: str) -> Signed:
    """Check a DTE's own signature on its text alone. Raises BadSignatureError.

    The text is tried as it is, and with the default namespace put on a start tag without one.
    """
    refusal: BadSignatureError | None = None
    for form in _forms(text):
        declaration = f'<?xml version="1.0" encoding="{encoding}"?>'.encode("ascii")
        root = etree.fromstring(declaration + form, safe_parser())
        target = next((child for child in root if _name(child) == "Documento"), None)
        if target is None:
            raise BadSignatureError("no Documento")
        try:
            return _check(root, target=target, uri=f"#{target.get('ID')}", transforms=((), (C14N,)))
        except BadSignatureError as error:
            refusal = error
    assert refusal is not None, "there is always one form to try"
    raise refusal


def check_seed(root: etree._Element) -> Signed:
    """Check a signed getToken. Raises BadSignatureError with the login's state code."""
    accepted = ((ENVELOPED,), (ENVELOPED, C14N))
    return _check(root, target=root, uri="", transforms=accepted)


def _forms(text: bytes) -> tuple[bytes, ...]:
    start = text[: text.index(b">")]
    if re.search(rb"\sxmlns\s*=", start):
        return (text,)
    return (text, text.replace(b"<DTE", f'<DTE xmlns="{SII}"'.encode("ascii"), 1))


def _check(
    root: etree._Element,
    *,
    target: etree._Element,
    uri: str,
    transforms: tuple[tuple[str, ...], ...],
) -> Signed:
    found = root.findall(f"{{{DSIG}}}Signature")
    if len(found) != 1:
        raise BadSignatureError(f"{len(found)} signatures where one belongs", state="04")
    signature = found[0]
    _check_shape(signature, uri=uri, transforms=transforms)
    certificate = _certificate(signature)
    ids = [element.get("ID") for element in root.iter(etree.Element) if element.get("ID")]
    if len(ids) != len(set(ids)):
        raise BadSignatureError("repeated ID")
    _check_key_value(signature, certificate)
    with _XMLSEC_LOCK:
        if uri:
            xmlsec.tree.add_ids(target, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(
            certificate.public_bytes(Encoding.DER), xmlsec.constants.KeyDataFormatCertDer
        )
        try:
            context.verify(signature)
        except xmlsec.Error as error:
            raise BadSignatureError(f"signature or digest differ ({error})") from error
    return Signed(certificate=certificate)


def _check_shape(
    signature: etree._Element, *, uri: str, transforms: tuple[tuple[str, ...], ...]
) -> None:
    facts = {
        "CanonicalizationMethod": C14N,
        "SignatureMethod": f"{DSIG}rsa-sha1",
        f"Reference/{{{DSIG}}}DigestMethod": f"{DSIG}sha1",
    }
    for path, wanted in facts.items():
        found = signature.find(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}{path}")
        if found is None or found.get("Algorithm") != wanted:
            raise BadSignatureError(f"{path.split('}')[-1]} is not {wanted}")
    references = signature.findall(f"{{{DSIG}}}SignedInfo/{{{DSIG}}}Reference")
    if len(references) != 1 or references[0].get("URI") != uri:
        raise BadSignatureError(f"the reference is not {uri!r}")
    used = tuple(step.get("Algorithm") or "" for step in references[0].iter(f"{{{DSIG}}}Transform"))
    if used not in transforms:
        raise BadSignatureError(f"transforms {used}")


def _certificate(signature: etree._Element) -> x509.Certificate:
    path = f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate"
    found = signature.findtext(path)
    if not found:
        raise BadSignatureError("no X509Certificate", state="11")
    try:
        der = base64.b64decode("".join(found.split()), validate=True)
        return x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError) as error:
        raise BadSignatureError("unreadable X509Certificate", state="11") from error


def _check_key_value(signature: etree._Element, certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadSignatureError("not an RSA certificate", state="11")
    path = f"{{{DSIG}}}KeyInfo/{{{DSIG}}}KeyValue/{{{DSIG}}}RSAKeyValue/{{{DSIG}}}"
    try:
        modulus = rsa_sha1.number(signature.findtext(f"{path}Modulus") or "")
        exponent = rsa_sha1.number(signature.findtext(f"{path}Exponent") or "")
    except ValueError as error:
        raise BadSignatureError("unreadable KeyValue", state="21") from error
    numbers = key.public_numbers()
    if (modulus, exponent) != (numbers.n, numbers.e):
        raise BadSignatureError("KeyValue is not the certificate's key", state="21")


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
