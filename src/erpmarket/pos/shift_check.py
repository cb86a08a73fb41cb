"""Hold what ran with each sale against what was sold: the totals of shifts, from their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True)
class WrongShift:
    """A shift whose running totals are not the sums of its rows, in pesos."""

    id: int
    till_name: str
    opened_at: datetime
    total_clp: int
    sold_clp: int
    expected_clp: int
    cash_clp: int


_CHECK: Final = """
SELECT s.id, t.name, s.opened_at, s.total_clp, sold.total,
       s.opening_clp + s.cash_clp - s.refund_cash_clp - s.taken_clp,
       s.opening_clp + paid.cash - back.cash - moved.taken
  FROM pos_shift s
  JOIN pos_till t ON (t.company_id, t.id) = (s.company_id, s.till_id)
 CROSS JOIN LATERAL (
       SELECT count(*) AS number, coalesce(sum(total_clp), 0)::bigint AS total,
              coalesce(sum(rounding_clp), 0)::bigint AS rounding
         FROM pos_sale x WHERE (x.company_id, x.shift_id) = (s.company_id, s.id)) sold
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(p.amount_clp) FILTER (WHERE p.kind = 'cash'), 0)::bigint AS cash,
              coalesce(sum(p.amount_clp) FILTER (WHERE p.kind = 'card'), 0)::bigint AS card,
              coalesce(sum(p.amount_clp) FILTER (WHERE p.kind = 'transfer'), 0)::bigint AS transfer,
              coalesce(sum(p.amount_clp) FILTER (WHERE p.kind = 'credit'), 0)::bigint AS credit,
              coalesce(sum(p.amount_clp) FILTER (WHERE p.kind = 'store_credit'), 0)::bigint AS vale,
              coalesce(sum(p.amount_clp) FILTER (WHERE p.kind = 'baes'), 0)::bigint AS baes
         FROM pos_sale x
         JOIN pos_payment p ON (p.company_id, p.sale_id) = (x.company_id, x.id)
        WHERE (x.company_id, x.shift_id) = (s.company_id, s.id)) paid
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(cash_out_clp), 0)::bigint AS cash
         FROM pos_salereturn x WHERE (x.company_id, x.shift_id) = (s.company_id, s.id)) back
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(amount_clp), 0)::bigint AS taken
         FROM pos_cashmove x WHERE (x.company_id, x.shift_id) = (s.company_id, s.id)) moved
 WHERE s.company_id = %s AND s.closed_at >= %s
   AND (s.sale_count <> sold.number OR s.total_clp <> sold.total
        OR s.rounding_clp <> sold.rounding OR s.cash_clp <> paid.cash
        OR (s.card_clp, s.transfer_clp, s.credit_clp, s.store_credit_clp, s.baes_clp)
           <> (paid.card, paid.transfer, paid.credit, paid.vale, paid.baes)
        OR s.refund_cash_clp <> back.cash OR s.taken_clp <> moved.taken
        OR (s.counted_clp IS NOT NULL AND s.difference_clp <> s.counted_clp
            - (s.opening_clp + paid.cash - back.cash - moved.taken)))
 ORDER BY s.id
"""


def list_wrong_shifts(*, closed_since: datetime) -> Sequence[WrongShift]:
    """List the shifts closed since an instant whose totals are not those of their rows."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, [current_company(), closed_since])
        return [WrongShift(*row) for row in cursor.fetchall()]
