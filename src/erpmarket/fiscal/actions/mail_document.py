"""Send a paper to a customer by mail: its PDF, its XML and its link."""

from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID, uuid5

from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.request_paper import drawables_of, request_paper
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import IssuedDocument, PaperJob
from erpmarket.fiscal.paper_queries import current_file
from erpmarket.fiscal.pdf import PdfPaper, paper_pdf
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.words import paper_words
from erpmarket.notifications.actions.outbox import FileReference, enqueue_mail
from erpmarket.tenancy.queries import get_company

PDF_SOURCE: Final = "fiscal.paper_pdf"
XML_SOURCE: Final = "fiscal.paper_xml"


class PaperGone(DomainError):
    """A mail's paper cannot be found any more."""

    code: ClassVar[str] = "paper_gone"

    @property
    def message(self) -> str:
        return "El documento de este correo ya no está. Envíalo de nuevo desde su página."


@transaction.atomic
def mail_document(document: IssuedDocument, *, to: str, uid: UUID, at: datetime) -> None:
    """Put a mail with PDF, XML and link into the outbox; the same `uid` again is one mail.

    It is another one to another address: a page that the browser brought back names itself as
    before. Raises BadAddress. The files are made when the mail leaves: nothing waits here.
    """
    company, words = get_company(), paper_words(document.kind, document.folio)
    day = f"{document.issue_date:%d-%m-%Y}"
    total = f"${document.total_clp:,}".replace(",", ".")
    name = words.lower().replace(" ", "-").replace(".", "")
    mail = enqueue_mail(
        uid=uuid5(uid, f"{document.id} {to}"),
        recipient=to,
        subject=f"{words} de {company.shop_name}",
        text=(
            f"Hola:\n\n{company.shop_name} te envía tu documento {words} del {day} por {total}."
            f"\n\nVelo en el teléfono: {public_url(document)}\n\n"
            f"Van adjuntos el PDF y el XML.\n\n{company.name}\nR.U.T. {company.rut}\n"
        ),
        attachments=(
            FileReference(
                name=f"{name}.pdf",
                media_type="application/pdf",
                source=PDF_SOURCE,
                key=str(document.id),
            ),
            FileReference(
                name=f"{name}.xml",
                media_type="application/xml",
                source=XML_SOURCE,
                key=str(document.id),
            ),
        ),
        about=f"fiscal.document:{document.id}",
        at=at,
    )
    if mail.created_at == at:
        told = Happening(
            name=EventName.MAILED, words=f"Por correo a {to}.", document_id=document.id
        )
        append_events([told], at=at)


def pdf_of_mail(key: str) -> bytes:
    """Give the letter PDF of a document, drawn now or before; the mail worker asks."""
    document = _document(key)
    job: PaperJob = request_paper([document], paper=PdfPaper.LETTER, at=document.issued_at)
    if job.pdf is not None:
        return bytes(job.pdf)
    drawables, paper = drawables_of(job)
    return paper_pdf(drawables, paper=paper)


def xml_of_mail(key: str) -> bytes:
    """Give the XML of a document, signed once it is; the mail worker asks."""
    return current_file(_document(key))


def _document(key: str) -> IssuedDocument:
    row: IssuedDocument | None = IssuedDocument.objects.filter(id=int(key)).first()
    if row is None:
        raise PaperGone
    return row
