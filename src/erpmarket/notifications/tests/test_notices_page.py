"""The bell and the page of notices, for each role."""

from datetime import timedelta
from typing import Any

import pytest

from erpmarket.common.clock import now
from erpmarket.notifications.actions.notices import notify, resolve
from erpmarket.notifications.levels import Level
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope

PAGE, BELL = "/avisos/", "/avisos/campana/"


def tell(shop: Any, **changes: Any) -> int:
    facts: dict[str, Any] = {
        "kind": "folios.low",
        "level": Level.WARNING,
        "title": "Quedan pocos folios",
        "words": "Pide más folios.",
        "link": "/sii/folios/",
        "at": now() - timedelta(minutes=5),
    }
    with company_scope(shop.company_id):
        return int(notify(**(facts | changes)).id)


def test_bell_counts_what_is_unread(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    assert "sin leer" not in client.get(BELL).text
    tell(dona_rosa)
    tell(dona_rosa, kind="rejected", level=Level.DANGER)

    text = client.get(BELL).text

    assert '<b class="num danger">2<span class="unseen"> sin leer</span></b>' in text


def test_bell_stands_in_every_page(dona_rosa: Any) -> None:
    for person in (dona_rosa.owner, dona_rosa.cashier, dona_rosa.stock_keeper):
        assert 'hx-get="/avisos/campana/"' in dona_rosa.client(person).get(PAGE).text


def test_notice_says_what_to_do_and_leads_there(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    notice_id = tell(dona_rosa)

    text = client.get(PAGE).text
    answer = client.post(f"{PAGE}{notice_id}/")

    assert "Quedan pocos folios" in text
    assert "Pide más folios." in text
    assert "hace 5" in text
    assert (answer.status_code, answer.url) == (302, "/sii/folios/")
    assert "sin leer" not in client.get(BELL).text
    assert "Nuevo" not in client.get(PAGE).text


def test_looking_at_the_page_reads_nothing(dona_rosa: Any) -> None:
    tell(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)

    client.get(PAGE)

    assert "sin leer" in client.get(BELL).text


def test_everything_is_read_with_one_button(dona_rosa: Any) -> None:
    tell(dona_rosa)
    tell(dona_rosa, kind="rejected")
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(f"{PAGE}leidos/")

    assert (answer.status_code, answer.url) == (302, PAGE)
    assert "sin leer" not in client.get(BELL).text
    assert "Marcar todo como leído" not in client.get(PAGE).text


def test_resolved_notice_is_folded_away(dona_rosa: Any) -> None:
    tell(dona_rosa)
    with company_scope(dona_rosa.company_id):
        resolve(kind="folios.low", at=now())

    text = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    assert "Nada que mirar" in text
    assert "Ya resueltos (1)" in text
    assert "Quedan pocos folios" in text


def test_notice_of_another_role_is_unseen_and_unfollowed(dona_rosa: Any) -> None:
    notice_id = tell(dona_rosa, roles=(Role.OWNER,))
    client = dona_rosa.client(dona_rosa.cashier)

    assert "Quedan pocos folios" not in client.get(PAGE).text
    assert client.post(f"{PAGE}{notice_id}/").status_code == 404
    assert "sin leer" in dona_rosa.client(dona_rosa.owner).get(BELL).text


@pytest.mark.parametrize("person", ["cashier", "stock_keeper"])
def test_mail_settings_are_for_owners(dona_rosa: Any, person: str) -> None:
    client = dona_rosa.client(getattr(dona_rosa, person))

    assert client.get(f"{PAGE}correo/").status_code == 403
    assert ">Correo</a>" not in client.get(PAGE).text


def test_notice_of_a_stranger_stays_unseen(dona_rosa: Any, el_vecino: Any) -> None:
    notice_id = tell(dona_rosa)
    client = el_vecino.client(el_vecino.owner)

    assert "Quedan pocos folios" not in client.get(PAGE).text
    assert client.post(f"{PAGE}{notice_id}/").status_code == 404
    assert "sin leer" in dona_rosa.client(dona_rosa.owner).get(BELL).text
