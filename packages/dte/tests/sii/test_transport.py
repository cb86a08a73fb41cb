"""The real transport against servers that misbehave byte by byte."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dte.certificate import Certificate
from dte.sii import HttpTransport, NotSent, OutcomeUnknown, PatientTransport, Response
from dte.sii.transport import _cut

Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve one connection with a function over its socket."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(script: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            link, _ = listener.accept()
            with link:
                try:
                    script(link)
                except OSError:
                    return

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(timeout=5)


def read_request(link: socket.socket) -> bytes:
    text = b""
    while b"\r\n\r\n" not in text:
        text += link.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += link.recv(65536)
    return head + b"\r\n\r\n" + body


def post(url: str, *, body: bytes | None = b"hola", timeout: int = 5, limit: int = 1000) -> object:
    return HttpTransport().request(
        method="POST",
        url=f"{url}/camino?x=1",
        headers={"X-Uno": "1"},
        body=body,
        timeout_seconds=timeout,
        max_bytes=limit,
    )


def test_sends_one_whole_body_with_its_length(serve: Serve) -> None:
    heard: list[bytes] = []

    def answer(link: socket.socket) -> None:
        heard.append(read_request(link))
        link.sendall(b"HTTP/1.1 200 OK\r\nX-Dos: 2\r\nContent-Length: 2\r\n\r\nok")

    response = HttpTransport().request(
        method="POST",
        url=serve(answer) + "/camino?x=1",
        headers={"X-Uno": "1"},
        body=b"y" * 300_000,
        timeout_seconds=5,
        max_bytes=1000,
    )

    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /camino?x=1 HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 300000\r\n" in head
    assert b"chunked" not in head.lower()
    assert body == b"y" * 300_000
    assert (response.status, response.body, response.header("x-dos")) == (200, b"ok", "2")
    assert response.header("x-tres") is None


def test_nobody_listening_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NotSent):
        post(f"http://127.0.0.1:{port}")


def test_an_unknown_host_is_not_sent() -> None:
    with pytest.raises(NotSent):
        post("http://sii.invalid")


def test_a_broken_tls_handshake_is_not_sent(serve: Serve) -> None:
    url = serve(lambda link: link.sendall(b"HTTP/1.1 400 esto no es TLS\r\n\r\n"))

    with pytest.raises(NotSent) as error:
        post(url.replace("http://", "https://"))

    assert isinstance(error.value.__cause__, ssl.SSLError | ConnectionError)


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nho",
        b"esto no es HTTP\r\n\r\n",
    ],
)
def test_a_missing_or_cut_answer_is_unknown(serve: Serve, words: bytes) -> None:
    def answer(link: socket.socket) -> None:
        read_request(link)
        link.sendall(words)

    with pytest.raises(OutcomeUnknown):
        post(serve(answer))


def test_an_answer_over_the_limit_is_unknown(serve: Serve) -> None:
    def answer(link: socket.socket) -> None:
        read_request(link)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001)

    with pytest.raises(OutcomeUnknown) as error:
        post(serve(answer))

    assert error.value.reason == "answer larger than 1000 bytes"


def test_an_answer_of_just_the_limit_is_fine(serve: Serve) -> None:
    def answer(link: socket.socket) -> None:
        read_request(link)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)

    assert len(getattr(post(serve(answer)), "body", b"")) == 1000


def test_a_dripping_answer_does_not_outlive_the_time_limit(serve: Serve) -> None:
    def drip(link: socket.socket) -> None:
        read_request(link)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(40):
            link.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        post(serve(drip), timeout=1)

    assert time.monotonic() - began < 2.5


def test_a_connection_made_after_the_time_limit_carries_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    connect = http.client.HTTPConnection.connect

    def connect_late(connection: http.client.HTTPConnection) -> None:
        time.sleep(1.1)
        connect(connection)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", connect_late)

    with pytest.raises(NotSent):
        post(serve(lambda link: heard.append(link.recv(1))), timeout=1)

    assert heard in ([], [b""])


def test_an_early_refusal_is_heard_though_the_body_was_not_read(serve: Serve) -> None:
    def refuse(link: socket.socket) -> None:
        link.recv(1000)
        link.sendall(b"HTTP/1.1 413 Grande\r\nContent-Length: 3\r\nConnection: close\r\n\r\nmal")
        link.shutdown(socket.SHUT_WR)
        while link.recv(65536):
            pass

    assert getattr(post(serve(refuse), body=b"z" * 2_000_000), "status", 0) == 413


def test_redirects_are_answers_not_journeys(serve: Serve) -> None:
    def answer(link: socket.socket) -> None:
        read_request(link)
        link.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        )

    assert getattr(post(serve(answer)), "status", 0) == 302


def test_other_schemes_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="ftp"):
        post("ftp://127.0.0.1")


class Moody:
    """A transport in a bad mood: it raises what it is told, then answers."""

    def __init__(self, *moods: Exception) -> None:
        self.moods = list(moods)
        self.tries = 0

    def request(self, **_facts: object) -> Response:
        self.tries += 1
        if self.moods:
            raise self.moods.pop(0)
        return Response(status=200, headers=(), body=b"ok")


def carry(transport: PatientTransport) -> Response:
    return transport.request(
        method="POST",
        url="https://sii.example/x",
        headers={},
        body=b"x",
        timeout_seconds=5,
        max_bytes=10,
    )


def test_a_reset_handshake_is_tried_again_with_longer_and_longer_pauses() -> None:
    """The SII's old machines drop TLS at random; a first reset does not mean a bad certificate."""
    pauses: list[int] = []
    moody = Moody(NotSent("EPROTO"), NotSent("EPROTO"))

    assert carry(PatientTransport(moody, pause=pauses.append)).body == b"ok"
    assert (moody.tries, pauses) == (3, [1, 3])


