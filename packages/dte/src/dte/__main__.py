"""`python -m dte verify FILE...`: judge documents, envelopes and folio authorizations."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dte.caf import SII_KEYS, SiiKey
from dte.errors import DteError
from dte.verify import verify_file

_EXIT_STATUS = (
    "Termina con 0 si todo corresponde (respuestas «sí» y «ojo») y con 1 si algo no corresponde en"
    " alguno de los archivos («NO»). Un documento auténtico que no cumple el esquema de hoy recibe"
    " «ojo» si es anterior a ese esquema (boletas: 2025-09-08; los demás: 2026-02-06) y «NO» si es"
    " posterior. Con 2 termina cuando la orden está mal escrita."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when everything is right, 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m dte", description=__doc__)
    verify = parser.add_subparsers(dest="command", required=True).add_parser(
        "verify",
        help="revisa esquema, firma, timbre y folios de cada archivo",
        epilog=_EXIT_STATUS,
    )
    verify.add_argument("files", nargs="+", type=Path, metavar="ARCHIVO")
    verify.add_argument(
        "--trust",
        action="append",
        default=[],
        type=_read_key,
        metavar="IDK:MODULO_HEX[:EXPONENTE]",
        help="acepta también folios firmados con esta llave (la del simulador, por ejemplo)",
    )
    options = parser.parse_args(arguments)
    trusted = {**SII_KEYS, **dict(options.trust)}
    verdicts = [_verify_path(path, trusted) for path in options.files]
    return 0 if all(verdicts) else 1


def _verify_path(path: Path, trusted: Mapping[int, SiiKey]) -> bool:
    try:
        reports = verify_file(path.read_bytes(), trusted=trusted)
    except FileNotFoundError:
        _say(f"{path.name}\n  NO  archivo: No existe {path}. Revisa el nombre y la carpeta.")
        return False
    except OSError as error:
        _say(f"{path.name}\n  NO  archivo: No se puede leer {path} ({error.strerror}).")
        return False
    except DteError as error:
        _say(f"{path.name}\n  NO  archivo: {error.message}")
        return False
    for report in reports:
        _say(f"{path.name}: {report.title}")
        for finding in report.findings:
            _say(f"  {finding.answer:<3} {finding.question}: {finding.text}")
    return all(report.is_right for report in reports)


def _read_key(text: str) -> tuple[int, SiiKey]:
    key_id, _, rest = text.partition(":")
    modulus, _, exponent = rest.partition(":")
    try:
        key = SiiKey(modulus=int(modulus, 16), exponent=int(exponent or 65537), environment="otra")
        return int(key_id), key
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"«{text}» no es una llave. Escríbela como IDK:MODULO_HEX, por ejemplo 900:b942…"
        ) from None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
