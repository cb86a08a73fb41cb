"""XML signatures: of a document, of an envelope's set, of the seed."""

from enum import StrEnum

from dte.certificate import Certificate, load_certificate
from dte.keys import rsa_sign_sha1

__all__ = [
    "DEFAULT_FORM",
    "Certificate",
    "SignatureForm",
    "load_certificate",
    "rsa_sign_sha1",
    "sign_document",
    "sign_seed",
]


class SignatureForm(StrEnum):
    """Which namespaces a document's own signature covers: three forms circulate."""

    NONE = "none"
    DEFAULT = "default"
    DEFAULT_XSI = "default_xsi"


DEFAULT_FORM = SignatureForm.DEFAULT


def sign_document(
    document_xml: bytes, certificate: Certificate, form: SignatureForm = DEFAULT_FORM
) -> bytes:
    """Return the `<DTE>` with its signature: bytes in ISO-8859-1, no XML declaration."""
    raise NotImplementedError


def sign_seed(seed: str, certificate: Certificate) -> bytes:
    """Return the signed `<getToken>` for a seed, with XML declaration."""
    raise NotImplementedError
