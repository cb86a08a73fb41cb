"""The agent's door: HTTP on loopback for the till's page, and for nobody else.

Three locks, each enough against a foreign page: the Host must be this machine (DNS rebinding),
the Origin must be a configured one, the bearer token must match. Bodies are JSON and limited.
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dte.blocks import Block, blocks_from_json
from dte.errors import DteError
from till_agent import __version__
from till_agent.errors import AgentError
from till_agent.jobs import Job, JobConflict, JobQueue, PrintWorker, QueueFull
from till_agent.printers import STATE_WORDS
from till_agent.printers.escpos import encode_paper
from till_agent.printers.profiles import Profile

HOST = "127.0.0.1"
MAX_BODY_BYTES = 256 * 1024
REQUEST_TIMEOUT_SECONDS = 10
PREFLIGHT_SECONDS = 600
ANSWER_WITHIN_SECONDS = 3.0
JOB_ID = re.compile(r"[A-Za-z0-9._:-]{8,80}")
JOB_PATH = re.compile(r"/jobs/([A-Za-z0-9._:-]{8,80})")
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
    *, port: int, door: Door, queue: JobQueue, worker: PrintWorker, profile: Profile
) -> ThreadingHTTPServer:
    """Make the server, bound to 127.0.0.1; the caller runs and closes it."""
    # The standard server makes one handler per request: what they share hangs on the class.
    shared = {"door": door, "queue": queue, "worker": worker, "profile": profile}
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
    timeout = REQUEST_TIMEOUT_SECONDS
    protocol_version = "HTTP/1.1"
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
            if self.path == "/status":
                self._answer(HTTPStatus.OK, self._status())
            elif found:
                self._answer(HTTPStatus.OK, _job_answer(self._known_job(found[1])))
            else:
                raise _not_found()
        except RequestRefused as error:
            self._refuse(error)

    def do_POST(self) -> None:
        try:
            self._check_caller()
            if self.path != "/jobs":
                raise _not_found()
            order = _job_order(self._read_json())
            job, is_new = self._accept(order)
        except RequestRefused as error:
            self._refuse(error)
            return
        self.worker.wake()
        # The sale is long done; a moment's patience lets the page say "printed".
        tried = self.queue.wait_for_attempt(job.id, timeout_seconds=ANSWER_WITHIN_SECONDS)
        self._answer(HTTPStatus.ACCEPTED if is_new else HTTPStatus.OK, _job_answer(tried or job))

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

    def _answer(self, status: HTTPStatus, content: JsonAnswer) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self._send_cors_headers()
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _send_cors_headers(self) -> None:
        self.send_header("Vary", "Origin")
        origin = self.headers.get("Origin")
        if origin is not None and origin in self.door.origins:
            self.send_header("Access-Control-Allow-Origin", origin)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Keep quiet: jobs are logged where they are printed."""


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
    return JobOrder(job_id=job_id, blocks=blocks, drawer=drawer)


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
