"""What one machine's shop is made of: folders, ports, secrets, its programs' environment."""

import base64
import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from erpmarket.cli.errors import StartRefused

SOURCE = Path(__file__).resolve().parents[1]
ROOT = SOURCE.parents[1]
LOOPBACK = "127.0.0.1"
MAX_PORT = 65_535
MASTER_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class PortChoice:
    """A port of ours: who listens there, which variable moves it, its number when nobody says."""

    program: str
    variable: str
    default: int


WEB = PortChoice(program="la tienda (web)", variable="ERP_WEB_PORT", default=8000)
SIMULATOR = PortChoice(program="el SII simulado", variable="ERP_SIMULATOR_PORT", default=8010)
AGENT = PortChoice(program="el agente de la caja", variable="ERP_AGENT_PORT", default=8020)
ROLLS = PortChoice(program="los rollos impresos", variable="ERP_PRINTER_PAGE_PORT", default=8030)
PRINTER = PortChoice(program="la impresora virtual", variable="ERP_PRINTER_PORT", default=9100)
PORT_CHOICES = (WEB, SIMULATOR, AGENT, ROLLS, PRINTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Where everything is. All of the shop's state lives in `folder`."""

    folder: Path
    web_port: int
    simulator_port: int
    agent_port: int
    rolls_port: int
    printer_port: int

    @property
    def web_url(self) -> str:
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://{LOOPBACK}:{self.simulator_port}"

    @property
    def agent_url(self) -> str:
        return f"http://{LOOPBACK}:{self.agent_port}"

    @property
    def rolls_url(self) -> str:
        return f"http://{LOOPBACK}:{self.rolls_port}"

    @property
    def printer(self) -> str:
        return f"{LOOPBACK}:{self.printer_port}"

    @property
    def ports(self) -> tuple[tuple[PortChoice, int], ...]:
        numbers = (
            self.web_port,
            self.simulator_port,
            self.agent_port,
            self.rolls_port,
            self.printer_port,
        )
        return tuple(zip(PORT_CHOICES, numbers, strict=True))

    def environment(self) -> dict[str, str]:
        """Return the variables every program of the shop gets; see erpmarket/config/settings.py."""
        secret = self.folder / "secrets"
        return {
            "DJANGO_SETTINGS_MODULE": "erpmarket.config.settings",
            "ERP_DATA_DIR": str(self.folder),
            "ERP_SECRET_KEY_FILE": str(secret / "secret_key"),
            "ERP_MASTER_KEY_FILE": str(secret / "master_key"),
            "ERP_AGENT_TOKEN_FILE": str(secret / "agent_token"),
            "ERP_TASKS": "embedded",
            "ERP_BASE_URL": self.web_url,
            "ERP_ALLOWED_HOSTS": f"{LOOPBACK},localhost",
            "ERP_SII_DEMO_URL": self.simulator_url,
            "ERP_AGENT_URL": self.agent_url,
            "ERP_PRINTER": self.printer,
        }


def read_shop(environment: Mapping[str, str] = os.environ) -> Shop:
    """Read folder and ports; raises `StartRefused` for a port that is no port or is named twice."""
    folder = Path(environment.get("ERP_DATA_DIR") or ROOT / "var").absolute()
    numbers = [_port(choice, environment) for choice in PORT_CHOICES]
    for position, number in enumerate(numbers):
        if number in numbers[:position]:
            twice = [c.variable for c, n in zip(PORT_CHOICES, numbers, strict=True) if n == number]
            raise StartRefused(
                "port_twice", f"{' y '.join(twice)} piden el mismo puerto {number}. Cambia uno."
            )
    web, simulator, agent, rolls, printer = numbers
    return Shop(
        folder=folder,
        web_port=web,
        simulator_port=simulator,
        agent_port=agent,
        rolls_port=rolls,
        printer_port=printer,
    )


def check_ports(shop: Shop) -> None:
    """Raise `StartRefused` naming every port that another program holds."""
    taken = [(choice, number) for choice, number in shop.ports if not _is_free(number)]
    if not taken:
        return
    lines = [
        f"El puerto {number}, para {choice.program}, lo usa otro programa."
        for choice, number in taken
    ]
    others = " ".join(f"{choice.variable}={number + 1}" for choice, number in taken)
    raise StartRefused(
        "port_taken",
        "\n".join([*lines, "Ciérralo, o elige otro puerto así:", f"  {others} make run"]),
    )


def make_secrets(shop: Shop) -> None:
    """Make the keys of this machine once, each in a file that only its owner can read.

    Raises `StartRefused` when the database is there and the key that opens it is not, or is
    none.
    """
    folder = shop.folder / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    master = folder / "master_key"
    if (shop.folder / "postgres").exists() and not master.exists():
        raise StartRefused(
            "master_key_lost",
            f"Falta {master}: sin esa clave no se pueden abrir el certificado ni los CAF "
            "guardados. Recupérala de tu respaldo; si esto es solo la demostración, "
            "empieza de nuevo con: make demo-reset",
        )
    makers: dict[str, Callable[[], str]] = {
        "secret_key": lambda: secrets.token_urlsafe(64),
        "agent_token": lambda: secrets.token_urlsafe(32),
        "master_key": lambda: base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode(),
    }
    for name, make in makers.items():
        _write_once(folder / name, make)
    check_master_key(shop)


def check_master_key(shop: Shop) -> None:
    """Raise `StartRefused` when the machine's key is there and is none; a new shop has none yet."""
    path = shop.folder / "secrets" / "master_key"
    if not path.exists():
        return
    try:
        size = len(base64.b64decode(path.read_bytes().strip(), validate=True))
    except ValueError:
        size = 0
    if size != MASTER_KEY_BYTES:
        raise StartRefused(
            "master_key_wrong",
            f"{path} (ERP_MASTER_KEY) no sirve: son {MASTER_KEY_BYTES} bytes en base64. Recupera la"
            " clave de tu respaldo; sin ella no se abren el certificado ni los CAF guardados.",
        )


def python_command(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a program of ours in this same environment."""
    return (sys.executable, *arguments)


def _port(choice: PortChoice, environment: Mapping[str, str]) -> int:
    text = environment.get(choice.variable) or str(choice.default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MAX_PORT:
        raise StartRefused(
            "port_wrong",
            f"{choice.variable}={text} no es un puerto: usa un número entre 1 y {MAX_PORT}.",
        )
    return int(text)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As our servers do: connections of the last run that still fade away are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _write_once(path: Path, make: Callable[[], str]) -> None:
    if path.exists():
        return
    # A key is there whole or not at all, also when the machine dies right now.
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(make() + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
