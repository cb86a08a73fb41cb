"""The daily report of folios: only for who chose it, each day once, sent again when it changes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from dte.xml.parse import parse_xml
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.folio_reports import (
    DayNotOver,
    ReportOnItsWay,
    ReportsAreOff,
    choose_folio_reports,
    wish_report,
    work_on_report,
)
from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.actions.void_folios import VoidOrder, confirm_void, void_folios
from erpmarket.fiscal.books_models import FolioReport, FolioReportChoice
from erpmarket.fiscal.clock_models import AheadClock
from erpmarket.fiscal.folio_report_queries import report_troubles
from erpmarket.fiscal.folio_report_tasks import report_folios
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.tests.trade_factories import nota_order
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind

FRIDAY = date(2026, 11, 20)
DAY_SECONDS = 86_400
LEASE_SECONDS = 121
PAGE = "/sii/consumo/"


def _choose(shop: OutboxShop, *, is_on: bool = True) -> None:
    with company_scope(shop.company_id):
        choose_folio_reports(is_on=is_on, since=FRIDAY, chosen_by=None, at=shop.clock())


def _reports(shop: OutboxShop) -> Sequence[FolioReport]:
    with company_scope(shop.company_id):
        return list(FolioReport.objects.order_by("day", "sequence"))


def _states(shop: OutboxShop) -> list[tuple[date, int, str]]:
    return [(row.day, row.sequence, row.state) for row in _reports(shop)]


def _work(shop: OutboxShop, *, rounds: int = 3) -> None:
    for _ in range(rounds):
        report_folios(now=shop.clock)
        shop.let_sii_work()
        shop.clock.forward(30)


def _amount(row: FolioReport, kind: int, tag: str) -> str | None:
    root = parse_xml(bytes(row.xml or b""))
    for summary in root.iter("{*}Resumen"):
        if summary.findtext("{*}TipoDocumento") == str(kind):
            found = summary.findtext(f"{{*}}{tag}")
            return None if found is None else str(found)
    raise AssertionError(kind)


def test_nothing_is_made_nor_sent_while_nobody_chose_it(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue(2)
    outbox_shop.clock.forward(DAY_SECONDS)

    assert report_folios(now=outbox_shop.clock) == 0
    with company_scope(outbox_shop.company_id), pytest.raises(ReportsAreOff):
        wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())

    assert _reports(outbox_shop) == []
    assert outbox_shop.received() == []


def test_a_day_is_reported_once_when_it_is_over(outbox_shop: OutboxShop) -> None:
    outbox_shop.open_trade(61)
    ids = outbox_shop.issue(3)
    with company_scope(outbox_shop.company_id):
        annul_document(order=nota_order(ids[0]), at=outbox_shop.clock())
        void = void_folios(
            VoidOrder(kind=39, first=50, last=51, reason="Se perdió el rollo", recorded_by=None),
            at=outbox_shop.clock(),
        )
        confirm_void(void_id=void.id, at=outbox_shop.clock())
    _choose(outbox_shop)
    _work(outbox_shop)
    assert _reports(outbox_shop) == [], "the day is not over"

    outbox_shop.clock.forward(DAY_SECONDS)
    _work(outbox_shop)

    (row,) = _reports(outbox_shop)
    assert (row.day, row.sequence, row.state) == (FRIDAY, 1, "accepted")
    # Two of 1.190, 1.191 and 1.192 pesos each; the nota of the first comes on top.
    assert (row.issued_count, row.voided_count, row.total_clp) == (4, 2, 7146 + 2380)
    assert _amount(row, 39, "FoliosUtilizados") == "5"
    assert _amount(row, 39, "FoliosAnulados") == "2"
    assert _amount(row, 39, "MntTotal") == "7146"
    assert _amount(row, 61, "FoliosEmitidos") == "1"
    assert _amount(row, 41, "FoliosEmitidos") == "0"
    (received,) = outbox_shop.received()
    assert (received.state, received.copies) == ("EPR", 1)


def test_a_day_without_sales_is_reported_too(outbox_shop: OutboxShop) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(2 * DAY_SECONDS)

    _work(outbox_shop)

    assert _states(outbox_shop) == [
        (FRIDAY, 1, "accepted"),
        (FRIDAY + timedelta(days=1), 1, "accepted"),
    ]
    assert [row.total_clp for row in _reports(outbox_shop)] == [0, 0]


def test_a_sale_that_comes_in_late_sends_its_day_again(outbox_shop: OutboxShop) -> None:
    """A till without a network brings yesterday's sales today."""
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    _work(outbox_shop)
    outbox_shop.clock.at -= timedelta(days=1)
    outbox_shop.issue()
    outbox_shop.clock.at += timedelta(days=1)

    _work(outbox_shop)

    assert _states(outbox_shop) == [(FRIDAY, 1, "accepted"), (FRIDAY, 2, "accepted")]
    root = parse_xml(bytes(_reports(outbox_shop)[1].xml or b""))
    assert next(root.iter("{*}SecEnvio")).text == "2"


