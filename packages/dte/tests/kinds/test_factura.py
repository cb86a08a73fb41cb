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
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.document import (
    CONSUMER,
    Adjustment,
    Draft,
    Instalment,
    Line,
    PaymentTerms,
    Reference,
    TaxAmount,
    Totals,
    Transport,
)
from dte.errors import DraftRefused
from dte.rules import Rules

Trade = Callable[..., Draft]
FACTURA, EXENTA = DocumentType.FACTURA, DocumentType.FACTURA_EXENTA
VAT = Decimal(19)


def item(price: str, quantity: str = "1", **fields: Any) -> Line:
    line = Line(name="Producto", quantity=Decimal(quantity), unit_price=Decimal(price))
    return replace(line, **fields)


def discount(value: str, *, percent: bool = True, on: Exemption | None = None) -> Adjustment:
    return Adjustment(
        kind=AdjustmentKind.DISCOUNT, value=Decimal(value), is_percent=percent, applies_to=on
    )


RAISE = replace(discount("999.99"), kind=AdjustmentKind.SURCHARGE)


def refused(draft: Draft, rules: Rules | None = None) -> str:
    with pytest.raises(DraftRefused) as refusal:
        prepare(draft, rules=rules or Rules())
    assert refusal.value.message.endswith(".")
    return refusal.value.code


def test_net_prices_get_vat_on_top(trade: Trade) -> None:
    draft = trade(FACTURA, item("4123", "3"), item("700", exemption=Exemption.EXEMPT))

    assert prepare(draft).totals == Totals(
        net_clp=12369, exempt_clp=700, vat_clp=2350, total_clp=15419, vat_percent=VAT
    )


def test_gross_prices_keep_the_total_the_customer_paid(trade: Trade) -> None:
    # 19 % of the net would be 158.08 here and 3.23 less of the total elsewhere.
    draft = trade(FACTURA, item("990"), price_basis=PriceBasis.GROSS)

    assert prepare(draft).totals == Totals(
        net_clp=832, exempt_clp=0, vat_clp=158, total_clp=990, vat_percent=VAT
    )


def test_a_factura_exenta_has_exempt_and_total_only(trade: Trade) -> None:
    # VAT tags in a 34 are an error of the schema's rules.
    draft = trade(EXENTA, price_basis=PriceBasis.GROSS)

    prepared = prepare(draft)

    assert prepared.draft.price_basis is PriceBasis.NET
    assert prepared.totals == Totals(net_clp=0, exempt_clp=10000, vat_clp=0, total_clp=10000)


def test_bottles_not_billable_and_gifts_go_where_they_belong(trade: Trade) -> None:
    draft = trade(
        FACTURA,
        item("1000"),
        item("200", exemption=Exemption.DEPOSIT),
        item("500", exemption=Exemption.NOT_BILLABLE),
        item("80", exemption=Exemption.NEGATIVE_NOT_BILLABLE),
        item("9999", exemption=Exemption.NOT_A_SALE),
    )

    assert prepare(draft).totals == Totals(
        net_clp=1000,
        exempt_clp=0,
        vat_clp=190,
        total_clp=1390,
        vat_percent=VAT,
        deposit_clp=200,
        not_billable_clp=420,
    )


def test_additional_taxes_are_on_the_net_of_their_lines_after_global_percentages(
    trade: Trade,
) -> None:
    draft = trade(
        FACTURA,
        item("1001", "10", tax_codes=(26,)),
        item("505", tax_codes=(27,)),
        item("3000"),
        item("2000", exemption=Exemption.EXEMPT),
        adjustments=(discount("10"),),
    )

    assert prepare(draft).totals == Totals(
        net_clp=12163,
        exempt_clp=2000,
        vat_clp=2311,
        total_clp=12163 + 2000 + 2311 + 1847 + 45,
        vat_percent=VAT,
        taxes=(
            TaxAmount(code=26, percent=Decimal("20.5"), amount_clp=1847),
            TaxAmount(code=27, percent=Decimal(10), amount_clp=45),
        ),
    )


def test_one_tax_on_all_lines_may_go_with_a_discount_in_pesos(trade: Trade) -> None:
    draft = trade(
        FACTURA, item("1000", tax_codes=(25,)), adjustments=(discount("100", percent=False),)
    )

    assert prepare(draft).totals.taxes == (
        TaxAmount(code=25, percent=Decimal("20.5"), amount_clp=185),
    )


def test_factura_without_form_of_payment_says_credit(trade: Trade) -> None:
    given = PaymentTerms(form=PaymentForm.CASH)

    assert prepare(trade(FACTURA)).draft.payment_terms.form is PaymentForm.CREDIT
    assert prepare(trade(FACTURA, payment_terms=given)).draft.payment_terms == given


