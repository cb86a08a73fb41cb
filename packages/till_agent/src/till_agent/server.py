"""The agent's door: HTTP on loopback for the till's page, and for nobody else.

Three locks, each enough against a foreign page: the Host must be this machine (DNS rebinding),
the Origin must be a configured one, the bearer token must match. Bodies are JSON and limited.
"""

import hashlib
import hmac
import json
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dte.blocks import Block, blocks_from_json
from dte.errors import DteError
from till_agent import __version__
from till_agent.errors import AgentError
from till_agent.jobs import ANSWER_WITHIN, Job, JobConflict, JobQueue, PrintWorker, QueueFull
from till_agent.journal import CopiedEvent, JournalConflict, JournalCopy
from till_agent.printers import STATE_WORDS
from till_agent.printers.escpos import encode_paper
from till_agent.printers.profiles import Profile
from till_agent.scale import WORDS, Scale

HOST = "127.0.0.1"
# A sale of a thousand lines, the most a boleta holds, is some 300 kB in the journal's copy.
MAX_BODY_BYTES = 1024 * 1024
# So much of a body that is not wanted is heard out, for its sender to be there for the answer.
HEARD_OUT_BYTES = 8 * MAX_BODY_BYTES
REQUEST_TIMEOUT_SECONDS = 10
# As long as Chromium remembers: a quiet shop asks before each sale otherwise.
PREFLIGHT_SECONDS = 7_200
JOB_ID = re.compile(r"[A-Za-z0-9._:-]{8,80}")
JOB_PATH = re.compile(r"/jobs/([A-Za-z0-9._:-]{8,80})")
JOURNAL_PATH = re.compile(r"/journal/([0-9a-f-]{36})\?after=(\d{1,15})")
DEVICE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_EVENTS = 50
BEARER = "Bearer "
PAPERS = frozenset({"80", "58"})
# Browsers that guard the local network ask for one of these before the first request.
PREFLIGHT_QUESTIONS = {
    "Access-Control-Request-Private-Network": "Access-Control-Allow-Private-Network",
    "Access-Control-Request-Local-Network": "Access-Control-Allow-Local-Network",
}

JsonAnswer = dict[str, object]


