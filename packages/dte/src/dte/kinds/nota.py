"""Notas de débito (56) and de crédito (61): corrections of another document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dte.amounts import net_of_gross, pesos_text
from dte.codes import DocumentType, Exemption, PriceBasis, ReferenceReason
from dte.document import CONSUMER, Draft, Totals
from dte.kinds.checks import check_lines, check_total
from dte.kinds.kind import Kind
from dte.kinds.limits import TRADE_TEXTS
from dte.kinds.refusal import refuse
from dte.kinds.sums import affected_totals
from dte.kinds.trade import check_known_receiver, check_no_credit_flag, check_trade
from dte.law import Norm, newest_number
from dte.rules import Rules
from dte.taxes import vat_percent
from dte.xml.trade import write_trade_header, write_trade_lines

# Source: Formato DTE v2.4.2 (2024-02), IndExe: 4 is of facturas and guías, 5 of guías.
_MARKS = frozenset(Exemption) - {Exemption.NOT_A_SALE, Exemption.GUIA_REDUCTION}
_NOTAS = ("56", "61")
_OF_ONE_DOCUMENT = (ReferenceReason.ANNULS, ReferenceReason.CORRECTS_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one nota does to the document it refers to."""

    kind: DocumentType
    reason: ReferenceReason
    totals: Totals


def correction_reason(draft: Draft) -> ReferenceReason | None:
    """Return why a nota corrects (CodRef of its first coded reference), or None without one.

    Source: Formato DTE v2.4.2 (2024-02), Referencia, CodRef.
    """
    return next(
        (ReferenceReason(int(found.code)) for found in draft.references if found.code), None
    )


def nota_totals(draft: Draft) -> Totals:
    """Derive the totals of a nota; with gross prices they are exactly those of its boleta.

    Source: Formato DTE v2.4.2 (2024-02), Totales, MntBruto; Res. Ex. SII 74 of 2020, F.7.
    """
    return affected_totals(draft, states_rate=True)


def check_nota(draft: Draft, rules: Rules) -> None:
    """Refuse what a nota may not say. Raises DraftRefused.

    Source: DTE_v10.xsd (2026-02-06); Formato DTE v2.4.2 (2024-02), Referencia, CodRef, IndNoRebaja.
    """
    check_trade(draft)
    if draft.kind == DocumentType.NOTA_DEBITO:
        check_no_credit_flag(draft)
    if draft.receiver.rut != CONSUMER.rut or not rules.nota_to_consumer or not draft.receiver.name:
        check_known_receiver(draft.receiver, title="una nota")
    reason = correction_reason(draft)
    if reason is None:
        refuse(
            "nota_without_reference",
            "Una nota debe referirse al documento que corrige, con el código de lo que hace.",
        )
    coded = [found for found in draft.references if found.code]
    singular = any(int(found.code) in _OF_ONE_DOCUMENT for found in coded)
    if singular and (len(coded) > 1 or coded[0].is_global):
        refuse(
            "nota_refers_to_several",
            "Para anular o corregir textos, la nota se refiere a un solo documento.",
        )
    if draft.transfer_reason is not None or draft.dispatch is not None:
        refuse("transfer_only_in_guia", "Una nota no traslada bienes: quita los datos de despacho.")
    check_lines(draft, allowed=_MARKS)
    if reason is ReferenceReason.CORRECTS_TEXT and any(line.amount_clp for line in draft.lines):
        refuse("text_correction_with_amounts", "Una nota que corrige textos lleva montos en $0.")


def check_nota_totals(draft: Draft, totals: Totals, _rules: Rules) -> None:
    """Refuse a nota of nothing, unless it corrects a text or annuls a nota that did.

    Source: Formato DTE v2.4.2 (2024-02), CodRef 1 and 2.
    """
    check_total(totals, may_be_zero=_may_be_of_nothing(draft))


def remaining_clp(original: DocumentType, totals: Totals, corrections: Sequence[Correction]) -> int:
    """Return what is left of a document after its notas, in pesos; 0 once it is annulled.

    Source: Formato DTE v2.4.2 (2024-02), CodRef; Res. Ex. SII 74 of 2020, F.7.
    """
    if any(found.reason is ReferenceReason.ANNULS for found in corrections):
        return 0
    moves = (found.totals.total_clp * _sign(original, found.kind) for found in corrections)
    return totals.total_clp + sum(moves)


