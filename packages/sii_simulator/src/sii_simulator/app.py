"""The HTTP server: routes, limits and faults around the channel, the control and the page."""

import json
import logging
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from . import page
from .caf_office import CafOffice
from .channel import Channel
from .clock import Clock, system_clock
from .control import Control
from .errors import SimulatorError
from .faults import Endpoint, Fault, FaultKind, FaultPlan
from .login import Login
from .registry import Registry
from .replies import Reply, json_reply, refusal_reply
from .schemas import schema_for
from .settings import Settings
from .worker import Worker

logger = logging.getLogger(__name__)

BASE: Final = "/recursos/v1/boleta.electronica"
SOCKET_TIMEOUT_SECONDS: Final = 60
ORDER_LIMIT_BYTES: Final = 64 * 1024
# Read and thrown away before a refusal, so that the client gets to hear it.
DRAIN_LIMIT_BYTES: Final = 64 * 1024 * 1024
_ENVELOPE = re.compile(rf"{re.escape(BASE)}\.envio/([0-9]{{1,9}})-([0-9K])-([0-9]{{1,15}})")
_DOCUMENT = re.compile(
    rf"{re.escape(BASE)}/([0-9]{{1,9}})-([0-9K])-([0-9]{{2}})-([0-9]{{1,10}})/estado"
)
_PAGE_ENVELOPE = re.compile(r"/envio/([0-9]{1,15})(\.xml)?")
_WEB_PAGE = (
    b"<!DOCTYPE html><html><head><title>SII</title></head><body><script>"
    b"alert('Servicio no disponible');</script>Por favor reintente m\xe1s tarde</body></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read whole; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Simulator:
    """A whole simulator on a loopback port; usable as a context manager in tests."""

    def __init__(
        self,
        folder: Path | str,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        settings: Settings | None = None,
        clock: Clock = system_clock,
    ) -> None:
        # Fails here and now when set-up did not fetch the schemas.
        schema_for("EnvioBOLETA")
        schema_for("EnvioDTE")
        self.settings = settings or Settings()
        self.clock = clock
        self.office = CafOffice(folder, clock=clock)
        self.registry = Registry(Path(folder))
        self.faults = FaultPlan()
        self.stopping = threading.Event()
        login = Login(
            registry=self.registry,
            authority=self.office.certificate_authority,
            settings=self.settings,
        )
        self.worker = Worker(
            registry=self.registry, office=self.office, settings=self.settings, clock=clock
        )
        self.channel = Channel(
            registry=self.registry, login=login, office=self.office, settings=self.settings
        )
        self.control = Control(
            registry=self.registry,
            office=self.office,
            faults=self.faults,
            settings=self.settings,
        )
        self._server = _Server((host, port), self)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, e.g. "http://127.0.0.1:8400"."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        """Serve and work in the background."""
        self.worker.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and working; what was received stays."""
        self.stopping.set()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self.worker.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A full day's burst of tills must not be turned away at the door.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the base's names
        """Log what a request died of; a client that hung up is no fault of ours."""
        error = sys.exception()
        if isinstance(error, ConnectionError | TimeoutError):
            logger.warning(
                "sii_simulator.client.gone", extra={"error": f"{type(error).__name__}: {error}"}
            )
        else:
            logger.error("sii_simulator.request.failed", exc_info=error)


class _BodyRefusedError(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "SimuladorSII/1"
    sys_version = ""
    timeout = SOCKET_TIMEOUT_SECONDS

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        logger.debug("sii_simulator.request", extra={"line": format % args})

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        try:
            body = self._read_body(upload=parts.path == f"{BASE}.envio")
        except _BodyRefusedError as refusal:
            self.close_connection = True
            self._write(refusal.reply)
            return
        request = Request(
            method=self.command,
            path=parts.path,
            query={name: values[-1] for name, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        reply = _route(self.server.simulator, request)
        if reply is None:
            self._drop()
        else:
            self._write(reply)

    def _read_body(self, *, upload: bool) -> bytes:
        if self.command != "POST":
            return b""
        settings = self.server.simulator.settings
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            # The real gateway reads one chunk and calls the rest cut; we say so at once.
            raise _BodyRefusedError(refusal_reply(411, "3", "No se acepta Transfer-Encoding"))
        length = self.headers.get("Content-Length") or ""
        if not length.isdigit():
            raise _BodyRefusedError(refusal_reply(411, "3", "Falta Content-Length"))
        limit = settings.upload_limit_bytes if upload else ORDER_LIMIT_BYTES
        if int(length) > limit:
            self._drain(int(length))
            raise _BodyRefusedError(refusal_reply(413, "2", "Archivo excede el tamaño permitido"))
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise _BodyRefusedError(refusal_reply(400, "3", "Archivo cortado"))
        return body

    def _drain(self, length: int) -> None:
        left = min(length, DRAIN_LIMIT_BYTES)
        while left > 0 and (piece := self.rfile.read(min(left, 64 * 1024))):
            left -= len(piece)

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def _drop(self) -> None:
        # Linger 0: the peer gets a reset instead of an answer.
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _route(simulator: Simulator, request: Request) -> Reply | None:
    found = _channel_route(simulator, request)
    if found is not None:
        endpoint, answer = found
        return _with_faults(simulator, simulator.faults.take(endpoint), answer)
    try:
        return _control_route(simulator, request) or _page_route(simulator, request)
    except SimulatorError as error:
        return json_reply({"code": error.code, "message": error.message}, status=422)


def _with_faults(
    simulator: Simulator, fault: Fault | None, answer: Callable[[Fault | None], Reply]
) -> Reply | None:
    """Answer, or go wrong as ordered; None stands for a dropped connection."""
    if fault is None:
        return answer(None)
    if fault.kind is FaultKind.SLOW:
        simulator.stopping.wait(fault.seconds)
    if fault.kind is FaultKind.DROP_TOKENS:
        simulator.registry.drop_tokens()
    if fault.kind is FaultKind.DROP_BEFORE:
        return None
    broken = _broken_answer(fault)
    if broken is not None and not fault.stored:
        return broken
    reply = answer(fault)
    if fault.kind is FaultKind.DROP_AFTER:
        return None
    return broken or reply


def _broken_answer(fault: Fault) -> Reply | None:
    if fault.kind is FaultKind.STATUS:
        return Reply(
            status=fault.status, content_type="text/html", body=b"<html>Proxy Error</html>"
        )
    if fault.kind is FaultKind.HTML:
        return Reply(status=200, content_type="text/html; charset=ISO-8859-1", body=_WEB_PAGE)
    return None


def _channel_route(
    simulator: Simulator, request: Request
) -> tuple[Endpoint, Callable[[Fault | None], Reply]] | None:
    channel, headers, at = simulator.channel, request.headers, simulator.clock()
    match (request.method, request.path):
        case ("GET", path) if path == f"{BASE}.semilla":
            return Endpoint.SEED, lambda _: channel.seed(at=at)
        case ("POST", path) if path == f"{BASE}.token":
            return Endpoint.TOKEN, lambda _: channel.token(request.body, at=at)
        case ("POST", path) if path == f"{BASE}.envio":
            return Endpoint.UPLOAD, lambda fault: _upload(simulator, request, fault)
        case ("GET", path) if envelope := _ENVELOPE.fullmatch(path):
            issuer, track_id = f"{envelope[1]}-{envelope[2]}", envelope[3]
            return Endpoint.ENVELOPE_STATUS, lambda _: channel.envelope_status(
                headers, issuer=issuer, track_id=track_id, at=at
            )
        case ("GET", path) if document := _DOCUMENT.fullmatch(path):
            issuer, kind, folio = f"{document[1]}-{document[2]}", document[3], document[4]
            return Endpoint.DOCUMENT_STATUS, lambda _: channel.document_status(
                headers,
                issuer=issuer,
                kind=int(kind),
                folio=int(folio),
                facts=request.query,
                at=at,
            )
    return None


def _upload(simulator: Simulator, request: Request, fault: Fault | None) -> Reply:
    reply = simulator.channel.upload(
        request.headers, request.body, fault=fault, at=simulator.clock()
    )
    simulator.worker.wake()
    return reply


def _control_route(simulator: Simulator, request: Request) -> Reply | None:
    control = simulator.control
    match (request.method, request.path):
        case ("GET", "/simulador/clave"):
            return control.key()
        case ("GET", "/simulador/fallas"):
            return control.pending_faults()
        case ("GET", "/simulador/registro"):
            limit = request.query.get("limit", "100")
            return control.register(
                issuer=request.query.get("issuer", ""), limit=int(limit) if limit.isdigit() else 100
            )
        case ("POST", "/simulador/caf"):
            return control.caf(_order(request))
        case ("POST", "/simulador/certificado"):
            return control.certificate(_order(request))
        case ("POST", "/simulador/fallas"):
            return control.break_things(_order(request))
    return None


def _order(request: Request) -> dict[str, object]:
    # JSON only: a form on a foreign web page cannot send that without asking us first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise SimulatorError("not_json", "Envía la orden como application/json.")
    try:
        order = json.loads(request.body)
    except ValueError as error:
        raise SimulatorError("not_json", "La orden no es JSON.") from error
    if not isinstance(order, dict):
        raise SimulatorError("not_json", "La orden debe ser un objeto JSON.")
    return order


def _page_route(simulator: Simulator, request: Request) -> Reply:
    registry = simulator.registry
    if request.method == "GET" and request.path == "/":
        envelopes = registry.list_latest(limit=page.ROW_LIMIT)
        rows = [(envelope, registry.documents_of(envelope.id)) for envelope in envelopes]
        return page.overview(rows, pending=simulator.faults.pending())
    if request.method == "GET" and request.path == "/estilo.css":
        return page.stylesheet()
    found = _PAGE_ENVELOPE.fullmatch(request.path)
    envelope = registry.find(found[1]) if found and request.method == "GET" else None
    if found is None or envelope is None:
        return json_reply({"code": "not_found", "message": "Eso no existe aquí."}, status=404)
    if found[2]:
        xml = registry.xml_of(envelope.id)
        return Reply(status=200, content_type="text/xml; charset=ISO-8859-1", body=xml)
    return page.detail(envelope, registry.documents_of(envelope.id))
