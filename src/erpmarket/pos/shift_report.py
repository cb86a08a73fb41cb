"""What a shift comes to: X while it is open, Z with its number when it is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, Sum

from erpmarket.customers.queries import sum_rounding
from erpmarket.fiscal.span_queries import FolioSpan, list_folio_spans
from erpmarket.pos.models import (
    CashMove,
    CashMoveKind,
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


VOUCHERS: Final = "Voucher de tarjeta como boleta"
_BACK: Final = (
    ("cash_clp", "Devuelto en efectivo"),
    ("card_clp", "Devuelto a tarjeta"),
    ("baes_clp", "Devuelto a tarjeta BAES"),
    ("transfer_clp", "Devuelto por transferencia"),
    ("credit_clp", "Devuelto a cuentas de fiado"),
    ("store_credit_clp", "Devuelto en vales"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunds:
    """What went back to customers out of this shift; amount = the sum of the ways + rounding.

    Closings kept by older releases know cash and card only.
    """

    count: int
    amount_clp: int
    cash_clp: int
    card_clp: int
    rounding_clp: int
    baes_clp: int = 0
    transfer_clp: int = 0
    credit_clp: int = 0
    store_credit_clp: int = 0

    @property
    def ways(self) -> tuple[tuple[str, int], ...]:
        """How it went back, in words and pesos that add up to the amount: below zero, as it left.

        By the card's row the closing of the card machine adds up.
        """
        known = [(words, int(getattr(self, name))) for name, words in _BACK]
        rest = self.amount_clp - self.rounding_clp - sum(amount for _, amount in known)
        rows = (
            *known,
            ("Devuelto de otra forma", rest),
            ("Redondeo al devolver", self.rounding_clp),
        )
        return tuple((words, -amount) for words, amount in rows if amount)


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
    vouchers: SumRow
    moves: tuple[CashMove, ...]
    refunds: Refunds
    discounts: SumRow
    deeds: tuple[SumRow, ...]
    credit_rounding_clp: int

    @property
    def is_closed(self) -> bool:
        return self.shift.closed_at is not None

    @property
    def title(self) -> str:
        return shift_title(self.shift)

    @property
    def has_papers(self) -> bool:
        return bool(self.papers or self.vouchers.count)

    @property
    def rounded_off_clp(self) -> int:
        """What takes the sum of the means to what was sold: rounding is money, and no sale."""
        return int(-self.shift.rounding_clp)

    @property
    def rounding_clp(self) -> int:
        """What rounding of cash gained or lost the shop, refunds and payments of debt included."""
        own = self.shift.rounding_clp + self.refunds.rounding_clp
        return int(own + self.credit_rounding_clp)

    @property
    def cash_over(self) -> SumRow | None:
        """Cash that left the drawer above what it should have held, as a till told it."""
        words = DeedKind.CASH_OVER.label
        return next((row for row in self.deeds if row.words == words), None)

    @property
    def pieces(self) -> tuple[PieceRow, ...]:
        counts = self.shift.counts or {}
        return tuple(
            PieceRow(value_clp=value, pieces=counts[str(value)])
            for value in DENOMINATIONS
            if counts.get(str(value))
        )


def shift_title(shift: Shift) -> str:
    """Return what a shift's report is called."""
    if shift.closed_at is None:
        return "Informe X"
    number = f"{shift.z_number:,}".replace(",", ".") if shift.z_number else "s/n"
    return f"Informe Z N° {number}"


def read_shift_report(shift: Shift, *, at: datetime) -> ShiftReport:
    """Add up a shift as its rows say now; a Z as it was closed is `shift_closings.read_closed`."""
    moves = tuple(
        CashMove.objects.select_related("made_by", "approved_by")
        .filter(shift_id=shift.id)
        .order_by("id")
    )
    credit = [move.uid for move in moves if move.kind == CashMoveKind.CREDIT_PAYMENT]
    return ShiftReport(
        shift=shift,
        made_at=at,
        means=_means(shift),
        sellers=_sellers(shift),
        papers=tuple(list_folio_spans(_causes(shift))),
        vouchers=_vouchers(shift),
        moves=moves,
        refunds=_refunds(shift),
        discounts=_discounts(shift),
        deeds=_deeds(shift),
        credit_rounding_clp=sum_rounding(credit) if credit else 0,
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


def no_vouchers() -> SumRow:
    """Return the row of a shift whose card vouchers were no boletas."""
    return SumRow(words=VOUCHERS, count=0, amount_clp=0)


def _vouchers(shift: Shift) -> SumRow:
    """Sum the card vouchers that were boletas: with our papers they are what was sold."""
    sums = Payment.objects.filter(
        sale__shift_id=shift.id, voucher_exempt_clp__isnull=False
    ).aggregate(count=Count("id"), sum=Sum("amount_clp"))
    return SumRow(words=VOUCHERS, count=sums["count"], amount_clp=sums["sum"] or 0)


def _refunds(shift: Shift) -> Refunds:
    sums = SaleReturn.objects.filter(shift_id=shift.id).aggregate(
        count=Count("id"),
        amount=Sum("amount_clp"),
        cash=Sum("cash_out_clp"),
        card=Sum("card_clp"),
        baes=Sum("baes_clp"),
        transfer=Sum("transfer_clp"),
        credit=Sum("credit_clp"),
        store_credit=Sum("store_credit_clp"),
        rounding=Sum("rounding_clp"),
    )
    return Refunds(
        count=sums["count"],
        amount_clp=sums["amount"] or 0,
        cash_clp=sums["cash"] or 0,
        card_clp=sums["card"] or 0,
        rounding_clp=sums["rounding"] or 0,
        baes_clp=sums["baes"] or 0,
        transfer_clp=sums["transfer"] or 0,
        credit_clp=sums["credit"] or 0,
        store_credit_clp=sums["store_credit"] or 0,
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
