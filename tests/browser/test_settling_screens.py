"""What a till told in vain, folios that never came and a late Z, in a real browser at both sizes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.common.clock import now
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600)]


@pytest.fixture
def told(selling: Any) -> Any:
    """The shop after a sale that cannot be booked, a hole in the folios and a late sale."""
    from erpmarket.pos.actions.shift import close_shift  # noqa: PLC0415  (settings are ready now)
    from erpmarket.pos.tests.device_desk import enrol_at  # noqa: PLC0415
    from erpmarket.pos.tests.factories import make_product  # noqa: PLC0415
    from erpmarket.pos.tests.till_device import sold_line  # noqa: PLC0415

    at = now()
    with company_scope(selling.shop.company_id):
        rice = make_product(selling.category, "R9", name="Arroz grado 1", price_clp=1_490)
    device = enrol_at(selling, at=at)
    lease = device.lease(at=at)
    events = [
        device.sale(
            lease,
            [sold_line(rice)],
            shift_uid=str(selling.shift.uid),
            folio=lease.first + place,
            at=at,
        )
        for place in range(5)
    ]
    events[1]["body"]["lines"][0]["product_id"] = 10**9
    device.tell(*events[:3], at=at)
    with company_scope(selling.shop.company_id):
        close_shift(till=selling.till, shift_id=selling.shift.id, counted_clp=22_980, at=now())
    device.tell(events[4], at=at)
    return selling


@pytest.fixture
def office(chromium: Browser, network: Any, told: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in."""
    client = told.shop.client(told.shop.owner)
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


def _fits(page: Page, name: str, address: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), name
        if folder := os.environ.get("ERP_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_an_event_told_in_vain_is_noted_as_seen_beside_the_folios_that_never_came(
    office: Page, told: Any
) -> None:
    _fits(office, "equipos", "/caja/equipos/")
    expect(office.get_by_role("heading", name="Folios usados que no llegaron")).to_be_visible()
    expect(office.get_by_text("$1.490")).to_be_visible()

    office.get_by_role("button", name="Registrar ahora").click()
    expect(office.get_by_role("alert")).to_contain_text("Todavía no:")
    office.get_by_text("Anotar como visto").click()
    office.get_by_label("¿Qué se hizo con esto?").fill("Se anuló con una nota")
    office.get_by_role("button", name="Guardar").click()

    expect(office.get_by_role("heading", name="No se pudo registrar")).to_have_count(0)
    expect(office.get_by_text("«Se anuló con una nota»")).to_be_hidden()
    office.get_by_text("Anotado como visto (1)").click()
    expect(office.get_by_text("«Se anuló con una nota»")).to_be_visible()
    expect(office.get_by_role("button", name="Registrar ahora")).to_be_visible()


def test_a_late_sale_stands_beside_the_z_as_it_was_closed(office: Page, told: Any) -> None:
    _fits(office, "z-tardio", f"/caja/turnos/{told.shift.id}/")

    expect(office.get_by_role("heading", name="La caja cuadra")).to_be_visible()
    expect(office.get_by_role("heading", name="Llegó después del cierre")).to_be_visible()
    expect(office.get_by_text("con otras entre medio")).to_be_visible()
    expect(office.get_by_text("Diferencia con todo")).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_office_pages_of_tills_fit_and_pass_the_accessibility_checker(
    office: Page, told: Any, axe: str, size: tuple[int, int], look: str
) -> None:
    from erpmarket.pos.device_models import TillDevice  # noqa: PLC0415  (settings are ready now)

    with company_scope(told.shop.company_id):
        device_id = TillDevice.objects.values_list("id", flat=True).get()
    office.set_viewport_size({"width": size[0], "height": size[1]})
    tills = f"/caja/{told.till.id}"
    pages = {
        "equipos": "/caja/equipos/",
        "perdido": f"/caja/equipos/{device_id}/perdido/",
        "z": f"/caja/turnos/{told.shift.id}/",
        "turnos": "/caja/turnos/",
        "bitacora": "/caja/bitacora/",
        "abrir": f"{tills}/turno/",
        "etiquetas": "/productos/etiquetas/",
    }
    for name, address in pages.items():
        _is_fit_to_show(office, axe, look, name, address)

    # After somebody said "seen" and the device was taken off.
    office.goto("/caja/equipos/")
    office.locator("details", has_text="Anotar como visto").locator("summary").click()
    office.get_by_label("¿Qué se hizo con esto?").fill("Se anuló con una nota")
    office.get_by_role("button", name="Guardar").click()
    expect(office.get_by_text("Anotado como visto (1)")).to_be_visible()
    office.goto(f"/caja/equipos/{device_id}/perdido/")
    office.get_by_label("¿Qué pasó con este equipo?").fill("Se lo robaron anoche")
    office.get_by_role("button", name="Dar de baja").click()
    expect(office.get_by_text("De baja desde")).to_be_visible()
    _is_fit_to_show(office, axe, look, "perdido-baja", f"/caja/equipos/{device_id}/perdido/")
    _is_fit_to_show(office, axe, look, "equipos-visto", "/caja/equipos/")


def _is_fit_to_show(page: Page, axe: str, look: str, name: str, address: str) -> None:
    """Open all that is folded, look at it, and ask the checker."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, name
    page.evaluate("look => { document.documentElement.dataset.theme = look }", look)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    width = page.evaluate("window.innerWidth")
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), name
    if folder := os.environ.get("ERP_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{look}-{width}.png", full_page=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    faults = [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]
    assert faults == [], name
