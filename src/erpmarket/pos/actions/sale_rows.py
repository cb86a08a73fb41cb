"""Write priced and paid sales: their rows, and the running totals of their shifts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from erpmarket.common.columns import array_text
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.models import Payment, PaymentKind, Sale
from erpmarket.pos.note_models import SaleNote
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.tenancy.scope import current_company

_SALE = (
    "uid",
    "request_hash",
    "shift_id",
    "cashier_id",
    "customer_id",
    "sold_at",
    "device_sold_at",
    "total_clp",
    "rounding_clp",
    "change_clp",
)
_LINE = ("product_id", "quantity", "price_clp", "discount_clp", "amount_clp", "is_exempt")
_DISCOUNT = ("position", "kind", "promotion_id", "name", "amount_clp", "approved_by_id")
_PAYMENT = ("position", "kind", "amount_clp", "handed_clp", "reference", "voucher_exempt_clp")
_TEXTS = frozenset({"kind", "name", "reference"})
# The columns of a shift that count tenders; cash and rounding have theirs from the settlement.
_COUNTED = {
    "card_clp": PaymentKind.CARD,
    "transfer_clp": PaymentKind.TRANSFER,
    "credit_clp": PaymentKind.CREDIT,
    "store_credit_clp": PaymentKind.STORE_CREDIT,
    "baes_clp": PaymentKind.BAES,
}
_SUMS = ("sale_count", "total_clp", "cash_clp", "rounding_clp", *_COUNTED)
# A sale at the counter comes alone, and an array takes five times the calls of its only value.
_ONE_SALE = f"VALUES (%s{', %s' * len(_SALE)})"
_MANY_SALES = """
  SELECT %s, n.*
    FROM unnest((SELECT %s::uuid[]), %b::bytea[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[]) n
"""
# One statement for any number of lines, so that it is prepared once: a column, an array. The first
# array stands in a SELECT of its own: docs/performance.md.
_WRITE = f"""
WITH sale AS (
  INSERT INTO pos_sale (company_id, {", ".join(_SALE)}) {{sales}}
  RETURNING id, uid),
lines AS (
  INSERT INTO pos_saleline (company_id, sale_id, position, {", ".join(_LINE)})
  SELECT %s, sale.id, n.position, {", ".join(f"n.{name}" for name in _LINE)}
    FROM unnest((SELECT %s::uuid[]), %s::smallint[], %s::bigint[], %s::numeric[], %s::bigint[],
                %s::bigint[], %s::bigint[], %s::boolean[])
         WITH ORDINALITY AS n (uid, position, {", ".join(_LINE)}, place)
    JOIN sale USING (uid) ORDER BY n.place),
discounts AS (
  INSERT INTO pos_salediscount (company_id, sale_id, {", ".join(_DISCOUNT)})
  SELECT %s, sale.id, {", ".join(f"n.{name}" for name in _DISCOUNT)}
    FROM unnest((SELECT %s::uuid[]), %s::smallint[], %s::varchar[], %s::bigint[], %s::varchar[],
                %s::bigint[], %s::bigint[])
         WITH ORDINALITY AS n (uid, {", ".join(_DISCOUNT)}, place)
    JOIN sale USING (uid) ORDER BY n.place),
payments AS (
  INSERT INTO pos_payment (company_id, sale_id, {", ".join(_PAYMENT)})
  SELECT %s, sale.id, {", ".join(f"n.{name}" for name in _PAYMENT)}
    FROM unnest((SELECT %s::uuid[]), %s::smallint[], %s::varchar[], %s::bigint[], %s::bigint[],
                %s::varchar[], %s::bigint[])
         WITH ORDINALITY AS n (uid, {", ".join(_PAYMENT)}, place)
    JOIN sale USING (uid) ORDER BY n.place),
shift AS (
  UPDATE pos_shift
     SET {", ".join(f"{name} = {name} + %s" for name in _SUMS)},
         difference_clp = difference_clp - %s
   WHERE company_id = %s AND id = %s)
SELECT uid, id FROM sale
"""  # noqa: S608  (names of our own columns)
_WRITE_ONE, _WRITE_MANY = (_WRITE.format(sales=rows) for rows in (_ONE_SALE, _MANY_SALES))


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A line as it was sold: quantity x price - discount = amount, in gross pesos."""

    product_id: int
    quantity: Decimal
    price_clp: int
    discount_clp: int
    amount_clp: int
    is_exempt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldDiscount:
    """One reason why a line cost less, in gross pesos; those of a line sum to its discount."""

    position: int
    kind: DiscountKind
    name: str
    amount_clp: int
    promotion_id: int | None = None
    approved_by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSale:
    """A sale with all that is written with it; `discounts` are named by the lines' positions."""

    sale: Sale
    lines: Sequence[SoldLine]
    payments: Sequence[Payment]
    settlement: Settlement
    discounts: Sequence[SoldDiscount] = ()


def write_sales(sales: Sequence[NewSale]) -> None:
    """Write sales with lines, discounts and payments, count them in their shifts, give them ids.

    A shift that was closed already then has another difference: its count stays what it was.
    """
    by_shift: dict[int, list[NewSale]] = {}
    for new in sales:
        by_shift.setdefault(new.sale.shift_id, []).append(new)
    for shift_id, of_shift in by_shift.items():
        _write_sales(shift_id, of_shift)


def write_notes(words_of: Mapping[int, str]) -> None:
    """Write what cashiers noted, by sale; most sales have nothing."""
    notes = [SaleNote(sale_id=sale_id, words=words) for sale_id, words in words_of.items() if words]
    if notes:
        SaleNote.objects.bulk_create(notes)


def _write_sales(shift_id: int, sales: Sequence[NewSale]) -> None:
    company_id = current_company()
    rows = [each.sale for each in sales]
    is_one = len(rows) == 1
    columns = [[getattr(row, name) for row in rows] for name in _SALE]
    sums = _sums(sales)
    lines = [(new.sale.uid, *each) for new in sales for each in enumerate(new.lines, start=1)]
    parameters: list[Any] = [
        company_id,
        *((value for (value,) in columns) if is_one else columns),
        company_id,
        array_text(uid for uid, _, _ in lines),
        array_text(position for _, position, _ in lines),
        *(array_text(getattr(line, name) for _, _, line in lines) for name in _LINE),
        company_id,
        array_text(new.sale.uid for new in sales for _ in new.discounts),
        *(_column([each for new in sales for each in new.discounts], name) for name in _DISCOUNT),
        company_id,
        array_text(new.sale.uid for new in sales for _ in new.payments),
        *(_column([each for new in sales for each in new.payments], name) for name in _PAYMENT),
        *(sums[name] for name in _SUMS),
        sums["cash_clp"],
        company_id,
        shift_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_ONE if is_one else _WRITE_MANY, parameters)
        ids = dict(cursor.fetchall())
    for row in rows:
        row.id = ids[row.uid]


def _column(rows: Sequence[object], name: str) -> list[str] | str:
    """Give a column of discounts or payments as a parameter."""
    values = [getattr(row, name) for row in rows]
    return values if name in _TEXTS else array_text(values)


def _sums(sales: Sequence[NewSale]) -> Mapping[str, int]:
    """Sum what a shift counts of its sales, by column."""
    counted: Counter[str] = Counter()
    for new in sales:
        counted["sale_count"] += 1
        counted["total_clp"] += new.sale.total_clp
        counted["cash_clp"] += new.settlement.cash_to_pay_clp
        counted["rounding_clp"] += new.settlement.rounding_clp
        for name, kind in _COUNTED.items():
            counted[name] += sum(part.amount_clp for part in new.payments if part.kind == kind)
    return counted
