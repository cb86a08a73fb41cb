from typing import Any

import pytest

from erpmarket.catalog.models import Barcode, Product
from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.tenancy.scope import company_scope

PAGE = "/productos/nuevo/"


@pytest.fixture
def category_id(dona_rosa: Any) -> int:
    with company_scope(dona_rosa.company_id):
        return int(make_category().id)


def typed(category_id: int, /, **changed: str) -> dict[str, str]:
    return {
        "name": "Leche entera Colún 1 L",
        "price_clp": "1.190",
        "unit": "un",
        "category_id": str(category_id),
        "barcodes": "7802920000138",
        "code": "",
        "plu": "",
        **changed,
    }


def products(shop: Any) -> list[tuple[str, str, int, str]]:
    with company_scope(shop.company_id):
        return list(Product.objects.values_list("name", "code", "price_clp", "unit"))


def test_a_code_that_a_till_did_not_know_is_filled_in(dona_rosa: Any, category_id: int) -> None:
    client = dona_rosa.client(dona_rosa.stock_keeper)

    page = client.get(f"{PAGE}?codigo=7802920000138").content.decode()

    assert page.count("7802920000138") == 1
    assert products(dona_rosa) == []


def test_a_name_that_a_till_did_not_find_is_filled_in(dona_rosa: Any, category_id: int) -> None:
    page = dona_rosa.client(dona_rosa.stock_keeper).get(f"{PAGE}?nombre=Cocacola 3 <b>")

    assert page.content.decode().count('value="Cocacola 3 &lt;b&gt;"') == 1
    assert products(dona_rosa) == []


def test_new_product_is_added_and_shown(dona_rosa: Any, category_id: int) -> None:
    client = dona_rosa.client(dona_rosa.stock_keeper)

    answer = client.post(PAGE, typed(category_id))

    with company_scope(dona_rosa.company_id):
        product = Product.objects.get()
        codes = list(Barcode.objects.values_list("code", flat=True))
    assert (answer.status_code, answer.url) == (302, f"/productos/{product.id}/")
    assert (product.name, product.code, product.price_clp) == (
        "Leche entera Colún 1 L",
        "7802920000138",
        1190,
    )
    assert codes == ["7802920000138"]
    assert "Leche entera" in client.get(answer.url).text


def test_new_product_with_a_name_that_folds_longer_is_found_by_its_beginning(
    dona_rosa: Any, category_id: int
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    # Each of these letters folds into three characters.
    answer = client.post(PAGE, typed(category_id, name="¾" * 80))

    assert answer.status_code == 302
    assert "¾¾" in client.get("/productos/", {"q": "¾"}).text


def test_new_product_takes_several_codes_and_a_plu(dona_rosa: Any, category_id: int) -> None:
    form = typed(
        category_id, barcodes="7802920000138\n 12345670, 7802920000138", code="LECHE", plu="101"
    )

    dona_rosa.client(dona_rosa.owner).post(PAGE, {**form, "is_exempt": "on"})

    with company_scope(dona_rosa.company_id):
        product = Product.objects.get()
        codes = list(Barcode.objects.order_by("id").values_list("code", flat=True))
    assert (product.code, product.plu, product.is_exempt) == ("LECHE", 101, True)
    assert codes == ["7802920000138", "12345670"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"barcodes": "7802920000137"}, "está mal copiado: revisa el último dígito"),
        ({"barcodes": "abc def$"}, "no es un código"),
        ({"barcodes": "²²²²²²²²"}, "no es un código"),
        ({"price_clp": "0"}, "mayor que $0"),
        ({"price_clp": "12,50"}, "Escribe pesos sin decimales"),
        ({"price_clp": ""}, "Escribe el precio que paga la gente."),
        ({"name": ""}, "Escribe el nombre"),
        ({"category_id": "999999"}, "Esa categoría ya no está"),
        # No boleta could carry these, and nobody wants to learn that while charging.
        ({"name": "Pan \U0001f35e"}, "En el nombre hay un símbolo que el SII no admite"),
        ({"code": "Ω-1"}, "En el código hay un símbolo que el SII no admite"),
        ({"unit": "litro"}, "Elige unidad o kilo."),
        ({"barcodes": "", "code": ""}, "Escribe un código interno corto"),
        ({"plu": "uno"}, "El PLU es un número"),
    ],
)
def test_new_product_says_in_place_what_to_mend(
    dona_rosa: Any, category_id: int, changed: dict[str, str], words: str
) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, typed(category_id, **changed))

    assert answer.status_code == 422
    assert words in answer.text
    assert products(dona_rosa) == []


def test_new_product_with_a_code_of_another_product_names_it(
    dona_rosa: Any, category_id: int
) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Manjar 400 g", code="MANJAR", barcodes=["7802920000138"])

    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, typed(category_id))

    assert answer.status_code == 422
    assert "ya es de Manjar 400 g" in answer.text
    assert len(products(dona_rosa)) == 1


def test_new_product_with_a_taken_internal_code_is_refused(
    dona_rosa: Any, category_id: int
) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Manjar 400 g", code="MANJAR")

    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, typed(category_id, code="MANJAR"))

    assert answer.status_code == 422
    assert "Elige otro" in answer.text
    assert len(products(dona_rosa)) == 1


def test_new_product_of_a_stranger_stays_in_his_shop(
    dona_rosa: Any, el_vecino: Any, category_id: int
) -> None:
    answer = el_vecino.client(el_vecino.owner).post(PAGE, typed(category_id))

    assert answer.status_code == 422
    assert "Esa categoría ya no está" in answer.text
    assert products(dona_rosa) == products(el_vecino) == []


def test_new_product_is_not_for_cashiers(dona_rosa: Any, category_id: int) -> None:
    answer = dona_rosa.client(dona_rosa.cashier).post(PAGE, typed(category_id))

    assert answer.status_code == 403
    assert products(dona_rosa) == []


def test_new_product_form_shows_the_shops_categories(dona_rosa: Any, category_id: int) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(PAGE)

    assert page.status_code == 200
    assert "Lácteos" in page.text
