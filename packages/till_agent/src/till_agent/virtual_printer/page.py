"""A small page for people: the rolls that the virtual printer has printed, newest first."""

import html
import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"
SHOWN_ROLLS = 12
REFRESH_SECONDS = 5
REQUEST_TIMEOUT_SECONDS = 10
ROLL_PATH = re.compile(r"/rollos/(rollo-\d{6}\.(?:png|json))")
CONTENT_TYPES = {".png": "image/png", ".json": "application/json; charset=utf-8"}
POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #e9e7e2; color: #1d1d1b; font: 16px/1.5 system-ui, sans-serif; }
header { padding: 1.25rem 1.5rem; background: #fff; border-bottom: 1px solid #d5d2cb; }
h1 { margin: 0; font-size: 1.25rem; }
p { margin: .25rem 0 0; color: #55524b; }
ol { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1.5rem; }
ol { margin: 0; padding: 1.5rem; list-style: none; }
li { background: #fff; box-shadow: 0 1px 6px rgb(0 0 0 / 18%); }
li a { display: block; }
li img { display: block; width: 100%; max-width: 400px; height: auto; }
small { display: block; padding: .5rem .75rem; border-bottom: 1px dashed #d5d2cb; color: #55524b; }
"""
ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path d="M3 1h10v14l-2-1.5L9.5 15 8 13.5 6.500 15 5 13.5 3 15z" fill="#fff" stroke="#1d1d1b"/>
<path d="M5 4.5h6M5 7h6M5 9.5h4" stroke="#1d1d1b"/>
</svg>
"""


def page_server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """Make the server of the page, bound to 127.0.0.1; the caller runs and closes it."""

    class RollPage(_RollPage):
        rolls_folder = folder

    server = ThreadingHTTPServer((HOST, port), RollPage)
    server.daemon_threads = True
    return server


class _RollPage(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer
    rolls_folder: Path
    timeout = REQUEST_TIMEOUT_SECONDS
    server_version = "impresora-virtual"
    sys_version = ""

    def do_GET(self) -> None:
        port = self.server.server_port
        if self.headers.get("Host") not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"")
            return
        roll = ROLL_PATH.fullmatch(self.path)
        if self.path == "/":
            page = _listing(self.rolls_folder).encode()
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page)
        elif self.path == "/estilo.css":
            self._answer(HTTPStatus.OK, "text/css; charset=utf-8", STYLE.encode())
        elif self.path == "/icono.svg":
            self._answer(HTTPStatus.OK, "image/svg+xml", ICON.encode())
        elif roll and (self.rolls_folder / roll[1]).is_file():
            found = self.rolls_folder / roll[1]
            self._answer(HTTPStatus.OK, CONTENT_TYPES[found.suffix], found.read_bytes())
        else:
            body = "No existe esa página. Vuelve a la lista de rollos.".encode()
            self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", body)

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Keep quiet: a page that refreshes itself would fill the terminal."""


def _listing(folder: Path) -> str:
    pictures = sorted(folder.glob("rollo-*.png"), reverse=True)
    rolls = "".join(_roll_item(picture) for picture in pictures[:SHOWN_ROLLS])
    return f"""<!doctype html>
<html lang="es-CL">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH_SECONDS}">
<title>Impresora virtual</title>
<link rel="stylesheet" href="/estilo.css">
<link rel="icon" href="/icono.svg">
</head>
<body>
<header><h1>Impresora virtual</h1><p>{_count_words(len(pictures))}</p></header>
<ol>{rolls}</ol>
</body>
</html>
"""


def _count_words(printed: int) -> str:
    if printed == 0:
        return "Todavía no se imprime nada. Haz una venta en la caja y vuelve aquí."
    counted = "1 rollo impreso." if printed == 1 else f"{printed} rollos impresos."
    older = f" Aquí están los últimos {SHOWN_ROLLS}." if printed > SHOWN_ROLLS else ""
    return f"{counted}{older} La página se actualiza sola."


def _roll_item(picture: Path) -> str:
    try:
        words = json.loads(picture.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        words = {"lines": [], "complete": True}
    text = html.escape("\n".join(words["lines"]), quote=True)
    number = int(picture.stem.removeprefix("rollo-"))
    note = "" if words["complete"] else " · cortado a medio imprimir"
    return (
        f'<li><small>Rollo {number}{note}</small><a href="/rollos/{picture.name}">'
        f'<img src="/rollos/{picture.name}" alt="{text}"></a></li>'
    )
