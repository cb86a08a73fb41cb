"""What a shift comes to: X while it is open, Z with its number when it is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum

from erpmarket.fiscal.span_queries import FolioSpan, list_folio_spans
from erpmarket.pos.device_models import FlagKind, SaleFlag
from erpmarket.pos.models import (
    CashMove,
    Payment,
    PaymentKind,
    Sale,
    SaleLine,
    SaleReturn,
    Shift,
)
from erpmarket.pos.shift_counts import DENOMINATIONS
from erpmarket.pos.shift_models import DeedKind, TillDeed


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRow:
    """How often something was, and what it adds up to in pesos."""

    words: str
    count: int
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunds:
    """What went back to customers out of this shift; amount = cash + card + rounding."""

    count: int
    amount_clp: int
    cash_clp: int
    card_clp: int
    rounding_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRow:
    """How many of a note or coin were counted."""

    value_clp: int
    pieces: int

    @property
    def sum_clp(self) -> int:
        return self.value_clp * self.pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReport:
    """A shift as X or Z shows it; the running totals are in `shift`, the rest was added up."""

    shift: Shift
    made_at: datetime
    means: tuple[SumRow, ...]
    sellers: tuple[SumRow, ...]
    papers: tuple[FolioSpan, ...]
    moves: tuple[CashMove, ...]
    refunds: Refunds
    discounts: SumRow
    deeds: tuple[SumRow, ...]
    late_count: int

    @property
    def is_closed(self) -> bool:
        return self.shift.closed_at is not None

    @property
    def title(self) -> str:
        if not self.is_closed:
            return "Informe X"
        number = f"{self.shift.z_number:,}".replace(",", ".") if self.shift.z_number else "s/n"
        return f"Informe Z N° {number}"

    @property
    def rounded_off_clp(self) -> int:
        """What takes the sum of the means to what was sold: rounding is money, and no sale."""
        return int(-self.shift.rounding_clp)

    @property
    def rounding_clp(self) -> int:
        """What rounding of cash gained or lost the shop, refunds included."""
        return int(self.shift.rounding_clp + self.refunds.rounding_clp)

    @property
    def pieces(self) -> tuple[PieceRow, ...]:
        counts = self.shift.counts or {}
        return tuple(
            PieceRow(value_clp=value, pieces=counts[str(value)])
            for value in DENOMINATIONS
            if counts.get(str(value))
        )


def read_shift_report(shift: Shift, *, at: datetime) -> ShiftReport:
    """Add up a shift as its rows say now; a sale that arrives later changes what it says."""
    return ShiftReport(
        shift=shift,
        made_at=at,
        means=_means(shift),
        sellers=_sellers(shift),
        papers=tuple(list_folio_spans(_causes(shift))),
        moves=tuple(
            CashMove.objects.select_related("made_by", "approved_by")
            .filter(shift_id=shift.id)
            .order_by("id")
        ),
        refunds=_refunds(shift),
        discounts=_discounts(shift),
        deeds=_deeds(shift),
        late_count=SaleFlag.objects.filter(sale__shift_id=shift.id, kind=FlagKind.SHIFT).count(),
    )


def _means(shift: Shift) -> tuple[SumRow, ...]:
    rows = (
        Payment.objects.filter(sale__shift_id=shift.id)
        .values("kind")
        .annotate(count=Count("id"), sum=Sum("amount_clp"))
    )
    found = {row["kind"]: row for row in rows}
    return tuple(
        SumRow(words=str(kind.label), count=found[kind]["count"], amount_clp=found[kind]["sum"])
        for kind in PaymentKind
        if kind in found
    )


def _sellers(shift: Shift) -> tuple[SumRow, ...]:
    rows = (
        Sale.objects.filter(shift_id=shift.id)
        .values("cashier_id", "cashier__display_name")
        .annotate(count=Count("id"), sum=Sum("total_clp"))
    )
    people: dict[int, list[SumRow]] = {}
    for row in rows:
        words = row["cashier__display_name"] or shift.cashier.display_name
        sold = SumRow(words=words, count=row["count"], amount_clp=row["sum"])
        people.setdefault(row["cashier_id"] or shift.cashier_id, []).append(sold)
    sums = [
        SumRow(
            words=sold[0].words,
            count=sum(row.count for row in sold),
            amount_clp=sum(row.amount_clp for row in sold),
        )
        for sold in people.values()
    ]
    return tuple(sorted(sums, key=lambda row: (-row.amount_clp, row.words)))


def _causes(shift: Shift) -> Sequence[UUID]:
    sold = Sale.objects.filter(shift_id=shift.id).values_list("uid", flat=True)
    returned = SaleReturn.objects.filter(shift_id=shift.id).values_list("uid", flat=True)
    return [*sold, *returned]


def _refunds(shift: Shift) -> Refunds:
    sums = SaleReturn.objects.filter(shift_id=shift.id).aggregate(
        count=Count("id"),
        amount=Sum("amount_clp"),
        cash=Sum("cash_out_clp"),
        card=Sum("card_clp"),
        rounding=Sum("rounding_clp"),
    )
    return Refunds(
        count=sums["count"],
        amount_clp=sums["amount"] or 0,
        cash_clp=sums["cash"] or 0,
        card_clp=sums["card"] or 0,
        rounding_clp=sums["rounding"] or 0,
    )


def _discounts(shift: Shift) -> SumRow:
    sums = SaleLine.objects.filter(sale__shift_id=shift.id, discount_clp__gt=0).aggregate(
        count=Count("id"), sum=Sum("discount_clp")
    )
    return SumRow(words="Descuentos", count=sums["count"], amount_clp=sums["sum"] or 0)


def _deeds(shift: Shift) -> tuple[SumRow, ...]:
    rows = (
        TillDeed.objects.filter(shift_id=shift.id)
        .values("kind")
        .annotate(count=Count("id"), sum=Sum("amount_clp"))
    )
    found = {row["kind"]: row for row in rows}
    return tuple(
        SumRow(words=str(kind.label), count=found[kind]["count"], amount_clp=found[kind]["sum"])
        for kind in DeedKind
        if kind in found
    )
