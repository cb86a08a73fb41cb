"""Reads of what is owed to suppliers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.due_days import due_by_terms
from erpmarket.purchasing.models import (
    PaidBy,
    PayableEntry,
    PayableKind,
    Settlement,
    Supplier,
    SupplierReturn,
)

# Days overdue up to which a debt stands in a column of the ages.
AGES: Final = ((0, "Por vencer"), (30, "1 a 30 días"), (60, "31 a 60 días"), (None, "Más de 60"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPaper:
    """A paper that is owed, whole or in part; `late_days` is above zero when it is overdue.

    `due_on` None: nobody told when, so it is never overdue.
    """

    id: int
    supplier_id: int
    supplier_name: str
    words: str
    receipt_id: int | None
    happened_on: date
    due_on: date | None
    amount_clp: int
    left_clp: int
    late_days: int

    @property
    def age(self) -> int:
        """Place of its column among AGES."""
        return next(
            place for place, (most, _) in enumerate(AGES) if most is None or self.late_days <= most
        )


@dataclass(slots=True, kw_only=True)
class SupplierDebt:
    """What one supplier is owed, by age, and what of notas was not used yet."""

    supplier_id: int
    name: str
    rut: str
    ages: list[int] = field(default_factory=lambda: [0] * len(AGES))
    unused_clp: int = 0
    next_due: date | None = None

    @property
    def total_clp(self) -> int:
        return sum(self.ages) - self.unused_clp


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One line of a supplier's account, with the balance after it."""

    id: int
    day: date
    words: str
    detail: str
    due_on: date | None
    amount_clp: int
    balance_clp: int
    receipt_id: int | None
    can_undo: bool


def list_open_papers(*, today: date, supplier_id: int | None = None) -> Sequence[OpenPaper]:
    """List what is still owed, what is due first on top, what has no day last.

    A paper that came before its supplier had terms follows those of today.
    """
    paid = (
        Settlement.objects.filter(invoice_id=OuterRef("id"))
        .order_by()
        .values("invoice_id")
        .annotate(total=Sum("amount_clp"))
        .values("total")
    )
    rows = (
        PayableEntry.objects.select_related("supplier")
        .filter(kind=PayableKind.INVOICE)
        .annotate(left=F("amount_clp") - Coalesce(Subquery(paid), 0))
        .filter(left__gt=0)
    )
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    papers = [_open_paper(row, left_clp=row.left, today=today) for row in rows.order_by("id")]
    return sorted(papers, key=lambda paper: (paper.due_on or date.max, paper.id))


def _open_paper(row: PayableEntry, *, left_clp: int, today: date) -> OpenPaper:
    due_on = _due_on(row)
    return OpenPaper(
        id=row.id,
        supplier_id=row.supplier_id,
        supplier_name=row.supplier.name,
        words=paper_words(row.document_kind or 0, row.document_folio or 0),
        receipt_id=row.receipt_id,
        happened_on=row.happened_on,
        due_on=due_on,
        amount_clp=row.amount_clp,
        left_clp=left_clp,
        late_days=0 if due_on is None else (today - due_on).days,
    )


def _due_on(row: PayableEntry) -> date | None:
    if row.kind != PayableKind.INVOICE or row.due_on is not None:
        return row.due_on
    return due_by_terms(row.happened_on, row.supplier.payment_days)


def list_debts(*, today: date) -> Sequence[SupplierDebt]:
    """List who is owed how much, by age; who waits longest on top."""
    debts: dict[int, SupplierDebt] = {}
    for paper in list_open_papers(today=today):
        debt = debts.get(paper.supplier_id)
        if debt is None:
            debt = debts[paper.supplier_id] = SupplierDebt(
                supplier_id=paper.supplier_id, name=paper.supplier_name, rut=""
            )
        debt.ages[paper.age] += paper.left_clp
        if paper.due_on is not None:
            debt.next_due = min(debt.next_due or paper.due_on, paper.due_on)
    for supplier in Supplier.objects.filter(id__in=debts):
        debts[supplier.id].rut = supplier.rut
    for supplier_id, unused in _unused_credits().items():
        if supplier_id in debts:
            debts[supplier_id].unused_clp = unused
    return sorted(debts.values(), key=lambda debt: (debt.next_due or date.max, debt.name))


