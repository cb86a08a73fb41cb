"""Every URL as nobody, and as a person of another company: nothing of the shop may show.

The test walks the URL table, so a new page is covered the day it is added; a page with a new kind of
argument must say in secret_shop.py what id of the shop to try.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from tests.secret_shop import SECRETS, make_shop_ids

from erpmarket.catalog.models import LabelRequest, PricePlan, Product, ScaleRule
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.inventory.models import CountLine, Stock
from erpmarket.notifications.models import Mail, NoticeRead
from erpmarket.pos.device_models import EnrolmentCode, TillDevice
from erpmarket.pos.models import Shift
from erpmarket.tenancy.scope import company_scope

# Pages for everybody, by name: they show nothing of a company.
OPEN_TO_ALL = frozenset(
    {
        "accounts:login",
        "accounts:logout",
        "icon",
        "pos:app_manifest",
        "pos:display",
        "pos:shell",
        "pos:worker",
        "public:lookup",
    }
)
# Pages for who holds a link that cannot be guessed: everybody else finds nothing, login or not.
BY_LINK = frozenset({"public:document", "public:pdf", "public:xml"})
# What a till's device asks: signed with its own key, whoever is signed in or not.
BY_SIGNATURE = frozenset(
    {
        "pos:device_enrol",
        "pos:device_folios",
        "pos:give_back",
        "pos:device_journal",
        "pos:device_state",
        "pos:device_catalogue",
        "pos:device_customers",
        "pos:device_vale",
        "pos:device_buyer",
        "pos:device_product",
        "pos:device_stock",
        "pos:device_sold",
        "pos:device_sold_one",
        "pos:device_copy",
        "pos:device_mail",
        "pos:device_return",
        "pos:device_invoice",
        "pos:device_x",
    }
)
# Pages that need a login and no company yet.
LOGIN_ONLY = frozenset({"accounts:companies", "accounts:switch"})
METHODS = ("get", "post", "form", "put", "delete")
# What any of our forms or addresses could take for an order.
ORDER = {
    "action": "close",
    "counted_clp": "0",
    "price_clp": "1",
    "pin": "1470",
    "opening_clp": "0",
}


def _patterns(
    entries: list[Any], prefix: str = "", names: tuple[str, ...] = ()
) -> Iterator[tuple[str, str, Any]]:
    for entry in entries:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from _patterns(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            yield ":".join((*names, entry.name or "")), route, entry.callback


PAGES = sorted(_patterns(get_resolver().url_patterns), key=lambda page: page[0])


@pytest.fixture
def shop_ids(dona_rosa: Any, caf_office: Any) -> dict[str, Any]:
    """The ids of everything in Doña Rosa's shop, by the name of the URL argument."""
    return make_shop_ids(dona_rosa, caf_office)


def _address(route: str, ids: dict[str, Any]) -> str:
    def value(match: "re.Match[str]") -> str:
        name = match[1].rsplit(":", 1)[-1]
        assert name in ids, f"say in secret_shop which {name} a stranger should try"
        return str(ids[name])

    return "/" + re.sub(r"<([^>]+)>", value, route)


def _ask(client: Any, method: str, address: str, company_id: int) -> Any:
    order = {**ORDER, "company_id": company_id}
    if method == "form":
        return client.post(address, data=order)
    if method in ("post", "put"):
        body = json.dumps(order)
        return getattr(client, method)(address, data=body, content_type="application/json")
    return getattr(client, method)(address)


