"""B2: a till whose first catalogue is on the way asks what a code is, and gets the catalogue's own row."""

from typing import Any

import pytest

from erpmarket.catalog.models import Product
from erpmarket.common import clock
from erpmarket.pos.tests.device_desk import Desk, open_desk
from erpmarket.pos.tests.factories import AT, make_product


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    desk = open_desk(dona_rosa, caf_office)
    category = desk.selling.category
    desk.book(
        lambda: [
            make_product(
                category, "P1", name="Marraqueta", unit="kg", plu=7, barcodes=["7801234567917"]
            ),
            make_product(category, "L1", name="Leche", price_clp=1191, takes_baes=True),
        ]
    )
    return desk


@pytest.mark.parametrize("code", ["7801234567917", "P1", "7", "L1"])
def test_b2_a_code_is_answered_by_its_row_of_the_catalogue(desk: Desk, code: str) -> None:
    whole = desk.ask("catalogo")
    wanted = "Leche" if code == "L1" else "Marraqueta"

    found = desk.ask(f"producto?codigo={code}")

    assert found["products"] == [row for row in whole["products"] if row[1] == wanted]
    around = ("categories", "promotions", "scale", "alcohol")
    assert {part: found[part] for part in around} == {part: whole[part] for part in around}


@pytest.mark.parametrize("code", ["7809999999998", "", "%00", "7" * 40])
def test_b2_what_is_no_code_has_no_content(desk: Desk, code: str) -> None:
    assert desk.ask(f"producto?codigo={code}", status=204) is None


def test_b2_what_is_not_sold_any_more_has_no_content(desk: Desk) -> None:
    desk.book(lambda: Product.objects.filter(code="L1").update(is_active=False))

    assert desk.ask("producto?codigo=L1", status=204) is None
