"""What can still be done with a document, as its page offers it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from dte.codes import DocumentType
from erpmarket.accounts.permissions import ISSUE_PAPERS
from erpmarket.fiscal.models import IssuedDocument, Submission, SubmissionState

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

    A sale's paper is returned where the sale is known: money, goods and nota go together.
    """
    if state == SubmissionState.REJECTED or is_in_certification(row.id):
        return ()
    if row.kind in (DocumentType.NOTA_CREDITO, DocumentType.NOTA_DEBITO):
        return (_deed(row, "anular"),)
    if row.kind not in _SOLD:
        return ()
    of_sale: Callable[[IssuedDocument], Sequence[tuple[str, str, str]]] = import_string(
        settings.SALE_DEEDS
    )
    found = [Deed(words=words, url=url, verb=verb) for words, url, verb in of_sale(row)]
    if not found:
        found = [_deed(row, "anular"), _deed(row, "devolver")]
    guia = f"{reverse('fiscal:new_guia')}?de={row.id}"
    return (
        *found,
        _deed(row, "texto"),
        _deed(row, "debito"),
        Deed(words="Guía de despacho", url=guia, verb=ISSUE_PAPERS),
    )


def is_in_certification(document_id: int) -> bool:
    """Tell whether a paper was made for the SII's certification only."""
    return bool(Submission.objects.filter(document_id=document_id, parcel__isnull=False).exists())


def _deed(row: IssuedDocument, deed: str) -> Deed:
    return Deed(
        words=DEEDS[deed], url=reverse("fiscal:correct", args=[row.id, deed]), verb=ISSUE_PAPERS
    )
