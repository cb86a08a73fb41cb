"""A worker whose clock goes ahead: the SII turns down whole envelopes signed in its future."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from erpmarket.fiscal.clock_models import AheadClock
from erpmarket.fiscal.lights import find_all
from erpmarket.fiscal.models import Certificate, EnvelopeState
from erpmarket.fiscal.sii_clock import read_hour
from erpmarket.fiscal.standing import read_facts
from erpmarket.fiscal.tasks import drain
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.troubles import TroubleKind, list_troubles, outbox_troubles
from erpmarket.tenancy.scope import company_scope

AHEAD = timedelta(minutes=12)


def _drain_ahead(shop: OutboxShop, by: timedelta = AHEAD) -> None:
    def wrong_clock() -> datetime:
        return shop.clock() + by

    drain(now=wrong_clock)
    shop.let_sii_work()


def _troubles(shop: OutboxShop) -> list[TroubleKind]:
    with company_scope(shop.company_id):
        return [trouble.kind for trouble in list_troubles(shop.clock())]


def _log_in(shop: OutboxShop) -> None:
    """Let the worker get its token while the clock is right: later no login tells the hour."""
    shop.issue()
    shop.work_until_final()


def test_what_was_signed_ahead_is_not_sent_and_nothing_more_is_signed(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.issue(3)

    for _ in range(3):
        _drain_ahead(outbox_shop)
        outbox_shop.clock.forward(60)

    assert outbox_shop.states() == Counter(pending=3)
    assert outbox_shop.received() == []
    assert [row.state for row in outbox_shop.envelopes()] == [EnvelopeState.CLOSED]
    assert outbox_shop.event_names().count("held") == 1
    assert _troubles(outbox_shop) == [TroubleKind.CLOCK_AHEAD]
    with company_scope(outbox_shop.company_id):
        (notice,) = outbox_troubles(outbox_shop.clock())
    assert notice.title == "El reloj de este computador está adelantado"
    assert "12 minutos adelantado" in notice.words
    assert "Ponlo en hora" in notice.words


def test_after_the_clock_was_set_everything_goes_by_itself(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue(3)
    _drain_ahead(outbox_shop)

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=3)
    assert outbox_shop.accepted_folios() == [1, 2, 3]
    assert _troubles(outbox_shop) == []
    with company_scope(outbox_shop.company_id):
        assert not AheadClock.objects.exists()


def test_an_envelope_rejected_for_its_hour_is_packed_anew_with_the_same_documents(
    outbox_shop: OutboxShop,
) -> None:
    _log_in(outbox_shop)
    outbox_shop.issue(4)

    for _ in range(4):
        _drain_ahead(outbox_shop)
        outbox_shop.clock.forward(60)

    assert [row.state for row in outbox_shop.received()].count("RCT") == 1
    assert outbox_shop.states() == Counter(accepted=1, pending=4)
    assert "rejected" not in outbox_shop.event_names()
    assert "split" not in outbox_shop.event_names()
    assert _troubles(outbox_shop) == [TroubleKind.CLOCK_AHEAD]

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=5)
    assert outbox_shop.accepted_folios() == [1, 2, 3, 4, 5]
    assert _troubles(outbox_shop) == []


@pytest.mark.parametrize("by", [timedelta(minutes=4), timedelta(minutes=-3)])
def test_a_clock_that_the_sii_bears_stops_nothing(outbox_shop: OutboxShop, by: timedelta) -> None:
    outbox_shop.issue(2)

    for _ in range(6):
        _drain_ahead(outbox_shop, by)
        outbox_shop.clock.forward(60)

    assert outbox_shop.states() == Counter(accepted=2)
    assert _troubles(outbox_shop) == []


def test_a_clock_ahead_of_another_environment_stops_nothing(outbox_shop: OutboxShop) -> None:
    with company_scope(outbox_shop.company_id):
        AheadClock.objects.create(
            environment="production", ahead_seconds=720, seen_at=outbox_shop.clock()
        )
    outbox_shop.issue(2)

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=2)
    assert _troubles(outbox_shop) == []


def test_while_the_sii_cannot_tell_the_hour_nothing_is_signed(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue(2)
    _drain_ahead(outbox_shop)
    outbox_shop.simulator.stop()

    outbox_shop.clock.forward(60)
    drain(now=outbox_shop.clock)

    assert outbox_shop.states() == Counter(pending=2)
    assert len(outbox_shop.envelopes()) == 1
    with company_scope(outbox_shop.company_id):
        assert Certificate.objects.filter(is_active=True).exists()
        assert AheadClock.objects.get().ahead_seconds == 720


@pytest.mark.parametrize(
    ("header", "hour"),
    [
        ("Fri, 20 Nov 2026 15:30:00 GMT", "2026-11-20T15:30:00+00:00"),
        ("Fri, 20 Nov 2026 15:30:00 -0000", "2026-11-20T15:30:00+00:00"),
        ("ayer", None),
        ("Fri, 99 Nov 2026 15:30:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_an_hour_is_read_or_there_is_none(header: str | None, hour: str | None) -> None:
    found = read_hour(header)

    assert (None if found is None else found.isoformat()) == hour


def test_the_home_page_says_what_to_do(outbox_shop: OutboxShop) -> None:
    with company_scope(outbox_shop.company_id):
        AheadClock.objects.create(
            environment="demo", ahead_seconds=720, seen_at=outbox_shop.clock()
        )
        at = outbox_shop.clock()
        lights = find_all(read_facts(at, certificate=None), at)

    (found,) = [each for each in lights if "reloj" in each.headline]
    assert found.headline == "El reloj de este computador está adelantado"
    assert "Ponlo en hora" in found.detail
