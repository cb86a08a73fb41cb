import re
from typing import Any

import pytest
from django.test import Client

from erpmarket.accounts.permissions import verbs_of
from erpmarket.tenancy.models import Membership
from erpmarket.tenancy.scope import company_scope

ALL = ["Caja", "Productos", "Compras", "Clientes", "SII"]


def rail(text: str) -> list[str]:
    """Read the words of the rail's places."""
    nav = text.split('<nav class="rail"')[1].split("</nav>", maxsplit=1)[0]
    return [word.strip() for word in re.findall(r"</svg>([^<]+)</a>", nav)]


@pytest.mark.parametrize(
    ("person", "places"),
    [
        ("owner", [*ALL, "Ajustes"]),
        ("cashier", ["Caja", "Productos", "Clientes", "SII"]),
        ("stock_keeper", ["Productos", "Compras"]),
    ],
)
def test_rail_shows_the_places_of_the_role(dona_rosa: Any, person: str, places: list[str]) -> None:
    page = dona_rosa.client(getattr(dona_rosa, person)).get("/productos/")

    assert rail(page.text) == places


def test_rail_marks_where_one_is(dona_rosa: Any) -> None:
    text = dona_rosa.client(dona_rosa.owner).get("/compras/proveedores/").text

    current = re.findall(r'href="([^"]+)" aria-current="page"', text)
    assert set(current) == {"/compras/", "/compras/proveedores/"}


@pytest.mark.parametrize(
    ("person", "place"),
    [("owner", "/caja/"), ("cashier", "/caja/"), ("stock_keeper", "/productos/")],
)
def test_home_leads_to_the_first_place_of_the_role(dona_rosa: Any, person: str, place: str) -> None:
    answer = dona_rosa.client(getattr(dona_rosa, person)).get("/")

    assert (answer.status_code, answer.url) == (302, place)


def test_home_leads_a_stranger_to_the_login(db: None) -> None:
    assert Client().get("/").headers["Location"] == "/entrar/"


def test_chip_is_asked_for_by_those_who_may_see_papers(dona_rosa: Any) -> None:
    seen = dona_rosa.client(dona_rosa.cashier).get("/productos/").text
    hidden = dona_rosa.client(dona_rosa.stock_keeper).get("/productos/").text

    assert 'hx-get="/sii/estado/"' in seen
    assert "/sii/" not in hidden


def test_member_who_left_is_out_at_the_next_page(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.cashier)
    assert client.get("/productos/").status_code == 200
    with company_scope(dona_rosa.company_id):
        Membership.objects.filter(id=dona_rosa.cashier.membership_id).update(is_active=False)

    assert client.get("/productos/").url == "/entrar/"


def test_role_nobody_knows_may_do_nothing() -> None:
    assert verbs_of("wizard") == frozenset()
