"""The owner teaches the till a scale's labels and the hours of alcohol."""

from datetime import time
from typing import Any

import pytest

from erpmarket.catalog.counter import counter_body, get_alcohol_hours
from erpmarket.catalog.counter_models import AlcoholHours, ScaleRule
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Product
from erpmarket.catalog.queries import get_revision, get_till_news
from erpmarket.catalog.tests.factories import make_product
from erpmarket.tenancy.scope import company_scope

PAGE = "/productos/mostrador/"
BREAD_455_G = "2000042004552"


@pytest.fixture
def bread(dona_rosa: Any) -> Product:
    with company_scope(dona_rosa.company_id):
        return make_product("Marraqueta", code="PAN", unit=Unit.KILO, price_clp=1590, plu=42)


def label(**changed: str) -> dict[str, str]:
    return {"code": BREAD_455_G, "kind": "weight", "value": "0,455", **changed}


def rules_of(company: Any) -> list[tuple[str, str]]:
    with company_scope(company.company_id):
        return list(ScaleRule.objects.values_list("kind", "layout"))


def test_one_scanned_label_teaches_its_layout(dona_rosa: Any, bread: Product) -> None:
    with company_scope(dona_rosa.company_id):
        before = get_revision()

    page = dona_rosa.client(dona_rosa.owner).post(PAGE, label())

    assert "Aprendida: Marraqueta, 455 g" in page.content.decode()
    assert rules_of(dona_rosa) == [("weight", "20.....NNDDD")]
    with company_scope(dona_rosa.company_id):
        assert counter_body()["scale"] == [["weight", "20.....NNDDD"]]
        assert get_revision() == before + 1


def test_the_same_label_twice_is_one_layout(dona_rosa: Any, bread: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    client.post(PAGE, label())
    client.post(PAGE, label())

    assert rules_of(dona_rosa) == [("weight", "20.....NNDDD")]


def test_a_layout_taught_again_as_another_kind_is_read_as_that(
    dona_rosa: Any, bread: Product
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post(PAGE, label(kind="units", value="455"))

    client.post(PAGE, label(kind="price", value="455"))

    assert rules_of(dona_rosa) == [("price", "20.....NNNNN")]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"code": "2000042004553"}, "Eso no es una etiqueta de balanza"),
        ({"code": "7802920000138"}, "Eso no es una etiqueta de balanza"),
        ({"code": "20000420045¼2"}, "Eso no es una etiqueta de balanza"),
        ({"value": "1,5 kg"}, "Escribe solo el número"),
        ({"value": "0,4555"}, "Escribe solo el número"),
        ({"value": "0"}, "Escribe solo el número"),
        ({"value": "0,450"}, "No encontramos ese valor"),
        ({"kind": "price", "value": "1.700"}, "No encontramos ese valor"),
        ({"kind": "nonsense"}, "nonsense"),
    ],
)
def test_what_teaches_nothing_is_said(
    dona_rosa: Any, bread: Product, changed: dict[str, str], words: str
) -> None:
    page = dona_rosa.client(dona_rosa.owner).post(PAGE, label(**changed))

    assert page.status_code == 422
    assert words in page.content.decode()
    assert rules_of(dona_rosa) == []


def test_a_product_without_that_plu_teaches_nothing(dona_rosa: Any) -> None:
    page = dona_rosa.client(dona_rosa.owner).post(PAGE, label())

    assert "el producto tenga en su ficha el PLU" in page.content.decode()


def test_a_layout_is_forgotten(dona_rosa: Any, bread: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post(PAGE, label())
    with company_scope(dona_rosa.company_id):
        rule_id = ScaleRule.objects.get().id

    client.post(f"{PAGE}{rule_id}/olvidar/")

    assert rules_of(dona_rosa) == []


def test_hours_of_alcohol_travel_to_the_tills(dona_rosa: Any) -> None:
    hours = {"opens": "10:00", "until": "00:30", "saturday_until": "02:00"}

    answer = dona_rosa.client(dona_rosa.owner).post(f"{PAGE}alcohol/", hours)

    assert answer.status_code == 302
    with company_scope(dona_rosa.company_id):
        assert counter_body()["alcohol"] == ["10:00", "00:30", "02:00"]


def test_without_hours_of_its_own_a_shop_keeps_the_law(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        kept = get_alcohol_hours()

        assert (kept.opens, kept.until, kept.saturday_until) == (time(9), time(1), time(3))


def test_an_end_in_the_day_is_refused(dona_rosa: Any) -> None:
    hours = {"opens": "10:00", "until": "23:00", "saturday_until": "02:00"}

    page = dona_rosa.client(dona_rosa.owner).post(f"{PAGE}alcohol/", hours)

    assert page.status_code == 422
    assert "Es la hora de la madrugada" in page.content.decode()
    with company_scope(dona_rosa.company_id):
        assert not AlcoholHours.objects.exists()


def test_a_cashier_does_not_change_the_rules(dona_rosa: Any, bread: Product) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, label()).status_code == 403
    assert rules_of(dona_rosa) == []


def test_a_row_for_the_till_says_how_a_product_may_be_sold(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Agua")
        for name, tax in (("Cigarros", None), ("Vino", 25)):
            product = make_product(name)
            product.is_age_restricted, product.additional_tax_code = True, tax
            product.save()

        rows = get_till_news().rows

    assert {row[1]: row[11] for row in rows} == {"Agua": 0, "Cigarros": 1, "Vino": 2}