def test_vat_of_a_gross_ticket_may_be_stated_in_net_prices(trade: Trade) -> None:
    # 3 pesos with VAT are 3 net, and 19 % of 3 would make 4.
    draft = trade(FACTURA, item("2.521008"), vat_clp=0)

    assert prepare(draft).totals == Totals(
        net_clp=3, exempt_clp=0, vat_clp=0, total_clp=3, vat_percent=VAT
    )
    assert refused(replace(draft, vat_clp=3)) == "vat_differs"
    assert refused(trade(FACTURA, item("100"), vat_clp=21)) == "vat_differs"
    assert refused(trade(EXENTA, vat_clp=1)) == "vat_differs"


def test_free_goods_may_cost_nothing(trade: Trade) -> None:
    free = PaymentTerms(form=PaymentForm.FREE)
    gift = Line(name="Muestra", fixed_amount_clp=0)

    assert prepare(trade(FACTURA, gift, payment_terms=free)).totals.total_clp == 0
    assert refused(trade(FACTURA, gift)) == "total_zero"


def test_payment_terms_and_means_of_a_factura_pass(trade: Trade) -> None:
    terms = PaymentTerms(
        form=PaymentForm.CREDIT,
        instalments=(Instalment(due_date=date(2026, 12, 22), amount_clp=11900),),
        account_kind="VISTA",
        term_days=30,
        paid_clp=0,
    )
    draft = trade(FACTURA, payment_terms=terms, payment_means=TradeMeans.ACCOUNT_PAYMENT)

    assert prepare(draft).draft.payment_terms == terms


