"""The real web server in front of a private, durable PostgreSQL."""

import base64
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erpmarket.cli.lineup import WEB_THREADS, WEB_WORKERS

WORKERS, THREADS = WEB_WORKERS, WEB_THREADS
START_TIMEOUT_SECONDS = 30


def bench_environment(folder: Path) -> dict[str, str]:
    """Return the settings of a production-like process; secrets live as long as the run."""
    return {
        "ERP_DATA_DIR": str(folder),
        "ERP_SECRET_KEY": secrets.token_urlsafe(40),
        "ERP_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ERP_LOG_LEVEL": "ERROR",
        "ERP_STATIC_ROOT": str(folder / "static"),
    }


def migrate(environment: dict[str, str]) -> None:
    """Build the tables as their owner, and the static files that pages name."""
    for role, command in (("erp_owner", ["migrate"]), ("erp_app", ["collectstatic", "--no-input"])):
        subprocess.run(
            [sys.executable, "-m", "django", *command, "--verbosity", "0"],
            env={
                **environment,
                "ERP_DATABASE_ROLE": role,
                "DJANGO_SETTINGS_MODULE": "erpmarket.config.settings",
            },
            check=True,
        )


@contextmanager
def web_server(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run gunicorn on a free loopback port; yields (port, pid of the master)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "erpmarket.config.wsgi:application"),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
            *("--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60"),
            *("--no-control-socket", "--log-level", "error"),
        ],
        env=environment,
    )
    try:
        _await_answer(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _await_answer(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the web server died at its start")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/entrar/")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise SystemExit("the web server did not answer")


def cpu_seconds(root_pid: int) -> float:
    """Return the CPU time of a process and all its children, living and dead."""
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            ticks[int(entry.name)] = sum(int(field) for field in fields[11:15])
    waiting, total = [root_pid], 0
    while waiting:
        pid = waiting.pop()
        total += ticks.get(pid, 0)
        waiting += children.get(pid, [])
    return total / os.sysconf("SC_CLK_TCK")
