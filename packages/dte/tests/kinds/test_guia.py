from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dte.build import prepare
from dte.codes import DocumentType, Exemption, TransferReason
from dte.document import CONSUMER, Draft, Line, Reference, Totals, Transport
from dte.errors import DraftRefused
from dte.rules import Rules

Trade = Callable[..., Draft]
GUIA = DocumentType.GUIA
EARLIER = Reference(kind="52", folio="9", issue_date=date(2026, 11, 20))


def refused(draft: Draft, rules: Rules | None = None) -> str:
    with pytest.raises(DraftRefused) as refusal:
        prepare(draft, rules=rules or Rules())
    assert refusal.value.message.endswith(".")
    return refusal.value.code


def test_guia_of_a_sale_has_the_totals_of_a_sale(trade: Trade) -> None:
    assert prepare(trade(GUIA)).totals == Totals(
        net_clp=10000, exempt_clp=0, vat_clp=1900, total_clp=11900, vat_percent=Decimal(19)
    )


def test_goods_that_are_not_sold_may_move_without_amounts(trade: Trade) -> None:
    boxes = Line(name="Cajas", quantity=Decimal(5), unit="un", fixed_amount_clp=0)
    draft = trade(GUIA, boxes, transfer_reason=TransferReason.CONSIGNMENT)

    prepared = prepare(draft)

    assert prepared.draft.lines == (boxes,)
    assert prepared.totals == Totals(net_clp=0, exempt_clp=0, vat_clp=0, total_clp=0)
    assert refused(replace(draft, transfer_reason=TransferReason.SALE)) == "total_zero"


def test_an_internal_transfer_goes_to_the_company_itself(trade: Trade) -> None:
    draft = trade(GUIA, transfer_reason=TransferReason.INTERNAL)
    ours = replace(draft.receiver, rut=draft.issuer.rut, name=draft.issuer.name)

    assert refused(draft) == "internal_to_other"
    assert prepare(replace(draft, receiver=ours)).totals.total_clp == 11900


def test_what_lowers_an_earlier_guia_is_taken_off_and_refers_to_it(trade: Trade) -> None:
    full = Line(name="Harina", quantity=Decimal(10), unit_price=Decimal(1000))
    back = replace(full, quantity=Decimal(4), exemption=Exemption.GUIA_REDUCTION)
    draft = trade(
        GUIA, full, back, transfer_reason=TransferReason.CONSIGNMENT, references=(EARLIER,)
    )

    assert prepare(draft).totals == Totals(
        net_clp=6000, exempt_clp=0, vat_clp=1140, total_clp=7140, vat_percent=Decimal(19)
    )
    assert refused(replace(draft, references=())) == "reduction_without_guia"
    assert refused(replace(draft, lines=(back,))) == "reduction_over_base"
    assert refused(replace(draft, transfer_reason=TransferReason.SALE)) == "exemption_not_allowed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transfer_reason": None}, "transfer_reason_missing"),
        ({"transfer_reason": TransferReason.EXPORT_SALE}, "export_not_issued"),
        ({"transfer_reason": TransferReason.EXPORT_TRANSFER}, "export_not_issued"),
        ({"receiver": CONSUMER}, "receiver_required"),
        ({"lowers_vat": False}, "not_a_credit_note"),
    ],
)
def test_guia_that_breaks_a_rule_is_refused(
    trade: Trade, changes: dict[str, Any], code: str
) -> None:
    assert refused(replace(trade(GUIA), **changes)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"carrier": None}, "transport_without_carrier"),
        ({"driver": None, "driver_name": ""}, "transport_without_driver"),
        ({"plate": ""}, "transport_without_plate"),
    ],
)
def test_from_may_2026_the_paper_says_who_carries_the_goods(
    trade: Trade, truck: Transport, changes: dict[str, Any], code: str
) -> None:
    draft = trade(GUIA, transport=replace(truck, **changes))

    assert refused(draft) == code
    assert prepare(replace(draft, issue_date=date(2026, 4, 30))).draft.transport == draft.transport
    assert prepare(draft, rules=Rules(require_transport=False)).draft.transport == draft.transport
    assert refused(replace(draft, issue_date=date(2026, 5, 1))) == code


def test_goods_go_to_the_stated_place_or_to_the_receiver(trade: Trade, truck: Transport) -> None:
    home = replace(truck, address="", commune="", city="")
    draft = trade(GUIA, transport=home)
    nowhere = replace(draft, receiver=replace(draft.receiver, address=""))

    assert prepare(draft).draft.transport == home
    assert refused(nowhere) == "transport_without_destination"
    assert prepare(replace(nowhere, transport=truck)).draft.transport == truck


def test_a_guia_without_transport_names_what_is_missing_first(trade: Trade) -> None:
    assert refused(trade(GUIA, transport=None)) == "transport_without_carrier"


def test_a_driver_has_a_rut_and_a_name_even_when_nobody_asks(
    trade: Trade, truck: Transport
) -> None:
    # The schema wants both or neither.
    lenient = Rules(require_transport=False)

    assert refused(trade(GUIA, transport=replace(truck, driver=None)), lenient) == (
        "driver_incomplete"
    )
    assert refused(trade(GUIA, transport=replace(truck, driver_name="")), lenient) == (
        "driver_incomplete"
    )
