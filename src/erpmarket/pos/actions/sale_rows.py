"""Write a priced and paid sale: its rows, and the running totals of its shift."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.models import Payment, Sale
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.tenancy.scope import current_company

_SALE = (
    "uid",
    "request_hash",
    "shift_id",
    "cashier_id",
    "sold_at",
    "device_sold_at",
    "total_clp",
    "rounding_clp",
    "change_clp",
)
_LINE = ("product_id", "quantity", "price_clp", "discount_clp", "amount_clp", "is_exempt")
_DISCOUNT = ("position", "kind", "promotion_id", "name", "amount_clp", "approved_by_id")
_PAYMENT = ("position", "kind", "amount_clp", "handed_clp", "reference", "voucher_exempt_clp")
# One statement for any number of lines, so that it is prepared once: a column, an array.
_WRITE = f"""
WITH sale AS (
  INSERT INTO pos_sale (company_id, {", ".join(_SALE)})
  VALUES (%s{", %s" * len(_SALE)}) RETURNING id),
lines AS (
  INSERT INTO pos_saleline (company_id, sale_id, position, {", ".join(_LINE)})
  SELECT %s, sale.id, n.*
    FROM sale, unnest(%s::smallint[], %s::bigint[], %s::numeric[], %s::bigint[], %s::bigint[],
                      %s::bigint[], %s::boolean[]) n),
discounts AS (
  INSERT INTO pos_salediscount (company_id, sale_id, {", ".join(_DISCOUNT)})
  SELECT %s, sale.id, n.*
    FROM sale, unnest(%s::smallint[], %s::varchar[], %s::bigint[], %s::varchar[], %s::bigint[],
                      %s::bigint[]) n),
payments AS (
  INSERT INTO pos_payment (company_id, sale_id, {", ".join(_PAYMENT)})
  SELECT %s, sale.id, n.*
    FROM sale, unnest(%s::smallint[], %s::varchar[], %s::bigint[], %s::bigint[], %s::varchar[],
                      %s::bigint[]) n),
shift AS (
  UPDATE pos_shift
     SET sale_count = sale_count + 1, total_clp = total_clp + %s, cash_clp = cash_clp + %s,
         card_clp = card_clp + %s, rounding_clp = rounding_clp + %s,
         difference_clp = difference_clp - %s
   WHERE company_id = %s AND id = %s)
SELECT id FROM sale
"""  # noqa: S608  (names of our own columns)


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


def write_sale(
    sale: Sale,
    lines: Sequence[SoldLine],
    payments: Sequence[Payment],
    settlement: Settlement,
    discounts: Sequence[SoldDiscount] = (),
) -> int:
    """Write sale, lines, discounts and payments, count them in the shift; return the sale's id.

    A shift that was closed already then has another difference: its count stays what it was.
    """
    company_id = current_company()
    parameters: list[Any] = [
        company_id,
        *(getattr(sale, name) for name in _SALE),
        company_id,
        list(range(1, len(lines) + 1)),
        *([getattr(line, name) for line in lines] for name in _LINE),
        company_id,
        *([getattr(discount, name) for discount in discounts] for name in _DISCOUNT),
        company_id,
        *([getattr(payment, name) for payment in payments] for name in _PAYMENT),
        sale.total_clp,
        settlement.cash_to_pay_clp,
        sale.total_clp - settlement.cash_due_clp,
        settlement.rounding_clp,
        settlement.cash_to_pay_clp,
        company_id,
        sale.shift_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, parameters)
        return int(cursor.fetchone()[0])
