"""A SII that turns everything down: no document is at fault, so none is halved or rejected."""

from collections import Counter

import pytest

from erpmarket.fiscal.actions.doors import TURNED_DOWN_LIMIT
from erpmarket.fiscal.actions.resend import ask_again
from erpmarket.fiscal.models import Channel, Door, EnvelopeState
from erpmarket.fiscal.outbox_queries import find_end_of_trouble, find_held_door
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.troubles import (
    TroubleKind,
    list_held_doors,
    list_troubles,
    outbox_troubles,
)
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind

ROUNDS = 12
WORDS = "Firma no autorizada"


def _turn_everything_down(shop: OutboxShop, endpoint: Endpoint, state: str) -> None:
    shop.break_sii(endpoint, FaultKind.REJECT, state=state, text=WORDS, count=1000)


def _work(shop: OutboxShop, rounds: int = ROUNDS) -> None:
    for _ in range(rounds):
        shop.drain()
        shop.clock.forward(60)


def _troubles(shop: OutboxShop) -> list[TroubleKind]:
    with company_scope(shop.company_id):
        return [trouble.kind for trouble in list_troubles(shop.clock())]


@pytest.mark.parametrize("state", ["RFR", "RSC"])
def test_a_certificate_at_fault_costs_few_envelopes_and_no_document(
    outbox_shop: OutboxShop, state: str
) -> None:
    """Prevents two envelopes for each of 64 documents, and 64 rejections that are none."""
    _turn_everything_down(outbox_shop, Endpoint.UPLOAD, state)
    outbox_shop.issue(64)

    _work(outbox_shop)

    assert outbox_shop.states().total() == 64
    assert "rejected" not in outbox_shop.states()
    burnt = len(outbox_shop.received())
    # Halves that were on their way already when the limit was reached come on top.
    assert TURNED_DOWN_LIMIT <= burnt < 2 * TURNED_DOWN_LIMIT
    with company_scope(outbox_shop.company_id):
        (trouble,) = list_troubles(outbox_shop.clock())
        (notice,) = outbox_troubles(outbox_shop.clock())
    assert trouble.kind == TroubleKind.DOOR_HELD
    assert WORDS in trouble.words
    assert (notice.kind, notice.title) == (
        "sii.door_held",
        "El SII rechaza todo lo que se le envía",
    )

    outbox_shop.issue(3)
    _work(outbox_shop)
    assert len(outbox_shop.received()) == burnt, "what is sold meanwhile waits too"
    assert outbox_shop.event_names().count("held") == 1


def test_after_a_new_certificate_everything_goes_by_itself_in_order(
    outbox_shop: OutboxShop,
) -> None:
    _turn_everything_down(outbox_shop, Endpoint.UPLOAD, "RFR")
    outbox_shop.issue(20)
    _work(outbox_shop)
    outbox_shop.simulator.faults.clear()
    _work(outbox_shop, 3)
    assert "accepted" not in outbox_shop.states(), "nobody has done anything yet"

    outbox_shop.load_certificate()
    assert _troubles(outbox_shop) == []
    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=20)
    assert outbox_shop.accepted_folios() == list(range(1, 21))
    assert {row.state for row in outbox_shop.envelopes()} == {EnvelopeState.CLOSED}


def test_a_person_lets_it_go_on_by_hand(outbox_shop: OutboxShop) -> None:
    _turn_everything_down(outbox_shop, Endpoint.UPLOAD, "RSC")
    documents = outbox_shop.issue(8)
    _work(outbox_shop)
    assert _troubles(outbox_shop) == [TroubleKind.DOOR_HELD]
    outbox_shop.simulator.faults.clear()

    with company_scope(outbox_shop.company_id):
        ask_again(document_id=documents[3], at=outbox_shop.clock())
    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=8)
    assert outbox_shop.accepted_folios() == list(range(1, 9))


