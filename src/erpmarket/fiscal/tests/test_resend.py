"""What a person does about a paper: ask, send again, correct it under the same folio."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from dte.document import Draft
from erpmarket.fiscal.actions.resend import (
    ResendRefused,
    ask_again,
    read_draft_in_force,
    resend_corrected,
    send_again,
)
from erpmarket.fiscal.models import DocumentRevision, IssuedDocument, Submission
from erpmarket.fiscal.outbox_queries import read_copies
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind


def _rejected_factura(shop: OutboxShop, state: str) -> int:
    shop.open_trade(33)
    shop.break_sii(Endpoint.DTE_UPLOAD, FaultKind.REJECT, state=state)
    (document_id,) = shop.issue_facturas()
    shop.work_until_final()
    assert shop.states() == Counter(rejected=1)
    return document_id


def _renamed(draft: Draft) -> Draft:
    return replace(draft, receiver=replace(draft.receiver, giro="Venta de materiales"))


def _correct(shop: OutboxShop, document_id: int, draft: Draft) -> DocumentRevision:
    with company_scope(shop.company_id):
        return resend_corrected(
            document_id=document_id,
            draft=draft,
            reason="Giro mal escrito",
            made_by=None,
            at=shop.clock(),
        )


def _draft(shop: OutboxShop, document_id: int) -> Draft:
    with company_scope(shop.company_id):
        return read_draft_in_force(document_id)


def test_a_corrected_paper_goes_with_its_own_folio_and_is_accepted(
    outbox_shop: OutboxShop,
) -> None:
    document_id = _rejected_factura(outbox_shop, "RCH")

    revision = _correct(outbox_shop, document_id, _renamed(_draft(outbox_shop, document_id)))
    outbox_shop.work_until_final()

    assert revision.number == 1
    assert outbox_shop.states() == Counter(accepted=1)
    assert outbox_shop.accepted_folios() == [1]
    with company_scope(outbox_shop.company_id):
        copy = read_copies([document_id])[document_id]
        paper = IssuedDocument.objects.get(id=document_id)
    assert copy.revision_id == revision.id
    assert b"Venta de materiales" in copy.signed_xml
    assert copy.signed_xml in bytes(outbox_shop.envelopes()[-1].xml)
    assert b"Venta de materiales" not in bytes(paper.signed_xml), "what was handed out stays"
    assert "corrected" in outbox_shop.event_names()


def test_a_second_correction_is_the_one_in_force(outbox_shop: OutboxShop) -> None:
    document_id = _rejected_factura(outbox_shop, "RCH")
    outbox_shop.break_sii(Endpoint.DTE_UPLOAD, FaultKind.REJECT, state="RCH")
    _correct(outbox_shop, document_id, _draft(outbox_shop, document_id))
    outbox_shop.work_until_final()

    second = _correct(outbox_shop, document_id, _renamed(_draft(outbox_shop, document_id)))
    outbox_shop.work_until_final()

    assert second.number == 2
    assert outbox_shop.states() == Counter(accepted=1)
    assert b"Venta de materiales" in bytes(outbox_shop.envelopes()[-1].xml)


def test_amounts_and_buyer_stay_with_the_folio(outbox_shop: OutboxShop) -> None:
    """Books read the ledger's row: a correction that changed it would make them wrong."""
    document_id = _rejected_factura(outbox_shop, "RCH")
    draft = _draft(outbox_shop, document_id)
    line = replace(draft.lines[0], unit_price=Decimal(1234))
    dearer = replace(draft, lines=(line,))
    other = replace(draft, receiver=replace(draft.receiver, rut=draft.issuer.rut))

    for changed in (dearer, other):
        with pytest.raises(ResendRefused) as refusal:
            _correct(outbox_shop, document_id, changed)
        assert refusal.value.reason == "facts_changed"

    assert outbox_shop.states() == Counter(rejected=1)
    with company_scope(outbox_shop.company_id):
        assert not DocumentRevision.objects.exists()


def test_what_the_sii_has_is_not_corrected_under_its_folio(outbox_shop: OutboxShop) -> None:
    (document_id,) = outbox_shop.issue()
    outbox_shop.work_until_final()

    with pytest.raises(ResendRefused) as refusal:
        _correct(outbox_shop, document_id, _draft(outbox_shop, document_id))

    assert refusal.value.reason == "not_rejected"
    assert outbox_shop.states() == Counter(accepted=1)


def test_a_folio_that_the_sii_has_with_other_data_is_for_support(outbox_shop: OutboxShop) -> None:
    document_id = _rejected_factura(outbox_shop, "RCH")
    with company_scope(outbox_shop.company_id):
        Submission.objects.update(said_code="DNK")

    with pytest.raises(ResendRefused) as correction:
        _correct(outbox_shop, document_id, _draft(outbox_shop, document_id))
    with company_scope(outbox_shop.company_id), pytest.raises(ResendRefused) as repetition:
        send_again(document_id=document_id, at=outbox_shop.clock())

    assert correction.value.reason == "not_correctable"
    assert repetition.value.reason == "not_sendable_again"
    assert outbox_shop.states() == Counter(rejected=1)


def test_a_paper_that_was_not_at_fault_goes_again_as_it_is(outbox_shop: OutboxShop) -> None:
    document_id = _rejected_factura(outbox_shop, "RCT")
    with company_scope(outbox_shop.company_id):
        before = read_copies([document_id])[document_id].signed_xml
        send_again(document_id=document_id, at=outbox_shop.clock())

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=1)
    assert before in bytes(outbox_shop.envelopes()[-1].xml)
    assert outbox_shop.accepted_folios() == [1]


def test_asking_again_does_not_wait_for_the_next_turn(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.STATUS, status=503)
    (document_id,) = outbox_shop.issue()
    outbox_shop.drain()
    assert outbox_shop.drain() == 0, "the next try waits"

    with company_scope(outbox_shop.company_id):
        ask_again(document_id=document_id, at=outbox_shop.clock())

    assert outbox_shop.drain() > 0
    assert outbox_shop.states() == Counter(sent=1)


def test_a_final_word_is_not_asked_for_again(outbox_shop: OutboxShop) -> None:
    (document_id,) = outbox_shop.issue()
    outbox_shop.work_until_final()

    with company_scope(outbox_shop.company_id), pytest.raises(ResendRefused) as refusal:
        ask_again(document_id=document_id, at=outbox_shop.clock())

    assert refusal.value.reason == "already_final"
