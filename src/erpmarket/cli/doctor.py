"""`doctor`: what this machine has and lacks, one line each, for a call for help."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from erpmarket.cli.binaries import find_binaries, version_of
from erpmarket.cli.browser import find_chromium
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.postgres import PostgresServer
from erpmarket.cli.shop import check_master_key, check_ports, read_shop
from erpmarket.cli.words import say

PACKAGES = ("django", "psycopg", "lxml", "cryptography", "weasyprint", "gunicorn")


def examine() -> bool:
    """Say what there is; return False when the shop could not start."""
    say(f"Sistema        {platform.platform()}")
    say(f"Python         {platform.python_version()} en {sys.executable}")
    for name in PACKAGES:
        say(f"{name:<14} {_version(name)}")
    try:
        programs = find_binaries()
        say(f"PostgreSQL     {version_of(programs)} en {programs}")
        shop = read_shop()
        server = PostgresServer(shop.folder / "postgres")
        running = server.is_answering()
        say(f"Datos          {server.folder} ({'en marcha' if running else 'detenido'})")
        check_master_key(shop)
        say(f"Navegador      {find_chromium() or 'ninguno: solo hace falta para make test'}")
        if not running:
            check_ports(shop)
    except StartRefused as refusal:
        say(f"✗ {refusal.message}")
        return False
    say("✓ La tienda puede partir." if not running else "✓ La tienda está en marcha.")
    return True


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "falta: ejecuta make setup"
