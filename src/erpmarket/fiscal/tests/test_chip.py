from datetime import timedelta
from typing import Any

import pytest

from erpmarket.common.clock import now
from erpmarket.fiscal.models import SubmissionState
from erpmarket.fiscal.tests.factories import (
    make_certificate,
    make_document,
    make_folios,
    settle,
)
from erpmarket.tenancy.scope import company_scope

CHIP = "/sii/estado/"


@pytest.fixture
def ready(dona_rosa: Any, caf_office: Any) -> Any:
    """The shop with folios and a certificate: nothing to mend."""
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_certificate(caf_office, at=now())
    return dona_rosa


def said(shop: Any) -> tuple[str, str, str]:
    """Read the light, the words and the link of the chip."""
    text = shop.client(shop.cashier).get(CHIP).text
    light = text.split('data-light="')[1].split('"')[0]
    link = text.split('href="')[1].split('"')[0]
    return light, text.split(">")[1].split("<")[0], link


def test_chip_of_a_shop_in_order(ready: Any) -> None:
    assert said(ready) == ("ok", "SII al día", "/sii/")


def test_chip_counts_what_is_on_its_way(ready: Any) -> None:
    with company_scope(ready.company_id):
        for _ in range(3):
            make_document(ready, at=now())

    assert said(ready) == ("ok", "SII: 3 por enviar", "/sii/")


def test_chip_counts_what_a_person_must_mend(ready: Any) -> None:
    with company_scope(ready.company_id):
        settle(make_document(ready, at=now()), SubmissionState.REJECTED)

    assert said(ready) == ("warn", "SII: 1 por corregir", "/sii/")


def test_chip_says_when_the_legal_hour_is_over(ready: Any) -> None:
    with company_scope(ready.company_id):
        make_document(ready, at=now() - timedelta(hours=1, seconds=1))

    assert said(ready) == ("warn", "SII sin respuesta", "/sii/")


def test_chip_says_first_that_folios_are_out(dona_rosa: Any, caf_office: Any) -> None:
    assert said(dona_rosa) == ("stop", "Faltan folios", "/sii/")

    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=1)
        settle(make_document(dona_rosa), SubmissionState.REJECTED)
    assert said(dona_rosa)[1] == "Faltan folios"


def test_chip_says_when_folios_are_few(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=99)
        make_certificate(caf_office, at=now())

    assert said(dona_rosa) == ("warn", "Quedan 99 folios", "/sii/")


def test_chip_says_when_nobody_can_sign(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
    assert said(dona_rosa)[:2] == ("warn", "Falta el certificado")

    with company_scope(dona_rosa.company_id):
        make_certificate(
            caf_office, valid_to=now() - timedelta(days=1), at=now() - timedelta(days=9)
        )
    assert said(dona_rosa)[:2] == ("warn", "Certificado vencido")


def test_chip_asks_again_by_itself_but_not_on_load(ready: Any) -> None:
    text = ready.client(ready.cashier).get(CHIP).text

    assert 'hx-trigger="every 60s"' in text


def test_chip_of_a_stranger_says_nothing_of_the_shop(ready: Any, el_vecino: Any) -> None:
    with company_scope(ready.company_id):
        settle(make_document(ready, at=now()), SubmissionState.REJECTED)

    assert said(el_vecino)[1] == "Faltan folios"


def test_chip_needs_few_queries(ready: Any, django_assert_num_queries: Any) -> None:
    client = ready.client(ready.cashier)

    # Session, scope (4), member, certificate, outbox, company, folios (3), envelopes in trouble.
    with django_assert_num_queries(15):
        client.get(CHIP)
    with company_scope(ready.company_id):
        for minutes in range(8):
            make_document(ready, at=now() - timedelta(minutes=20 * minutes))
        settle(make_document(ready, at=now()), SubmissionState.REJECTED)
    with django_assert_num_queries(15):
        client.get(CHIP)


def test_chip_is_not_for_stock_keepers(dona_rosa: Any) -> None:
    assert dona_rosa.client(dona_rosa.stock_keeper).get(CHIP).status_code == 403
