"""Who stands behind a certificate, as far as its file tells; the network is not asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import Certificate, Name, load_der_x509_certificate
from cryptography.x509.oid import NameOID

# An authority above an authority above an authority: real chains have two or three.
_DEPTH_LIMIT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The issuer as the certificate names it, and the authorities that the file proves.

    `authorities` are the names of the certificates above it in the file, each having signed the one
    below, the nearest first; empty when the file carries none that did.
    """

    issuer_organization: str
    authorities: tuple[str, ...]


def read_chain(pfx: bytes, password: str, *, der: bytes) -> Chain:
    """Follow the signatures from a certificate upwards through its file.

    The file must be one that `dte.signer.load_certificate` opened with this password.
    """
    holder = load_der_x509_certificate(der)
    others = [entry.certificate for entry in load_pkcs12(pfx, password.encode()).additional_certs]
    found: list[Certificate] = []
    below = holder
    while len(found) < _DEPTH_LIMIT:
        above = next((other for other in others if _signed(other, below)), None)
        if above is None or above in found or above == holder:
            break
        found.append(above)
        below = above
    return Chain(
        issuer_organization=_words(holder.issuer)[:200],
        authorities=tuple(_words(authority.subject)[:200] for authority in found),
    )


def is_known_issuer(names: Sequence[str], known: Sequence[str]) -> bool:
    """Tell whether one of the known issuers' names stands, as whole words, in one of `names`."""
    return any(
        re.search(rf"(?<!\w){re.escape(issuer)}(?!\w)", name, re.IGNORECASE)
        for issuer in known
        for name in names
    )


def _signed(above: Certificate, below: Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        # Another name, another key, or a way of signing that is no longer known.
        return False
    return True


def _words(name: Name) -> str:
    """Join organization and common name, either of which may be what people know it by."""
    parts: list[str] = []
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        parts += [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
    return " · ".join(dict.fromkeys(parts))
