from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dte.build import prepare
from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
    TradeMeans,
    TransferReason,
)
from dte.document import CONSUMER, Adjustment, Draft, Line, PaymentTerms, Reference, Totals
from dte.errors import DraftRefused
from dte.rules import Rules
from dte.rut import Rut

MakeDraft = Callable[..., Draft]
MakeLine = Callable[..., Line]
OTHER = Rut.parse("11111111-1")
TENTH = Adjustment(kind=AdjustmentKind.DISCOUNT, value=Decimal(10), is_percent=True)
# 135 UF of 39,727.96 pesos.
LIMIT_2026 = 5_363_275


def refused(draft: Draft, rules: Rules | None = None) -> str:
    with pytest.raises(DraftRefused) as refusal:
        prepare(draft, rules=rules or Rules())
    assert refusal.value.message.endswith(".")
    return refusal.value.code


def test_global_discounts_come_off_before_the_vat_is_found(
    make_draft: MakeDraft, line: MakeLine
) -> None:
    exempt = line(unit_price=Decimal(505), exemption=Exemption.EXEMPT)
    draft = make_draft(
        line(), exempt, adjustments=(TENTH, replace(TENTH, applies_to=Exemption.EXEMPT))
    )

    assert prepare(draft).totals == Totals(
        net_clp=1505, exempt_clp=454, vat_clp=286, total_clp=2245
    )


def test_lines_without_vat_get_it_on_top(make_draft: MakeDraft) -> None:
    draft = make_draft(price_basis=PriceBasis.NET)

    assert prepare(draft).totals == Totals(net_clp=1990, exempt_clp=0, vat_clp=378, total_clp=2368)


def test_what_is_not_billable_is_outside_the_total(make_draft: MakeDraft, line: MakeLine) -> None:
    other = line(unit_price=Decimal(300), exemption=Exemption.NOT_BILLABLE)
    less = line(unit_price=Decimal(100), exemption=Exemption.NEGATIVE_NOT_BILLABLE)

    assert prepare(make_draft(line(), other, less)).totals == Totals(
        net_clp=1672, exempt_clp=0, vat_clp=318, total_clp=1990, not_billable_clp=200
    )
    assert refused(make_draft(other)) == "total_zero"


def test_a_boleta_exenta_never_says_whether_prices_hold_vat(
    make_draft: MakeDraft, line: MakeLine
) -> None:
    # IndMntNeto does not exist in a 41; a bare discount can only mean its exempt lines.
    draft = make_draft(
        line(exemption=Exemption.EXEMPT),
        kind=DocumentType.BOLETA_EXENTA,
        price_basis=PriceBasis.NET,
        adjustments=(TENTH,),
    )

    prepared = prepare(draft)

    assert prepared.draft.price_basis is PriceBasis.GROSS
    assert prepared.draft.adjustments == (replace(TENTH, applies_to=Exemption.EXEMPT),)
    assert prepared.totals == Totals(net_clp=0, exempt_clp=1791, vat_clp=0, total_clp=1791)
    assert prepare(prepared.draft) == prepared


def test_cash_is_rounded_at_payment_and_never_in_the_document(
    make_draft: MakeDraft, line: MakeLine
) -> None:
    # Rounding to tens put into the total or a discount makes stamp and payments disagree.
    draft = make_draft(line(unit_price=Decimal(1993)), payment_means=PaymentMeans.CASH)

    assert prepare(draft).totals.total_clp == 1993


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_terms": PaymentTerms(form=PaymentForm.CASH)},
        {"print_format": PrintFormat.TICKET},
        {"sale_nature": 1},
        {"purchase_nature": 1},
        {"dispatch": DispatchKind.BY_RECEIVER},
        {"transfer_reason": TransferReason.SALE},
        {"requester": OTHER},
        {"lowers_vat": False},
        {"lines": (Line(name="Pisco", fixed_amount_clp=1, tax_codes=(24,)),)},
        {"references": (Reference(kind="39", folio="0", is_global=True),)},
        {"references": (Reference(kind="39", folio="1", other_issuer=OTHER),)},
    ],
)
def test_what_a_boleta_has_no_place_for_is_refused(
    make_draft: MakeDraft, changes: dict[str, Any]
) -> None:
    # A retailer's boleta never carries the additional taxes on drinks either: no field for them.
    assert refused(replace(make_draft(), **changes)) == "not_in_boleta"


def test_a_total_of_more_than_eighteen_digits_is_refused(make_draft: MakeDraft) -> None:
    huge = Line(name="Todo", fixed_amount_clp=9 * 10**17)
    other = replace(huge, exemption=Exemption.NOT_BILLABLE)

    lenient = Rules(identify_large_sales=False)
    assert prepare(make_draft(huge), rules=lenient).totals.total_clp == 9 * 10**17
    assert refused(make_draft(huge, huge), lenient) == "total_too_large"
    assert refused(make_draft(huge, other, other), lenient) == "total_too_large"


def test_means_of_payment_of_a_factura_are_refused(make_draft: MakeDraft) -> None:
    draft = make_draft(payment_means=TradeMeans.CASH)

    assert refused(draft) == "payment_means_of_other_kind"


@pytest.mark.parametrize(
    "mark", [Exemption.DEPOSIT, Exemption.NOT_A_SALE, Exemption.GUIA_REDUCTION]
)
def test_marks_of_facturas_are_refused(
    make_draft: MakeDraft, line: MakeLine, mark: Exemption
) -> None:
    assert refused(make_draft(line(), line(exemption=mark))) == "exemption_not_allowed"


def test_above_135_uf_a_boleta_names_its_buyer_and_how_it_was_paid(
    make_draft: MakeDraft, line: MakeLine
) -> None:
    buyer = replace(CONSUMER, rut=OTHER, name="Ana Rojas")
    large = make_draft(line(unit_price=Decimal(LIMIT_2026 + 1)))

    assert prepare(make_draft(line(unit_price=Decimal(LIMIT_2026)))).totals.total_clp == LIMIT_2026
    with pytest.raises(DraftRefused, match=r"Sobre \$5\.363\.275 \(135 UF\)"):
        prepare(large)
    assert refused(replace(large, receiver=replace(buyer, name=""))) == "large_sale_without_buyer"
    assert refused(replace(large, receiver=buyer)) == "large_sale_without_means"
    named = replace(large, receiver=buyer, payment_means=PaymentMeans.TRANSFER)
    assert prepare(named).draft.receiver == buyer


def test_the_limit_of_large_sales_has_a_first_day_and_a_switch(
    make_draft: MakeDraft, line: MakeLine
) -> None:
    large = make_draft(line(unit_price=Decimal(LIMIT_2026 + 1)))

    assert prepare(replace(large, issue_date=date(2025, 8, 31))).totals.total_clp == LIMIT_2026 + 1
    assert refused(replace(large, issue_date=date(2025, 9, 1))) == "large_sale_without_buyer"
    assert prepare(large, rules=Rules(identify_large_sales=False)).draft.receiver == CONSUMER
    assert prepare(large, rules=Rules(uf_clp=Decimal(40_000))).draft.receiver == CONSUMER
