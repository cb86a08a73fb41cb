"""What a person must know about the outbox, and when the legal hour of a boleta passes."""

from datetime import timedelta

from erpmarket.fiscal.rejections import Cure, explain
from erpmarket.fiscal.tests.outbox_shop import AT, OutboxShop
from erpmarket.fiscal.troubles import (
    TroubleKind,
    find_oldest_unsent_boleta,
    list_troubles,
    outbox_troubles,
)
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind


def _kinds(shop: OutboxShop) -> list[TroubleKind]:
    with company_scope(shop.company_id):
        return [trouble.kind for trouble in list_troubles(shop.clock())]


def test_without_trouble_nothing_is_told(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    outbox_shop.work_until_final()

    assert _kinds(outbox_shop) == []
    with company_scope(outbox_shop.company_id):
        assert find_oldest_unsent_boleta(outbox_shop.clock()) is None


def test_a_boleta_is_late_after_an_hour_and_told_once(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.TOKEN, FaultKind.STATUS, status=503, count=50)
    (first,) = outbox_shop.issue()
    outbox_shop.clock.forward(30 * 60)
    outbox_shop.issue()
    outbox_shop.drain()
    with company_scope(outbox_shop.company_id):
        oldest = find_oldest_unsent_boleta(outbox_shop.clock())
    assert oldest is not None
    assert (oldest.document_id, oldest.minutes_left) == (first, 30)
    assert _kinds(outbox_shop) == []

    for _ in range(3):
        outbox_shop.clock.forward(11 * 60)
        outbox_shop.drain()

    with company_scope(outbox_shop.company_id):
        (trouble,) = list_troubles(outbox_shop.clock())
        (notice,) = outbox_troubles(outbox_shop.clock())
    assert (trouble.kind, trouble.count, trouble.document_ids) == (
        TroubleKind.LATE_BOLETAS,
        1,
        (first,),
    )
    assert trouble.since == AT
    assert notice.kind == "sii.late_boletas"
    assert [event.document_id for event in outbox_shop.events() if event.name == "late"] == [first]


def test_a_boleta_that_the_sii_has_is_not_late(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.STUCK)
    outbox_shop.issue()
    outbox_shop.drain()
    outbox_shop.clock.forward(2 * 3600)
    outbox_shop.drain()

    assert _kinds(outbox_shop) == [TroubleKind.NOT_TOLD]
    assert "late" not in outbox_shop.event_names()


def test_a_rejected_paper_is_told_with_its_number(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.UPLOAD, FaultKind.REJECT, state="RCH")
    documents = outbox_shop.issue(2)
    outbox_shop.work_until_final()

    with company_scope(outbox_shop.company_id):
        (trouble,) = list_troubles(outbox_shop.clock())
    assert (trouble.kind, trouble.count) == (TroubleKind.REJECTED, 2)
    assert trouble.document_ids == tuple(documents)


def test_a_missing_permission_needs_a_person(outbox_shop: OutboxShop) -> None:
    outbox_shop.open_trade(33)
    outbox_shop.issue_facturas()
    outbox_shop.drain()
    outbox_shop.break_sii(Endpoint.DTE_ENVELOPE_STATUS, FaultKind.REFUSE, code="-6", count=9)
    outbox_shop.clock.forward(5)
    outbox_shop.drain()

    assert _kinds(outbox_shop) == [TroubleKind.NEEDS_PERSON]
    outbox_shop.simulator.faults.clear()
    outbox_shop.work_until_final()
    assert _kinds(outbox_shop) == []


def test_without_certificate_that_comes_first(
    outbox_shops: tuple[OutboxShop, OutboxShop],
) -> None:
    shop, _ = outbox_shops
    shop.issue()
    shop.clock.forward(2 * 3600)

    assert _kinds(shop) == [TroubleKind.CERTIFICATE_MISSING, TroubleKind.LATE_BOLETAS]


def test_a_certificate_that_ends_is_told_before_and_after(
    outbox_shops: tuple[OutboxShop, OutboxShop],
) -> None:
    shop, _ = outbox_shops
    shop.load_certificate(valid_to=AT + timedelta(days=20))

    assert _kinds(shop) == [TroubleKind.CERTIFICATE_ENDS_SOON]
    shop.clock.forward(21 * 24 * 3600)
    assert _kinds(shop) == [TroubleKind.CERTIFICATE_EXPIRED]


def test_a_rejection_is_explained_by_state_and_section() -> None:
    header = explain("RCH HED-3-152")

    assert header.cure is Cure.CORRECT
    assert "encabezado" in header.what
    assert explain("RCT").cure is Cure.SEND_AGAIN
    assert "pon en hora este computador" in explain("RCT").todo
    assert explain("STATUS 7").cure is Cure.CORRECT
    assert explain("FAN").cure is Cure.NEW_DOCUMENT
    assert explain("DNK").cure is Cure.SUPPORT
    assert explain("XYZ").cure is Cure.SUPPORT
