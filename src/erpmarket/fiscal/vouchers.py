"""Card vouchers that are boletas themselves (type 48), as the books sum them.

The room above knows the payments and is asked through `VOUCHER_DAYS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol

from django.conf import settings
from django.db.models import Max
from django.utils.module_loading import import_string

from dte.taxes import vat_percent
from erpmarket.fiscal.models import Submission
from erpmarket.tenancy.models import Environment

# Source: SII, Registro de Ventas, tipo 48: comprobante de pago electrónico.
VOUCHER_KIND: Final = 48
VOUCHER_NAME: Final = "Voucher con valor de boleta"
_PERCENT: Final = 100


class VoucherDay(Protocol):
    """The vouchers of a branch on one day, as the room above tells them, in pesos."""

    @property
    def day(self) -> date: ...
    @property
    def branch_id(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def total_clp(self) -> int: ...
    @property
    def exempt_clp(self) -> int: ...
    @property
    def returned_clp(self) -> int: ...
    @property
    def returned_exempt_clp(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherSum:
    """The vouchers of a branch on one day, in pesos, without what went back to the cards."""

    day: date
    branch_id: int
    count: int
    net_clp: int
    exempt_clp: int
    vat_clp: int
    total_clp: int
    returned_clp: int


_ListDays = Callable[[date, date, datetime | None], Sequence[VoucherDay]]


def list_vouchers(
    first: date, last: date, *, environment: str, branch_id: int | None = None
) -> list[VoucherSum]:
    """Sum the vouchers of an environment by day and branch, both days included."""
    list_days: _ListDays = import_string(settings.VOUCHER_DAYS)
    days = list_days(first, last, _find_end_of_others(environment))
    return [_sum(day) for day in days if branch_id in (None, day.branch_id)]


def _find_end_of_others(environment: str) -> datetime | None:
    """Tell when the shop sold last in another environment; None: never.

    A voucher does not say whose it is. What was tried before a company went into production must
    not come into its books; the papers of a certification are no sales and say nothing.
    """
    others = [each for each in Environment if each != environment]
    rows = Submission.objects.filter(parcel=None, document__environment__in=others)
    found: datetime | None = rows.aggregate(end=Max("document__issued_at"))["end"]
    return found


def split_vat(gross_clp: int, on: date) -> tuple[int, int]:
    """Split an amount with VAT into net and VAT, in pesos."""
    rate = vat_percent(on)
    net = int(
        (Decimal(gross_clp) * _PERCENT / (_PERCENT + rate)).quantize(
            Decimal(1), rounding=ROUND_HALF_UP
        )
    )
    return net, gross_clp - net


def _sum(day: VoucherDay) -> VoucherSum:
    total = day.total_clp - day.returned_clp
    exempt = day.exempt_clp - day.returned_exempt_clp
    net, vat = split_vat(total - exempt, day.day)
    return VoucherSum(
        day=day.day,
        branch_id=day.branch_id,
        count=day.count,
        net_clp=net,
        exempt_clp=exempt,
        vat_clp=vat,
        total_clp=total,
        returned_clp=day.returned_clp,
    )
