"""Price lists in the office: typed, copied, brought from a file, with days and without."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.catalog.list_models import BranchPriceList, PriceList, PriceListRow
from erpmarket.catalog.models import Product
from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.tenancy.scope import company_scope

PAGE = "/productos/listas/"


@pytest.fixture
def goods(dona_rosa: Any) -> list[Product]:
    with company_scope(dona_rosa.company_id):
        category = make_category("Abarrotes")
        return [
            make_product("Arroz 1 kg", code="R1", category=category, price_clp=1_000),
            make_product("Azúcar 1 kg", code="S1", category=category, price_clp=1_505),
        ]


@pytest.fixture
def owner(dona_rosa: Any, goods: list[Product]) -> Any:
    return dona_rosa.client(dona_rosa.owner)


@pytest.fixture
def wholesale(dona_rosa: Any, owner: Any) -> PriceList:
    answer = owner.post(PAGE, {"name": "Mayorista"})
    with company_scope(dona_rosa.company_id):
        row: PriceList = PriceList.objects.get()
    assert answer.headers["Location"] == f"{PAGE}{row.id}/"
    return row


def _prices(wholesale: PriceList) -> list[tuple[str, int]]:
    with company_scope(wholesale.company_id):
        rows = PriceListRow.objects.order_by("product__code", "valid_from")
        return list(rows.values_list("product__code", "price_clp"))


def _row(wholesale: PriceList, **facts: Any) -> PriceListRow:
    with company_scope(wholesale.company_id):
        row: PriceListRow = PriceListRow.objects.get(**facts)
        return row


def _held(wholesale: PriceList) -> list[tuple[int, int]]:
    with company_scope(wholesale.company_id):
        return list(BranchPriceList.objects.values_list("branch_id", "price_list_id"))


def _file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("precios.csv", text.encode(), content_type="text/csv")


def test_prices_are_typed_beside_their_products_and_emptied(
    owner: Any, wholesale: PriceList, goods: list[Product]
) -> None:
    page = f"{PAGE}{wholesale.id}/?q=1 kg"
    rice, sugar = (f"p{product.id}" for product in goods)
    assert rice in owner.get(page).text

    owner.post(page, {rice: "900", sugar: "1.400"})
    both = _prices(wholesale)
    owner.post(page, {rice: "", sugar: "1.400"})

    assert both == [("R1", 900), ("S1", 1_400)]
    assert _prices(wholesale) == [("S1", 1_400)]


def test_a_price_that_is_none_is_refused(
    owner: Any, wholesale: PriceList, goods: list[Product]
) -> None:
    page = f"{PAGE}{wholesale.id}/?q=1 kg"

    answers = [owner.post(page, {f"p{goods[0].id}": typed}) for typed in ("nada", "0")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "Arroz 1 kg: escribe el precio en pesos" in answers[0].text
    assert _prices(wholesale) == []


def test_a_list_is_copied_with_a_percent(owner: Any, wholesale: PriceList) -> None:
    address = f"{PAGE}{wholesale.id}/copiar/"

    wrong = owner.post(address, {"source": "own", "percent": "mucho"})
    owner.post(address, {"source": "own", "percent": "-10"})

    assert wrong.status_code == 422
    assert _prices(wholesale) == [("R1", 900), ("S1", 1_355)]


def test_a_price_may_hold_on_some_days(owner: Any, wholesale: PriceList) -> None:
    address = f"{PAGE}{wholesale.id}/fechas/"
    days = {"code": "R1", "price": "850", "begins": "2026-12-01", "last": "2026-12-31"}

    wrong = owner.post(address, days | {"last": "2026-11-30"})
    owner.post(address, days)

    assert "El último día no puede ser antes que el primero" in wrong.text
    row = _row(wholesale)
    assert (row.valid_from, row.valid_to) == (date(2026, 12, 1), date(2027, 1, 1))
    owner.post(f"{PAGE}{wholesale.id}/precios/{row.id}/quitar/")
    assert _prices(wholesale) == []


def test_a_file_brings_prices_all_or_none(owner: Any, wholesale: PriceList) -> None:
    address = f"{PAGE}{wholesale.id}/planilla/"
    good = "código;precio;desde;hasta\nR1;900;;\nS1;1.400;01-12-2026;31-12-2026\n"

    wrong = owner.post(address, {"file": _file(good + "X9;100\n")})
    nothing = _prices(wholesale)
    owner.post(address, {"file": _file(good)})

    assert "Línea 4: no hay un producto con el código «X9»" in wrong.text
    assert nothing == []
    assert _prices(wholesale) == [("R1", 900), ("S1", 1_400)]
    assert _row(wholesale, price_clp=1_400).valid_to == date(2027, 1, 1)


def test_a_branch_gets_a_list_and_loses_it(
    dona_rosa: Any, owner: Any, wholesale: PriceList
) -> None:
    address, branch = f"{PAGE}locales/", dona_rosa.branch_id

    owner.post(address, {"branch": branch, "price_list": wholesale.id})
    held = _held(wholesale)
    owner.post(address, {"branch": branch, "price_list": ""})

    assert held == [(branch, wholesale.id)]
    assert _held(wholesale) == []


def test_a_list_is_renamed_and_stopped(owner: Any, wholesale: PriceList) -> None:
    owner.post(f"{PAGE}{wholesale.id}/cambiar/", {"name": "Clubes"})

    with company_scope(wholesale.company_id):
        wholesale.refresh_from_db()
    assert (wholesale.name, wholesale.is_active) == ("Clubes", False)


def test_lists_are_not_for_cashiers(dona_rosa: Any, goods: list[Product]) -> None:
    assert dona_rosa.client(dona_rosa.cashier).get(PAGE).status_code == 403
