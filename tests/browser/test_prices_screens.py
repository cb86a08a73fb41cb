"""A price changed in the office shows on an open till; labels come out of the till's printer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.actions import change_prices, request_labels
from erpmarket.catalog.actions.prices import NewPrice
from erpmarket.catalog.models import LabelRequest, Product
from erpmarket.common.clock import now
from erpmarket.pos.models import Till
from erpmarket.pos.tests.factories import AT
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]
POLL_SECONDS = 2


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


@pytest.fixture
def quick_till(settings: Any, request: pytest.FixtureRequest) -> Page:
    """An open till that asks every other second, where a shop's asks every twenty."""
    assert settings.TILL_POLL_SECONDS <= 60
    settings.TILL_POLL_SECONDS = POLL_SECONDS
    page: Page = request.getfixturevalue("enrolled_till")
    return page


def sugar(selling: Any) -> Product:
    with company_scope(selling.shop.company_id):
        found: Product = Product.objects.get(name__startswith="Azúcar")
        return found


def test_an_open_till_gets_a_price_that_the_office_changed(
    quick_till: Page, office: Page, selling: Any
) -> None:
    product = sugar(selling)
    tile = quick_till.locator(".tile", has_text="Azúcar Iansa")
    expect(tile).to_contain_text("$1.350")

    office.goto(f"/productos/{product.id}/precio/")
    office.get_by_label("Precio nuevo").fill("1450")
    with quick_till.expect_response(re.compile(r"/catalogo\?desde=\d+$")) as asked:
        office.get_by_role("button", name="Cambiar precio").click()
        expect(office.get_by_text("Precio cambiado a")).to_be_visible()

    expect(tile).to_contain_text("$1.450")
    news = asked.value.json()
    assert [(row[0], row[4]) for row in news["products"]] == [(product.id, 1450)]
    expect(quick_till.locator(".tile", has_text="Leche entera")).to_contain_text("$1.191")

    office.get_by_role("button", name="Deshacer").click()
    expect(tile).to_contain_text("$1.350")


def test_labels_go_to_the_tills_printer_and_come_back_when_it_is_away(
    office: Page, selling: Any
) -> None:
    agent = "http://127.0.0.1:9"
    with company_scope(selling.shop.company_id):
        Till.objects.filter(id=selling.till.id).update(agent_url=agent, agent_token="secreto")
        request_labels({sugar.id: 1 for sugar in Product.objects.all()}, at=AT, by_hand=True)
    jobs: list[Any] = []
    answers = iter([503, 202])

    def answer(route: Any) -> None:
        if route.request.method == "OPTIONS":
            route.fulfill(status=204, headers=CORS)
            return
        jobs.append(route.request.post_data_json)
        route.fulfill(status=next(answers), headers=CORS, json={"state": "printed"})

    office.route(f"{agent}/**", answer)
    office.goto("/productos/etiquetas/")
    office.get_by_label("Imprimir en").select_option(f"caja:{selling.till.id}")
    office.get_by_role("button", name="Imprimir etiquetas").click()
    expect(office.locator(".toasts")).to_contain_text("Las etiquetas siguen en la lista")
    office.reload()
    expect(office.get_by_text("3 por imprimir")).to_be_visible()
    office.get_by_label("Imprimir en").select_option(f"caja:{selling.till.id}")
    office.get_by_role("button", name="Imprimir etiquetas").click()
    expect(office.get_by_text("todo al día")).to_be_visible()

    assert [block["kind"] for block in jobs[1]["blocks"]] == [
        "bitmap", "rule", "bitmap", "rule", "bitmap",
    ]  # fmt: skip
    with company_scope(selling.shop.company_id):
        assert LabelRequest.objects.filter(printed_at__isnull=True).count() == 0


CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Allow-Methods": "POST",
}


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pages_fit_and_pass_the_accessibility_checker(
    office: Page, selling: Any, axe: str, width: int, height: int
) -> None:
    product = sugar(selling)
    with company_scope(selling.shop.company_id):
        request_labels({row.id: 1 for row in Product.objects.all()}, at=now(), by_hand=True)
        prices = [NewPrice(product_id=product.id, price_clp=1450)]
        change_prices(prices, at=now(), by_id=selling.shop.owner.membership_id)
        later = now().replace(year=now().year + 1)
        prices = [NewPrice(product_id=product.id, price_clp=1490)]
        change_prices(prices, at=now(), effective_at=later)
    office.set_viewport_size({"width": width, "height": height})

    for path in ("precios/", "margenes/", "etiquetas/", f"{product.id}/editar/", "", "nuevo/"):
        office.goto(f"/productos/{path}")
        wide = office.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, path
        office.evaluate(axe)
        found = office.evaluate("axe.run().then(({violations}) => violations.map(v => v.id))")
        assert found == [], path
