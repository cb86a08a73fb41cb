"""What is owed to suppliers and what is paid: entries are appended, never changed.

Whoever writes to a supplier's account locks the supplier first: what is left of a paper is then
nobody else's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.module_loading import import_string

from erpmarket.common.clock import local_date
from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.due_days import due_by_terms
from erpmarket.purchasing.errors import (
    CreditMoved,
    MoreThanOwed,
    NothingPaid,
    NotReversible,
    PaperOwedAlready,
    UidTaken,
)
from erpmarket.purchasing.models import (
    PaidBy,
    PayableEntry,
    PayableKind,
    Settlement,
    Supplier,
)

CREDIT_NOTE: Final = 61


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A paper that is owed, in pesos with its taxes; `due_on` None leaves it to the terms."""

    uid: UUID
    supplier_id: int
    document_kind: int
    document_folio: int
    amount_clp: int
    issued_on: date
    due_on: date | None
    receipt_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A supplier's nota de crédito, in pesos with its taxes; it pays the papers it names."""

    uid: UUID
    supplier_id: int
    document_folio: int
    amount_clp: int
    issued_on: date
    pays: Mapping[int, int]
    return_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierPayment:
    """Money to a supplier: `pays` is invoice entry → pesos. `till_id` is for the drawer."""

    uid: UUID
    supplier_id: int
    method: PaidBy
    pays: Mapping[int, int]
    reference: str = ""
    note: str = ""
    till_id: int | None = None


@transaction.atomic
def enter_invoice(invoice: Invoice, *, by_id: int | None) -> PayableEntry:
    """Owe a paper from now on; the same uid is the same entry. Raises PaperOwedAlready."""
    supplier = _lock(invoice.supplier_id)
    known = _known(invoice.uid, invoice.supplier_id, invoice.amount_clp)
    if known is not None:
        return known
    _check_paper(invoice.supplier_id, invoice.document_kind, invoice.document_folio)
    row: PayableEntry = PayableEntry.objects.create(
        uid=invoice.uid,
        supplier_id=invoice.supplier_id,
        kind=PayableKind.INVOICE,
        amount_clp=invoice.amount_clp,
        document_kind=invoice.document_kind,
        document_folio=invoice.document_folio,
        happened_on=invoice.issued_on,
        due_on=invoice.due_on or due_by_terms(invoice.issued_on, supplier.payment_days),
        receipt_id=invoice.receipt_id,
        note=invoice.note,
        made_by_id=by_id,
    )
    return row


@transaction.atomic
def enter_credit_note(nota: CreditNote, *, by_id: int | None) -> PayableEntry:
    """Owe less by a nota de crédito, which pays what it names; the rest of it stays to be used.

    Raises PaperOwedAlready and MoreThanOwed.
    """
    _lock(nota.supplier_id)
    known = _known(nota.uid, nota.supplier_id, -nota.amount_clp)
    if known is not None:
        return known
    _check_paper(nota.supplier_id, CREDIT_NOTE, nota.document_folio)
    if sum(nota.pays.values()) > nota.amount_clp:
        raise MoreThanOwed(
            words=paper_words(CREDIT_NOTE, nota.document_folio), left_clp=nota.amount_clp
        )
    row: PayableEntry = PayableEntry.objects.create(
        uid=nota.uid,
        supplier_id=nota.supplier_id,
        kind=PayableKind.CREDIT_NOTE,
        amount_clp=-nota.amount_clp,
        document_kind=CREDIT_NOTE,
        document_folio=nota.document_folio,
        happened_on=nota.issued_on,
        supplier_return_id=nota.return_id,
        note=nota.note,
        made_by_id=by_id,
    )
    _settle(row, nota.pays)
    return row


@transaction.atomic
def use_credit(*, nota_id: int, pays: Mapping[int, int], left_clp: int) -> PayableEntry:
    """Pay papers with what is left of a nota de crédito, in pesos by paper.

    `left_clp` is what the person saw of it: a second click finds less and pays nothing. Raises
    NothingPaid, CreditMoved, MoreThanOwed; PayableEntry.DoesNotExist for what is no nota.
    """
    wanted = {invoice: amount for invoice, amount in pays.items() if amount}
    if not wanted or min(wanted.values()) < 0:
        raise NothingPaid
    nota: PayableEntry = PayableEntry.objects.get(id=nota_id, kind=PayableKind.CREDIT_NOTE)
    _lock(nota.supplier_id)
    left = unused_of([nota.id])[nota.id]
    if left != left_clp:
        raise CreditMoved(left_clp=left)
    if sum(wanted.values()) > left:
        words = paper_words(CREDIT_NOTE, nota.document_folio or 0)
        raise MoreThanOwed(words=words, left_clp=left)
    _settle(nota, wanted)
    return nota


@transaction.atomic
def pay_supplier(payment: SupplierPayment, *, by_id: int, at: datetime) -> PayableEntry:
    """Pay papers of a supplier; out of a drawer the till that is open gives the money.

    The same uid is the same payment, and the drawer gives once. Raises NothingPaid, MoreThanOwed,
    and what the drawer refuses: no open shift, less cash than that.
    """
    pays = {invoice: amount for invoice, amount in payment.pays.items() if amount}
    total = sum(pays.values())
    if not pays or min(pays.values()) < 0:
        raise NothingPaid
    _lock(payment.supplier_id)
    known = _known(payment.uid, payment.supplier_id, -total)
    if known is not None:
        return known
    row: PayableEntry = PayableEntry.objects.create(
        uid=payment.uid,
        supplier_id=payment.supplier_id,
        kind=PayableKind.PAYMENT,
        amount_clp=-total,
        happened_on=local_date(at),
        method=payment.method,
        reference=payment.reference,
        note=payment.note,
        made_by_id=by_id,
    )
    papers = _settle(row, pays)
    if payment.method == PaidBy.DRAWER:
        if payment.till_id is None:
            raise NothingPaid
        drawer("take_from_drawer")(
            uid=row.uid,
            till_id=payment.till_id,
            amount_clp=total,
            words=_drawer_words(papers),
            by_id=by_id,
            at=at,
        )
    return row


