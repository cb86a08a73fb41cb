"""Jobs that end in a mail with a signed file: answers, receipts, documents for customers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Final

from dte.certificate import Certificate as SigningCertificate
from dte.clock import chile_time
from dte.envelope import Cover, pack_documents
from dte.errors import DteError
from dte.exchange import (
    Answer,
    Approval,
    Contact,
    DocumentIdentity,
    DocumentReception,
    DocumentResult,
    EnvelopeReception,
    Parties,
    Receipt,
    ReceivedDocument,
    ReceivedEnvelope,
    write_answer,
    write_receipts,
)
from dte.rut import Rut
from dte.sii.claim_codes import ClaimAction
from dte.xml.parse import parse_xml
from dte.xml.read import find_documents, read_element
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.exchange_jobs import ExchangeEventName, tell_of
from erpmarket.fiscal.actions.exchange_register import RESULTS
from erpmarket.fiscal.actions.exchange_steps import Done, NotYet, Work
from erpmarket.fiscal.actions.mail_document import PDF_SOURCE
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.exchange_models import ExchangeJob, JobKind, ReceivedFile
from erpmarket.fiscal.exchange_models import ReceivedDocument as ReceivedRow
from erpmarket.fiscal.models import FINAL_STATES, Submission, SubmissionState
from erpmarket.fiscal.paper_queries import current_file
from erpmarket.fiscal.sii_gateway import Gateway
from erpmarket.fiscal.words import paper_words
from erpmarket.notifications.actions.outbox import FileReference, enqueue_mail
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.queries import get_company, list_branches

FILE_SOURCE: Final = "fiscal.exchange_file"
_Sign = Callable[[SigningCertificate, datetime], bytes]


class FileGone(DomainError):
    """A mail's file cannot be found any more."""

    code: ClassVar[str] = "file_gone"

    @property
    def message(self) -> str:
        return "El archivo de este correo ya no está. Pide la respuesta de nuevo."


def file_of_mail(key: str) -> bytes:
    """Give the signed file of a job; the mail worker asks."""
    row = ExchangeJob.objects.filter(id=int(key)).first()
    if row is None or row.output is None:
        raise FileGone
    return bytes(row.output)


def file_work(job: ExchangeJob) -> Work:
    """Prepare what a job signs and mails, inside the company's scope."""
    company = get_company()
    if job.kind == JobKind.SEND:
        return _send(job, company)
    if job.kind == JobKind.RECEPTION:
        sign = _reception(job, company)
        subject, name = f"Recibimos tu envío {job.file.name}", f"RespuestaDTE_{job.id}.xml"
    elif job.kind == JobKind.RECEIPT:
        sign = _receipt(job, company)
        subject, name = f"Recibo de {_words(job)}", f"EnvioRecibos_{job.id}.xml"
    else:
        sign = _result(job, company)
        subject, name = f"Respuesta a {_words(job)}", f"RespuestaDTE_{job.id}.xml"

    def work(gateway: Gateway, at: datetime, _keep: Callable[[], None]) -> Done:
        signed = sign(gateway.certificate, at)

        def apply(row: ExchangeJob, at: datetime) -> None:
            row.output = signed
            _mail(row, company, subject=subject, files=[_file(row, name)], at=at)
            told = f"{row.get_kind_display()} por correo a {row.recipient}."
            tell_of(row, ExchangeEventName.ANSWERED, told, answer=signed, at=at)

        return Done(words=f"Enviado a {job.recipient}.", apply=apply)

    return work


def _words(job: ExchangeJob) -> str:
    return paper_words(job.document.kind, job.document.folio)


def _parties(company: Company, other: str) -> Parties:
    return Parties(
        responder=Rut.parse(company.rut),
        recipient=Rut.parse(other),
        contact=Contact(name=company.shop_name[:40], email=company.email),
    )


def _reception(job: ExchangeJob, company: Company) -> _Sign:
    file = job.file
    answer = Answer(
        parties=_parties(company, file.issuer_rut),
        answer_id=job.id,
        envelopes=(
            ReceivedEnvelope(
                file_name=file.name,
                received_at=chile_time(file.received_at),
                code=file.id,
                set_id=file.set_id,
                digest=file.set_digest,
                issuer=Rut.parse(file.issuer_rut),
                receiver=_receiver_of(file),
                state=EnvelopeReception(file.state),
                note=file.note,
                documents=_documents_of(file),
            ),
        ),
    )
    return lambda certificate, at: write_answer(answer, certificate, at, check=True)