def _snapshot(company_id: int) -> tuple[Any, ...]:
    with company_scope(company_id):
        return (
            list(Stock.objects.order_by("id").values_list("id", "quantity", "value")),
            IssuedDocument.objects.count(),
            list(Product.objects.order_by("id").values_list("id", "price_clp")),
            list(Shift.objects.order_by("id").values_list("id", "closed_at")),
            list(TillDevice.objects.order_by("id").values_list("id", "revoked_at")),
            EnrolmentCode.objects.count(),
            list(Mail.objects.order_by("id").values_list("id", "state", "available_at")),
            NoticeRead.objects.count(),
            list(CountLine.objects.values_list("id", "quantity", "is_accepted", "count__state")),
            list(LabelRequest.objects.order_by("id").values_list("id", "printed_at")),
            ScaleRule.objects.count(),
            list(PricePlan.objects.order_by("id").values_list("id", "cancelled_at")),
        )


def test_the_table_of_urls_is_walked() -> None:
    assert len(PAGES) > 15
    assert {name for name, _, _ in PAGES} >= OPEN_TO_ALL | LOGIN_ONLY


def test_a_person_of_another_company_sees_and_changes_nothing(
    dona_rosa: Any, el_vecino: Any, shop_ids: dict[str, Any]
) -> None:
    client = el_vecino.client(el_vecino.owner)
    before = _snapshot(dona_rosa.company_id)

    for name, route, _ in PAGES:
        address = _address(route, shop_ids)
        for method in METHODS:
            if name == "accounts:logout":
                continue
            answer = _ask(client, method, address, dona_rosa.company_id)
            where = f"{method} {address} -> {answer.status_code}"
            assert answer.status_code < 500, where
            if name in BY_SIGNATURE:
                assert answer.status_code in (401, 405, 422), where
            elif "<" in route:
                assert answer.status_code in (404, 405, 422), where
                if answer.status_code == 422:
                    assert "secret" not in answer.content.decode(), where
            if not answer.streaming:
                text = answer.content.decode("utf-8", "replace")
                assert not [secret for secret in SECRETS if secret in text], where

    assert _snapshot(dona_rosa.company_id) == before


def test_somebody_who_is_not_signed_in_is_sent_to_the_login(
    client: Any, dona_rosa: Any, shop_ids: dict[str, Any]
) -> None:
    before = _snapshot(dona_rosa.company_id)

    for name, route, _ in PAGES:
        address = _address(route, shop_ids)
        for method in METHODS:
            answer = _ask(client, method, address, dona_rosa.company_id)
            where = f"{method} {address} -> {answer.status_code}"
            text = answer.content.decode("utf-8", "replace")
            assert not [secret for secret in SECRETS if secret in text], where
            if name in BY_LINK:
                assert answer.status_code in (404, 405), where
            elif name in BY_SIGNATURE:
                assert answer.status_code in (401, 405, 422), where
            elif name not in OPEN_TO_ALL:
                assert answer.status_code in (302, 405), where
                if answer.status_code == 302:
                    assert answer.url.startswith("/entrar/"), where

    assert _snapshot(dona_rosa.company_id) == before


def test_a_login_without_this_company_cannot_switch_into_it(dona_rosa: Any, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)

    client.post("/empresas/entrar/", {"company_id": dona_rosa.company_id})

    assert "Almacén Doña Rosa" not in client.get("/", follow=True).content.decode()
    assert client.session["company_id"] == el_vecino.company_id


def test_a_member_who_left_is_out_at_once(dona_rosa: Any) -> None:
    from erpmarket.tenancy.models import Membership  # noqa: PLC0415

    client = dona_rosa.client(dona_rosa.cashier)
    assert client.get("/caja/").status_code == 200
    with company_scope(dona_rosa.company_id):
        Membership.objects.filter(id=dona_rosa.cashier.membership_id).update(is_active=False)

    assert client.get("/caja/").status_code == 302


def test_a_changed_password_ends_other_sessions(dona_rosa: Any) -> None:
    from erpmarket.accounts.models import User  # noqa: PLC0415

    client = dona_rosa.client(dona_rosa.owner)
    user = User.objects.get(id=dona_rosa.owner.user_id)
    user.set_password("otra-clave-larga")
    user.save()

    assert client.get("/caja/").status_code == 302
