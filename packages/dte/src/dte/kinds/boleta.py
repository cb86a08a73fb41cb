"""Boleta (39) and boleta exenta (41): gross prices, VAT inside, no rate in the document."""

from dte.amounts import pesos_text
from dte.codes import DocumentType, Exemption, PriceBasis, ServiceKind
from dte.document import CONSUMER, Draft, PaymentTerms, Totals
from dte.kinds.checks import (
    check_adjustments,
    check_day,
    check_issuer,
    check_lines,
    check_means,
    check_total,
)
from dte.kinds.kind import Kind
from dte.kinds.limits import BOLETA_TEXTS
from dte.kinds.refusal import refuse
from dte.kinds.sums import affected_totals, exempt_totals
from dte.law import Norm, newest_number
from dte.rules import Rules
from dte.xml.boleta import write_boleta_header, write_boleta_lines

# Source: EnvioBOLETA_v11.xsd, Detalle, IndExe.
_MARKS = frozenset(
    {Exemption.EXEMPT, Exemption.NOT_BILLABLE, Exemption.NEGATIVE_NOT_BILLABLE},
)
_NO_TERMS = PaymentTerms()


def boleta_totals(draft: Draft) -> Totals:
    """Derive the totals of a boleta: net is rounded half up, VAT is the rest.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MntNeto, IVA, MntExe, MntTotal.
    """
    if draft.kind.is_wholly_exempt:
        return exempt_totals(draft)
    return affected_totals(draft, states_rate=False)


def check_boleta(draft: Draft, _rules: Rules) -> None:
    """Refuse what a boleta may not say. Raises DraftRefused.

    Source: EnvioBOLETA_v11.xsd; Formato Boletas Electrónicas v4.2 (2025-09-08).
    """
    check_day(draft.issue_date)
    check_issuer(draft.issuer)
    nobody = draft.receiver.rut == CONSUMER.rut
    if nobody and draft.service != ServiceKind.SALES_AND_SERVICES:
        refuse("receiver_required", "Esta boleta necesita el RUT de quien compra.")
    _check_absent(draft)
    check_means(draft)
    check_lines(draft, allowed=_MARKS)
    _check_kind(draft)
    check_adjustments(draft)


def check_boleta_totals(draft: Draft, totals: Totals, rules: Rules) -> None:
    """Refuse a boleta of nothing, and a large one that does not say who bought and how.

    Source: Ley 21.713; Res. Ex. SII 44 of 2025 (135 UF, from 2025-09-01); Formato Boletas
    Electrónicas v4.2 (2025-09-08), MedioPago, RUTRecep, RznSocRecep.
    """
    check_total(totals, may_be_zero=False)
    limit = rules.identified_above_clp(draft.issue_date)
    if limit is None or totals.total_clp <= limit:
        return
    if draft.receiver.rut == CONSUMER.rut or not draft.receiver.name:
        refuse(
            "large_sale_without_buyer",
            f"Sobre {pesos_text(limit)} (135 UF) la boleta lleva el RUT y el nombre del cliente.",
        )
    if draft.payment_means is None:
        refuse(
            "large_sale_without_means",
            f"Sobre {pesos_text(limit)} (135 UF) la boleta dice cómo se pagó.",
        )


def _check_absent(draft: Draft) -> None:
    elsewhere = (
        draft.payment_terms != _NO_TERMS
        or draft.print_format
        or draft.sale_nature is not None
        or draft.purchase_nature is not None
        or draft.dispatch
        or draft.transfer_reason
        or draft.transport
        or draft.requester
        or not draft.lowers_vat
        or any(line.tax_codes for line in draft.lines)
        or any(found.is_global or found.other_issuer for found in draft.references)
    )
    if elsewhere:
        refuse(
            "not_in_boleta",
            "Una boleta no lleva condiciones de pago, transporte, impuestos adicionales ni otros"
            " datos de factura. Quítalos o emite una factura.",
        )


def _check_kind(draft: Draft) -> None:
    affected = any(line.exemption is None for line in draft.lines)
    if draft.kind == DocumentType.BOLETA_EXENTA and affected:
        refuse("affected_line_in_41", "Una boleta exenta no puede llevar productos con IVA.")
    all_exempt = not affected and any(line.exempt for line in draft.lines)
    if draft.kind == DocumentType.BOLETA and all_exempt:
        refuse("all_exempt_is_41", "Si todo es exento, el documento es una boleta exenta (41).")


def _boleta(kind: DocumentType) -> Kind:
    return Kind(
        type=kind,
        usual_basis=PriceBasis.GROSS,
        max_lines=newest_number(Norm.BOLETA_LINES),
        max_references=newest_number(Norm.REFERENCES),
        limits=BOLETA_TEXTS,
        check=check_boleta,
        totals=boleta_totals,
        check_totals=check_boleta_totals,
        write_header=write_boleta_header,
        write_lines=write_boleta_lines,
    )


BOLETA = _boleta(DocumentType.BOLETA)
BOLETA_EXENTA = _boleta(DocumentType.BOLETA_EXENTA)
