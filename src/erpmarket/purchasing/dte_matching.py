"""Recognize a supplier's lines: by what was learned, by barcode, by likeness of the name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from dte.document import ItemCode
from erpmarket.catalog.barcodes import ean_check_digit, has_right_check_digit
from erpmarket.catalog.matching_queries import (
    find_products_by_barcodes,
    get_products,
    list_product_names,
)
from erpmarket.catalog.search import fold
from erpmarket.purchasing.dte_likeness import LIKELY_PERCENT, NameIndex
from erpmarket.purchasing.dte_paper import LineRole, PaperLine
from erpmarket.purchasing.dte_queries import find_learned

KEY_LIMIT: Final = 100
_CASE_DIGITS: Final = 14
_SHORTEST_EAN: Final = 12


class Found(StrEnum):
    """How a product was recognized; names alone are never enough."""

    CODE = "code"
    WORDING = "wording"
    BARCODE = "barcode"
    NAME = "name"
    NOTHING = "nothing"

    @property
    def is_sure(self) -> bool:
        return self in {Found.CODE, Found.WORDING, Found.BARCODE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a line may be: `units` as learned, `others` more products that it is like, best first.

    `category_id` is where something like it stands, for a new product.
    """

    found: Found
    product_id: int | None = None
    units: Decimal | None = None
    percent: int = 0
    others: tuple[int, ...] = ()
    category_id: int | None = None


def match_lines(supplier_id: int | None, lines: Sequence[PaperLine]) -> Mapping[int, Match]:
    """Match the lines that are goods, position → match, in a few queries for all of them."""
    goods = [line for line in lines if line.role == LineRole.GOODS]
    learned = find_learned(supplier_id, [key for line in goods for key in learned_keys(line)])
    codes = {code for line in goods for code in _barcodes(line.codes)}
    by_barcode = find_products_by_barcodes(codes) if codes else {}
    sale = get_products([product_id for product_id, _ in learned.values()])
    found: dict[int, Match] = {}
    for line in goods:
        match = _learned_match(line, learned, sale) or _barcode_match(line, by_barcode)
        if match is not None:
            found[line.position] = match
    unknown = [line for line in goods if line.position not in found]
    if unknown:
        found.update(_name_matches(unknown))
    return found


def learned_keys(line: PaperLine) -> tuple[str, ...]:
    """Name what of a line is worth learning: its codes, or its wording when it has none."""
    codes = tuple(f"c:{one.value.strip().upper()}"[:KEY_LIMIT] for one in line.codes if one.value)
    return codes or (f"n:{fold(line.name)}"[:KEY_LIMIT],)


def barcode_of(line: PaperLine) -> str:
    """Return the line's own barcode for a new product; empty when it has none of one unit."""
    for code in _barcodes(line.codes):
        if len(code) != _CASE_DIGITS:
            return code
    return ""


def _learned_match(
    line: PaperLine, learned: Mapping[str, tuple[int, Decimal]], sale: Mapping[int, object]
) -> Match | None:
    for key in learned_keys(line):
        if key in learned and learned[key][0] in sale:
            product_id, units = learned[key]
            found = Found.CODE if key.startswith("c:") else Found.WORDING
            return Match(found=found, product_id=product_id, units=units, percent=100)
    return None


def _barcode_match(line: PaperLine, by_barcode: Mapping[str, int]) -> Match | None:
    for code in _barcodes(line.codes):
        if code in by_barcode:
            return Match(found=Found.BARCODE, product_id=by_barcode[code], percent=100)
    return None


def _barcodes(codes: Iterable[ItemCode]) -> Iterator[str]:
    """Yield the GS1 codes of a line, that of one unit after that of its case.

    Source: GS1 General Specifications, section 2.1 (a GTIN-14 is an indicator, the GTIN-13 of what
    is inside without its check digit, and a check digit).
    """
    for one in codes:
        value = one.value.strip()
        is_named = one.kind.upper().startswith(("EAN", "GTIN", "DUN", "UPC", "PLU"))
        if not has_right_check_digit(value) or (len(value) < _SHORTEST_EAN and not is_named):
            continue
        yield value
        if len(value) == _CASE_DIGITS:
            inner = value[1:-1]
            yield f"{inner}{ean_check_digit(inner)}"


def _name_matches(lines: Sequence[PaperLine]) -> dict[int, Match]:
    names = list_product_names()
    categories = {product_id: category_id for product_id, _, category_id in names}
    index = NameIndex((product_id, name) for product_id, name, _ in names)
    found: dict[int, Match] = {}
    for line in lines:
        best = index.closest(f"{line.name} {line.description}".strip()) or index.closest(line.name)
        is_likely = bool(best) and best[0][1] >= LIKELY_PERCENT
        found[line.position] = Match(
            found=Found.NAME if is_likely else Found.NOTHING,
            product_id=best[0][0] if is_likely else None,
            percent=best[0][1] if is_likely else 0,
            others=tuple(product_id for product_id, _ in best[is_likely:]),
            category_id=categories[best[0][0]] if best else None,
        )
    return found
