"""`python -m till_agent.virtual_printer`: the demo shop's printer and the page with its rolls."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from till_agent.virtual_printer.device import VirtualPrinter
from till_agent.virtual_printer.models import MODELS
from till_agent.virtual_printer.page import page_server

PORT_TAKEN = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns 2 when a port is taken."""
    options = _parser().parse_args(argv)
    try:
        printer = VirtualPrinter(
            model=MODELS[options.paper],
            folder=options.folder,
            port=options.port,
            font_folder=options.fonts,
        )
        page = page_server(options.folder, options.http_port)
    except OSError as error:
        sys.stderr.write(
            f"No se pudo abrir el puerto ({error.strerror}). "
            "Cierra el programa que lo usa o elige otro con --port y --http-port.\n"
        )
        return PORT_TAKEN
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    page_thread = threading.Thread(target=page.serve_forever, name="rolls-page", daemon=True)
    with printer:
        page_thread.start()
        sys.stdout.write(
            f"Impresora virtual de {printer.model.name} lista en 127.0.0.1:{printer.port}\n"
            f"Rollos: http://127.0.0.1:{page.server_port}/\n"
        )
        sys.stdout.flush()
        stopping.wait()
        page.shutdown()
    page.server_close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m till_agent.virtual_printer",
        description="Impresora térmica virtual: entiende ESC/POS y guarda cada rollo como PNG.",
    )
    parser.add_argument("--port", type=int, default=9100, help="puerto de impresión (9100)")
    parser.add_argument("--http-port", type=int, default=9180, help="puerto de la página (9180)")
    parser.add_argument("--folder", type=Path, required=True, help="carpeta para los rollos")
    parser.add_argument(
        "--paper", choices=sorted(MODELS), default="80", help="modelo de impresora (80)"
    )
    parser.add_argument("--fonts", type=Path, default=None, help="carpeta con DejaVuSansMono.ttf")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
