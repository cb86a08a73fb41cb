"""The owner writes offers, sees what they give, starts and stops them; others do not."""

import re
from datetime import date, datetime, time
from typing import Any

import pytest

from erpmarket.catalog.actions.promotions import (
    Offer,
    create_promotion,
    edit_promotion,
    switch_promotion,
)
from erpmarket.catalog.errors import BadOffer
from erpmarket.catalog.kinds import PromotionKind, Unit
from erpmarket.catalog.models import Product, Promotion, PromotionVersion
from erpmarket.catalog.offer_words import standing_of
from erpmarket.catalog.promotions import (
    find_promotion,
    get_discount_limit,
    get_offers,
    get_offers_at,
    list_till_promotions,
)
from erpmarket.catalog.queries import get_revision
from erpmarket.catalog.tests.factories import AT, make_category, make_product
from erpmarket.common.ids import uuid7
from erpmarket.tenancy.scope import company_scope

UID = "0197c0de-0000-7000-8000-000000000001"


@pytest.fixture
def milk(dona_rosa: Any) -> Product:
    with company_scope(dona_rosa.company_id):
        return make_product("Leche 1 L", code="LECHE", barcodes=["7802920000138"], price_clp=1190)


def typed(**changed: Any) -> dict[str, Any]:
    return {"uid": UID, "name": "3x2 en leche", "n": "3", "m": "2", "codes": "LECHE", **changed}


def make_offer(**facts: Any) -> PromotionVersion:
    terms = facts.pop("terms", {"n": 3, "m": 2, "select": {"all": True}})
    offer = Offer(
        name=facts.pop("name", "3x2"),
        kind=facts.pop("kind", PromotionKind.N_FOR_M),
        terms=terms,
        **facts,
    )
    return create_promotion(uid=uuid7(), offer=offer, at=AT)


