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
from dte.sii.answers import XmlAnswer, number
from dte.sii.errors import LoginRefused, Refused, SenderMismatch, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.query_codes import (
    TOKEN_CODES,
    DocumentErrorCode,
    MailCode,
    QueryError,
    SignedQueryCode,
)
from dte.sii.results import DocumentStatus, EnvelopeStatus, TypeCount
from dte.sii.session import USER_AGENT, BeforeSend, FacturaTokenSource, go_ahead
from dte.sii.soap import Parts, ask_soap, read_return
from dte.sii.statuses import DocumentCode, EnvelopeState
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
_NOT_THIS_COMPANYS = "1"


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
        return _read_envelope_status(answer, found)

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
        return _read_document_status(answer, found)

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
        return _read_signed_status(answer, found)

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
        code = _state(answer, found)
        mail = MailCode.read(code)
        if mail.is_refusal:
            raise Refused(code, found.leaf("GLOSA") or mail.meaning)
        if mail not in (MailCode.ACCEPTED, MailCode.NOT_FINISHED):
            raise Unavailable(f"ESTADO {code}: {mail.meaning}")
        return mail

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

        def wants_token(answer: Response) -> bool:
            return _query_wants_token(answer, operation)

        answer = self._session.ask(ask, at=at, before_send=before_send, refused=wants_token)
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


def _query_wants_token(answer: Response, operation: str) -> bool:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    found = read_return(answer, operation)
    code = found.leaf("ESTADO") if found else None
    if code is None or code in TOKEN_CODES:
        return code is not None
    # Two services have token codes of their own, which mean other things elsewhere.
    if operation == "getEstDteAv":
        return SignedQueryCode.read(_header(found, code)).wants_new_token
    return operation == "reenvioCorreo" and MailCode.read(code) is MailCode.TOKEN_INACTIVE


def _header(found: XmlAnswer | None, code: str) -> str:
    return (found.leaf("ESTADO", under="RESP_HDR") if found else None) or code


def _state(answer: Response, found: XmlAnswer) -> str:
    code = found.leaf("ESTADO")
    if not code:
        raise Unavailable(f"no state: {answers.short_text(answer)}")
    return code


def _refuse_query_error(code: str, found: XmlAnswer) -> None:
    """Turn an error of the question into what the caller may do next."""
    error = QueryError.read(code)
    if error is QueryError.UNKNOWN:
        return
    words = found.leaf("GLOSA_ERR") or found.leaf("GLOSA") or error.meaning
    if error.needs_person:
        raise LoginRefused(code, words)
    numbers = (f"{name} {found.leaf(name)}" for name in ("ERR_CODE", "SQL_CODE", "SRV_CODE"))
    raise Unavailable(f"ESTADO {code}: {words} ({', '.join(numbers)})")


def _read_envelope_status(answer: Response, found: XmlAnswer) -> EnvelopeStatus:
    code = _state(answer, found)
    state = EnvelopeState.read(code)
    if QueryError.read(code) is QueryError.QUERY and found.leaf("ERR_CODE") == _NOT_THIS_COMPANYS:
        state = EnvelopeState.NOT_KNOWN
    elif QueryError.read(code) is QueryError.NOT_AUTHORIZED:
        state = EnvelopeState.NOT_AUTHORIZED
    else:
        _refuse_query_error(code, found)
    return EnvelopeStatus(
        state=state,
        code=code,
        text=found.leaf("GLOSA") or "",
        counts=tuple(_type_count(row) for row in found.rows("TIPO_DOCTO")),
        details=(),
        raw=answer.body,
    )


def _type_count(row: dict[str, str]) -> TypeCount:
    return TypeCount(
        kind=number(row.get("TIPO_DOCTO")),
        informed=number(row.get("INFORMADOS")),
        accepted=number(row.get("ACEPTADOS")),
        rejected=number(row.get("RECHAZADOS")),
        with_remarks=number(row.get("REPAROS")),
    )


def _read_document_status(answer: Response, found: XmlAnswer) -> DocumentStatus:
    code = _state(answer, found)
    _refuse_query_error(code, found)
    error = found.leaf("ERR_CODE")
    return DocumentStatus(
        code=DocumentCode.read(code),
        raw_code=code,
        text=found.leaf("GLOSA_ERR") or found.leaf("GLOSA") or "",
        raw=answer.body,
        error=DocumentErrorCode.read(error) if error else None,
        attention=found.leaf("NUM_ATENCION") or "",
    )


def _read_signed_status(answer: Response, found: XmlAnswer) -> DocumentStatus:
    header = _header(found, _state(answer, found))
    asked = SignedQueryCode.read(header)
    words = found.leaf("GLOSA", under="RESP_HDR") or asked.meaning
    if asked.is_refusal:
        raise Refused(header, words)
    code = found.leaf("ESTADO", under="RESP_BODY")
    if asked is not SignedQueryCode.OK or not code:
        raise Unavailable(f"ESTADO {header}: {words}")
    return DocumentStatus(
        code=DocumentCode.read(code),
        raw_code=code,
        text=found.leaf("GLOSA", under="RESP_BODY") or "",
        raw=answer.body,
        track_id=answers.digits(found.leaf("TRACKID")) or "",
        attention=found.leaf("NUMATENCION") or "",
    )
