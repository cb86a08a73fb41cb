"""The virtual printer on a TCP port of this machine, with faults to order."""

import contextlib
import json
import socket
import struct
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from till_agent.virtual_printer.interpreter import Interpreter
from till_agent.virtual_printer.models import MODELS, Model
from till_agent.virtual_printer.roll import Roll

HOST = "127.0.0.1"
RECEIVE_BYTES = 4096
IDLE_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.2
# The folder of a demo shop must not grow for ever.
KEPT_ROLLS = 200
STATUS_FIXED = 0x12
OFFLINE, COVER_OPEN, PAPER_END = 0x08, 0x04, 0x20
PAPER_NEAR_END, PAPER_GONE = 0x0C, 0x60
STATUS_PRINTER, STATUS_CAUSE, STATUS_PAPER = 1, 2, 4


@dataclass(slots=True)
class Faults:
    """What is wrong with the printer. Those with a count of bytes strike once per setting.

    Bytes are counted from the start of a connection. `silent_after_bytes` and
    `paper_out_after_bytes` stay in force afterwards, as `silent` and `paper_out`.
    """

    paper_out: bool = False
    paper_low: bool = False
    cover_open: bool = False
    silent: bool = False
    disconnect_after_bytes: int | None = None
    silent_after_bytes: int | None = None
    paper_out_after_bytes: int | None = None


class VirtualPrinter:
    """Listens on a free port (or `port`) of 127.0.0.1; use it as a context manager.

    Finished rolls are in `rolls`; with a `folder` each is also written there as PNG and JSON.
    """

    def __init__(
        self,
        *,
        model: Model = MODELS["80"],
        folder: Path | None = None,
        port: int = 0,
        font_folder: Path | None = None,
    ) -> None:
        self.model = model
        self.faults = Faults()
        self.rolls: list[Roll] = []
        self._folder = folder
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        self._interpreter = Interpreter(
            model, on_roll=self._keep, on_status=self._status, font_folder=font_folder
        )
        self._listener = socket.create_server((HOST, port))
        self._listener.settimeout(POLL_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="virtual-printer", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def wait_for_rolls(self, count: int, *, timeout_seconds: float = 10.0) -> list[Roll]:
        """Wait until that many rolls are finished. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.rolls) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self.rolls)} of {count} rolls after {timeout_seconds} s")
            return list(self.rolls)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                line, _ = self._listener.accept()
            except TimeoutError:
                continue
            with line:
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        line.settimeout(POLL_SECONDS)
        received_count = 0
        quiet_seconds = 0.0
        while not self._stopping.is_set() and quiet_seconds < IDLE_TIMEOUT_SECONDS:
            try:
                received = line.recv(RECEIVE_BYTES)
            except TimeoutError:
                quiet_seconds += POLL_SECONDS
                continue
            except OSError:
                break
            if not received:
                self._interpreter.tear_off()
                return
            quiet_seconds = 0.0
            allowed, breaks = self._strike(received, received_count)
            received_count += len(received)
            answers = self._interpreter.feed(allowed)
            if breaks:
                break
            with contextlib.suppress(OSError):
                line.sendall(answers)
        # A reset rather than a polite close: the other side must see an error.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._interpreter.tear_off(complete=False)

    def _strike(self, received: bytes, before: int) -> tuple[bytes, bool]:
        """Apply the counted faults: what still gets through, and whether the line breaks."""
        faults, after = self.faults, before + len(received)
        if faults.silent_after_bytes is not None and after >= faults.silent_after_bytes:
            faults.silent_after_bytes, faults.silent = None, True
        if faults.paper_out_after_bytes is not None and after >= faults.paper_out_after_bytes:
            faults.paper_out_after_bytes, faults.paper_out = None, True
        limit = faults.disconnect_after_bytes
        if limit is not None and after >= limit:
            faults.disconnect_after_bytes = None
            return received[: max(limit - before, 0)], True
        return received, False

    def _status(self, which: int) -> bytes:
        faults = self.faults
        if faults.silent:
            return b""
        status = STATUS_FIXED
        if which == STATUS_PRINTER and (faults.paper_out or faults.cover_open):
            status |= OFFLINE
        if which == STATUS_CAUSE:
            status |= (COVER_OPEN if faults.cover_open else 0) | (
                PAPER_END if faults.paper_out else 0
            )
        if which == STATUS_PAPER:
            status |= (PAPER_NEAR_END if faults.paper_low or faults.paper_out else 0) | (
                PAPER_GONE if faults.paper_out else 0
            )
        return bytes((status,))

    def _keep(self, roll: Roll) -> None:
        if self._folder is not None:
            _write(roll, self._folder)
        with self._arrived:
            self.rolls.append(roll)
            del self.rolls[:-KEPT_ROLLS]
            self._arrived.notify_all()


def _write(roll: Roll, folder: Path) -> None:
    """Write picture and text under the next number; the picture last, complete when it shows."""
    names = sorted(folder.glob("rollo-*.png"))
    number = int(names[-1].stem.removeprefix("rollo-")) + 1 if names else 1
    stem = folder / f"rollo-{number:06d}"
    words = {
        "printed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "complete": roll.complete,
        "lines": roll.text_lines,
        "events": roll.events,
    }
    stem.with_suffix(".json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    unfinished = stem.with_suffix(".part")
    roll.image.convert("1", dither=Image.Dither.NONE).save(unfinished, format="PNG")
    unfinished.replace(stem.with_suffix(".png"))
    for old in names[: max(len(names) + 1 - KEPT_ROLLS, 0)]:
        old.with_suffix(".json").unlink(missing_ok=True)
        old.unlink(missing_ok=True)