def test_an_offer_is_written_once_however_often_the_button_is_tapped(
    dona_rosa: Any, milk: Product
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    page = "/productos/ofertas/nueva/?tipo=lleva-y-paga"
    assert "Lleva 3 paga 2" in client.get(page).text

    answers = [client.post(page, typed(codes="7802920000138\nLECHE")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    with company_scope(dona_rosa.company_id):
        row = PromotionVersion.objects.get()
        assert row.terms == {"n": 3, "m": 2, "select": {"products": [str(milk.id)]}}
        assert (row.number, row.is_active, row.made_by_id) == (
            1,
            True,
            dona_rosa.owner.membership_id,
        )
        assert str(row.promotion.uid) == UID
    assert "Lleva 3, paga 2" in client.get("/productos/ofertas/").text


@pytest.mark.parametrize(
    ("kind", "fields", "terms"),
    [
        ("segunda", {"n": "2", "percent": "50"}, {"n": 2, "percent": "50"}),
        ("varios", {"n": "2", "price": "1.000"}, {"n": 2, "price": 1000}),
        (
            "cantidad",
            {"min_quantity": "1,5", "price": "990"},
            {"min_quantity": "1.5", "price": 990},
        ),
        ("porcentaje", {"percent": "12,5"}, {"percent": "12.5"}),
    ],
)
def test_each_kind_has_a_form_that_says_what_pricing_reads(
    dona_rosa: Any, milk: Product, kind: str, fields: dict[str, str], terms: dict[str, Any]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    page = f"/productos/ofertas/nueva/?tipo={kind}"

    answer = client.post(page, {"uid": UID, "name": "Oferta", "everything": "on", **fields})

    assert answer.status_code == 302, answer.text
    with company_scope(dona_rosa.company_id):
        row = PromotionVersion.objects.get()
        assert row.terms == {**terms, "select": {"all": True}}
        offers = get_offers(get_revision())
        assert [each.id for each in offers.promotions] == [str(row.promotion_id)]
    # What was written is what the form shows again, and what it writes again.
    again = client.get(f"/productos/ofertas/{row.promotion_id}/")
    initial = again.context["form"].initial
    assert {name: str(initial[name]) for name in fields} == {
        name: str(terms[name]) for name in fields
    }


def test_a_combo_takes_products_and_categories(dona_rosa: Any, milk: Product) -> None:
    with company_scope(dona_rosa.company_id):
        bread = make_category("Panadería")
    client = dona_rosa.client(dona_rosa.owner)
    fields = {
        "uid": UID,
        "name": "Desayuno",
        "price": "1.990",
        "count1": "1",
        "slot1": "LECHE",
        "count2": "2",
        "category2": str(bread.id),
    }

    answer = client.post("/productos/ofertas/nueva/?tipo=combo", fields)

    assert answer.status_code == 302, answer.text
    with company_scope(dona_rosa.company_id):
        assert PromotionVersion.objects.get().terms == {
            "price": 1990,
            "slots": [
                {"count": 1, "select": {"products": [str(milk.id)]}},
                {"count": 2, "select": {"categories": [str(bread.id)]}},
            ],
        }


def test_days_hours_and_last_day_are_kept(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    client.post(
        "/productos/ofertas/nueva/?tipo=lleva-y-paga",
        typed(
            weekdays=["5", "4"],
            begins_at="18:00",
            ends_at="20:30",
            valid_from="2026-12-01",
            last_day="2026-12-31",
            max_applications="2",
        ),
    )

    with company_scope(dona_rosa.company_id):
        row = PromotionVersion.objects.get()
        assert (row.weekdays, row.begins_at, row.ends_at) == ([4, 5], time(18), time(20, 30))
        assert (row.valid_from, row.valid_to) == (date(2026, 12, 1), date(2027, 1, 1))
        assert row.max_applications == 2
    page = client.get("/productos/ofertas/").text
    assert "jueves, viernes de 18:00 a 20:30" in page
    form = client.get(f"/productos/ofertas/{row.promotion_id}/").text
    assert 'value="2026-12-31"' in form
    assert 'value="20:30"' in form


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Ponle un nombre"),
        ({"n": "1"}, "Lleva de 2 a 100"),
        ({"n": "x"}, "Escribe un número"),
        ({"m": "3"}, "Paga menos de las que lleva"),
        ({"codes": ""}, "Elige los productos"),
        ({"codes": "NADA"}, "No conocemos NADA"),
        ({"categories": ["999999"]}, "Esa categoría ya no está"),
        ({"begins_at": "18:00"}, "Escribe las dos horas"),
        ({"begins_at": "18:00", "ends_at": "18:00"}, "otra que la de inicio"),
        ({"valid_from": "2026-12-02", "last_day": "2026-12-01"}, "no puede ser antes"),
        ({"max_applications": "0"}, "Escribe de 1 a 100"),
    ],
)
def test_an_offer_of_nonsense_is_refused_beside_its_field(
    dona_rosa: Any, milk: Product, change: dict[str, Any], words: str
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post("/productos/ofertas/nueva/?tipo=lleva-y-paga", typed(**change))

    assert answer.status_code == 422
    assert words in answer.text
    with company_scope(dona_rosa.company_id):
        assert Promotion.objects.count() == 0


def test_the_example_is_worked_out_by_pricing(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    page = "/productos/ofertas/ejemplo/?tipo="

    three = client.post(f"{page}lleva-y-paga", typed(name=""))
    half = client.post(f"{page}segunda", {"n": "2", "percent": "50", "codes": "LECHE"})
    nothing = client.post(
        f"{page}cantidad", {"min_quantity": "6", "price": "1.190", "everything": "on"}
    )
    empty = client.post(f"{page}lleva-y-paga", {})

    assert _words(three) == "3 Leche 1 L: paga $2.380 en vez de $3.570. Ahorra $1.190."
    assert _words(half) == "3 Leche 1 L: paga $2.975 en vez de $3.570. Ahorra $595."
    assert "6 Leche 1 L: cuesta $7.140, igual que sin la oferta" in _words(nothing)
    assert "Completa la oferta" in _words(empty)
    with company_scope(dona_rosa.company_id):
        assert Promotion.objects.count() == 0


def _words(answer: Any) -> str:
    text = re.sub(r"<svg.*?</svg>|<[^>]+>", "", answer.text).replace("\u00a0", " ")
    return " ".join(text.replace("3 un ", "3 ").replace("6 un ", "6 ").split())


def test_the_example_of_something_by_the_kilo_keeps_its_grams(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Jamón", code="JAMON", unit=Unit.KILO, price_clp=8990)
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(
        "/productos/ofertas/ejemplo/?tipo=cantidad",
        {"min_quantity": "3,5", "price": "7.990", "codes": "JAMON"},
    )

    assert "paga $27.965 en vez de $31.465" in _words(answer)


def test_an_edit_is_another_version_and_the_former_stays_told(
    dona_rosa: Any, milk: Product
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post("/productos/ofertas/nueva/?tipo=lleva-y-paga", typed())
    with company_scope(dona_rosa.company_id):
        promotion_id, before = Promotion.objects.get().id, get_revision()

    answer = client.post(f"/productos/ofertas/{promotion_id}/", typed(n="4", m="3"))

    assert answer.status_code == 302
    with company_scope(dona_rosa.company_id):
        rows = PromotionVersion.objects.order_by("number")
        assert [(row.number, row.terms["n"]) for row in rows] == [(1, 3), (2, 4)]
        assert get_revision() == before + 1
    page = client.get(f"/productos/ofertas/{promotion_id}/").text
    assert "Lleva 3, paga 2" in page
    assert "Lleva 4, paga 3" in page


def test_an_offer_is_stopped_and_started_with_one_tap(dona_rosa: Any, milk: Product) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    with company_scope(dona_rosa.company_id):
        promotion_id = make_offer().promotion_id
    page = f"/productos/ofertas/{promotion_id}/regir/"

    for wanted, is_active, number in (("no", False, 2), ("no", False, 2), ("si", True, 3)):
        assert client.post(page, {"rige": wanted}).status_code == 302
        with company_scope(dona_rosa.company_id):
            row = find_promotion(promotion_id)
            assert row is not None
            assert (row.is_active, row.number) == (is_active, number)
            assert len(list_till_promotions(on=AT.date())) == int(is_active)


def test_what_an_offer_said_then_is_what_a_late_journal_is_held_against(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        row = make_offer()
        later = datetime.fromisoformat("2026-11-24T12:00:00Z")
        switch_promotion(promotion_id=row.promotion_id, is_active=False, at=later)

        assert len(get_offers_at(AT).promotions) == 1
        assert get_offers_at(later).promotions == ()


def test_the_list_tells_how_each_offer_stands(dona_rosa: Any) -> None:
    noon = datetime(2026, 11, 23, 12)  # noqa: DTZ001  (local wall time, as pricing takes it)
    with company_scope(dona_rosa.company_id):
        rows = [
            make_offer(),
            make_offer(hours=(time(18), time(20))),
            make_offer(valid_to=date(2026, 11, 23)),
        ]
        off = switch_promotion(promotion_id=make_offer().promotion_id, is_active=False, at=AT)

        assert [standing_of(row, noon) for row in (*rows, off)] == ["on", "waiting", "over", "off"]


def test_the_owner_sets_how_far_cashiers_go(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert client.post("/productos/ofertas/limite/", {"cashier_percent": "15,5"}).status_code == 302
    refused = client.post("/productos/ofertas/limite/", {"cashier_percent": "101"})

    assert refused.status_code == 422
    assert "Escribe un porcentaje de 0 a 100" in refused.text
    with company_scope(dona_rosa.company_id):
        assert str(get_discount_limit()) == "15.50"


def test_only_who_changes_prices_gets_to_the_offers(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        promotion_id = make_offer().promotion_id
    neighbour = el_vecino.client(el_vecino.owner)

    for person in (dona_rosa.cashier, dona_rosa.stock_keeper):
        client = dona_rosa.client(person)
        assert client.get("/productos/ofertas/").status_code == 403
        assert client.post(f"/productos/ofertas/{promotion_id}/regir/").status_code == 403
        assert client.post("/productos/ofertas/limite/").status_code == 403
    assert neighbour.get(f"/productos/ofertas/{promotion_id}/").status_code == 404
    assert neighbour.post(f"/productos/ofertas/{promotion_id}/regir/").status_code == 404
    with company_scope(dona_rosa.company_id):
        assert PromotionVersion.objects.count() == 1


def test_products_of_a_neighbour_are_in_no_offer(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(el_vecino.company_id):
        foreign = make_product("Ajeno", code="AJENO")
    with company_scope(dona_rosa.company_id), pytest.raises(BadOffer):
        make_offer(terms={"n": 3, "m": 2, "select": {"products": [str(foreign.id)]}})


def test_an_edit_by_a_stranger_finds_nothing(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        promotion_id = make_offer().promotion_id
    offer = Offer(
        name="Otra", kind=PromotionKind.N_FOR_M, terms={"n": 3, "m": 1, "select": {"all": True}}
    )
    with company_scope(el_vecino.company_id), pytest.raises(PromotionVersion.DoesNotExist):
        edit_promotion(promotion_id=promotion_id, offer=offer, at=AT)


def test_a_kind_that_nobody_offers_is_not_found(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert client.get("/productos/ofertas/nueva/").status_code == 404
    assert client.get("/productos/ofertas/nueva/?tipo=regalo").status_code == 404
    assert client.post("/productos/ofertas/ejemplo/?tipo=regalo").status_code == 404


def test_no_more_offers_run_than_a_till_can_try(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erpmarket.catalog.actions.promotions.MOST_ACTIVE", 2)
    client = dona_rosa.client(dona_rosa.owner)
    with company_scope(dona_rosa.company_id):
        stopped = make_offer().promotion_id
        switch_promotion(promotion_id=stopped, is_active=False, at=AT)
        make_offer()
        make_offer()
    with company_scope(dona_rosa.company_id), pytest.raises(BadOffer):
        make_offer()

    answer = client.post(f"/productos/ofertas/{stopped}/regir/", {"rige": "si"})

    assert "Ya hay 2 ofertas andando" in answer.text
    with company_scope(dona_rosa.company_id):
        assert Promotion.objects.count() == 3
        assert len(list_till_promotions(on=AT.date())) == 2