@transaction.atomic
def reverse_payment(
    *, uid: UUID, payment_id: int, reason: str, by_id: int, at: datetime
) -> PayableEntry:
    """Undo a payment by an entry of its own; money of an open drawer goes back into it.

    Raises NotReversible, and what the drawer refuses when its shift is closed.
    """
    row: PayableEntry = PayableEntry.objects.get(id=payment_id)
    _lock(row.supplier_id)
    known: PayableEntry | None = PayableEntry.objects.filter(uid=uid).first()
    if known is not None and known.reverses_id == payment_id:
        return known
    is_reversed = PayableEntry.objects.filter(reverses=row).exists()
    if known is not None or row.kind != PayableKind.PAYMENT or is_reversed:
        raise NotReversible
    undone: PayableEntry = PayableEntry.objects.create(
        uid=uid,
        supplier_id=row.supplier_id,
        kind=PayableKind.REVERSAL,
        amount_clp=-row.amount_clp,
        happened_on=local_date(at),
        note=reason,
        reverses=row,
        made_by_id=by_id,
    )
    Settlement.objects.bulk_create(
        Settlement(payment=undone, invoice_id=each.invoice_id, amount_clp=-each.amount_clp)
        for each in Settlement.objects.filter(payment=row)
    )
    if row.method == PaidBy.DRAWER:
        drawer("put_back_into_drawer")(uid=uid, taken_uid=row.uid, by_id=by_id, at=at)
    return undone


def drawer(name: str) -> Callable[..., Any]:
    """Find a deed of the tills' drawers: the till stands beside this room and is asked by name."""
    found: Callable[..., Any] = import_string(f"{settings.DRAWER}.{name}")
    return found


def left_of(invoice_ids: Sequence[int]) -> dict[int, int]:
    """Return what is still owed of invoices, in pesos."""
    paid = dict(
        Settlement.objects.filter(invoice_id__in=invoice_ids)
        .values_list("invoice_id")
        .annotate(total=Sum("amount_clp"))
    )
    amounts = PayableEntry.objects.filter(id__in=invoice_ids, kind=PayableKind.INVOICE)
    return {
        row_id: amount - paid.get(row_id, 0)
        for row_id, amount in amounts.values_list("id", "amount_clp")
    }


def unused_of(nota_ids: Sequence[int]) -> dict[int, int]:
    """Return what of notas de crédito pays nothing yet, in pesos."""
    used = dict(
        Settlement.objects.filter(payment_id__in=nota_ids)
        .values_list("payment_id")
        .annotate(total=Sum("amount_clp"))
    )
    amounts = PayableEntry.objects.filter(id__in=nota_ids, kind=PayableKind.CREDIT_NOTE)
    return {
        row_id: -amount - used.get(row_id, 0)
        for row_id, amount in amounts.values_list("id", "amount_clp")
    }


def _settle(row: PayableEntry, pays: Mapping[int, int]) -> list[PayableEntry]:
    wanted = {invoice: amount for invoice, amount in pays.items() if amount}
    papers = list(
        PayableEntry.objects.filter(
            id__in=wanted, supplier_id=row.supplier_id, kind=PayableKind.INVOICE
        ).order_by("due_on", "id")
    )
    left = left_of([paper.id for paper in papers])
    if len(papers) != len(wanted):
        raise NothingPaid
    for paper in papers:
        if not 0 < wanted[paper.id] <= left[paper.id]:
            words = paper_words(paper.document_kind, paper.document_folio)
            raise MoreThanOwed(words=words, left_clp=left[paper.id])
    Settlement.objects.bulk_create(
        Settlement(payment=row, invoice=paper, amount_clp=wanted[paper.id]) for paper in papers
    )
    return papers


def _lock(supplier_id: int) -> Supplier:
    supplier: Supplier = Supplier.objects.select_for_update(of=("self",)).get(id=supplier_id)
    return supplier


def _known(uid: UUID, supplier_id: int, amount_clp: int) -> PayableEntry | None:
    row: PayableEntry | None = PayableEntry.objects.filter(uid=uid).first()
    if row is not None and (row.supplier_id, row.amount_clp) != (supplier_id, amount_clp):
        raise UidTaken(uid=uid)
    return row


def _check_paper(supplier_id: int, kind: int, folio: int) -> None:
    if PayableEntry.objects.filter(
        supplier_id=supplier_id,
        document_kind=kind,
        document_folio=folio,
        kind__in=[PayableKind.INVOICE, PayableKind.CREDIT_NOTE],
    ).exists():
        raise PaperOwedAlready(document_folio=folio)


def _drawer_words(papers: Sequence[PayableEntry]) -> str:
    supplier = Supplier.objects.get(id=papers[0].supplier_id)
    named = ", ".join(
        paper_words(row.document_kind or 0, row.document_folio or 0) for row in papers
    )
    return f"{supplier.name}: {named}"[:120]
