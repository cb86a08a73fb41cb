"""Folio authorizations (CAF): read, verify, keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from dte.codes import DocumentType
from dte.errors import DteError
from dte.rut import Rut


class BadCaf(DteError):
    """A file is no folio authorization; codes: unreadable, two_roots, not_a_caf, no_private_key…"""


class CafSignatureWrong(DteError):
    """The tax office's signature does not fit: the file was changed or is false."""


class CafKeyMismatch(DteError):
    """The private key of the file is not the pair of its public key."""


class CafUnknownAuthority(DteError):
    """The key that signed the authorization (IDK) is not one we trust here; `key_id` names it."""

    def __init__(self, key_id: int) -> None:
        self.key_id = key_id
        super().__init__("caf_unknown_authority", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiiKey:
    """A public key that signs authorizations. `environment` is for people: "producción"…"""

    modulus: int
    exponent: int
    environment: str


SII_KEYS: Mapping[int, SiiKey] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCaf:
    """The public part of an authorization; folios `first` to `last`, both included.

    `element` is the flat `<CAF>` text, the one that goes into each stamp.
    """

    kind: DocumentType
    issuer: Rut
    issuer_name: str
    first: int
    last: int
    authorized_on: date
    key_id: int
    element: str = field(repr=False)
    public_key: RSAPublicKey = field(repr=False, compare=False)

    @property
    def public_xml(self) -> bytes:
        """The flat `<CAF>` element in ISO-8859-1: store it beside the encrypted key."""
        return self.element.encode("iso-8859-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caf(PublicCaf):
    """An authorization with the key that stamps."""

    private_key_pem: bytes = field(repr=False)
    private_key: RSAPrivateKey = field(repr=False, compare=False)


def load_caf(xml: bytes) -> Caf:
    """Read the file that the tax office hands out (`<AUTORIZACION>`), key included."""
    raise NotImplementedError


def load_public_caf(xml: bytes) -> PublicCaf:
    """Read an authorization, or a bare `<CAF>`, without needing its key."""
    raise NotImplementedError


def join_caf(public_xml: bytes, private_key_pem: bytes) -> Caf:
    """Put the two stored parts together."""
    raise NotImplementedError


def verify_caf(caf: PublicCaf, *, trusted: Mapping[int, SiiKey] = SII_KEYS) -> None:
    """Check the tax office's signature."""
    raise NotImplementedError
