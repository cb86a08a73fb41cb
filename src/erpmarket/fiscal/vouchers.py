"""Card vouchers that are boletas themselves (type 48), as the books sum them.

The room above knows the payments and is asked through `VOUCHER_DAYS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from dte.taxes import vat_percent

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


def list_vouchers(first: date, last: date, *, branch_id: int | None = None) -> list[VoucherSum]:
    """Sum the vouchers by day and branch, both days included."""
    list_days: Callable[[date, date], Sequence[VoucherDay]] = import_string(settings.VOUCHER_DAYS)
    return [_sum(day) for day in list_days(first, last) if branch_id in (None, day.branch_id)]


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
