"""The SII away for days: the queue grows, selling goes on, and all arrives in the order of sale."""

import random
from collections import Counter
from datetime import timedelta

from erpmarket.fiscal.models import Envelope, IssuedDocument
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.troubles import TroubleKind, list_troubles
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind

DAYS = 3
PER_DAY = 8


def test_what_was_sold_in_days_without_the_sii_arrives_in_its_order(
    outbox_shop: OutboxShop,
) -> None:
    shop = outbox_shop
    shop.break_sii(Endpoint.ANY, FaultKind.STATUS, status=503, count=1_000_000)
    for _ in range(DAYS * PER_DAY):
        shop.issue()
        shop.drain()
        shop.clock.forward(24 * 3600 // PER_DAY)
    with company_scope(shop.company_id):
        (trouble,) = list_troubles(shop.clock())
    assert (trouble.kind, trouble.count) == (TroubleKind.LATE_BOLETAS, DAYS * PER_DAY)
    assert shop.received() == []

    shop.simulator.faults.clear()
    shop.work_until_final()

    assert shop.states() == Counter(accepted=DAYS * PER_DAY)
    folios = [
        judged.facts.folio
        for received in shop.received()
        for judged in shop.simulator.registry.documents_of(received.id)
    ]
    assert folios == list(range(1, DAYS * PER_DAY + 1))
    with company_scope(shop.company_id):
        first, last = (
            IssuedDocument.objects.order_by(order).values_list("issued_at", flat=True)[0]
            for order in ("id", "-id")
        )
        assert list_troubles(shop.clock()) == ()
    assert last - first > timedelta(days=DAYS - 1)


def test_sales_minutes_apart_arrive_in_their_order_though_each_envelope_waits_its_own_time(
    outbox_shop: OutboxShop,
) -> None:
    """Envelopes of an outage are due in no order, and sales go on when the SII is there again."""
    shop, gaps = outbox_shop, random.Random(5)
    shop.break_sii(Endpoint.ANY, FaultKind.STATUS, status=503, count=1_000_000)
    for _ in range(40):
        shop.issue()
        for _ in range(gaps.randint(1, 12)):
            shop.drain()
            shop.clock.forward(20)
    assert len(shop.envelopes()) > 5

    shop.simulator.faults.clear()
    for _ in range(10):
        shop.issue()
        shop.drain()
        shop.clock.forward(20)
    shop.work_until_final()

    folios = [
        judged.facts.folio
        for received in shop.received()
        for judged in shop.simulator.registry.documents_of(received.id)
    ]
    assert folios == list(range(1, 51))
    assert shop.states() == Counter(accepted=50)


def test_what_waits_for_an_envelope_that_goes_early_is_not_overtaken_by_the_next_sale(
    outbox_shop: OutboxShop,
) -> None:
    """Put off to the next try of one that went before it, a sale arrived after a younger one."""
    shop = outbox_shop
    shop.break_sii(Endpoint.ANY, FaultKind.STATUS, status=503, count=1_000_000)
    for _ in range(3):
        shop.issue()
        shop.drain()
        shop.clock.forward(700)
    waits = zip(shop.envelopes(), (500, 400, 30), strict=True)
    with company_scope(shop.company_id):
        for envelope, seconds in waits:
            due_at = shop.clock() + timedelta(seconds=seconds)
            Envelope.objects.filter(id=envelope.id).update(
                available_at=due_at, packed_at=shop.clock()
            )
    shop.issue()
    shop.drain()
    shop.clock.forward(31)

    shop.simulator.faults.clear()
    shop.drain()
    shop.clock.forward(20)
    shop.issue()
    shop.drain()
    shop.work_until_final()

    folios = [
        judged.facts.folio
        for received in shop.received()
        for judged in shop.simulator.registry.documents_of(received.id)
    ]
    assert folios == [1, 2, 3, 4, 5]


def test_an_envelope_that_never_gets_in_holds_up_no_younger_one(outbox_shop: OutboxShop) -> None:
    shop = outbox_shop
    shop.break_sii(Endpoint.SEED, FaultKind.STATUS, status=503)
    shop.issue()
    shop.drain()
    shop.clock.forward(700)
    # The older one is tried first, in vain; then the younger one goes.
    shop.break_sii(Endpoint.SEED, FaultKind.STATUS, status=503)
    shop.issue()
    shop.drain()

    first, second = shop.envelopes()
    assert (first.state, first.attempts) == ("ready", 2)
    assert second.state == "sent"


def test_a_worker_whose_clock_goes_wrong_sends_nothing_twice(outbox_shop: OutboxShop) -> None:
    """Who goes an hour before sees every lease as over, who goes behind leaves none that holds."""
    shop = outbox_shop
    right = shop.clock.at
    for number in range(6):
        shop.issue(2)
        shop.clock.at = right + timedelta(hours=number % 3 - 1)
        shop.drain()
        right += timedelta(seconds=20)
    shop.clock.at = right

    shop.work_until_final(rounds=90)

    assert shop.accepted_folios() == list(range(1, 13))
    assert [received.copies for received in shop.received()] == [1] * len(shop.received())
