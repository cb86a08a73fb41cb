"""The demo certificate authority: it signs persons' certificates and recognizes them again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtensionOID, NameOID

from .files import make_once
from .rut import is_rut, same_form

RutPlace = Literal["subject", "san", "none"]
# Where newer Chilean certificates keep the holder's RUT, as an otherName of the SAN.
RUT_OTHER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.8321.1")
KEY_BITS = 2048
_IA5_STRING = 0x16
_COMMON_NAME_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a certificate is for, and from when to when."""

    rut: str
    name: str
    valid_from: datetime
    valid_to: datetime
    rut_place: RutPlace = "subject"


class Authority:
    """Sign certificates, and tell one's own (or a listed one) from a stranger's."""

    def __init__(self, *, key: rsa.RSAPrivateKey, root: x509.Certificate, listed: Path) -> None:
        self._key = key
        self._root = root
        self._listed = listed

    @classmethod
    def open(cls, folder: Path, *, at: datetime) -> Self:
        """Load the authority of a folder, or found it there the first time."""
        pem = make_once(folder / "autoridad-certificadora.pem", lambda: _found_authority(at))
        key = serialization.load_pem_private_key(pem, password=None)
        # The file holds what `_found_authority` wrote: an RSA key and its certificate.
        return cls(
            key=cast("rsa.RSAPrivateKey", key),
            root=x509.load_pem_x509_certificate(pem),
            listed=folder / "certificados",
        )

    @property
    def root_pem(self) -> bytes:
        """The authority's own certificate."""
        return self._root.public_bytes(serialization.Encoding.PEM)

    def issue_pfx(self, person: Person, *, password: str) -> bytes:
        """Make a key and a certificate for a person and pack both as PKCS#12."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        certificate = self._certificate(person, key.public_key())
        return pkcs12.serialize_key_and_certificates(
            name=person.name.encode("utf-8"),
            key=key,
            cert=certificate,
            cas=[self._root],
            encryption_algorithm=serialization.BestAvailableEncryption(password.encode("utf-8")),
        )

    def trusts(self, certificate: x509.Certificate) -> bool:
        """Tell whether we signed it, or somebody put it as PEM into the folder `certificados`."""
        try:
            certificate.verify_directly_issued_by(self._root)
        except (InvalidSignature, ValueError, TypeError):
            return self._is_listed(certificate)
        return True

    def _is_listed(self, certificate: x509.Certificate) -> bool:
        wanted = certificate.fingerprint(hashes.SHA256())
        return any(
            wanted == known.fingerprint(hashes.SHA256())
            for path in sorted(self._listed.glob("*.pem"))
            for known in x509.load_pem_x509_certificates(path.read_bytes())
        )

    def _certificate(self, person: Person, key: rsa.RSAPublicKey) -> x509.Certificate:
        subject = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CL"),
            x509.NameAttribute(NameOID.COMMON_NAME, person.name[:_COMMON_NAME_LIMIT]),
        ]
        if person.rut_place == "subject":
            subject.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, person.rut))
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(self._root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(person.valid_from)
            .not_valid_after(person.valid_to)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        if person.rut_place == "san":
            value = bytes([_IA5_STRING, len(person.rut)]) + person.rut.encode("ascii")
            other = x509.OtherName(RUT_OTHER_NAME, value)
            builder = builder.add_extension(x509.SubjectAlternativeName([other]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def rut_of(certificate: x509.Certificate) -> str | None:
    """Find the holder's RUT in the subject's serialNumber or in the SAN; None when absent."""
    found = [
        str(attribute.value)
        for attribute in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    ]
    for extension in certificate.extensions:
        if extension.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
            # The extension of this OID always holds this class.
            names = cast("x509.SubjectAlternativeName", extension.value)
            found += [
                other.value[2:].decode("ascii", "replace")
                for other in names.get_values_for_type(x509.OtherName)
                if other.type_id == RUT_OTHER_NAME
            ]
    return next((same_form(text) for text in found if is_rut(same_form(text))), None)


def is_current(certificate: x509.Certificate, *, at: datetime) -> bool:
    """Tell whether a certificate is valid at this moment."""
    return certificate.not_valid_before_utc <= at.astimezone(UTC) <= certificate.not_valid_after_utc


def _found_authority(at: datetime) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Simulador del SII (sin valor legal)"),
            x509.NameAttribute(NameOID.COMMON_NAME, "CA DE DEMOSTRACION"),
        ]
    )
    # Wide on both sides, so that tests may issue certificates of past and future years.
    day = at.astimezone(UTC).replace(microsecond=0)
    root = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(day - timedelta(days=10 * 365))
        .not_valid_after(day + timedelta(days=20 * 365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ) + root.public_bytes(serialization.Encoding.PEM)
