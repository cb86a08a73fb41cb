"""Make XML signatures: of a document, of an envelope's set, of the seed."""

import base64
import hashlib
import re
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from dte.certificate import Certificate
from dte.errors import XmlRefused
from dte.keys import rsa_sign_sha1
from dte.text import escape
from dte.xml.canonical import DSIG_NAMESPACE, SII_NAMESPACE, XSI_NAMESPACE, canonical_child
from dte.xml.parse import local_name, parse_text
from dte.xml.write import DECLARATION, ENCODING

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DSIG_NAMESPACE}enveloped-signature"
RSA_SHA1 = f"{DSIG_NAMESPACE}rsa-sha1"
SHA1 = f"{DSIG_NAMESPACE}sha1"
# What an element below an envelope's root, or a default_xsi document, sees besides its default.
XSI_IN_SCOPE = f' xmlns:xsi="{XSI_NAMESPACE}"'

_DTE_START = re.compile(r"<DTE\b[^>]*>")
_DTE_END = "</DTE>"


class SignatureForm(StrEnum):
    """Which namespaces a document's own signature covers: three forms circulate.

    Source: observed on 22 real documents of 8 issuers; the manuals are silent.
    """

    NONE = "none"
    DEFAULT = "default"
    DEFAULT_XSI = "default_xsi"

    @property
    def start_tag(self) -> str:
        """The `<DTE>` start tag that goes with the form."""
        return f'<DTE{self.namespaces} version="1.0">'

    @property
    def namespaces(self) -> str:
        """The declarations in the start tag of what is signed standing alone."""
        return {
            SignatureForm.NONE: "",
            SignatureForm.DEFAULT: f' xmlns="{SII_NAMESPACE}"',
            SignatureForm.DEFAULT_XSI: f' xmlns="{SII_NAMESPACE}"{XSI_IN_SCOPE}',
        }[self]


# The form of the SII's own portal, and valid strict XMLDSig when the document stands alone. To
# switch it in the first certification run, change it here.
DEFAULT_FORM = SignatureForm.DEFAULT


def sign_document(
    document_xml: bytes, certificate: Certificate, form: SignatureForm = DEFAULT_FORM
) -> bytes:
    """Return the `<DTE>` with its signature: bytes in ISO-8859-1, no XML declaration.

    Paste them into an envelope as they are. Raises XmlRefused when they are no unsigned `<DTE>`.
    Source: xmldsignature_v10.xsd (C14N 1.0, rsa-sha1, KeyValue then X509Data).
    """
    text = document_xml.decode(ENCODING).strip()
    start = _DTE_START.match(text)
    if start is None or not text.endswith(_DTE_END):
        raise XmlRefused("not_a_document", "Esto no es un documento tributario por firmar.")
    text = form.start_tag + text[start.end() :]
    root = parse_text(text)
    if [local_name(node) for node in root] != ["Documento"]:
        raise XmlRefused("not_a_document", "Esto no es un documento tributario por firmar.")
    signature = _sign_child(root, certificate, form)
    return f"{text[: -len(_DTE_END)]}{signature}{_DTE_END}".encode(ENCODING)


def sign_part(
    name: str, content: str, certificate: Certificate, form: SignatureForm = DEFAULT_FORM
) -> str:
    """Return an element of that name around `content` (one element with an ID) and its signature.

    Paste it into a file as it is. Raises XmlRefused when the content is not well-formed.
    Source: Recibos_v10.xsd, Recibo; xmldsignature_v10.xsd.
    """
    start = f'<{name}{form.namespaces} version="1.0">\n{content}\n'
    root = parse_text(f"{start}</{name}>")
    return f"{start}{_sign_child(root, certificate, form)}</{name}>"


def _sign_child(root: etree._Element, certificate: Certificate, form: SignatureForm) -> str:
    return sign_canonical(
        canonical_child(root),
        certificate,
        uri=f"#{root[0].get('ID', '')}",
        in_scope=XSI_IN_SCOPE if form is SignatureForm.DEFAULT_XSI else "",
    )


def sign_seed(seed: str, certificate: Certificate) -> bytes:
    """Return the signed `<getToken>` for a seed, with XML declaration.

    Source: Manual de autenticación automática v1.9, getToken.
    """
    content = f"<getToken><item><Semilla>{escape(seed)}</Semilla></item>"
    signature = sign_canonical(
        f"{content}</getToken>".encode(), certificate, uri="", transform=ENVELOPED
    )
    return f"{DECLARATION}{content}{signature}</getToken>".encode(ENCODING)


def sign_canonical(
    content: bytes,
    certificate: Certificate,
    *,
    uri: str,
    transform: str = C14N,
    in_scope: str = "",
) -> str:
    """Return the `<Signature>` over canonical bytes, compact, base64 wrapped at 64.

    `in_scope` holds the namespace declarations that SignedInfo inherits where the signature will
    stand, in canonical order. SignedInfo is written in its canonical form, so text and signed
    bytes are one.
    Source: xmldsignature_v10.xsd.
    """
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    signed_info = (
        f'<CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{RSA_SHA1}"></SignatureMethod><Reference URI="{uri}">'
        f'<Transforms><Transform Algorithm="{transform}"></Transform></Transforms>'
        f'<DigestMethod Algorithm="{SHA1}"></DigestMethod><DigestValue>{digest}</DigestValue>'
        "</Reference></SignedInfo>"
    )
    signed = f'<SignedInfo xmlns="{DSIG_NAMESPACE}"{in_scope}>{signed_info}'.encode()
    value = wrapped_base64(rsa_sign_sha1(certificate.private_key, signed))
    return (
        f'<Signature xmlns="{DSIG_NAMESPACE}"><SignedInfo>{signed_info}'
        f"<SignatureValue>{value}</SignatureValue>{_key_info(certificate.der)}</Signature>"
    )


def wrapped_base64(content: bytes) -> str:
    """Return base64 in lines of 64: the SII's gateway cuts lines at about 4,090."""
    text = base64.b64encode(content).decode()
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64))


@lru_cache(maxsize=64)
def _key_info(der: bytes) -> str:
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, RSAPublicKey), "a certificate without RSA key is never loaded"
    numbers = key.public_numbers()
    modulus = wrapped_base64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8))
    exponent = wrapped_base64(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8))
    return (
        f"<KeyInfo><KeyValue><RSAKeyValue><Modulus>{modulus}</Modulus>"
        f"<Exponent>{exponent}</Exponent></RSAKeyValue></KeyValue>"
        f"<X509Data><X509Certificate>{wrapped_base64(der)}</X509Certificate></X509Data></KeyInfo>"
    )
