"""The office grants ranges once, signs them with its own key and makes certificates."""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs12
from cryptography.x509 import Certificate
from lxml import etree

from sii_simulator import rsa_sha1
from sii_simulator.caf_office import CafOffice
from sii_simulator.certificates import is_current, rut_of
from sii_simulator.errors import BadOrder

SHOP = "76918245-4"
ROSA = "12345678-5"
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> CafOffice:
    return CafOffice(tmp_path, clock=lambda: NOON)


def flat_grant(xml: bytes) -> bytes:
    found = re.search(rb"<DA>.*</DA>", xml, re.DOTALL)
    assert found
    return re.sub(rb">\s+<", b"><", found[0])


def opened(pfx: bytes, password: str = "clave") -> tuple[RSAPrivateKey, Certificate]:
    key, certificate, _ = pkcs12.load_key_and_certificates(pfx, password.encode())
    assert isinstance(key, RSAPrivateKey)
    assert certificate is not None
    return key, certificate


def test_signs_each_range_with_the_authority_key(office: CafOffice) -> None:
    xml = office.issue_caf(rut=SHOP, name="Almacén Doña Rosa & Hija SpA", quantity=50)

    key = office.authority_key
    frma = etree.fromstring(xml).findtext("CAF/FRMA")
    assert (key.key_id, key.modulus.bit_length(), key.exponent) == (900, 512, 65537)
    assert frma is not None
    assert rsa_sha1.verifies(
        modulus=key.modulus, exponent=key.exponent, message=flat_grant(xml), signature_b64=frma
    )
    assert not rsa_sha1.verifies(
        modulus=key.modulus,
        exponent=key.exponent,
        message=flat_grant(xml).replace(b"<H>50<", b"<H>51<"),
        signature_b64=frma,
    )


def test_writes_what_real_authorizations_hold(office: CafOffice) -> None:
    xml = office.issue_caf(
        rut=SHOP, name="Almacén Doña Rosa & Hija SpA", quantity=50, authorized_on=date(2026, 1, 2)
    )

    root = etree.fromstring(xml)
    grant = {tag: root.findtext(f"CAF/DA/{tag}") for tag in ("RE", "RS", "TD", "FA", "IDK")}
    assert grant == {
        "RE": SHOP,
        "RS": "Almacén Doña Rosa & Hija SpA",
        "TD": "39",
        "FA": "2026-01-02",
        "IDK": "900",
    }
    assert (root.findtext("CAF/DA/RNG/D"), root.findtext("CAF/DA/RNG/H")) == ("1", "50")
    assert "Almacén".encode("latin-1") in xml


def test_folio_key_has_512_bits_and_exponent_3_and_signs(office: CafOffice) -> None:
    root = etree.fromstring(office.issue_caf(rut=SHOP, name="Rosa"))
    secret = load_pem_private_key((root.findtext("RSASK") or "").encode(), None)
    assert isinstance(secret, RSAPrivateKey)

    signature = secret.sign(b"hola", padding.PKCS1v15(), hashes.SHA1())  # the stamp's algorithm

    modulus = rsa_sha1.number(root.findtext("CAF/DA/RSAPK/M") or "")
    exponent = rsa_sha1.number(root.findtext("CAF/DA/RSAPK/E") or "")
    assert (modulus.bit_length(), exponent) == (512, 3)
    assert secret.public_key().public_numbers().n == modulus
    secret.public_key().verify(signature, b"hola", padding.PKCS1v15(), hashes.SHA1())


def test_ranges_of_one_kind_follow_each_other_and_kinds_count_apart(office: CafOffice) -> None:
    ranges = [
        re.search(
            rb"<D>(\d+)</D>\s*<H>(\d+)</H>",
            office.issue_caf(rut=SHOP, name="R", kind=kind, quantity=10),
        )
        for kind in (39, 39, 41)
    ]

    assert [found and found.groups() for found in ranges] == [
        (b"1", b"10"),
        (b"11", b"20"),
        (b"1", b"10"),
    ]
    assert office.covers(rut=SHOP, kind=39, folio=20)
    assert not office.covers(rut=SHOP, kind=39, folio=21)
    assert not office.covers(rut=ROSA, kind=39, folio=1)


def test_two_offices_on_one_folder_share_keys_and_never_grant_a_folio_twice(tmp_path: Path) -> None:
    offices = [CafOffice(tmp_path), CafOffice(tmp_path)]
    grants: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda o=o: grants.append(o.issue_caf(rut=SHOP, name="R", quantity=5))
        )
        for o in offices * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    starts = sorted(int((re.search(rb"<D>(\d+)", xml) or [b"", b"0"])[1]) for xml in grants)
    assert starts == [1, 6, 11, 16, 21, 26]
    assert offices[0].authority_key == offices[1].authority_key
    assert offices[0].certificate_authority.root_pem == offices[1].certificate_authority.root_pem


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"rut": "76918245-5"}, "bad_rut"),
        ({"name": "  "}, "no_name"),
        ({"kind": 99}, "bad_kind"),
        ({"quantity": 0}, "bad_quantity"),
        ({"first": 5}, "range_taken"),
        ({"first": 9_999_999_999, "quantity": 2}, "bad_range"),
    ],
)
def test_refuses_wrong_orders_and_grants_nothing(
    office: CafOffice, order: dict[str, object], code: str
) -> None:
    office.issue_caf(rut=SHOP, name="Rosa", quantity=10)

    with pytest.raises(BadOrder) as refusal:
        office.issue_caf(**{"rut": SHOP, "name": "Rosa", "quantity": 10, **order})  # type: ignore[arg-type]  # mixed on purpose

    assert refusal.value.code == code
    assert not office.covers(rut=SHOP, kind=39, folio=11)


@pytest.mark.parametrize("place", ["subject", "san"])
def test_certificates_carry_the_rut_in_either_place(office: CafOffice, place: str) -> None:
    pfx = office.issue_certificate(rut=ROSA, name="Rosa Pérez", password="clave", rut_place=place)  # type: ignore[arg-type]  # parametrized text

    _, certificate = opened(pfx)
    assert rut_of(certificate) == ROSA
    assert office.certificate_authority.trusts(certificate)
    assert is_current(certificate, at=NOON)
    assert is_current(certificate, at=NOON - timedelta(days=60))


def test_makes_expired_certificates_and_such_without_rut(office: CafOffice) -> None:
    _, expired = opened(
        office.issue_certificate(
            rut=ROSA,
            name="Rosa",
            password="clave",
            valid_from=NOON - timedelta(days=800),
            valid_to=NOON - timedelta(days=70),
        )
    )
    _, nameless = opened(
        office.issue_certificate(rut=ROSA, name="Rosa", password="clave", rut_place="none")
    )

    assert not is_current(expired, at=NOON)
    assert is_current(expired, at=NOON - timedelta(days=100))
    assert rut_of(nameless) is None


def test_password_opens_the_file_and_another_does_not(office: CafOffice) -> None:
    pfx = office.issue_certificate(rut=ROSA, name="Rosa", password="clave")

    with pytest.raises(ValueError, match="password"):
        opened(pfx, "otra")


def test_does_not_trust_another_authority_unless_listed(office: CafOffice, tmp_path: Path) -> None:
    stranger = CafOffice(tmp_path / "ajena")
    _, certificate = opened(stranger.issue_certificate(rut=ROSA, name="Rosa", password="clave"))
    assert not office.certificate_authority.trusts(certificate)

    (tmp_path / "certificados").mkdir()
    (tmp_path / "certificados" / "rosa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

    assert office.certificate_authority.trusts(certificate)
