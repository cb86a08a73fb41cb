"""The figures of a month for the F29: VAT charged, VAT paid, what is left over.

It says what the shop's own papers say; the declaration is the SII's proposal, which a person reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from dte.codes import DocumentType
from dte.taxes import vat_percent
from erpmarket.fiscal.books_queries import BookBy, BookPeriod, list_book
from erpmarket.fiscal.models import CarriedCredit
from erpmarket.fiscal.words import paper_name

# Codes of the form's amounts, where one line of it is one type of ours.
# Source: Formulario 29, débitos y ventas: boletas, comprobantes electrónicos, facturas, notas.
_CODES: Final = {
    DocumentType.FACTURA: "502",
    DocumentType.BOLETA: "111",
    DocumentType.NOTA_DEBITO: "513",
}
_PERCENT: Final = 100


class VoucherDay(Protocol):
    """Card vouchers of a day that are boletas themselves, as the room above tells them."""

    @property
    def count(self) -> int: ...
    @property
    def total_clp(self) -> int: ...
    @property
    def exempt_clp(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """VAT of received papers of one type, in pesos; a nota de crédito takes away."""

    words: str
    count: int
    vat_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitLine:
    """VAT of issued papers of one type, in pesos; `kind` leads to them, None for vouchers."""

    words: str
    code: str
    kind: int | None
    count: int
    net_clp: int
    exempt_clp: int
    vat_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class F29:
    """A month's figures in pesos; `credits` None while nobody records received papers."""

    month: date
    debits: tuple[DebitLine, ...]
    credits: tuple[CreditLine, ...] | None
    carried_clp: int | None

    @property
    def debit_clp(self) -> int:
        """VAT charged."""
        return sum(line.vat_clp for line in self.debits)

    @property
    def exempt_clp(self) -> int:
        """Sales without VAT."""
        return sum(line.exempt_clp for line in self.debits)

    @property
    def credit_clp(self) -> int:
        """VAT paid to suppliers, without what is carried."""
        return sum(line.vat_clp for line in self.credits or ())

    @property
    def balance_clp(self) -> int:
        """VAT to pay; below zero what is left for the next month."""
        return self.debit_clp - self.credit_clp - (self.carried_clp or 0)

    @property
    def left_clp(self) -> int:
        """What is left for the next month."""
        return max(0, -self.balance_clp)


def find_f29(*, environment: str, first: date, until: date) -> F29:
    """Return the figures of the month that begins on `first` and ends before `until`."""
    rows = list_book(BookPeriod(environment=environment, first=first, until=until), BookBy.KIND)
    debits = [
        DebitLine(
            words=paper_name(row.kind),
            code=_CODES.get(DocumentType(row.kind), ""),
            kind=row.kind,
            count=row.count,
            net_clp=row.net_clp,
            exempt_clp=row.exempt_clp,
            vat_clp=row.vat_clp,
        )
        for row in rows
        if row.count
    ]
    carried = CarriedCredit.objects.filter(month=first).first()
    return F29(
        month=first,
        debits=(*debits, *_vouchers(first, until - timedelta(days=1))),
        credits=_credits(first, until),
        carried_clp=None if carried is None else carried.amount_clp,
    )


def split_vat(gross_clp: int, on: date) -> tuple[int, int]:
    """Split an amount with VAT into net and VAT, in pesos."""
    rate = vat_percent(on)
    net = int(
        (Decimal(gross_clp) * _PERCENT / (_PERCENT + rate)).quantize(
            Decimal(1), rounding=ROUND_HALF_UP
        )
    )
    return net, gross_clp - net


def _vouchers(first: date, last: date) -> tuple[DebitLine, ...]:
    """Sum the vouchers that are boletas, which no paper of ours shows."""
    list_days: Callable[[date, date], Sequence[VoucherDay]] = import_string(settings.VOUCHER_DAYS)
    days = list_days(first, last)
    count = sum(day.count for day in days)
    if not count:
        return ()
    exempt = sum(day.exempt_clp for day in days)
    net, vat = split_vat(sum(day.total_clp for day in days) - exempt, first)
    return (
        DebitLine(
            words="Vouchers que valen como boleta",
            code="759",
            kind=None,
            count=count,
            net_clp=net,
            exempt_clp=exempt,
            vat_clp=vat,
        ),
    )


def _credits(first: date, until: date) -> tuple[CreditLine, ...] | None:
    if not settings.RECEIVED_VAT:
        return None
    list_received: Callable[[date, date], Sequence[CreditLine]] = import_string(
        settings.RECEIVED_VAT
    )
    return tuple(list_received(first, until))