def test_boletas_sold_one_by_one_are_taken_back_from_their_rejection(
    outbox_shop: OutboxShop,
) -> None:
    """In a small shop each envelope has one boleta: each would be rejected for the certificate."""
    _turn_everything_down(outbox_shop, Endpoint.UPLOAD, "RFR")
    for number in range(1, TURNED_DOWN_LIMIT + 2):
        outbox_shop.issue()
        _work(outbox_shop, 2)
        if number == TURNED_DOWN_LIMIT - 1:
            assert outbox_shop.states() == Counter(rejected=number)

    assert outbox_shop.states() == Counter(pending=TURNED_DOWN_LIMIT + 1)
    outbox_shop.simulator.faults.clear()
    outbox_shop.load_certificate()
    outbox_shop.work_until_final()
    assert outbox_shop.states() == Counter(accepted=TURNED_DOWN_LIMIT + 1)


def test_a_wrong_cover_holds_the_door_of_facturas_and_not_that_of_boletas(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.open_trade(33)
    _turn_everything_down(outbox_shop, Endpoint.DTE_UPLOAD, "RCT")
    for _ in range(TURNED_DOWN_LIMIT + 1):
        outbox_shop.issue_facturas()
        outbox_shop.issue()
        _work(outbox_shop, 2)

    assert outbox_shop.states() == Counter(
        pending=TURNED_DOWN_LIMIT + 1, accepted=TURNED_DOWN_LIMIT + 1
    )
    assert _troubles(outbox_shop) == [TroubleKind.DOOR_HELD]


def test_a_file_refused_at_the_door_is_counted_too(outbox_shop: OutboxShop) -> None:
    """STATUS 8: the SII did not take the file for its signature, so there is no track id."""
    outbox_shop.open_trade(33)
    outbox_shop.break_sii(Endpoint.DTE_UPLOAD, FaultKind.REFUSE, code="8", count=1000)
    outbox_shop.issue_facturas(16)

    _work(outbox_shop)

    assert outbox_shop.states().total() == 16
    assert "rejected" not in outbox_shop.states()
    assert outbox_shop.event_names().count("refused") <= TURNED_DOWN_LIMIT + 1
    outbox_shop.simulator.faults.clear()
    outbox_shop.load_certificate()
    outbox_shop.work_until_final()
    assert outbox_shop.states() == Counter(accepted=16)


def test_one_bad_document_among_many_holds_nothing(outbox_shop: OutboxShop) -> None:
    """Six envelopes are turned down until it stands alone, but between them others are taken."""
    shop = outbox_shop
    # The whole and, of each two parts, the first one.
    shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state="RFR", text=WORDS, count=2)
    for after in range(1, 5):
        shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state="RFR", text=WORDS, after=after)
    documents = shop.issue(32)

    shop.work_until_final()

    assert shop.states() == Counter(accepted=31, rejected=1)
    assert shop.submissions()[0].document_id == documents[0]
    assert shop.submissions()[0].state == "rejected"
    assert TroubleKind.DOOR_HELD not in _troubles(shop)
    assert "held" not in shop.event_names()


def test_what_another_environment_turned_down_holds_nothing(outbox_shop: OutboxShop) -> None:
    with company_scope(outbox_shop.company_id):
        for environment in ("rehearsal", "production"):
            Door.objects.create(
                environment=environment,
                channel="boleta",
                turned_down=TURNED_DOWN_LIMIT,
                since=outbox_shop.clock(),
                held_at=outbox_shop.clock(),
                words="El SII rechazó 5 envíos seguidos.",
            )
    assert _troubles(outbox_shop) == []

    outbox_shop.issue(2)
    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=2)
    with company_scope(outbox_shop.company_id):
        held = Door.objects.exclude(held_at=None).order_by("environment")
        assert [row.environment for row in held] == ["production", "rehearsal"]


def test_a_door_held_in_the_demo_is_not_that_of_production(outbox_shop: OutboxShop) -> None:
    _turn_everything_down(outbox_shop, Endpoint.UPLOAD, "RFR")
    outbox_shop.issue(8)
    _work(outbox_shop)
    assert _troubles(outbox_shop) == [TroubleKind.DOOR_HELD]
    with company_scope(outbox_shop.company_id):
        assert find_held_door("demo", "boleta") is not None
        assert find_held_door("production", "boleta") is None
        assert find_end_of_trouble("demo", Channel.BOLETA, outbox_shop.clock()) is not None
        assert find_end_of_trouble("production", Channel.BOLETA, outbox_shop.clock()) is None

        Company.objects.update(environment="production")

        assert list_held_doors() == []
