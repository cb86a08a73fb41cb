"""Factura (33) and factura exenta (34): between companies, net prices unless said otherwise."""

from dte.codes import DocumentType, Exemption, PaymentForm, PriceBasis
from dte.document import Draft, Receiver, Totals
from dte.kinds.checks import check_lines, check_total
from dte.kinds.kind import Kind
from dte.kinds.limits import TRADE_TEXTS
from dte.kinds.refusal import refuse
from dte.kinds.sums import affected_totals, exempt_totals, is_affected
from dte.kinds.trade import check_known_receiver, check_no_credit_flag, check_trade
from dte.kinds.transport import check_transport, goes_with_goods
from dte.law import Norm, newest_number
from dte.rules import Rules
from dte.xml.trade import write_trade_header, write_trade_lines

# Source: Formato DTE v2.4.2 (2024-02), IndExe: 5 is of guías.
_MARKS = frozenset(Exemption) - {Exemption.GUIA_REDUCTION}


def factura_totals(draft: Draft) -> Totals:
    """Derive the totals of a factura; those of a 34 are exempt and total only.

    Source: Formato DTE v2.4.2 (2024-02), Totales.
    """
    if draft.kind.is_wholly_exempt:
        return exempt_totals(draft)
    return affected_totals(draft, states_rate=True)


def check_factura(draft: Draft, rules: Rules) -> None:
    """Refuse what a factura may not say. Raises DraftRefused.

    Source: DTE_v10.xsd (2026-02-06); Formato DTE v2.4.2 (2024-02); DS 55 de 1977 (Reglamento del
    IVA), Art. 69: name, RUT, address, commune and giro of the buyer.
    """
    check_trade(draft)
    check_no_credit_flag(draft)
    _check_receiver(draft.receiver)
    check_lines(draft, allowed=_MARKS)
    affected = any(is_affected(line) for line in draft.lines)
    if draft.kind == DocumentType.FACTURA and not affected:
        refuse("all_exempt_is_34", "Si todo es exento, el documento es una factura exenta (34).")
    if draft.kind == DocumentType.FACTURA_EXENTA and affected:
        refuse("affected_line_in_34", "Una factura exenta no puede llevar productos con IVA.")
    if draft.transfer_reason is not None:
        refuse("transfer_only_in_guia", "El motivo de traslado (IndTraslado) es de las guías.")
    if goes_with_goods(draft):
        check_transport(draft, rules)


def check_factura_totals(draft: Draft, totals: Totals, _rules: Rules) -> None:
    """Refuse a factura of nothing, unless it says that it is free.

    Source: Formato DTE v2.4.2 (2024-02), MntTotal, FmaPago 3.
    """
    check_total(totals, may_be_zero=draft.payment_terms.form is PaymentForm.FREE)


def _check_receiver(receiver: Receiver) -> None:
    check_known_receiver(receiver, title="una factura")
    if not receiver.giro:
        refuse("receiver_without_giro", "Falta el giro de quien compra.")
    if not receiver.address or not receiver.commune:
        refuse("receiver_without_address", "Falta la dirección y la comuna de quien compra.")


def _factura(kind: DocumentType) -> Kind:
    return Kind(
        type=kind,
        usual_basis=PriceBasis.NET,
        max_lines=newest_number(Norm.FACTURA_LINES),
        max_references=newest_number(Norm.REFERENCES),
        limits=TRADE_TEXTS,
        check=check_factura,
        totals=factura_totals,
        check_totals=check_factura_totals,
        write_header=write_trade_header,
        write_lines=write_trade_lines,
    )


FACTURA = _factura(DocumentType.FACTURA)
FACTURA_EXENTA = _factura(DocumentType.FACTURA_EXENTA)
