"""The digital certificate of the person who signs."""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from dte.errors import DteError
from dte.rut import Rut


class CertificateUnreadable(DteError):
    """The file is no PKCS#12 (.pfx, .p12) with an RSA key and its certificate."""


class WrongPassword(DteError):
    """The password does not open the certificate file."""


class CertificateWithoutRut(DteError):
    """The certificate does not say whose it is in any of the places the SII reads."""


class CertificateExpired(DteError):
    """The certificate ended before the asked instant."""


class CertificateNotYetValid(DteError):
    """The certificate begins after the asked instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A person's certificate with its key; neither repr nor equality touches the key.

    `valid_from` and `valid_to` are aware (UTC). `der` is the certificate.
    """

    rut: Rut
    name: str
    issuer_name: str
    valid_from: datetime
    valid_to: datetime
    der: bytes = field(repr=False)
    private_key: RSAPrivateKey = field(repr=False, compare=False)

    def check(self, at: datetime) -> None:
        """Raise CertificateExpired or CertificateNotYetValid when it does not hold at `at`."""
        raise NotImplementedError


def load_certificate(pfx: bytes, password: str) -> Certificate:
    """Open a .pfx or .p12, old encryptions included."""
    raise NotImplementedError
