"""The SII's home, list and paper in a real browser: they fit, pass the checker, and stay calm."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.common.clock import now
from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import Envelope, EnvelopeState, Submission, SubmissionState
from erpmarket.fiscal.tests.factories import make_certificate, make_document, settle
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader, nota_order
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]


@pytest.fixture
def paper_id(selling: Any, caf_office: Any) -> int:
    """A shop's afternoon: accepted, rejected, waiting and annulled papers; the annulled one's id."""
    shop = selling.shop
    with company_scope(shop.company_id):
        branch = make_trader(shop, caf_office)
        make_certificate(caf_office, at=now())
        for minutes in (50, 40):
            paper = make_document(shop, at=now() - timedelta(minutes=minutes))
            settle(paper, SubmissionState.ACCEPTED, at=now() - timedelta(minutes=minutes - 2))
        for code, words in (("VOF", "Archivo perdido"), ("RCH DET-3-601", "Monto no calza")):
            factura = make_factura(branch, at=now() - timedelta(minutes=30)).row
            settle(factura, SubmissionState.REJECTED, words=words)
            Submission.objects.filter(document_id=factura.id).update(said_code=code)
        annulled = make_factura(branch, at=now() - timedelta(minutes=25)).row
        settle(annulled, SubmissionState.ACCEPTED, at=now() - timedelta(minutes=24))
        annul_document(order=nota_order(annulled.id, reason="No la quiso"), at=now())
        make_document(shop, at=now() - timedelta(minutes=49))
        envelope = Envelope.objects.create(
            environment="demo",
            xml=b"<EnvioBOLETA/>",
            document_count=2,
            sender_rut="12345678-5",
            state=EnvelopeState.CLOSED,
            track_id="245819377",
            available_at=now(),
            packed_at=now(),
        )
        said = Happening(
            name=EventName.STATUS, words="Envío procesado (EPR)", envelope_id=envelope.id
        )
        append_events([said], at=now() - timedelta(minutes=4))
    return annulled.id


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any, paper_id: int) -> Iterator[Page]:
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


def _shoot(page: Page, name: str, width: int) -> None:
    """Leave a picture where a person asked for one."""
    if folder := os.environ.get("ERP_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


# What is wider than its box and hidden there: a name that nobody can read to its end.
CUT = """() => [...document.querySelectorAll('#page *')]
  .filter((each) => each.checkVisibility() && !each.matches('.unseen, .unseen *, svg *, input, .pills')
    && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
    && getComputedStyle(each).overflowX !== 'visible')
  .map((each) => each.outerHTML.slice(0, 120))"""


def _pages(office: Page, paper_id: int) -> dict[str, str]:
    office.goto("/sii/")
    rejected = office.locator(".fix a.text").first.get_attribute("href")
    return {
        "sii": "/sii/",
        "documentos": "/sii/documentos/?desde=2026-01-01",
        "documento": f"/sii/documentos/{paper_id}/",
        "rechazado": f"{rejected}",
        "corregir": f"{rejected}mismo-folio/",
        "folios": "/sii/folios/",
        "cuadre": "/sii/folios/cuadre/",
        "ajustes": "/sii/ajustes/",
        "reglas": "/sii/ajustes/reglas/",
        "certificado": "/sii/certificado/",
        "papeles": "/sii/papeles/ajustes/",
        "empresa": "/sii/empresa/",
        "recibidos": "/sii/recibidas/",
        "libro": "/sii/libro/",
        "f29": "/sii/f29/",
        "respaldo": "/sii/respaldo/",
        "factura": "/sii/facturas/nueva/",
        "guia": "/sii/guias/nueva/",
    }


def test_pages_of_the_sii_fit_and_pass_the_accessibility_checker(
    office: Page, axe: str, paper_id: int
) -> None:
    wide, cut, barred = [], [], []
    for name, address in _pages(office, paper_id).items():
        answer = office.goto(address)
        assert answer is not None
        assert answer.ok, address
        office.evaluate(axe)
        for theme in ("light", "dark"):
            office.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            for width, height in SIZES:
                office.set_viewport_size({"width": width, "height": height})
                _shoot(office, f"{name}-{theme}", width)
                if office.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    wide.append((name, width))
                cut += [(name, width, each) for each in office.evaluate(CUT)]
            found = office.evaluate("axe.run().then(result => result.violations)")
            barred += [
                (name, theme, one["id"], [node["html"] for node in one["nodes"]]) for one in found
            ]

    assert wide == []
    assert cut == []
    assert barred == []


def test_ticked_papers_go_into_one_pdf(office: Page, paper_id: int) -> None:
    office.goto("/sii/documentos/")
    bar = office.locator("form.bulk")
    expect(bar).to_be_hidden()

    office.get_by_label("Elegir Boleta").first.check()
    expect(bar.get_by_role("status")).to_have_text("1 elegido")
    office.get_by_label("Elegir todos").check()
    rows = office.locator("#found tbody tr").count()
    expect(bar.get_by_role("status")).to_have_text(f"{rows} elegidos")
    _shoot(office, "elegidos", 1280)
    bar.get_by_role("button", name="Soltar").click()
    expect(bar).to_be_hidden()
    office.get_by_label("Elegir Boleta").first.check()
    bar.get_by_role("button", name="PDF carta").click()

    expect(office.get_by_role("heading", level=1)).to_have_text("Preparando el PDF")


def test_the_light_changes_by_itself_and_else_nothing_on_it_moves(
    office: Page, selling: Any, paper_id: int
) -> None:
    office.clock.install()
    office.goto("/sii/")
    button = office.get_by_role("link", name="Ver cuáles")
    button.focus()
    office.evaluate("document.querySelector('#sii-light h2').dataset.seen = 'yes'")

    with office.expect_response("**/sii/luz/**") as same:
        office.clock.fast_forward(15_000)

    assert same.value.status == 204
    assert office.locator("#sii-light h2[data-seen=yes]").count() == 1
    with company_scope(selling.shop.company_id):
        Submission.objects.filter(state=SubmissionState.REJECTED).update(
            state=SubmissionState.ACCEPTED
        )
    with office.expect_response("**/sii/luz/**") as changed:
        office.clock.fast_forward(15_000)

    assert changed.value.status == 200
    expect(office.locator("#sii-light .light h2")).to_have_text("Todo en orden con el SII")


def test_a_paper_is_found_while_its_buyer_is_typed(office: Page, paper_id: int) -> None:
    office.goto("/sii/documentos/")

    office.get_by_label("RUT o nombre de quien compra").press_sequentially("robles")

    expect(office.locator("#found tbody tr")).to_have_count(4)
    expect(office.locator("#found")).to_contain_text("Ferretería Los Robles SpA")
