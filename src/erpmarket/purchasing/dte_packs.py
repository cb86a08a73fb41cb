"""How many units a supplier's pack holds, and a name fit for a shelf, out of a line's wording."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from erpmarket.catalog.search import fold

_MEASURES: Final = r"(?:ml|cc|cl|lts?|l|kgs?|k|grs?|gms?|g|oz|mts?|m|cms?)"
_MOST_UNITS: Final = 500
_ONE: Final = Decimal(1)
# A cost more than so many times the known one, or less, is no proof of how many a pack holds.
_MOST_DRIFT: Final = Decimal("1.6")
_PACKS: Final = (
    # 12X1L, 6 x 350 cc
    re.compile(rf"\b(\d{{1,3}})\s*[x×]\s*(?=\d+(?:[.,]\d+)?\s*{_MEASURES}\b)", re.IGNORECASE),
    # CAJA 24, PACK DE 6, DISPLAY X 12, CJ/12
    re.compile(
        r"\b(?:cajas?|cj|cja|pack|pk|pqte|paquete|display|disp|fardo|fdo|bandeja|bdja|bolsa|saco)"
        rf"\s*(?:de|con|x|c/|/)?\s*(\d{{1,3}})(?![\d.,]*\s*{_MEASURES}\b)(?![\d.,]*\d)"
        r"\s*(?:unidades|unid|und|un|u)?\b",
        re.IGNORECASE,
    ),
    # X6, X 24 UN, C/12
    re.compile(
        rf"(?:(?<![a-z0-9])[x×]|\bc/)\s*(\d{{1,3}})(?![\d.,]*\s*{_MEASURES}\b)(?![\d.,]*\d)"
        r"\s*(?:unidades|unid|und|un|u)?\b",
        re.IGNORECASE,
    ),
    # 24 UN, 12 UNIDADES
    re.compile(r"\b(\d{1,3})\s*(?:unidades|unids?|unds?|uds?|un|u)\b", re.IGNORECASE),
)
_NAMED: Final = (
    (re.compile(r"\bsix\s?pack\b", re.IGNORECASE), 6),
    (re.compile(r"\bfour\s?pack\b", re.IGNORECASE), 4),
    (re.compile(r"\bdocenas?\b", re.IGNORECASE), 12),
)
_PACK_UNITS: Final = frozenset({
    "cj", "cja", "caj", "caja", "cajas", "pk", "pack", "pqt", "pqte", "paq", "paquete", "dis",
    "disp", "display", "dp", "fdo", "far", "fardo", "bdj", "bdja", "bandeja", "bol", "bolsa",
    "sac", "saco", "doc", "docena", "java", "jav", "bx", "box", "cs",
})  # fmt: skip
_SINGLE_UNITS: Final = frozenset({"un", "uni", "und", "unid", "unidad", "u", "ud", "c/u", "cu"})
_KILO_UNITS: Final = frozenset({"kg", "kgs", "kilo", "kilos", "k", "kn"})
_UNIT_AND_COUNT: Final = re.compile(r"([a-z]+)\s*[x/]?\s*(\d{1,3})")
_MEASURED: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(lts?|l|kgs?|grs?|gms?|cc|ml)\b", re.IGNORECASE)
_WRITTEN: Final = {"lt": "L", "l": "L", "kg": "kg", "gr": "g", "gm": "g", "cc": "cc", "ml": "ml"}
_SMALL: Final = frozenset({"de", "del", "la", "el", "con", "sin", "y", "en", "para", "a", "por"})
_NAME_LIMIT: Final = 80


def read_units(name: str, description: str = "", unit: str = "") -> Decimal | None:
    """Read how many units a pack holds out of the words of a line; None when they do not tell."""
    counted = _UNIT_AND_COUNT.fullmatch(fold(unit))
    if counted and counted[1] in _PACK_UNITS and 1 < int(counted[2]) <= _MOST_UNITS:
        return Decimal(counted[2])
    for text in (name, description):
        for pattern in _PACKS:
            found = pattern.search(text)
            if found and 1 < int(found[1]) <= _MOST_UNITS:
                return Decimal(found[1])
        for pattern, count in _NAMED:
            if pattern.search(text):
                return Decimal(count)
    return Decimal(12) if fold(unit) in {"doc", "docena"} else None


def is_kilo(unit: str) -> bool:
    """Tell whether a supplier's unit is the kilo."""
    return fold(unit).rstrip(".") in _KILO_UNITS


def choose_units(
    *, name: str, description: str, unit: str, pack_cost: Decimal, known_cost: Decimal | None
) -> tuple[Decimal, bool]:
    """Choose the units of a pack, and tell whether that is sure.

    What the words say holds when the supplier's unit is a pack, or none. Where they count single
    units, the cost that the shop knows decides: a price twelve times too high is one of a dozen.
    """
    said = read_units(name, description, unit)
    if is_kilo(unit):
        return _ONE, True
    plain = fold(unit).rstrip(".")
    letters = re.sub(r"[^a-z/]", "", plain)
    is_single = plain in _SINGLE_UNITS
    if said is None:
        return _ONE, is_single or letters not in _PACK_UNITS
    if known_cost is not None and known_cost > 0 and pack_cost > 0:
        return _nearest((_ONE, said), pack_cost / known_cost)
    return (_ONE, False) if is_single else (said, True)


def _nearest(choices: Sequence[Decimal], ratio: Decimal) -> tuple[Decimal, bool]:
    def distance(units: Decimal) -> Decimal:
        return max(ratio / units, units / ratio)

    nearest = min(choices, key=distance)
    return nearest, distance(nearest) <= _MOST_DRIFT


def clean_name(name: str) -> str:
    """Write a supplier's wording the way a shelf shows it: no pack, usual measures and capitals."""
    text = name
    for pattern in _PACKS:
        text = pattern.sub(" ", text)
    for pattern, _ in _NAMED:
        text = pattern.sub(" ", text)
    text = _MEASURED.sub(_measure, text)
    words = [
        word if any(c.isdigit() for c in word) else _capital(word, is_first=place == 0)
        for place, word in enumerate(text.split())
    ]
    return _join_measures(" ".join(words))[:_NAME_LIMIT].strip(" -/,·") or name[:_NAME_LIMIT]


def _measure(found: "re.Match[str]") -> str:
    unit = found[2].lower()
    short = unit if unit in _WRITTEN else unit.rstrip("s")
    return f"{found[1].replace('.', ',')}\0{_WRITTEN.get(short, short)}"


def _join_measures(text: str) -> str:
    return text.replace("\0", " ")


def _capital(word: str, *, is_first: bool) -> str:
    if "\0" in word:
        return word
    lower = word.lower()
    return lower if lower in _SMALL and not is_first else lower.capitalize()
