"""The boleta channel's three questions: take this, how is it going, do you have this folio."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from dte.rut import Rut
from dte.sii import answers
from dte.sii.answers import number
from dte.sii.errors import OutcomeUnknown, Refused, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.query_codes import TOKEN_CODES
from dte.sii.results import (
    DocumentStatus,
    DocumentVerdict,
    EnvelopeStatus,
    TypeCount,
    VerdictError,
)
from dte.sii.session import USER_AGENT, TokenSource
from dte.sii.statuses import DocumentCode, DocumentState, EnvelopeState
from dte.sii.transport import Response, Transport
from dte.sii.uploads import (
    UPLOAD_LIMIT_BYTES,
    Uploaded,
    read_refusal,
    read_upload,
    upload_form,
)

__all__ = [
    "UPLOAD_LIMIT_BYTES",
    "UPLOAD_TIMEOUT_SECONDS",
    "BoletaChannel",
    "DocumentStatus",
    "DocumentVerdict",
    "EnvelopeStatus",
    "TypeCount",
    "Uploaded",
    "VerdictError",
]

UPLOAD_TIMEOUT_SECONDS: Final = 60
QUERY_TIMEOUT_SECONDS: Final = 20
ANSWER_LIMIT_BYTES: Final = 4 * 1024 * 1024
_OK, _UNAUTHORIZED, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 200, 401, 404, 429, 500


def _go() -> None:
    """Let a request go: the `before_send` of who has nothing to ask."""


class BoletaChannel:
    """Ask the boleta channel. Every answer is read or refused; nothing is guessed.

    A login may have to come first, and takes its own time. `before_send` is called when the token
    is at hand, before each try of the request itself; what it raises stops the request.
    """

    def __init__(
        self,
        *,
        hosts: Hosts,
        transport: Transport,
        session: TokenSource,
        upload_timeout_seconds: int = UPLOAD_TIMEOUT_SECONDS,
    ) -> None:
        self._hosts = hosts
        self._transport = transport
        self._session = session
        self._upload_timeout_seconds = upload_timeout_seconds

    def upload(
        self,
        envelope_xml: bytes,
        *,
        sender: Rut,
        issuer: Rut,
        at: datetime,
        before_send: Callable[[], None] = _go,
    ) -> Uploaded:
        """Send a signed envelope, byte by byte as it is.

        Raises NotSent or Unavailable (the SII does not have it: send the same bytes later),
        OutcomeUnknown (it may have it: send the same bytes or ask by folio), Refused.
        """
        if len(envelope_xml) > UPLOAD_LIMIT_BYTES:
            raise Refused("2", f"el envío pesa más de {UPLOAD_LIMIT_BYTES} bytes")
        content_type, body = upload_form(envelope_xml, sender=sender, issuer=issuer)

        def send(token: str) -> Response:
            before_send()
            return self._transport.request(
                method="POST",
                url=f"{self._hosts.boleta_upload_url}/boleta.electronica.envio",
                headers=_headers(token) | {"Content-Type": content_type},
                body=body,
                timeout_seconds=self._upload_timeout_seconds,
                max_bytes=ANSWER_LIMIT_BYTES,
            )

        return read_upload(self._session.use(send, refused=_token_refused, at=at))

    def envelope_status(
        self,
        issuer: Rut,
        track_id: str,
        *,
        at: datetime,
        before_send: Callable[[], None] = _go,
    ) -> EnvelopeStatus:
        """Ask how an upload is going; an id that the SII does not know (yet) is NOT_KNOWN.

        Raises NotSent, Unavailable, Refused.
        """
        if not track_id.isdigit():
            raise ValueError("a track id is digits only")
        path = f"boleta.electronica.envio/{issuer.number}-{issuer.check}-{track_id}"
        return _read_envelope_status(self._query(path, at, before_send))

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
        before_send: Callable[[], None] = _go,
    ) -> DocumentStatus:
        """Ask whether the SII has this document with these facts.

        Raises NotSent, Unavailable, Refused.
        """
        facts = urlencode(
            {
                "rut_receptor": receiver.number,
                "dv_receptor": receiver.check,
                "monto": total_clp,
                "fechaEmision": issue_date.strftime("%d-%m-%Y"),
            }
        )
        path = (
            f"boleta.electronica/{issuer.number}-{issuer.check}-{int(kind)}-{folio}/estado?{facts}"
        )
        return _read_document_status(self._query(path, at, before_send))

    def _query(self, path: str, at: datetime, before_send: Callable[[], None]) -> Response:
        def ask(token: str) -> Response:
            before_send()
            return self._transport.request(
                method="GET",
                url=f"{self._hosts.boleta_query_url}/{path}",
                headers=_headers(token),
                body=None,
                timeout_seconds=QUERY_TIMEOUT_SECONDS,
                max_bytes=ANSWER_LIMIT_BYTES,
            )

        try:
            return self._session.use(ask, refused=_token_refused, at=at)
        except OutcomeUnknown as error:
            # A question without an answer changed nothing.
            raise Unavailable(error.reason) from error


def _headers(token: str) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
        "Cookie": f"TOKEN={token}",
    }


def _token_refused(answer: Response) -> bool:
    if answer.status == _UNAUTHORIZED:
        return True
    found = answers.read_json(answer)
    if found is not None:
        return str(found.get("estado", "")) in TOKEN_CODES
    xml = answers.read_xml(answer)
    return xml is not None and (xml.leaf("STATUS") == "5" or xml.leaf("ESTADO") in TOKEN_CODES)


def _read_query(answer: Response) -> dict[str, object]:
    found = answers.read_json(answer)
    if found is None or answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY:
        raise Unavailable(f"HTTP {answer.status}: {answers.short_text(answer)}")
    if answer.status != _OK:
        raise Refused(*read_refusal(answer))
    return found


def _read_envelope_status(answer: Response) -> EnvelopeStatus:
    if answer.status == _NOT_FOUND and not answers.is_web_page(answer):
        return EnvelopeStatus(
            state=EnvelopeState.NOT_KNOWN,
            code=str(_NOT_FOUND),
            text=answers.short_text(answer),
            counts=(),
            details=(),
            raw=answer.body,
        )
    found = _read_query(answer)
    code = str(found.get("estado", "")).strip()
    if not code:
        raise Unavailable(f"no state: {answers.short_text(answer)}")
    return EnvelopeStatus(
        state=EnvelopeState.read(code),
        code=code,
        text=str(found.get("glosa") or ""),
        counts=tuple(_type_count(row) for row in _rows(found.get("estadistica"))),
        details=tuple(_verdict(row) for row in _rows(found.get("detalle_rep_rech"))),
        raw=answer.body,
    )


def _read_document_status(answer: Response) -> DocumentStatus:
    found = _read_query(answer)
    code = str(found.get("codigo") or found.get("estado") or "").strip()
    if not code:
        raise Unavailable(f"no code: {answers.short_text(answer)}")
    return DocumentStatus(
        code=DocumentCode.read(code),
        raw_code=code,
        text=str(found.get("descripcion") or found.get("glosa") or ""),
        raw=answer.body,
    )


def _type_count(row: dict[str, object]) -> TypeCount:
    return TypeCount(
        kind=number(row.get("tipo")),
        informed=number(row.get("informados")),
        accepted=number(row.get("aceptados")),
        rejected=number(row.get("rechazados")),
        with_remarks=number(row.get("reparos")),
    )


def _verdict(row: dict[str, object]) -> DocumentVerdict:
    code = str(row.get("estado") or "").strip()
    return DocumentVerdict(
        kind=number(row.get("tipo")),
        folio=number(row.get("folio")),
        state=DocumentState.read(code),
        code=code,
        text=str(row.get("descripcion") or ""),
        errors=tuple(
            VerdictError(
                section=str(error.get("seccion") or ""),
                line=number(error.get("linea")),
                level=number(error.get("nivel")),
                code=str(error.get("codigo") or ""),
                text=str(error.get("descripcion") or ""),
                detail=str(error.get("detalle") or ""),
            )
            for error in _rows(row.get("error"))
        ),
    )


def _rows(value: object) -> tuple[dict[str, object], ...]:
    if not isinstance(value, list):
        return ()
    return tuple(row for row in value if isinstance(row, dict))
