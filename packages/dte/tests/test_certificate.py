import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates

import dte
from dte.certificate import (
    Certificate,
    CertificateEncryptionTooOld,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateWithoutRut,
    WrongPassword,
    load_certificate,
)
from dte.rut import Rut

PfxMaker = Any
RUT_NAME = "1.3.6.1.4.1.8321.1"


def ia5(text: str) -> bytes:
    return b"\x16" + bytes([len(text)]) + text.encode("ascii")


def test_says_whose_it_is_and_until_when(certificate: Certificate) -> None:
    assert certificate.rut == Rut.parse("12345678-5")
    assert certificate.name == "ROSA PÉREZ SOTO"
    assert certificate.issuer_name == "Certificadora Demo"
    assert certificate.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert certificate.valid_to == datetime(2028, 1, 1, tzinfo=UTC)


def test_shows_its_key_to_nobody(certificate: Certificate) -> None:
    assert "private" not in repr(certificate).lower()
    assert "rsa" not in repr(certificate).lower()


@pytest.mark.parametrize(
    "fields",
    [
        {"serial": "12.345.678-5"},
        {"serial": "012345678-5"},
        {"serial": None, "other_name": (RUT_NAME, ia5("12345678-5"))},
        {"serial": "no es un rut", "other_name": (RUT_NAME, ia5("0012345678-5"))},
        {"serial": None, "other_name": (RUT_NAME, b"\x0c\x0a12345678-5")},
    ],
)
def test_rut_is_found_in_both_places(
    pfx_maker: PfxMaker, password: str, fields: dict[str, Any]
) -> None:
    loaded = load_certificate(pfx_maker(**fields).pfx(), password)

    assert loaded.rut == Rut.parse("12345678-5")


def test_small_k_is_a_rut_too(pfx_maker: PfxMaker, password: str) -> None:
    assert load_certificate(pfx_maker(serial="60803000-k").pfx(), password).rut.check == "K"


@pytest.mark.parametrize(
    "fields",
    [
        {"serial": None},
        {"serial": "12345678-9"},
        {"serial": None, "other_name": ("1.3.6.1.4.1.8321.2", ia5("12345678-5"))},
        {"serial": None, "other_name": (RUT_NAME, b"\x16\x03abc")},
        {"serial": None, "other_name": (RUT_NAME, b"\x02\x01\x05")},
        {"serial": None, "other_name": (RUT_NAME, b"\x16\x00")},
        {"serial": None, "extra_name": x509.DNSName("12345678-5")},
    ],
)
def test_certificate_without_rut_is_refused(
    pfx_maker: PfxMaker, password: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(CertificateWithoutRut) as refusal:
        load_certificate(pfx_maker(**fields).pfx(), password)

    assert refusal.value.code == "certificate_without_rut"


def test_wrong_password_is_told_from_a_wrong_file(pfx_maker: PfxMaker, password: str) -> None:
    pfx = pfx_maker().pfx()

    with pytest.raises(WrongPassword) as refusal:
        load_certificate(pfx, password + " ")
    assert refusal.value.code == "certificate_password"

    for wrong in (
        b"",
        b"0",
        b"0\x03\x02\x01\x00",
        b"PK\x03\x04" * 20,
        pfx[:-1],
        pfx + b"0" * 100_000,
    ):
        with pytest.raises((CertificateUnreadable, WrongPassword)) as refused:
            load_certificate(wrong, password)
        assert (refused.value.code == "certificate_password") == (wrong == b"0\x03\x02\x01\x00")


@pytest.mark.parametrize("damaged", ["2.5.29.17", "2.5.29.19"])
def test_certificate_with_a_damaged_extension_is_refused(
    pfx_maker: PfxMaker, password: str, damaged: str
) -> None:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(damaged), b"\xff\xffnada")
    pfx = pfx_maker(serial=None, extension=extension).pfx()

    with pytest.raises(CertificateUnreadable) as refusal:
        load_certificate(pfx, password)

    assert refusal.value.code == "certificate_unreadable"


def test_open_ended_file_is_tried(password: str) -> None:
    with pytest.raises(WrongPassword):
        load_certificate(b"\x30\x80\x02\x01\x03\x00\x00", password)


def test_old_triple_des_file_opens(pfx_maker: PfxMaker, password: str) -> None:
    old = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2000)
        .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(SHA1())
        .build(password.encode())
    )

    assert load_certificate(pfx_maker(encryption=old).pfx(), password).rut.number == 12345678


@pytest.fixture
def old_pfx(pfx_maker: PfxMaker, tmp_path: Path) -> Path:
    """Write a file as Windows exported it for years (RC2), password "clave"."""
    maker = pfx_maker()
    key = maker.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "both.pem").write_bytes(key + maker.certificate().public_bytes(Encoding.PEM))
    command = "openssl pkcs12 -export -legacy -in both.pem -out old.pfx -passout pass:clave"
    algorithms = "-certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-3DES"
    subprocess.run([*command.split(), *algorithms.split()], cwd=tmp_path, check=True)
    return tmp_path / "old.pfx"


