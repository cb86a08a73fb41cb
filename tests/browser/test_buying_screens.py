"""Buying in a real browser, at the office's sizes and on a phone: nothing hangs over, steppers step."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.catalog.models import Product
from erpmarket.common.ids import uuid7
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SIZES = [(1280, 800), (1024, 600), (360, 740)]


@pytest.fixture
def bought(selling: Any) -> Any:
    """A supplier with an order on its way, a receipt, and a debt that is due."""
    from erpmarket.common.clock import now  # noqa: PLC0415  (settings are ready now)
    from erpmarket.purchasing.actions import (  # noqa: PLC0415
        Arrival,
        AskedLine,
        PaperTerms,
        TypedLine,
        cost_lines,
        draft_order,
        receive_purchase,
        register_supplier,
        send_order,
    )

    at = now()
    with company_scope(selling.shop.company_id):
        supplier = register_supplier(
            rut="77346128-7",
            name="Lácteos del Sur Ltda.",
            business="Venta al por mayor de lácteos",
            contact="Marcela",
            payment_days=30,
            minimum_order_clp=50_000,
            commune="Maipú",
            address="Camino a Melipilla 100",
        )
        milk = Product.objects.get(code="A2")
        lines = [
            AskedLine(
                product_id=milk.id,
                packs=Decimal(2),
                units_per_pack=12,
                pack_cost=Decimal(10_860),
            )
        ]
        order = draft_order(supplier.id, lines, at=at)
        send_order(order_id=order.id, uid=uuid7(), to="", at=at)
        draft = draft_order(supplier.id, lines, at=at)
        issued = date.today() - timedelta(days=40)  # noqa: DTZ011  (only an old day)
        terms = PaperTerms(issued_on=issued, total_clp=131_380, freight_clp=2_000, vat_clp=19_380)
        typed = TypedLine(
            product_id=milk.id,
            packs=Decimal(9),
            units_per_pack=12,
            amount_clp=100_000,
            billed_packs=Decimal(10),
        )
        receipt = receive_purchase(
            uid=uuid7(),
            supplier_id=supplier.id,
            warehouse_id=selling.shop.warehouse_id,
            document_kind=33,
            document_folio=48_377,
            lines=cost_lines([typed], terms),
            at=at,
            arrival=Arrival(terms=terms),
        )
        return {
            "supplier": supplier.id,
            "order": order.id,
            "draft": draft.id,
            "receipt": receipt.id,
        }


@pytest.fixture
def office(chromium: Browser, network: Any, selling: Any, bought: Any) -> Iterator[Page]:
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


def _is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_pages_of_buying_fit_their_window(office: Page, bought: Any) -> None:
    pages = {
        "compras": "/compras/",
        "recibir": f"/compras/recibir/?pedido={bought['order']}",
        "recepcion": f"/compras/{bought['receipt']}/",
        "costo": f"/compras/{bought['receipt']}/costo/",
        "devolver": f"/compras/{bought['receipt']}/devolver/",
        "pedidos": "/compras/pedidos/",
        "pedido": f"/compras/pedidos/{bought['draft']}/",
        "editar-pedido": f"/compras/pedidos/{bought['draft']}/editar/",
        "proveedores": "/compras/proveedores/",
        "proveedor": f"/compras/proveedores/{bought['supplier']}/",
        "cuenta": f"/compras/proveedores/{bought['supplier']}/cuenta/",
        "pagar": f"/compras/proveedores/{bought['supplier']}/pagar/",
        "nota": f"/compras/proveedores/{bought['supplier']}/nota/",
        "por-pagar": "/compras/por-pagar/",
    }
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        for name, address in pages.items():
            office.goto(address)
            expect(office.locator("h1")).to_be_visible()
            _shoot(office, name, width)
            assert not _is_too_wide(office), (name, width)


def test_days_show_their_year_on_a_narrow_desk(office: Page, bought: Any, selling: Any) -> None:
    office.set_viewport_size({"width": 1024, "height": 600})
    office.goto("/compras/recibir/")
    office.get_by_label("Código o nombre del producto").fill("7801234567900")
    office.keyboard.press("Enter")
    office.get_by_text("Vencimiento, impuesto, diferencias").click()
    _shoot(office, "vence", 1024)

    # What "dd/mm/aaaa" and the picker's button take in this type.
    for day in ("#id_l0-expires_on", "#id_issued_on"):
        width = office.locator(day).evaluate("one => one.getBoundingClientRect().width")
        assert width >= 150, day


def test_goods_are_received_on_a_phone(office: Page, bought: Any, selling: Any) -> None:
    from erpmarket.purchasing.models import Receipt, ReceiptLine  # noqa: PLC0415

    office.set_viewport_size({"width": 360, "height": 740})
    office.goto("/compras/recibir/")
    office.get_by_label("Código o nombre del producto").fill("7801234567900")
    office.keyboard.press("Enter")
    office.get_by_role("button", name="Una más").click()
    expect(office.locator("#id_l0-packs")).to_have_value("2")
    office.locator("#id_l0-per_pack").fill("12")
    office.locator("#id_l0-amount").fill("21720")
    office.get_by_label("Proveedor").select_option(str(bought["supplier"]))
    office.locator("#id_folio").fill("555")
    office.get_by_role("button", name="Revisar").click()
    expect(office.get_by_text("$25.847")).to_be_visible()
    _shoot(office, "revisado", 360)
    office.get_by_role("button", name="Recibir 1 producto").click()
    expect(office.locator("h1")).to_have_text("Factura 555")

    with company_scope(selling.shop.company_id):
        receipt = Receipt.objects.get(document_folio=555)
        line = ReceiptLine.objects.get(receipt=receipt)
        assert (line.quantity, line.value) == (Decimal(24), Decimal(21_720))
