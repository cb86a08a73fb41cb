"""Judge an envelope that arrived by mail: what the answer to its sender must say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lxml import etree

from dte.caf import SII_KEYS, SiiKey
from dte.clock import chile_time
from dte.errors import DteError, SchemaRefused, SignatureWrong, XmlRefused
from dte.exchange.answers import NOTE_LIMIT, ReceivedDocument, ReceivedEnvelope
from dte.exchange.codes import DocumentReception, EnvelopeReception
from dte.exchange.parties import DocumentIdentity
from dte.rut import Rut
from dte.signatures import verify_set_signature
from dte.verdict import Verdict, verify_document, without_appendix
from dte.xml.group import Group
from dte.xml.parse import local_name, parse_xml
from dte.xml.read import find_documents, read_element
from dte.xml.validate import check_envelope


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
    trusted: Mapping[int, SiiKey] = SII_KEYS,
) -> ReceivedEnvelope:
    """Say what becomes of an `<EnvioDTE>` made out to `receiver`, and of each document in it.

    `known_digests` are those of the envelopes we already took in (`ReceivedEnvelope.digest`),
    `known_documents` the documents. A refused envelope says nothing of its documents.
    The set's signature is checked, those of the documents in any of their three forms, the
    stamps, and their folios by the `trusted` keys of the SII. Raises SchemasMissing only.
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
        check_envelope(without_appendix(root)[0])
    except SchemaRefused as error:
        return _answer(arrival, EnvelopeReception.WRONG_SCHEMA, error.message)
    answer = _with_cover(_answer(arrival, EnvelopeReception.ACCEPTED), root)
    try:
        verify_set_signature(root)
        if answer.receiver != receiver:
            return _refuse(answer, EnvelopeReception.WRONG_RECEIVER)
        if answer.digest in known_digests:
            return _refuse(answer, EnvelopeReception.REPEATED)
        nodes = find_documents(root)
        identities = [DocumentIdentity.of(read_element(node)) for node in nodes]
    except SignatureWrong as error:
        return _refuse(answer, EnvelopeReception.WRONG_SIGNATURE, error.message)
    except DteError as error:
        return _refuse(answer, EnvelopeReception.OTHER, error.message)
    taken = set(known_documents)
    judged = []
    for node, identity in zip(nodes, identities, strict=True):
        state, words = DocumentReception.REPEATED, ""
        if identity not in taken:
            state, words = _judge_document(verify_document(node, trusted=trusted), answer)
        taken.add(identity)
        note = _note(state.meaning, words)
        judged.append(ReceivedDocument(document=identity, state=state, note=note))
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
    documents = Group(root).required_element("SetDTE")
    cover = Group(documents).required_group("Caratula")
    digest = root.findtext("{*}Signature/{*}SignedInfo/{*}Reference/{*}DigestValue") or ""
    return replace(
        answer,
        set_id=documents.get("ID") or "",
        digest="".join(digest.split()),
        issuer=cover.lenient("RutEmisor", Rut.parse),
        receiver=cover.lenient("RutReceptor", Rut.parse),
    )


def _refuse(
    answer: ReceivedEnvelope, state: EnvelopeReception, words: str = ""
) -> ReceivedEnvelope:
    return replace(answer, state=state, note=_note(state.meaning, words))


def _judge_document(verdict: Verdict, envelope: ReceivedEnvelope) -> tuple[DocumentReception, str]:
    if verdict.signature_refusal is not None:
        return DocumentReception.WRONG_SIGNATURE, verdict.signature_refusal.message
    document = verdict.document
    assert document is not None, "the caller has read it before"
    if document.issuer.rut != envelope.issuer:
        return DocumentReception.WRONG_ISSUER, ""
    if document.receiver.rut != envelope.receiver:
        return DocumentReception.WRONG_RECEIVER, ""
    if verdict.authority_refusal is not None:
        return DocumentReception.OTHER, verdict.authority_refusal.message
    if verdict.stamp_differences:
        names = ", ".join(verdict.stamp_differences)
        return DocumentReception.OTHER, f"El timbre dice otra cosa que el documento: {names}."
    return DocumentReception.RECEIVED, ""


def _note(meaning: str, words: str) -> str:
    return f"{meaning}. {words}"[:NOTE_LIMIT] if words else meaning
