"""The figures of a month for the F29: VAT charged, VAT paid, what is left over.

It says what the shop's own papers say; the declaration is the SII's proposal, which a person reads.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from dte.codes import DocumentType
from erpmarket.fiscal.books_models import CarriedCredit
from erpmarket.fiscal.books_queries import BookBy, BookPeriod, list_sales
from erpmarket.fiscal.credit_queries import (
    CreditDocument,
    CreditLine,
    CreditState,
    list_credit_documents,
    sum_credit,
)
from erpmarket.fiscal.vouchers import VOUCHER_KIND

# Codes of the form's amounts, where one line of it is one type of ours.
# Source: Formulario 29, débitos y ventas: boletas, comprobantes electrónicos, facturas, notas.
_CODES: Final = {
    int(DocumentType.FACTURA): "502",
    int(DocumentType.BOLETA): "111",
    int(DocumentType.NOTA_DEBITO): "513",
    VOUCHER_KIND: "759",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitLine:
    """VAT of issued papers of one type, in pesos; `kind` leads to them."""

    words: str
    code: str
    kind: int
    count: int
    net_clp: int
    exempt_clp: int
    vat_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class F29:
    """A month's figures in pesos.

    `received` are the documents behind the credit, also those that wait or give none. `carried_clp`
    is what a person entered, None when nobody did; `proposed_clp` what the month before left.
    """

    month: date
    debits: tuple[DebitLine, ...]
    credits: tuple[CreditLine, ...]
    received: tuple[CreditDocument, ...]
    carried_clp: int | None
    proposed_clp: int | None

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
        return sum(line.vat_clp for line in self.credits)

    @property
    def waiting_clp(self) -> int:
        """VAT of documents that will be credit when somebody accepts them or the 8 days end."""
        return sum(row.vat_clp for row in self.received if row.state is CreditState.WAITS)

    @property
    def excluded_clp(self) -> int:
        """VAT of documents that is no credit: claimed, late, or not recoverable."""
        return sum(row.vat_clp for row in self.received if row.state is CreditState.EXCLUDED)

    @property
    def balance_clp(self) -> int:
        """VAT to pay; below zero what is left for the next month."""
        return self.debit_clp - self.credit_clp - (self.carried_clp or 0)

    @property
    def left_clp(self) -> int:
        """What is left for the next month."""
        return max(0, -self.balance_clp)


def find_f29(*, environment: str, first: date, until: date, at: datetime) -> F29:
    """Return the figures of the month that begins on `first` and ends before `until`."""
    found = _month_figures(environment, first, until, at)
    if found.carried_clp is not None:
        return found
    before_first = (first - timedelta(days=1)).replace(day=1)
    before = _month_figures(environment, before_first, first, at)
    # A month with nothing in it says nothing of what the shop carries.
    is_known = before.debits or before.credits or before.carried_clp is not None
    return replace(found, proposed_clp=before.left_clp if is_known else None)


def _month_figures(environment: str, first: date, until: date, at: datetime) -> F29:
    rows = list_sales(BookPeriod(environment=environment, first=first, until=until), BookBy.KIND)
    debits = tuple(
        DebitLine(
            words=row.name,
            code=_CODES.get(row.kind, ""),
            kind=row.kind,
            count=row.count,
            net_clp=row.net_clp,
            exempt_clp=row.exempt_clp,
            vat_clp=row.vat_clp,
        )
        for row in rows
        if row.count or row.total_clp
    )
    received = list_credit_documents(environment=environment, first=first, until=until, at=at)
    carried = CarriedCredit.objects.filter(environment=environment, month=first).first()
    return F29(
        month=first,
        debits=debits,
        credits=sum_credit(received),
        received=received,
        carried_clp=None if carried is None else carried.amount_clp,
        proposed_clp=None,
    )
