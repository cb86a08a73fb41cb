from collections import Counter
from datetime import timedelta

import pytest

from erpmarket.fiscal.actions.leases import claim_to_send
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.models import Envelope, EnvelopeState
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.troubles import TroubleKind, list_troubles
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind


@pytest.mark.parametrize(("state", "count"), [("RSC", 1), ("RFR", 1), ("RCT", 2)])
def test_a_rejected_envelope_rejects_its_documents_with_the_words_of_the_sii(
    outbox_shop: OutboxShop, state: str, count: int
) -> None:
    """A wrong cover (RCT) is the company's: halves would only have the same one."""
    outbox_shop.break_sii(
        Endpoint.UPLOAD, FaultKind.REJECT, state=state, text="Lo dice el simulador"
    )
    outbox_shop.issue(count)

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(rejected=count)
    for submission in outbox_shop.submissions():
        assert f"({state}): Lo dice el simulador" in submission.words
        assert submission.said_code == state
        assert submission.final_at is not None
    assert [envelope.state for envelope in outbox_shop.envelopes()] == [EnvelopeState.CLOSED]
    assert outbox_shop.event_names().count("rejected") == count
    assert outbox_shop.accepted_folios() == []


def test_a_rejected_document_is_rejected_though_the_envelope_was_processed(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state="RCH", text="Monto no cuadra")
    outbox_shop.issue()

    outbox_shop.work_until_final()

    (submission,) = outbox_shop.submissions()
    assert submission.state == "rejected"
    assert "Monto no cuadra" in submission.words


def test_a_remark_is_kept(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(
        Endpoint.UPLOAD, FaultKind.REJECT, state="RPR", text="Giro distinto al registrado"
    )
    outbox_shop.issue()

    outbox_shop.work_until_final()

    (submission,) = outbox_shop.submissions()
    assert submission.state == "accepted_with_remarks"
    assert "Giro distinto al registrado" in submission.words
    assert outbox_shop.event_names()[-1] == "accepted_with_remarks"


def test_the_next_boletas_go_on_after_a_rejection(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state="RFR")
    outbox_shop.issue()
    outbox_shop.work_until_final()
    outbox_shop.issue(2)

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(rejected=1, accepted=2)
    assert outbox_shop.accepted_folios() == [2, 3]


def test_an_envelope_that_never_ends_is_asked_ever_more_rarely_and_shown(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.STUCK)
    outbox_shop.issue()
    outbox_shop.drain()
    waits = []

    for _ in range(20):
        (envelope,) = outbox_shop.envelopes()
        waits.append(envelope.available_at - outbox_shop.clock())
        outbox_shop.clock.at = envelope.available_at
        outbox_shop.drain()

    assert outbox_shop.states() == Counter(sent=1)
    assert waits[0] <= timedelta(seconds=1)
    assert timedelta(minutes=5) <= waits[-1] <= timedelta(minutes=10)
    with company_scope(outbox_shop.company_id):
        (trouble,) = list_troubles(outbox_shop.clock())
    assert trouble.kind == TroubleKind.NOT_TOLD
    assert "todavía no termina" in trouble.words


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.STATUS, {"status": 500}),
        (FaultKind.HTML, {}),
        (FaultKind.DROP_BEFORE, {}),
        (FaultKind.DROP_AFTER, {}),
        (FaultKind.DROP_TOKENS, {}),
    ],
)
def test_a_question_without_an_answer_is_asked_again(
    outbox_shop: OutboxShop, kind: FaultKind, more: dict[str, int]
) -> None:
    outbox_shop.break_sii(Endpoint.ENVELOPE_STATUS, kind, count=2, **more)
    outbox_shop.issue()

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=1)
    assert outbox_shop.accepted_folios() == [1]


def test_a_lost_track_id_is_searched_by_folio_after_an_hour(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    outbox_shop.drain()
    with company_scope(outbox_shop.company_id):
        Envelope.objects.update(track_id="123456789012345")

    outbox_shop.clock.forward(60)
    outbox_shop.drain()
    assert outbox_shop.states() == Counter(sent=1), "it may only be early"
    outbox_shop.clock.forward(3700)
    outbox_shop.drain()
    assert outbox_shop.states() == Counter(unknown=1)
    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=1)
    assert len(outbox_shop.received()) == 1


def test_folios_that_came_before_are_accepted_not_rejected(outbox_shop: OutboxShop) -> None:
    documents = outbox_shop.issue(2)
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    outbox_shop.upload_by_hand(documents[:1])

    outbox_shop.work_until_final()

    former, present = outbox_shop.envelopes()
    assert outbox_shop.states() == Counter(accepted=2)
    assert present.document_count == 1, "the one that came before does not go again"
    assert present.split_from_id == former.id
    assert outbox_shop.accepted_folios() == [1, 2]


def test_when_the_sii_knows_a_part_the_rest_goes_in_another_envelope(
    outbox_shop: OutboxShop,
) -> None:
    documents = outbox_shop.issue(3)
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    assert claim_to_send(company_id=outbox_shop.company_id, at=outbox_shop.clock())
    outbox_shop.upload_by_hand(documents[:1])

    outbox_shop.clock.forward(121)
    outbox_shop.drain()
    assert outbox_shop.states() == Counter(unknown=3), "it may still be reading the file"
    outbox_shop.work_until_final()

    former, present = outbox_shop.envelopes()
    assert former.state == EnvelopeState.CLOSED
    assert present.document_count == 2
    assert outbox_shop.states() == Counter(accepted=3)
    assert outbox_shop.accepted_folios() == [1, 2, 3]
    assert "packed_again" in outbox_shop.event_names()
