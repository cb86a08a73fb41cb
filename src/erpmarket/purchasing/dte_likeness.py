"""How alike a supplier's wording and a product's name are. Pure, without the database.

PostgreSQL's trigrams would ask for an extension, and no index of theirs serves a company's slice
behind row-level security; and they know nothing of what suppliers do to names: `CERV ESCUDO 470CC`
is our `Cerveza Escudo 470 ml`, and `1.5LT` is no `1 L`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from erpmarket.catalog.search import fold
from erpmarket.purchasing.dte_packs import clean_name

_MEASURE: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(ml|cc|cl|lts?|l|kgs?|grs?|gms?|g)\b")
_TO_SMALL: Final[Mapping[str, tuple[int, str]]] = {
    "ml": (1, "ml"), "cc": (1, "ml"), "cl": (10, "ml"), "l": (1000, "ml"), "lt": (1000, "ml"),
    "g": (1, "g"), "gr": (1, "g"), "gm": (1, "g"), "kg": (1000, "g"),
}  # fmt: skip
_WORD: Final = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_BARE: Final = re.compile(r"\d{1,2}\.\d+")
_SMALL_WORDS: Final = frozenset({"de", "del", "la", "el", "con", "sin", "y", "en", "c", "x", "p"})
_PREFIX: Final = 3
_TRIED: Final = 150
# A name of one word is like many: what is below says nothing.
LEAST_PERCENT: Final = 40
LIKELY_PERCENT: Final = 55


def words_of(text: str) -> tuple[str, ...]:
    """Cut a name into the words that are compared, measures in ml and g."""
    folded = _MEASURE.sub(_small_measure, fold(clean_name(text)).replace(",", "."))
    found = dict.fromkeys(map(_litres, _WORD.findall(folded)))
    return tuple(word for word in found if word not in _SMALL_WORDS)


class NameIndex:
    """The names of a catalogue, to be asked which ones a wording is like."""

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._words: dict[int, tuple[str, ...]] = {}
        self._by_start: dict[str, list[int]] = {}
        for product_id, name in names:
            words = words_of(name)
            self._words[product_id] = words
            for start in {word[:_PREFIX] for word in words}:
                self._by_start.setdefault(start, []).append(product_id)

    def closest(self, text: str, limit: int = 3) -> tuple[tuple[int, int], ...]:
        """Return (product, percent) of the names most alike, best first, none under the least."""
        words = words_of(text)
        shared: Counter[int] = Counter()
        for start in {word[:_PREFIX] for word in words}:
            shared.update(self._by_start.get(start, ()))
        scored = [
            (_percent(words, self._words[product_id]), product_id)
            for product_id, _ in shared.most_common(_TRIED)
        ]
        best = sorted((pair for pair in scored if pair[0] >= LEAST_PERCENT), key=_best_first)
        return tuple((product_id, percent) for percent, product_id in best[:limit])


def _litres(word: str) -> str:
    """Read a bare `1.6` as what it is in a shop: litres or kilos."""
    return f"{Decimal(word) * 1000:f}".partition(".")[0] if _BARE.fullmatch(word) else word


def _best_first(pair: tuple[int, int]) -> tuple[int, int]:
    return -pair[0], pair[1]


def _small_measure(found: "re.Match[str]") -> str:
    unit = found[2] if found[2] in _TO_SMALL else found[2].rstrip("s")
    factor, small = _TO_SMALL[unit]
    return f"{(Decimal(found[1]) * factor).normalize():f}{small}"


def _percent(theirs: tuple[str, ...], ours: tuple[str, ...]) -> int:
    """Return how much of both names the other one has, 0 to 100; other measures halve it."""
    if not theirs or not ours:
        return 0
    left, got = list(ours), 0
    for word in theirs:
        gains = [(_alike(word, other), other) for other in left]
        gain, other = max(gains, default=(0, ""))
        if gain:
            left.remove(other)
            got += gain
    percent = 2 * got // (len(theirs) + len(ours))
    sizes, our_sizes = _sizes(theirs), _sizes(ours)
    return percent // 2 if sizes and our_sizes and not sizes & our_sizes else percent


def _sizes(words: tuple[str, ...]) -> set[str]:
    return {word.rstrip("mlg") for word in words if word[0].isdigit()}


def _alike(one: str, other: str) -> int:
    if one == other:
        return 100
    if one[0].isdigit() and other[0].isdigit():
        return 90 if one.rstrip("mlg") == other.rstrip("mlg") else 0
    short, long = sorted((one, other), key=len)
    return 85 if len(short) >= _PREFIX and long.startswith(short) else 0
