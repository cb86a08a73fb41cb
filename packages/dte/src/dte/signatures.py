"""Check XML signatures, ours and those of others, without asking who the signer is.

A signature counts only for the element it stands beside: its reference must name that element,
whose canonical form is computed here, never looked up by ID. So no copy of signed content
elsewhere in a file can lend its signature to another.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from dte.certificate import PublicCertificate, read_certificate
from dte.errors import SignatureWrong
from dte.keys import public_key, rsa_fits_sha1
from dte.signer import C14N, ENVELOPED, RSA_SHA1, SHA1, XSI_IN_SCOPE, SignatureForm
from dte.text import read_base64
from dte.xml.canonical import DSIG_NAMESPACE, SII_NAMESPACE, canonical
from dte.xml.parse import child_text, children, local_name
from dte.xml.read import ENVELOPES, find_content

_DEFAULT = f' xmlns="{SII_NAMESPACE}"'
_APEX = re.compile(rb"^<((?:[^\s:>]+:)?[A-Za-z]+)((?: xmlns(?::[^=\s]+)?=\"[^\"]*\")*)")
_TRANSFORMS = frozenset({C14N, ENVELOPED})
_PAPERS = ENVELOPES | {"DTE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """A signature that fits.

    `form` is None when it covers the namespaces of its context, or yet others.
    `certificate_fits` is False when the certificate beside the key is of another key (the SII's
    own sample has that). `certificate` is what it says of the signer: None without one, and for
    one of this key that today's libraries cannot read.
    """

    form: SignatureForm | None
    certificate_fits: bool
    certificate: PublicCertificate | None = None


def verify_document_signature(dte: etree._Element) -> SignatureVerdict:
    """Check the signature of a `<DTE>`, alone or inside an envelope, in any of the three forms.

    Raises SignatureWrong, and XmlRefused when it is not plain which content is signed.
    Source: xmldsignature_v10.xsd.
    """
    document = find_content(dte)
    _check_namespace(document)
    found = canonical(document)
    forms: dict[bytes, SignatureForm | None] = {
        _with_namespaces(found, _DEFAULT): SignatureForm.DEFAULT,
        _with_namespaces(found, ""): SignatureForm.NONE,
        _with_namespaces(found, _DEFAULT + XSI_IN_SCOPE): SignatureForm.DEFAULT_XSI,
    }
    forms.setdefault(found, None)
    return _verify(dte, document, forms)


def verify_set_signature(envelope: etree._Element) -> SignatureVerdict:
    """Check the signature over the set of an EnvioBOLETA or EnvioDTE.

    Its context is the envelope's root; one that was taken out of its file may lack a declaration,
    so that the forms of documents are tried after it. Raises SignatureWrong.
    Source: xmldsignature_v10.xsd; EnvioBOLETA_v11.xsd; EnvioDTE_v10.xsd.
    """
    return verify_enclosed_signature(envelope, "SetDTE")


def verify_enclosed_signature(root: etree._Element, name: str) -> SignatureVerdict:
    """Check the signature over the one child of that name, which stands beside it.

    So are signed a RespuestaDTE (Resultado), an EnvioRecibos (SetRecibos), each Recibo in it
    (DocumentoRecibo), a ConsumoFolios (DocumentoConsumoFolios) and the books (EnvioLibro).
    Raises SignatureWrong.
    Source: xmldsignature_v10.xsd; the schemas in `dte.schemas.FILE_SCHEMAS`.
    """
    content = _required(root, name)
    _check_namespace(content)
    found = canonical(content)
    forms: dict[bytes, SignatureForm | None] = {found: None}
    forms.setdefault(_with_namespaces(found, _DEFAULT + XSI_IN_SCOPE), SignatureForm.DEFAULT_XSI)
    forms.setdefault(_with_namespaces(found, _DEFAULT), SignatureForm.DEFAULT)
    forms.setdefault(_with_namespaces(found, ""), SignatureForm.NONE)
    return _verify(root, content, forms)


def _check_namespace(signed: etree._Element) -> None:
    # The forms put the SII's namespace in place of what the element has, so it may have no other.
    if etree.QName(signed).namespace not in (None, SII_NAMESPACE):
        _refuse("namespace", "El documento usa un espacio de nombres que no es del SII.")


def _verify(
    parent: etree._Element, signed: etree._Element, forms: dict[bytes, SignatureForm | None]
) -> SignatureVerdict:
    signature = _required(parent, "Signature")
    signed_info = _required(signature, "SignedInfo")
    if any(etree.QName(node).namespace != DSIG_NAMESPACE for node in (signature, signed_info)):
        _refuse("namespace", "La firma usa un espacio de nombres que no es el de las firmas.")
    digest = _read_reference(signed_info, signed)
    matching = [form for content, form in forms.items() if _sha1(content) == digest]
    if not matching:
        _refuse("digest", "El contenido fue modificado después de firmado.")
    info = _required(signature, "KeyInfo")
    key, verdict = _read_key(info, matching[0])
    value = _base64(child_text(signature, "SignatureValue"))
    if not any(rsa_fits_sha1(key, value, text) for text in _signed_infos(signed_info)):
        _refuse("signature_value", "La firma no corresponde a la clave que la acompaña.")
    _check_frame(parent, signed, signature)
    return verdict


def _check_frame(parent: etree._Element, signed: etree._Element, signature: etree._Element) -> None:
    """Refuse what no signature covers where it would pass for a part of the document.

    What systems of receivers append after the signature is theirs, unless it is another paper.
    """
    nodes = list(parent)
    texts = (parent.text, *(node.tail for node in nodes))
    in_order = (
        nodes[:2] == [signed, signature],
        not any(text and text.strip() for text in texts),
        not any(local_name(node) in _PAPERS for node in nodes[2:]),
        parent.get("version", "1.0") == "1.0",
    )
    if not all(in_order):
        _refuse("frame", "Junto al documento hay datos que su firma no cubre.")


def _signed_infos(signed_info: etree._Element) -> Iterator[bytes]:
    """Yield what may have been signed: in context, standing alone, under an envelope's root."""
    in_context = canonical(signed_info)
    yield in_context
    prefix = f":{signed_info.prefix}" if signed_info.prefix else ""
    own = f' xmlns{prefix}="{DSIG_NAMESPACE}"'
    yield _with_namespaces(in_context, own)
    yield _with_namespaces(in_context, own + XSI_IN_SCOPE)
    if prefix:
        # Beside a prefix of its own, the name of the document around it stays in scope.
        yield _with_namespaces(in_context, _DEFAULT + own)


