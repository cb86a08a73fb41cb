"""What one unit of a product holds, read from words: "Leche 1 L", "Pack 6 x 350 ml"."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_THOUSAND: Final = Decimal(1000)
# Unit as people write it → what it is a price of, and how many thousandths of that it holds.
_UNITS: Final = {
    "kg": ("kg", 1000),
    "kilo": ("kg", 1000),
    "kilos": ("kg", 1000),
    "g": ("kg", 1),
    "gr": ("kg", 1),
    "grs": ("kg", 1),
    "gramos": ("kg", 1),
    "l": ("litro", 1000),
    "lt": ("litro", 1000),
    "lts": ("litro", 1000),
    "litro": ("litro", 1000),
    "litros": ("litro", 1000),
    "ml": ("litro", 1),
    "cc": ("litro", 1),
}
_CONTENT: Final = re.compile(
    r"(?<![\w,.])(?:(?P<count>\d{1,3})\s*[x×]\s*)?(?P<size>\d{1,5}(?:[.,]\d{1,3})?)\s*"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b",
    re.IGNORECASE | re.ASCII,
)


_PAIR: Final = re.compile(
    rf"(?<=\d) (?=(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """So many thousandths of a kilo or a litre; `measure` is `kg` or `litro`."""

    measure: str
    thousandths: Decimal

    def price_per_measure(self, price_clp: int) -> int:
        """Return the price of a whole kilo or litre, in pesos half up."""
        price = price_clp * _THOUSAND / self.thousandths
        return int(price.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def read_content(text: str) -> Content | None:
    """Read the one content a text tells; None when it tells none, or two different ones."""
    found = {_content(match) for match in _CONTENT.finditer(text)}
    only = found.pop() if len(found) == 1 else None
    return only if only is not None and only.thousandths > 0 else None


def keep_pairs(text: str) -> str:
    """Tie numbers to their units, so that `3 L` never breaks over two lines."""
    return _PAIR.sub("\N{NO-BREAK SPACE}", text)


def _content(match: "re.Match[str]") -> Content:
    measure, thousandths = _UNITS[match["unit"].lower()]
    size = Decimal(match["size"].replace(",", "."))
    return Content(measure=measure, thousandths=int(match["count"] or 1) * size * thousandths)
