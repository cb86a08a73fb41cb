"""The bell, the notices and the mail settings in a real browser, at both sizes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.notifications.actions.notices import notify, resolve
from erpmarket.notifications.actions.outbox import enqueue_mail
from erpmarket.notifications.levels import Level
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600)]


def tell_everything(shop: Any) -> None:
    at = now() - timedelta(minutes=12)
    with company_scope(shop.company_id):
        notify(
            kind="sii.certificate_expired",
            level=Level.DANGER,
            title="El certificado digital venció",
            words="Venció el 20-11-2026: puedes seguir vendiendo, los documentos esperan. Carga el"
            " nuevo en SII, Certificado.",
            link="/sii/certificado/",
            at=at,
        )
        notify(
            kind="folios.low",
            level=Level.WARNING,
            title="Quedan pocos folios de boleta",
            words="Quedan 90 folios de boleta. Pide más al SII y cárgalos.",
            link="/sii/folios/",
            at=at,
        )
        notify(kind="old", level=Level.INFO, title="El SII no respondía", words="Ya.", at=at)
        resolve(kind="old", at=now())
        enqueue_mail(
            uid=uuid7(),
            recipient="cliente.con.correo.largo@empresa-de-pedro.example",
            subject="Factura 1.234 de Almacén Doña Rosa",
            text="Hola",
            at=at,
        )


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in, with something to tell her."""
    tell_everything(selling.shop)
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


def is_wider_than_the_window(page: Page) -> bool:
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return bool(wide)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("path", ["/avisos/", "/avisos/correo/"])
def test_pages_fit_and_pass_the_accessibility_checker(
    office: Page, axe: str, path: str, width: int, height: int
) -> None:
    office.set_viewport_size({"width": width, "height": height})
    office.goto(path)
    expect(office.locator("#bell b")).to_contain_text("2")

    assert not is_wider_than_the_window(office)
    office.evaluate(axe)
    found = office.evaluate("axe.run().then(result => result.violations)")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_notice_leads_to_where_it_is_mended_and_is_read_then(office: Page) -> None:
    office.goto("/avisos/")

    office.get_by_role("button", name="El certificado digital venció").click()

    expect(office).to_have_url(re.compile("/sii/certificado/$"))
    expect(office.locator("#bell b")).to_contain_text("1")
