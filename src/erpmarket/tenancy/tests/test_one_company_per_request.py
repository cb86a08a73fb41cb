"""The edge of a request: one transaction, undone when it fails, and the policy on every answer."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from erpmarket.catalog.models import Category
from erpmarket.catalog.tests.factories import make_category
from erpmarket.common.errors import DomainError
from erpmarket.config import urls
from erpmarket.tenancy.scope import company_scope


class Refused(DomainError):
    """A refusal for these tests."""

    code = "refused_here"
    message = "No se puede. Prueba otra cosa."


def _write_and_fail(_request: HttpRequest) -> HttpResponse:
    make_category("Fiambres")
    raise RuntimeError("broken")


def _write_and_go_on(_request: HttpRequest) -> HttpResponse:
    make_category("Fiambres")
    return HttpResponse("ok")


def _refuse(_request: HttpRequest) -> HttpResponse:
    raise Refused


class Addresses:
    """The project's own URLs, and three that break in the ways to be tried."""

    urlpatterns = (
        path("falla/", _write_and_fail),
        path("sigue/", _write_and_go_on),
        path("niega/", _refuse),
        *urls.urlpatterns,
    )


@pytest.fixture
def browser(dona_rosa: Any, settings: Any) -> Client:
    settings.ROOT_URLCONF = Addresses
    client: Client = dona_rosa.client(dona_rosa.owner)
    client.raise_request_exception = False
    return client


def _categories(shop: Any) -> list[str]:
    with company_scope(shop.company_id):
        return list(Category.objects.order_by("id").values_list("name", flat=True))


def test_what_a_request_wrote_stays(browser: Client, dona_rosa: Any) -> None:
    assert browser.get("/sigue/").status_code == 200

    assert _categories(dona_rosa) == ["Fiambres"]


def test_a_request_that_broke_leaves_nothing(browser: Client, dona_rosa: Any) -> None:
    assert browser.get("/falla/").status_code == 500

    assert _categories(dona_rosa) == []


def test_a_refusal_is_a_page_for_people(browser: Client) -> None:
    answer = browser.get("/niega/")

    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "No se puede. Prueba otra cosa." in answer.content.decode()


def test_a_refusal_is_json_for_programs(browser: Client) -> None:
    answer = browser.post("/niega/", data="{}", content_type="application/json")

    assert answer.status_code == 422
    assert answer.json() == {
        "code": "refused_here",
        "message": "No se puede. Prueba otra cosa.",
        "details": {},
    }


@pytest.mark.parametrize(
    ("address", "status"),
    [("/sigue/", 200), ("/", 302), ("/no-existe/", 404), ("/niega/", 422), ("/falla/", 500)],
)
def test_every_answer_carries_the_strict_policy(browser: Client, address: str, status: int) -> None:
    answer = browser.get(address)

    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy


def test_a_form_without_its_token_carries_the_policy_too(dona_rosa: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = dona_rosa.client(dona_rosa.owner).cookies

    answer = strict.post("/salir/")

    assert answer.status_code == 403
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("address", ["/productos/", "/sii/", "/clientes/", "/caja/", "/no-existe/"])
def test_no_browser_keeps_a_members_page(browser: Client, address: str) -> None:
    assert browser.get(address).headers["Cache-Control"] == "private, no-store"


def test_a_page_that_says_itself_how_it_is_kept_is_left_alone(browser: Client) -> None:
    assert "must-revalidate" in browser.get("/empresas/").headers["Cache-Control"]
