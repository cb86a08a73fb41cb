"""The figures of the F29: exact, by type, with what is carried and what is not known yet."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.enter_carried_credit import enter_carried_credit
from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.f29 import CreditLine, find_f29, split_vat
from erpmarket.fiscal.models import CarriedCredit, SubmissionState
from erpmarket.fiscal.tests.factories import AT, make_document, settle
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader, nota_order
from erpmarket.tenancy.scope import company_scope

NOVEMBER = date(2026, 11, 1)
DECEMBER = date(2026, 12, 1)
HERE = "erpmarket.fiscal.tests.test_f29"
PAGE = "/sii/f29/?mes=2026-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    day: date
    count: int
    total_clp: int
    exempt_clp: int


def vouchers(first: date, last: date) -> list[Vouchers]:
    assert (first, last) == (NOVEMBER, date(2026, 11, 30))
    return [
        Vouchers(day=first, count=2, total_clp=11900, exempt_clp=0),
        Vouchers(day=last, count=1, total_clp=3500, exempt_clp=1120),
    ]


def received(first: date, until: date) -> list[CreditLine]:
    assert (first, until) == (NOVEMBER, DECEMBER)
    return [
        CreditLine(words="Factura", count=2, vat_clp=9000),
        CreditLine(words="Nota de crédito", count=1, vat_clp=-1000),
    ]


@pytest.fixture
def sold(dona_rosa: Any, caf_office: Any) -> None:
    """A factura, a boleta that stays, one that was annulled, one rejected, one of December."""
    with company_scope(dona_rosa.company_id):
        branch = make_trader(dona_rosa, caf_office)
        make_factura(branch)
        make_document(dona_rosa)
        annul_document(order=nota_order(make_document(dona_rosa).id), at=AT)
        make_document(dona_rosa, is_exempt=True)
        settle(make_document(dona_rosa, price_clp=9999), SubmissionState.REJECTED)
        make_document(dona_rosa, at=datetime(2026, 12, 1, 3, tzinfo=UTC))


def figures(shop: Any) -> Any:
    with company_scope(shop.company_id):
        return find_f29(environment="demo", first=NOVEMBER, until=DECEMBER)


def test_debit_is_the_vat_of_what_counts(dona_rosa: Any, sold: None) -> None:
    found = figures(dona_rosa)

    assert [(line.kind, line.code, line.count, line.vat_clp) for line in found.debits] == [
        (33, "502", 1, 7961),
        (39, "111", 2, 760),
        (41, "", 1, 0),
        (61, "", 1, -380),
    ]
    assert (found.debit_clp, found.exempt_clp) == (8341, 2380)
    assert (found.credits, found.credit_clp, found.carried_clp) == (None, 0, None)
    assert (found.balance_clp, found.left_clp) == (8341, 0)


def test_vouchers_that_are_boletas_are_asked_of_the_till(
    dona_rosa: Any, sold: None, settings: Any
) -> None:
    settings.VOUCHER_DAYS = f"{HERE}.vouchers"

    line = figures(dona_rosa).debits[-1]

    # 11.900 + 3.500 - 1.120 = 14.280 with VAT.
    assert (line.code, line.kind, line.count) == ("759", None, 3)
    assert (line.net_clp, line.exempt_clp, line.vat_clp) == (12000, 1120, 2280)
    assert figures(dona_rosa).debit_clp == 8341 + 2280


def test_credit_and_what_is_carried_are_taken_off(
    dona_rosa: Any, sold: None, settings: Any
) -> None:
    settings.RECEIVED_VAT = f"{HERE}.received"
    with company_scope(dona_rosa.company_id):
        enter_carried_credit(month=NOVEMBER, amount_clp=100, entered_by=None, at=AT)
    found = figures(dona_rosa)
    assert (found.credit_clp, found.balance_clp, found.left_clp) == (8000, 241, 0)

    with company_scope(dona_rosa.company_id):
        enter_carried_credit(month=NOVEMBER, amount_clp=1341, entered_by=None, at=AT)
    found = figures(dona_rosa)
    assert (found.carried_clp, found.balance_clp, found.left_clp) == (1341, -1000, 1000)


@pytest.mark.parametrize(
    ("gross", "net", "vat"), [(0, 0, 0), (1, 1, 0), (3, 3, 0), (1190, 1000, 190), (999, 839, 160)]
)
def test_vat_is_split_to_the_peso(gross: int, net: int, vat: int) -> None:
    assert split_vat(gross, NOVEMBER) == (net, vat)


def test_page_leads_to_the_papers_and_says_what_it_does_not_know(
    dona_rosa: Any, sold: None
) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    assert "Tus facturas de compra todavía no se registran aquí" in page
    assert "/sii/libro/?mes=2026-11&amp;por=documentos&amp;tipo=33" in page
    assert "$8.341" in page
    assert "IVA antes de tus compras" in page
    assert "noviembre de 2026" in page


def test_what_is_carried_is_entered_on_the_page(dona_rosa: Any, sold: None) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(PAGE, {"carried": "$9.000"})

    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert "Queda para el mes siguiente" in client.get(PAGE).text
    assert "$659" in client.get(PAGE).text
    with company_scope(dona_rosa.company_id):
        row = CarriedCredit.objects.get()
    assert (row.month, row.amount_clp) == (NOVEMBER, 9000)
    assert row.entered_by_id == dona_rosa.owner.membership_id


@pytest.mark.parametrize("amount", ["", "-5", "mil", "1,5"])
def test_what_is_no_amount_changes_nothing(dona_rosa: Any, amount: str) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, {"carried": amount})

    assert answer.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert not CarriedCredit.objects.exists()


def test_the_database_keeps_one_amount_for_each_month(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        for month in (date(2026, 11, 2), NOVEMBER):
            amount = 5 if month.day != 1 else -5
            with pytest.raises(IntegrityError), transaction.atomic():
                CarriedCredit.objects.create(month=month, amount_clp=amount, entered_at=AT)


def test_figures_are_for_owner_and_accountant_of_the_shop(
    dona_rosa: Any, el_vecino: Any, sold: None
) -> None:
    assert dona_rosa.client(dona_rosa.cashier).get(PAGE).status_code == 403
    assert dona_rosa.client(dona_rosa.cashier).post(PAGE, {"carried": "1"}).status_code == 403
    assert "$8.341" not in el_vecino.client(el_vecino.owner).get(PAGE).text
    with company_scope(dona_rosa.company_id):
        assert not CarriedCredit.objects.exists()


def test_without_a_month_it_is_the_running_one(dona_rosa: Any) -> None:
    page = dona_rosa.client(dona_rosa.owner).get("/sii/f29/").text

    assert f'value="{local_date(now()):%Y-%m}"' in page
