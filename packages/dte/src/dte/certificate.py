"""The digital certificate of the person who signs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import (
    Certificate as X509Certificate,
)
from cryptography.x509 import (
    DuplicateExtension,
    ExtensionNotFound,
    InvalidVersion,
    Name,
    ObjectIdentifier,
    OtherName,
    SubjectAlternativeName,
    UnsupportedGeneralNameType,
    load_der_x509_certificate,
)
from cryptography.x509.oid import NameOID

from dte.clock import chile_time
from dte.errors import DteError
from dte.rut import InvalidRut, Rut

MAX_BYTES = 100_000
# Source: Ley 19.799 practice of the Chilean certifiers; the SII reads the RUT here or in the
# subject's serialNumber.
RUT_OTHER_NAME = ObjectIdentifier("1.3.6.1.4.1.8321.1")

# What the library raises beside ValueError for certificates of the first years, and for damaged
# ones whose names turn out to be of a wrong type.
_UNREADABLE = (
    DuplicateExtension,
    InvalidVersion,
    TypeError,
    UnsupportedAlgorithm,
    UnsupportedGeneralNameType,
)

# OIDs 1.2.840.113549.1.12.1.n, of which 1, 2 are RC4 and 5, 6 are RC2.
# Source: RFC 7292, appendix C.
_PKCS12_CIPHER = bytes.fromhex("060a2a864886f70d010c01")
_OLD_CIPHERS = (1, 2, 5, 6)

_DER_SEQUENCE = 0x30
_DER_STRINGS = frozenset({0x0C, 0x13, 0x16})


class CertificateUnreadable(DteError):
    """The file is no PKCS#12 (.pfx, .p12) with an RSA key and its certificate."""

    def __init__(self) -> None:
        super().__init__(
            "certificate_unreadable",
            "El archivo no es un certificado digital con su clave privada (.pfx o .p12)."
            " Expórtalo otra vez desde donde lo compraste, incluyendo la clave privada.",
        )


class CertificateWithoutKey(CertificateUnreadable):
    """The file holds a certificate only: nothing can be signed with it."""

    def __init__(self) -> None:
        DteError.__init__(
            self,
            "certificate_without_key",
            "El archivo trae el certificado, pero no su clave privada. Expórtalo otra vez y marca"
            " la opción de exportar la clave privada.",
        )


class CertificateNotRsa(CertificateUnreadable):
    """The key is of another kind than the SII verifies."""

    def __init__(self) -> None:
        DteError.__init__(
            self,
            "certificate_not_rsa",
            "La clave del certificado no es RSA, la única que el SII acepta."
            " Usa un certificado tributario de un proveedor acreditado en Chile.",
        )


class CertificateEncryptionTooOld(CertificateUnreadable):
    """The file is encrypted with RC2 or RC4, and this machine's OpenSSL has them switched off."""

    def __init__(self) -> None:
        DteError.__init__(
            self,
            "certificate_encryption",
            "El archivo está protegido con un cifrado antiguo que este equipo ya no abre, así que"
            " no se pudo probar la contraseña. Impórtalo en un computador con Windows y expórtalo"
            " otra vez con su clave privada y cifrado AES256.",
        )


class WrongPassword(DteError):
    """The password does not open the certificate file."""

    def __init__(self) -> None:
        super().__init__(
            "certificate_password",
            "La contraseña no abre el certificado. Escríbela otra vez, tal como la creaste.",
        )


class CertificateWithoutRut(DteError):
    """The certificate does not say whose it is in any of the places the SII reads."""

    def __init__(self) -> None:
        super().__init__(
            "certificate_without_rut",
            "El certificado no trae el RUT de su dueño, así que el SII no lo acepta."
            " Usa un certificado de un proveedor acreditado en Chile.",
        )


class CertificateExpired(DteError):
    """The certificate ended before the asked instant."""

    def __init__(self, valid_to: datetime) -> None:
        self.valid_to = valid_to
        super().__init__(
            "certificate_expired",
            f"El certificado digital venció el {chile_time(valid_to):%d-%m-%Y}."
            " Renuévalo con tu proveedor y súbelo.",
        )