def test_patience_ends() -> None:
    pauses: list[int] = []
    moody = Moody(*(NotSent("EPROTO") for _ in range(9)))

    with pytest.raises(NotSent):
        carry(PatientTransport(moody, pause=pauses.append, pauses_seconds=(1,)))

    assert (moody.tries, pauses) == (2, [1])


def test_what_may_have_arrived_is_never_sent_again() -> None:
    moody = Moody(OutcomeUnknown("cut"))

    with pytest.raises(OutcomeUnknown):
        carry(PatientTransport(moody, pause=lambda _seconds: None))

    assert moody.tries == 1


def test_a_reset_in_the_tls_handshake_is_not_sent(serve: Serve) -> None:
    def reset(link: socket.socket) -> None:
        link.recv(10)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with pytest.raises(NotSent):
        post(serve(reset).replace("http://", "https://"))


def test_a_line_cut_before_the_body_is_not_sent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    def cut(_connection: http.client.HTTPConnection) -> None:
        raise ConnectionResetError("cut")

    monkeypatch.setattr(http.client.HTTPConnection, "endheaders", cut)

    with pytest.raises(NotSent):
        post(serve(lambda link: heard.append(link.recv(1))))

    assert heard in ([], [b""])


def test_a_missing_link_of_the_chain_can_be_added_and_no_check_is_dropped(
    tmp_path: Path, certificate: Certificate
) -> None:
    """The SII's chain of certificates is incomplete at times."""
    chain = tmp_path / "chain.pem"
    chain.write_text(ssl.DER_cert_to_PEM_cert(certificate.der))

    usual, longer = HttpTransport()._tls, HttpTransport(ca_file=str(chain))._tls

    assert longer.cert_store_stats()["x509"] == usual.cert_store_stats()["x509"] + 1
    assert (longer.verify_mode, longer.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert longer.minimum_version is ssl.TLSVersion.TLSv1_2


def test_rubbish_is_no_chain(tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_text("esto no es un certificado")

    with pytest.raises(ssl.SSLError):
        HttpTransport(ca_file=str(chain))


def test_the_alarm_may_ring_when_the_line_is_gone() -> None:
    closed = http.client.HTTPConnection("127.0.0.1")
    _cut(closed)
    closed.sock = socket.socket()
    closed.sock.close()

    _cut(closed)

    assert closed.sock.fileno() == -1