def test_a_person_sends_a_day_again_under_the_next_sequence(outbox_shop: OutboxShop) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    _work(outbox_shop)
    with company_scope(outbox_shop.company_id):
        wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())
        with pytest.raises(ReportOnItsWay):
            wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())
        with pytest.raises(DayNotOver):
            wish_report(day=FRIDAY + timedelta(days=1), wanted_by=None, at=outbox_shop.clock())

    _work(outbox_shop)

    assert _states(outbox_shop) == [(FRIDAY, 1, "accepted"), (FRIDAY, 2, "accepted")]


def test_what_may_have_arrived_is_replaced_by_the_next_sequence(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.DTE_UPLOAD, FaultKind.DROP_AFTER)
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)

    _work(outbox_shop)

    assert _states(outbox_shop) == [(FRIDAY, 1, "lost"), (FRIDAY, 2, "accepted")]
    assert len(outbox_shop.received()) == 2


def test_a_worker_that_was_killed_while_it_sent_is_taken_for_a_lost_reply(
    outbox_shop: OutboxShop,
) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    with company_scope(outbox_shop.company_id):
        row = wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())
        FolioReport.objects.filter(id=row.id).update(
            state="sending", lease_until=outbox_shop.clock() + timedelta(seconds=LEASE_SECONDS)
        )
    assert not work_on_report(company_id=outbox_shop.company_id, clock=outbox_shop.clock)

    outbox_shop.clock.forward(LEASE_SECONDS + 1)
    _work(outbox_shop)

    assert _states(outbox_shop) == [(FRIDAY, 1, "lost"), (FRIDAY, 2, "accepted")]


def test_while_the_sii_is_down_the_report_waits(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.ANY, FaultKind.STATUS, status=503, count=6)
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    _work(outbox_shop, rounds=1)
    assert _states(outbox_shop) == [(FRIDAY, 1, "wanted")]

    for _ in range(8):
        _work(outbox_shop, rounds=1)
        outbox_shop.clock.forward(600)

    assert _states(outbox_shop) == [(FRIDAY, 1, "accepted")]


def test_a_day_without_an_answer_is_told_by_its_date(outbox_shop: OutboxShop) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    with company_scope(outbox_shop.company_id):
        row = wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())
        FolioReport.objects.filter(id=row.id).update(state="lost", final_at=outbox_shop.clock())

        (told,) = report_troubles(outbox_shop.clock())

    assert told.title == "No se sabe si el SII tiene un consumo de folios"
    assert told.words.startswith("No contestó por el informe del 20-11.")


