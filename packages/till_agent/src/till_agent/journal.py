"""A second copy of what a till did, outside the browser: append-only, on the disk before it counts.

A browser can lose its storage: somebody clears it, the disk gets full, a profile breaks. Each line
holds one event as the till wrote it, and the hash of the line before, so that a line taken out or
changed shows. One file a month; months long past are let go.
"""

import contextlib
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from till_agent.errors import AgentError

# A till that is offline for longer than this has lost more than its browser.
KEPT_MONTHS: Final = 4
_FILE = re.compile(r"diario-(\d{4})-(\d{2})\.jsonl")
_FIRST: Final = "0" * 64


class JournalConflict(AgentError):
    """Another event was told under this number."""

    def __init__(self, seq: int) -> None:
        super().__init__("journal_conflict", f"Ya hay otro hecho con el número {seq} de esa caja.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedEvent:
    """An event of a device, `text` as the till wrote it."""

    seq: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedDevice:
    """What is kept of a device: how many events, and the first and last of their numbers."""

    device: str
    first: int
    last: int
    count: int


class JournalCopy:
    """The events of every device that sold on this machine. Its methods may run in any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        # device → number → place: which file, and where its line begins.
        self._places: dict[str, dict[int, tuple[Path, int]]] = {}
        self._last_hash = _FIRST
        self.broken: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        for path in self._files():
            self._read_in(path)

    def append(self, device: str, events: Sequence[CopiedEvent], *, at: datetime) -> int:
        """Write events down and flush them to the disk; what is there already stays once.

        Returns the highest number kept of the device. Raises JournalConflict, and then nothing of
        these events was written.
        """
        with self._lock:
            known = self._places.setdefault(device, {})
            fresh: dict[int, CopiedEvent] = {}
            for event in events:
                if event.seq in known or event.seq in fresh:
                    there = fresh.get(event.seq) or self._event_at(*known[event.seq])
                    if there.text != event.text:
                        raise JournalConflict(event.seq)
                else:
                    fresh[event.seq] = event
            if fresh:
                self._write(device, list(fresh.values()), at)
            return max(known, default=0)

    def devices(self) -> Sequence[CopiedDevice]:
        """List the devices of which something is kept."""
        with self._lock:
            return [
                CopiedDevice(device=name, first=min(kept), last=max(kept), count=len(kept))
                for name, kept in self._places.items()
                if kept
            ]

    def events(self, device: str, *, after: int, limit: int) -> Sequence[CopiedEvent]:
        """Return the next events of a device after a number, in order."""
        with self._lock:
            kept = self._places.get(device, {})
            wanted = sorted(seq for seq in kept if seq > after)[:limit]
            return [self._event_at(*kept[seq]) for seq in wanted]

    def _write(self, device: str, events: Sequence[CopiedEvent], at: datetime) -> None:
        path = self._folder / f"diario-{at:%Y-%m}.jsonl"
        is_new, hash_before = not path.exists(), self._last_hash
        with path.open("ab") as file:
            begins = file.tell()
            try:
                for event in events:
                    place = file.tell()
                    file.write(self._line(device, event))
                    self._places[device][event.seq] = (path, place)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # A full disk: what half arrived is no event, and the till keeps its own.
                self._last_hash = hash_before
                for event in events:
                    self._places[device].pop(event.seq, None)
                with contextlib.suppress(OSError):
                    file.truncate(begins)
                raise
        if is_new:
            self._let_old_go()

    def _line(self, device: str, event: CopiedEvent) -> bytes:
        body = json.dumps([self._last_hash, device, event.seq, event.text], ensure_ascii=False)
        self._last_hash = hashlib.sha256(body.encode()).hexdigest()
        return body.encode() + b"\n"

    def _read_in(self, path: Path) -> None:
        """Index a file; a torn last line, of a power cut, is cut off: the till still has it.

        A whole line that cannot be read is noted as broken, and what stands after it is kept.
        """
        whole = 0
        previous: str | None = None
        for place, line in _lines(path):
            whole = place + len(line) + 1
            before, device, seq = _read_line(line)
            if seq == 0 or (previous is not None and before != previous):
                self.broken.append(f"{path.name}:{place}")
            previous = hashlib.sha256(line).hexdigest()
            if seq:
                self._places.setdefault(device, {})[seq] = (path, place)
        if whole < path.stat().st_size:
            os.truncate(path, whole)
        self._last_hash = previous or self._last_hash

    def _event_at(self, path: Path, place: int) -> CopiedEvent:
        with path.open("rb") as file:
            file.seek(place)
            _, _, seq, text = json.loads(file.readline())
        return CopiedEvent(seq=seq, text=text)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if _FILE.fullmatch(path.name))

    def _let_old_go(self) -> None:
        gone = set(self._files()[:-KEPT_MONTHS])
        for path in gone:
            path.unlink()
        for kept in self._places.values():
            for seq in [seq for seq, (path, _) in kept.items() if path in gone]:
                del kept[seq]


def _read_line(line: bytes) -> tuple[str, str, int]:
    """Read the hash before, the device and the number of a line; number 0 when it is none."""
    try:
        before, device, seq, _ = json.loads(line)
    except (ValueError, TypeError):
        return "", "", 0
    return str(before), str(device), seq if isinstance(seq, int) else 0


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the whole lines of a file with the place where each begins."""
    place = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield place, line[:-1]
            place += len(line)
