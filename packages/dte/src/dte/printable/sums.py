"""The totals of a paper in words, row by row, above and below TOTAL."""

from collections.abc import Iterator

from dte.blocks import Amount
from dte.codes import DocumentType, Exemption, PriceBasis
from dte.printable import words
from dte.printable.column import Column
from dte.taxes import vat_percent
from dte.xml.read import ReadDocument


def vat_label(document: ReadDocument) -> str:
    """Return `IVA 19%` with the document's own rate, or that of its day.

    Source: Manual de muestras impresas v3.0, totales.
    """
    stated = document.totals.vat_percent
    percent = vat_percent(document.issue_date) if stated is None else stated
    return f"IVA {words.decimal_text(percent)}%"


def sums_above_total(document: ReadDocument, right_column: Column) -> Iterator[Amount]:
    """Yield what stands between the detail and TOTAL.

    Wholly exempt types show neither net nor VAT. A boleta shows its VAT below the total, unless
    its prices are net: then VAT is one more amount of the column.
    Source: Manual de muestras impresas v3.0, totales; Res. Ex. SII 74 of 2020, letter G.
    """
    kind, totals = document.kind, document.totals
    for adjustment in right_column.adjustments:
        yield Amount(label=adjustment.label, amount_clp=adjustment.amount_clp)
    if kind.is_boleta:
        if kind is DocumentType.BOLETA and document.draft.price_basis is PriceBasis.NET:
            yield Amount(label=vat_label(document), amount_clp=totals.vat_clp)
        return
    if not kind.is_wholly_exempt and totals.net_clp:
        yield Amount(label="Monto neto", amount_clp=totals.net_clp)
    if totals.exempt_clp or kind.is_wholly_exempt:
        yield Amount(label="Monto exento", amount_clp=totals.exempt_clp)
    if not kind.is_wholly_exempt and (totals.vat_clp or totals.net_clp):
        yield Amount(label=vat_label(document), amount_clp=totals.vat_clp)
    yield from _taxes_and_deposit(document)


def _taxes_and_deposit(document: ReadDocument) -> Iterator[Amount]:
    totals = document.totals
    # In a factura de compra the buyer keeps these back.
    sign = -1 if document.kind is DocumentType.FACTURA_COMPRA else 1
    for tax in totals.taxes:
        yield Amount(label=words.tax_words(tax), amount_clp=sign * tax.amount_clp)
    if totals.construction_credit_clp:
        label = "Crédito empresa constructora"
        yield Amount(label=label, amount_clp=-totals.construction_credit_clp)
    # A liquidación pays out what is left after the commission.
    for label, amount_clp in (
        ("Comisiones netas", totals.commission_net_clp),
        ("Comisiones exentas", totals.commission_exempt_clp),
        ("IVA de comisiones", totals.commission_vat_clp),
    ):
        if amount_clp:
            yield Amount(label=label, amount_clp=-amount_clp)
    if totals.deposit_clp:
        yield Amount(label="Envases en garantía", amount_clp=totals.deposit_clp)


def boleta_vat(document: ReadDocument) -> Iterator[Amount]:
    """Yield the VAT inside a boleta's total; nothing for a 41 and where it is above the total.

    Source: Res. Ex. SII 74 of 2020, letter G; Formato Boletas Electrónicas v4.2, column I.
    """
    if document.kind is DocumentType.BOLETA and document.draft.price_basis is PriceBasis.GROSS:
        percent = words.decimal_text(vat_percent(document.issue_date))
        yield Amount(
            label="El IVA incluido en esta boleta es",
            narrow_label=f"IVA incluido ({percent}%)",
            amount_clp=document.totals.vat_clp,
        )


def boleta_exempt(document: ReadDocument) -> Iterator[Amount]:
    """Yield a boleta's exempt amount, with the mark of its lines where they carry one.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MntExe.
    """
    if document.kind.is_boleta and document.totals.exempt_clp:
        label = "Exento (E)" if document.kind is DocumentType.BOLETA else "Exento"
        yield Amount(label=label, amount_clp=document.totals.exempt_clp)


def outside_total(document: ReadDocument, right_column: Column) -> Iterator[Amount]:
    """Yield what is not billable, an older balance, and what is to be paid when it is not TOTAL.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MontoNF, SaldoAnterior, VlrPagar.
    """
    totals = document.totals
    for adjustment in right_column.outside_adjustments:
        yield Amount(label=adjustment.label, amount_clp=adjustment.amount_clp)
    if totals.not_billable_clp:
        yield Amount(label="No facturable", amount_clp=totals.not_billable_clp)
    if totals.previous_balance_clp:
        yield Amount(label="Saldo anterior", amount_clp=totals.previous_balance_clp)
    payable_clp = due_clp(document)
    if payable_clp != totals.total_clp:
        yield Amount(label="Valor a pagar", amount_clp=payable_clp, strong=True)


def due_clp(document: ReadDocument) -> int:
    """Return what the buyer owes: the total with what is not billable, or as stated (VlrPagar).

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), VlrPagar.
    """
    totals = document.totals
    if totals.payable_clp is not None:
        return totals.payable_clp
    return totals.total_clp + totals.not_billable_clp


def line_mark(document: ReadDocument, exemption: Exemption | None) -> str:
    """Return the mark of a line: "E" exempt, "NF" outside the total, "NV" no sale.

    Wholly exempt types mark nothing exempt.
    Source: Manual de muestras impresas v3.0: exempt lines are marked, except in a 34.
    """
    match exemption:
        case Exemption.EXEMPT:
            return "" if document.kind.is_wholly_exempt else "E"
        case Exemption.NOT_BILLABLE | Exemption.NEGATIVE_NOT_BILLABLE:
            return "NF"
        case Exemption.NOT_A_SALE:
            return "NV"
        case _:
            return ""
