"""Checks that several document types share. Each raises DraftRefused with a stable code."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NoReturn

from dte.amounts import MAX_CLP, number_text
from dte.codes import AdjustmentKind, Exemption, PaymentMeans, PriceBasis, TradeMeans
from dte.document import Adjustment, Draft, Issuer, Line, Totals
from dte.kinds.refusal import refuse
from dte.kinds.sums import is_affected
from dte.law import Norm, newest_number
from dte.taxes import VAT_RATES, find_additional_tax

# Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd: CdgItem, CdgSIISucur, CodImpAdic, PctType.
MAX_CODES = 5
MAX_BRANCH_CODE = 999_999_999
MAX_TAX_CODES = 2
WHOLE_PERCENT = Decimal(100)
MAX_PERCENT = Decimal("999.99")
MIN_PERCENT = Decimal("0.01")


def check_issuer(issuer: Issuer) -> None:
    """Refuse an issuer without a name or with an impossible branch.

    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Emisor.
    """
    if not issuer.name:
        refuse("issuer_without_name", "Falta la razón social de la empresa.")
    branch = issuer.branch_code
    if branch is not None and not 1 <= branch <= MAX_BRANCH_CODE:
        refuse("branch_code", "El código de sucursal del SII tiene de 1 a 9 dígitos.")


def check_lines(draft: Draft, *, allowed: frozenset[Exemption]) -> None:
    """Refuse lines that cannot be written or whose amount is unclear.

    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Detalle.
    """
    for place, line in enumerate(draft.lines, start=1):
        _check_line(place, line)
        if line.exemption is not None and line.exemption not in allowed:
            refuse(
                "exemption_not_allowed",
                f"La línea {place} lleva una marca (IndExe {line.exemption:d}) que no existe en:"
                f" {draft.kind.title}.",
            )
        if line.tax_codes:
            _check_taxes(place, line, draft.issue_date)


def check_adjustments(draft: Draft) -> None:
    """Refuse global discounts and surcharges that cannot be written or have nothing to adjust.

    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, DscRcgGlobal; Formato DTE v2.4.2 (2024-02):
    with several additional taxes, only percentages.
    """
    if not draft.adjustments:
        return
    limit = newest_number(Norm.ADJUSTMENTS)
    if len(draft.adjustments) > limit:
        refuse("adjustment_count", f"El documento admite hasta {limit} descuentos globales.")
    marks = {line.exemption for line in draft.lines}
    for adjustment in draft.adjustments:
        _check_adjustment(adjustment)
        present = (
            any(is_affected(line) for line in draft.lines)
            if adjustment.applies_to is None
            else adjustment.applies_to in marks
        )
        if not present:
            refuse(
                "adjustment_without_base",
                "Un descuento o recargo global no tiene líneas a las que aplicarse.",
            )
    taxes = {line.tax_codes for line in draft.lines if is_affected(line)}
    fixed = any(not found.is_percent and not found.applies_to for found in draft.adjustments)
    if fixed and len(taxes) > 1:
        refuse(
            "fixed_discount_over_taxes",
            "Con distintos impuestos adicionales, el descuento o recargo global va en porcentaje.",
        )


def check_prices_hold_taxes(draft: Draft) -> None:
    """Refuse additional taxes in a document with gross prices.

    Source: Formato DTE v2.4.2 (2024-02), MntBruto.
    """
    if draft.price_basis is PriceBasis.GROSS and any(line.tax_codes for line in draft.lines):
        refuse(
            "additional_tax_needs_net",
            "Con impuestos adicionales los precios van sin IVA.",
        )


def check_means(draft: Draft) -> None:
    """Refuse a means of payment from the other channel's list.

    Source: EnvioBOLETA_v11.xsd (digits) and DTE_v10.xsd (letters), MedioPago.
    """
    wanted = PaymentMeans if draft.kind.is_boleta else TradeMeans
    if draft.payment_means is not None and not isinstance(draft.payment_means, wanted):
        refuse(
            "payment_means_of_other_kind",
            f"El medio de pago indicado no existe en: {draft.kind.title}. Elige otro.",
        )


def check_total(totals: Totals, *, may_be_zero: bool) -> None:
    """Refuse a total of nothing, and one that the schema cannot hold.

    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, MontoType (18 digits).
    """
    if totals.total_clp == 0 and not may_be_zero:
        refuse("total_zero", "El total es $0: no hay nada que documentar.")
    if max(totals.total_clp, abs(totals.not_billable_clp)) > MAX_CLP:
        refuse("total_too_large", "El total es demasiado grande para un documento.")


def check_day(issue_date: date) -> None:
    """Refuse a day whose VAT is not on record.

    Source: DL 825 de 1974, Art. 14; the first row of `VAT_RATES` is of 2003-10-01.
    """
    first = VAT_RATES[-1].valid_from
    if issue_date < first:
        refuse("issue_date_too_old", f"La fecha de emisión es anterior al {first:%d-%m-%Y}.")


def check_numbers(place: int, values: Iterable[Decimal | None]) -> None:
    """Refuse quantities and prices of a line that are not positive numbers of the schema.

    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Dec12_6Type (0.000001 at least).
    """
    for value in values:
        if value is None:
            continue
        if not value.is_finite() or value <= 0:
            _refuse_number(place)
        try:
            number_text(value)
        except ValueError:
            refuse(
                "too_many_digits",
                f"La cantidad o el precio de la línea {place} tiene demasiados dígitos.",
            )


def check_percent(percent: Decimal, *, at_most: Decimal, what: str) -> None:
    """Refuse a percentage outside 0.01 to `at_most`, or with more than two decimals.

    Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, PctType.
    """
    if not percent.is_finite() or not MIN_PERCENT <= percent <= at_most or percent * 100 % 1:
        refuse(
            "percent_out_of_range",
            f"El porcentaje en {what} va de 0,01 a {at_most} y con dos decimales a lo más.",
        )


def _check_line(place: int, line: Line) -> None:
    if not line.name:
        refuse("line_without_name", f"La línea {place} no tiene nombre de producto.")
    if len(line.codes) > MAX_CODES:
        refuse("too_many_codes", f"La línea {place} lleva más de {MAX_CODES} códigos.")
    if line.discount_clp < 0 or line.surcharge_clp < 0:
        refuse("negative_discount", f"La línea {place} tiene un descuento o recargo negativo.")
    check_numbers(place, (line.reference_quantity, line.reference_price))
    if line.unit_price is None and (line.quantity is None or line.fixed_amount_clp is not None):
        _check_fixed_amount(place, line)
    else:
        _check_price(place, line)
    amount = line.amount_clp
    if amount < 0:
        refuse("discount_too_large", f"El descuento de la línea {place} supera su precio.")
    if amount > MAX_CLP:
        refuse("total_too_large", f"El monto de la línea {place} es demasiado grande.")


def _check_fixed_amount(place: int, line: Line) -> None:
    if line.fixed_amount_clp is None or line.discount_clp or line.surcharge_clp:
        refuse("line_without_amount", f"La línea {place} no tiene cantidad y precio.")
    check_numbers(place, (line.quantity,))


def _check_price(place: int, line: Line) -> None:
    if line.quantity is None or line.unit_price is None:
        _refuse_number(place)
    check_numbers(place, (line.quantity, line.unit_price))
    if line.fixed_amount_clp is not None:
        refuse("amount_stated_twice", f"La línea {place} trae precio y además monto fijo.")


def _check_taxes(place: int, line: Line, on: date) -> None:
    if len(line.tax_codes) > MAX_TAX_CODES or len(set(line.tax_codes)) < len(line.tax_codes):
        refuse(
            "too_many_taxes",
            f"La línea {place} admite hasta {MAX_TAX_CODES} impuestos adicionales distintos.",
        )
    if not is_affected(line):
        refuse(
            "tax_on_exempt_line",
            f"La línea {place} no lleva IVA, así que tampoco impuestos adicionales.",
        )
    for code in line.tax_codes:
        if find_additional_tax(code, on) is None:
            refuse(
                "tax_code_unknown",
                f"La línea {place} lleva el impuesto adicional {code}, que aquí no se cobra.",
            )


def _check_adjustment(adjustment: Adjustment) -> None:
    if adjustment.applies_to not in (None, Exemption.EXEMPT, Exemption.NOT_BILLABLE):
        refuse(
            "adjustment_group",
            "Un descuento global se aplica a lo afecto, a lo exento o a lo no facturable.",
        )
    if adjustment.is_percent:
        discount = adjustment.kind is AdjustmentKind.DISCOUNT
        check_percent(
            adjustment.value,
            at_most=WHOLE_PERCENT if discount else MAX_PERCENT,
            what="un descuento o recargo global",
        )
    elif (
        not adjustment.value.is_finite()
        or not 1 <= adjustment.value <= MAX_CLP
        or adjustment.value % 1
    ):
        refuse(
            "adjustment_amount", "Un descuento o recargo global en pesos es un monto entero y > 0."
        )


def _refuse_number(place: int) -> NoReturn:
    refuse(
        "quantity_or_price_zero",
        f"La línea {place} necesita cantidad y precio mayores que cero.",
    )
