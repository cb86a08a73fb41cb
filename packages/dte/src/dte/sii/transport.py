"""How bytes travel: one request, one answer, with limits and no retries."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from dte.sii.errors import NotSent, OutcomeUnknown

# What both channels are given.
UPLOAD_TIMEOUT_SECONDS: Final = 60
QUERY_TIMEOUT_SECONDS: Final = 20
ANSWER_LIMIT_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP answer, whatever its status; header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Find a header's first value by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


class Transport(Protocol):
    """Anything that carries one HTTP request; tests and the real network both do."""

    def request(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_seconds: int,
        max_bytes: int,
    ) -> Response:
        """Carry a request and return the answer, whatever its status.

        `timeout_seconds` bounds the whole exchange, `max_bytes` the answer's body.
        Raises NotSent when no byte of the body went out, OutcomeUnknown afterwards.
        """
        ...


class HttpTransport:
    """The real network. Follows no redirects, uses no proxy, never chunks, never retries."""

    def __init__(self, *, ca_file: str | None = None) -> None:
        # The SII's chain is at times incomplete; `ca_file` adds certificates, it removes no check.
        self._tls = ssl.create_default_context()
        if ca_file:
            self._tls.load_verify_locations(ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def request(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_seconds: int,
        max_bytes: int,
    ) -> Response:
        """Carry a request as Transport promises."""
        deadline = time.monotonic() + timeout_seconds
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc, timeout_seconds)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise NotSent(_reason(error)) from error
        # Looking up a name and trying its addresses may take longer than the socket's time-out.
        left = deadline - time.monotonic()
        if left <= 0:
            connection.close()
            raise NotSent("connected after the time limit")
        # A peer that sends one byte a second never trips the socket's own time-out.
        alarm = threading.Timer(left, _cut, args=(connection,))
        alarm.daemon = True
        alarm.start()
        try:
            _send_head(connection, method, target, headers, body)
            return _exchange(connection, body, max_bytes)
        finally:
            alarm.cancel()
            connection.close()

    def _connection(
        self, scheme: str, netloc: str, timeout_seconds: int
    ) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(netloc, timeout=timeout_seconds, context=self._tls)
        if scheme == "http":
            return http.client.HTTPConnection(netloc, timeout=timeout_seconds)
        raise ValueError(f"not an http(s) address: {scheme}")


class PatientTransport:
    """Another transport, tried again when nothing of the body left this machine.

    The SII's old machines drop TLS handshakes at random; each try has its own time limit. `pause`
    is called with the seconds to wait, so that nothing here sleeps by itself.
    """

    def __init__(
        self,
        inner: Transport,
        *,
        pause: Callable[[int], None],
        pauses_seconds: tuple[int, ...] = (1, 3),
    ) -> None:
        self._inner = inner
        self._pause = pause
        self._pauses_seconds = pauses_seconds

    def request(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_seconds: int,
        max_bytes: int,
    ) -> Response:
        """Carry a request as Transport promises; only NotSent is tried again."""

        def carry() -> Response:
            return self._inner.request(
                method=method,
                url=url,
                headers=headers,
                body=body,
                timeout_seconds=timeout_seconds,
                max_bytes=max_bytes,
            )

        for seconds in self._pauses_seconds:
            try:
                return carry()
            except NotSent:
                self._pause(seconds)
        return carry()


def _send_head(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> None:
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        # The upload gateway reads only the first chunk of a chunked body: always say the length.
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Connection", "close")
        connection.endheaders()
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(_reason(error)) from error


def _exchange(
    connection: http.client.HTTPConnection, body: bytes | None, max_bytes: int
) -> Response:
    try:
        if body is not None:
            # A server may answer (413, 401) and close before it read everything: its words are
            # worth more than our broken pipe. If none came, getresponse raises below.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body)
        with connection.getresponse() as answer:
            content = answer.read(max_bytes + 1)
            # A cut answer of known length must not pass for a whole one.
            if len(content) <= max_bytes and answer.length not in (None, 0):
                raise OutcomeUnknown("answer cut short")
            headers = tuple((name.lower(), value) for name, value in answer.getheaders())
            status = answer.status
    except (OSError, http.client.HTTPException) as error:
        raise OutcomeUnknown(_reason(error)) from error
    if len(content) > max_bytes:
        raise OutcomeUnknown(f"answer larger than {max_bytes} bytes")
    return Response(status=status, headers=headers, body=content)


def _cut(connection: http.client.HTTPConnection) -> None:
    # http.client keeps the socket in `sock` until close(); a race with close() is harmless.
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
