"""Boleta (39) and boleta exenta (41): gross prices, VAT inside, no rate in the document."""

from decimal import Decimal
from typing import NoReturn

from dte.amounts import MAX_CLP, number_text
from dte.codes import DocumentType, ServiceKind
from dte.document import CONSUMER, Draft, Line, Totals
from dte.errors import DraftRefused
from dte.kinds.kind import Kind
from dte.kinds.texts import BOLETA_TEXTS
from dte.taxes import vat_percent
from dte.xml.boleta import write_boleta_header, write_boleta_lines

MAX_CODES = 5
MAX_BRANCH_CODE = 999_999_999


def boleta_totals(draft: Draft) -> Totals:
    """Derive the totals of gross lines: net is rounded half up, VAT is the rest.

    VAT is never rate x net: for 16 % of all amounts that would miss the total by one peso.
    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MntNeto, IVA, MntExe, MntTotal.
    """
    affected = sum(line.amount_clp for line in draft.lines if not line.exempt)
    exempt = sum(line.amount_clp for line in draft.lines if line.exempt)
    net = net_of_gross(affected, vat_percent(draft.issue_date))
    return Totals(
        net_clp=net, exempt_clp=exempt, vat_clp=affected - net, total_clp=affected + exempt
    )


def net_of_gross(gross_clp: int, percent: Decimal) -> int:
    """Return the net of an amount with VAT: gross x 100 / (100 + percent), half up, in integers.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MntNeto.
    """
    part, whole = 10_000, 10_000 + int(percent * 100)
    return (2 * gross_clp * part + whole) // (2 * whole)


def check_boleta(draft: Draft) -> None:
    """Refuse what a boleta may not say. Raises DraftRefused.

    Source: EnvioBOLETA_v11.xsd; Formato Boletas Electrónicas v4.2 (2025-09-08).
    """
    if not draft.issuer.name:
        _refuse("issuer_without_name", "Falta la razón social de la empresa.")
    branch = draft.issuer.branch_code
    if branch is not None and not 1 <= branch <= MAX_BRANCH_CODE:
        _refuse("branch_code", "El código de sucursal del SII tiene de 1 a 9 dígitos.")
    nobody = draft.receiver.rut == CONSUMER.rut
    if nobody and draft.service != ServiceKind.SALES_AND_SERVICES:
        _refuse("receiver_required", "Esta boleta necesita el RUT de quien compra.")
    for number, line in enumerate(draft.lines, start=1):
        _check_line(number, line)
    _check_kind(draft)
    total = sum(line.amount_clp for line in draft.lines)
    if total == 0:
        _refuse("total_zero", "El total es $0: no hay nada que documentar.")
    if total > MAX_CLP:
        _refuse("total_too_large", "El total es demasiado grande para una boleta.")


def _check_kind(draft: Draft) -> None:
    all_exempt = all(line.exempt for line in draft.lines)
    if draft.kind == DocumentType.BOLETA_EXENTA and not all_exempt:
        _refuse("affected_line_in_41", "Una boleta exenta no puede llevar productos con IVA.")
    if draft.kind == DocumentType.BOLETA and all_exempt:
        _refuse("all_exempt_is_41", "Si todo es exento, el documento es una boleta exenta (41).")


def _check_line(number: int, line: Line) -> None:
    if not line.name:
        _refuse("line_without_name", f"La línea {number} no tiene nombre de producto.")
    if len(line.codes) > MAX_CODES:
        _refuse("too_many_codes", f"La línea {number} lleva más de {MAX_CODES} códigos.")
    if line.discount_clp < 0 or line.surcharge_clp < 0:
        _refuse("negative_discount", f"La línea {number} tiene un descuento o recargo negativo.")
    if line.quantity is None and line.unit_price is None:
        if line.fixed_amount_clp is None or line.discount_clp or line.surcharge_clp:
            _refuse("line_without_amount", f"La línea {number} no tiene cantidad y precio.")
    else:
        _check_priced_line(number, line)
    if line.amount_clp < 0:
        _refuse("discount_too_large", f"El descuento de la línea {number} supera su precio.")


def _check_priced_line(number: int, line: Line) -> None:
    for value in (line.quantity, line.unit_price):
        if value is None or value <= 0:
            _refuse(
                "quantity_or_price_zero",
                f"La línea {number} necesita cantidad y precio mayores que cero.",
            )
        try:
            number_text(value)
        except ValueError as error:
            raise DraftRefused(
                "too_many_digits",
                f"La cantidad o el precio de la línea {number} tiene demasiados dígitos.",
            ) from error
    if line.fixed_amount_clp is not None:
        _refuse("amount_stated_twice", f"La línea {number} trae precio y además monto fijo.")


def _refuse(code: str, message: str) -> NoReturn:
    raise DraftRefused(code, f"{message} Corrígelo y vuelve a emitir.")


def _boleta(kind: DocumentType) -> Kind:
    return Kind(
        type=kind,
        max_lines=1000,
        max_references=40,
        limits=BOLETA_TEXTS,
        check=check_boleta,
        totals=boleta_totals,
        write_header=write_boleta_header,
        write_lines=write_boleta_lines,
    )


BOLETA = _boleta(DocumentType.BOLETA)
BOLETA_EXENTA = _boleta(DocumentType.BOLETA_EXENTA)
