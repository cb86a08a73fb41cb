"""The owner sets margins, sees and undoes price changes, edits products and prints labels."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from erpmarket.catalog.actions import change_price, change_prices, request_labels
from erpmarket.catalog.actions.prices import NewPrice
from erpmarket.catalog.models import (
    Barcode,
    LabelRequest,
    LabelSheet,
    MarginRule,
    PriceChange,
    PricePlan,
    Product,
    ProductEdit,
)
from erpmarket.catalog.queries import get_revision, get_till_news
from erpmarket.catalog.tests.factories import AT, make_category, make_product
from erpmarket.common.clock import SANTIAGO, now
from erpmarket.tenancy.scope import company_scope

UID = "0197c0de-0000-7000-8000-000000000001"


@pytest.fixture
def milk(dona_rosa: Any) -> Product:
    with company_scope(dona_rosa.company_id):
        return make_product("Leche 1 L", code="LECHE", barcodes=["7802920000138"], plu=7)


def typed(product: Product, /, **changed: str) -> dict[str, str]:
    return {
        "name": "Leche 1 L",
        "unit": "un",
        "category_id": str(product.category_id),
        "barcodes": "7802920000138",
        "code": "LECHE",
        "plu": "7",
        "content": "",
        "additional_tax_code": "",
        "is_active": "on",
        **changed,
    }


def test_an_edit_changes_the_product_and_keeps_its_history(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.stock_keeper)
    page = f"/productos/{milk.id}/editar/"
    assert 'value="Leche 1 L"' in client.get(page).text
    with company_scope(dona_rosa.company_id):
        before = get_revision()
        drinks = make_category("Bebidas")

    form = typed(
        milk,
        name="Leche entera 1 L",
        category_id=str(drinks.id),
        barcodes="7802920000138 12345670",
        additional_tax_code="27",
        is_favourite="on",
    )
    answer = client.post(page, form)

    assert answer.url == f"/productos/{milk.id}/"
    with company_scope(dona_rosa.company_id):
        product, change = Product.objects.get(), ProductEdit.objects.get()
        assert (product.name, product.category_id) == ("Leche entera 1 L", drinks.id)
        assert (product.additional_tax_code, product.is_favourite) == (27, True)
        assert product.search_name == "leche entera 1 l leche"
        assert change.made_by_id == dona_rosa.stock_keeper.membership_id
        assert change.changes["barcodes"] == ["7802920000138", "7802920000138 12345670"]
        assert set(change.changes) == {
            "name", "category_id", "barcodes", "additional_tax_code", "is_favourite",
        }  # fmt: skip
        assert [row[1] for row in get_till_news(before).rows] == ["Leche entera 1 L"]
        assert LabelRequest.objects.count() == 1
    history = client.get(page).text
    assert "Categoría: Lácteos → <strong>Bebidas</strong>" in history


@pytest.mark.parametrize(
    "codes",
    [
        ["12345670"],
        ["12345670", "7802920000138"],
        ["7802920000138", "12345670", "7801234567894"],
        ["7801234567894", "7802920000138"],
        [],
    ],
)
def test_codes_are_those_typed_in_their_order(
    dona_rosa: Any, milk: Product, codes: list[str]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    page = f"/productos/{milk.id}/editar/"
    client.post(page, typed(milk, barcodes="7802920000138 12345670"))

    client.post(page, typed(milk, barcodes=" ".join(codes)))

    with company_scope(dona_rosa.company_id):
        found = Barcode.objects.filter(product=milk).order_by("id")
        assert list(found.values_list("code", flat=True)) == codes


def test_saving_without_a_change_writes_nothing(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post(f"/productos/{milk.id}/editar/", typed(milk))

    with company_scope(dona_rosa.company_id):
        assert (ProductEdit.objects.count(), get_revision()) == (0, milk.revision)
        assert LabelRequest.objects.count() == 0


def test_an_archived_product_leaves_the_tills(dona_rosa: Any, milk: Product) -> None:
    form = typed(milk)
    del form["is_active"]
    dona_rosa.client(dona_rosa.owner).post(f"/productos/{milk.id}/editar/", form)

    with company_scope(dona_rosa.company_id):
        news = get_till_news(milk.revision)
        assert (news.rows, news.gone) == ([], [milk.id])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"barcodes": "7802920000137"}, "está mal copiado"),
        ({"barcodes": "7801234567894"}, "ya es de Pan"),
        ({"code": "PAN"}, "Elige otro"),
        ({"plu": "12"}, "PLU 12"),
        ({"name": ""}, "Escribe el nombre"),
        ({"content": "mucho"}, "Escribe cuánto trae"),
        ({"additional_tax_code": "99"}, "Elige uno de la lista"),
    ],
)
def test_an_edit_that_cannot_be_says_what_to_mend(
    dona_rosa: Any, milk: Product, changed: dict[str, str], words: str
) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Pan", code="PAN", barcodes=["7801234567894"], plu=12)

    answer = dona_rosa.client(dona_rosa.owner).post(
        f"/productos/{milk.id}/editar/", typed(milk, **changed)
    )

    assert answer.status_code == 422
    assert words in answer.text
    with company_scope(dona_rosa.company_id):
        assert ProductEdit.objects.count() == 0
        codes = list(Barcode.objects.filter(product=milk).values_list("code", flat=True))
        assert codes == ["7802920000138"]


def test_a_price_can_begin_later_and_be_called_off(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    begins = datetime.now(SANTIAGO).replace(second=0, microsecond=0) + timedelta(days=1)
    order = {"price_clp": "1.290", "effective_at": begins.strftime("%Y-%m-%dT%H:%M")}

    page = client.post(f"/productos/{milk.id}/precio/", order, follow=True).text

    assert "costará <strong>$1.290</strong>" in page
    with company_scope(dona_rosa.company_id):
        plan = PricePlan.objects.get()
        assert (plan.effective_at, plan.new_clp) == (begins, 1290)
        assert Product.objects.get().price_clp == 1190
    assert "$1.290" in client.get("/productos/precios/").text
    client.post(f"/productos/precios/planes/{plan.id}/cancelar/")
    assert "costará" not in client.get(f"/productos/{milk.id}/").text


def test_an_hour_that_passed_is_refused(dona_rosa: Any, milk: Product) -> None:
    order = {"price_clp": "1.290", "effective_at": "2026-01-01T08:00"}

    answer = dona_rosa.client(dona_rosa.owner).post(f"/productos/{milk.id}/precio/", order)

    assert answer.status_code == 422
    assert "Esa hora ya pasó" in answer.text
    with company_scope(dona_rosa.company_id):
        assert (PricePlan.objects.count(), PriceChange.objects.count()) == (0, 0)


def test_a_change_is_undone_from_the_list(dona_rosa: Any, milk: Product) -> None:
    with company_scope(dona_rosa.company_id):
        change_price(product_id=milk.id, price_clp=1290, at=AT)
        change = PriceChange.objects.get()
    client = dona_rosa.client(dona_rosa.owner)
    assert "Deshacer el cambio de Leche 1 L" in client.get("/productos/precios/").text

    answer = client.post(f"/productos/precios/{change.id}/deshacer/", {"lista": "1"})

    assert answer.url == "/productos/precios/"
    page = client.get(answer.url).text
    assert "Deshecho" in page
    assert "Deshacer el cambio" not in page
    with company_scope(dona_rosa.company_id):
        assert Product.objects.get().price_clp == 1190


def test_margins_are_saved_per_category(dona_rosa: Any, milk: Product) -> None:
    client, key = dona_rosa.client(dona_rosa.owner), f"m{milk.category_id}"
    form = {
        "m0-target_percent": "28,5", "m0-floor_percent": "10", "m0-ending": "10",
        "m0-most_move_percent": "12,5",
        f"{key}-target_percent": "40", f"{key}-floor_percent": "", f"{key}-ending": "90",
    }  # fmt: skip

    assert client.post("/productos/margenes/", form).status_code == 302

    with company_scope(dona_rosa.company_id):
        rows = MarginRule.objects.order_by("category_id").values_list(
            "category_id", "target_percent", "floor_percent", "ending", "most_move_percent"
        )
        assert [(row[0], str(row[1]), str(row[2]), row[3], str(row[4])) for row in rows] == [
            (milk.category_id, "40.0", "0.0", 90, "30.0"),
            (None, "28.5", "10.0", 10, "12.5"),
        ]
    assert 'value="28,5"' in client.get("/productos/margenes/").text
    cleared = {**form, f"{key}-target_percent": ""}
    assert client.post("/productos/margenes/", cleared).status_code == 302
    with company_scope(dona_rosa.company_id):
        assert MarginRule.objects.get().category_id is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"m0-target_percent": ""}, "Escribe el margen que quieres"),
        ({"m0-target_percent": "96"}, "Escribe un porcentaje de 0 a 95"),
        ({"m0-target_percent": "mucho"}, "Escribe un porcentaje de 0 a 95"),
        ({"m0-most_move_percent": "0"}, "Escribe un porcentaje de 1 a 500"),
        ({"m0-floor_percent": "50"}, "El mínimo no puede ser mayor"),
    ],
)
def test_margins_that_cannot_be_are_refused_in_place(
    dona_rosa: Any, milk: Product, changed: dict[str, str], words: str
) -> None:
    form = {
        "m0-target_percent": "30", "m0-floor_percent": "10", "m0-ending": "10",
        f"m{milk.category_id}-ending": "10",
    }  # fmt: skip

    answer = dona_rosa.client(dona_rosa.owner).post("/productos/margenes/", {**form, **changed})

    assert (answer.status_code, words in answer.text) == (422, True)
    with company_scope(dona_rosa.company_id):
        assert MarginRule.objects.count() == 0


def test_labels_are_printed_and_given_back(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.stock_keeper)
    client.post(f"/productos/{milk.id}/etiqueta/")
    page = client.get("/productos/etiquetas/").text
    assert "1 por imprimir" in page
    request_id = re.findall(r'name="etiqueta" value="(\d+)"', page)[0]
    order = {
        "papel": "carta", "uid": UID, "hacer": "imprimir",
        "etiqueta": request_id, f"copias_{request_id}": "3",
    }  # fmt: skip

    answers = [client.post("/productos/etiquetas/imprimir/", order) for _ in range(2)]

    with company_scope(dona_rosa.company_id):
        sheet = LabelSheet.objects.get()
        assert [row["copies"] for row in sheet.labels] == [3]
    assert {answer.url for answer in answers} == {f"/productos/etiquetas/hojas/{sheet.id}/"}
    assert "Preparando" in client.get(answers[0].url).text
    assert "3 etiquetas" in client.get("/productos/etiquetas/").text
    client.post(f"/productos/etiquetas/hojas/{sheet.id}/devolver/")
    assert "1 por imprimir" in client.get("/productos/etiquetas/").text


def test_labels_leave_the_list_unprinted(dona_rosa: Any, milk: Product) -> None:
    with company_scope(dona_rosa.company_id):
        request_labels({milk.id: 1}, at=AT)
        request_id = str(LabelRequest.objects.get().id)
    order = {"papel": "carta", "uid": UID, "hacer": "quitar", "etiqueta": request_id}

    dona_rosa.client(dona_rosa.owner).post("/productos/etiquetas/imprimir/", order)

    with company_scope(dona_rosa.company_id):
        assert (LabelRequest.objects.count(), LabelSheet.objects.count()) == (0, 0)


@pytest.mark.parametrize("person", ["cashier", "stock_keeper"])
def test_prices_and_margins_are_the_owners(dona_rosa: Any, milk: Product, person: str) -> None:
    with company_scope(dona_rosa.company_id):
        change_price(product_id=milk.id, price_clp=1290, at=AT)
        change = PriceChange.objects.get()
        change_prices(
            [NewPrice(product_id=milk.id, price_clp=1390)],
            at=AT,
            effective_at=now() + timedelta(days=1),
        )
        plan = PricePlan.objects.get()
    client = dona_rosa.client(getattr(dona_rosa, person))

    answers = [
        client.get("/productos/precios/"),
        client.get("/productos/margenes/"),
        client.post("/productos/margenes/", {}),
        client.post(f"/productos/precios/{change.id}/deshacer/"),
        client.post(f"/productos/precios/planes/{plan.id}/cancelar/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    with company_scope(dona_rosa.company_id):
        assert PricePlan.objects.get().cancelled_at is None
