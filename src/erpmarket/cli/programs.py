"""One program of the shop as a child process: start, watch, stop, and find again after a crash."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CHILD = Path(__file__).with_name("child.py")
LOG_LIMIT_BYTES = 10_000_000
STOP_TIMEOUT_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# A program that lived this long was healthy: its next fall is a new story.
HEALTHY_SECONDS = 60.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. `is_ready` asks once whether it serves already."""

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool]


class RunningProgram:
    """A program that is kept alive; `folder` holds its log and its pid file."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self.log = folder / "logs" / f"{program.name}.log"
        self.pid_file = folder / "pids" / f"{program.name}.json"
        self.pause_seconds = FIRST_PAUSE_SECONDS
        self.next_start = 0.0
        self._started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = spawn(self.program.command, self.program.environment, log.fileno())
        self._started_at = time.monotonic()
        write_pid_file(self.pid_file, self._process.pid)

    def find_death(self) -> int | None:
        """Return the exit status once after a death, and plan the next start; else None."""
        if self._process is None or self._process.poll() is None:
            return None
        status = self._process.returncode
        now = time.monotonic()
        if now - self._started_at > HEALTHY_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        self.next_start = now + self.pause_seconds
        self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        self._process = None
        return status

    def is_due(self) -> bool:
        """Tell whether it lies dead and its pause is over."""
        return self._process is None and time.monotonic() >= self.next_start

    def ask_to_stop(self) -> None:
        """Send SIGTERM; `await_stop` waits."""
        if self._process is not None:
            self._process.terminate()

    def await_stop(self) -> None:
        """Wait for the end; after the limit the whole session is killed."""
        if self._process is not None:
            try:
                self._process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            self._process = None
        self.pid_file.unlink(missing_ok=True)


def spawn(
    command: tuple[str, ...], environment: Mapping[str, str], output: int | None
) -> "subprocess.Popen[bytes]":
    """Start a command that dies with us; must be called from the main thread.

    The kernel's promise is bound to the thread that makes the child, not to the process.
    """
    return subprocess.Popen(  # noqa: S603 - our own programs, no shell
        [sys.executable, "-IS", str(CHILD), str(os.getpid()), *command],
        env=clean_environment() | dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
    )


def clean_environment() -> dict[str, str]:
    """Return our environment without what would lead a program to another database or role."""
    elsewhere = ("PG", "ERP_DATABASE_", "ERP_SYS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}


def write_pid_file(path: Path, pid: int) -> None:
    """Note a process so that a later start can recognise it, and nobody else who got its number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps({"pid": pid, "birth": _birth_of(pid)}))
    unfinished.rename(path)


def read_pid_file(path: Path) -> int | None:
    """Return the pid when that very process still lives, else None."""
    try:
        noted = json.loads(path.read_text())
        pid, birth = int(noted["pid"]), noted["birth"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if birth and birth == _birth_of(pid) else None


def has_crash_marks(folder: Path) -> bool:
    """Tell whether an earlier supervisor left without cleaning up; grandchildren may still fade."""
    return any((folder / "pids").glob("*.json"))


def stop_leftovers(folder: Path) -> tuple[str, ...]:
    """Stop programs of an earlier supervisor that died without them; return their names."""
    stopped = []
    for pid_file in sorted((folder / "pids").glob("*.json")):
        pid = read_pid_file(pid_file)
        if pid is not None:
            _stop_process(pid_file, pid)
            stopped.append(pid_file.stem)
        pid_file.unlink(missing_ok=True)
    return tuple(stopped)


def _stop_process(pid_file: Path, pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in _ticks(STOP_TIMEOUT_SECONDS):
            if read_pid_file(pid_file) is None:
                return
        os.killpg(pid, signal.SIGKILL)


def _ticks(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)


def _birth_of(pid: int) -> str:
    """Return what tells this process from any other that ever had its number; empty when dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = BOOT_ID.read_text().strip()
    except OSError:
        return _birth_elsewhere(pid) if sys.platform != "linux" else ""
    state, start_ticks = fields[0], fields[19]
    return "" if state in "ZX" else f"{boot} {start_ticks}"


def _birth_elsewhere(pid: int) -> str:
    return subprocess.run(  # noqa: S603 - fixed command, a number
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
