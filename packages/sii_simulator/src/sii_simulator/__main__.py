"""Run the simulator: `python -m sii_simulator --port P --folder DIR`."""

import argparse
import errno
import logging
import signal
import sys
import threading
from datetime import date
from typing import Final

from .app import Simulator
from .errors import SimulatorError
from .settings import Settings

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class LineFormatter(logging.Formatter):
    """Write an event in one line, its `extra` behind it as `name=value`, by name."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        fields = sorted(set(vars(record)) - _STANDARD)
        said = "".join(f" {name}={getattr(record, name)}" for name in fields)
        return super().formatMessage(record) + said.replace("\n", " ")


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes; 2 means that it could not start, and says why."""
    options = _parser().parse_args(arguments)
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(LineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[lines])
    settings = Settings(
        stage_ms=options.stage_ms,
        resolution_number=options.resolution_number,
        resolution_date=options.resolution_date,
    )
    try:
        simulator = Simulator(
            options.folder, port=options.port, host=options.host, settings=settings
        )
    except SimulatorError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write(
            f"El puerto {options.port} está ocupado: cierra el otro programa o elige otro"
            " con --port.\n"
        )
        return 2
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    with simulator:
        sys.stdout.write(f"Simulador del SII en {simulator.url}\n")
        sys.stdout.flush()
        over.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="sii_simulator", description="Un SII de mentira.")
    parser.add_argument("--port", type=int, default=8400, help="0 toma uno libre")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--folder", required=True, help="donde viven llaves y registro")
    parser.add_argument("--stage-ms", type=int, default=defaults.stage_ms)
    parser.add_argument("--resolution-number", type=int, default=defaults.resolution_number)
    parser.add_argument(
        "--resolution-date", type=date.fromisoformat, default=defaults.resolution_date
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
