"""RespuestaDTE: the answer to an envelope that arrived, and later to each document in it."""

from dataclasses import dataclass
from datetime import datetime

from dte.amounts import read_integer
from dte.certificate import Certificate
from dte.clock import chile_time, read_local
from dte.exchange.codes import Approval, DocumentReception, EnvelopeReception
from dte.exchange.parties import (
    DocumentIdentity,
    ExchangeRefused,
    Parties,
    read_enclosed,
    read_identity,
    read_parties,
    write_contact,
    write_identity,
    write_parties,
)
from dte.rut import Rut
from dte.sealing import open_file, seal_file
from dte.text import clean_text, escape
from dte.xml.group import Group
from dte.xml.write import leaf

# Source: RespuestaEnvioDTE_v10.xsd, NroDetalles (4 digits).
DETAIL_LIMIT = 9999
NOTE_LIMIT = 256
NAME_LIMIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedDocument:
    """What became of a document of an envelope on arrival (RecepcionDTE)."""

    document: DocumentIdentity
    state: DocumentReception
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEnvelope:
    """What became of an envelope on arrival (RecepcionEnvio).

    `received_at` is Chilean local time, naive; `code` our own number for the envelope (CodEnvio,
    1 to 10 digits); `digest` the base64 DigestValue of its signature. What an unreadable file
    does not say is empty or None.
    """

    file_name: str
    received_at: datetime
    code: int
    set_id: str
    digest: str
    issuer: Rut | None
    receiver: Rut | None
    state: EnvelopeReception
    note: str
    documents: tuple[ReceivedDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentResult:
    """The commercial answer to one document (ResultadoDTE).

    `code` is that of the envelope it came in; `reason_code` a negative number of our own.
    """

    document: DocumentIdentity
    code: int
    state: Approval
    note: str
    reason_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, about envelopes or about documents, never both; `answer_id` is our number."""

    parties: Parties
    answer_id: int
    envelopes: tuple[ReceivedEnvelope, ...] = ()
    results: tuple[DocumentResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnswer:
    """An answer as read from a file; `signed_at` is local and naive, as written."""

    answer: Answer
    signed_at: datetime


def write_answer(
    answer: Answer, certificate: Certificate, at: datetime, *, check: bool = False
) -> bytes:
    """Return the signed `<RespuestaDTE>` to attach to the mail (ISO-8859-1, with declaration).

    Raises ExchangeRefused, TextRefused, CertificateExpired and CertificateNotYetValid; with
    `check` also SchemaRefused and SchemasMissing.
    Source: RespuestaEnvioDTE_v10.xsd.
    """
    certificate.check(at)
    if answer.envelopes and answer.results:
        raise ExchangeRefused(
            "mixed", "Una respuesta es por envíos o por documentos. Haz una de cada una."
        )
    count = len(answer.envelopes) + len(answer.results)
    if count == 0:
        raise ExchangeRefused("empty", "La respuesta no dice nada. Agrega un envío o documento.")
    if count > DETAIL_LIMIT:
        raise ExchangeRefused("too_many", f"Una respuesta lleva hasta {DETAIL_LIMIT}. Divídela.")
    details = [_write_envelope(envelope) for envelope in answer.envelopes]
    details += [_write_result(result) for result in answer.results]
    content = (
        f'<Resultado ID="R{answer.answer_id}">\n<Caratula version="1.0">\n'
        f"{write_parties(answer.parties)}<IdRespuesta>{answer.answer_id}</IdRespuesta>\n"
        f"<NroDetalles>{count}</NroDetalles>\n{write_contact(answer.parties.contact)}"
        f"<TmstFirmaResp>{chile_time(at).isoformat()}</TmstFirmaResp>\n</Caratula>\n"
        f"{''.join(details)}</Resultado>"
    )
    return seal_file(open_file("RespuestaDTE", content), certificate, check=check)


def read_answer(xml: bytes) -> SignedAnswer:
    """Read a `<RespuestaDTE>` that arrived, its signature not verified. Raises XmlRefused.

    Source: RespuestaEnvioDTE_v10.xsd.
    """
    content = read_enclosed(xml, root="RespuestaDTE", content="Resultado")
    cover = content.required_group("Caratula")
    answer = Answer(
        parties=read_parties(cover),
        answer_id=cover.value("IdRespuesta", read_integer),
        envelopes=tuple(_read_envelope(node) for node in content.groups("RecepcionEnvio")),
        results=tuple(_read_result(node) for node in content.groups("ResultadoDTE")),
    )
    return SignedAnswer(answer=answer, signed_at=cover.value("TmstFirmaResp", read_local))


def _write_envelope(envelope: ReceivedEnvelope) -> str:
    issuer = "" if envelope.issuer is None else str(envelope.issuer)
    receiver = "" if envelope.receiver is None else str(envelope.receiver)
    count = len(envelope.documents)
    return (
        f"<RecepcionEnvio>\n{_text('NmbEnvio', envelope.file_name, NAME_LIMIT)}"
        f"<FchRecep>{envelope.received_at.isoformat()}</FchRecep>\n"
        f"<CodEnvio>{envelope.code}</CodEnvio>\n"
        f"{_text('EnvioDTEID', envelope.set_id, NAME_LIMIT)}{leaf('Digest', envelope.digest)}"
        f"{leaf('RutEmisor', issuer)}{leaf('RutReceptor', receiver)}"
        f"<EstadoRecepEnv>{envelope.state:d}</EstadoRecepEnv>\n"
        f"{_text('RecepEnvGlosa', envelope.note, NOTE_LIMIT)}"
        f"{leaf('NroDTE', str(count) if count else '')}"
        f"{''.join(_write_received(document) for document in envelope.documents)}"
        "</RecepcionEnvio>\n"
    )


def _write_received(received: ReceivedDocument) -> str:
    return (
        f"<RecepcionDTE>\n{write_identity(received.document)}"
        f"<EstadoRecepDTE>{received.state:d}</EstadoRecepDTE>\n"
        f"{_text('RecepDTEGlosa', received.note, NOTE_LIMIT)}</RecepcionDTE>\n"
    )


def _write_result(result: DocumentResult) -> str:
    reason = "" if result.reason_code is None else str(result.reason_code)
    return (
        f"<ResultadoDTE>\n{write_identity(result.document)}<CodEnvio>{result.code}</CodEnvio>\n"
        f"<EstadoDTE>{result.state:d}</EstadoDTE>\n"
        f"{_text('EstadoDTEGlosa', result.note, NOTE_LIMIT)}{leaf('CodRchDsc', reason)}"
        "</ResultadoDTE>\n"
    )


def _text(tag: str, text: str, limit: int) -> str:
    # Required by the schema even when it is empty.
    return f"<{tag}>{escape(clean_text(text, field=tag, limit=limit))}</{tag}>\n"


def _read_envelope(node: Group) -> ReceivedEnvelope:
    return ReceivedEnvelope(
        file_name=node.text("NmbEnvio"),
        received_at=node.value("FchRecep", read_local),
        code=node.value("CodEnvio", read_integer),
        set_id=node.text("EnvioDTEID"),
        digest="".join(node.text("Digest").split()),
        issuer=node.optional("RutEmisor", Rut.parse),
        receiver=node.optional("RutReceptor", Rut.parse),
        state=node.value("EstadoRecepEnv", lambda text: EnvelopeReception(read_integer(text))),
        note=node.text("RecepEnvGlosa"),
        documents=tuple(
            ReceivedDocument(
                document=read_identity(received),
                state=received.value(
                    "EstadoRecepDTE", lambda text: DocumentReception(read_integer(text))
                ),
                note=received.text("RecepDTEGlosa"),
            )
            for received in node.groups("RecepcionDTE")
        ),
    )


def _read_result(node: Group) -> DocumentResult:
    return DocumentResult(
        document=read_identity(node),
        code=node.value("CodEnvio", read_integer),
        state=node.value("EstadoDTE", lambda text: Approval(read_integer(text))),
        note=node.text("EstadoDTEGlosa"),
        reason_code=node.optional("CodRchDsc", read_integer),
    )
