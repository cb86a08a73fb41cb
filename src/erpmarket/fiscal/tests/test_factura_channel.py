"""Facturas, guías and notas go through their own door, which tells less about each document."""

from collections import Counter
from datetime import timedelta

import pytest

from erpmarket.fiscal.actions.issue_guia import issue_guia
from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.actions.leases import claim_to_send
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.models import Channel
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.tests.trade_factories import guia_order, nota_order
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind

LEASE_SECONDS = 121


@pytest.fixture
def trader(outbox_shop: OutboxShop) -> OutboxShop:
    """Doña Rosa's shop with folios for facturas, guías and notas."""
    outbox_shop.open_trade(33, 52, 61)
    return outbox_shop


def test_each_kind_goes_through_its_own_door(trader: OutboxShop) -> None:
    trader.issue(2)
    trader.issue_facturas(2)
    with company_scope(trader.company_id):
        issue_guia(order=guia_order(), branch=trader.branch(), issued_by=None, at=trader.clock())

    trader.work_until_final()

    assert trader.states() == Counter(accepted=5)
    envelopes = {envelope.channel: envelope.document_count for envelope in trader.envelopes()}
    assert envelopes == {Channel.BOLETA: 2, Channel.FACTURA: 3}
    assert {received.channel for received in trader.received()} == {"boleta", "factura"}


def test_a_door_in_trouble_does_not_hold_the_other(trader: OutboxShop) -> None:
    trader.break_sii(Endpoint.DTE_TOKEN, FaultKind.STATUS, status=503, count=50)
    trader.issue_facturas()
    trader.drain()
    trader.issue(2)

    trader.drain()
    trader.clock.forward(5)
    trader.drain()

    assert trader.states() == Counter(signed=1, accepted=2)


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE, FaultKind.EMPTY])
def test_a_lost_reply_about_facturas_is_asked_about_first(
    trader: OutboxShop, kind: FaultKind
) -> None:
    trader.break_sii(Endpoint.DTE_UPLOAD, kind)
    trader.issue_facturas(2)

    trader.drain()
    assert trader.states() == Counter(unknown=2)
    trader.work_until_final()

    (received,) = trader.received()
    assert received.copies == 1
    assert trader.states() == Counter(accepted=2)
    assert trader.accepted_folios() == [1, 2]


def test_a_worker_killed_while_it_sent_facturas_is_taken_for_a_lost_reply(
    trader: OutboxShop,
) -> None:
    trader.issue_facturas(2)
    pack_pending(company_id=trader.company_id, clock=trader.clock)
    assert claim_to_send(company_id=trader.company_id, at=trader.clock())

    assert trader.drain() == 0, "the dead worker's lease still holds"
    trader.clock.forward(LEASE_SECONDS)
    trader.work_until_final()

    assert trader.accepted_folios() == [1, 2]
    assert "no_answer" in trader.event_names()


def test_days_without_the_sii_lose_no_factura(trader: OutboxShop) -> None:
    trader.break_sii(Endpoint.ANY, FaultKind.STATUS, status=503, count=400)
    for _ in range(6):
        trader.issue()
        trader.issue_facturas()
        trader.drain()
        trader.clock.forward(12 * 3600)
    trader.simulator.faults.clear()

    trader.work_until_final()

    assert trader.states() == Counter(accepted=12)
    assert trader.accepted_folios() == sorted([*range(1, 7)] * 2)
    assert [received.copies for received in trader.received()] == [1] * len(trader.received())


def test_a_type_that_the_counters_leave_out_is_no_failure(trader: OutboxShop) -> None:
    trader.break_sii(Endpoint.DTE_UPLOAD, FaultKind.HIDE_KIND, document_kind=33)
    trader.issue_facturas(2)

    trader.work_until_final()

    assert trader.states() == Counter(accepted=2)
    assert trader.event_names().count("found_at_sii") == 2


def test_when_all_of_a_type_are_rejected_nobody_needs_to_be_asked(trader: OutboxShop) -> None:
    trader.break_sii(Endpoint.DTE_UPLOAD, FaultKind.REJECT, state="RCH")
    trader.issue_facturas(2)

    trader.work_until_final()

    assert trader.states() == Counter(rejected=2)
    assert "casilla de intercambio" in trader.submissions()[0].words
    assert "found_at_sii" not in trader.event_names()


def test_remarks_are_kept_though_the_channel_does_not_say_on_which(trader: OutboxShop) -> None:
    trader.break_sii(Endpoint.DTE_UPLOAD, FaultKind.REJECT, state="RPR")
    trader.issue_facturas(2)

    trader.work_until_final()

    assert trader.states() == Counter(accepted_with_remarks=2)


def test_a_nota_waits_until_the_sii_has_what_it_corrects(trader: OutboxShop) -> None:
    """The SII objects to a nota on a document that it does not know."""
    (document_id,) = trader.issue_facturas()
    with company_scope(trader.company_id):
        annul_document(order=nota_order(document_id), at=trader.clock())

    trader.drain()
    factura, nota = trader.submissions()
    assert (factura.state, nota.state) == ("sent", "pending")
    assert "Espera" in nota.words
    trader.work_until_final()

    assert trader.states() == Counter(accepted=2)
    assert [envelope.document_count for envelope in trader.envelopes()] == [1, 1]


def test_a_nota_on_a_boleta_waits_for_the_other_door(trader: OutboxShop) -> None:
    (document_id,) = trader.issue()
    with company_scope(trader.company_id):
        annul_document(order=nota_order(document_id), at=trader.clock())

    trader.drain()
    assert trader.states() == Counter(sent=1, pending=1)
    trader.work_until_final()

    assert trader.states() == Counter(accepted=2)


def test_a_refused_schema_at_the_door_is_halved_there(trader: OutboxShop) -> None:
    """The upload's own STATUS 7 speaks of one document, and names none."""
    trader.break_sii(Endpoint.DTE_UPLOAD, FaultKind.REFUSE, code="7", count=2)
    trader.issue_facturas(2)

    trader.work_until_final()

    assert trader.states() == Counter(rejected=1, accepted=1)
    assert "split" in trader.event_names()
    rejected = next(row for row in trader.submissions() if row.state == "rejected")
    assert rejected.said_code == "STATUS 7"
    former = trader.envelopes()[0]
    assert {envelope.split_from_id for envelope in trader.envelopes()[1:]} == {former.id}


def test_a_clock_that_jumps_loses_nothing(trader: OutboxShop) -> None:
    trader.issue_facturas()
    trader.drain()
    trader.clock.at -= timedelta(hours=5)
    trader.issue()

    trader.drain()
    trader.clock.at += timedelta(hours=5, minutes=1)
    trader.work_until_final()

    assert trader.states() == Counter(accepted=2)
    assert [received.copies for received in trader.received()] == [1, 1]
