"""The boleta channel's three questions: take this, how is it going, do you have this folio."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from dte.rut import Rut
from dte.sii import answers
from dte.sii.errors import LoginRefused, OutcomeUnknown, Refused, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.session import USER_AGENT, TokenSource
from dte.sii.statuses import DocumentCode, DocumentState, EnvelopeState
from dte.sii.transport import Response, Transport

UPLOAD_TIMEOUT_SECONDS: Final = 60
QUERY_TIMEOUT_SECONDS: Final = 20
ANSWER_LIMIT_BYTES: Final = 4 * 1024 * 1024
# A full envelope (500 boletas) has about 2.5 MiB; nothing larger is ours.
UPLOAD_LIMIT_BYTES: Final = 8 * 1024 * 1024
_TOKEN_CODES = frozenset({"001", "002", "003"})
_OK, _UNAUTHORIZED, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR, _BUSY = 200, 401, 404, 429, 500, 503
_CLIENT_ERROR = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """The SII has the file. `track_id` is text of up to 15 digits, `received_at` its own words.

    `repeated` is true when it answered that it already had these very bytes.
    """

    track_id: str
    received_at: str
    repeated: bool
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictError:
    """One objection: where (`section` HED, DET, TED...), how grave (3 rejects) and why."""

    section: str
    line: int
    level: int
    code: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVerdict:
    """What became of one document; `code` is the state as it came."""

    kind: int
    folio: int
    state: DocumentState
    code: str
    text: str
    errors: tuple[VerdictError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCount:
    """The SII's counters for one document type of an envelope."""

    kind: int
    informed: int
    accepted: int
    rejected: int
    with_remarks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeStatus:
    """The state of an upload; `code` is the state as it came, `text` extra words if there were."""

    state: EnvelopeState
    code: str
    text: str
    counts: tuple[TypeCount, ...]
    details: tuple[DocumentVerdict, ...]
    raw: bytes

    @property
    def final(self) -> bool:
        """Whether the SII is done with this envelope."""
        return self.state.is_final

    def verdict_of(self, kind: int, folio: int) -> DocumentVerdict | None:
        """Find what was said of one document; silence about it gives None."""
        return next((d for d in self.details if (d.kind, d.folio) == (kind, folio)), None)

    def state_of(self, kind: int, folio: int) -> DocumentState | None:
        """Tell what became of one document of this envelope, or None while nobody can tell.

        The SII lists only remarks and rejections. Silence is acceptance only when the envelope
        was processed and the counters agree with the list; otherwise ask by folio.
        """
        if self.state.is_rejection:
            return DocumentState.RCH
        if not self.final:
            return None
        named = self.verdict_of(kind, folio)
        if named is not None:
            return named.state
        return DocumentState.DOK if self._counters_agree(kind) else None

    def _counters_agree(self, kind: int) -> bool:
        counts = [count for count in self.counts if count.kind == kind]
        listed = [verdict.state for verdict in self.details if verdict.kind == kind]
        rejected = sum(count.rejected for count in counts)
        accepted = sum(count.accepted + count.with_remarks for count in counts)
        return accepted > 0 and rejected == listed.count(DocumentState.RCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStatus:
    """The answer about one folio; `raw_code` is the code as it came."""

    code: DocumentCode
    raw_code: str
    text: str
    raw: bytes


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
        content_type, body = _multipart(envelope_xml, sender=sender, issuer=issuer)

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

        return _read_upload(self._with_token(send, at))

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
            return self._with_token(ask, at)
        except OutcomeUnknown as error:
            # A question without an answer changed nothing.
            raise Unavailable(error.reason) from error

    def _with_token(self, send: Callable[[str], Response], at: datetime) -> Response:
        token = self._session.token(at)
        answer = send(token)
        if _token_refused(answer):
            answer = send(self._session.renew(at, refused=token))
            if _token_refused(answer):
                raise LoginRefused(str(_UNAUTHORIZED), answers.short_text(answer))
        return answer


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
        return str(found.get("estado", "")) in _TOKEN_CODES
    xml = answers.read_xml(answer)
    return xml is not None and (xml.leaf("STATUS") == "5" or xml.leaf("ESTADO") in _TOKEN_CODES)


def _multipart(envelope_xml: bytes, *, sender: Rut, issuer: Rut) -> tuple[str, bytes]:
    mark = hashlib.sha256(envelope_xml).hexdigest()[:32]
    boundary = f"----erp-market-{mark}"
    while boundary.encode() in envelope_xml:
        boundary += "x"
    fields = (
        ("rutSender", str(sender.number)),
        ("dvSender", sender.check),
        ("rutCompany", str(issuer.number)),
        ("dvCompany", issuer.check),
    )
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="archivo"; '
        f'filename="envio_{mark[:12]}.xml"\r\nContent-Type: text/xml\r\n\r\n'
    )
    body = head.encode("ascii") + envelope_xml + f"\r\n--{boundary}--\r\n".encode("ascii")
    return f"multipart/form-data; boundary={boundary}", body


