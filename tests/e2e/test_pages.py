"""Every page of a living shop: it fits, keeps our policy, and stops nobody who cannot see or point."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from erpmarket.cli.demo.people import DemoRole
from erpmarket.cli.trial import Trial

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZES = [(1280, 800), (1024, 600)]
NEWEST = """SELECT coalesce(max(x.id), 0) FROM {table} x JOIN tenancy_company c ON c.id = x.company_id
 WHERE c.rut = '68918245-3'"""


@pytest.fixture(scope="module")
def desk(open_desk: Any) -> Any:
    desk = open_desk("dona_rosa")
    desk.sign_in(DemoRole.OWNER)
    return desk


@pytest.fixture(scope="module")
def office_pages(trial: Trial) -> list[str]:
    newest = {
        table: trial.ask(NEWEST.format(table=table))
        for table in ("catalog_product", "fiscal_issueddocument", "purchasing_receipt", "pos_till")
    }
    product = f"/productos/{newest['catalog_product']}/"
    return [
        "/caja/",
        f"/caja/{newest['pos_till']}/turno/",
        "/productos/",
        "/productos/?q=no-hay-nada-as%C3%AD",
        "/productos/nuevo/",
        product,
        f"{product}precio/",
        "/compras/",
        f"/compras/{newest['purchasing_receipt']}/",
        "/compras/proveedores/",
        "/clientes/",
        "/sii/",
        "/sii/documentos/",
        "/sii/documentos/?estado=por-corregir",
        f"/sii/documentos/{newest['fiscal_issueddocument']}/",
        "/sii/folios/",
        "/sii/certificado/",
        "/empresas/",
    ]


def test_office_pages_fit_and_are_free_of_barriers_and_complaints(
    desk: Any, office_pages: list[str], axe: str
) -> None:
    wide, barred = [], []
    for address in office_pages:
        for width, height in SIZES:
            desk.page.set_viewport_size({"width": width, "height": height})
            answer = desk.page.goto(address)
            assert answer.status == 200, address
            if _overflow(desk.page)[0] > width:
                wide.append(f"{address} at {width}")
        barred += [f"{address}: {barrier}" for barrier in _barriers(desk.page, axe)]

    assert wide == []
    assert barred == []
    assert desk.complaints == []


def test_the_door_fits_and_is_free_of_barriers(open_desk: Any, axe: str) -> None:
    stranger = open_desk("dona_rosa")
    for width, height in SIZES:
        stranger.page.set_viewport_size({"width": width, "height": height})
        stranger.page.goto("/productos/")

        assert stranger.page.url.partition("?")[0].endswith("/entrar/")
        assert _overflow(stranger.page) == [width, height]
    assert _barriers(stranger.page, axe) == []
    assert stranger.complaints == []


def test_a_foreign_script_is_not_run_and_our_ear_hears_of_it(open_desk: Any) -> None:
    victim = open_desk("dona_rosa")
    victim.page.goto("/entrar/")

    victim.page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {text: 'window.x = 1'}))"
    )

    assert victim.page.evaluate("window.x") is None
    assert any("policy: script-src-elem inline" in words for words in victim.complaints)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_till_never_scrolls_and_its_targets_are_large(
    open_desk: Any,
    trial: Trial,
    axe: str,
    hints: tuple[str, ...],
    width: int,
    height: int,
) -> None:
    cashier = open_desk("el_vecino")
    cashier.sign_in(DemoRole.OWNER)
    cashier.page.set_viewport_size({"width": width, "height": height})
    till_id = trial.ask(
        "SELECT min(t.id) FROM pos_till t JOIN tenancy_company c ON c.id = t.company_id"
        " WHERE c.rut = '68427306-K'"
    )
    cashier.page.goto(f"/caja/{till_id}/")
    cashier.become_till()
    for code in hints:
        cashier.scan(code)

    newest = cashier.page.locator(".lines [aria-current=true]")
    expect(newest).to_be_in_viewport(ratio=0.9)
    assert _overflow(cashier.page) == [width, height]
    assert _small_targets(cashier.page) == []
    assert _barriers(cashier.page, axe) == []
    assert cashier.complaints == []


def _overflow(page: Any) -> Any:
    return page.evaluate(
        "(({scrollWidth, scrollHeight}) => [scrollWidth, scrollHeight])(document.documentElement)"
    )


def _small_targets(page: Any) -> Any:
    return page.evaluate(
        """() => [...document.querySelectorAll('button, a, input')]
          .filter(one => one.checkVisibility() && !one.closest('[popover]:not(:popover-open)'))
          .map(one => [one.getBoundingClientRect(), one.innerText || one.ariaLabel])
          .filter(([box]) => box.width > 0 && (box.width < 48 || box.height < 48))
          .map(([box, name]) => `${name} ${box.width} x ${box.height}`)"""
    )


def _barriers(page: Any, axe: str) -> list[str]:
    # Through the debugger: the page's own policy rightly refuses foreign scripts.
    session = page.context.new_cdp_session(page)
    call = "axe.run({resultTypes: ['violations']})"
    tell = "v => [v.id, v.impact, v.nodes.map(n => n.html.slice(0, 120))]"
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": f"{axe};{call}.then(r => JSON.stringify(r.violations.map({tell})))",
            "awaitPromise": True,
        },
    )
    session.detach()
    found = json.loads(answer["result"]["value"])
    return [f"{rule} {html}" for rule, impact, html in found if impact in ("serious", "critical")]
