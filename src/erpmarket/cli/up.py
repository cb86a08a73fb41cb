"""`up` and `demo-reset`: the two commands that own a shop's folder, one process at a time."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from erpmarket.cli.errors import StartRefused
from erpmarket.cli.postgres import PostgresServer
from erpmarket.cli.programs import read_pid_file, stop_leftovers, write_pid_file
from erpmarket.cli.shop import Shop, read_shop
from erpmarket.cli.supervisor import Supervisor
from erpmarket.cli.words import say

STOP_TIMEOUT_SECONDS = 90.0
TICK_SECONDS = 0.1


def up() -> None:
    """Run the shop of the environment's folder until Ctrl-C."""
    shop = read_shop()
    with alone(shop.folder):
        Supervisor(shop).run()


def reset_demo(*, ask: Callable[[], bool]) -> None:
    """Stop the shop if it runs and delete its folder; `ask` may still say no."""
    shop = read_shop()
    if not shop.folder.exists():
        say(f"No hay nada que borrar en {shop.folder}.")
        return
    if not ask():
        say("No se borró nada.")
        return
    stop_running(shop)
    stop_leftovers(shop.folder)
    with alone(shop.folder):
        PostgresServer(shop.folder / "postgres").destroy()
        shutil.rmtree(shop.folder)
    say("Borrado. La próxima vez, make run crea la demostración de nuevo.")


def stop_running(shop: Shop) -> None:
    """Ask the supervisor of this folder to stop and wait until it has."""
    pid_file = shop.folder / "supervisor.json"
    pid = read_pid_file(pid_file)
    if pid is None:
        return
    say("▸ Deteniendo la tienda que está abierta")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while read_pid_file(pid_file) is not None:
        if time.monotonic() > deadline:
            raise StartRefused("still_running", f"El proceso {pid} no se detuvo. Deténlo y repite.")
        time.sleep(TICK_SECONDS)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raises `StartRefused` when another supervisor has it."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (folder / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = read_pid_file(folder / "supervisor.json")
            raise StartRefused(
                "already_running",
                f"La tienda de {folder} ya está abierta (proceso {pid}). "
                "Úsala, o ciérrala con Ctrl-C en su ventana.",
            ) from None
        write_pid_file(folder / "supervisor.json", os.getpid())
        yield
