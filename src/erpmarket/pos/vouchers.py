"""Card vouchers that are themselves boletas (type 48): what they sold, and what went back to them.

No paper of ours shows them, so the books ask here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncDate

from erpmarket.common.clock import SANTIAGO, local_day_bounds
from erpmarket.pos.models import Payment, SaleReturn, SaleReturnLine


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherDay:
    """The vouchers of a branch on one local day, in pesos; what was returned is not taken off."""

    day: date
    branch_id: int
    count: int = 0
    total_clp: int = 0
    exempt_clp: int = 0
    returned_clp: int = 0
    returned_exempt_clp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Back:
    day: date
    branch_id: int
    total_clp: int
    exempt_clp: int


def list_voucher_days(
    first: date, last: date, after: datetime | None = None
) -> Sequence[VoucherDay]:
    """Sum vouchers by local day and branch, both days included; returns by the day they came.

    Only what was sold after the instant `after`.
    """
    vouchers = Payment.objects.filter(voucher_exempt_clp__isnull=False)
    if after is not None:
        vouchers = vouchers.filter(sale__sold_at__gt=after)
    begin, end = local_day_bounds(first)[0], local_day_bounds(last)[1]
    sold = {
        (row["day"], row["branch"]): row
        for row in vouchers.filter(sale__sold_at__gte=begin, sale__sold_at__lt=end)
        .annotate(day=TruncDate("sale__sold_at", tzinfo=SANTIAGO))
        .values("day", branch=F("sale__shift__till__branch_id"))
        .annotate(vouchers=Count("id"), total=Sum("amount_clp"), exempt=Sum("voucher_exempt_clp"))
    }
    back: defaultdict[tuple[date, int], list[_Back]] = defaultdict(list)
    for one in _list_returned(vouchers, begin, end):
        back[one.day, one.branch_id].append(one)
    return [
        VoucherDay(
            day=key[0],
            branch_id=key[1],
            count=sold[key]["vouchers"] if key in sold else 0,
            total_clp=int(sold[key]["total"]) if key in sold else 0,
            exempt_clp=int(sold[key]["exempt"]) if key in sold else 0,
            returned_clp=sum(one.total_clp for one in back[key]),
            returned_exempt_clp=sum(one.exempt_clp for one in back[key]),
        )
        for key in sorted({*sold, *back})
    ]


def _list_returned(vouchers: QuerySet[Payment], begin: datetime, end: datetime) -> Iterator[_Back]:
    rows = list(
        SaleReturn.objects.annotate(
            day=TruncDate("returned_at", tzinfo=SANTIAGO), branch=F("sale__shift__till__branch_id")
        ).filter(
            Exists(vouchers.filter(sale_id=OuterRef("sale_id"))),
            returned_at__gte=begin,
            returned_at__lt=end,
        )
    )
    lines = _lines_of([row.id for row in rows])
    for row in rows:
        own = lines[row.id]
        # What a nota took back stands in the lines; the rest went back to the voucher.
        refund = row.amount_clp - sum(line.amount_clp for line in own)
        if refund > 0:
            exempt = min(refund, sum(_beside_boleta(line) for line in own))
            yield _Back(
                day=row.day, branch_id=row.branch, total_clp=refund, exempt_clp=max(0, exempt)
            )


def _lines_of(return_ids: Sequence[int]) -> Mapping[int, list[SaleReturnLine]]:
    found: defaultdict[int, list[SaleReturnLine]] = defaultdict(list)
    rows = SaleReturnLine.objects.filter(sale_return_id__in=return_ids)
    for line in rows.select_related("sale_line"):
        found[line.sale_return_id].append(line)
    return found


def _beside_boleta(line: SaleReturnLine) -> int:
    """Tell how much of an exempt line that came back stood in no boleta, in pesos."""
    sold = line.sale_line
    if not sold.is_exempt:
        return 0
    share = Decimal(sold.amount_clp) * line.quantity / sold.quantity
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP)) - int(line.amount_clp)
