"""The register of acceptances and claims: what a receiver says about a factura, and who asks.

The law counts silence as acceptance after eight days (`claim_rules`), so every date here is the
SII's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from dte.clock import CHILE
from dte.codes import DocumentType
from dte.rut import InvalidRut, Rut
from dte.sii import answers
from dte.sii.claim_codes import AssignabilityCode, ClaimAction, ClaimCode
from dte.sii.errors import ClaimRefused, OutcomeUnknown, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.session import USER_AGENT, BeforeSend, FacturaTokenSource, go_ahead
from dte.sii.soap import ask_soap, read_return
from dte.sii.transport import Response, Transport

NAMESPACE: Final = "http://ws.registroreclamodte.diii.sdi.sii.cl"
TIMEOUT_SECONDS: Final = 30
ANSWER_LIMIT_BYTES: Final = 1024 * 1024
CLAIMABLE: Final = frozenset(
    {DocumentType.FACTURA, DocumentType.FACTURA_EXENTA, DocumentType.LIQUIDACION}
)
_STAMP = "%d-%m-%Y %H:%M:%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedDocument:
    """The document in question, by its natural key."""

    issuer: Rut
    kind: int
    folio: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRegistered:
    """The SII holds the event; `repeated` when it already did before this request."""

    repeated: bool
    text: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEvent:
    """One line of a document's history; `responsible` as text when it is no right RUT."""

    action: ClaimAction
    raw_code: str
    text: str
    responsible: Rut | str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimHistory:
    """What was registered about a document, in the SII's order; empty when nothing was."""

    events: tuple[ClaimEvent, ...]
    raw: bytes

    @property
    def actions(self) -> tuple[ClaimAction, ...]:
        """The bare actions, for `claim_rules.find_claim_obstacle`."""
        return tuple(event.action for event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignability:
    """Whether a document may be assigned; `raw_code` is the code as it came."""

    code: AssignabilityCode
    raw_code: str
    text: str
    raw: bytes


class ClaimRegister:
    """Ask the register, with the session of the factura channel.

    `before_send` is called when the token is at hand, before each try; what it raises stops it.
    """

    def __init__(self, *, hosts: Hosts, transport: Transport, session: FacturaTokenSource) -> None:
        self._hosts = hosts
        self._transport = transport
        self._session = session

    def register(
        self,
        action: ClaimAction,
        document: ReceivedDocument,
        *,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> ClaimRegistered:
        """Register an acceptance or a claim; doing it twice is harmless.

        Raises ClaimRefused, NotSent, Unavailable, and OutcomeUnknown when no answer came: list the
        events, or register the same again.
        Source: SII, WS registro de reclamo v1.2, ingresarAceptacionReclamoDoc.
        """
        if document.kind not in CLAIMABLE:
            raise _refused(ClaimCode.WRONG_KIND)
        if not (action.is_acceptance or action.is_claim):
            raise _refused(ClaimCode.WRONG_ACTION)
        operation = "ingresarAceptacionReclamoDoc"
        send = self._call(operation, document, ("accionDoc", str(action)))
        answer = self._session.use(send, at=at, before_send=before_send)
        code, raw_code, text = _read_code(answer, operation, unreadable=OutcomeUnknown)
        if not code.is_registered:
            raise _refused(code, raw_code, text)
        return ClaimRegistered(
            repeated=code is ClaimCode.REGISTERED_ALREADY, text=text, raw=answer.body
        )

    def list_events(
        self,
        document: ReceivedDocument,
        *,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> ClaimHistory:
        """List what was registered about a document, by anybody.

        Raises ClaimRefused (not received, not a party to it), NotSent, Unavailable.
        Source: SII, WS registro de reclamo v1.2, listarEventosHistDoc.
        """
        operation = "listarEventosHistDoc"
        answer = self._ask(operation, document, at, before_send)
        code, raw_code, text = _read_code(answer, operation, unreadable=Unavailable)
        if code not in (ClaimCode.HISTORY, ClaimCode.NO_EVENTS, ClaimCode.DONE):
            raise _refused(code, raw_code, text)
        found = read_return(answer, operation)
        rows = found.rows("codEvento") if found else ()
        return ClaimHistory(events=tuple(_read_event(row) for row in rows), raw=answer.body)

    def ask_assignability(
        self,
        document: ReceivedDocument,
        *,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> Assignability:
        """Ask whether a document may be assigned (cedido) today.

        Raises NotSent, Unavailable.
        Source: SII, WS registro de reclamo v1.2, consultarDocDteCedible.
        """
        operation = "consultarDocDteCedible"
        answer = self._ask(operation, document, at, before_send)
        raw_code, text = _read_response(answer, operation, unreadable=Unavailable)
        code = AssignabilityCode.read(raw_code)
        if code is AssignabilityCode.INTERNAL_ERROR:
            raise Unavailable(f"codResp {raw_code}: {text}")
        return Assignability(
            code=code, raw_code=raw_code, text=text or code.meaning, raw=answer.body
        )

    def find_reception(
        self,
        document: ReceivedDocument,
        *,
        at: datetime,
        before_send: BeforeSend = go_ahead,
    ) -> datetime | None:
        """Find when the SII received a document, in UTC; None when it has not.

        Raises NotSent, Unavailable.
        Source: SII, WS registro de reclamo v1.2, consultarFechaRecepcionSii.
        """
        operation = "consultarFechaRecepcionSii"
        answer = self._ask(operation, document, at, before_send)
        found = read_return(answer, operation) if answer.status == HTTPStatus.OK else None
        stamp = found.leaf("return") if found else None
        if stamp is None:
            raise Unavailable(f"HTTP {answer.status}: {answers.short_text(answer)}")
        if not stamp:
            return None
        received_at = _read_stamp(stamp)
        if received_at is None:
            raise Unavailable(f"no date: {stamp[: answers.TEXT_LIMIT]}")
        return received_at

    def _ask(
        self,
        operation: str,
        document: ReceivedDocument,
        at: datetime,
        before_send: BeforeSend,
    ) -> Response:
        send = self._call(operation, document)
        return self._session.ask(send, at=at, before_send=before_send)

    def _call(
        self, operation: str, document: ReceivedDocument, *extra: tuple[str, str]
    ) -> Callable[[str], Response]:
        parts = (
            ("rutEmisor", str(document.issuer.number)),
            ("dvEmisor", document.issuer.check),
            ("tipoDoc", str(int(document.kind))),
            ("folio", str(document.folio)),
            *extra,
        )
        return lambda token: ask_soap(
            self._transport,
            address=self._hosts.claims_url,
            namespace=NAMESPACE,
            operation=operation,
            parts=parts,
            headers={"User-Agent": USER_AGENT, "Cookie": f"TOKEN={token}"},
            timeout_seconds=TIMEOUT_SECONDS,
            max_bytes=ANSWER_LIMIT_BYTES,
        )


def _refused(code: ClaimCode, raw_code: str = "", text: str = "") -> ClaimRefused:
    return ClaimRefused(code, raw_code or code.value, text or code.meaning)


def _read_code(
    answer: Response, operation: str, *, unreadable: type[OutcomeUnknown | Unavailable]
) -> tuple[ClaimCode, str, str]:
    raw_code, text = _read_response(answer, operation, unreadable=unreadable)
    code = ClaimCode.read(raw_code)
    if code is ClaimCode.INTERNAL_ERROR:
        raise Unavailable(f"codResp {raw_code}: {text}")
    if code is ClaimCode.UNKNOWN:
        raise unreadable(f"codResp {raw_code}: {text}")
    return code, raw_code, text


def _read_response(
    answer: Response, operation: str, *, unreadable: type[OutcomeUnknown | Unavailable]
) -> tuple[str, str]:
    found = read_return(answer, operation) if answer.status == HTTPStatus.OK else None
    raw_code = found.leaf("codResp") if found else None
    if not found or not raw_code:
        raise unreadable(f"HTTP {answer.status}: {answers.short_text(answer)}")
    return raw_code, found.leaf("descResp") or ""


def _read_event(row: dict[str, str]) -> ClaimEvent:
    code = row["codEvento"]
    owner = f"{row.get('rutResponsable', '')}-{row.get('dvResponsable', '')}"
    return ClaimEvent(
        action=ClaimAction.read(code),
        raw_code=code,
        text=row.get("descEvento", ""),
        responsible=_read_rut(owner),
        at=_read_stamp(row.get("fechaEvento", "")),
    )


def _read_rut(text: str) -> Rut | str:
    try:
        return Rut.parse(text)
    except InvalidRut:
        return text.strip("-")


def _read_stamp(text: str) -> datetime | None:
    # The hour that happens twice in April is read as the first one: the deadline comes earlier.
    try:
        local = datetime.strptime(text.strip(), _STAMP).replace(tzinfo=CHILE)
    except ValueError:
        return None
    return local.astimezone(UTC)