def test_old_rc2_file_as_windows_exported_it_opens(old_pfx: Path) -> None:
    assert load_certificate(old_pfx.read_bytes(), "clave").rut == Rut.parse("12345678-5")


def test_wrong_password_of_an_old_file_is_a_wrong_password(old_pfx: Path) -> None:
    with pytest.raises(WrongPassword):
        load_certificate(old_pfx.read_bytes(), "otra")


def test_old_file_on_a_machine_without_its_cipher_does_not_blame_the_password(
    old_pfx: Path,
) -> None:
    program = (
        "import sys, pathlib\n"
        "from dte.certificate import CertificateEncryptionTooOld, load_certificate\n"
        "try:\n"
        "    load_certificate(pathlib.Path(sys.argv[1]).read_bytes(), 'clave')\n"
        "except CertificateEncryptionTooOld as error:\n"
        "    print(error.code)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program, str(old_pfx)],
        env={
            "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1",
            "PYTHONPATH": str(Path(dte.__file__).parents[1]),
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout == "certificate_encryption\n"


def test_cipher_that_this_machine_has_switched_off_is_named(
    old_pfx: Path, pfx_maker: PfxMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("switched off")

    def fail(*_: object) -> None:
        raise ValueError("Invalid password or PKCS12 data")

    monkeypatch.setattr("dte.certificate.Cipher", refuse)
    monkeypatch.setattr("dte.certificate.load_pkcs12", fail)

    with pytest.raises(CertificateEncryptionTooOld) as refusal:
        load_certificate(old_pfx.read_bytes(), "clave")
    with pytest.raises(WrongPassword):
        load_certificate(pfx_maker().pfx(), "clave")

    assert "AES256" in refusal.value.message


def test_file_of_an_unknown_kind_is_unreadable(
    pfx_maker: PfxMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("unknown")

    monkeypatch.setattr("dte.certificate.load_pkcs12", refuse)

    with pytest.raises(CertificateUnreadable) as refusal:
        load_certificate(pfx_maker().pfx(), "clave")

    assert refusal.value.code == "certificate_unreadable"


def test_file_without_its_key_or_certificate_is_refused(pfx_maker: PfxMaker, password: str) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(password.encode())
    key = pfx_maker().key
    certificates = [pfx_maker(certified_key=other).certificate() for other in (_other_key(), curve)]
    own = pfx_maker().certificate()
    files = {
        "certificate_not_rsa": [pfx_maker(key=curve).pfx()],
        "certificate_without_key": [
            serialize_key_and_certificates(b"demo", None, own, None, locked)
        ],
        "certificate_unreadable": [
            serialize_key_and_certificates(b"demo", key, None, certificates, locked),
            serialize_key_and_certificates(b"demo", key, None, None, locked),
        ],
    }

    for code, pfxs in files.items():
        for pfx in pfxs:
            with pytest.raises(CertificateUnreadable) as refusal:
                load_certificate(pfx, password)
            assert refusal.value.code == code
            assert refusal.value.message


def test_the_certificate_of_the_key_is_found_in_the_chain(
    pfx_maker: PfxMaker, password: str
) -> None:
    authority = pfx_maker(serial=None, common_name=None, certified_key=_other_key()).certificate()

    own = pfx_maker().certificate()
    unmarked = serialize_key_and_certificates(
        b"demo", pfx_maker().key, None, [authority, own], BestAvailableEncryption(b"x")
    )

    loaded = load_certificate(pfx_maker(chain=[authority]).pfx(), password)

    assert load_certificate(unmarked, "x").rut == loaded.rut
    assert loaded.rut == Rut.parse("12345678-5")
    assert x509.load_der_x509_certificate(loaded.der).subject != authority.subject


def test_names_may_be_absent(pfx_maker: PfxMaker, password: str) -> None:
    assert load_certificate(pfx_maker(common_name=None).pfx(), password).name == ""


def test_dates_are_checked_at_the_asked_instant(certificate: Certificate) -> None:
    second = timedelta(seconds=1)

    certificate.check(certificate.valid_from)
    certificate.check(certificate.valid_to)
    with pytest.raises(CertificateNotYetValid) as early:
        certificate.check(certificate.valid_from - second)
    with pytest.raises(CertificateExpired) as late:
        certificate.check(certificate.valid_to + second)

    assert early.value.valid_from == certificate.valid_from
    assert late.value.code == "certificate_expired"
    assert "31-12-2027" in late.value.message


def _other_key() -> Any:
    return generate_private_key(public_exponent=65537, key_size=2048)
