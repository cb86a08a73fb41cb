"""`python -m till_agent`: start the agent and run until it is told to stop."""

import logging
import signal
import sys
import threading
from collections.abc import Sequence

from till_agent.config import BadConfig, load_config, read_or_make_token
from till_agent.jobs import JobQueue, PrintWorker
from till_agent.journal import JournalCopy
from till_agent.printers.network import NetworkPrinter
from till_agent.scale import Scale
from till_agent.server import Door, agent_server

BAD_CONFIG = 1
PORT_TAKEN = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns 1 for a bad setting, 2 when the port is taken."""
    handler = logging.StreamHandler()
    handler.setFormatter(line_formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        config = load_config(argv)
        token = read_or_make_token(config.token_file)
    except BadConfig as error:
        sys.stderr.write(f"{error.message}\n")
        return BAD_CONFIG
    queue = JobQueue(config.folder / "cola.sqlite3")
    journal = JournalCopy(config.folder / "diario")
    printer = NetworkPrinter(config.printer_host, config.printer_port)
    worker = PrintWorker(queue, printer, config.profile)
    scale = None if config.scale is None else Scale(*config.scale)
    door = Door(origins=config.origins, token=token)
    try:
        server = agent_server(
            port=config.port,
            door=door,
            queue=queue,
            worker=worker,
            profile=config.profile,
            journal=journal,
            scale=scale,
        )
    except OSError as error:
        queue.close()
        sys.stderr.write(
            f"No se pudo abrir el puerto {config.port} ({error.strerror}). "
            "Cierra el programa que lo usa o elige otro con --port.\n"
        )
        return PORT_TAKEN
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    worker.start()
    threading.Thread(target=server.serve_forever, name="agent-http", daemon=True).start()
    sys.stdout.write(
        f"Agente de la caja listo en http://127.0.0.1:{server.server_port}\n"
        f"Impresora: {config.printer_host}:{config.printer_port}, {config.profile.description}\n"
    )
    if not config.profile.stamp_is_legal:
        sys.stdout.write(
            f"Atención: este cabezal imprime a {config.profile.dpi} puntos por pulgada y el SII "
            "pide más de 200 para el timbre. Usa otra impresora para boletas.\n"
        )
    sys.stdout.flush()
    stopping.wait()
    server.shutdown()
    server.server_close()
    worker.stop()
    if scale is not None:
        scale.close()
    queue.close()
    return 0


def line_formatter() -> logging.Formatter:
    """Make the form of a log line: the event and, when there is one, the job it is about."""
    return logging.Formatter(
        "%(asctime)s %(levelname)s %(message)s job=%(job)s", defaults={"job": "-"}
    )


if __name__ == "__main__":
    raise SystemExit(main())
