"""What a document changes as a note (56, 61), and the signature it is known by."""

from lxml import etree

from .envelope import SII, text
from .facts import Boleta
from .ledger import ANNULS, CORRECTS_AMOUNTS, CORRECTS_TEXT, CREDIT_NOTE, DEBIT_NOTE, Ledger
from .registry import Registry, Target
from .signatures import DSIG

# By what the note does, and whether it is a debit note. Source: manual QueryEstDte, ESTADO.
_STATES = {
    (ANNULS, True): "AND",
    (ANNULS, False): "ANC",
    (CORRECTS_AMOUNTS, True): "MMD",
    (CORRECTS_AMOUNTS, False): "MMC",
    (CORRECTS_TEXT, True): "TMD",
    (CORRECTS_TEXT, False): "TMC",
}
_GRAVEST_FIRST = (ANNULS, CORRECTS_AMOUNTS, CORRECTS_TEXT)


def targets_of(dte: etree._Element, boleta: Boleta) -> tuple[Target, ...]:
    """List the issuer's own documents that a note annuls or corrects."""
    if boleta.kind not in (DEBIT_NOTE, CREDIT_NOTE):
        return ()
    found = []
    for reference in dte.iterfind(f"{{{SII}}}Documento/{{{SII}}}Referencia"):
        kind, folio = text(reference, "TpoDocRef"), text(reference, "FolioRef")
        reason = text(reference, "CodRef")
        foreign = text(reference, "RUTOtr") not in ("", boleta.issuer)
        if reason in _GRAVEST_FIRST and kind.isdigit() and folio.isdigit() and not foreign:
            found.append(
                Target(issuer=boleta.issuer, kind=int(kind), folio=int(folio), reason=reason)
            )
    return tuple(found)


def signature_value(dte: etree._Element) -> str:
    """Read the document's SignatureValue, without white space."""
    found = dte.findtext(f"{{{DSIG}}}Signature/{{{DSIG}}}SignatureValue") or ""
    return "".join(found.split())


def changed_state(registry: Registry, *, issuer: str, kind: int, folio: int) -> str | None:
    """Tell how later notes changed a document: AND, ANC, MMD, MMC, TMD, TMC or None.

    A note that was itself annulled changes nothing any more.
    """
    ledger = Ledger(registry)
    notes = [
        note
        for note in registry.notes_on(issuer=issuer, kind=kind, folio=folio)
        if not ledger.is_annulled((issuer, note.kind, note.folio))
    ]
    for reason in _GRAVEST_FIRST:
        for note in reversed(notes):
            if note.reason == reason:
                return _STATES[reason, note.kind == DEBIT_NOTE]
    return None
