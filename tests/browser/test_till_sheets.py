"""Every sheet of the till at both sizes, by day and by night: nothing scrolls, nothing is small, axe is content.

The sheets are found in the templates: a new one fails here until it is named. Most are opened as their
button does; those of rare moments are shown with what such a moment says.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.test_till_discounts import keep
from tests.browser.test_till_screen import (
    MILK,
    SIZES,
    SUGAR,
    _overflow,
    _small_targets,
    in_the_books,
    sales,
    scan,
)

from erpmarket.catalog.models import Product
from erpmarket.customers.tests.factories import make_customer
from erpmarket.pos.tests.factories import SellingShop
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TEMPLATES = Path(__file__).resolve().parents[2] / "src/erpmarket/pos/templates/pos"
TILL = "document.querySelector('[x-data=till]')._x_dataStack[0]"
PAPER = "{uid: 'u', words: 'Boleta 1.024', total: '$12.990'}"
WRITTEN = "name: 'Leche entera Colún 1 L', key: 1, before: '$1.191', now: '$1.250'"
# How each sheet comes up. `till` is what the screen shows; the ticket has goods.
SHEETS: Mapping[str, str] = {
    "adult": "till.adultOf = 'Cerveza Escudo lata 470 cc'; till.open('adult', '')",
    "backwait": "till.backAsked = {words: 'Boleta 1.024', about_clp: 12990}; till.showBackWaits('')",
    "buyer": "till.open('buyer', '')",
    "cash": "till.openCash()",
    "cashmove": "till.open('cashmove', '')",
    "categories": "till.open('categories', '')",
    "closed": (
        "till.ended = {uid: 'u', counted: '$52.000', difference: -1500, closedBy: 'Carla Muñoz',"
        " z: 12, held: [{name: 'Sra. Marta', since: '12:40', total: '$3.990'}], unsent: 2,"
        " folios: [1024, 1025], reason: ''}; till.open('closed', '')"
    ),
    "closing": "till.counts = {}; till.open('closing', '')",
    "copies": f"till.unseen = [{PAPER}]; till.open('copies', '')",
    "customer": "till.askCustomer()",
    "discount": "till.askLineDiscount()",
    "giveback": "await till.openOne(await lastSale()); till.askReturn()",
    "givenback": (
        "till.given = {title: 'Nota de crédito 7', amount: '$1.350', says: 'Entrega $1.350 en"
        " efectivo.', vale: {code: '23456789F', amount: '$1.350'}}; till.open('givenback', '')"
    ),
    "held": "till.askHeld()",
    "invoice": "till.askInvoice()",
    "menu": "till.openMenu()",
    "more": "till.askMore()",
    "note": "till.open('note', 'Para el viernes')",
    "one": "await till.openOne(await lastSale())",
    "opening": "till.open('opening', '')",
    "pin": (
        "till.askPin({title: 'PIN de quien autoriza', words: 'Descuento de $500', go: 'Autorizar',"
        " nobody: '', likely: 0, people: till.people, go_on: () => {}})"
    ),
    "prices": (
        f"till.repriced = {{lines: [{{{WRITTEN}}}], before: '$2.541', now: '$2.600'}};"
        " till.open('prices', '')"
    ),
    "printing": "till.askPrinting()",
    "quantity": "till.askQuantity()",
    "refused": "till.sheetText = 'Se acabaron los folios de boleta.'; till.open('refused', '')",
    "review": "await till.review()",
    "sold": "till.openSold(); await till.findSold()",
    "tender": "till.openMixed()",
    "times": "till.open('times', '')",
    "void": "till.open('void', '')",
    "weight": (
        "[...document.querySelectorAll('.tile')].find(one => /Marraqueta/.test(one.innerText)).click()"
    ),
    "xreport": (
        "till.xReport = {title: 'Informe X', total: '$12.990', expected: '$32.990', unsent: '',"
        " drawer: [{order: 0, words: 'Al abrir', amount: '$20.000'}, {order: 1, words: 'Ventas en efectivo',"
        " amount: '$12.990'}], rows: [{words: 'Efectivo', count: '3', amount: '$12.990'}]}; till.open('xreport', '')"
    ),
}
OPEN = (
    "async () => {{ const till = "
    + TILL
    + "; const lastSale = async () => {{ till.openSold(); await till.findSold(); return till.sold[0].uid; }};"
    " {snippet}; }}"
)
CLOSE = f"""() => {{ const till = {TILL}; till.close(); till.tenders = []; till.backAsked = null;
  document.querySelectorAll('[popover]').forEach(one => one.hidePopover()); }}"""
SHOWN = (
    "() => document.querySelector('dialog[open], [popover]:popover-open')?.getAttribute('x-ref')"
)
ALL_RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']}"
CONTRAST = "{runOnly: {type: 'rule', values: ['color-contrast']}, resultTypes: ['violations']}"


def barriers(page: Page, axe: str, rules: str) -> Any:
    """Have axe look at what is open; the page's own policy rightly refuses foreign scripts."""
    session = page.context.new_cdp_session(page)
    loaded = "" if page.evaluate("'axe' in window") else f"{axe};"
    place = "document.querySelector('dialog[open], [popover]:popover-open') ?? document"
    told = "JSON.stringify(found.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": f"{loaded}axe.run({place}, {rules}).then(found => {told})",
            "awaitPromise": True,
        },
    )
    session.detach()
    return json.loads(answer["result"]["value"])


