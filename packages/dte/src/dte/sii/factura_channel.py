"""The factura channel (SOAP and an upload form): facturas, guías, notas, books, folio reports.

ConsumoFolios and the books go through the same door as envelopes: `upload` takes any of those
files, and `envelope_status` answers with the books' own states (LOK, LRH, LNC).
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Final

from dte.rut import Rut
from dte.sii import answers
from dte.sii import hosts as doors
from dte.sii.answers import XmlAnswer
from dte.sii.errors import SenderMismatch, Unavailable
from dte.sii.factura_answers import (
    query_refuses_token,
    read_document_status,
    read_envelope_status,
    read_mail_code,
    read_signed_status,
)
from dte.sii.hosts import Hosts
from dte.sii.query_codes import MailCode
from dte.sii.results import DocumentStatus, EnvelopeStatus
from dte.sii.session import USER_AGENT, BeforeSend, FacturaTokenSource, go_ahead
from dte.sii.soap import Parts, ask_soap, read_return
from dte.sii.transport import (
    ANSWER_LIMIT_BYTES,
    QUERY_TIMEOUT_SECONDS,
    UPLOAD_TIMEOUT_SECONDS,
    Response,
    Transport,
)
from dte.sii.uploads import Uploaded, check_size, check_track, read_upload, upload_form

# A full EnvioDTE (2,000 signed documents) has about 14 MiB.
UPLOAD_LIMIT_BYTES: Final = 20 * 1024 * 1024
# Both spellings circulate for QueryEstDteAv; QueryEstDte surely wants this one.
COMPACT_DATE: Final = "%d%m%Y"
DASHED_DATE: Final = "%d-%m-%Y"
_COVER_BYTES = 64 * 1024
_SENDER = re.compile(rb"<RutEnvia>\s*([0-9]{1,8}-[0-9Kk])\s*</RutEnvia>")


class FacturaChannel:
    """Ask the factura channel. Every answer is read or refused; nothing is guessed.

    A login may have to come first, and takes its own time. `before_send` is called when the token
    is at hand, before each try of the request itself; what it raises stops the request.
    The person who sends is always the certificate's.
    """

    def __init__(
        self,
        *,
        hosts: Hosts,
        transport: Transport,
        session: FacturaTokenSource,
        upload_timeout_seconds: int = UPLOAD_TIMEOUT_SECONDS,
        signed_status_date: str = COMPACT_DATE,
    ) -> None:
        self._hosts = hosts
        self._transport = transport
        self._session = session
        self._upload_timeout_seconds = upload_timeout_seconds
        self._signed_status_date = signed_status_date

    def upload(
        self,
        envelope_xml: bytes,
        *,
        issuer: Rut,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> Uploaded:
        """Send a signed envelope, book or folio report, byte by byte as it is.

        Raises NotSent or Unavailable (the SII does not have it: send the same bytes later),
        OutcomeUnknown (it may have it: send the same bytes or ask by folio), Refused,
        SenderMismatch (nothing was sent).
        """
        check_size(envelope_xml, limit_bytes=UPLOAD_LIMIT_BYTES)
        sender = self._session.certificate.rut
        _check_sender(envelope_xml, sender)
        content_type, body = upload_form(envelope_xml, sender=sender, issuer=issuer)

        def send(token: str) -> Response:
            return self._transport.request(
                method="POST",
                url=self._hosts.factura_url + doors.UPLOAD_PATH,
                headers={
                    "Accept": "text/xml, text/html, */*",
                    "User-Agent": USER_AGENT,
                    "Cookie": f"TOKEN={token}",
                    "Content-Type": content_type,
                },
                body=body,
                timeout_seconds=self._upload_timeout_seconds,
                max_bytes=ANSWER_LIMIT_BYTES,
            )

        return read_upload(self._session.use(send, at=at, before_send=before_send))

    def envelope_status(
        self,
        issuer: Rut,
        track_id: str,
        *,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> EnvelopeStatus:
        """Ask how an upload is going; it lists counters per type, and no documents.

        A track of another company, or one that is not known yet, is NOT_KNOWN. Raises NotSent,
        Unavailable, LoginRefused.
        Source: SII, manual QueryEstUp, getEstUp.
        """
        check_track(track_id)
        answer, found = self._query(
            doors.ENVELOPE_STATUS_PATH,
            "getEstUp",
            lambda token: (
                ("RutCompania", str(issuer.number)),
                ("DvCompania", issuer.check),
                ("TrackId", track_id),
                ("Token", token),
            ),
            at,
            before_send,
        )
        return read_envelope_status(answer, found)

    def document_status(
        self,
        *,
        issuer: Rut,
        kind: int,
        folio: int,
        receiver: Rut,
        total_clp: int,
        issue_date: date,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> DocumentStatus:
        """Ask whether the SII has this document with these facts.

        Raises NotSent, Unavailable, LoginRefused.
        Source: SII, manual QueryEstDte, getEstDte.
        """
        asking = self._session.certificate.rut
        answer, found = self._query(
            doors.DOCUMENT_STATUS_PATH,
            "getEstDte",
            lambda token: (
                ("RutConsultante", str(asking.number)),
                ("DvConsultante", asking.check),
                ("RutCompania", str(issuer.number)),
                ("DvCompania", issuer.check),
                *_facts(receiver, kind, folio, issue_date.strftime(COMPACT_DATE), total_clp),
                ("Token", token),
            ),
            at,
            before_send,
        )
        return read_document_status(answer, found)

    def signed_document_status(
        self,
        *,
        issuer: Rut,
        kind: int,
        folio: int,
        receiver: Rut,
        total_clp: int,
        issue_date: date,
        signature: str,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> DocumentStatus:
        """Ask the same and compare the document's SignatureValue as well: is it this very one?

        Raises NotSent, Unavailable, Refused (a fact the SII does not take, no permission).
        Source: SII, manual QueryEstDteAv (OIFE2006), getEstDteAv.
        """
        issued = issue_date.strftime(self._signed_status_date)
        answer, found = self._query(
            doors.SIGNED_DOCUMENT_STATUS_PATH,
            "getEstDteAv",
            lambda token: (
                ("RutEmpresa", str(issuer.number)),
                ("DvEmpresa", issuer.check),
                *_facts(receiver, kind, folio, issued, total_clp),
                ("FirmaDte", "".join(signature.split())),
                ("Token", token),
            ),
            at,
            before_send,
        )
        return read_signed_status(answer, found)

    def resend_mail(
        self,
        issuer: Rut,
        track_id: str,
        *,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> MailCode:
        """Ask for the validation mail of an upload again; only there stands why it was rejected.

        Answers ACCEPTED, or NOT_FINISHED while there is no mail yet. Raises NotSent, Unavailable,
        Refused.
        Source: SII, manual wsDTECorreo (OIFE2005), reenvioCorreo.
        """
        check_track(track_id)
        answer, found = self._query(
            doors.MAIL_PATH,
            "reenvioCorreo",
            lambda token: (
                ("Token", token),
                ("RutEmpresa", str(issuer.number)),
                ("DvEmpresa", issuer.check),
                ("TrackId", track_id),
            ),
            at,
            before_send,
        )
        return read_mail_code(answer, found)

    def _query(
        self,
        path: str,
        operation: str,
        parts: Callable[[str], Parts],
        at: datetime,
        before_send: BeforeSend,
    ) -> tuple[Response, XmlAnswer]:
        def ask(token: str) -> Response:
            return ask_soap(
                self._transport,
                address=self._hosts.factura_url + path,
                operation=operation,
                parts=parts(token),
                headers={"User-Agent": USER_AGENT},
                timeout_seconds=QUERY_TIMEOUT_SECONDS,
                max_bytes=ANSWER_LIMIT_BYTES,
            )

        answer = self._session.ask(
            ask,
            at=at,
            before_send=before_send,
            refused=lambda answer: query_refuses_token(answer, operation),
        )
        found = read_return(answer, operation) if answer.status == HTTPStatus.OK else None
        if found is None:
            raise Unavailable(f"HTTP {answer.status}: {answers.short_text(answer)}")
        return answer, found


def _check_sender(content: bytes, sender: Rut) -> None:
    named = _SENDER.search(content[:_COVER_BYTES])
    if named is not None and named[1].decode().upper() != str(sender):
        raise SenderMismatch(named=named[1].decode(), certificate=str(sender))


def _facts(receiver: Rut, kind: int, folio: int, issued: str, total_clp: int) -> Parts:
    return (
        ("RutReceptor", str(receiver.number)),
        ("DvReceptor", receiver.check),
        ("TipoDte", str(int(kind))),
        ("FolioDte", str(folio)),
        ("FechaEmisionDte", issued),
        ("MontoDte", str(total_clp)),
    )
