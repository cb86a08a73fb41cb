"""Products of the demo shops: own list, prices of 2026 as a shop in Santiago would ask them.

Brands and sizes are those on Chilean shelves; barcodes are invented (right prefix and check digit,
made-up body), so scanning a real package finds nothing or something else. A second barcode is the
code of the former package, which keeps turning up on the shelf.

Exempt from VAT in this list, and why:
- `Carga Bip!`: the fare of public transport, exempt (DL 825, art. 13 no. 3); the shop only
  collects it and earns a commission.
- `Raspe de lotería`: a lottery ticket is no sale of goods and carries its own tax (Ley 18.110).
- `Garantía envase retornable`: a deposit that is given back; the SII may leave the deposits for
  bottles out of the price that bears tax (DL 825, art. 15 no. 2).
Bread, fruit, eggs and newspapers bear VAT in Chile. Tobacco is in the list as affected: the VAT of
the whole chain is paid by the manufacturer (Res. Ex. SII 22 of 2007), but how the shop's boleta has
to show it is not established, and the safer default is to declare it.

Cigarettes and the fare of `Carga Bip!` never cost less: the law forbids the one, and the shop only
collects the other. The card of a student grant (BAES) pays fresh and plain food, no sweets.

Codes 24 to 27 and 271 name the additional tax the supplier charges on drinks. A boleta never
carries it: it is part of the unit cost.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from erpmarket.cli.demo.rows import read_rows

_CATEGORY_NAMES = (
    "Panadería",
    "Fiambrería",
    "Lácteos y huevos",
    "Frutas y verduras",
    "Abarrotes",
    "Bebidas y jugos",
    "Dulces y snacks",
    "Helados y congelados",
    "Aseo y hogar",
    "Botillería y kiosco",
)
_PRODUCT_FILES = {
    "dona_rosa": "products_dona_rosa.csv",
    "el_vecino": "products_el_vecino.csv",
}


class DemoUnit(StrEnum):
    """How a product is counted."""

    PIECE = "un"
    KILO = "kg"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCategory:
    """A tab of the till; `color_index` is one of ten hues, `position` counts from the left."""

    name: str
    color_index: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProduct:
    """One product. `price_clp` is gross, per unit or per kilo; `unit_cost` is net, quantum 0.0001.

    `pack_size` is what a supplier's box holds, in units or kilos. `popularity` is a weight from 1
    to 100 for picking what customers buy. Loose goods have no barcode; those by weight have a PLU.
    """

    code: str
    name: str
    category: str
    unit: DemoUnit
    price_clp: int
    unit_cost: Decimal
    is_exempt: bool
    additional_tax_code: int | None
    plu: int | None
    barcodes: tuple[str, ...]
    pack_size: int
    supplier_key: str
    popularity: int
    is_favourite: bool
    is_age_restricted: bool
    is_never_discounted: bool
    takes_baes: bool


def demo_categories() -> tuple[DemoCategory, ...]:
    """List the ten categories, in the order of the till's tabs; both shops use them."""
    return tuple(
        DemoCategory(name=name, color_index=place, position=place)
        for place, name in enumerate(_CATEGORY_NAMES)
    )


def demo_products(company_key: str = "dona_rosa") -> tuple[DemoProduct, ...]:
    """List a shop's products by category and code; an unknown key raises KeyError."""
    return tuple(_product(row) for row in read_rows(_PRODUCT_FILES[company_key]))


def _product(row: dict[str, str]) -> DemoProduct:
    return DemoProduct(
        code=row["code"],
        name=row["name"],
        category=row["category"],
        unit=DemoUnit(row["unit"]),
        price_clp=int(row["price_clp"]),
        unit_cost=Decimal(row["unit_cost"]),
        is_exempt=_choice(row["vat"], yes="exempt", no="affected"),
        additional_tax_code=_optional_number(row["additional_tax"]),
        plu=_optional_number(row["plu"]),
        barcodes=tuple(row["barcodes"].split()),
        pack_size=int(row["pack_size"]),
        supplier_key=row["supplier"],
        popularity=int(row["popularity"]),
        is_favourite=_choice(row["favourite"], yes="yes", no=""),
        is_age_restricted=_choice(row["age_restricted"], yes="yes", no=""),
        is_never_discounted=_choice(row["never_discounted"], yes="yes", no=""),
        takes_baes=_choice(row["baes"], yes="yes", no=""),
    )


def _choice(text: str, *, yes: str, no: str) -> bool:
    if text not in {yes, no}:
        raise ValueError(f"expected {yes!r} or {no!r}, not {text!r}")
    return text == yes


def _optional_number(text: str) -> int | None:
    return int(text) if text else None