def named_in_templates() -> set[str]:
    found: set[str] = set()
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'<dialog [^>]*x-ref="(\w+)"', text))
        found |= set(re.findall(r'x-ref="(\w+)" popover', text))
    return found


@pytest.fixture
def till(page: Page, selling: SellingShop) -> Page:
    """A till that has sold once, with two things in its ticket."""
    with company_scope(selling.shop.company_id):
        make_customer()
        Product.objects.filter(code="A1").update(takes_baes=True)
    scan(page, SUGAR)
    page.get_by_role("button", name="Justo").click()
    in_the_books(page, lambda: sales(selling), [1350])
    scan(page, SUGAR)
    scan(page, MILK)
    expect(page.locator(".total output")).to_have_text("$2.541")
    return page


def test_every_sheet_of_the_templates_is_named_here() -> None:
    assert named_in_templates() == set(SHEETS)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_sheet_has_a_barrier_a_small_target_or_a_scrolling_page(
    till: Page, axe: str, complaints: list[str], width: int, height: int
) -> None:
    till.set_viewport_size({"width": width, "height": height})
    faults = {}
    for name, snippet in SHEETS.items():
        till.evaluate(OPEN.format(snippet=snippet))
        till.wait_for_timeout(40)
        assert till.evaluate(SHOWN) == name
        keep(till, f"sheet-{name}-{width}")
        found = (
            [] if _overflow(till) == [width, height] else [_overflow(till)],
            _small_targets(till),
            barriers(till, axe, ALL_RULES),
        )
        if any(found):
            faults[name] = found
        till.evaluate(CLOSE)

    assert faults == {}
    assert complaints == []


def test_every_sheet_can_be_read_by_night(till: Page, axe: str) -> None:
    till.evaluate("document.documentElement.dataset.theme = 'dark'")
    faults = {"ticket": barriers(till, axe, CONTRAST)}
    for name, snippet in SHEETS.items():
        till.evaluate(OPEN.format(snippet=snippet))
        till.wait_for_timeout(40)
        assert till.evaluate(SHOWN) == name
        keep(till, f"night-{name}")
        faults[name] = barriers(till, axe, CONTRAST)
        till.evaluate(CLOSE)

    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_till_itself_has_no_barrier_in_any_of_its_states(
    till: Page, axe: str, context: BrowserContext, complaints: list[str], width: int, height: int
) -> None:
    """The ticket for the left hand, practice, the paid sale, and the customer's screen."""
    till.set_viewport_size({"width": width, "height": height})

    def look(page: Page, name: str) -> None:
        page.wait_for_timeout(60)
        keep(page, f"state-{name}-{width}")
        found = (_overflow(page), _small_targets(page), barriers(page, axe, ALL_RULES))
        assert found == ([width, height], [], []), name

    look(till, "ticket")
    till.evaluate("document.documentElement.dataset.hand = 'left'")
    look(till, "left")
    till.evaluate("document.documentElement.dataset.hand = 'right'")
    till.get_by_role("button", name="Justo").click()
    expect(till.get_by_role("region", name="Venta pagada")).to_be_visible()
    look(till, "paid")
    till.keyboard.press("Escape")
    till.evaluate(f"{TILL}.swapPractice()")
    expect(till.locator(".notice")).to_contain_text("Estás en práctica")
    scan(till, SUGAR)
    look(till, "practice")
    till.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert barriers(till, axe, CONTRAST) == []

    display = context.new_page()
    display.set_viewport_size({"width": width, "height": height})
    display.goto("/caja/visor/")
    expect(display.locator("body")).to_contain_text("Bienvenido")
    look(display, "display")
    till.bring_to_front()
    scan(till, MILK)
    expect(display.locator("li")).to_have_count(2)
    look(display, "display-ticket")
    assert complaints == []
