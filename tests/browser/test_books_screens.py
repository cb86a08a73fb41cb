"""Books, duties and the backup in a real browser: at each size nothing hangs over."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.fiscal.actions.folio_reports import choose_folio_reports
from erpmarket.fiscal.archive import ArchivePeriod, write_archive
from erpmarket.fiscal.books_models import FolioReport
from erpmarket.fiscal.exchange_models import ReceivedDocument, ReceivedFile
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]


@pytest.fixture
def pages(selling: Any, caf_office: Any) -> dict[str, str]:
    """A month with a factura of ours, credit in every state, reports and a backup."""
    from erpmarket.common.clock import local_date, now  # noqa: PLC0415  (settings are ready now)

    shop, at = selling.shop, now()
    today = local_date(at)
    with company_scope(shop.company_id):
        make_factura(make_trader(shop, caf_office, kinds=(33,)), at=at)
        _receive(33, 1, accepted_at=at, said=["ACD"], at=at)
        _receive(33, 2, at=at)
        _receive(33, 3, said=["RCD"], at=at)
        _receive(61, 4, at=at)
        choose_folio_reports(is_on=True, since=today - timedelta(days=3), chosen_by=None, at=at)
        for back, state in enumerate(("accepted", "rejected", "lost"), start=1):
            FolioReport.objects.create(
                environment="demo",
                day=today - timedelta(days=back),
                sequence=1,
                state=state,
                xml=b"<ConsumoFolios/>",
                issued_count=125,
                voided_count=2,
                total_clp=1_234_567,
                track_id="123456",
                words="Envío procesado." if state == "accepted" else "Firma del envío incorrecta.",
                wanted_at=at,
                sent_at=at,
                final_at=at,
                available_at=at,
            )
    first = today.replace(day=1)
    until = (first + timedelta(days=32)).replace(day=1)
    list(
        write_archive(
            shop.company_id,
            ArchivePeriod(first=first, until=until),
            made_by=shop.owner.membership_id,
            at=at,
        )
    )
    return {
        "libro": "/sii/libro/",
        "libro-dia": "/sii/libro/?por=dia",
        "libro-documentos": "/sii/libro/?por=documentos",
        "f29": "/sii/f29/",
        "credito": "/sii/f29/credito/",
        "consumo": "/sii/consumo/",
        "respaldo": "/sii/respaldo/",
        "recibidas-lista": "/sii/recibidas/",
    }


def _receive(kind: int, folio: int, *, at: Any, **facts: Any) -> ReceivedDocument:
    file = ReceivedFile.objects.create(
        environment="demo", digest=str(folio), name="a.xml", received_at=at, raw=b"", state=0
    )
    row: ReceivedDocument = ReceivedDocument.objects.create(
        file=file,
        position=0,
        environment="demo",
        issuer_rut="77346128-7",
        issuer_name="Distribuidora de Alimentos El Vecino Limitada",
        kind=kind,
        folio=folio,
        issue_date=at.date(),
        net_clp=1_000_000,
        exempt_clp=0,
        vat_clp=190_000,
        total_clp=1_190_000,
        state=0,
        note="",
        received_at=at,
        sii_received_at=at,
        **facts,
    )
    return row


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address)
    context.set_default_timeout(20_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    yield context.new_page()
    context.close()


def test_pages_of_books_and_duties_fit_their_window(office: Page, pages: dict[str, str]) -> None:
    wide = []
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        for name, address in pages.items():
            office.goto(address)
            expect(office.locator("h1")).to_be_visible()
            if folder := os.environ.get("ERP_SHOTS"):
                office.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
            is_too_wide = "document.documentElement.scrollWidth > window.innerWidth"
            if office.evaluate(is_too_wide):
                wide.append((name, width))
    assert wide == []


def test_a_click_sends_a_day_again_and_another_switches_it_off(
    office: Page, pages: dict[str, str]
) -> None:
    office.goto(pages["consumo"])
    office.get_by_role("button", name="Enviar de nuevo").nth(1).click()
    expect(office.get_by_text("envío 2")).to_be_visible()
    office.get_by_role("button", name="Apagar").click()
    expect(office.get_by_role("button", name="Encender")).to_be_visible()
