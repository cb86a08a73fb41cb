"""Rules of the notes (56, 61): what they refer to, why, and how much of it is left.

Source: Formato DTE v2.4.2 (2024-02), Referencia (CodRef).
"""

from lxml import etree

from . import rules
from .amounts import total_of
from .envelope import SII, text
from .facts import Facts, FolioKey
from .findings import Finding
from .ledger import ANNULS, CORRECTS_AMOUNTS, CORRECTS_TEXT, CREDIT_NOTE, DEBIT_NOTE, Ledger
from .records import Target

CONSUMER = "66666666-6"
_SINGLE = (ANNULS, CORRECTS_TEXT)
_REASONS = (*_SINGLE, CORRECTS_AMOUNTS)


def correction_findings(document: etree._Element, facts: Facts, *, ledger: Ledger) -> list[Finding]:
    """List the objections to a note's references; nothing for other types."""
    if facts.kind not in (DEBIT_NOTE, CREDIT_NOTE):
        return []
    head = document.find(f"{{{SII}}}Encabezado")
    found = [rules.ANONYMOUS_NOTE.at(head)] if facts.receiver == CONSUMER else []
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
    return found + _target_findings(reasoned, facts, ledger=ledger)


def targets_of(dte: etree._Element, facts: Facts) -> tuple[Target, ...]:
    """List the issuer's own documents that a note annuls or corrects."""
    if facts.kind not in (DEBIT_NOTE, CREDIT_NOTE):
        return ()
    found = []
    for reference in dte.iterfind(f"{{{SII}}}Documento/{{{SII}}}Referencia"):
        kind, folio = text(reference, "TpoDocRef"), text(reference, "FolioRef")
        reason = text(reference, "CodRef")
        foreign = text(reference, "RUTOtr") not in ("", facts.issuer)
        if reason in _REASONS and kind.isdigit() and folio.isdigit() and not foreign:
            found.append(
                Target(issuer=facts.issuer, kind=int(kind), folio=int(folio), reason=reason)
            )
    return tuple(found)


def _has_amounts(document: etree._Element) -> bool:
    return total_of(document) > 0 or any(
        text(line, "MontoItem") != "0" for line in document.iterfind(f"{{{SII}}}Detalle")
    )


def _target_findings(
    references: list[etree._Element], facts: Facts, *, ledger: Ledger
) -> list[Finding]:
    found: list[Finding] = []
    known: dict[FolioKey, Facts] = {}
    for reference in references:
        key = _key(reference, facts)
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
        if text(reference, "CodRef") == ANNULS and facts.total_clp != target.total_clp:
            found.append(
                rules.PARTIAL_ANNULMENT.differs(reference, facts.total_clp, target.total_clp)
            )
    if facts.kind == CREDIT_NOTE and len(known) == len(references):
        left = ledger.remaining_clp(tuple(known.values()))
        if facts.total_clp > left:
            found.append(rules.OVER_REMAINING.differs(references[0], facts.total_clp, left))
    return found


def _key(reference: etree._Element, facts: Facts) -> FolioKey | None:
    kind, folio = text(reference, "TpoDocRef"), text(reference, "FolioRef")
    foreign = text(reference, "RUTOtr") not in ("", facts.issuer)
    if foreign or text(reference, "IndGlobal") or not (kind.isdigit() and folio.isdigit()):
        return None
    return facts.issuer, int(kind), int(folio)
