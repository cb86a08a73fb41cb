"""Print a paper again, marked COPIA; who did it and when stays in the paper's story."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from erpmarket.fiscal.actions.request_paper import request_paper
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import IssuedDocument, PaperJob
from erpmarket.fiscal.pdf import PdfPaper


@transaction.atomic
def reprint(document: IssuedDocument, *, uid: UUID, by_name: str, at: datetime) -> PaperJob:
    """Ask for the 80 mm paper marked COPIA, and write down who reprinted it.

    Same XML, same stamp; each reprint (`uid`) is a paper of its own with its own hour, and the
    same `uid` again is one reprint.
    """
    job = request_paper([document], paper=PdfPaper.ROLL, at=at, copy_uid=uid)
    if job.wanted_at == at:
        record_reprint(document, by_name=by_name, at=at)
    return job


def record_reprint(document: IssuedDocument, *, by_name: str, at: datetime) -> None:
    """Write into a paper's story who printed it again; a till prints its copies itself."""
    append_events(
        [
            Happening(
                name=EventName.REPRINTED,
                words=f"La pidió {by_name}.",
                document_id=document.id,
            )
        ],
        at=at,
    )
