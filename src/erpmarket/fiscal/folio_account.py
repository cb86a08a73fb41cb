"""What became of each folio of a CAF: pure arithmetic over blocks, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class FolioFate(StrEnum):
    """Where a folio is; the first that fits, in this order, counts."""

    ISSUED = "issued"
    VOID = "void"
    LOST = "lost"
    LEASED = "leased"
    EXPIRED = "expired"
    OPEN = "open"
    UNEXPLAINED = "unexplained"


_ORDER = tuple(FolioFate)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioSpan:
    """Folios `first` to `last`, both included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many folios it holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A block whose folios met one fate; `words` says with whom, or why."""

    first: int
    last: int
    fate: FolioFate
    words: str = ""
    # The row behind it: a void that can be confirmed, a lease that can be written off.
    row_id: int | None = None

    @property
    def count(self) -> int:
        """How many folios it holds."""
        return self.last - self.first + 1


def account(first: int, last: int, claims: Iterable[Claim]) -> Sequence[Claim]:
    """Cut `first` to `last` into blocks of one fate each, in order, without gap or overlap.

    Where claims overlap the graver fact wins, see FolioFate; what nobody claims is unexplained.
    """
    inside = [claim for claim in claims if claim.first <= last and claim.last >= first]
    borders = {first, last + 1}
    for claim in inside:
        borders |= {max(claim.first, first), min(claim.last, last) + 1}
    inside.sort(key=lambda claim: claim.first)
    blocks: list[Claim] = []
    edges = sorted(borders)
    active: list[Claim] = []
    position = 0
    for start, after in pairwise(edges):
        while position < len(inside) and inside[position].first <= start:
            active.append(inside[position])
            position += 1
        active = [claim for claim in active if claim.last >= start]
        won = min(active, key=lambda claim: _ORDER.index(claim.fate), default=None)
        _append(blocks, won, start, after - 1)
    return tuple(blocks)


def unused_of(first: int, last: int, used: Iterable[int]) -> Sequence[FolioSpan]:
    """List the blocks of `first` to `last` of which no folio is in `used`, in order."""
    claims = [Claim(first=folio, last=folio, fate=FolioFate.ISSUED) for folio in used]
    return tuple(
        FolioSpan(first=block.first, last=block.last)
        for block in account(first, last, claims)
        if block.fate is FolioFate.UNEXPLAINED
    )


def _append(blocks: list[Claim], won: Claim | None, first: int, last: int) -> None:
    fate = FolioFate.UNEXPLAINED if won is None else won.fate
    words, row_id = ("", None) if won is None else (won.words, won.row_id)
    before = blocks[-1] if blocks else None
    if before is not None and (before.fate, before.words, before.row_id) == (fate, words, row_id):
        first = before.first
        blocks.pop()
    blocks.append(Claim(first=first, last=last, fate=fate, words=words, row_id=row_id))
