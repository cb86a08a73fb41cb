"""Labels of a shop's scale: an EAN-13 that holds a product and its weight, price or count.

A layout has twelve places, the check digit follows: a digit stands for itself, `.` for a digit of
the product's PLU, `?` for any digit (some scales check the price there), `N` for a digit of the
value and `D` for one of its decimals: `21.....NNDDD`. GS1 leaves 20 to 29 to each shop.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final

from django.db import models

from erpmarket.catalog.barcodes import ean_check_digit, has_right_check_digit

PLACES: Final = 12
_EAN13: Final = 13
_LAYOUT = re.compile(r"2\d\.+\??N+D{0,3}|2\d\.+\??D{3}")
# Widths of PLU, skipped digit and value; the usual ones first.
_WIDTHS: Final = ((5, 0, 5), (4, 1, 5), (5, 1, 4), (4, 0, 6), (6, 0, 4))
_GRAM_DECIMALS: Final = 3


class LabelKind(models.TextChoices):
    """What the value of a label counts."""

    WEIGHT = "weight", "El peso"
    PRICE = "price", "El precio"
    UNITS = "units", "Las unidades"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRule:
    """How one kind of label is laid out."""

    kind: LabelKind
    layout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRead:
    """What a label says: `value` is grams, pesos or units.

    `base_code` is the label with its value at zero, under which some shops keep the product.
    """

    kind: LabelKind
    plu: int
    base_code: str
    value: int


def is_layout(text: str) -> bool:
    """Tell whether a text lays out twelve places with a product and a value."""
    return len(text) == PLACES and _LAYOUT.fullmatch(text) is not None


def read_label(code: str, rules: Iterable[LabelRule]) -> LabelRead | None:
    """Read a label by the first layout that fits; None for other codes and wrong check digits."""
    if len(code) != _EAN13 or not has_right_check_digit(code):
        return None
    for rule in rules:
        if _fits(rule.layout, code):
            return _read(rule, code)
    return None


def _fits(layout: str, code: str) -> bool:
    return all(
        not place.isdigit() or place == digit for place, digit in zip(layout, code, strict=False)
    )


def _read(rule: LabelRule, code: str) -> LabelRead:
    pairs = list(zip(rule.layout, code, strict=False))
    plu = "".join(digit for place, digit in pairs if place == ".")
    value = "".join(digit for place, digit in pairs if place in "ND")
    bare = "".join("0" if place in "ND?" else digit for place, digit in pairs)
    return LabelRead(
        kind=rule.kind,
        plu=int(plu),
        base_code=f"{bare}{ean_check_digit(bare)}",
        value=_scaled(rule, int(value)),
    )


def _scaled(rule: LabelRule, value: int) -> int:
    """Bring a weight to grams, whatever decimals of a kilo the scale writes."""
    if rule.kind is not LabelKind.WEIGHT:
        return value
    return int(value * 10 ** (_GRAM_DECIMALS - rule.layout.count("D")))


def infer_rule(code: str, *, kind: LabelKind, value: int, plus: Iterable[int]) -> LabelRule | None:
    """Find the layout under which a label says this value and a PLU that a product has.

    `value` is in grams, pesos or units, as read off the label by a person. None when none does.
    """
    if len(code) != _EAN13 or not has_right_check_digit(code) or code[0] != "2":
        return None
    known = frozenset(plus)
    decimals = (3, 2, 0) if kind is LabelKind.WEIGHT else (0,)
    for (plu, skipped, digits), shown in product(_WIDTHS, decimals):
        layout = f"{code[:2]}{'.' * plu}{'?' * skipped}{'N' * (digits - shown)}{'D' * shown}"
        rule = LabelRule(kind=kind, layout=layout)
        read = _read(rule, code)
        if read.value == value and read.plu in known:
            return rule
    return None