def test_while_the_clock_is_ahead_no_report_is_signed(outbox_shop: OutboxShop) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    with company_scope(outbox_shop.company_id):
        AheadClock.objects.create(
            environment="demo", ahead_seconds=720, seen_at=outbox_shop.clock()
        )

    _work(outbox_shop)

    [waiting] = _reports(outbox_shop)
    assert (waiting.state, waiting.xml) == ("wanted", None)
    assert "reloj de este computador" in waiting.words
    assert outbox_shop.received() == []

    with company_scope(outbox_shop.company_id):
        AheadClock.objects.all().delete()
    outbox_shop.clock.forward(600)
    _work(outbox_shop)

    assert _states(outbox_shop) == [(FRIDAY, 1, "accepted")]


def test_a_rejected_day_is_told_until_it_is_sent_again(outbox_shop: OutboxShop) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    with company_scope(outbox_shop.company_id):
        row = wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())
        FolioReport.objects.filter(id=row.id).update(state="rejected", final_at=outbox_shop.clock())
        (told,) = report_troubles(outbox_shop.clock())
        assert told.words.startswith("No aceptó el informe del 20-11.")
        wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())

    _work(outbox_shop)

    assert _states(outbox_shop) == [(FRIDAY, 1, "rejected"), (FRIDAY, 2, "accepted")]
    with company_scope(outbox_shop.company_id):
        assert report_troubles(outbox_shop.clock()) == ()


def test_what_was_chosen_in_the_demo_sends_nothing_to_the_real_sii(
    outbox_shop: OutboxShop,
) -> None:
    _choose(outbox_shop)
    with company_scope(outbox_shop.company_id):
        Company.objects.filter(id=outbox_shop.company_id).update(environment="production")
    outbox_shop.clock.forward(DAY_SECONDS)

    assert report_folios(now=outbox_shop.clock) == 0

    assert _reports(outbox_shop) == []


def test_switched_off_nothing_more_leaves(outbox_shop: OutboxShop) -> None:
    _choose(outbox_shop)
    outbox_shop.clock.forward(DAY_SECONDS)
    with company_scope(outbox_shop.company_id):
        wish_report(day=FRIDAY, wanted_by=None, at=outbox_shop.clock())
    _choose(outbox_shop, is_on=False)

    assert report_folios(now=outbox_shop.clock) == 0

    assert _states(outbox_shop) == [(FRIDAY, 1, "wanted")]
    assert outbox_shop.received() == []


def test_the_page_switches_it_on_sends_again_and_off(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    assert "No se envía nada" in client.get(PAGE).text
    answer = client.post(f"{PAGE}enviar/", {"dia": "2026-11-01"})
    assert answer.status_code == 422
    assert "está apagado" in answer.text

    yesterday = local_date(now()) - timedelta(days=1)
    turned_on = client.post(
        f"{PAGE}encender/", {"encendido": "on", "desde": f"{yesterday:%Y-%m-%d}"}
    )
    assert turned_on.status_code == 302
    client.post(f"{PAGE}enviar/", {"dia": f"{yesterday:%Y-%m-%d}"})
    with company_scope(dona_rosa.company_id):
        (row,) = FolioReport.objects.all()
        assert (row.day, row.sequence, row.state) == (yesterday, 1, "wanted")
        assert row.wanted_by_id == dona_rosa.owner.membership_id
    assert "envío 1" in client.get(PAGE).text
    again = client.post(f"{PAGE}enviar/", {"dia": f"{yesterday:%Y-%m-%d}"})
    assert (again.status_code, "va en camino" in again.text) == (422, True)

    client.post(f"{PAGE}encender/", {})
    with company_scope(dona_rosa.company_id):
        assert [row.is_on for row in FolioReportChoice.objects.order_by("id")] == [True, False]


@pytest.mark.parametrize("since", ["2020-01-01", "2099-01-01", "ayer"])
def test_a_first_day_that_is_none_is_explained(dona_rosa: Any, since: str) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(
        f"{PAGE}encender/", {"encendido": "on", "desde": since}
    )

    assert answer.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert not FolioReportChoice.objects.exists()


def test_a_cashier_switches_nothing(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}encender/", {"encendido": "on"}).status_code == 403
    with company_scope(dona_rosa.company_id):
        assert not FolioReportChoice.objects.exists()
