"""What the agent is told at start: flags, or a TOML file whose values flags override."""

import argparse
import os
import re
import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from till_agent.errors import AgentError
from till_agent.printers.profiles import PROFILES, Profile
from till_agent.scale import PROTOCOLS, ScaleProtocol

DEFAULT_PORT = 9177
DEFAULT_PRINTER_PORT = 9100
MAX_PORT = 65_535
MIN_TOKEN_LENGTH = 32
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
FILE_KEYS = frozenset(
    {"port", "folder", "printer", "paper", "token_file", "origins", "scale", "scale_protocol"}
)


class BadConfig(AgentError):
    """A setting is missing or malformed."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_config", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """Checked settings. `folder` keeps queue and journal; `origins` are exact and not empty.

    `scale` is a serial port and how the scale on it speaks.
    """

    port: int
    folder: Path
    printer_host: str
    printer_port: int
    profile: Profile
    token_file: Path
    origins: frozenset[str]
    scale: tuple[str, ScaleProtocol] | None


def load_config(argv: Sequence[str] | None = None) -> AgentConfig:
    """Read flags and file. Raises BadConfig with the Spanish reason."""
    options = _parser().parse_args(argv)
    written = {} if options.config is None else _read_file(options.config)
    chosen = {**written, **{key: value for key, value in vars(options).items() if value}}
    folder = _text(chosen, "folder")
    token_file = _text(chosen, "token_file")
    host, printer_port = _printer(_text(chosen, "printer"))
    paper = str(chosen.get("paper", "80"))
    if paper not in PROFILES:
        raise BadConfig(f"No conozco la impresora {paper}. Elige: {', '.join(sorted(PROFILES))}.")
    return AgentConfig(
        port=_port(chosen.get("port", DEFAULT_PORT)),
        folder=Path(folder),
        printer_host=host,
        printer_port=printer_port,
        profile=PROFILES[paper],
        token_file=Path(token_file),
        origins=_origins(chosen.get("origins")),
        scale=_scale(chosen),
    )


def read_or_make_token(path: Path) -> str:
    """Return the token of the file, or write a new one that only this user can read."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        token = secrets.token_urlsafe(32)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token + "\n")
    except UnicodeDecodeError:
        raise BadConfig(
            f"El archivo {path} no contiene un token. Bórralo y se hará otro."
        ) from None
    if len(token) < MIN_TOKEN_LENGTH:
        raise BadConfig(f"El token de {path} es muy corto. Bórralo y se hará otro.")
    return token


def _read_file(path: Path) -> dict[str, object]:
    try:
        written: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(f"No se pudo leer {path}: {error}.") from error
    unknown = sorted(set(written) - FILE_KEYS)
    if unknown:
        raise BadConfig(f"El archivo {path} trae ajustes que no existen: {', '.join(unknown)}.")
    return written


def _text(chosen: dict[str, object], key: str) -> str:
    value = chosen.get(key)
    if value is None or not str(value):
        raise BadConfig(f"Falta --{key.replace('_', '-')}. Mira las opciones con --help.")
    return str(value)


def _port(value: object) -> int:
    if not isinstance(value, int | str) or not str(value).isdigit():
        raise BadConfig(f"El puerto {value} no es un número.")
    if not 0 <= int(value) <= MAX_PORT:
        raise BadConfig(f"El puerto {value} no existe.")
    return int(value)


def _printer(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host:
        return value, DEFAULT_PRINTER_PORT
    return host, _port(port)


def _scale(chosen: dict[str, object]) -> tuple[str, ScaleProtocol] | None:
    port, name = chosen.get("scale"), chosen.get("scale_protocol")
    if not port and not name:
        return None
    if not port or str(name) not in PROTOCOLS:
        known = ", ".join(sorted(PROTOCOLS))
        raise BadConfig(f"La balanza necesita --scale y --scale-protocol, uno de: {known}.")
    return str(port), PROTOCOLS[str(name)]


def _origins(value: object) -> frozenset[str]:
    origins = [str(each) for each in value] if isinstance(value, list) else []
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise BadConfig(f"El origen {origin} no es de la forma https://caja.ejemplo.cl.")
    if not origins:
        raise BadConfig("Falta --origin: la dirección de la página de la caja.")
    return frozenset(origins)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m till_agent",
        description="Agente de la caja: recibe papeles de la página y los imprime.",
    )
    parser.add_argument("--config", type=Path, help="archivo TOML con estas mismas opciones")
    parser.add_argument("--port", help=f"puerto local del agente ({DEFAULT_PORT})")
    parser.add_argument("--folder", help="carpeta de la cola de impresión")
    parser.add_argument("--printer", metavar="HOST:PUERTO", help="impresora de red")
    parser.add_argument("--paper", choices=sorted(PROFILES), help="papel y modelo (80)")
    parser.add_argument("--token-file", help="archivo del token; se crea si no existe")
    parser.add_argument("--scale", metavar="PUERTO", help="puerto serie de la balanza")
    protocols = "; ".join(f"{each.name}: {each.words}" for each in PROTOCOLS.values())
    parser.add_argument("--scale-protocol", help=f"cómo habla la balanza. {protocols}")
    parser.add_argument(
        "--origin", dest="origins", action="append", metavar="URL", help="página autorizada"
    )
    return parser
