from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from erpmarket.fiscal.actions.leases import claim_to_send
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.models import Certificate, EnvelopeState, IssuedDocument
from erpmarket.fiscal.tests.outbox_shop import AT, PASSWORD, SIGNER, OutboxShop
from erpmarket.tenancy.scope import company_scope
from sii_simulator.caf_office import CafOffice
from sii_simulator.faults import Endpoint, FaultKind

LEASE_SECONDS = 121


def test_a_boleta_arrives_and_is_accepted(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()

    outbox_shop.drain()
    assert outbox_shop.states() == Counter(sent=1)
    outbox_shop.clock.forward(5)
    outbox_shop.drain()

    assert outbox_shop.states() == Counter(accepted=1)
    assert outbox_shop.accepted_folios() == [1]
    assert outbox_shop.event_names() == ["signed", "sent", "status", "accepted"]


def test_what_waits_together_goes_in_one_envelope_as_stored(outbox_shop: OutboxShop) -> None:
    documents = outbox_shop.issue(12)

    outbox_shop.work_until_final()

    (envelope,) = outbox_shop.envelopes()
    (received,) = outbox_shop.received()
    assert envelope.document_count == 12
    assert envelope.state == EnvelopeState.CLOSED
    assert bytes(envelope.xml) == outbox_shop.simulator.registry.xml_of(received.id)
    assert outbox_shop.accepted_folios() == list(range(1, 13))
    with company_scope(outbox_shop.company_id):
        for row in IssuedDocument.objects.filter(id__in=documents):
            assert bytes(row.signed_xml) in bytes(envelope.xml)


def test_a_sii_that_does_not_let_in_gets_the_same_bytes_later(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.TOKEN, FaultKind.STATUS, status=503, count=3)
    outbox_shop.issue(2)

    outbox_shop.drain()
    assert outbox_shop.states() == Counter(signed=2), "no byte of it left: nothing to ask about"
    assert outbox_shop.drain() == 0, "the next try waits"
    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=2)
    assert outbox_shop.event_names()[:5] == ["signed", *["not_sent"] * 3, "sent"]
    assert len(outbox_shop.envelopes()) == 1
    assert len(outbox_shop.received()) == 1


def test_waits_grow_while_the_sii_is_away(outbox_shop: OutboxShop) -> None:
    outbox_shop.simulator.stop()
    outbox_shop.issue()
    waits = []

    for _ in range(14):
        assert outbox_shop.drain() > 0
        (envelope,) = outbox_shop.envelopes()
        waits.append(envelope.available_at - outbox_shop.clock())
        outbox_shop.clock.at = envelope.available_at

    assert timedelta(seconds=1) <= waits[0] <= timedelta(seconds=2)
    assert waits[4] > waits[0] * 4
    assert max(waits) <= timedelta(minutes=10)
    assert waits[-1] >= timedelta(minutes=5)
    assert outbox_shop.states() == Counter(signed=1)


def test_sales_of_an_outage_go_together_when_it_is_over(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.STATUS, status=503, count=6)
    for _ in range(10):
        outbox_shop.issue()
        outbox_shop.drain()
        outbox_shop.clock.forward(3)

    outbox_shop.work_until_final()

    assert outbox_shop.accepted_folios() == list(range(1, 11))
    counts = [envelope.document_count for envelope in outbox_shop.envelopes()]
    assert counts[0] == 1
    assert len(counts) <= 4, counts


def test_a_refused_login_rejects_no_document(outbox_shop: OutboxShop, tmp_path: Path) -> None:
    foreign = CafOffice(tmp_path / "foreign", clock=outbox_shop.clock)
    outbox_shop.store_certificate(
        foreign.issue_certificate(rut=SIGNER, name="Rosa Núñez", password=PASSWORD)
    )
    outbox_shop.issue()

    outbox_shop.drain()

    (envelope,) = outbox_shop.envelopes()
    assert outbox_shop.states() == Counter(signed=1)
    assert outbox_shop.event_names() == ["signed", "refused"]
    assert "Certificado no autorizado" in envelope.words
    assert outbox_shop.received() == []


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.DROP_BEFORE, {}),
        (FaultKind.STATUS, {"status": 500}),
        (FaultKind.STATUS, {"status": 502}),
        (FaultKind.STATUS, {"status": 503}),
        (FaultKind.HTML, {}),
    ],
)
def test_a_lost_upload_is_asked_about_and_sent_again_as_it_is(
    outbox_shop: OutboxShop, kind: FaultKind, more: dict[str, int]
) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, kind, **more)
    outbox_shop.issue(2)

    outbox_shop.drain()
    assert outbox_shop.states() == Counter(unknown=2)
    outbox_shop.work_until_final()

    (envelope,) = outbox_shop.envelopes()
    (received,) = outbox_shop.received()
    assert outbox_shop.event_names()[:5] == [
        "signed",
        "no_answer",
        "not_at_sii",
        "not_at_sii",
        "sent",
    ]
    assert bytes(envelope.xml) == outbox_shop.simulator.registry.xml_of(received.id)
    assert outbox_shop.accepted_folios() == [1, 2]
    assert outbox_shop.states() == Counter(accepted=2)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (FaultKind.DROP_AFTER, {}),
        (FaultKind.STATUS, {"status": 500, "stored": True}),
        (FaultKind.STATUS, {"status": 502, "stored": True}),
        (FaultKind.STATUS, {"status": 503, "stored": True}),
        (FaultKind.STATUS, {"status": 504, "stored": True}),
        (FaultKind.HTML, {"stored": True}),
    ],
)
def test_a_lost_reply_is_asked_about_and_nothing_is_sent_twice(
    outbox_shop: OutboxShop, kind: FaultKind, more: dict[str, int]
) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, kind, **more)
    outbox_shop.issue(2)

    outbox_shop.drain()
    assert outbox_shop.states() == Counter(unknown=2)
    outbox_shop.work_until_final()

    (received,) = outbox_shop.received()
    assert received.copies == 1
    assert outbox_shop.states() == Counter(accepted=2)
    assert "sent" not in outbox_shop.event_names()
    assert outbox_shop.event_names().count("found_at_sii") == 2


