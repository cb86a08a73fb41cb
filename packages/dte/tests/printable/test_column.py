"""The right column: what counts, what stands outside, what global movements take off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.codes import AdjustmentKind, DocumentType, Exemption, PriceBasis, TransferReason
from dte.document import Adjustment, Line, Reference
from dte.printable.column import column
from dte.printable.legal import PaperRefused
from dte.printable.sums import sums_above_total
from dte.xml.read import ReadDocument

Issue = Callable[..., ReadDocument]
MakeItem = Callable[..., Line]


def discount(value: str, **fields: object) -> Adjustment:
    given_fields = {"kind": AdjustmentKind.DISCOUNT, "is_percent": True, **fields}
    return Adjustment(value=Decimal(value), **given_fields)  # type: ignore[arg-type]  # test builder


def test_global_movements_become_pesos_each_on_what_is_left(
    issue: Issue, make_item: MakeItem
) -> None:
    document = issue(
        DocumentType.FACTURA,
        make_item("Pan", "1", "10000"),
        make_item("Diario", "1", "2000", exemption=Exemption.EXEMPT),
        adjustments=(
            discount("10"),
            discount("10", reason="cliente frecuente"),
            discount("500", is_percent=False, applies_to=Exemption.EXEMPT),
            discount("300", is_percent=False, kind=AdjustmentKind.SURCHARGE, reason="despacho"),
        ),
    )

    found = column(document)

    assert [(each.label, each.amount_clp) for each in found.adjustments] == [
        ("Descuento global 10%", -1_000),
        ("Descuento global 10%: cliente frecuente", -900),
        ("Recargo global: despacho", 300),
        ("Descuento global a exentos", -500),
    ]
    assert document.totals.net_clp == 8_400
    assert document.totals.exempt_clp == 1_500


def test_what_is_not_billable_stands_outside_with_its_sign(
    issue: Issue, make_item: MakeItem
) -> None:
    document = issue(
        DocumentType.FACTURA,
        make_item("Fuera", "1", "900", exemption=Exemption.NOT_BILLABLE),
        make_item("Pan", "1", "10000"),
        make_item("Menos", "1", "200", exemption=Exemption.NEGATIVE_NOT_BILLABLE),
        make_item("No es venta", "1", "5000", exemption=Exemption.NOT_A_SALE),
        adjustments=(discount("10", applies_to=Exemption.NOT_BILLABLE),),
    )

    found = column(document)

    assert [(each.number, each.amount_clp) for each in found.counted] == [(2, 10_000)]
    assert [(each.number, each.amount_clp) for each in found.outside] == [
        (1, 900),
        (3, -200),
        (4, 5_000),
    ]
    assert found.adjustments == ()
    assert [(each.label, each.amount_clp) for each in found.outside_adjustments] == [
        ("Descuento global 10% a no facturables", -70)
    ]
    assert document.totals.not_billable_clp == 630


def test_a_reduction_of_an_earlier_guia_is_subtracted(issue: Issue, make_item: MakeItem) -> None:
    document = issue(
        DocumentType.GUIA,
        make_item("Pan", "1", "10000"),
        make_item("Pan que vuelve", "1", "4000", exemption=Exemption.GUIA_REDUCTION),
        transfer_reason=TransferReason.SALE_TO_COME,
        references=(Reference(kind="52", folio="9", issue_date=date(2026, 11, 20)),),
    )

    assert [each.amount_clp for each in column(document).counted] == [10_000, -4_000]


def test_lines_that_miss_the_total_are_refused(issue: Issue, make_item: MakeItem) -> None:
    document = issue(DocumentType.FACTURA, make_item("Pan", "1", "10000"))
    wrong = replace(document, totals=replace(document.totals, net_clp=10_001))

    with pytest.raises(PaperRefused) as refused:
        column(wrong)

    assert refused.value.code == "does_not_add_up"
    assert "Las líneas suman $10.000 y el total dice $10.001" in refused.value.message


def test_values_of_a_guia_that_is_no_sale_only_inform(issue: Issue, make_item: MakeItem) -> None:
    document = issue(
        DocumentType.GUIA,
        make_item("Pan", "1", "10000"),
        transfer_reason=TransferReason.RETURN,
    )
    other = replace(document, totals=replace(document.totals, net_clp=0))

    assert [each.amount_clp for each in column(other).counted] == [10_000]


@given(data=st.data())
@pytest.mark.parametrize(
    ("kind", "basis"),
    [
        (DocumentType.BOLETA, PriceBasis.GROSS),
        (DocumentType.BOLETA, PriceBasis.NET),
        (DocumentType.FACTURA, PriceBasis.NET),
        (DocumentType.FACTURA, PriceBasis.GROSS),
        (DocumentType.GUIA, PriceBasis.NET),
        (DocumentType.NOTA_CREDITO, PriceBasis.NET),
    ],
)
def test_lines_and_movements_always_reach_the_totals(
    kind: DocumentType, basis: PriceBasis, issue: Issue, make_item: MakeItem, data: st.DataObject
) -> None:
    priced = st.builds(
        lambda quantity, price, surcharge, exemption: make_item(
            "Pan", str(quantity), str(price), surcharge_clp=surcharge, exemption=exemption
        ),
        st.decimals("0.001", 20, places=3),
        st.integers(1_000, 20_000),
        st.integers(0, 500),
        st.sampled_from([None, Exemption.EXEMPT]),
    )
    movement = st.builds(
        Adjustment,
        kind=st.sampled_from(AdjustmentKind),
        value=st.decimals("0.01", 10, places=2),
        is_percent=st.just(value=True),
    )
    goods = data.draw(st.lists(priced, max_size=8))
    movements = tuple(data.draw(st.lists(movement, max_size=3)))
    # One affected line at least, whose price is not discounted away.
    first = make_item("Detergente", "1", "200000")

    document = issue(kind, first, *goods, price_basis=basis, adjustments=movements)

    found = column(document)
    totals = document.totals
    reached = sum(each.amount_clp for each in found.counted)
    reached += sum(each.amount_clp for each in found.adjustments)
    vat_clp = 0 if basis is PriceBasis.GROSS else totals.vat_clp
    assert len(found.counted) == len(goods) + 1
    assert reached + vat_clp == totals.total_clp
    named = [each.amount_clp for each in sums_above_total(document, found)]
    below_movements = named[len(found.adjustments) :]
    assert sum(below_movements) == (vat_clp if kind.is_boleta else totals.total_clp)