def _unused_credits() -> dict[int, int]:
    """Sum what of the notas de crédito pays nothing yet, by supplier."""
    notas = PayableEntry.objects.filter(kind=PayableKind.CREDIT_NOTE)
    totals = dict(notas.order_by().values_list("supplier_id").annotate(total=-Sum("amount_clp")))
    used = dict(
        Settlement.objects.filter(payment__kind=PayableKind.CREDIT_NOTE)
        .order_by()
        .values_list("payment__supplier_id")
        .annotate(total=Sum("amount_clp"))
    )
    return {
        supplier_id: total - used.get(supplier_id, 0)
        for supplier_id, total in totals.items()
        if total > used.get(supplier_id, 0)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedNota:
    """A nota de crédito of which something pays nothing yet."""

    id: int
    supplier_id: int
    words: str
    happened_on: date
    left_clp: int


def list_unused_notas(
    supplier_id: int | None = None, *, nota_id: int | None = None
) -> Sequence[UnusedNota]:
    """List notas de crédito with something left, the oldest first: of a supplier, or just one."""
    used = (
        Settlement.objects.filter(payment_id=OuterRef("id"))
        .order_by()
        .values("payment_id")
        .annotate(total=Sum("amount_clp"))
        .values("total")
    )
    rows = (
        PayableEntry.objects.filter(kind=PayableKind.CREDIT_NOTE)
        .annotate(left=-F("amount_clp") - Coalesce(Subquery(used), 0))
        .filter(left__gt=0)
    )
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    if nota_id is not None:
        rows = rows.filter(id=nota_id)
    return [
        UnusedNota(
            id=row.id,
            supplier_id=row.supplier_id,
            words=paper_words(row.document_kind or 0, row.document_folio or 0),
            happened_on=row.happened_on,
            left_clp=row.left,
        )
        for row in rows.order_by("happened_on", "id")
    ]


def list_account(supplier_id: int) -> Sequence[AccountRow]:
    """List a supplier's account from the first entry on, with running balances."""
    rows = list(
        PayableEntry.objects.select_related("reverses", "supplier")
        .filter(supplier_id=supplier_id)
        .order_by("happened_on", "id")
    )
    undone = {row.reverses_id for row in rows if row.reverses_id}
    paid = _paid_papers(supplier_id)
    found, balance = [], 0
    for row in rows:
        balance += row.amount_clp
        found.append(
            AccountRow(
                id=row.id,
                day=row.happened_on,
                words=_words(row),
                detail=_detail(row, paid.get(row.id, ())),
                due_on=_due_on(row),
                amount_clp=row.amount_clp,
                balance_clp=balance,
                receipt_id=row.receipt_id,
                can_undo=row.kind == PayableKind.PAYMENT and row.id not in undone,
            )
        )
    return found


def _paid_papers(supplier_id: int) -> dict[int, list[str]]:
    found: dict[int, dict[str, None]] = {}
    rows = (
        Settlement.objects.filter(payment__supplier_id=supplier_id)
        .order_by("id")
        .values_list("payment_id", "invoice__document_kind", "invoice__document_folio")
    )
    for payment_id, kind, folio in rows:
        found.setdefault(payment_id, {})[paper_words(kind, folio)] = None
    return {payment_id: list(papers) for payment_id, papers in found.items()}


def _words(row: PayableEntry) -> str:
    if row.kind in (PayableKind.INVOICE, PayableKind.CREDIT_NOTE):
        return paper_words(row.document_kind or 0, row.document_folio or 0)
    if row.kind == PayableKind.PAYMENT:
        return f"Pago · {PaidBy(row.method).label.lower()}"
    return "Pago anulado"


def _detail(row: PayableEntry, papers: Sequence[str]) -> str:
    parts = [", ".join(papers), row.reference, row.note]
    return " · ".join(part for part in parts if part)


def balance_of(supplier_id: int) -> int:
    """Return what a supplier is owed in all, in pesos; below zero they owe us."""
    rows = PayableEntry.objects.filter(supplier_id=supplier_id)
    return int(rows.aggregate(total=Sum("amount_clp"))["total"] or 0)


def list_open_returns(supplier_id: int) -> Sequence[SupplierReturn]:
    """List the returns whose nota de crédito did not come yet."""
    credited = PayableEntry.objects.filter(
        supplier_id=supplier_id, supplier_return__isnull=False
    ).values("supplier_return_id")
    return list(
        SupplierReturn.objects.select_related("receipt")
        .filter(receipt__supplier_id=supplier_id)
        .exclude(id__in=credited)
        .order_by("-id")
    )


def find_payable(receipt_id: int) -> OpenPaper | None:
    """Find the debt of a receipt; what is left is 0 when it is paid."""
    row = (
        PayableEntry.objects.select_related("supplier")
        .filter(receipt_id=receipt_id, kind=PayableKind.INVOICE)
        .order_by("id")
        .first()
    )
    if row is None:
        return None
    paid = Settlement.objects.filter(invoice=row).aggregate(total=Sum("amount_clp"))["total"] or 0
    return _open_paper(row, left_clp=row.amount_clp - paid, today=row.happened_on)
