"""Codes, numbers and days in words."""

from datetime import date
from decimal import Decimal

import pytest

from dte.document import Line, Reference, TaxAmount
from dte.printable import words


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("33", "Factura electrónica"),
        ("39", "Boleta electrónica"),
        ("52", "Guía de despacho electrónica"),
        ("801", "Orden de compra"),
        ("SET", "Set de pruebas"),
        ("999", "Documento tipo 999"),
        ("", "Documento"),
    ],
)
def test_a_document_referred_to_is_named_in_words(kind: str, name: str) -> None:
    assert words.reference_document(Reference(kind=kind)) == name


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("1", "", "Anula documento"),
        ("2", "giro del receptor", "Corrige texto: giro del receptor"),
        ("3", "devolución parcial", "Corrige montos: devolución parcial"),
        ("", "Entrega en bodega 3", "Entrega en bodega 3"),
        ("CASO-1", "", "CASO-1"),
        ("", "", ""),
    ],
)
def test_the_reason_of_a_reference_is_said_in_words(code: str, reason: str, said: str) -> None:
    assert words.reference_reason(Reference(code=code, reason=reason)) == said


@pytest.mark.parametrize(
    ("tax", "said"),
    [
        (TaxAmount(code=26, percent=Decimal("20.5"), amount_clp=1), "ILA 20,5% cervezas (cód. 26)"),
        (TaxAmount(code=15, percent=None, amount_clp=1), "IVA retenido (cód. 15)"),
        (
            TaxAmount(code=77, percent=Decimal(10), amount_clp=1),
            "Impuesto adicional 10% (cód. 77)",
        ),
    ],
)
def test_an_additional_tax_shows_rate_and_code(tax: TaxAmount, said: str) -> None:
    assert words.tax_words(tax) == said


@pytest.mark.parametrize(
    ("quantity", "unit", "price", "said"),
    [
        ("1", "UN", "1190", ""),
        ("3", "", "1190", "3 un × $1.190"),
        ("1", "UN", "1504.2", "1 un × $1.504,2"),
        ("0.455", "KG", "8990", "0,455 kg × $8.990/kg"),
        ("2", "Kg", "8990", "2,000 kg × $8.990/kg"),
        ("0.4555", "KG", "8990", "0,4555 kg × $8.990/kg"),
        ("1234.5", "M2", "10.123456", "1.234,5 m2 × $10,123456"),
    ],
)
def test_a_quantity_is_counted_with_its_unit(
    quantity: str, unit: str, price: str, said: str
) -> None:
    line = Line(name="x", quantity=Decimal(quantity), unit=unit, unit_price=Decimal(price))

    assert words.counted_text(line) == said


def test_a_line_of_a_fixed_amount_counts_nothing() -> None:
    line = Line(name="Donde dice", fixed_amount_clp=0)

    assert words.counted_text(line) == ""
    assert words.quantity_text(line) == ""


def test_days_are_written_for_tables_and_for_letters() -> None:
    assert words.day_text(date(2026, 3, 1)) == "01-03-2026"
    assert words.day_in_words(date(2026, 3, 1)) == "1 de marzo de 2026"
    assert words.day_in_words(date(2026, 12, 31)) == "31 de diciembre de 2026"
