"""The boleta channel's three questions: take this, how is it going, do you have this folio."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from dte.rut import Rut
from dte.sii import answers
from dte.sii.answers import number
from dte.sii.errors import Refused, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.results import (
    DocumentStatus,
    DocumentVerdict,
    EnvelopeStatus,
    TypeCount,
    VerdictError,
)
from dte.sii.session import USER_AGENT, BeforeSend, TokenSource, go_ahead
from dte.sii.statuses import DocumentCode, DocumentState, EnvelopeState
from dte.sii.transport import (
    ANSWER_LIMIT_BYTES,
    QUERY_TIMEOUT_SECONDS,
    UPLOAD_TIMEOUT_SECONDS,
    Response,
    Transport,
)
from dte.sii.uploads import (
    Uploaded,
    check_size,
    check_track,
    read_refusal,
    read_upload,
    upload_form,
)

# A full envelope of 500 boletas has about 2.5 MiB; nothing larger is ours.
UPLOAD_LIMIT_BYTES: Final = 8 * 1024 * 1024


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
        before_send: BeforeSend = go_ahead,
    ) -> Uploaded:
        """Send a signed envelope, byte by byte as it is.

        Raises NotSent or Unavailable (the SII does not have it: send the same bytes later),
        OutcomeUnknown (it may have it: send the same bytes or ask by folio), Refused.
        """
        check_size(envelope_xml, limit_bytes=UPLOAD_LIMIT_BYTES)
        content_type, body = upload_form(envelope_xml, sender=sender, issuer=issuer)

        def send(token: str) -> Response:
            return self._transport.request(
                method="POST",
                url=f"{self._hosts.boleta_upload_url}/boleta.electronica.envio",
                headers=_headers(token) | {"Content-Type": content_type},
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
        """Ask how an upload is going; an id that the SII does not know (yet) is NOT_KNOWN.

        Raises NotSent, Unavailable, Refused.
        """
        check_track(track_id)
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
        before_send: BeforeSend = go_ahead,
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

    def _query(self, path: str, at: datetime, before_send: BeforeSend) -> Response:
        def ask(token: str) -> Response:
            return self._transport.request(
                method="GET",
                url=f"{self._hosts.boleta_query_url}/{path}",
                headers=_headers(token),
                body=None,
                timeout_seconds=QUERY_TIMEOUT_SECONDS,
                max_bytes=ANSWER_LIMIT_BYTES,
            )

        return self._session.ask(ask, at=at, before_send=before_send)


def _headers(token: str) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
        "Cookie": f"TOKEN={token}",
    }


def _read_query(answer: Response) -> dict[str, object]:
    found = answers.read_json(answer)
    if (
        found is None
        or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or answer.status == HTTPStatus.TOO_MANY_REQUESTS
    ):
        raise Unavailable(f"HTTP {answer.status}: {answers.short_text(answer)}")
    if answer.status != HTTPStatus.OK:
        raise Refused(*read_refusal(answer))
    return found


def _read_envelope_status(answer: Response) -> EnvelopeStatus:
    if answer.status == HTTPStatus.NOT_FOUND and not answers.is_web_page(answer):
        return EnvelopeStatus(
            state=EnvelopeState.NOT_KNOWN,
            code=str(HTTPStatus.NOT_FOUND),
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
