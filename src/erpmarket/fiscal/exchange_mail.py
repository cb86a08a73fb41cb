"""Read the mails of the exchange: documents of suppliers, and what customers answer to ours."""

import logging
from contextlib import suppress
from datetime import datetime
from typing import Final

from dte.errors import DteError, XmlRefused
from dte.exchange import DocumentIdentity, DocumentReception, read_answer, read_receipts
from dte.rut import Rut
from dte.signatures import verify_enclosed_signature
from dte.xml.parse import local_name, parse_xml
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.receive_file import (
    AlreadyReceived,
    EmptyFile,
    FileTooLarge,
    receive_file,
)
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import IssuedDocument, SiiEvent
from erpmarket.notifications.actions.outbox import check_address
from erpmarket.notifications.incoming import IncomingFile, IncomingMessage
from erpmarket.tenancy.queries import get_company

logger = logging.getLogger(__name__)

_XML_TYPES: Final = frozenset({"text/xml", "application/xml"})


def read_exchange_mail(message: IncomingMessage, at: datetime) -> None:
    """Take in what a mail brings; other mails and files are left alone."""
    for file in message.files:
        if file.name.lower().endswith(".xml") or file.media_type in _XML_TYPES:
            _read(file, message, at)


def _read(file: IncomingFile, message: IncomingMessage, at: datetime) -> None:
    try:
        root = parse_xml(file.content)
    except XmlRefused:
        # Somebody may wait for an answer to it: a person sees it with the reason.
        _take_in(file, message, at)
        return
    kind = local_name(root)
    if kind == "EnvioDTE":
        _take_in(file, message, at)
        return
    try:
        if kind == "RespuestaDTE":
            verify_enclosed_signature(root, "Resultado")
            _take_answer(file.content, at)
        elif kind == "EnvioRecibos":
            verify_enclosed_signature(root, "SetRecibos")
            _take_receipts(file.content, at)
    except DteError as error:
        # What anybody could have written is no answer of our customer.
        logger.warning("fiscal.answer.refused", extra={"mail": message.mail_id, "why": error.code})


def _take_in(file: IncomingFile, message: IncomingMessage, at: datetime) -> None:
    with suppress(AlreadyReceived, EmptyFile, FileTooLarge):
        receive_file(raw=file.content, name=file.name, sender=_answerable(message.sender), at=at)


def _answerable(sender: str) -> str:
    try:
        check_address(sender)
    except DomainError:
        return ""
    return sender


def _take_answer(xml: bytes, at: datetime) -> None:
    answer = read_answer(xml).answer
    who = answer.parties.responder
    for envelope in answer.envelopes:
        for received in envelope.documents:
            words = received.note or received.state.meaning
            is_bad = received.state != DocumentReception.RECEIVED
            _tell(received.document, who, words, xml, at, is_bad=is_bad)
    for result in answer.results:
        words = result.state.meaning
        if result.note and result.note != words:
            words = f"{words}. {result.note}"
        _tell(result.document, who, words, xml, at, is_bad=bool(result.state))


def _take_receipts(xml: bytes, at: datetime) -> None:
    found = read_receipts(xml)
    for one in found.receipts:
        if one.is_lawful:
            words = f"Dio recibo de mercaderías o servicios en {one.receipt.place}."
            _tell(one.receipt.document, found.parties.responder, words, xml, at)


def _tell(
    identity: DocumentIdentity,
    who: Rut,
    words: str,
    xml: bytes,
    at: datetime,
    *,
    is_bad: bool = False,
) -> None:
    """Write into the story of our document what its receiver says; once."""
    company = get_company()
    if str(identity.issuer) != company.rut or identity.receiver != who:
        return
    document = IssuedDocument.objects.filter(
        environment=company.environment,
        kind=int(identity.kind),
        folio=identity.folio,
        receiver_rut=str(who),
        total_clp=identity.total_clp,
    ).first()
    name = EventName.CUSTOMER_OBJECTED if is_bad else EventName.CUSTOMER_ANSWERED
    if document is None or _is_told(document.id, name, words):
        return
    told = Happening(name=name, words=words, document_id=document.id, answer=xml)
    append_events([told], at=at)


def _is_told(document_id: int, name: str, words: str) -> bool:
    return bool(
        SiiEvent.objects.filter(document_id=document_id, name=name, words=words[:500]).exists()
    )
