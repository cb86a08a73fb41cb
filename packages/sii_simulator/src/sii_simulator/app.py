"""The HTTP server: routes, limits and faults around the channel, the control and the page."""

import logging
import socket
import struct
import sys
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from .boleta_channel import BoletaChannel
from .caf_office import CafOffice
from .claims import Claims
from .clock import Clock, system_clock
from .control import Control
from .factura_channel import UPLOAD_PATH, FacturaChannel
from .factura_replies import upload_reply
from .faults import FaultPlan
from .login import Login
from .registry import Registry
from .replies import Reply, refusal_reply
from .routes import BASE, Request, route
from .schemas import schema_for
from .settings import Settings
from .worker import Worker

logger = logging.getLogger(__name__)

SOCKET_TIMEOUT_SECONDS: Final = 60
ORDER_LIMIT_BYTES: Final = 64 * 1024
# Read and thrown away before a refusal, so that the client gets to hear it.
DRAIN_LIMIT_BYTES: Final = 64 * 1024 * 1024
# What the factura gateway reads of a chunked body, as was seen live.
FIRST_CHUNK_BYTES: Final = 4096


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
        self.boleta_channel = BoletaChannel(
            registry=self.registry, login=login, office=self.office, settings=self.settings
        )
        self.factura_channel = FacturaChannel(
            registry=self.registry, login=login, office=self.office, settings=self.settings
        )
        self.claims = Claims(registry=self.registry, login=login, settings=self.settings)
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

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell this SII's own hour in each answer."""
        at = self.server.simulator.clock().timestamp() if timestamp is None else timestamp
        return formatdate(at, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        logger.debug("sii_simulator.request", extra={"line": format % args})

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        try:
            body = self._read_body(parts.path)
        except _BodyRefusedError as refusal:
            self.close_connection = True
            self._write(refusal.reply)
            return
        request = Request(
            method=self.command,
            path=parts.path,
            query={
                name: values[-1]
                for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            },
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        reply = route(self.server.simulator, request)
        if reply is None:
            self._drop()
        else:
            self._write(reply)

    def _read_body(self, path: str) -> bytes:
        if self.command != "POST":
            return b""
        chunked = "chunked" in (self.headers.get("Transfer-Encoding") or "").lower()
        if chunked and path == UPLOAD_PATH:
            return self._read_first_chunk()
        if chunked:
            # The real gateway reads one chunk and calls the rest cut; we say so at once.
            raise self._refusal(path, 411, "3", "No se acepta Transfer-Encoding")
        length = self.headers.get("Content-Length") or ""
        if not length.isdigit():
            raise self._refusal(path, 411, "3", "Falta Content-Length")
        settings = self.server.simulator.settings
        limits = {
            f"{BASE}.envio": settings.upload_limit_bytes,
            UPLOAD_PATH: settings.factura_upload_limit_bytes,
        }
        if int(length) > limits.get(path, ORDER_LIMIT_BYTES):
            self._drain(int(length))
            raise self._refusal(path, 413, "2", "Archivo excede el tamaño permitido")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise self._refusal(path, 400, "3", "Archivo cortado")
        return body

    def _refusal(self, path: str, status: int, code: str, words: str) -> _BodyRefusedError:
        if path == UPLOAD_PATH:
            # The factura gateway says no in its own XML, always with HTTP 200.
            return _BodyRefusedError(upload_reply(code, at=self.server.simulator.clock()))
        return _BodyRefusedError(refusal_reply(status, code, words))

    def _read_first_chunk(self) -> bytes:
        # The rest is read and thrown away, so that the client gets to hear the answer.
        self.close_connection = True
        first, left = b"", DRAIN_LIMIT_BYTES
        while left > 0:
            size = self.rfile.readline(64).split(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                break
            if length == 0:
                self.rfile.readline(64)
                break
            chunk = self.rfile.read(min(length, left))
            self.rfile.readline(64)
            first = first or chunk[:FIRST_CHUNK_BYTES]
            left -= max(length, 1)
        return first

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
