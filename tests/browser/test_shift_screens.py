"""A shift in a real browser, at both sizes: a count by notes, X, Z, the log."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.cash_moves import CashOrder, move_cash
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.models import CashMoveKind, Shift
from erpmarket.pos.tests.factories import card, cart_line, cash, make_product, make_request
from erpmarket.tenancy.scope import company_scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SIZES = [(1280, 800), (1024, 600)]


@pytest.fixture
def traded(selling: Any) -> Any:
    """The shop after some sales and a withdrawal."""
    from erpmarket.common.clock import now  # noqa: PLC0415  (settings are ready now)

    with company_scope(selling.shop.company_id):
        rice = make_product(selling.category, "R9", name="Arroz grado 1", price_clp=1_490)
        for tenders in ([cash(5_000)], [card(1_490)], [cash(1_490)]):
            request = make_request(cart_line(rice), total_clp=1_490, tenders=tenders)
            commit_sale(till_id=selling.till.id, request=request, at=now())
        order = CashOrder(
            uid=uuid7(),
            kind=CashMoveKind.SAFE,
            amount_clp=15_000,
            words="Retiro de la tarde",
            by_id=selling.shop.cashier.membership_id,
        )
        move_cash(order, till_id=selling.till.id, at=now())
    return selling


@pytest.fixture
def office(chromium: Browser, network: Any, traded: Any) -> Iterator[Page]:
    """The back office where doña Rosa is signed in."""
    client = traded.shop.client(traded.shop.owner)
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


def test_a_drawer_counted_by_notes_closes_blind_and_its_z_fits_both_windows(
    office: Page, traded: Any
) -> None:
    till, rosa = traded.till, traded.shop.owner
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        for name, address in {
            "caja": "/caja/",
            "cierre": f"/caja/{till.id}/turno/",
            "x": f"/caja/turnos/{traded.shift.id}/",
        }.items():
            office.goto(address)
            assert not _is_too_wide(office), f"{name} at {width}"
            _shoot(office, name, width)
    office.goto(f"/caja/{till.id}/turno/")
    expect(office.get_by_text("7.980")).to_have_count(0)

    for name, count in (("$5.000", "1"), ("$1.000", "2"), ("$500", "1"), ("$100", "4")):
        office.get_by_label(f"Cuántos de {name}", exact=True).fill(count)
    expect(office.get_by_label("Efectivo contado")).to_have_value("7.900")
    office.get_by_text(rosa.display_name, exact=True).last.click()
    office.get_by_label("PIN").fill(rosa.pin)
    office.get_by_role("button", name="Cerrar turno").click()

    expect(office.get_by_role("heading", name="Informe Z N° 1")).to_be_visible()
    expect(office.get_by_text("Faltan $80")).to_be_visible()
    office.get_by_label("¿Por qué hay diferencia?").fill("Vuelto mal dado")
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        assert not _is_too_wide(office), f"z at {width}"
        _shoot(office, "z", width)
    office.get_by_role("button", name="Guardar motivo").click()
    expect(office.get_by_text("Motivo: Vuelto mal dado")).to_be_visible()
    with company_scope(traded.shop.company_id):
        shift = Shift.objects.get()
        assert shift.counts == {"5000": 1, "1000": 2, "500": 1, "100": 4}
        assert (shift.difference_clp, shift.closed_by_id) == (-80, rosa.membership_id)


def test_the_list_of_shifts_and_the_log_fit_both_windows(office: Page, traded: Any) -> None:
    for width, height in SIZES:
        office.set_viewport_size({"width": width, "height": height})
        for name, address in {"turnos": "/caja/turnos/", "bitacora": "/caja/bitacora/"}.items():
            office.goto(address)
            assert not _is_too_wide(office), f"{name} at {width}"
            _shoot(office, name, width)
    expect(office.get_by_text("Retiro a caja fuerte: Retiro de la tarde")).to_be_visible()
    office.get_by_label("Qué", exact=True).select_option("line_removed")
    office.get_by_role("button", name="Ver").click()
    expect(office.get_by_text("Nada en esos días")).to_be_visible()