EXEMPT = item("10", exemption=Exemption.EXEMPT)
AFFECTED = item("10")
BEER = item("10", tax_codes=(26,))
FIXED = (discount("1", percent=False),)


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        (FACTURA, {"lines": (EXEMPT,)}, "all_exempt_is_34"),
        (EXENTA, {"lines": (EXEMPT, AFFECTED)}, "affected_line_in_34"),
        (FACTURA, {"lines": (AFFECTED,) * 61}, "line_count"),
        (FACTURA, {"adjustments": (discount("1"),) * 21}, "adjustment_count"),
        (FACTURA, {"receiver": CONSUMER}, "receiver_required"),
        (FACTURA, {"transfer_reason": TransferReason.SALE}, "transfer_only_in_guia"),
        (FACTURA, {"lowers_vat": False}, "not_a_credit_note"),
        (FACTURA, {"payment_means": PaymentMeans.CASH}, "payment_means_of_other_kind"),
        (FACTURA, {"service": ServiceKind.SHOW_FOR_OTHERS}, "service_only_in_boleta"),
        (
            FACTURA,
            {"lines": (replace(AFFECTED, discount_percent=Decimal(-5)),)},
            "percent_out_of_range",
        ),
        (
            FACTURA,
            {"lines": (item("9999", discount_percent=Decimal("100.01")),)},
            "percent_out_of_range",
        ),
        (
            FACTURA,
            {"lines": (item("9999", surcharge_percent=Decimal(1000)),)},
            "percent_out_of_range",
        ),
        (
            FACTURA,
            {"lines": (item("9999", surcharge_percent=Decimal("33.333")),)},
            "percent_out_of_range",
        ),
        (
            FACTURA,
            {"lines": (item("9999", discount_percent=Decimal("NaN")),)},
            "percent_out_of_range",
        ),
        (
            FACTURA,
            {"lines": (item("1E+30", discount_percent=Decimal(1)),)},
            "too_many_digits",
        ),
        (FACTURA, {"lines": (item("NaN"),)}, "quantity_or_price_zero"),
        (FACTURA, {"lines": (item("1", "Infinity"),)}, "quantity_or_price_zero"),
        (
            FACTURA,
            {"lines": (item("1E+11", "1E+8"),), "adjustments": (discount("100"),)},
            "total_too_large",
        ),
        (
            FACTURA,
            {"lines": (item("1E+11"),), "adjustments": (RAISE,) * 20},
            "total_too_large",
        ),
        (FACTURA, {"adjustments": (discount("NaN"),)}, "percent_out_of_range"),
        (FACTURA, {"adjustments": (discount("1E-9999999"),)}, "percent_out_of_range"),
        (FACTURA, {"adjustments": (discount("1E-9999999", percent=False),)}, "adjustment_amount"),
        (FACTURA, {"adjustments": (discount("Infinity", percent=False),)}, "adjustment_amount"),
        (FACTURA, {"issue_date": date(2003, 9, 30)}, "issue_date_too_old"),
        (FACTURA, {"sale_nature": 0}, "sale_nature"),
        (FACTURA, {"sale_nature": 5}, "sale_nature"),
        (FACTURA, {"purchase_nature": 8}, "purchase_nature"),
        (
            FACTURA,
            {"lines": (replace(AFFECTED, exemption=Exemption.GUIA_REDUCTION),)},
            "exemption_not_allowed",
        ),
        (FACTURA, {"lines": (BEER,), "price_basis": PriceBasis.GROSS}, "additional_tax_needs_net"),
        (FACTURA, {"lines": (BEER, AFFECTED), "adjustments": FIXED}, "fixed_discount_over_taxes"),
        (FACTURA, {"lines": (replace(BEER, tax_codes=(26, 26)),)}, "too_many_taxes"),
        (FACTURA, {"lines": (replace(BEER, tax_codes=(25, 26, 27)),)}, "too_many_taxes"),
        (FACTURA, {"lines": (replace(BEER, tax_codes=(15,)),)}, "tax_code_unknown"),
        (
            FACTURA,
            {"lines": (AFFECTED, replace(EXEMPT, tax_codes=(26,)))},
            "tax_on_exempt_line",
        ),
        (FACTURA, {"adjustments": (discount("100000", percent=False),)}, "discount_over_base"),
        (FACTURA, {"adjustments": (discount("0.5", percent=False),)}, "adjustment_amount"),
        (FACTURA, {"adjustments": (discount("0", percent=False),)}, "adjustment_amount"),
        (FACTURA, {"adjustments": (discount("100.01"),)}, "percent_out_of_range"),
        (FACTURA, {"adjustments": (discount("0"),)}, "percent_out_of_range"),
        (FACTURA, {"adjustments": (discount("1.005"),)}, "percent_out_of_range"),
        (FACTURA, {"adjustments": (discount("1", on=Exemption.DEPOSIT),)}, "adjustment_group"),
        (
            FACTURA,
            {"adjustments": (discount("1", on=Exemption.EXEMPT),)},
            "adjustment_without_base",
        ),
        (
            FACTURA,
            {"lines": (replace(AFFECTED, reference_price=Decimal(0)),)},
            "quantity_or_price_zero",
        ),
    ],
)
def test_factura_that_breaks_a_rule_is_refused(
    trade: Trade, kind: DocumentType, changes: dict[str, Any], code: str
) -> None:
    assert refused(replace(trade(kind), **changes)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "receiver_without_name"),
        ({"giro": ""}, "receiver_without_giro"),
        ({"address": ""}, "receiver_without_address"),
        ({"commune": ""}, "receiver_without_address"),
    ],
)
def test_buyer_of_a_factura_must_be_complete(
    trade: Trade, changes: dict[str, Any], code: str
) -> None:
    draft = trade(FACTURA)

    assert refused(replace(draft, receiver=replace(draft.receiver, **changes))) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"giro": ""}, "issuer_without_giro"),
        ({"activities": ()}, "issuer_activities"),
        ({"activities": (1, 2, 3, 4, 5)}, "issuer_activities"),
        ({"activities": (1_000_000,)}, "issuer_activities"),
        ({"phones": ("1", "2", "3")}, "too_many_phones"),
        ({"address": ""}, "issuer_without_address"),
        ({"commune": ""}, "issuer_without_address"),
    ],
)
def test_seller_of_a_factura_must_be_complete(
    trade: Trade, changes: dict[str, Any], code: str
) -> None:
    draft = trade(FACTURA)

    assert refused(replace(draft, issuer=replace(draft.issuer, **changes))) == code


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (
            PaymentTerms(instalments=(Instalment(due_date=date(2026, 12, 1), amount_clp=1),) * 31),
            "instalment_count",
        ),
        (
            PaymentTerms(instalments=(Instalment(due_date=date(2026, 12, 1), amount_clp=-1),)),
            "negative_payment",
        ),
        (PaymentTerms(balance_clp=-1), "negative_payment"),
        (PaymentTerms(account_kind="RUT"), "account_kind"),
        (PaymentTerms(term_days=0), "term_days"),
        (PaymentTerms(term_days=1000), "term_days"),
    ],
)
def test_terms_the_schema_has_no_place_for_are_refused(
    trade: Trade, terms: PaymentTerms, code: str
) -> None:
    assert refused(trade(FACTURA, payment_terms=terms)) == code


ORDER = Reference(kind="801", folio="77", issue_date=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (replace(ORDER, kind=""), "reference_incomplete"),
        (replace(ORDER, folio=""), "reference_incomplete"),
        (replace(ORDER, issue_date=None), "reference_without_date"),
        (replace(ORDER, code="4"), "reference_code"),
        (replace(ORDER, code="CASO 1"), "reference_code"),
    ],
)
def test_references_of_a_factura_are_dated_and_coded_in_digits(
    trade: Trade, reference: Reference, code: str
) -> None:
    assert prepare(trade(FACTURA, references=(ORDER,))).draft.references == (ORDER,)
    assert refused(trade(FACTURA, references=(ORDER, reference))) == code


def test_factura_that_goes_with_the_goods_says_who_carries_them(
    trade: Trade, truck: Transport
) -> None:
    sent = trade(FACTURA, dispatch=DispatchKind.BY_ISSUER_TO_RECEIVER)

    assert refused(sent) == "transport_without_carrier"
    assert prepare(replace(sent, transport=truck)).draft.transport == truck
    assert prepare(sent, rules=Rules(require_transport=False)).draft.transport is None
    assert prepare(trade(FACTURA, dispatch=DispatchKind.BY_RECEIVER)).totals.total_clp == 11900