def _read_reference(signed_info: etree._Element, signed: etree._Element) -> bytes:
    """Return the digest; the reference must be to the very element we check, by known ways."""
    reference = _required(signed_info, "Reference")
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


def _read_key(
    info: etree._Element, form: SignatureForm | None
) -> tuple[RSAPublicKey, SignatureVerdict]:
    """Return the key of KeyValue, else of the certificate, and what is to be said if it fits."""
    files = [
        _base64(text)
        for node in info.iterfind("{*}X509Data/{*}X509Certificate")
        if (text := (node.text or "").strip())
    ]
    numbers = info.find("{*}KeyValue/{*}RSAKeyValue")
    if numbers is not None:
        modulus = int.from_bytes(_base64(child_text(numbers, "Modulus")))
        exponent = int.from_bytes(_base64(child_text(numbers, "Exponent")))
    elif files:
        only = _read_certificate(files[0]).public_key.public_numbers()
        modulus, exponent = only.n, only.e
    else:
        _refuse("no_key", "La firma no trae la clave con que se hizo.")
    try:
        key = public_key(modulus, exponent)
    except ValueError as error:
        _refuse("no_key", "La clave de la firma no es válida.", error)
    certificate_fits, certificate = _find_certificate(files, key)
    return key, SignatureVerdict(
        form=form, certificate_fits=certificate_fits, certificate=certificate
    )


def _find_certificate(
    files: list[bytes], key: RSAPublicKey
) -> tuple[bool, PublicCertificate | None]:
    """Return whether one of the certificates is the key's, and that one, else the first.

    Some issuers add the certificates of the authority. One that today's libraries cannot read is
    the key's when it holds its modulus.
    """
    numbers = key.public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
    for der in files:
        try:
            certificate = read_certificate(der)
        except ValueError:
            if modulus in der:
                return True, None
        else:
            if certificate.public_key.public_numbers() == numbers:
                return True, certificate
    return (False, _read_certificate(files[0])) if files else (True, None)


def _read_certificate(der: bytes) -> PublicCertificate:
    try:
        return read_certificate(der)
    except ValueError as error:
        _refuse("certificate", "El certificado de la firma no se puede leer.", error)


def _with_namespaces(content: bytes, namespaces: str) -> bytes:
    """Return canonical bytes with other namespace declarations on the outermost tag."""
    return _APEX.sub(lambda match: b"<" + match[1] + namespaces.encode(), content, count=1)


def _algorithm(parent: etree._Element, name: str) -> str:
    return _required(parent, name).get("Algorithm") or ""


def _required(parent: etree._Element, name: str) -> etree._Element:
    found = children(parent, name)
    if not found:
        _refuse("absent", f"Falta {name} en la firma o en el documento.")
    if len(found) > 1:
        _refuse("repeated", f"{name} viene más de una vez: no se sabe cuál vale.")
    return found[0]


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
