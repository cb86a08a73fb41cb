"""The figures of the F29: exact, by type, with what is carried and what is not known yet."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.actions.mark_credit import mark_credit
from erpmarket.fiscal.books_models import CarriedCredit, CreditReason
from erpmarket.fiscal.exchange_models import ReceivedDocument, ReceivedFile
from erpmarket.fiscal.f29 import find_f29
from erpmarket.fiscal.models import SubmissionState
from erpmarket.fiscal.tests.factories import AT, make_document, settle
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader, nota_order
from erpmarket.fiscal.vouchers import split_vat
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.queries import list_branches
from erpmarket.tenancy.scope import company_scope

NOVEMBER = date(2026, 11, 1)
NOVEMBER_END = date(2026, 11, 30)
DECEMBER = date(2026, 12, 1)
AFTER = datetime(2026, 12, 5, 15, tzinfo=UTC)
SII_AT = datetime(2026, 11, 4, 15, tzinfo=UTC)
HERE = "erpmarket.fiscal.tests.test_f29"
PAGE = "/sii/f29/?mes=2026-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouchers:
    day: date
    branch_id: int
    count: int
    total_clp: int
    exempt_clp: int
    returned_clp: int = 0
    returned_exempt_clp: int = 0


def vouchers(first: date, last: date, _after: datetime | None) -> list[Vouchers]:
    assert (first, last) in [(NOVEMBER, NOVEMBER_END), (date(2026, 10, 1), date(2026, 10, 31))]
    if first != NOVEMBER:
        return []
    branch_id = list_branches()[0].id
    return [
        Vouchers(day=first, branch_id=branch_id, count=2, total_clp=11900, exempt_clp=0),
        Vouchers(
            day=last,
            branch_id=branch_id,
            count=1,
            total_clp=3500,
            exempt_clp=1120,
            returned_clp=1310,
            returned_exempt_clp=120,
        ),
    ]


def receive(kind: int = 33, *, vat_clp: int, folio: int = 1, **facts: Any) -> ReceivedDocument:
    """Keep a document of a supplier as its file left it; the tests of the exchange do the rest."""
    file = ReceivedFile.objects.create(
        environment="demo",
        digest=f"{kind}-{folio}-{facts.get('environment', 'demo')}",
        name="envio.xml",
        received_at=AT,
        raw=b"",
        state=0,
    )
    net = facts.pop("net_clp", vat_clp * 100 // 19)
    row: ReceivedDocument = ReceivedDocument.objects.create(
        **{
            "file": file,
            "position": 0,
            "environment": "demo",
            "issuer_rut": "77346128-7",
            "issuer_name": "Distribuidora El Vecino",
            "kind": kind,
            "folio": folio,
            "issue_date": date(2026, 11, 3),
            "net_clp": net,
            "exempt_clp": 0,
            "vat_clp": vat_clp,
            "total_clp": net + vat_clp,
            "state": 0,
            "note": "",
            "received_at": AT,
        }
        | facts
    )
    return row


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


def figures(shop: Any, at: datetime = AFTER) -> Any:
    with company_scope(shop.company_id):
        return find_f29(environment="demo", first=NOVEMBER, until=DECEMBER, at=at)


def test_debit_is_the_vat_of_what_counts(dona_rosa: Any, sold: None) -> None:
    found = figures(dona_rosa)

    assert [(line.kind, line.code, line.count, line.vat_clp) for line in found.debits] == [
        (33, "502", 1, 7961),
        (39, "111", 2, 760),
        (41, "", 1, 0),
        (61, "", 1, -380),
    ]
    assert (found.debit_clp, found.exempt_clp) == (8341, 2380)
    assert (found.credits, found.credit_clp, found.carried_clp) == ((), 0, None)
    assert (found.balance_clp, found.left_clp) == (8341, 0)


def test_vouchers_that_are_boletas_are_asked_of_the_till(
    dona_rosa: Any, sold: None, settings: Any
) -> None:
    settings.VOUCHER_DAYS = f"{HERE}.vouchers"

    line = figures(dona_rosa).debits[3]

    # 11.900, and 2.380 - 1.190 that went back, with VAT; 1.120 - 120 exempt.
    assert (line.code, line.kind, line.count) == ("759", 48, 3)
    assert (line.net_clp, line.exempt_clp, line.vat_clp) == (11000, 1000, 2090)
    assert figures(dona_rosa).debit_clp == 8341 + 2090


def test_credit_is_what_was_accepted_or_not_claimed_in_eight_days(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        receive(vat_clp=1900, folio=1, sii_received_at=SII_AT)
        receive(vat_clp=380, folio=2, said=["ACD"], sii_received_at=AT, accepted_at=AT)
        receive(61, vat_clp=190, folio=3)
        receive(56, vat_clp=95, folio=4)
        receive(vat_clp=19, folio=5, said=["RCD"], sii_received_at=SII_AT)
        receive(vat_clp=38, folio=6)
        receive(vat_clp=57, folio=7, state=2, sii_received_at=SII_AT)
        receive(vat_clp=76, folio=8, environment="certification", sii_received_at=SII_AT)
        receive(52, vat_clp=114, folio=9)

    found = figures(dona_rosa)

    assert [(line.kind, line.code, line.count, line.vat_clp) for line in found.credits] == [
        (33, "520", 2, 2280),
        (56, "532", 1, 95),
        (61, "528", 1, -190),
    ]
    assert (found.credit_clp, found.waiting_clp, found.excluded_clp) == (2185, 38, 19)
    assert (found.balance_clp, found.left_clp) == (-2185, 2185)


def test_the_eight_days_put_a_factura_into_the_month_in_which_they_end(dona_rosa: Any) -> None:
    late = datetime(2026, 11, 27, 15, tzinfo=UTC)
    with company_scope(dona_rosa.company_id):
        receive(vat_clp=1900, issue_date=date(2026, 11, 26), sii_received_at=late)
        waits = find_f29(environment="demo", first=NOVEMBER, until=DECEMBER, at=late)
        after = late + timedelta(days=9)
        november = find_f29(environment="demo", first=NOVEMBER, until=DECEMBER, at=after)
        december = find_f29(environment="demo", first=DECEMBER, until=date(2027, 1, 1), at=after)

    assert (waits.credit_clp, waits.waiting_clp) == (0, 1900)
    assert (november.credit_clp, november.waiting_clp) == (0, 0)
    assert december.credit_clp == 1900


def test_who_accepts_after_the_eight_days_moves_no_credit(dona_rosa: Any) -> None:
    """The month was declared already: the same VAT must not come again in a later one."""
    came = datetime(2026, 11, 3, 15, tzinfo=UTC)
    with company_scope(dona_rosa.company_id):
        receive(
            vat_clp=1900,
            issue_date=date(2026, 11, 2),
            sii_received_at=came,
            accepted_at=came + timedelta(days=40),
            said=["ACD"],
        )
        later = came + timedelta(days=50)
        november = find_f29(environment="demo", first=NOVEMBER, until=DECEMBER, at=later)
        december = find_f29(environment="demo", first=DECEMBER, until=date(2027, 1, 1), at=later)

    assert (november.credit_clp, december.credit_clp) == (1900, 0)


def test_a_factura_older_than_two_months_is_no_credit(dona_rosa: Any) -> None:
    """DL 825, Art. 24: the month of its date, or one of the two after it."""
    with company_scope(dona_rosa.company_id):
        receive(vat_clp=100, folio=1, issue_date=date(2026, 9, 1), accepted_at=AT, said=["ACD"])
        receive(vat_clp=200, folio=2, issue_date=date(2026, 8, 31), accepted_at=AT, said=["ACD"])

    found = figures(dona_rosa)

    assert (found.credit_clp, found.excluded_clp) == (100, 200)


def test_what_is_marked_as_no_credit_is_left_out_until_the_mark_is_taken_back(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        row = receive(vat_clp=1900, sii_received_at=SII_AT)
        mark_credit(row, reason=CreditReason.REFUSED_COST, marked_by=None, at=AT)
    assert (figures(dona_rosa).credit_clp, figures(dona_rosa).excluded_clp) == (0, 1900)

    with company_scope(dona_rosa.company_id):
        mark_credit(row, reason=CreditReason.YES, marked_by=None, at=AT)

    assert (figures(dona_rosa).credit_clp, figures(dona_rosa).excluded_clp) == (1900, 0)


def test_the_page_of_credit_shows_each_document_with_its_reason(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        row = receive(vat_clp=1900, said=["ACD"], accepted_at=SII_AT)
        receive(61, vat_clp=190, folio=2)
        receive(vat_clp=38, folio=6)
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get("/sii/f29/credito/?mes=2026-11").text
    only = client.get("/sii/f29/credito/?mes=2026-11&tipo=61").text

    assert f"/sii/recibidas/{row.id}/" in page
    assert "El SII aún no la tiene" in page
    assert "$1.900" in page
    assert "$1.900" not in only
    assert "\u2212$190" in only
    assert dona_rosa.client(dona_rosa.cashier).get("/sii/f29/credito/").status_code == 403


def test_what_the_month_before_left_is_proposed_and_counts_once_entered(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        receive(
            vat_clp=1900,
            issue_date=date(2026, 10, 5),
            said=["ACD"],
            accepted_at=datetime(2026, 10, 5, 15, tzinfo=UTC),
        )
    found = figures(dona_rosa)
    assert (found.proposed_clp, found.carried_clp, found.left_clp) == (1900, None, 0)

    client = dona_rosa.client(dona_rosa.owner)
    assert "el mes anterior dejó $1.900" in client.get(PAGE).text
    client.post(PAGE, {"carried": "1900"})

    found = figures(dona_rosa)
    assert (found.proposed_clp, found.carried_clp, found.left_clp) == (None, 1900, 1900)


@pytest.mark.parametrize(
    ("gross", "net", "vat"), [(0, 0, 0), (1, 1, 0), (3, 3, 0), (1190, 1000, 190), (999, 839, 160)]
)
def test_vat_is_split_to_the_peso(gross: int, net: int, vat: int) -> None:
    assert split_vat(gross, NOVEMBER) == (net, vat)


def test_page_leads_to_the_papers_and_says_what_it_does_not_know(
    dona_rosa: Any, sold: None
) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    assert "Ninguna factura recibida da crédito" in page
    assert "/sii/libro/?mes=2026-11&amp;por=documentos&amp;tipo=33" in page
    assert "$8.341" in page
    assert "IVA por pagar" in page
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
                CarriedCredit.objects.create(
                    environment="demo", month=month, amount_clp=amount, entered_at=AT
                )


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


def test_what_was_carried_in_the_demo_is_not_carried_in_production(
    dona_rosa: Any, sold: None
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post(PAGE, {"carried": "$9.000"})

    with company_scope(dona_rosa.company_id):
        Company.objects.update(environment="production")
        figures = find_f29(environment="production", first=NOVEMBER, until=DECEMBER, at=AT)
        assert (figures.carried_clp, figures.proposed_clp) == (None, None)
    client.post(PAGE, {"carried": "$40"})

    with company_scope(dona_rosa.company_id):
        rows = CarriedCredit.objects.order_by("environment").values_list(
            "environment", "amount_clp"
        )
        assert list(rows) == [("demo", 9000), ("production", 40)]
