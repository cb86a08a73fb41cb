"""Fill in what a draft leaves to its type, so that nothing later has to guess."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from dte.amounts import pesos_text, to_pesos
from dte.codes import DocumentType, Exemption, PaymentForm, PriceBasis
from dte.document import Adjustment, Draft, Issuer, Line
from dte.kinds.checks import MAX_PERCENT, WHOLE_PERCENT, check_numbers, check_percent
from dte.kinds.refusal import refuse


def complete_draft(draft: Draft, *, usual_basis: PriceBasis) -> Draft:
    """Return a draft with its price basis, its discounts in pesos and its form of payment.

    What the type has no place for (activities in a boleta, the software's maker in a factura) is
    left out, so that the same issuer and products serve all types. A factura without form of
    payment is on credit, as the SII reads it. Completing twice changes nothing. Raises
    DraftRefused for an impossible percentage, and when it and an amount disagree.
    Source: Formato DTE v2.4.2 (2024-02), DescuentoPct, DescuentoMonto, FmaPago, MntBruto.
    """
    wholly_exempt = draft.kind.is_wholly_exempt
    basis = usual_basis if wholly_exempt or draft.price_basis is None else draft.price_basis
    adjustments, terms, references = draft.adjustments, draft.payment_terms, draft.references
    if wholly_exempt:
        adjustments = tuple(map(_on_exempt, adjustments))
    if terms.form is None and draft.kind in (DocumentType.FACTURA, DocumentType.FACTURA_EXENTA):
        terms = replace(terms, form=PaymentForm.CREDIT)
    boleta = draft.kind.is_boleta
    if boleta and any(reference.issue_date for reference in references):
        references = tuple(replace(reference, issue_date=None) for reference in references)
    return replace(
        draft,
        issuer=_without_activities(draft.issuer) if boleta else draft.issuer,
        price_basis=basis,
        lines=tuple(
            _complete_line(place, line, boleta=boleta) for place, line in enumerate(draft.lines, 1)
        ),
        vat_clp=draft.vat_clp or None if wholly_exempt else draft.vat_clp,
        adjustments=adjustments,
        references=references,
        payment_terms=terms,
        software_provider=draft.software_provider if boleta else None,
    )


def _on_exempt(adjustment: Adjustment) -> Adjustment:
    # A wholly exempt document has no affected lines that a bare movement could mean.
    if adjustment.applies_to is None:
        return replace(adjustment, applies_to=Exemption.EXEMPT)
    return adjustment


@lru_cache(maxsize=256)
def _without_activities(issuer: Issuer) -> Issuer:
    return replace(issuer, activities=())


def _complete_line(place: int, line: Line, *, boleta: bool) -> Line:
    if boleta and (line.reference_price or line.reference_quantity):
        line = replace(line, reference_price=None, reference_quantity=None)
    if boleta and (line.made_on or line.expires_on):
        line = replace(line, made_on=None, expires_on=None)
    if line.discount_percent is None and line.surcharge_percent is None:
        return line
    if line.quantity is None or line.unit_price is None:
        refuse(
            "percent_without_price",
            f"La línea {place} tiene un porcentaje, pero no cantidad y precio.",
        )
    check_numbers(place, (line.quantity, line.unit_price))
    discount = _pesos(place, line, line.discount_percent, line.discount_clp, WHOLE_PERCENT)
    most = WHOLE_PERCENT if boleta else MAX_PERCENT
    surcharge = _pesos(place, line, line.surcharge_percent, line.surcharge_clp, most)
    # The schema has no percentage without pesos: it is left out as well.
    return replace(
        line,
        discount_percent=line.discount_percent if discount else None,
        discount_clp=discount,
        surcharge_percent=line.surcharge_percent if surcharge else None,
        surcharge_clp=surcharge,
    )


def _pesos(place: int, line: Line, percent: Decimal | None, stated: int, at_most: Decimal) -> int:
    if percent is None:
        return stated
    check_percent(percent, at_most=at_most, what=f"la línea {place}")
    worked_out = to_pesos(line.priced_clp * percent / 100)
    if stated not in (0, worked_out):
        percent_text = f"{percent:f}".replace(".", ",")
        refuse(
            "percent_disagrees",
            f"En la línea {place} el {percent_text} % son {pesos_text(worked_out)}"
            f" y dice {pesos_text(stated)}.",
        )
    return worked_out
