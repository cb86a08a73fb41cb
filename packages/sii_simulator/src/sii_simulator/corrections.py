"""Rules of the notes (56, 61): what they refer to, why, and how much of it is left.

Source: Formato DTE v2.4.2 (2024-02), Referencia (CodRef).
"""

from lxml import etree

from . import rules
from .amounts import total_of
from .envelope import SII, text
from .facts import Boleta
from .findings import Finding
from .ledger import ANNULS, CORRECTS_TEXT, CREDIT_NOTE, DEBIT_NOTE, Key, Ledger

CONSUMER = "66666666-6"
_SINGLE = (ANNULS, CORRECTS_TEXT)


def correction_findings(
    document: etree._Element, boleta: Boleta, *, ledger: Ledger
) -> list[Finding]:
    """List the objections to a note's references; nothing for other types."""
    if boleta.kind not in (DEBIT_NOTE, CREDIT_NOTE):
        return []
    head = document.find(f"{{{SII}}}Encabezado")
    found = [rules.ANONYMOUS_NOTE.at(head)] if boleta.receiver == CONSUMER else []
    references = document.findall(f"{{{SII}}}Referencia")
    if not references:
        return [*found, rules.NO_REFERENCE.at(head)]
    reasoned = [reference for reference in references if text(reference, "CodRef")]
    if not reasoned:
        return [*found, rules.NO_REASON.at(references[0])]
    reasons = {text(reference, "CodRef") for reference in reasoned}
    if len(reasoned) > 1 and reasons.intersection(_SINGLE):
        found.append(rules.SEVERAL_TARGETS.at(reasoned[1], ",".join(sorted(reasons))))
    if CORRECTS_TEXT in reasons and _has_amounts(document):
        found.append(rules.TEXT_WITH_AMOUNTS.at(head, f"[{total_of(document)}]"))
    return found + _target_findings(reasoned, boleta, ledger=ledger)


def _has_amounts(document: etree._Element) -> bool:
    return total_of(document) > 0 or any(
        text(line, "MontoItem") != "0" for line in document.iterfind(f"{{{SII}}}Detalle")
    )


def _target_findings(
    references: list[etree._Element], boleta: Boleta, *, ledger: Ledger
) -> list[Finding]:
    found: list[Finding] = []
    known: dict[Key, Boleta] = {}
    for reference in references:
        key = _key(reference, boleta)
        target = ledger.document(key) if key else None
        if key is None or target is None:
            # Issued before the simulator's time, or on paper: nothing to compare with.
            continue
        if ledger.is_annulled(key):
            found.append(rules.ANNULLED_AGAIN.at(reference, f"[{key[1]}-{key[2]}]"))
            continue
        known[key] = target
        if text(reference, "FchRef") != target.issue_date:
            found.append(
                rules.REFERENCE_DATE.differs(
                    reference, text(reference, "FchRef"), target.issue_date
                )
            )
        if text(reference, "CodRef") == ANNULS and boleta.total_clp != target.total_clp:
            found.append(
                rules.PARTIAL_ANNULMENT.differs(reference, boleta.total_clp, target.total_clp)
            )
    if boleta.kind == CREDIT_NOTE and len(known) == len(references):
        left = ledger.remaining_clp(tuple(known.values()))
        if boleta.total_clp > left:
            found.append(rules.OVER_REMAINING.differs(references[0], boleta.total_clp, left))
    return found


def _key(reference: etree._Element, boleta: Boleta) -> Key | None:
    kind, folio = text(reference, "TpoDocRef"), text(reference, "FolioRef")
    foreign = text(reference, "RUTOtr") not in ("", boleta.issuer)
    if foreign or text(reference, "IndGlobal") or not (kind.isdigit() and folio.isdigit()):
        return None
    return boleta.issuer, int(kind), int(folio)
