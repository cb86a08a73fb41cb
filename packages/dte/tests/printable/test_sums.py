"""Totals in words that a shop's own documents seldom carry."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from dte.codes import DocumentType, Exemption
from dte.document import Line, TaxAmount, Totals
from dte.printable.column import Column
from dte.printable.sums import due_clp, line_mark, outside_total, sums_above_total
from dte.xml.read import ReadDocument

Issue = Callable[..., ReadDocument]
NOTHING = Column(counted=(), outside=(), adjustments=(), outside_adjustments=())


@pytest.fixture
def make_read(issue: Issue, make_item: Callable[..., Line]) -> Callable[..., ReadDocument]:
    """A factura whose kind and totals are those of a document that others issue."""
    factura = issue(DocumentType.FACTURA, make_item("Pan", "1", "1000"))

    def make(kind: DocumentType, totals: Totals) -> ReadDocument:
        return replace(factura, draft=replace(factura.draft, kind=kind), totals=totals)

    return make


MakeRead = Callable[..., ReadDocument]


def test_a_factura_de_compra_shows_what_the_buyer_keeps(make_read: MakeRead) -> None:
    retained = TaxAmount(code=15, percent=Decimal(19), amount_clp=190)
    totals = Totals(net_clp=1000, exempt_clp=0, vat_clp=190, total_clp=1000, taxes=(retained,))

    found = list(sums_above_total(make_read(DocumentType.FACTURA_COMPRA, totals), NOTHING))

    assert [(each.label, each.amount_clp) for each in found] == [
        ("Monto neto", 1000),
        ("IVA 19%", 190),
        ("IVA retenido 19% (cód. 15)", -190),
    ]
    assert sum(each.amount_clp for each in found) == totals.total_clp


def test_a_liquidacion_takes_its_commission_off(make_read: MakeRead) -> None:
    totals = Totals(
        net_clp=1000,
        exempt_clp=0,
        vat_clp=190,
        total_clp=1071,
        commission_net_clp=100,
        commission_vat_clp=19,
    )

    found = list(sums_above_total(make_read(DocumentType.LIQUIDACION, totals), NOTHING))

    assert [(each.label, each.amount_clp) for each in found][2:] == [
        ("Comisiones netas", -100),
        ("IVA de comisiones", -19),
    ]
    assert sum(each.amount_clp for each in found) == totals.total_clp


def test_the_credit_of_a_builder_lowers_the_total(make_read: MakeRead) -> None:
    totals = Totals(
        net_clp=1000, exempt_clp=0, vat_clp=190, total_clp=1125, construction_credit_clp=65
    )

    found = list(sums_above_total(make_read(DocumentType.FACTURA, totals), NOTHING))

    assert (found[-1].label, found[-1].amount_clp) == ("Crédito empresa constructora", -65)
    assert sum(each.amount_clp for each in found) == totals.total_clp


def test_an_older_balance_is_paid_with_the_total(make_read: MakeRead) -> None:
    totals = Totals(
        net_clp=1000,
        exempt_clp=0,
        vat_clp=190,
        total_clp=1190,
        previous_balance_clp=300,
        payable_clp=1490,
    )
    document = make_read(DocumentType.FACTURA, totals)

    assert due_clp(document) == 1490
    assert [(each.label, each.amount_clp) for each in outside_total(document, NOTHING)] == [
        ("Saldo anterior", 300),
        ("Valor a pagar", 1490),
    ]


def test_a_factura_of_exempt_lines_alone_shows_no_empty_net(make_read: MakeRead) -> None:
    totals = Totals(net_clp=0, exempt_clp=500, vat_clp=0, total_clp=500)

    found = list(sums_above_total(make_read(DocumentType.NOTA_CREDITO, totals), NOTHING))

    assert [(each.label, each.amount_clp) for each in found] == [("Monto exento", 500)]


@pytest.mark.parametrize(
    ("kind", "exemption", "mark"),
    [
        (DocumentType.FACTURA, None, ""),
        (DocumentType.FACTURA, Exemption.EXEMPT, "E"),
        (DocumentType.FACTURA_EXENTA, Exemption.EXEMPT, ""),
        (DocumentType.FACTURA, Exemption.NOT_BILLABLE, "NF"),
        (DocumentType.FACTURA, Exemption.NEGATIVE_NOT_BILLABLE, "NF"),
        (DocumentType.FACTURA, Exemption.NOT_A_SALE, "NV"),
        (DocumentType.FACTURA, Exemption.DEPOSIT, ""),
    ],
)
def test_lines_are_marked_by_why_they_hold_no_vat(
    kind: DocumentType, exemption: Exemption | None, mark: str, make_read: MakeRead
) -> None:
    document = make_read(kind, Totals(net_clp=0, exempt_clp=0, vat_clp=0, total_clp=0))

    assert line_mark(document, exemption) == mark
