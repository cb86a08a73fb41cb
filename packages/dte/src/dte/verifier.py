"""Check XML signatures, ours and those of others, without asking who the signer is."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from dte.errors import SignatureWrong
from dte.keys import public_key, rsa_fits_sha1
from dte.signer import C14N, ENVELOPED, RSA_SHA1, SHA1, XSI_IN_SCOPE, SignatureForm
from dte.text import read_base64
from dte.xml.canonical import SII_NAMESPACE, canonical
from dte.xml.parse import child, child_text

_APEX = re.compile(rb"^<([A-Za-z]+)((?: xmlns(?::[A-Za-z]+)?=\"[^\"]*\")*)")
_TRANSFORMS = frozenset({C14N, ENVELOPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """A signature that fits.

    `form` is None when it covers yet other namespaces. `certificate_fits` is False when the
    certificate beside the key is of another key (the SII's own sample has that).
    """

    form: SignatureForm | None
    certificate_fits: bool


def verify_document_signature(dte: etree._Element) -> SignatureVerdict:
    """Check the signature of a `<DTE>`, alone or inside an envelope, in any of the three forms.

    Raises SignatureWrong.
    Source: xmldsignature_v10.xsd.
    """
    document = _required(dte, "Documento")
    found = canonical(document)
    forms: dict[bytes, SignatureForm | None] = {
        _with_namespaces(found, f' xmlns="{SII_NAMESPACE}"'): SignatureForm.DEFAULT,
        _with_namespaces(found, ""): SignatureForm.NONE,
        _with_namespaces(
            found, f' xmlns="{SII_NAMESPACE}"{XSI_IN_SCOPE}'
        ): SignatureForm.DEFAULT_XSI,
    }
    forms.setdefault(found, None)
    return _verify(dte, document, forms)


def verify_set_signature(envelope: etree._Element) -> SignatureVerdict:
    """Check the signature over the set of an EnvioBOLETA or EnvioDTE, strictly in its context.

    Raises SignatureWrong.
    Source: xmldsignature_v10.xsd; EnvioBOLETA_v11.xsd.
    """
    documents = _required(envelope, "SetDTE")
    return _verify(envelope, documents, {canonical(documents): None})


def _verify(
    parent: etree._Element, signed: etree._Element, forms: dict[bytes, SignatureForm | None]
) -> SignatureVerdict:
    signature = _required(parent, "Signature")
    signed_info = _required(signature, "SignedInfo")
    digest = _read_reference(signed_info, signed)
    matching = [form for content, form in forms.items() if _sha1(content) == digest]
    if not matching:
        _refuse("digest", "El contenido fue modificado después de firmado.")
    key, certificate_fits = _read_key(signature)
    value = _base64(child_text(signature, "SignatureValue"))
    in_context = canonical(signed_info)
    alone = _with_namespaces(in_context, f' xmlns="{etree.QName(signed_info).namespace}"')
    if not any(rsa_fits_sha1(key, value, text) for text in (in_context, alone)):
        _refuse("signature_value", "La firma no corresponde a la clave que la acompaña.")
    return SignatureVerdict(form=matching[0], certificate_fits=certificate_fits)


def _read_reference(signed_info: etree._Element, signed: etree._Element) -> bytes:
    """Return the digest; the reference must be to the very element we check, by known ways."""
    reference = _required(signed_info, "Reference")
    if len(signed_info.findall("{*}Reference")) != 1:
        _refuse("reference", "La firma cubre otra cosa que el documento.")
    if reference.get("URI") != f"#{signed.get('ID')}":
        _refuse("reference", "La firma cubre otra cosa que el documento.")
    transforms: Iterable[etree._Element] = reference.iterfind("{*}Transforms/{*}Transform")
    methods = (
        _algorithm(signed_info, "CanonicalizationMethod") == C14N,
        _algorithm(signed_info, "SignatureMethod") == RSA_SHA1,
        _algorithm(reference, "DigestMethod") == SHA1,
        all(transform.get("Algorithm") in _TRANSFORMS for transform in transforms),
    )
    if not all(methods):
        _refuse("algorithm", "La firma usa un método que el SII no admite.")
    return _base64(child_text(reference, "DigestValue"))


def _read_key(signature: etree._Element) -> tuple[RSAPublicKey, bool]:
    """Return the key of KeyValue (else of the certificate), and whether both are the same."""
    info = _required(signature, "KeyInfo")
    numbers = info.find("{*}KeyValue/{*}RSAKeyValue")
    certified = _certified_key(info)
    if numbers is None:
        if certified is None:
            _refuse("no_key", "La firma no trae la clave con que se hizo.")
        return certified, True
    modulus = int.from_bytes(_base64(child_text(numbers, "Modulus")))
    exponent = int.from_bytes(_base64(child_text(numbers, "Exponent")))
    try:
        key = public_key(modulus, exponent)
    except ValueError as error:
        _refuse("no_key", "La clave de la firma no es válida.", error)
    fits = certified is None or certified.public_numbers() == key.public_numbers()
    return key, fits


def _certified_key(info: etree._Element) -> RSAPublicKey | None:
    text = info.findtext("{*}X509Data/{*}X509Certificate")
    if text is None:
        return None
    try:
        key = x509.load_der_x509_certificate(_base64(text)).public_key()
    except ValueError as error:
        _refuse("certificate", "El certificado de la firma no se puede leer.", error)
    if not isinstance(key, RSAPublicKey):
        _refuse("certificate", "El certificado de la firma no es RSA.")
    return key


def _with_namespaces(content: bytes, namespaces: str) -> bytes:
    """Return canonical bytes with other namespace declarations on the outermost tag."""
    return _APEX.sub(lambda match: b"<" + match[1] + namespaces.encode(), content, count=1)


def _algorithm(parent: etree._Element, name: str) -> str:
    return _required(parent, name).get("Algorithm") or ""


def _required(parent: etree._Element, name: str) -> etree._Element:
    found = child(parent, name)
    if found is None:
        _refuse("absent", f"Falta {name} en la firma o en el documento.")
    return found


def _sha1(content: bytes) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).digest()


def _base64(text: str) -> bytes:
    try:
        return read_base64(text)
    except ValueError as error:
        _refuse("unreadable", "La firma está dañada.", error)


def _refuse(code: str, problem: str, cause: Exception | None = None) -> NoReturn:
    raise SignatureWrong(
        code, f"{problem} Pide el documento otra vez a quien lo emitió."
    ) from cause
