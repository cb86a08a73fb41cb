"""Values that the schemas have no room for and that no rule of a type looks at."""

from collections.abc import Iterable
from datetime import date

from dte.amounts import MAX_CLP
from dte.document import Draft, Line, PaymentTerms
from dte.kinds.refusal import refuse

# Source: SiiTypes_v10.xsd, FechaType; DTE_v10.xsd (2026-02-06), FchSalida and FchLlegada.
FIRST_DAY = date(2000, 1, 1)
FIRST_JOURNEY = date(2003, 4, 1)
LAST_DAY = date(2050, 12, 31)


def check_bounds(draft: Draft) -> None:
    """Refuse dates and payments outside the schema's range, and empty codes of products.

    `draft` has clean texts. Raises DraftRefused.
    Source: DTE_v10.xsd (2026-02-06), FechaType, MontoType, CdgItem.
    """
    _check_days((draft.issue_date,), "de emisión")
    _check_days((draft.due_date, draft.period_from, draft.period_to), "del encabezado")
    for place, line in enumerate(draft.lines, start=1):
        _check_line(place, line)
    for place, reference in enumerate(draft.references, start=1):
        _check_days((reference.issue_date,), f"de la referencia {place}")
    _check_terms(draft.payment_terms)
    if draft.transport is not None:
        days = (draft.transport.departs_on, draft.transport.arrives_on)
        _check_days(days, "del traslado", first=FIRST_JOURNEY)


def _check_line(place: int, line: Line) -> None:
    for code in line.codes:
        if not code.kind or not code.value:
            refuse("code_incomplete", f"La línea {place} tiene un código de producto vacío.")
    if line.made_on is not None or line.expires_on is not None:
        _check_days((line.made_on, line.expires_on), f"de la línea {place}")


def _check_terms(terms: PaymentTerms) -> None:
    amounts = [terms.paid_clp or 0, terms.balance_clp or 0]
    amounts += [instalment.amount_clp for instalment in terms.instalments]
    if max(amounts) > MAX_CLP:
        refuse("payment_too_large", "Un pago del documento es demasiado grande.")
    days = (terms.paid_on, *(instalment.due_date for instalment in terms.instalments))
    _check_days(days, "de un pago")


def _check_days(days: Iterable[date | None], where: str, *, first: date = FIRST_DAY) -> None:
    if any(day is not None and not first <= day <= LAST_DAY for day in days):
        refuse("date_out_of_range", f"Una fecha {where} no es posible.")
