"""The Z as it was closed, and what came after: a told sale may be late, and a Z does not change."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from erpmarket.fiscal.span_queries import FolioSpan
from erpmarket.pos.models import Shift
from erpmarket.pos.shift_models import ShiftClosing
from erpmarket.pos.shift_report import (
    Refunds,
    ShiftReport,
    SumRow,
    no_vouchers,
    read_shift_report,
)

# What runs on in the shift's row while sales come in late.
_TOTALS: Final = (
    "sale_count",
    "total_clp",
    "cash_clp",
    "rounding_clp",
    "refund_cash_clp",
    "taken_clp",
    "reprint_count",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateNews:
    """What came after a shift was closed, in pesos; `now` is the shift with all of it."""

    now: Shift
    sale_count: int
    total_clp: int
    cash_clp: int


def figures_to_keep(shift: Shift) -> dict[str, Any] | None:
    """Write what a closed shift's Z says as plain values; None: it is open, or they are kept."""
    if shift.closed_at is None or shift.z_number is None or _find(shift) is not None:
        return None
    return _figures(read_shift_report(shift, at=shift.closed_at))


def read_closed(shift: Shift, *, at: datetime) -> ShiftReport:
    """Give a shift as it was closed; an open one, or one to which nothing came late, as it is."""
    live = read_shift_report(shift, at=at)
    kept = _find(shift)
    return live if kept is None else _as_closed(live, kept)


def read_late(shift: Shift) -> LateNews | None:
    """Tell what came after a shift was closed; None when nothing did."""
    kept = _find(shift)
    if kept is None:
        return None
    closed = _shift_as_closed(shift, kept)
    if all(getattr(closed, name) == getattr(shift, name) for name in _TOTALS):
        return None
    return LateNews(
        now=shift,
        sale_count=shift.sale_count - closed.sale_count,
        total_clp=shift.total_clp - closed.total_clp,
        cash_clp=shift.expected_clp - closed.expected_clp,
    )


def _find(shift: Shift) -> Mapping[str, Any] | None:
    if shift.closed_at is None:
        return None
    figures: Mapping[str, Any] | None = (
        ShiftClosing.objects.filter(shift_id=shift.id, closed_at=shift.closed_at)
        .values_list("figures", flat=True)
        .first()
    )
    return figures


def _figures(report: ShiftReport) -> dict[str, Any]:
    return {
        "totals": {name: getattr(report.shift, name) for name in _TOTALS},
        "means": [asdict(row) for row in report.means],
        "sellers": [asdict(row) for row in report.sellers],
        "papers": [asdict(span) for span in report.papers],
        "vouchers": asdict(report.vouchers),
        "moves": [move.id for move in report.moves],
        "refunds": asdict(report.refunds),
        "discounts": asdict(report.discounts),
        "deeds": [asdict(row) for row in report.deeds],
        "credit_rounding_clp": report.credit_rounding_clp,
    }


def _as_closed(live: ShiftReport, kept: Mapping[str, Any]) -> ShiftReport:
    moves = set(kept["moves"])
    return replace(
        live,
        shift=_shift_as_closed(live.shift, kept),
        means=_rows(kept["means"]),
        sellers=_rows(kept["sellers"]),
        papers=tuple(FolioSpan(**span) for span in kept["papers"]),
        # Closings kept by older releases did not tell them.
        vouchers=SumRow(**kept["vouchers"]) if "vouchers" in kept else no_vouchers(),
        moves=tuple(move for move in live.moves if move.id in moves),
        refunds=Refunds(**kept["refunds"]),
        discounts=SumRow(**kept["discounts"]),
        deeds=_rows(kept["deeds"]),
        credit_rounding_clp=kept["credit_rounding_clp"],
    )


def _shift_as_closed(shift: Shift, kept: Mapping[str, Any]) -> Shift:
    """Give a shift with its totals of then; who counted late counted against those."""
    closed = copy(shift)
    for name in _TOTALS:
        setattr(closed, name, kept["totals"][name])
    if shift.counted_clp is not None:
        closed.difference_clp = shift.counted_clp - closed.expected_clp
    return closed


def _rows(kept: Sequence[Mapping[str, Any]]) -> tuple[SumRow, ...]:
    return tuple(SumRow(**row) for row in kept)
