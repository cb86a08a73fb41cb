"""`python -m erpmarket.cli COMMAND`: up, demo-reset, doctor, roles, keys, archive, stock."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from erpmarket.cli.archive import verify
from erpmarket.cli.doctor import examine
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.remote import prepare_remote
from erpmarket.cli.shop import python_command
from erpmarket.cli.up import reset_demo, up

REFUSED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 2 when it was refused, with the reason on stderr."""
    options = _parser().parse_args(argv)
    try:
        match options.command:
            case "up":
                up()
            case "demo-reset":
                reset_demo(ask=lambda: options.yes or _ask())
            case "doctor":
                return 0 if examine() else 1
            case "roles":
                prepare_remote()
            case "rotate-master-key":
                return run_program("rotate_master_key", options.arguments)
            case "stock":
                return run_program("stock", [options.deed, *options.arguments])
            case "archive":
                is_right = verify(
                    options.files, demo_key=options.demo_key, noted_sha256=options.huella
                )
                return 0 if is_right else 1
    except StartRefused as refusal:
        sys.stderr.write(f"\n✗ {refusal.message}\n")
        return REFUSED
    return 0


def run_program(command: str, arguments: Sequence[str]) -> int:
    """Run a command of ours in the environment of the programs, which knows keys and database."""
    program = [*python_command("-m", "django", command), *arguments]
    environment = {"DJANGO_SETTINGS_MODULE": "erpmarket.config.settings", **os.environ}
    # Our own program and the words that the person typed after it.
    done = subprocess.run(program, env=environment, check=False)  # noqa: S603 - no shell
    return done.returncode


def _ask() -> bool:
    sys.stdout.write("Se borrará la tienda de demostración con todas sus ventas. ¿Seguro? (sí/no) ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"si", "sí", "s"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m erpmarket.cli", description="ERP Market")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="parte la tienda completa en este equipo")
    reset = commands.add_parser("demo-reset", help="borra la tienda de demostración")
    reset.add_argument("--yes", action="store_true", help="no preguntar")
    commands.add_parser("doctor", help="revisa qué hay y qué falta en este equipo")
    commands.add_parser("roles", help="prepara roles y base en un PostgreSQL remoto")
    rotate = commands.add_parser(
        "rotate-master-key",
        help="pasa certificados, CAF y claves de correo a la llave maestra nueva",
        add_help=False,
    )
    rotate.add_argument("arguments", nargs=argparse.REMAINDER)
    stock = commands.add_parser(
        "stock", help="compara el stock con su kárdex, o lo arma de nuevo desde él", add_help=False
    )
    stock.add_argument("deed", choices=["verify", "rebuild"])
    stock.add_argument("arguments", nargs=argparse.REMAINDER)
    archive = commands.add_parser("archive", help="respaldos de documentos tributarios")
    deeds = archive.add_subparsers(dest="deed", required=True)
    check = deeds.add_parser("verify", help="revisa huellas, firmas y timbres de un respaldo")
    check.add_argument("files", nargs="+", type=Path, metavar="ARCHIVO.zip")
    check.add_argument(
        "--huella", default="", help="la que anotó la página Respaldo cuando se hizo"
    )
    check.add_argument("--demo-key", type=Path, help="llave del SII simulado, para demostraciones")
    return parser


if __name__ == "__main__":
    sys.exit(main())