class CertificateNotYetValid(DteError):
    """The certificate begins after the asked instant."""

    def __init__(self, valid_from: datetime) -> None:
        self.valid_from = valid_from
        super().__init__(
            "certificate_not_yet_valid",
            f"El certificado digital vale desde el {chile_time(valid_from):%d-%m-%Y}."
            " Revisa la fecha de este equipo o espera hasta ese día.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A person's certificate with its key; no repr or equality touches the key.

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
        if at < self.valid_from:
            raise CertificateNotYetValid(self.valid_from)
        if at > self.valid_to:
            raise CertificateExpired(self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCertificate:
    """What a certificate beside a signature says of the signer; nobody vouches for it here.

    `rut` is None when it names none. `valid_from` and `valid_to` are aware (UTC).
    """

    rut: Rut | None
    name: str
    issuer_name: str
    valid_from: datetime
    valid_to: datetime
    public_key: RSAPublicKey = field(repr=False, compare=False)


def read_certificate(der: bytes) -> PublicCertificate:
    """Read a certificate without its private key. Raises ValueError when it is none of RSA.

    Source: xmldsignature_v10.xsd, X509Certificate.
    """
    try:
        x509 = load_der_x509_certificate(der)
        key = x509.public_key()
        if not isinstance(key, RSAPublicKey):
            raise ValueError("not a certificate of an RSA key")  # noqa: TRY004 - one error kind
        return PublicCertificate(
            rut=_find_owner(x509),
            name=_common_name(x509.subject),
            issuer_name=_common_name(x509.issuer),
            valid_from=x509.not_valid_before_utc,
            valid_to=x509.not_valid_after_utc,
            public_key=key,
        )
    except _UNREADABLE as error:
        raise ValueError("not a certificate that is understood") from error


def load_certificate(pfx: bytes, password: str) -> Certificate:
    """Open a .pfx or .p12, old encryptions (RC2, 3DES) included. Takes about 60 ms: keep it.

    Raises CertificateUnreadable (or which kind of it: without key, not RSA, too old an
    encryption for this machine), WrongPassword and CertificateWithoutRut; says nothing about
    dates, see `Certificate.check`.
    """
    if not _looks_like_pkcs12(pfx):
        raise CertificateUnreadable
    try:
        bundle = load_pkcs12(pfx, password.encode())
    except ValueError as error:
        # Without those ciphers the right password fails just like a wrong one.
        if _is_encrypted_of_old(pfx) and not _has_old_ciphers():
            raise CertificateEncryptionTooOld from error
        raise WrongPassword from error
    except UnsupportedAlgorithm as error:
        raise CertificateUnreadable from error
    key = bundle.key
    if key is None:
        raise CertificateWithoutKey
    if not isinstance(key, RSAPrivateKey):
        raise CertificateNotRsa
    try:
        for entry in (bundle.cert, *bundle.additional_certs):
            if entry is not None and _is_pair(key, entry.certificate):
                return _certificate(entry.certificate, key)
    except (ValueError, *_UNREADABLE) as error:
        # The library reads names, keys and extensions only when asked for them.
        raise CertificateUnreadable from error
    raise CertificateUnreadable


def _certificate(x509: X509Certificate, key: RSAPrivateKey) -> Certificate:
    return Certificate(
        rut=_owner(x509),
        name=_common_name(x509.subject),
        issuer_name=_common_name(x509.issuer),
        valid_from=x509.not_valid_before_utc,
        valid_to=x509.not_valid_after_utc,
        der=x509.public_bytes(Encoding.DER),
        private_key=key,
    )


def _looks_like_pkcs12(pfx: bytes) -> bool:
    """Tell a whole DER file from anything else, since a wrong password looks like damage too."""
    if not 4 < len(pfx) <= MAX_BYTES or pfx[0] != _DER_SEQUENCE:  # noqa: PLR2004
        return False
    if pfx[1] < 0x80:  # noqa: PLR2004 - short form of a DER length
        return pfx[1] + 2 == len(pfx)
    size = pfx[1] & 0x7F
    # Size 0 is BER's open end, written by some old tools.
    return size == 0 or int.from_bytes(pfx[2 : 2 + size]) + 2 + size == len(pfx)


def _is_encrypted_of_old(pfx: bytes) -> bool:
    return any(_PKCS12_CIPHER + bytes([number]) in pfx for number in _OLD_CIPHERS)


def _has_old_ciphers() -> bool:
    try:
        Cipher(RC2(bytes(16)), CBC(bytes(8))).encryptor()
    except UnsupportedAlgorithm:
        return False
    return True


def _is_pair(key: RSAPrivateKey, x509: X509Certificate) -> bool:
    public = x509.public_key()
    return isinstance(public, RSAPublicKey) and (
        public.public_numbers() == key.public_key().public_numbers()
    )


def _owner(x509: X509Certificate) -> Rut:
    found = _find_owner(x509)
    if found is None:
        raise CertificateWithoutRut
    return found


def _find_owner(x509: X509Certificate) -> Rut | None:
    for text in (*_subject_ruts(x509), *_alternative_ruts(x509)):
        try:
            return Rut.parse(text)
        except InvalidRut:
            continue
    return None


def _subject_ruts(x509: X509Certificate) -> Iterator[str]:
    for attribute in x509.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER):
        yield str(attribute.value)


def _alternative_ruts(x509: X509Certificate) -> Iterator[str]:
    try:
        names = x509.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return
    for name in names:
        if isinstance(name, OtherName) and name.type_id == RUT_OTHER_NAME:
            yield _der_text(name.value)


def _der_text(value: bytes) -> str:
    """Return the text of a DER string (tag, length in one byte: a RUT is short), "" for others."""
    return value[2:].decode("ascii", "replace") if value[0] in _DER_STRINGS else ""


def _common_name(name: Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""
