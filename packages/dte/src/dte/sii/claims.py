"""The register of acceptances and claims: what a receiver says about a factura, and until when.

The law counts silence as acceptance after eight days, so every date here is the SII's own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dte.clock import CHILE
from dte.codes import DocumentType
from dte.rut import InvalidRut, Rut
from dte.sii import answers
from dte.sii.claim_codes import AssignabilityCode, ClaimAction, ClaimCode
from dte.sii.errors import ClaimRefused, OutcomeUnknown, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.query_codes import TOKEN_CODES
from dte.sii.session import USER_AGENT, FacturaTokenSource
from dte.sii.soap import ask_soap, read_return
from dte.sii.transport import Response, Transport

NAMESPACE: Final = "http://ws.registroreclamodte.diii.sdi.sii.cl"
TIMEOUT_SECONDS: Final = 30
ANSWER_LIMIT_BYTES: Final = 1024 * 1024
CLAIM_DAYS: Final = 8
CLAIMABLE: Final = frozenset(
    {DocumentType.FACTURA, DocumentType.FACTURA_EXENTA, DocumentType.LIQUIDACION}
)
_OK, _UNAUTHORIZED = 200, 401
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
        """The bare actions, for `find_obstacle`."""
        return tuple(event.action for event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignability:
    """Whether a document may be assigned; `raw_code` is the code as it came."""

    code: AssignabilityCode
    raw_code: str
    text: str
    raw: bytes


def deadline(received_at: datetime) -> datetime:
    """Tell until when a document can be accepted or claimed: an instant in UTC, itself too late.

    Eight days of Chile's calendar, at the hour of reception: the stricter of two readings (the
    other lets the whole eighth day pass), and a day more or less an hour at the clock changes.
    Raises ValueError for a naive instant.
    Source: Ley 19.983, art. 3; SII, WS registro de reclamo v1.2, codResp 8.
    """
    if received_at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return (received_at.astimezone(CHILE) + timedelta(days=CLAIM_DAYS)).astimezone(UTC)


def find_obstacle(action: ClaimAction, history: Iterable[ClaimAction]) -> ClaimCode | None:
    """Tell why the SII would not take `action` after these; None when it would.

    No claim after an acceptance or a receipt of goods, no acceptance after a claim; ACD and ERM
    may follow each other. Time and parties are not looked at.
    Source: SII, WS registro de reclamo v1.2, codResp 5 to 7, 11 to 13 and 19.
    """
    done = frozenset(history)
    if not (action.is_acceptance or action.is_claim):
        return ClaimCode.WRONG_ACTION
    if action in done:
        return ClaimCode.REGISTERED_ALREADY
    claimed = any(earlier.is_claim for earlier in done)
    if action is ClaimAction.ACCEPT_CONTENT:
        return ClaimCode.CLAIMED_NO_ACCEPTANCE if claimed else None
    if action is ClaimAction.RECEIVED_GOODS:
        return ClaimCode.CLAIMED_NO_RECEIPT if claimed else None
    if ClaimAction.ACCEPT_CONTENT in done:
        return ClaimCode.ACCEPTED_NO_CLAIM
    if ClaimAction.RECEIVED_GOODS in done:
        return ClaimCode.RECEIPT_NO_CLAIM
    if action.is_claim_of_goods and any(earlier.is_claim_of_goods for earlier in done):
        return ClaimCode.GOODS_CLAIMED_ALREADY
    return ClaimCode.CLAIMED_ALREADY if claimed else None


def _go() -> None:
    """Let a request go: the `before_send` of who has nothing to ask."""


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
        before_send: Callable[[], None] = _go,
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
        said = ("accionDoc", str(action))
        answer = self._send(operation, document, at, before_send, said)
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
        before_send: Callable[[], None] = _go,
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
        before_send: Callable[[], None] = _go,
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
        before_send: Callable[[], None] = _go,
    ) -> datetime | None:
        """Find when the SII received a document, in UTC; None when it has not.

        Raises NotSent, Unavailable.
        Source: SII, WS registro de reclamo v1.2, consultarFechaRecepcionSii.
        """
        operation = "consultarFechaRecepcionSii"
        answer = self._ask(operation, document, at, before_send)
        found = read_return(answer, operation) if answer.status == _OK else None
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
        before_send: Callable[[], None],
    ) -> Response:
        try:
            return self._send(operation, document, at, before_send)
        except OutcomeUnknown as error:
            # A question without an answer changed nothing.
            raise Unavailable(error.reason) from error

    def _send(
        self,
        operation: str,
        document: ReceivedDocument,
        at: datetime,
        before_send: Callable[[], None],
        *extra: tuple[str, str],
    ) -> Response:
        parts = (
            ("rutEmisor", str(document.issuer.number)),
            ("dvEmisor", document.issuer.check),
            ("tipoDoc", str(int(document.kind))),
            ("folio", str(document.folio)),
            *extra,
        )

        def send(token: str) -> Response:
            before_send()
            return ask_soap(
                self._transport,
                address=self._hosts.claims_url,
                namespace=NAMESPACE,
                operation=operation,
                parts=parts,
                headers={"User-Agent": USER_AGENT, "Cookie": f"TOKEN={token}"},
                timeout_seconds=TIMEOUT_SECONDS,
                max_bytes=ANSWER_LIMIT_BYTES,
            )

        return self._session.use(send, refused=_wants_token, at=at)


def _wants_token(answer: Response) -> bool:
    if answer.status == _UNAUTHORIZED:
        return True
    found = answers.read_xml(answer)
    return found is not None and found.leaf("ESTADO") in TOKEN_CODES


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
    found = read_return(answer, operation) if answer.status == _OK else None
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
