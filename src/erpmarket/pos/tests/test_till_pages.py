"""The till's page without a session, the program that keeps it, and the door that lets a browser in."""

import json
from typing import Any

import pytest
from django.test import Client

from erpmarket.common.clock import now
from erpmarket.pos import shell_views
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import EnrolmentCode, TillDevice
from erpmarket.pos.tests.factories import SellingShop, make_selling_shop
from erpmarket.pos.tests.till_device import TestDevice
from erpmarket.tenancy.scope import company_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> SellingShop:
    with company_scope(dona_rosa.company_id):
        return make_selling_shop(dona_rosa, caf_office)


def _enrol(selling: SellingShop, client: Client) -> Any:
    return client.post(f"/caja/{selling.till.id}/inscribir", "{}", content_type="application/json")


def _kept() -> Any:
    program = Client().get("/caja/sw.js").content.decode()
    line, _, rest = program.partition("\n")
    assert "skipWaiting" in rest
    return json.loads(line.removeprefix("self.CAJA_SHELL=").removesuffix(";"))


def test_the_page_is_the_same_for_everybody_and_reaches_only_this_machine(
    selling: SellingShop,
) -> None:
    stranger = Client().get("/caja/venta/")
    cashier = selling.shop.client(selling.shop.cashier).get("/caja/venta/")

    assert stranger.status_code == 200
    assert stranger.content == cashier.content
    assert selling.shop.shop_name not in stranger.content.decode()
    policy = stranger.headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:* http://localhost:*;" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_the_worker_keeps_the_page_and_its_files_and_a_changed_page_is_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = _kept()
    assert before == _kept()
    assert before["page"] == "/caja/venta/"
    for path in before["files"]:
        answer = Client().get(path)
        answer.close()  # files are streamed
        assert answer.status_code == 200, path
    assert before["files"][1] == "/caja/visor/"
    assert any("paper" in path for path in before["files"])
    assert {path.rsplit(".", 1)[-1] for path in before["files"][2:]} == {
        "js",
        "css",
        "svg",
        "woff2",
    }

    monkeypatch.setattr(shell_views, "_page", lambda: "another page")

    assert _kept()["version"] != before["version"]


def test_the_till_installs_as_an_application_that_opens_on_the_page() -> None:
    told = Client().get("/caja/app.webmanifest")

    assert told.headers["Content-Type"] == "application/manifest+json"
    assert (told.json()["start_url"], told.json()["scope"]) == ("/caja/venta/", "/caja/")
    assert told.json()["display"] == "standalone"


def test_who_may_manage_devices_gets_a_code_for_this_browser(selling: SellingShop) -> None:
    owner = selling.shop.client(selling.shop.owner)
    page = owner.get(f"/caja/{selling.till.id}/")
    assert page.context["config"]["may_enrol"] is True

    answer = _enrol(selling, owner)

    assert answer.status_code == 200
    assert len(answer.json()["code"]) == 8


def test_a_cashier_gets_no_code_and_is_asked_for_one(selling: SellingShop) -> None:
    cashier = selling.shop.client(selling.shop.cashier)

    assert _enrol(selling, cashier).status_code == 403
    page = cashier.get(f"/caja/{selling.till.id}/")
    assert page.context["config"]["may_enrol"] is False
    assert 'name="code"' in page.content.decode()
    with company_scope(selling.shop.company_id):
        assert not EnrolmentCode.objects.exists()


def test_a_till_moves_to_another_device_only_when_that_is_said(selling: SellingShop) -> None:
    owner = selling.shop.client(selling.shop.owner)
    with company_scope(selling.shop.company_id):
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )
        assert code
        device = TillDevice.objects.create(
            till=selling.till,
            uid="01990000-0000-7000-8000-000000000001",
            name="Chrome en Windows",
            sign_key=b"k" * 91,
            wrap_key=b"w" * 65,
            enrolled_at=now(),
            last_seen_at=now(),
        )
    assert "Chrome en Windows" in owner.get(f"/caja/{selling.till.id}/").content.decode()

    _enrol(selling, owner)
    with company_scope(selling.shop.company_id):
        assert TillDevice.objects.get(id=device.id).revoked_at is None
    owner.post(
        f"/caja/{selling.till.id}/inscribir",
        json.dumps({"replaces": True}),
        content_type="application/json",
    )

    with company_scope(selling.shop.company_id):
        moved = TillDevice.objects.get(id=device.id)
        assert moved.revoke_reason == "Otro equipo tomó su lugar en la caja."
        assert moved.revoked_by_id == selling.shop.owner.membership_id


def test_what_the_office_says_of_a_new_device_is_what_its_screens_show(
    selling: SellingShop,
) -> None:
    owner = selling.shop.client(selling.shop.owner)
    cashier = selling.shop.client(selling.shop.cashier)
    door = f"/caja/{selling.till.id}/"

    said = owner.get("/caja/equipos/").text
    for words, shown in (
        ("«Vender»", cashier.get("/caja/").text),
        ("«Inscribir este equipo»", cashier.get(door).text),
        ("«Sí, es»", owner.get(door).text),
    ):
        assert words in said
        assert words.strip("«»") in shown, words
    assert f"Código para {selling.till.name}" in said
    with company_scope(selling.shop.company_id):
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )
    assert TestDevice(company_id=selling.shop.company_id).enrol(code).status_code == 200

    # A till with a device asks nobody for a code.
    said = owner.get("/caja/equipos/").text
    assert f"Código para {selling.till.name}" not in said
    assert "«Cambiar a este equipo»" in said
    assert "Cambiar a este equipo" in owner.get(door).text
    assert "data-code" not in cashier.get(door).text
