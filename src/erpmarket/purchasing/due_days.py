"""When a supplier's paper is due: as it says, else by the terms; else nobody knows."""

from datetime import date, timedelta
from typing import Final

from dte.codes import PaymentForm
from dte.document import PaymentTerms

# Longer terms are typing errors; a supplier's card takes no more either.
MOST_DAYS: Final = 365


def due_by_terms(issued_on: date, payment_days: int | None) -> date | None:
    """Return the day by the supplier's terms in days; None without terms."""
    return None if payment_days is None else issued_on + timedelta(days=payment_days)


def due_by_paper(issued_on: date, terms: PaymentTerms, due_on: date | None) -> date | None:
    """Return the day that a paper tells: cash, its due day, or its days; None when it does not.

    Source: Formato DTE v2.4.2 (2024-02), Encabezado: FmaPago, FchVenc, TermPagoDias.
    """
    if terms.form is PaymentForm.CASH:
        return issued_on
    if due_on is not None:
        return max(due_on, issued_on)
    days = terms.term_days
    return due_by_terms(issued_on, days if days is not None and 0 <= days <= MOST_DAYS else None)


def terms_of_paper(issued_on: date, due_on: date | None) -> int | None:
    """Return the days to pay that a first paper shows of a supplier, to be theirs from now on."""
    if due_on is None:
        return None
    days = (due_on - issued_on).days
    return days if days <= MOST_DAYS else None
