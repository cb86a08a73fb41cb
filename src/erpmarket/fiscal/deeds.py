"""What can still be done with a document, as its page offers it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from dte.codes import DocumentType, ReferenceReason
from erpmarket.accounts.permissions import ISSUE_PAPERS
from erpmarket.fiscal.corrections import left_lines
from erpmarket.fiscal.guias import find_factura_of, is_to_bill, way_of_guia
from erpmarket.fiscal.models import IssuedDocument, Submission, SubmissionState
from erpmarket.fiscal.nota_queries import Nota, list_notas, read_paper, taken_back

# Word of the address → what its page is called.
DEEDS: Final = {
    "anular": "Anular",
    "devolver": "Devolver",
    "texto": "Corregir un texto",
    "debito": "Nota de débito",
}
_SOLD: Final = frozenset(
    {
        DocumentType.FACTURA,
        DocumentType.FACTURA_EXENTA,
        DocumentType.BOLETA,
        DocumentType.BOLETA_EXENTA,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A button of a document's page, and the verb that a role must have to see it."""

    words: str
    url: str
    verb: str


def list_deeds(row: IssuedDocument, state: str) -> tuple[Deed, ...]:
    """List what can be done with a document that stands so before the SII.

    A sale's paper is returned where the sale is known: money, goods and nota go together. What a
    nota annulled is over.
    """
    if row.kind == DocumentType.GUIA:
        return _guia_deeds(row, state)
    is_nota = row.kind in (DocumentType.NOTA_CREDITO, DocumentType.NOTA_DEBITO)
    if state == SubmissionState.REJECTED or not (is_nota or row.kind in _SOLD):
        return ()
    if is_in_certification(row.id):
        return ()
    notas = list_notas(row.id)
    if any(nota.correction.reason is ReferenceReason.ANNULS for nota in notas):
        return ()
    if is_nota:
        return (_deed(row, "anular"),)
    of_sale: Callable[[IssuedDocument], Sequence[tuple[str, str, str]] | None] = import_string(
        settings.SALE_DEEDS
    )
    known = of_sale(row)
    found = (
        _credits(row, notas)
        if known is None
        else [Deed(words=words, url=url, verb=verb) for words, url, verb in known]
    )
    guia = f"{reverse('fiscal:new_guia')}?de={row.id}"
    return (
        *found,
        _deed(row, "texto"),
        _deed(row, "debito"),
        Deed(words="Guía de despacho", url=guia, verb=ISSUE_PAPERS),
    )


def list_notes(row: IssuedDocument) -> tuple[str, ...]:
    """List what a person must know before doing something with a document, as sentences."""
    if row.kind != DocumentType.GUIA or not is_to_bill(row):
        return ()
    return (way_of_guia(row), *list_sale_notes(row))


def list_sale_notes(row: IssuedDocument) -> Sequence[str]:
    """List what the room that knows the sales says of one's paper."""
    of_sale: Callable[[IssuedDocument], Sequence[str]] = import_string(settings.SALE_NOTES)
    return of_sale(row)


def _guia_deeds(row: IssuedDocument, state: str) -> tuple[Deed, ...]:
    """Offer the factura of sold goods, once."""
    if state == SubmissionState.REJECTED or is_in_certification(row.id) or not is_to_bill(row):
        return ()
    if find_factura_of(row) is not None:
        return ()
    url = f"{reverse('fiscal:new_factura')}?de={row.id}"
    return (Deed(words="Facturar", url=url, verb=ISSUE_PAPERS),)


def is_in_certification(document_id: int) -> bool:
    """Tell whether a paper was made for the SII's certification only."""
    return bool(Submission.objects.filter(document_id=document_id, parcel__isnull=False).exists())


def _credits(row: IssuedDocument, notas: Sequence[Nota]) -> list[Deed]:
    """Offer to annul what no nota changed yet, and to take back what is left."""
    changed = [
        nota for nota in notas if nota.correction.reason is not ReferenceReason.CORRECTS_TEXT
    ]
    if not changed:
        return [_deed(row, "anular"), _deed(row, "devolver")]
    left = left_lines(read_paper(row), taken_back(row.id, notas))
    return [_deed(row, "devolver")] if any(line.left > 0 for line in left) else []


def _deed(row: IssuedDocument, deed: str) -> Deed:
    return Deed(
        words=DEEDS[deed], url=reverse("fiscal:correct", args=[row.id, deed]), verb=ISSUE_PAPERS
    )
