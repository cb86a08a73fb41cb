from typing import Any

from django.test import Client

from erpmarket.tenancy.access import COMPANY_KEY
from erpmarket.tenancy.actions import admit_member
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope


def admit_rosa(el_vecino: Any, dona_rosa: Any) -> None:
    with company_scope(el_vecino.company_id):
        admit_member(
            user_id=dona_rosa.owner.user_id, role=Role.ACCOUNTANT, display_name="Rosa Núñez"
        )


def test_companies_lists_the_persons_own_places(dona_rosa: Any, el_vecino: Any) -> None:
    admit_rosa(el_vecino, dona_rosa)

    page = dona_rosa.client(dona_rosa.owner).get("/empresas/")

    assert page.status_code == 200
    assert "Almacén Doña Rosa" in page.text
    assert "Minimarket El Vecino" in page.text


def test_companies_shows_a_stranger_nothing(dona_rosa: Any, el_vecino: Any) -> None:
    page = el_vecino.client(el_vecino.owner).get("/empresas/")

    assert "Almacén Doña Rosa" not in page.text


def test_companies_without_a_login_leads_to_it(db: None) -> None:
    listed = Client().get("/empresas/")
    switched = Client().post("/empresas/entrar/", {"company_id": "1"})

    assert listed.headers["Location"] == switched.headers["Location"] == "/entrar/"


def test_switch_enters_another_company_under_a_new_key(dona_rosa: Any, el_vecino: Any) -> None:
    admit_rosa(el_vecino, dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)
    before = client.session.session_key

    answer = client.post("/empresas/entrar/", {"company_id": str(el_vecino.company_id)})

    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session[COMPANY_KEY] == el_vecino.company_id
    assert client.session.session_key != before


def test_switch_to_a_strangers_company_is_not_found(dona_rosa: Any, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)

    answer = client.post("/empresas/entrar/", {"company_id": str(dona_rosa.company_id)})

    assert answer.status_code == 404
    assert client.session[COMPANY_KEY] == el_vecino.company_id


def test_switch_to_nonsense_is_not_found(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert client.post("/empresas/entrar/", {"company_id": "x"}).status_code == 404
