"""Judge an envelope that arrived by mail: what the answer to its sender must say."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from lxml import etree

from dte.admission import check_stamp
from dte.clock import chile_time
from dte.errors import DteError, SchemaRefused, SignatureWrong, XmlRefused
from dte.exchange.answers import NOTE_LIMIT, ReceivedDocument, ReceivedEnvelope
from dte.exchange.codes import DocumentReception, EnvelopeReception
from dte.exchange.parties import DocumentIdentity
from dte.rut import InvalidRut, Rut
from dte.verifier import verify_document_signature, verify_set_signature
from dte.xml.fields import find_field
from dte.xml.parse import child_text, local_name, parse_xml
from dte.xml.read import ReadDocument, find_documents, read_element
from dte.xml.validate import check_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that came in: its bytes, its name, when it came, and the number we give it."""

    xml: bytes = field(repr=False)
    file_name: str
    received_at: datetime
    code: int


def judge_envelope(
    arrival: Arrival,
    *,
    receiver: Rut,
    known_digests: Collection[str] = (),
    known_documents: Collection[DocumentIdentity] = (),
) -> ReceivedEnvelope:
    """Say what becomes of an `<EnvioDTE>` made out to `receiver`, and of each document in it.

    `known_digests` are those of the envelopes we already took in (`ReceivedEnvelope.digest`),
    `known_documents` the documents. A refused envelope says nothing of its documents.
    The set's signature is checked in its context, those of the documents in any of their three
    forms, the stamps by their own CAF. Raises SchemasMissing only.
    Source: RespuestaEnvioDTE_v10.xsd, EstadoRecepEnv and EstadoRecepDTE.
    """
    try:
        root = parse_xml(arrival.xml)
    except XmlRefused as error:
        return _answer(arrival, EnvelopeReception.UNREADABLE, error.message)
    if local_name(root) != "EnvioDTE":
        words = "El archivo no es un envío (EnvioDTE)."
        return _answer(arrival, EnvelopeReception.WRONG_SCHEMA, words)
    try:
        check_tree(root)
    except SchemaRefused as error:
        return _answer(arrival, EnvelopeReception.WRONG_SCHEMA, error.message)
    answer = _with_cover(_answer(arrival, EnvelopeReception.ACCEPTED), root)
    try:
        verify_set_signature(root)
        if answer.receiver != receiver:
            return _refuse(answer, EnvelopeReception.WRONG_RECEIVER)
        if answer.digest in known_digests:
            return _refuse(answer, EnvelopeReception.REPEATED)
        documents = [(node, read_element(node)) for node in find_documents(root)]
    except SignatureWrong as error:
        return _refuse(answer, EnvelopeReception.WRONG_SIGNATURE, error.message)
    except DteError as error:
        return _refuse(answer, EnvelopeReception.OTHER, error.message)
    taken = set(known_documents)
    judged = []
    for node, document in documents:
        received = _judge_document(node, document, answer, taken)
        taken.add(received.document)
        judged.append(received)
    return replace(answer, documents=tuple(judged))


def _answer(arrival: Arrival, state: EnvelopeReception, words: str = "") -> ReceivedEnvelope:
    return ReceivedEnvelope(
        file_name=arrival.file_name,
        received_at=chile_time(arrival.received_at),
        code=arrival.code,
        set_id="",
        digest="",
        issuer=None,
        receiver=None,
        state=state,
        note=_note(state.meaning, words),
    )


def _with_cover(answer: ReceivedEnvelope, root: etree._Element) -> ReceivedEnvelope:
    """Add what the file says of itself; its schema has been checked, its RUTs have not."""
    documents = find_field(root, "SetDTE")
    cover = find_field(documents, "Caratula")
    digest = root.findtext("{*}Signature/{*}SignedInfo/{*}Reference/{*}DigestValue") or ""
    return replace(
        answer,
        set_id=documents.get("ID") or "",
        digest="".join(digest.split()),
        issuer=_read_rut(child_text(cover, "RutEmisor")),
        receiver=_read_rut(child_text(cover, "RutReceptor")),
    )


def _refuse(
    answer: ReceivedEnvelope, state: EnvelopeReception, words: str = ""
) -> ReceivedEnvelope:
    return replace(answer, state=state, note=_note(state.meaning, words))


def _judge_document(
    node: etree._Element,
    document: ReadDocument,
    envelope: ReceivedEnvelope,
    taken: Collection[DocumentIdentity],
) -> ReceivedDocument:
    identity = DocumentIdentity.of(document)
    state, words = DocumentReception.RECEIVED, ""
    try:
        verify_document_signature(node)
        if identity.issuer != envelope.issuer:
            state = DocumentReception.WRONG_ISSUER
        elif identity.receiver != envelope.receiver:
            state = DocumentReception.WRONG_RECEIVER
        elif identity in taken:
            state = DocumentReception.REPEATED
        else:
            check_stamp(document)
    except SignatureWrong as error:
        state, words = DocumentReception.WRONG_SIGNATURE, error.message
    except DteError as error:
        state, words = DocumentReception.OTHER, error.message
    return ReceivedDocument(document=identity, state=state, note=_note(state.meaning, words))


def _read_rut(text: str) -> Rut | None:
    try:
        return Rut.parse(text)
    except InvalidRut:
        return None


def _note(meaning: str, words: str) -> str:
    return f"{meaning}. {words}"[:NOTE_LIMIT] if words else meaning
