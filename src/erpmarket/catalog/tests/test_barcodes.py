"""One code on a package means one product, however it is written and whoever is first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from erpmarket.catalog.actions import (
    BarcodeTaken,
    WrongCheckDigit,
    change_price,
    create_product,
)
from erpmarket.catalog.barcodes import ean_check_digit, has_right_check_digit, stored_form
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Barcode, Product
from erpmarket.catalog.queries import find_by_code, get_revision, search_products
from erpmarket.catalog.tests.factories import AT, make_category, make_product
from erpmarket.common.errors import DomainError
from erpmarket.tenancy.scope import company_scope

UPC = "036000291452"
EAN = "0036000291452"


@pytest.mark.parametrize(
    "code", ["7802920000138", "12345670", UPC, EAN, "10036000291459", "00036000291452"]
)
def test_right_check_digits(code: str) -> None:
    assert has_right_check_digit(code)
    assert ean_check_digit(code[:-1]) == int(code[-1])


@pytest.mark.parametrize("code", ["7802920000137", "12345671", "036000291453", "1234567", "abc"])
def test_wrong_check_digits_and_other_lengths(code: str) -> None:
    assert not has_right_check_digit(code)


@pytest.mark.parametrize(
    ("code", "stored"),
    [
        (UPC, EAN),
        (EAN, EAN),
        ("12345670", "12345670"),
        ("PAN-1", "PAN-1"),
        ("123456789012x", "123456789012x"),
    ],
)
def test_a_code_has_one_stored_form(code: str, stored: str) -> None:
    assert stored_form(code) == stored
    assert stored_form(stored) == stored


def test_a_product_is_found_by_either_writing_of_its_code(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        tissue = make_product("Pañuelos", code="PAN", barcodes=[UPC])

        assert list(Barcode.objects.values_list("code", flat=True)) == [EAN]
        for code in (UPC, EAN):
            found = find_by_code(code)
            assert found is not None
            assert found.id == tissue.id
            assert [row.id for row in search_products(code)] == [tissue.id]


def test_the_other_writing_of_a_taken_code_is_taken(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Pañuelos", code="PAN", barcodes=[EAN])

        with pytest.raises(BarcodeTaken, match="ya es de Pañuelos"):
            make_product("Servilletas", code="SER", barcodes=[UPC])

        assert (Product.objects.count(), Barcode.objects.count()) == (1, 1)


def test_both_writings_on_one_product_are_one_code(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Pañuelos", code="PAN", barcodes=[UPC, EAN, UPC])

        assert Barcode.objects.count() == 1


def test_a_wrong_check_digit_writes_nothing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        with pytest.raises(WrongCheckDigit):
            make_product("Pañuelos", barcodes=["12345670", "036000291453"])

        assert (Product.objects.count(), Barcode.objects.count()) == (0, 0)


def test_two_people_give_one_code_at_once_and_one_is_refused(
    fresh_database: str, found_cast: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        category = make_category()
    start = threading.Barrier(3)

    def add(place: int) -> str:
        try:
            with company_scope(shop.company_id):
                start.wait(timeout=20)
                create_product(
                    code=f"P{place}",
                    name=f"Producto {place}",
                    unit=Unit.PIECE,
                    category_id=category.id,
                    price_clp=1000,
                    barcodes=["12345670"],
                )
        except DomainError as refusal:
            return refusal.code
        else:
            return "added"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(add, range(3)))

    assert answers == ["added", "barcode_taken", "barcode_taken"]
    with company_scope(shop.company_id):
        assert (Product.objects.count(), Barcode.objects.count()) == (1, 1)


def test_each_change_of_the_catalogue_counts_one_more(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = make_product("Pañuelos", code="PAN")
        second = make_product("Servilletas", code="SER")
        changed = change_price(product_id=first.id, price_clp=1490, at=AT)

        assert (first.revision, second.revision, changed.revision) == (1, 2, 3)
        assert get_revision() == 3
    with company_scope(el_vecino.company_id):
        assert get_revision() == 0
        assert make_product("Pañuelos", code="PAN").revision == 1
