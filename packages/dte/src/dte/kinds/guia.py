"""Guía de despacho (52): the paper of goods on the move, sold or not."""

from dte.codes import DocumentType, Exemption, PriceBasis, TransferReason
from dte.document import Draft, Totals
from dte.kinds.checks import check_lines, check_total
from dte.kinds.kind import Kind
from dte.kinds.limits import TRADE_TEXTS
from dte.kinds.refusal import refuse
from dte.kinds.sums import affected_totals
from dte.kinds.trade import check_known_receiver, check_no_credit_flag, check_trade
from dte.kinds.transport import check_transport
from dte.law import Norm, newest_number
from dte.rules import Rules
from dte.xml.trade import write_trade_header, write_trade_lines

# Source: Formato DTE v2.4.2 (2024-02), IndExe: 4 in guías of a sale, 5 in all others.
_IN_SALE = frozenset(Exemption) - {Exemption.GUIA_REDUCTION}
_IN_OTHERS = frozenset(Exemption) - {Exemption.NOT_A_SALE}
_EXPORT = (TransferReason.EXPORT_TRANSFER, TransferReason.EXPORT_SALE)
_GUIA_PAPERS = ("52", "50")


def guia_totals(draft: Draft) -> Totals:
    """Derive the totals of a guía: those of a sale, or of what the moved goods are worth.

    Source: Formato DTE v2.4.2 (2024-02), Totales, IndExe 5.
    """
    return affected_totals(draft, states_rate=True)


def check_guia(draft: Draft, rules: Rules) -> None:
    """Refuse what a guía may not say. Raises DraftRefused.

    Source: DTE_v10.xsd (2026-02-06); Formato DTE v2.4.2 (2024-02), IndTraslado; Res. Ex. SII 154
    of 2025 (transport).
    """
    check_trade(draft)
    check_no_credit_flag(draft)
    check_known_receiver(draft.receiver, title="una guía")
    reason = draft.transfer_reason
    if reason is None:
        refuse("transfer_reason_missing", "La guía debe decir por qué se trasladan los bienes.")
    if reason in _EXPORT:
        refuse("export_not_issued", "Las guías de exportación no se emiten aquí.")
    if reason is TransferReason.INTERNAL and draft.receiver.rut != draft.issuer.rut:
        refuse("internal_to_other", "En un traslado interno quien recibe es la misma empresa.")
    check_lines(draft, allowed=_IN_SALE if reason is TransferReason.SALE else _IN_OTHERS)
    reduces = any(line.exemption is Exemption.GUIA_REDUCTION for line in draft.lines)
    if reduces and not any(found.kind in _GUIA_PAPERS for found in draft.references):
        refuse("reduction_without_guia", "Lo que rebaja una guía anterior hace referencia a ella.")
    check_transport(draft, rules)


def check_guia_totals(draft: Draft, totals: Totals, _rules: Rules) -> None:
    """Refuse a guía of a sale without amounts; in all others they may be zero.

    Source: Formato DTE v2.4.2 (2024-02), IndTraslado, MontoItem, MntTotal.
    """
    check_total(totals, may_be_zero=draft.transfer_reason is not TransferReason.SALE)


GUIA = Kind(
    type=DocumentType.GUIA,
    usual_basis=PriceBasis.NET,
    max_lines=newest_number(Norm.FACTURA_LINES),
    max_references=newest_number(Norm.REFERENCES),
    limits=TRADE_TEXTS,
    check=check_guia,
    totals=guia_totals,
    check_totals=check_guia_totals,
    write_header=write_trade_header,
    write_lines=write_trade_lines,
)
