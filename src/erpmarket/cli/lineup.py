"""The programs of the one-machine shop, in two groups: before and after the database is ready."""

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from erpmarket.cli import roles
from erpmarket.cli.health import is_healthy
from erpmarket.cli.programs import Program
from erpmarket.cli.shop import LOOPBACK, SOURCE, Shop, python_command

ASK_TIMEOUT_SECONDS = 2.0
# Processes, not threads: a sale is mostly Python, and threads of one process wait for each other.
# On a busy machine four processes answered 16 tills sooner than two with four threads each; that
# was before the benchmark warmed its tables up, so measure again before building on it.
WEB_WORKERS = 4
WEB_THREADS = 1


def backstage_programs(shop: Shop) -> tuple[Program, ...]:
    """Return what stands in for the outside world: tax office, printer, and the till's agent."""
    environment = shop.environment()
    fonts = SOURCE / "static" / "dist" / "fonts"
    return (
        Program(
            name="simulator",
            title="el SII simulado",
            command=python_command(
                *("-m", "sii_simulator", "--port", str(shop.simulator_port)),
                *("--folder", _made(shop.folder / "simulator")),
            ),
            environment=environment,
            is_ready=_listens(shop.simulator_port),
        ),
        Program(
            name="printer",
            title="la impresora virtual",
            command=python_command(
                *("-m", "till_agent.virtual_printer", "--port", str(shop.printer_port)),
                *("--http-port", str(shop.rolls_port), "--fonts", str(fonts)),
                *("--folder", _made(shop.folder / "rolls")),
            ),
            environment=environment,
            is_ready=_listens(shop.printer_port),
        ),
        Program(
            name="agent",
            title="el agente de la caja",
            command=python_command(
                *("-m", "till_agent", "--port", str(shop.agent_port), "--paper", "80"),
                *("--folder", _made(shop.folder / "agent"), "--printer", shop.printer),
                *("--token-file", environment["ERP_AGENT_TOKEN_FILE"]),
                *("--origin", shop.web_url, "--origin", f"http://localhost:{shop.web_port}"),
            ),
            environment=environment,
            is_ready=_listens(shop.agent_port),
        ),
    )


def front_programs(shop: Shop, environment: Mapping[str, str]) -> tuple[Program, ...]:
    """Return the web server and the job runner; only the runner may look across companies."""
    return (
        Program(
            name="web",
            title="la tienda (web)",
            command=python_command(
                *("-m", "gunicorn", "erpmarket.config.wsgi:application"),
                *("--bind", f"{LOOPBACK}:{shop.web_port}", "--worker-class", "gthread"),
                *("--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)),
                *("--graceful-timeout", "5", "--keep-alive", "30", "--no-control-socket"),
                *("--worker-tmp-dir", _memory_folder(shop)),
            ),
            environment=environment,
            is_ready=_answers(shop),
        ),
        Program(
            name="runner",
            title="el encargado de los envíos",
            command=python_command("-m", "django", "runner"),
            environment=dict(environment) | {"ERP_SYS_ROLE": roles.SYS_ROLE},
            is_ready=lambda: True,
        ),
    )


def _made(folder: Path) -> str:
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)


def _memory_folder(shop: Shop) -> str:
    """Return where workers beat their hearts; on a disk a slow write would look like a dead one."""
    memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes an unnamed file in it
    return str(memory if os.access(memory, os.W_OK) else shop.folder)


def _listens(port: int) -> Callable[[], bool]:
    def look() -> bool:
        try:
            socket.create_connection((LOOPBACK, port), ASK_TIMEOUT_SECONDS).close()
        except OSError:
            return False
        return True

    return look


def _answers(shop: Shop) -> Callable[[], bool]:
    """Look for an answer, not just an open port: the socket opens before the application loads."""
    return lambda: is_healthy(shop.web_url)
