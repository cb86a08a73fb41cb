"""The certification assistant in a real browser, to the end of a set, at both sizes."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.fiscal.tests.certification_shop import (
    KINDS,
    PAGE,
    TEST_SET,
    make_certification_office,
    open_certified_shop,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SIZES = [(1280, 800), (1024, 600)]


@pytest.fixture
def selling(
    fresh_database: str,
    found_cast: Callable[[], tuple[Any, Any]],
    tmp_path: Path,
    settings: Any,
) -> Iterator[Any]:
    made = make_certification_office(tmp_path / "made" / "sii")
    with open_certified_shop(
        casts=found_cast, made=made, folder=tmp_path, settings=settings
    ) as opened:
        yield SimpleNamespace(shop=opened.cast, certified=opened)


def open_office(chromium: Browser, network: Any, selling: Any) -> Page:
    """Open a browser where doña Rosa is signed in."""
    client = selling.shop.client(selling.shop.owner)
    context = chromium.new_context(base_url=network.address)
    context.set_default_timeout(15_000)
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": network.address}
            for name, morsel in client.cookies.items()
        ]
    )
    return context.new_page()


def look(page: Page, name: str) -> None:
    """See that nothing hangs over at both sizes; keep pictures when somebody asks for them."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if folder := os.environ.get("ERP_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), name


def test_a_set_goes_from_its_file_to_the_siis_yes(
    chromium: Browser, network: Any, selling: Any
) -> None:
    shop = selling.certified
    page = open_office(chromium, network, selling)
    page.goto(PAGE)
    look(page, "certificacion-empezar")
    page.get_by_role("button", name="Empezar la certificación").click()
    page.set_input_files("input[name=set]", [file("set.txt", TEST_SET.encode("iso-8859-1"))])
    page.get_by_role("button", name="Subir el set").click()
    for kind in KINDS:
        page.set_input_files("input[name=caf]", [file("folios.xml", shop.cafs[kind])])
        page.get_by_role("button", name="Cargar folios").click()
    expect(page.get_by_text("quedan 40")).to_have_count(len(KINDS))
    look(page, "certificacion-pasos")

    page.get_by_role("link", name="Set básico").click()
    page.get_by_role("button", name="Preparar").click()
    expect(page.get_by_text("8100001-6")).to_be_visible()
    look(page, "certificacion-preparado")
    page.get_by_role("button", name="Enviar al SII").click()
    expect(page.get_by_text("Esta página se actualiza sola")).to_be_visible()
    # Whoever closes the browser here finds it where it was.
    page.context.close()
    shop.work()

    page = open_office(chromium, network, selling)
    page.goto(f"{PAGE}paso/set-8100001/")
    expect(page.get_by_text("Aceptada", exact=True)).to_have_count(6)
    look(page, "certificacion-aceptado")
    page.get_by_role("button", name="Aprobado").click()
    page.get_by_role("link", name="Certificación").first.click()
    expect(page.get_by_text("1 de 8 aprobados por el SII")).to_be_visible()
    page.get_by_role("link", name="Libro de ventas").click()
    page.get_by_role("button", name="Preparar").click()
    expect(page.get_by_text("Se está firmando…")).to_be_visible()
    shop.work()
    page.get_by_role("button", name="Enviar al SII").click()
    shop.work()
    page.reload()
    expect(page.get_by_text("Libro aceptado y cuadrado")).not_to_have_count(0)
    look(page, "certificacion-libro")
    page.goto(PAGE)
    look(page, "certificacion-avance")
    page.context.close()


def file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}