class RequestRefused(AgentError):
    """A request that the door turns away, with its HTTP status."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in: exact origins ("https://caja.example") and the token."""

    origins: frozenset[str]
    token: str

    def knows(self, token: str) -> bool:
        """Compare in constant time; digests first, so that the length tells nothing either."""
        given, own = (hashlib.sha256(text.encode()).digest() for text in (token, self.token))
        return hmac.compare_digest(given, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """What the page asks for, checked."""

    job_id: str
    blocks: tuple[Block, ...]
    drawer: bool


def agent_server(
    *,
    port: int,
    door: Door,
    queue: JobQueue,
    worker: PrintWorker,
    profile: Profile,
    journal: JournalCopy,
    scale: Scale | None = None,
) -> ThreadingHTTPServer:
    """Make the server, bound to 127.0.0.1; the caller runs and closes it."""
    # The standard server makes one handler per request: what they share hangs on the class.
    shared = {
        "door": door,
        "queue": queue,
        "worker": worker,
        "profile": profile,
        "journal": journal,
        "scale": scale,
    }
    AgentRequest = type("AgentRequest", (_AgentRequest,), shared)  # noqa: N806 (a class)
    return _AgentServer((HOST, port), AgentRequest)


class _AgentServer(ThreadingHTTPServer):
    daemon_threads = True
    # The default of five would reset a page that hands over its whole queue at once.
    request_queue_size = 64


class _AgentRequest(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer
    door: Door
    queue: JobQueue
    worker: PrintWorker
    profile: Profile
    journal: JournalCopy
    scale: Scale | None
    timeout = REQUEST_TIMEOUT_SECONDS
    protocol_version = "HTTP/1.1"
    # Head and body leave together, and at once: else the kernel holds the second back for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server_version = "till-agent"
    sys_version = ""

    def do_OPTIONS(self) -> None:
        try:
            self._check_host_and_origin()
        except RequestRefused as error:
            self._refuse(error)
            return
        self.send_response(HTTPStatus.NO_CONTENT)
        self._send_cors_headers()
        self.send_header("Access-Control-Allow-Methods", "GET, POST")
        self.send_header("Access-Control-Allow-Headers", "Authorization, Content-Type")
        self.send_header("Access-Control-Max-Age", str(PREFLIGHT_SECONDS))
        for question, answer in PREFLIGHT_QUESTIONS.items():
            if self.headers.get(question) == "true":
                self.send_header(answer, "true")
        self.end_headers()

    def do_GET(self) -> None:
        try:
            self._check_caller()
            found = JOB_PATH.fullmatch(self.path)
            kept = JOURNAL_PATH.fullmatch(self.path)
            if self.path == "/status":
                self._answer(HTTPStatus.OK, self._status())
            elif self.path == "/weight":
                self._answer(HTTPStatus.OK, self._weight())
            elif self.path == "/journal":
                self._answer(HTTPStatus.OK, self._copied_devices())
            elif kept:
                self._answer(HTTPStatus.OK, self._copied_events(kept[1], int(kept[2])))
            elif found:
                self._answer(HTTPStatus.OK, _job_answer(self._known_job(found[1])))
            else:
                raise _not_found()
        except RequestRefused as error:
            self._refuse(error)

    def do_POST(self) -> None:
        try:
            self._check_caller()
            if self.path == "/journal":
                self._answer(HTTPStatus.OK, self._copy(self._read_json()))
                return
            if self.path != "/jobs":
                raise _not_found()
            order = _job_order(self._read_json())
            job, is_new = self._accept(order)
        except RequestRefused as error:
            self._refuse(error)
            return
        self.worker.wake()
        # Two words to the page: the head of the answer says that the job is on the disk; its body,
        # after a moment's patience, that the paper is out.
        self._begin_answer(HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK)
        tried = self.queue.wait_for_attempt(job.id, timeout_seconds=ANSWER_WITHIN.total_seconds())
        self._end_answer(_job_answer(tried or job))

    def _accept(self, order: JobOrder) -> tuple[Job, bool]:
        try:
            # What cannot be drawn is refused now, while the page can still say so.
            encode_paper(order.blocks, self.profile)
            return self.queue.accept(
                job_id=order.job_id,
                blocks=order.blocks,
                drawer=order.drawer,
                at=datetime.now(UTC),
            )
        except JobConflict as error:
            raise RequestRefused(HTTPStatus.CONFLICT, error.code, error.message) from error
        except QueueFull as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise RequestRefused(status, error.code, error.message) from error
        except (AgentError, DteError) as error:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            raise RequestRefused(status, error.code, error.message) from error

    def _copy(self, body: object) -> JsonAnswer:
        """Take a copy of events; they are on the disk when this is answered."""
        device, events = _copied(body)
        try:
            return {"kept": self.journal.append(device, events, at=datetime.now(UTC))}
        except JournalConflict as error:
            raise RequestRefused(HTTPStatus.CONFLICT, error.code, error.message) from error
        except OSError as error:
            raise RequestRefused(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "no_space",
                "El disco de este equipo no guarda la copia. Libera espacio.",
            ) from error

    def _copied_devices(self) -> JsonAnswer:
        devices = self.journal.devices()
        return {
            "devices": [
                {"device": kept.device, "first": kept.first, "last": kept.last, "count": kept.count}
                for kept in devices
            ],
            "broken": list(self.journal.broken),
        }

    def _copied_events(self, device: str, after: int) -> JsonAnswer:
        events = self.journal.events(device, after=after, limit=MOST_EVENTS)
        return {"events": [{"seq": event.seq, "text": event.text} for event in events]}

    def _weight(self) -> JsonAnswer:
        """Say what lies on the scale; 404 where there is none."""
        if self.scale is None:
            raise RequestRefused(
                HTTPStatus.NOT_FOUND, "no_scale", "Este equipo no tiene balanza conectada."
            )
        reading = self.scale.read()
        return {
            "state": reading.state.value,
            "grams": reading.grams,
            "message": WORDS[reading.state],
        }

    def _known_job(self, job_id: str) -> Job:
        job = self.queue.find(job_id)
        if job is None:
            raise _not_found()
        return job

    def _status(self) -> JsonAnswer:
        state = self.worker.printer_state()
        counts = self.queue.counts()
        oldest = counts.oldest_accepted_at
        waited = 0 if oldest is None else int((datetime.now(UTC) - oldest).total_seconds())
        return {
            "version": __version__,
            "paper": str(self.profile.paper_mm),
            "printer": {"state": state.value, "message": STATE_WORDS[state]},
            "queue": {
                "waiting": counts.waiting,
                "doubtful": counts.doubtful,
                "failed": counts.failed,
                "oldest_seconds": waited,
            },
        }

    def _check_host_and_origin(self) -> None:
        port = self.server.server_port
        if self.headers.get("Host") not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
            raise RequestRefused(
                HTTPStatus.MISDIRECTED_REQUEST,
                "wrong_host",
                "Este agente es sólo para este equipo.",
            )
        if self.headers.get("Origin") not in self.door.origins:
            raise RequestRefused(
                HTTPStatus.FORBIDDEN,
                "wrong_origin",
                "Esta página no está autorizada para imprimir aquí. Agrégala con --origin.",
            )

    def _check_caller(self) -> None:
        self._check_host_and_origin()
        authorization = self.headers.get("Authorization", "")
        token = authorization.removeprefix(BEARER) if authorization.startswith(BEARER) else ""
        if not self.door.knows(token):
            raise RequestRefused(
                HTTPStatus.UNAUTHORIZED,
                "wrong_token",
                "La caja no está conectada con este agente. Conecta la impresora otra vez.",
            )

    def _read_json(self) -> object:
        if self.headers.get_content_type() != "application/json":
            raise RequestRefused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "Sólo se acepta JSON."
            )
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"\d{1,9}", length):
            raise RequestRefused(
                HTTPStatus.LENGTH_REQUIRED, "no_length", "Falta el largo del contenido."
            )
        if int(length) > MAX_BODY_BYTES:
            raise RequestRefused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "El papel es demasiado grande."
            )
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise RequestRefused(
                HTTPStatus.BAD_REQUEST, "bad_json", "El contenido no es JSON válido."
            ) from None

    def _refuse(self, error: RequestRefused) -> None:
        # The body may not have been read: this connection cannot carry another request.
        self.close_connection = True
        self._answer(error.status, {"code": error.code, "message": error.message})
        self._hear_out()

    def _hear_out(self) -> None:
        """Let the caller finish: a line closed while it still sends is torn with its answer."""
        heard = 0
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            while heard < HEARD_OUT_BYTES and (piece := self.connection.recv(65_536)):
                heard += len(piece)

    def _answer(self, status: HTTPStatus, content: JsonAnswer) -> None:
        body = _json_bytes(content)
        self._send_head(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin_answer(self, status: HTTPStatus) -> None:
        """Send the head of an answer whose body comes later; its length is not known yet."""
        if self.request_version != "HTTP/1.1":
            # Who knows no chunks reads until the line ends.
            self.close_connection = True
        self._send_head(status)
        if not self.close_connection:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def _end_answer(self, content: JsonAnswer) -> None:
        body = _json_bytes(content)
        if self.close_connection:
            self.wfile.write(body)
        else:
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))

    def _send_head(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self._send_cors_headers()
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")

    def _send_cors_headers(self) -> None:
        self.send_header("Vary", "Origin")
        origin = self.headers.get("Origin")
        if origin is not None and origin in self.door.origins:
            self.send_header("Access-Control-Allow-Origin", origin)
            # The page may know how long its own request took.
            self.send_header("Timing-Allow-Origin", origin)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Keep quiet: jobs are logged where they are printed."""


def _json_bytes(content: JsonAnswer) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _not_found() -> RequestRefused:
    return RequestRefused(HTTPStatus.NOT_FOUND, "not_found", "El agente no conoce esa dirección.")


def _job_order(body: object) -> JobOrder:
    """Check the body of POST /jobs. Raises RequestRefused."""
    known = {"id", "paper", "blocks", "drawer"}
    if not isinstance(body, dict) or not {"id", "blocks"} <= set(body) <= known:
        raise _bad_order("Un trabajo lleva id, paper, blocks y drawer.")
    job_id, drawer = body["id"], body.get("drawer", False)
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise _bad_order("El id lleva de 8 a 80 letras, números, puntos, guiones o dos puntos.")
    if not isinstance(drawer, bool):
        raise _bad_order("drawer debe ser verdadero o falso.")
    # The paper is a wish: the agent knows which roll is in the printer, and lays out for that.
    if str(body.get("paper", "80")) not in PAPERS:
        raise _bad_order("paper debe ser 80 o 58.")
    try:
        blocks = blocks_from_json(body["blocks"])
    except DteError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise RequestRefused(status, error.code, error.message) from error
    if not blocks and not drawer:
        raise _bad_order("Un trabajo sin bloques sólo puede abrir el cajón.")
    return JobOrder(job_id=job_id, blocks=blocks, drawer=drawer)


def _copied(body: object) -> tuple[str, list[CopiedEvent]]:
    """Check the body of POST /journal. Raises RequestRefused."""
    if not isinstance(body, dict) or set(body) != {"device", "events"}:
        raise _bad_order("Una copia lleva device y events.")
    device, events = body["device"], body["events"]
    if not isinstance(device, str) or not DEVICE.fullmatch(device):
        raise _bad_order("device debe ser el identificador de la caja.")
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise _bad_order(f"events lleva de 1 a {MOST_EVENTS} hechos.")
    return device, [_copied_event(each) for each in events]


def _copied_event(raw: object) -> CopiedEvent:
    if not isinstance(raw, dict) or set(raw) != {"seq", "text"}:
        raise _bad_order("Cada hecho lleva seq y text.")
    seq, text = raw["seq"], raw["text"]
    is_number = isinstance(seq, int) and not isinstance(seq, bool) and 0 < seq < 10**15
    if not is_number or not isinstance(text, str) or not text:
        raise _bad_order("seq debe ser un número y text un texto.")
    return CopiedEvent(seq=seq, text=text)


def _bad_order(message: str) -> RequestRefused:
    return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_job", message)


def _job_answer(job: Job) -> JsonAnswer:
    return {
        "id": job.id,
        "state": job.state.value,
        "copy": job.is_copy,
        "attempts": job.attempts,
        "reason": job.reason,
    }