def _receiver_of(file: ReceivedFile) -> Rut | None:
    """Read whom the file is made out to; it need not be us."""
    text = parse_xml(bytes(file.raw)).findtext("{*}SetDTE/{*}Caratula/{*}RutReceptor") or ""
    try:
        return Rut.parse(text)
    except DteError:
        return None


def _documents_of(file: ReceivedFile) -> tuple[ReceivedDocument, ...]:
    rows = list(ReceivedRow.objects.filter(file=file).order_by("position"))
    if not rows:
        return ()
    nodes = find_documents(parse_xml(bytes(file.raw)))
    return tuple(
        ReceivedDocument(
            document=DocumentIdentity.of(read_element(nodes[row.position])),
            state=DocumentReception(row.state),
            note=row.note,
        )
        for row in rows
    )


def _identity(job: ExchangeJob) -> DocumentIdentity:
    nodes = find_documents(parse_xml(bytes(job.document.file.raw)))
    return DocumentIdentity.of(read_element(nodes[job.document.position]))


def _result(job: ExchangeJob, company: Company) -> _Sign:
    state = RESULTS[ClaimAction.read(job.action)]
    note = f"{state.meaning}. {job.note}" if job.note else state.meaning
    answer = Answer(
        parties=_parties(company, job.document.issuer_rut),
        answer_id=job.id,
        results=(
            DocumentResult(
                document=_identity(job),
                code=job.document.file_id,
                state=state,
                note=note,
                reason_code=-1 if state == Approval.REJECTED else None,
            ),
        ),
    )
    return lambda certificate, at: write_answer(answer, certificate, at, check=True)


def _receipt(job: ExchangeJob, company: Company) -> _Sign:
    place = list_branches()[0].address or company.shop_name
    receipt = Receipt(document=_identity(job), place=place[:80])
    parties = _parties(company, job.document.issuer_rut)
    return lambda certificate, at: write_receipts([receipt], parties, certificate, at, check=True)


def _send(job: ExchangeJob, company: Company) -> Work:
    document = job.issued
    submission: Submission = Submission.objects.get(document_id=document.id)
    state, signed = SubmissionState(submission.state), current_file(document)
    words = paper_words(document.kind, document.folio)

    def work(gateway: Gateway, at: datetime, _keep: Callable[[], None]) -> Done | NotYet:
        if state not in FINAL_STATES:
            return NotYet(words="Sale en cuanto el SII acepte el documento.")
        if state == SubmissionState.REJECTED:
            return NotYet(words="El SII rechazó el documento: corrígelo, y sale después.")
        cover = Cover(
            issuer=Rut.parse(company.rut),
            sender=gateway.certificate.rut,
            resolution_date=company.resolution_date,
            resolution_number=company.resolution_number,
            receiver=Rut.parse(document.receiver_rut),
        )
        packed = pack_documents(
            [signed], cover, gateway.certificate, at, f"Envio{job.id}", check=True
        )

        def apply(row: ExchangeJob, at: datetime) -> None:
            row.output = packed
            pdf = FileReference(
                name=f"{words.lower().replace(' ', '-').replace('.', '')}.pdf",
                media_type="application/pdf",
                source=PDF_SOURCE,
                key=str(document.id),
            )
            files = [_file(row, f"EnvioDTE_{row.id}.xml"), pdf]
            _mail(row, company, subject=f"{words} de {company.name}", files=files, at=at)
            told = Happening(
                name=EventName.EXCHANGED,
                words=f"Al correo de intercambio {row.recipient}.",
                document_id=document.id,
            )
            append_events([told], at=at)

        return Done(words=f"Enviado a {job.recipient}.", apply=apply)

    return work


def _file(row: ExchangeJob, name: str) -> FileReference:
    return FileReference(
        name=name, media_type="application/xml", source=FILE_SOURCE, key=str(row.id)
    )


def _mail(
    row: ExchangeJob,
    company: Company,
    *,
    subject: str,
    files: Sequence[FileReference],
    at: datetime,
) -> None:
    enqueue_mail(
        uid=row.uid,
        recipient=row.recipient,
        subject=subject,
        text=(
            f"{subject}.\n\nVa adjunto el archivo electrónico del intercambio entre empresas.\n\n"
            f"{company.name}\nR.U.T. {company.rut}\n"
        ),
        attachments=files,
        about=f"fiscal.exchange:{row.id}",
        at=at,
    )