def _read_upload(answer: Response) -> Uploaded:
    former = answers.former_track(answer)
    if former is not None:
        return Uploaded(track_id=former, received_at="", repeated=True, raw=answer.body)
    if answer.status == _OK:
        return _read_receipt(answer)
    words = answers.short_text(answer)
    if answer.status in (_BUSY, _TOO_MANY):
        raise Unavailable(f"HTTP {answer.status}: {words}")
    if answer.status >= _SERVER_ERROR:
        # A gateway's 500, 502 or 504 says nothing about what the machine behind it stored.
        raise OutcomeUnknown(f"HTTP {answer.status}: {words}")
    if answers.is_web_page(answer) or answer.status < _CLIENT_ERROR:
        raise Unavailable(f"HTTP {answer.status}: {words}")
    raise Refused(*_refusal(answer))


def _read_receipt(answer: Response) -> Uploaded:
    found = answers.read_json(answer)
    if found is not None:
        track_id, received_at = _digits(found.get("trackid")), found.get("fecha_recepcion", "")
        if track_id:
            return Uploaded(
                track_id=track_id, received_at=str(received_at), repeated=False, raw=answer.body
            )
        raise Refused(*_refusal(answer))
    xml = answers.read_xml(answer)
    status = xml.leaf("STATUS") if xml else None
    if xml is None or status is None:
        raise OutcomeUnknown(f"no receipt: {answers.short_text(answer)}")
    track_id = _digits(xml.leaf("TRACKID"))
    if status == "0" and track_id:
        received_at = xml.leaf("TIMESTAMP") or ""
        return Uploaded(track_id=track_id, received_at=received_at, repeated=False, raw=answer.body)
    if status == "9":
        raise Unavailable("STATUS 9: the SII's system is blocked")
    raise Refused(*_refusal(answer))


def _refusal(answer: Response) -> tuple[str, str]:
    found = answers.read_json(answer)
    if found is not None:
        status = found.get("codigo") or found.get("estado") or answer.status
        text = found.get("descripcion") or found.get("glosa") or answers.short_text(answer)
        return str(status), str(text)[: answers.TEXT_LIMIT]
    xml = answers.read_xml(answer)
    if xml is not None:
        status = xml.leaf("STATUS") or xml.leaf("ESTADO") or str(answer.status)
        errors = "; ".join(xml.all("ERROR")) or xml.leaf("GLOSA") or xml.text
        return status, errors[: answers.TEXT_LIMIT]
    return str(answer.status), answers.short_text(answer)


def _read_query(answer: Response) -> dict[str, object]:
    found = answers.read_json(answer)
    if found is None or answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY:
        raise Unavailable(f"HTTP {answer.status}: {answers.short_text(answer)}")
    if answer.status != _OK:
        raise Refused(*_refusal(answer))
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
        kind=_number(row.get("tipo")),
        informed=_number(row.get("informados")),
        accepted=_number(row.get("aceptados")),
        rejected=_number(row.get("rechazados")),
        with_remarks=_number(row.get("reparos")),
    )


def _verdict(row: dict[str, object]) -> DocumentVerdict:
    code = str(row.get("estado") or "").strip()
    return DocumentVerdict(
        kind=_number(row.get("tipo")),
        folio=_number(row.get("folio")),
        state=DocumentState.read(code),
        code=code,
        text=str(row.get("descripcion") or ""),
        errors=tuple(
            VerdictError(
                section=str(error.get("seccion") or ""),
                line=_number(error.get("linea")),
                level=_number(error.get("nivel")),
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


def _number(value: object) -> int:
    return int(_digits(value) or 0)


def _digits(value: object) -> str | None:
    # The SII writes numbers now as numbers, now as text; a track id may exceed 32 bits.
    text = str(value).strip() if isinstance(value, int | str) else ""
    return text if text.isascii() and text.isdigit() else None
