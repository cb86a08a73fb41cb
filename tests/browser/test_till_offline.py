"""A browser that is a till: how it becomes one, how it opens without a network, how it is renewed."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from tests.browser.conftest import READY, wait_until_ready
from tests.browser.test_till_screen import MILK, SUGAR, in_the_books, sales, scan
from tests.browser.test_till_selling import keep

from erpmarket.common.clock import now
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos import shell_views
from erpmarket.pos.actions.devices import make_enrolment_code, revoke_device
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.models import Till
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


AGENT = "http://127.0.0.1:17831"
OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "*",
}


def print_here(context: BrowserContext, selling: Any) -> list[dict[str, Any]]:
    """Give the till's machine a printing program; return what it will be told to print."""
    told: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST" and route.request.url.endswith("/jobs"):
            told.append(json.loads(route.request.post_data or ""))
        route.fulfill(status=200, headers=OPEN_TO_ALL, json={"state": "printed", "devices": []})

    context.route(f"{AGENT}/**", answer)
    with company_scope(selling.shop.company_id):
        Till.objects.update(agent_url=AGENT, agent_token="only-for-tests")
    return told


def printed(jobs: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Read folio and stamp of each paper."""
    papers = [{block["kind"]: block for block in job["blocks"]} for job in jobs]
    return [(paper["document_box"]["folio"], paper["stamp"]["ted"]) for paper in papers]


def devices(selling: Any) -> list[tuple[int, bool]]:
    with company_scope(selling.shop.company_id):
        rows = TillDevice.objects.order_by("id")
        return [(row.till_id, row.revoked_at is None) for row in rows]


def sign_in(context: BrowserContext, selling: Any, person: Any, address: str) -> None:
    context.clear_cookies()
    cookies = selling.shop.client(person).cookies
    context.add_cookies(
        [{"name": name, "value": morsel.value, "url": address} for name, morsel in cookies.items()]
    )


def wait_for(page: Page, expression: str) -> None:
    """Wait until it is so; the page's own policy refuses Playwright's way."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def keep_shell(page: Page) -> None:
    """Wait until the page and its files are on this machine."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_for(page, "navigator.serviceWorker.controller !== null")


def test_the_owner_makes_this_browser_the_till_with_one_tap(
    context: BrowserContext, selling: Any, network: Any
) -> None:
    sign_in(context, selling, selling.shop.owner, network.address)
    page = context.new_page()
    page.goto(f"/caja/{selling.till.id}/")
    expect(page.get_by_role("heading", name="¿Este equipo es Caja 1?")).to_be_visible()
    page.get_by_role("button", name="Sí, es Caja 1").click()

    page.wait_for_url("**/caja/venta/")
    wait_until_ready(page)
    assert devices(selling) == [(selling.till.id, True)]
    page.goto(f"/caja/{selling.till.id}/")
    page.wait_for_url("**/caja/venta/")
    assert devices(selling) == [(selling.till.id, True)]


def test_a2_a_till_that_is_elsewhere_is_moved_here_after_a_warning(
    page: Page, chromium: Any, selling: Any, network: Any
) -> None:
    context = chromium.new_context(base_url=network.address)
    sign_in(context, selling, selling.shop.cashier, network.address)
    second = context.new_page()
    second.goto(f"/caja/{selling.till.id}/")
    expect(second.get_by_text("vende ahora en otro equipo")).to_be_visible()
    expect(second.get_by_label("Código")).to_have_count(0)
    sign_in(context, selling, selling.shop.owner, network.address)
    second.goto(f"/caja/{selling.till.id}/")
    second.get_by_role("button", name="Cambiar a este equipo").click()
    expect(second.get_by_text("deja de vender apenas lo sabe")).to_be_visible()
    assert devices(selling) == [(selling.till.id, True)]
    second.get_by_role("button", name="Dar de baja el otro y vender aquí").click()

    second.wait_for_url("**/caja/venta/")
    second.wait_for_selector(READY)
    assert devices(selling) == [(selling.till.id, False), (selling.till.id, True)]
    page.reload()
    expect(page.get_by_text("Este equipo fue dado de baja")).to_be_visible()
    context.close()


def test_a_till_taken_off_while_somebody_pays_says_so_and_keeps_the_ticket(
    page: Page, context: BrowserContext, selling: Any
) -> None:
    scan(page, SUGAR)
    scan(page, MILK)
    context.set_offline(True)
    page.keyboard.press("Delete")
    expect(page.locator(".state")).to_contain_text("Sin conexión")
    page.keyboard.press("F8")
    expect(page.get_by_role("dialog")).to_contain_text("$1.350")
    with company_scope(selling.shop.company_id):
        device = TillDevice.objects.get()
        owner = selling.shop.owner.membership_id
        revoke_device(device_id=device.id, reason="Se cambió", by=owner, at=now())
    context.set_offline(False)

    said = page.get_by_role("dialog", name="No se cobró")
    expect(said).to_contain_text("Este equipo fue dado de baja")
    expect(said).to_contain_text("La venta sigue en la pantalla")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("F8")
    expect(said).to_contain_text("inscribe este equipo de nuevo")
    said.get_by_role("button", name="Volver a la venta").click()
    expect(page.locator(".total output")).to_have_text("$1.350")
    assert sales(selling) == []


def test_what_a_till_taken_off_never_sent_is_forgotten_only_when_it_was_said_twice(
    page: Page, context: BrowserContext, selling: Any
) -> None:
    context.route("**/diario", lambda route: route.abort())
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_be_visible()
    owner = selling.shop.owner.membership_id
    with company_scope(selling.shop.company_id):
        device = TillDevice.objects.get()
        revoke_device(device_id=device.id, reason="Se cambió", by=owner, at=now())
        code = make_enrolment_code(till_id=selling.till.id, made_by=owner, at=now())
    page.reload()
    expect(page.get_by_text("Este equipo fue dado de baja")).to_be_visible()
    state = page.locator(".state")
    expect(state).to_contain_text("Equipo dado de baja · 1 por enviar")
    expect(state.locator("[data-tone=ok]")).to_have_count(0)
    keep(page, "dado-de-baja")
    page.get_by_role("link", name="Inscribir este equipo").click()
    page.get_by_label("Código").fill(code)
    enrol = page.get_by_role("button", name="Inscribir este equipo")
    enrol.click()

    said = page.locator(".trouble:visible")
    expect(said).to_contain_text("Este equipo guarda 1 venta por $1.350 que no alcanzó a enviar")
    keep(page, "sin-enviar")
    page.get_by_role("button", name="Ya las anoté: olvidarlas aquí").click()
    expect(page.get_by_text("Se borran de este equipo para siempre")).to_be_visible()
    keep(page, "sin-enviar-seguro")
    enrol.click()
    expect(said).to_contain_text("1 venta por $1.350")
    page.get_by_role("button", name="Ya las anoté: olvidarlas aquí").click()
    page.get_by_role("button", name="No borrar nada").click()
    enrol.click()
    expect(said).to_contain_text("1 venta por $1.350")
    assert devices(selling) == [(selling.till.id, False)]

    page.get_by_role("button", name="Ya las anoté: olvidarlas aquí").click()
    page.get_by_role("button", name="Están todas anotadas: borrarlas").click()
    enrol.click()
    page.wait_for_url("**/caja/venta/")
    page.wait_for_selector(READY)
    assert devices(selling) == [(selling.till.id, False), (selling.till.id, True)]
    assert sales(selling) == []


def test_a_wrong_code_lets_nobody_in(context: BrowserContext, selling: Any) -> None:
    page = context.new_page()
    page.goto(f"/caja/{selling.till.id}/")
    page.get_by_label("Código").fill("ABCD")
    page.get_by_role("button", name="Inscribir este equipo").click()
    expect(page.locator("[data-step=enrol] .trouble")).to_contain_text("8 letras y números")
    page.get_by_label("Código").fill("AAAA-AAAA")
    page.get_by_role("button", name="Inscribir este equipo").click()

    expect(page.locator("[data-step=enrol] .trouble")).to_contain_text("no existe o ya venció")
    assert devices(selling) == []


def test_a_browser_that_is_no_till_says_how_to_become_one(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/caja/venta/")

    expect(page.get_by_text("Este equipo todavía no es una caja")).to_be_visible()
    page.get_by_role("link", name="Ver las cajas").click()
    page.wait_for_url("**/caja/")


def test_a13_from_cold_and_with_the_network_down_the_till_sells_and_prints(
    context: BrowserContext,
    selling: Any,
    complaints: list[str],
    request: pytest.FixtureRequest,
) -> None:
    """The gate of a release: tests/test_release_gate.py sees to it that this is never left out."""
    jobs = print_here(context, selling)
    page: Page = request.getfixturevalue("enrolled_till")
    keep_shell(page)
    page.close()
    context.clear_cookies()
    context.set_offline(True)
    cold = context.new_page()
    cold.goto("/caja/venta/")
    cold.wait_for_selector(READY)
    expect(cold.get_by_text("El navegador puede borrar lo guardado")).to_be_visible()
    expect(cold.locator(".meta")).to_contain_text("Caja 1 · Turno desde las")
    scan(cold, SUGAR)
    cold.get_by_role("button", name="Justo").click()
    expect(cold.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta impresa")
    expect(cold.locator(".state")).to_have_text("Sin conexión · 1 por enviar · boletas válidas")
    cold.locator(".state").click()
    expect(cold.get_by_role("dialog")).to_contain_text("Las boletas que das son válidas")
    assert sales(selling) == []
    folio, ted = printed(jobs)[0]
    assert ted.startswith('<TED version="1.0">')
    assert f"<F>{folio}</F>" in ted

    context.set_offline(False)
    in_the_books(cold, lambda: sales(selling), [1350])
    expect(cold.locator(".state")).to_contain_text("En línea")
    with company_scope(selling.shop.company_id):
        paper = IssuedDocument.objects.get()
        assert (paper.folio, ted.encode("latin-1") in bytes(paper.xml)) == (folio, True)
    assert len(jobs) == 1
    assert complaints == []


def test_a13_a_server_that_never_answers_holds_up_no_sale(
    context: BrowserContext, selling: Any, request: pytest.FixtureRequest
) -> None:
    jobs = print_here(context, selling)
    page: Page = request.getfixturevalue("enrolled_till")
    hanging: list[Route] = []

    def hang(route: Route) -> None:
        hanging.append(route)

    context.route("**/caja/equipo/**", hang)
    for number in (1, 2, 3):
        scan(page, SUGAR)
        page.get_by_role("button", name="Justo").click()
        expect(page.get_by_role("region", name="Venta pagada")).to_contain_text("Boleta impresa")
        assert len(jobs) == number
    assert hanging
    assert sales(selling) == []
    folios = [folio for folio, _ in printed(jobs)]
    assert folios == list(range(folios[0], folios[0] + 3))

    context.unroute("**/caja/equipo/**")
    for route in hanging:
        route.continue_()
    in_the_books(page, lambda: sales(selling), [1350] * 3)


def test_a_boleta_whose_paper_nobody_saw_is_asked_about_once(
    context: BrowserContext, selling: Any, request: pytest.FixtureRequest
) -> None:
    with company_scope(selling.shop.company_id):
        # Nobody listens there: a printer's program that was closed.
        Till.objects.update(agent_url="http://127.0.0.1:9", agent_token="t")
    page: Page = request.getfixturevalue("enrolled_till")
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    expect(page.get_by_text("La impresora no contesta. Se imprimirá sola")).to_be_visible()
    in_the_books(page, lambda: sales(selling), [1350])
    page.reload()

    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("¿Imprimir copia?")
    expect(asked).to_contain_text("$1.350")
    asked.get_by_role("button", name="No, salieron bien").click()
    page.reload()
    wait_until_ready(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_new_version_waits_for_an_empty_ticket(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_shell(page)
    scan(page, MILK)
    page.evaluate("window.isOld = true")
    monkeypatch.setattr(shell_views, "shell_version", lambda: "another")
    page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update())")
    wait_for(page, "navigator.serviceWorker.getRegistration().then(one => one.waiting !== null)")
    page.get_by_role("button", name="Carla").click()
    expect(page.get_by_text("Hay una versión nueva")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("window.isOld") is True

    page.get_by_role("button", name="Justo").click()
    with page.expect_event("load"):
        page.get_by_role("button", name="Nueva venta").click()
    assert page.evaluate("window.isOld") is None
    wait_until_ready(page)
    assert page.evaluate("caches.keys()") == ["caja-another"]
