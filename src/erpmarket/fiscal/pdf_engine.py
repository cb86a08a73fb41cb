"""The only module that knows WeasyPrint: pages and styles in, PDF bytes out, nothing fetched.

Import it inside functions, never at the top of a module that a sale passes through: it takes half
a second and fifty megabytes.
"""

import io
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # has no types
from fontTools.varLib import instancer  # type: ignore[import-untyped]  # has no types
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from erpmarket.common.errors import InvariantBroken

END_ANCHOR: Final = "end"
# The one file of the front end's own font; absent in a tree whose screens were never built.
INTER: Final = "dist/fonts/inter-latin-wght-normal.woff2"
_FONT_FACE: Final = (
    '@font-face {{ font-family: Inter; font-weight: {weight}; src: url("paper:inter-{weight}") }}'
)
# Pango's font maps are not made for threads, and two papers at once would slow the tills beside us.
_one_at_a_time = threading.Lock()
# They tell each step of each paper at INFO.
for _name in ("weasyprint.progress", "fontTools"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the first pass found: pages, and where `end` begins on the last one, in CSS pixels."""

    page_count: int
    end_px: int


class _OwnResources(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Hands out what it was given and nothing else: no network, no files."""

    def __init__(self, resources: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), fail_on_errors=True)
        self._resources = resources

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002  (WeasyPrint's signature)
        if url not in self._resources:
            raise ValueError(f"papers load nothing from outside: {url[:80]}")
        return URLFetcherResponse(url, self._resources[url])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One paper before it is drawn; `pictures` are the only URLs it may load.

    `weights` are those of Inter that its styles name. A paper that is cut ends `cut_below_px`
    under its last line, if it is one page; `fit` turns the measures of a first pass into the
    rules of a second one.
    """

    html: str
    css: str
    pictures: Mapping[str, bytes]
    weights: tuple[int, ...] = ()
    cut_below_px: int | None = None
    fit: Callable[[Measured], str] | None = None


def write_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Render papers, one after the other, into one PDF.

    Raises InvariantBroken when one would load any other URL.
    """
    with _one_at_a_time:
        try:
            return _written(sheets)
        except FatalURLFetchingError as error:
            raise InvariantBroken(str(error)) from error


def _written(sheets: Sequence[Sheet]) -> bytes:
    fonts, faces = _fonts(frozenset(weight for sheet in sheets for weight in sheet.weights))
    drawn = [_render(sheet, fonts, faces) for sheet in sheets]
    pages = [page for document in drawn for page in document.pages]
    pdf: bytes = drawn[0].copy(pages).write_pdf(pdf_tags=True)
    return pdf


def _render(sheet: Sheet, fonts: FontConfiguration, faces: CSS) -> Any:  # noqa: ANN401  (WeasyPrint has no types)
    fetcher = _OwnResources(sheet.pictures)
    page = HTML(string=sheet.html, url_fetcher=fetcher)
    rules = [faces, _styles(sheet.css)]
    # Both passes share what was read from the pictures.
    options = {"font_config": fonts, "cache": {}, "pdf_tags": True}
    first = page.render(stylesheets=rules, **options)
    # Positions are never negative, so int() rounds down; one pixel more is enough.
    end_px = int(first.pages[-1].anchors[END_ANCHOR][1]) + 1
    if sheet.cut_below_px is not None and len(first.pages) == 1:
        # The rest of the page is white: what was laid out stays where it is.
        first.pages[0].height = end_px + sheet.cut_below_px
    if sheet.fit is None:
        return first
    fitted = sheet.fit(Measured(page_count=len(first.pages), end_px=end_px))
    return page.render(stylesheets=[*rules, CSS(string=fitted, url_fetcher=fetcher)], **options)


@cache
def _styles(css: str) -> CSS:
    """Read the styles of a paper once in a process; there are a handful."""
    return CSS(string=css, url_fetcher=_OwnResources({}))


def _fonts(weights: frozenset[int]) -> tuple[FontConfiguration, CSS]:
    """Make the fonts of one PDF: a map of its own, because maps die with their document."""
    files = {f"paper:inter-{weight}": _inter(weight) for weight in sorted(weights)}
    found = {url: file for url, file in files.items() if file}
    faces = "".join(_FONT_FACE.format(weight=url.rpartition("-")[2]) for url in found)
    fonts = FontConfiguration()
    return fonts, CSS(string=faces, url_fetcher=_OwnResources(found), font_config=fonts)


@cache
def _inter(weight: int) -> bytes:
    """Cut one weight out of Inter, once in a process; empty when the file is not there.

    The file is a variable font: WeasyPrint would unpack and cut it anew for each PDF, which took
    as long as all the rest of the paper.
    """
    path = finders.find(INTER)
    if not path:
        return b""
    font = TTFont(Path(path))
    font.flavor = None
    cut = io.BytesIO()
    instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True, static=True)
    font.save(cut)
    return cut.getvalue()