@pytest.mark.parametrize("sii_stage_ms", [60_000])
def test_an_answer_that_it_came_before_is_success_with_the_former_track(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.DROP_AFTER)
    outbox_shop.issue()

    outbox_shop.drain()
    outbox_shop.clock.forward(5)
    outbox_shop.drain()  # the SII has not read the file yet and knows no folio of it

    (received,) = outbox_shop.received()
    (envelope,) = outbox_shop.envelopes()
    assert received.copies == 2
    assert envelope.track_id == received.track_id
    assert outbox_shop.event_names() == ["signed", "no_answer", "not_at_sii", "sent_before"]
    outbox_shop.work_until_final()
    assert outbox_shop.accepted_folios() == [1]


def test_a_worker_killed_between_signing_and_sending_leaves_what_is_sent(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.issue(3)
    assert pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    (stored,) = outbox_shop.envelopes()

    outbox_shop.work_until_final()

    (received,) = outbox_shop.received()
    assert outbox_shop.simulator.registry.xml_of(received.id) == bytes(stored.xml)
    assert outbox_shop.event_names().count("signed") == 1


def test_a_worker_killed_while_sending_is_taken_for_a_lost_reply(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue(2)
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    assert claim_to_send(company_id=outbox_shop.company_id, at=outbox_shop.clock())

    assert outbox_shop.drain() == 0, "the dead worker's lease still holds"
    outbox_shop.clock.forward(LEASE_SECONDS)
    outbox_shop.work_until_final()

    assert outbox_shop.event_names()[:5] == [
        "signed",
        "no_answer",
        "not_at_sii",
        "not_at_sii",
        "sent",
    ]
    assert outbox_shop.accepted_folios() == [1, 2]


def test_a_forgotten_session_is_opened_again(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    outbox_shop.work_until_final()
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.DROP_TOKENS)
    outbox_shop.issue()

    outbox_shop.work_until_final()

    assert outbox_shop.accepted_folios() == [1, 2]
    assert "not_sent" not in outbox_shop.event_names()


def test_an_envelope_goes_with_the_certificate_that_signed_it(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    outbox_shop.load_certificate(rut="11111111-1")
    outbox_shop.issue()

    outbox_shop.work_until_final()

    senders = [received.sender for received in outbox_shop.received()]
    assert senders == ["12345678-5", "11111111-1"]
    assert outbox_shop.states() == Counter(accepted=2)


def test_a_certificate_under_a_number_that_was_given_out_before_is_not_taken_for_the_other(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.issue()
    outbox_shop.work_until_final()
    outbox_shop.load_certificate(rut="11111111-1")
    with company_scope(outbox_shop.company_id):
        # As after a backup was restored: the numbers begin anew where they stood then.
        old, new = Certificate.objects.order_by("id")
        facts = {
            name: getattr(new, name) for name in ("holder_rut", "sealed_pfx", "sealed_password")
        }
        Certificate.objects.filter(id=new.id).update(is_active=False)
        Certificate.objects.filter(id=old.id).update(is_active=True, **facts)
    outbox_shop.issue()

    outbox_shop.work_until_final()

    senders = [received.sender for received in outbox_shop.received()]
    assert senders == ["12345678-5", "11111111-1"]


def test_an_envelope_whose_signer_left_is_packed_again_with_the_same_documents(
    outbox_shop: OutboxShop,
) -> None:
    outbox_shop.load_certificate(rut="11111111-1", valid_to=AT + timedelta(hours=1))
    (document_id,) = outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    with company_scope(outbox_shop.company_id):
        signed = bytes(IssuedDocument.objects.get(id=document_id).signed_xml)
    outbox_shop.clock.forward(2 * 3600)
    outbox_shop.load_certificate(rut="22222222-2")

    outbox_shop.drain()

    former, present = outbox_shop.envelopes()
    assert former.state == EnvelopeState.CLOSED
    assert former.track_id == ""
    assert present.sender_rut == "22222222-2"
    assert signed in bytes(present.xml)
    assert outbox_shop.states() == Counter(sent=1)


def test_a_refusal_of_the_person_waits_for_a_person(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    # The SII's office never heard of this company: status 6, not the documents' fault.
    with outbox_shop.simulator.office._database() as database:
        database.execute("DELETE FROM caf")

    outbox_shop.drain()

    (envelope,) = outbox_shop.envelopes()
    assert outbox_shop.states() == Counter(signed=1)
    assert outbox_shop.event_names() == ["signed", "refused"]
    assert "Empresa no autorizada" in envelope.words
    assert envelope.available_at >= outbox_shop.clock() + timedelta(seconds=15)
    assert outbox_shop.received() == []
