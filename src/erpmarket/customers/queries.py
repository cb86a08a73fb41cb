"""Reads of customers: who they are, what they owe, what tills must know of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from erpmarket.customers.models import Customer, CustomerClock, CustomerMove, MoveKind
from erpmarket.customers.store_credit_models import StoreCredit, StoreCreditMove
from erpmarket.customers.vale_codes import plain_code
from erpmarket.fiscal.queries import map_live_papers
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.scope import current_company

MOVES_SHOWN: Final = 200


def find_customer(customer_id: int) -> Customer | None:
    """Find a customer of the company; None for strangers."""
    found: Customer | None = Customer.objects.filter(id=customer_id).first()
    return found


def search_customers(
    text: str, *, after_id: int | None = None, limit: int = 50, owing: bool = False
) -> Sequence[Customer]:
    """List customers whose name, alias, phone or RUT holds the text, by name.

    `after_id` continues after that customer; `owing` leaves out who owes nothing.
    """
    found = Customer.objects.all()
    if owing:
        found = found.filter(balance_clp__gt=0)
    if text:
        found = found.filter(
            Q(name__icontains=text)
            | Q(alias__icontains=text)
            | Q(phone__contains=text)
            | Q(rut__startswith=text.replace(".", ""))
        )
    if after_id is not None:
        last = Customer.objects.filter(id=after_id).values_list("name", flat=True).first()
        if last is not None:
            found = found.filter(Q(name__gt=last) | Q(name=last, id__gt=after_id))
    return list(found.order_by("name", "id")[:limit])


def sum_debts() -> int:
    """Sum what all customers owe, in pesos; who paid ahead takes nothing off."""
    owed = Customer.objects.filter(balance_clp__gt=0).aggregate(sum=Sum("balance_clp"))["sum"]
    return int(owed or 0)


def list_moves(customer_id: int, *, limit: int = MOVES_SHOWN) -> Sequence[CustomerMove]:
    """List the moves of an account, newest first."""
    rows = CustomerMove.objects.select_related("made_by", "approved_by")
    return list(rows.filter(customer_id=customer_id).order_by("-id")[:limit])


def map_papers(moves: Sequence[CustomerMove]) -> Mapping[UUID, tuple[int, str]]:
    """Map moves, by uid, to the paper of what was bought or came back: its id, and its words."""
    uids = [move.uid for move in moves if move.kind in (MoveKind.SALE, MoveKind.RETURN)]
    papers = map_live_papers(uids) if uids else {}
    return {uid: (row.id, paper_words(row.kind, row.folio)) for uid, row in papers.items()}


def find_move(uid: UUID) -> CustomerMove | None:
    """Find a move by the uid of its cause."""
    found: CustomerMove | None = CustomerMove.objects.filter(uid=uid).first()
    return found


# What was paid covers the oldest first: open is what the balance still reaches back to.
_OLDEST = """
SELECT made_at FROM (
  SELECT made_at, id,
         sum(amount_clp) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) - amount_clp AS newer
    FROM customers_customermove
   WHERE company_id = %s AND customer_id = %s AND amount_clp > 0) charges
 WHERE newer < %s ORDER BY id LIMIT 1
"""


def find_oldest_debt(customer: Customer) -> datetime | None:
    """Find since when a customer owes, None when they do not: payments cover the oldest first."""
    if customer.balance_clp <= 0:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST, [current_company(), customer.id, customer.balance_clp])
        row = cursor.fetchone()
    return None if row is None else row[0]


def sum_rounding(uids: Collection[UUID]) -> int:
    """Sum what rounding the cash of some payments gained the shop, in pesos."""
    rows = CustomerMove.objects.filter(uid__in=uids)
    return int(rows.aggregate(sum=Sum("rounding_clp"))["sum"] or 0)


def get_revision() -> int:
    """Return the last revision of the company's customers; 0 when nobody was written down."""
    return CustomerClock.objects.values_list("revision", flat=True).first() or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerNews:
    """What a till must know: rows of customers, and those that are gone.

    `base` is the revision that the rows build on; None when they are everybody.
    """

    revision: int
    base: int | None
    rows: list[list[object]]
    gone: list[int]


def get_customer_news(since: int) -> CustomerNews:
    """Return who changed after a revision; everybody who may buy for none, or one of nobody.

    Row shape: id, rut, name, alias, limit, debt, price list, phone.
    """
    # First: a change that lands in between is then told twice, never skipped.
    revision = get_revision()
    changed = Customer.objects.order_by("id")
    is_news = 0 < since <= revision
    if is_news:
        changed = changed.filter(revision__gt=since)
    rows, gone = [], []
    for row in changed:
        if row.is_active:
            rows.append(_till_row(row))
        elif is_news:
            gone.append(row.id)
    base = since if is_news else None
    return CustomerNews(revision=revision, base=base, rows=rows, gone=gone)


def _till_row(row: Customer) -> list[object]:
    debt, listed = row.balance_clp, row.price_list_id
    return [row.id, row.rut, row.name, row.alias, row.credit_limit_clp, debt, listed, row.phone]


def find_vale(code: str) -> StoreCredit | None:
    """Find a vale by its code, however it was typed."""
    plain = plain_code(code)
    found: StoreCredit | None = StoreCredit.objects.filter(code=plain).first() if plain else None
    return found


def find_vale_of(uid: UUID) -> StoreCredit | None:
    """Find the vale that a return gave."""
    found: StoreCredit | None = StoreCredit.objects.filter(uid=uid).first()
    return found


def list_vales(*, limit: int = MOVES_SHOWN) -> Sequence[StoreCredit]:
    """List the vales on which something is left, newest first."""
    rows = StoreCredit.objects.select_related("customer", "issued_by")
    return list(rows.filter(balance_clp__gt=0).order_by("-id")[:limit])


def sum_vales() -> int:
    """Sum what is left on all vales, in pesos."""
    return int(StoreCredit.objects.aggregate(sum=Sum("balance_clp"))["sum"] or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBalance:
    """An account or a vale whose balance is not the sum of its moves, in pesos."""

    what: str
    id: int
    balance_clp: int
    moves_clp: int


def list_wrong_balances() -> Sequence[WrongBalance]:
    """List accounts and vales that do not add up; none, unless something is broken.

    A balance and its moves are read by one statement: what is sold meanwhile is in both or in none.
    """
    kept: list[tuple[str, QuerySet[Any], QuerySet[Any]]] = [
        ("customer", Customer.objects.all(), CustomerMove.objects.filter(customer=OuterRef("id"))),
        (
            "vale",
            StoreCredit.objects.all(),
            StoreCreditMove.objects.filter(store_credit=OuterRef("id")),
        ),
    ]
    return [
        WrongBalance(what=what, id=row_id, balance_clp=balance, moves_clp=int(moves))
        for what, rows, own in kept
        for row_id, balance, moves in rows.annotate(moves=_sum_of(own))
        .exclude(moves=F("balance_clp"))
        .order_by("id")
        .values_list("id", "balance_clp", "moves")
    ]


def _sum_of(moves: QuerySet[Any]) -> Coalesce:
    sums = moves.order_by().values("company_id").annotate(sum=Sum("amount_clp")).values("sum")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), 0)
