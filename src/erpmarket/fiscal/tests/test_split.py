"""An envelope rejected for one document: the others go again, the one at fault stands alone."""

from collections import Counter

import pytest

from erpmarket.fiscal.models import EnvelopeState, IssuedDocument
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind


@pytest.mark.parametrize("state", ["RSC", "RFR"])
def test_halving_leaves_the_document_at_fault_alone(outbox_shop: OutboxShop, state: str) -> None:
    # The whole, its first half, and of that the first boleta are turned down.
    words = "Lo dice el simulador"
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state=state, text=words, count=2)
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state=state, text=words, after=1)
    documents = outbox_shop.issue(4)

    outbox_shop.work_until_final()

    first, *others = outbox_shop.submissions()
    assert (first.document_id, first.state) == (documents[0], "rejected")
    assert words in first.words
    assert [row.state for row in others] == ["accepted"] * 3
    assert outbox_shop.accepted_folios() == [2, 3, 4]
    whole, left, right, *singles = outbox_shop.envelopes()
    assert [row.document_count for row in (whole, left, right, *singles)] == [4, 2, 2, 1, 1]
    assert {left.split_from_id, right.split_from_id} == {whole.id}
    assert {row.split_from_id for row in singles} == {left.id}
    assert {row.state for row in outbox_shop.envelopes()} == {EnvelopeState.CLOSED}


def test_the_same_signed_bytes_go_again(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state="RSC")
    documents = outbox_shop.issue(3)

    outbox_shop.work_until_final()

    whole, left, right = outbox_shop.envelopes()
    both = bytes(left.xml) + bytes(right.xml)
    with company_scope(outbox_shop.company_id):
        for row in IssuedDocument.objects.filter(id__in=documents):
            assert bytes(row.signed_xml) in bytes(whole.xml)
            assert bytes(row.signed_xml) in both
    assert outbox_shop.states() == Counter(accepted=3)


def test_a_document_that_our_own_check_finds_out_goes_alone_at_once(
    outbox_shop: OutboxShop,
) -> None:
    """A signed copy that went bad must not cost the innocent several rounds."""
    documents = outbox_shop.issue(3)
    with company_scope(outbox_shop.company_id):
        bad = IssuedDocument.objects.get(id=documents[1])
        xml = bytes(bad.xml).replace(b"<IndServicio>3</IndServicio>", b"")
        IssuedDocument.objects.filter(id=bad.id).update(signed_xml=xml)
    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=2, rejected=1)
    assert outbox_shop.submissions()[1].said_code == "OWN"
    assert outbox_shop.accepted_folios() == [1, 3]
    assert len(outbox_shop.received()) == 1


def test_a_folio_that_came_before_with_other_data_is_told_to_a_person(
    outbox_shop: OutboxShop,
) -> None:
    """Sent again it would be a second document under one folio."""
    documents = outbox_shop.issue(3)
    outbox_shop.drain(limit=1)
    outbox_shop.upload_by_hand(documents[:1])
    registry = outbox_shop.simulator.registry
    with registry._database() as database:
        database.execute("UPDATE document SET total_clp = total_clp + 1")

    outbox_shop.work_until_final()

    first, *others = outbox_shop.submissions()
    assert (first.state, first.said_code) == ("rejected", "DNK")
    assert [row.state for row in others] == ["accepted"] * 2
    assert [row.document_count for row in outbox_shop.envelopes()] == [3, 2]