def check_correction(
    correction: Correction,
    *,
    original: DocumentType,
    totals: Totals,
    earlier: Sequence[Correction] = (),
) -> None:
    """Refuse a nota that takes back more than its document has left. Raises DraftRefused.

    `earlier` are the notas on the same document, those that were annulled themselves left out.
    Net and VAT together, exempt, deposit and total are each watched; an annulment equals its
    document and is its only correction of amounts.
    Source: Formato DTE v2.4.2 (2024-02), CodRef 1 and 3.
    """
    if any(found.reason is ReferenceReason.ANNULS for found in earlier):
        refuse("already_annulled", "Ese documento ya está anulado por otra nota.")
    if correction.reason is ReferenceReason.CORRECTS_TEXT:
        return
    amounts = [found for found in earlier if found.reason is ReferenceReason.CORRECTS_AMOUNTS]
    if correction.reason is ReferenceReason.ANNULS:
        if amounts or _parts(correction.totals) != _parts(totals):
            refuse(
                "annulment_not_whole",
                "Una nota que anula lleva los mismos montos del documento, y este no puede tener"
                " otras notas. Para el resto, corrige montos (código 3).",
            )
        return
    if _sign(original, correction.kind) > 0:
        return
    left = _parts(totals)
    for found in [*amounts, correction]:
        sign = _sign(original, found.kind)
        left = tuple(
            part + sign * change for part, change in zip(left, _parts(found.totals), strict=True)
        )
    if min(left) < 0:
        rest = remaining_clp(original, totals, earlier)
        refuse(
            "credit_over_document",
            f"La nota supera lo que queda del documento: {pesos_text(rest)}.",
        )


def refunded_vat(affected_clp: int, *, credited_before_clp: int, on: date) -> int:
    """Return the VAT of a gross refund, so that all refunds sum to the document's own VAT.

    `affected_clp` is what this nota takes back of the affected gross amount and
    `credited_before_clp` what earlier ones took; `on` is the day of the document. State the
    result as the draft's `vat_clp`.
    Source: Formato DTE v2.4.2 (2024-02), MntBruto, IVA (the share is cumulative: our definition).
    """
    percent = vat_percent(on)
    after_clp = credited_before_clp + affected_clp
    net = net_of_gross(after_clp, percent) - net_of_gross(credited_before_clp, percent)
    return affected_clp - net


def _may_be_of_nothing(draft: Draft) -> bool:
    reason = correction_reason(draft)
    of_nota = any(found.code and found.kind in _NOTAS for found in draft.references)
    return reason is ReferenceReason.CORRECTS_TEXT or (reason is ReferenceReason.ANNULS and of_nota)


def _sign(original: DocumentType, kind: DocumentType) -> int:
    lowering = (
        DocumentType.NOTA_DEBITO
        if original is DocumentType.NOTA_CREDITO
        else DocumentType.NOTA_CREDITO
    )
    return -1 if kind is lowering else 1


def _parts(totals: Totals) -> tuple[int, ...]:
    # Net and VAT together: their split moves by a peso when a note is rounded on its own.
    return (
        totals.net_clp + totals.vat_clp,
        totals.exempt_clp,
        totals.deposit_clp,
        totals.total_clp,
    )


def _nota(kind: DocumentType) -> Kind:
    return Kind(
        type=kind,
        usual_basis=PriceBasis.NET,
        max_lines=newest_number(Norm.FACTURA_LINES),
        max_references=newest_number(Norm.REFERENCES),
        limits=TRADE_TEXTS,
        check=check_nota,
        totals=nota_totals,
        check_totals=check_nota_totals,
        write_header=write_trade_header,
        write_lines=write_trade_lines,
    )


NOTA_DEBITO = _nota(DocumentType.NOTA_DEBITO)
NOTA_CREDITO = _nota(DocumentType.NOTA_CREDITO)
