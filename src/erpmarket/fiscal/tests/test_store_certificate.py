"""Who stands behind a certificate, what is kept of a replaced one, and what a refusal leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from erpmarket.config.periodic import PERIODIC
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.actions.store_certificate import (
    CertificateRefused,
    forget_replaced_keys,
    store_certificate,
)
from erpmarket.fiscal.chain import is_known_issuer
from erpmarket.fiscal.models import Certificate, Envelope
from erpmarket.fiscal.outbox_queries import find_certificate
from erpmarket.fiscal.pfx_rounds import count_rounds
from erpmarket.fiscal.tasks import forget_keys
from erpmarket.fiscal.tests.factories import AT, PFX_PASSWORD, SIGNER
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.tenancy.scope import company_scope

OTHER_SIGNER = "7654321-6"
PAGE = "/sii/certificado/"


@pytest.fixture
def shop(dona_rosa: Any) -> Any:
    with company_scope(dona_rosa.company_id):
        yield dona_rosa


def make_pfx(office: Any, *, rut: str = SIGNER, **changed: Any) -> bytes:
    order = {
        "name": "Rosa Núñez Soto",
        "password": PFX_PASSWORD,
        "valid_from": AT - timedelta(days=90),
        "valid_to": AT + timedelta(days=400),
        **changed,
    }
    return bytes(office.issue_certificate(rut=rut, **order))


def without_chain(pfx: bytes) -> bytes:
    bundle = pkcs12.load_pkcs12(pfx, PFX_PASSWORD.encode())
    assert bundle.cert is not None
    return pkcs12.serialize_key_and_certificates(
        name=None,
        key=bundle.key,  # type: ignore[arg-type]  # an RSA key, as the office made it
        cert=bundle.cert.certificate,
        cas=None,
        encryption_algorithm=serialization.BestAvailableEncryption(PFX_PASSWORD.encode()),
    )


def store(pfx: bytes, *, password: str = PFX_PASSWORD, at: datetime = AT) -> Certificate:
    return store_certificate(pfx=pfx, password=password, at=at)


def put_on_its_way(sender_rut: str) -> Envelope:
    row: Envelope = Envelope.objects.create(
        environment="demo",
        xml=b"<x/>",
        document_count=1,
        sender_rut=sender_rut,
        state="ready",
        available_at=AT,
        packed_at=AT,
    )
    return row


def keys_of(rut: str) -> list[tuple[bool, bool]]:
    """Say of each certificate of a person whether it is active and whether its key is there."""
    rows = Certificate.objects.filter(holder_rut=rut).order_by("id")
    return [
        (row.is_active, bool(bytes(row.sealed_pfx) + bytes(row.sealed_password))) for row in rows
    ]


def test_the_chain_of_the_file_is_followed_and_its_issuer_known(shop: Any, caf_office: Any) -> None:
    row = store(make_pfx(caf_office))

    assert row.issuer_organization == ("Simulador del SII (sin valor legal) · CA DE DEMOSTRACION")
    assert row.chain == ["Simulador del SII (sin valor legal) · CA DE DEMOSTRACION"]
    assert row.is_issuer_known


def test_a_file_without_its_chain_is_taken_and_says_so(shop: Any, caf_office: Any) -> None:
    row = store(without_chain(make_pfx(caf_office)))

    assert (row.chain, row.is_issuer_known) == ([], True)


def test_an_issuer_that_nobody_knows_is_taken_and_marked(
    shop: Any, caf_office: Any, settings: Any
) -> None:
    settings.CERTIFICATE_ISSUERS = ["E-CERTCHILE"]

    assert not store(make_pfx(caf_office)).is_issuer_known


@pytest.mark.parametrize(
    ("name", "is_known"),
    [
        ("E-CERTCHILE CA FES 02", True),
        ("e-certchile", True),
        ("STOCK CA", False),
        ("TOC S.A.", True),
    ],
)
def test_issuers_are_known_by_whole_words(name: str, is_known: bool) -> None:
    assert is_known_issuer([name], ["E-CERTCHILE", "TOC"]) is is_known


def test_of_a_replaced_certificate_only_facts_are_kept(shop: Any, caf_office: Any) -> None:
    store(make_pfx(caf_office))

    store(make_pfx(caf_office), at=AT + timedelta(days=1))

    assert keys_of(SIGNER) == [(False, False), (True, True)]
    old = Certificate.objects.get(is_active=False)
    assert (old.holder_name, old.replaced_at) == ("Rosa Núñez Soto", AT + timedelta(days=1))


def test_a_key_stays_while_that_persons_envelopes_are_on_their_way(
    shop: Any, caf_office: Any
) -> None:
    store(make_pfx(caf_office))
    envelope = put_on_its_way(SIGNER)

    store(make_pfx(caf_office, rut=OTHER_SIGNER, name="Pedro Soto"))

    assert keys_of(SIGNER) == [(False, True)]
    found = find_certificate(at=AT, holder_rut=SIGNER)
    assert found is not None
    assert found.holder_rut == SIGNER
    Envelope.objects.filter(id=envelope.id).update(state="closed")
    assert forget_replaced_keys() == 1
    assert keys_of(SIGNER) == [(False, False)]
    assert find_certificate(at=AT, holder_rut=SIGNER) is None


def test_the_worker_forgets_a_former_persons_key_once_nothing_is_on_its_way(
    outbox_shop: OutboxShop,
) -> None:
    """Nobody comes back to a replaced certificate: without the worker its key would stay."""
    outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    outbox_shop.load_certificate(rut="11111111-1")
    assert forget_keys() == 0
    outbox_shop.work_until_final()

    assert PERIODIC["fiscal.forget_keys"].function == "erpmarket.fiscal.tasks.forget_keys"
    assert forget_keys(is_stopping=lambda: True) == 0
    assert forget_keys(unknown_keyword=1) == 1
    assert forget_keys() == 0


def test_the_same_persons_new_certificate_sends_what_the_old_one_signed(
    shop: Any, caf_office: Any
) -> None:
    store(make_pfx(caf_office))
    put_on_its_way(SIGNER)

    new = store(make_pfx(caf_office))

    assert keys_of(SIGNER) == [(False, False), (True, True)]
    found = find_certificate(at=AT, holder_rut=SIGNER)
    assert found is not None
    assert found.sealed_pfx == bytes(new.sealed_pfx)


@pytest.mark.parametrize(
    ("changed", "password", "reason", "words"),
    [
        ({}, "otra", "certificate_password", "La contraseña no abre el certificado"),
        ({"rut_place": "none"}, PFX_PASSWORD, "certificate_without_rut", "no trae el RUT"),
        (
            {"valid_to": datetime(2026, 11, 1, tzinfo=UTC)},
            PFX_PASSWORD,
            "certificate_expired",
            "venció el 31-10-2026",
        ),
        (
            {"valid_from": datetime(2026, 12, 2, tzinfo=UTC)},
            PFX_PASSWORD,
            "certificate_not_yet_valid",
            "vale desde el 01-12-2026",
        ),
    ],
)
def test_a_refusal_leaves_the_certificate_in_use(
    shop: Any, caf_office: Any, changed: dict[str, Any], password: str, reason: str, words: str
) -> None:
    current = store(make_pfx(caf_office))

    with pytest.raises(CertificateRefused) as caught:
        store(make_pfx(caf_office, **changed), password=password)

    assert caught.value.reason == reason
    assert words in caught.value.message
    row = Certificate.objects.get()
    assert (row.id, row.is_active, bytes(row.sealed_pfx)) == (
        current.id,
        True,
        bytes(current.sealed_pfx),
    )


def test_the_page_warns_of_what_the_file_lacks(
    dona_rosa: Any, caf_office: Any, settings: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    with company_scope(dona_rosa.company_id):
        store(make_pfx(caf_office))
    whole = client.get(PAGE).text
    settings.CERTIFICATE_ISSUERS = []
    with company_scope(dona_rosa.company_id):
        store(without_chain(make_pfx(caf_office)))

    bare = client.get(PAGE).text

    for words in ("No conocemos a quien dio este certificado", "no trae los certificados de quien"):
        assert words not in whole
        assert words in bare
    assert "debe estar autorizada en el SII" in whole


def with_rounds(pfx: bytes, rounds: int) -> bytes:
    """Write a person's file anew with so many rounds."""
    bundle = pkcs12.load_pkcs12(pfx, PFX_PASSWORD.encode())
    assert bundle.cert is not None
    how = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(rounds)
    return pkcs12.serialize_key_and_certificates(
        name=None,
        key=bundle.key,  # type: ignore[arg-type]  # an RSA key, as the office made it
        cert=bundle.cert.certificate,
        cas=None,
        encryption_algorithm=how.build(PFX_PASSWORD.encode()),
    )


def test_a_file_that_takes_hours_to_open_is_refused_at_once(shop: Any, caf_office: Any) -> None:
    """Its rounds are only a number: whoever writes it holds a process of ours for a day."""
    mild = with_rounds(make_pfx(caf_office), 0x1234)
    named = bytes([0x02, 0x02, 0x12, 0x34])
    assert mild.count(named) == 2
    # Both parts, and the seal that OpenSSL gives 2,048 rounds.
    assert count_rounds(mild) == 2 * 0x1234 + 2048
    hostile = with_rounds(make_pfx(caf_office), 0x123456)
    # A number of the same length, so that the file stays whole.
    hostile = hostile.replace(bytes([0x02, 0x03, 0x12, 0x34, 0x56]), b"\x02\x03\x7f\xff\xff")

    with pytest.raises(CertificateRefused) as refused:
        store(hostile)

    assert refused.value.reason == "too_slow"
    assert not Certificate.objects.exists()
    assert store(mild).holder_rut == SIGNER
