"""A worker that kills itself with SIGKILL at the n-th step that the world outside could notice.

Run as a program: each line of its input is a death to die, `{"fatal": n, "calls": [[name, at]…]}`;
each line of its output names the steps that were reached. A step is a commit, bytes sent, or an
answer read. Whoever dies is a fork, so that Django starts once.
"""

import json
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

import django


def main() -> None:
    """Die as often as the input asks for."""
    django.setup()
    # Loaded before the forks, so that none of them spends a second on it.
    for name in ("fiscal.tasks", "fiscal.exchange_tasks", "fiscal.paper_tasks", "fiscal.pdf"):
        import_module(f"erpmarket.{name}")
    for line in sys.stdin:
        order = json.loads(line)
        steps, was_killed = _live(order["fatal"], order["calls"])
        sys.stdout.write(json.dumps({"steps": steps, "was_killed": was_killed}) + "\n")
        sys.stdout.flush()


def _live(fatal: int, calls: Sequence[tuple[str, str]]) -> tuple[list[str], bool]:
    """Let a fork work until its fatal step; return its steps and whether it came to that."""
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        _work(fatal, calls, telling)
        os._exit(0)
    os.close(telling)
    with os.fdopen(told) as lines:
        steps = lines.read().split()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the worker broke"
    return steps, os.WIFSIGNALED(status)


def _work(fatal: int, calls: Sequence[tuple[str, str]], telling: int) -> None:
    _watch(fatal, telling)
    for name, at in calls:
        module, _, function = name.rpartition(".")
        moment = datetime.fromisoformat(at)
        getattr(import_module(module), function)(now=lambda moment=moment: moment)


def _watch(fatal: int, telling: int) -> None:
    from psycopg import Connection  # noqa: PLC0415  (Django chose the driver by then)

    worker, count = threading.get_ident(), 0

    def step(kind: str) -> None:
        nonlocal count
        if threading.get_ident() != worker:
            return
        count += 1
        os.write(telling, f"{kind}\n".encode())
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    _follow(Connection, "commit", lambda: step("committed"))
    for sockets in (socket.socket, ssl.SSLSocket):
        _follow(sockets, "sendall", lambda: step("sent"))
        _follow(sockets, "recv_into", lambda: step("answered"))


def _follow(owner: type, name: str, then: Callable[[], None]) -> None:
    """Call something after a method of a library, whenever it is called."""
    real = getattr(owner, name)

    def followed(*arguments: Any, **keywords: Any) -> Any:
        result = real(*arguments, **keywords)
        then()
        return result

    setattr(owner, name, followed)


if __name__ == "__main__":
    main()
