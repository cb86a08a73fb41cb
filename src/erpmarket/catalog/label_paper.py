"""A shelf label as a value: what it says, the code it carries, the papers it is printed on."""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import zxingcpp

from dte.pdf417 import module_rows
from erpmarket.catalog.barcodes import has_right_check_digit
from erpmarket.catalog.content import read_content

if TYPE_CHECKING:
    from erpmarket.catalog.models import Product

# A longer code cannot be read at the width that a label has for it.
MOST_MODULES: Final = 123
_EAN_FORMATS: Final = {
    8: zxingcpp.BarcodeFormat.EAN8,
    13: zxingcpp.BarcodeFormat.EAN13,
}


class LabelForm(enum.StrEnum):
    """Where labels are printed."""

    LETTER = "carta"
    A4 = "a4"
    ROLL = "50x30"
    TILL = "caja"

    @property
    def is_of_till(self) -> bool:
        return self is LabelForm.TILL

    @property
    def words(self) -> str:
        return _FORM_WORDS[self]


_FORM_WORDS: Final = {
    LabelForm.LETTER: "Hoja carta, 3 × 8",
    LabelForm.A4: "Hoja A4 adhesiva, 3 × 8",
    LabelForm.ROLL: "Rollo de etiquetas 50 × 30 mm",
    LabelForm.TILL: "Impresora de la caja",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfLabel:
    """What a customer reads; `side_clp` is the price of a kilo or litre, `side_words` its words."""

    name: str
    price_clp: int
    code: str
    side: str
    side_clp: int | None
    side_words: str
    on: str


def shelf_label(product: "Product", barcode: str, *, on: date) -> ShelfLabel:
    """Make the label of a product, with its first barcode or else its internal code."""
    side, side_clp, words = _side(product)
    return ShelfLabel(
        name=product.name,
        price_clp=product.price_clp,
        code=barcode or product.code,
        side=side,
        side_clp=side_clp,
        side_words=words,
        on=f"{on:%d-%m-%y}",
    )


def _side(product: "Product") -> tuple[str, int | None, str]:
    if product.unit == "kg":
        return (f"PLU {product.plu}" if product.plu else "", None, "precio por kilo")
    content = read_content(product.content or product.name)
    if content is None:
        return (f"PLU {product.plu}" if product.plu else "", None, "")
    return ("", content.price_per_measure(product.price_clp), f"por {content.measure}")


def label_json(label: ShelfLabel, *, product_id: int, copies: int) -> dict[str, Any]:
    """Write a label for its sheet's row."""
    return {**asdict(label), "product_id": product_id, "copies": copies}


def label_of_json(row: Mapping[str, Any]) -> ShelfLabel:
    """Read a label back from its sheet's row."""
    return ShelfLabel(**{name: row[name] for name in ShelfLabel.__slots__})


def code_modules(code: str) -> tuple[bool, ...]:
    """Return the bars of a code from left to right, without quiet zones; True is black.

    EAN for what is one, else Code 128; empty when it would be too wide to be read.
    Source: GS1 General Specifications, section 5.2 (EAN-13: 95 modules, EAN-8: 67).
    """
    is_ean = has_right_check_digit(code) and len(code) in _EAN_FORMATS
    kind = _EAN_FORMATS[len(code)] if is_ean else zxingcpp.BarcodeFormat.Code128
    try:
        row = module_rows(zxingcpp.create_barcode(code, kind))[0]
    except ValueError:
        return ()
    blacks = [place for place, black in enumerate(row) if black]
    modules = tuple(row[blacks[0] : blacks[-1] + 1])
    return modules if len(modules) <= MOST_MODULES else ()
