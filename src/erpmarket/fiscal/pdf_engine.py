"""The only module that knows WeasyPrint: pages and styles in, PDF bytes out, nothing fetched.

Import it inside functions, never at the top of a module that a sale passes through: it takes half
a second and fifty megabytes.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from erpmarket.common.errors import InvariantBroken

END_ANCHOR = "end"
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
    """One paper before it is drawn; `resources` are the only URLs it may load.

    `fit` turns the measures of a first pass into the rules of the second.
    """

    html: str
    css: str
    resources: Mapping[str, bytes]
    fit: Callable[[Measured], str]


def write_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Render papers, each twice, into one PDF.

    Raises InvariantBroken when one would load any other URL.
    """
    with _one_at_a_time:
        try:
            drawn = [_render(sheet) for sheet in sheets]
            pages = [page for document in drawn for page in document.pages]
            pdf: bytes = drawn[0].copy(pages).write_pdf(pdf_tags=True)
        except FatalURLFetchingError as error:
            raise InvariantBroken(str(error)) from error
    return pdf


def _render(sheet: Sheet) -> Any:  # noqa: ANN401  (WeasyPrint has no types)
    fetcher = _OwnResources(sheet.resources)
    page = HTML(string=sheet.html, url_fetcher=fetcher)
    fonts = FontConfiguration()
    base = CSS(string=sheet.css, url_fetcher=fetcher, font_config=fonts)
    first = page.render(stylesheets=[base], font_config=fonts)
    # Positions are never negative, so int() rounds down; one pixel more is enough.
    end_px = int(first.pages[-1].anchors[END_ANCHOR][1]) + 1
    fitted = sheet.fit(Measured(page_count=len(first.pages), end_px=end_px))
    rules = [base, CSS(string=fitted, url_fetcher=fetcher)]
    return page.render(stylesheets=rules, font_config=fonts, pdf_tags=True)
