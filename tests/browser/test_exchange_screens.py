"""Received facturas in a real browser, at both sizes: nothing hangs over, the clock is seen."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.fiscal.actions.receive_file import receive_file
from erpmarket.fiscal.exchange_models import ReceivedDocument
from erpmarket.fiscal.tests.supplier_file import make_supplier_file
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader
from erpmarket.tenancy.queries import get_company, list_branches, list_company_ids
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600)]


def neighbour_of(shop: Any) -> Any:
    """The other shop of the cast, which `selling` founded and left alone."""
    [other] = [each for each in list_company_ids() if each != shop.company_id]
    with company_scope(other):
        company, [branch] = get_company(), list_branches()
    return SimpleNamespace(
        company_id=other, rut=company.rut, shop_name=company.shop_name, branch_id=branch.id
    )


@pytest.fixture
def pages(selling: Any, caf_office: Any) -> dict[str, str]:
    """Three facturas of a neighbour, one of them about to be late, a bad file, and one of ours."""
    from erpmarket.common.clock import now  # noqa: PLC0415  (settings are ready now)

    shop, at = selling.shop, now()
    xml = make_supplier_file(
        neighbour_of(shop),
        shop,
        caf_office,
        names=("Harina 25 kg", "Aceite 5 L", "Azúcar 1 kg"),
    )
    with company_scope(shop.company_id):
        receive_file(raw=xml, name="ENVIO_7.xml", sender="dte@vecino.example", at=at)
        receive_file(raw=b"hola", name="rota.xml", sender="dte@vecino.example", at=at)
        first, second, third = ReceivedDocument.objects.order_by("id")
        ReceivedDocument.objects.filter(id=first.id).update(
            sii_received_at=at - timedelta(days=6, hours=5)
        )
        ReceivedDocument.objects.filter(id=second.id).update(said=["ACD"])
        ours = make_factura(make_trader(shop, caf_office, kinds=(33,))).row
    return {
        "recibidas": "/sii/recibidas/",
        "por-vencer": f"/sii/recibidas/{first.id}/",
        "aceptada": f"/sii/recibidas/{second.id}/",
        "por-revisar": f"/sii/recibidas/{third.id}/",
        "documento-intercambio": f"/sii/documentos/{ours.id}/",
    }


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address)
    context.set_default_timeout(10_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    yield context.new_page()
    context.close()


def test_pages_of_received_facturas_fit_their_window(office: Page, pages: dict[str, str]) -> None:
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        for name, address in pages.items():
            office.goto(address)
            expect(office.locator("h1")).to_be_visible()
            if folder := os.environ.get("ERP_SHOTS"):
                office.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
            is_too_wide = "document.documentElement.scrollWidth > window.innerWidth"
            assert not office.evaluate(is_too_wide), name


def test_a_click_accepts_a_factura(office: Page, pages: dict[str, str]) -> None:
    office.goto(pages["por-vencer"])
    expect(
        office.get_by_role("heading", name="Queda 1 día para aceptar o reclamar")
    ).to_be_visible()
    office.get_by_role("button", name="Acepto la factura").click()
    expect(office.get_by_text("Registro en el SII: en camino, sale solo.")).to_be_visible()
    expect(office.get_by_role("button", name="No llegó nada")).to_have_count(0)
