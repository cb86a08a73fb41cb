"""The till's page as a program that a browser keeps: the same bytes for everybody, no session."""

import hashlib
import json
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

# What the page needs to open without a network, beside itself.
_FILES: Final = (
    "dist/till.js",
    "dist/till.css",
    "dist/paper.js",
    "dist/visor.js",
    "dist/visor.css",
    "dist/icon.svg",
    "dist/fonts/inter-latin-wght-normal.woff2",
)
_WORKER: Final = "dist/worker.js"
# The page is one for all companies: it may reach any printer's program on its own machine.
_AGENTS: Final = ("http://127.0.0.1:*", "http://localhost:*")
_VERSION_LETTERS: Final = 16


@require_GET
@never_cache
def shell(_request: HttpRequest) -> HttpResponse:
    """Give the page that sells; whose till it is, the browser knows."""
    response = HttpResponse(_page())
    response.agent_origins = _AGENTS  # type: ignore[attr-defined]  # read by the CSP middleware
    return response


@require_GET
@never_cache
def worker(_request: HttpRequest) -> HttpResponse:
    """Give the program that keeps the page; another list of files is another program."""
    page = reverse("pos:shell")
    kept = {
        "version": shell_version(),
        "files": [page, reverse("pos:display"), *(static(name) for name in _FILES)],
        "page": page,
    }
    program = _source(_WORKER).decode()
    return HttpResponse(
        f"self.CAJA_SHELL={json.dumps(kept)};\n{program}", content_type="text/javascript"
    )


@require_GET
def manifest(_request: HttpRequest) -> HttpResponse:
    """Say how the till is installed as an application of its own."""
    body = {
        "name": "Caja · ERP Market",
        "short_name": "Caja",
        "description": "Vende y da boletas, también sin internet.",
        "lang": "es-CL",
        "id": reverse("pos:shell"),
        "start_url": reverse("pos:shell"),
        "scope": reverse("pos:choose_till"),
        "display": "standalone",
        "background_color": "#f4f1ea",
        "theme_color": "#1f2937",
        "icons": [{"src": static("dist/icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(body, content_type="application/manifest+json")


def shell_version() -> str:
    """Tell one version of page and files from another, also where files keep their names."""
    digest = hashlib.sha256((_page() + render_to_string("pos/display.html")).encode())
    for name in (*_FILES, _WORKER):
        digest.update(static(name).encode() + hashlib.sha256(_source(name)).digest())
    return digest.hexdigest()[:_VERSION_LETTERS]


def _page() -> str:
    return render_to_string("pos/till.html")


def _source(name: str) -> bytes:
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not built: make setup")
    return Path(found).read_bytes()
