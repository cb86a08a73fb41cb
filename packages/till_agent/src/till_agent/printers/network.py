"""A printer on TCP port 9100, with what its real-time status tells before and after."""

import contextlib
import socket
from contextlib import closing

from till_agent.printers import FateUnknown, NotSent, PrinterState

CONNECT_TIMEOUT_SECONDS = 3.0
SEND_TIMEOUT_SECONDS = 30.0
# No answer within this time means "unknown", never "broken": clones often answer nothing.
STATUS_TIMEOUT_SECONDS = 0.5
# A printer that did answer before may first have to draw what it was sent.
FINAL_STATUS_TIMEOUT_SECONDS = 10.0
CHUNK_BYTES = 4096
STATUS_OFFLINE_CAUSE = 2
STATUS_PAPER = 4
# Every status byte has these bits fixed; anything else on the line is noise.
STATUS_MASK, STATUS_PATTERN = 0x93, 0x12
COVER_OPEN_BIT, PAPER_END_BIT = 0x04, 0x20
PAPER_GONE_BITS, PAPER_NEAR_END_BITS = 0x60, 0x0C


class NetworkPrinter:
    """An ESC/POS printer behind host and port; one connection per paper."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    def state(self) -> PrinterState:
        try:
            with closing(self._connect()) as line:
                return _ask_state(line, STATUS_TIMEOUT_SECONDS)
        except OSError:
            return PrinterState.UNREACHABLE

    def send(self, content: bytes) -> None:
        try:
            line = self._connect()
        except OSError:
            raise NotSent(PrinterState.UNREACHABLE) from None
        with closing(line):
            try:
                before = _ask_state(line, STATUS_TIMEOUT_SECONDS)
            except OSError:
                raise NotSent(PrinterState.UNREACHABLE) from None
            if not before.can_print:
                raise NotSent(before)
            try:
                after = _send_all(line, content, before)
            except OSError:
                raise FateUnknown from None
        lost = after is PrinterState.UNKNOWN and before is not PrinterState.UNKNOWN
        if lost or not after.can_print:
            raise FateUnknown

    def _connect(self) -> socket.socket:
        line = socket.create_connection((self.host, self.port), timeout=CONNECT_TIMEOUT_SECONDS)
        # The last piece and the question after it are small: they must not wait for an answer.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line


def _send_all(line: socket.socket, content: bytes, before: PrinterState) -> PrinterState:
    """Send the paper and ask how the printer is now. Raises OSError when the line breaks."""
    line.settimeout(SEND_TIMEOUT_SECONDS)
    for start in range(0, len(content), CHUNK_BYTES):
        line.sendall(content[start : start + CHUNK_BYTES])
    answers = before is not PrinterState.UNKNOWN
    return _ask_state(line, FINAL_STATUS_TIMEOUT_SECONDS if answers else STATUS_TIMEOUT_SECONDS)


def _ask_state(line: socket.socket, timeout_seconds: float) -> PrinterState:
    """Ask twice: what keeps it off line, and how the paper is. Raises OSError on a broken line."""
    cause = _ask(line, STATUS_OFFLINE_CAUSE, timeout_seconds)
    if cause is None:
        return PrinterState.UNKNOWN
    paper = _ask(line, STATUS_PAPER, timeout_seconds)
    if cause & PAPER_END_BIT or (paper is not None and paper & PAPER_GONE_BITS):
        return PrinterState.PAPER_OUT
    if cause & COVER_OPEN_BIT:
        return PrinterState.COVER_OPEN
    if paper is not None and paper & PAPER_NEAR_END_BITS:
        return PrinterState.PAPER_LOW
    return PrinterState.READY


def _ask(line: socket.socket, which: int, timeout_seconds: float) -> int | None:
    _drop_late_answers(line)
    line.settimeout(timeout_seconds)
    line.sendall(bytes((0x10, 0x04, which)))
    try:
        answer = line.recv(1)
    except TimeoutError:
        return None
    if not answer:
        raise ConnectionResetError("the printer closed the connection")
    status = answer[0]
    return status if status & STATUS_MASK == STATUS_PATTERN else None


def _drop_late_answers(line: socket.socket) -> None:
    """Forget answers that came after their time: they would pass for the next question's."""
    line.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        while line.recv(CHUNK_BYTES):
            pass
