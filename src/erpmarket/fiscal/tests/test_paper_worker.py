"""The worker that draws, with its own role and real commits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from erpmarket.fiscal.actions.request_paper import request_paper
from erpmarket.fiscal.models import PaperJob
from erpmarket.fiscal.paper_tasks import draw_papers
from erpmarket.fiscal.pdf import PdfPaper
from erpmarket.fiscal.tests.factories import AT, make_document, make_folios
from erpmarket.tenancy.scope import company_scope


def ask_for_papers(shop: Any, office: Any) -> None:
    with company_scope(shop.company_id):
        make_folios(shop, office)
        document = make_document(shop)
        for paper in (PdfPaper.ROLL, PdfPaper.LETTER):
            request_paper([document], paper=paper, at=AT)


def drawn(shop: Any) -> list[tuple[bool, int]]:
    with company_scope(shop.company_id):
        rows = PaperJob.objects.order_by("id")
        return [(bytes(row.pdf or b"").startswith(b"%PDF"), row.attempts) for row in rows]


def test_a_paper_that_cannot_be_read_holds_up_no_other(
    fresh_database: str, found_cast: Callable[[], tuple[Any, Any]], caf_office: Any
) -> None:
    """It came first for ever: what failed took its own count of tries back with it."""
    shop, _ = found_cast()
    ask_for_papers(shop, caf_office)
    with company_scope(shop.company_id):
        PaperJob.objects.filter(id=PaperJob.objects.order_by("id").values("id")[:1]).update(
            documents=[10**9]
        )

    assert draw_papers(now=lambda: AT) == 0
    assert draw_papers(now=lambda: AT) == 1

    assert drawn(shop) == [(False, 1), (True, 1)]


def test_papers_of_every_company_are_drawn_once_by_two_workers(
    fresh_database: str, found_cast: Callable[[], tuple[Any, Any]], caf_office: Any
) -> None:
    shops = found_cast()
    for shop in shops:
        ask_for_papers(shop, caf_office)

    def work() -> int:
        try:
            return draw_papers()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=2) as workers:
        counts = list(workers.map(lambda _: work(), range(2)))

    assert sum(counts) == 4
    for shop in shops:
        assert drawn(shop) == [(True, 1), (True, 1)]
    assert draw_papers() == 0
