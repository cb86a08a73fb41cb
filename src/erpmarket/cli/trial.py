"""A whole shop on free ports for a while: what the browser tests and the README's pictures use.

It is `up` itself in a process of its own, with a demo of a few days; it goes when its owner goes,
also when that one is killed.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from erpmarket.cli import roles
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.health import is_healthy
from erpmarket.cli.postgres import PostgresServer
from erpmarket.cli.programs import CHILD
from erpmarket.cli.shop import (
    LOOPBACK,
    PORT_CHOICES,
    Shop,
    python_command,
    read_shop,
)
from erpmarket.cli.supervisor import tail

OPEN_TIMEOUT_SECONDS = 200
STOP_TIMEOUT_SECONDS = 90
TICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A shop that is open; `server` reads its books behind the application's back."""

    shop: Shop
    server: PostgresServer

    def ask(self, sql: str) -> str:
        """Return what the database answers to its superuser, whom no policy binds."""
        return self.server.run_sql(sql, database=roles.DATABASE)


@contextlib.contextmanager
def open_trial(folder: Path, *, days: int) -> Iterator[Trial]:
    """Run the demo shop in a new folder that every system user may enter; stop it at the end.

    Raises StartRefused with the last words of whatever did not start.
    """
    ports = _free_ports()
    shop = read_shop({"ERP_DATA_DIR": str(folder / "shop"), **ports})
    server = PostgresServer(shop.folder / "postgres")
    variables = {"ERP_DATA_DIR": str(shop.folder), "ERP_DEMO_DAYS": str(days), **ports}
    try:
        with _running(shop, variables, folder / "up.log"):
            yield Trial(shop=shop, server=server)
    finally:
        server.destroy()


@contextlib.contextmanager
def _running(shop: Shop, variables: Mapping[str, str], log: Path) -> Iterator[None]:
    command = (sys.executable, "-IS", str(CHILD), str(os.getpid()))
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [*command, *python_command("-m", "erpmarket.cli", "up")],
            env=_clean_environment() | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + OPEN_TIMEOUT_SECONDS
        while not is_healthy(shop.web_url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise StartRefused("trial_not_open", f"La tienda no abrió:\n{tail(log)}")
            time.sleep(TICK_SECONDS)
        yield
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_SECONDS)


def _clean_environment() -> dict[str, str]:
    """Leave out what would lead the shop to another database, or give it other keys."""
    ours = ("ERP_", "PG")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _free_ports() -> dict[str, str]:
    probes = [socket.create_server((LOOPBACK, 0)) for _ in PORT_CHOICES]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    names = (choice.variable for choice in PORT_CHOICES)
    return dict(zip(names, ports, strict=True))
