"""The pages of new papers as a person presses them."""

import re
from typing import Any

import pytest

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.factories import AT, make_document
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader
from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.scope import company_scope

BUYER = {
    "b-rut": "77.654.321-7",
    "b-name": "Ferretería Los Robles SpA",
    "b-giro": "Ferretería",
    "b-address": "Irarrázaval 2100",
    "b-commune": "Ñuñoa",
    "b-city": "Santiago",
    "b-email": "",
}


@pytest.fixture
def trader(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> Branch:
    monkeypatch.setattr("erpmarket.fiscal.trade_views.now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        return make_trader(dona_rosa, caf_office)


def _line(place: int, name: str, quantity: str, price: str) -> dict[str, str]:
    return {
        f"l{place}-name": name,
        f"l{place}-quantity": quantity,
        f"l{place}-price": price,
        f"l{place}-discount": "",
    }


def _factura(branch: Branch, **facts: str) -> dict[str, str]:
    return {
        "uid": str(uuid7()),
        "branch": str(branch.id),
        "basis": "gross",
        "payment": "1",
        "rows": "5",
        **BUYER,
        **_line(0, "Cemento 25 kg", "10", "4.990"),
        **facts,
    }


def _papers(shop: Any) -> list[tuple[int, int]]:
    with company_scope(shop.company_id):
        return list(IssuedDocument.objects.order_by("id").values_list("kind", "total_clp"))


def test_a_factura_shows_its_total_before_it_takes_a_folio(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    asked = _factura(trader)

    review = client.post("/sii/facturas/nueva/", {**asked, "action": "review"})
    assert "Emitir factura por $49.900" in review.content.decode()
    assert _papers(dona_rosa) == []
    issued = client.post("/sii/facturas/nueva/", {**asked, "action": "issue", "seen": "49900"})

    assert issued.status_code == 302
    assert _papers(dona_rosa) == [(33, 49_900)]
    page = client.get(issued["Location"]).content.decode()
    for words in ("Anular", "Devolver", "Corregir un texto", "Nota de débito", "Guía de despacho"):
        assert words in page


def test_a_total_that_nobody_saw_is_shown_and_not_issued(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    page = client.post(
        "/sii/facturas/nueva/", {**_factura(trader), "action": "issue", "seen": "1000"}
    )

    assert "Emitir factura por $49.900" in page.content.decode()
    assert _papers(dona_rosa) == []


def test_a_second_press_of_the_button_is_one_factura(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    asked = {**_factura(trader), "action": "issue", "seen": "49900"}

    pages = [client.post("/sii/facturas/nueva/", asked)["Location"] for _ in range(2)]

    assert pages[0] == pages[1]
    assert len(_papers(dona_rosa)) == 1


def test_a_known_rut_fills_in_the_rest(trader: Branch, dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_factura(trader)
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get("/sii/comprador/?b-rut=776543217").content.decode()
    assert 'value="Ferretería Los Robles SpA"' in page
    typed = client.get("/sii/comprador/?b-rut=776543217&b-name=Los+Robles").content.decode()
    assert 'value="Los Robles"' in typed
    assert client.get("/sii/comprador/?b-rut=123456785").status_code == 204
    blank = {name: "" for name in BUYER if name != "b-rut"}
    review = client.post("/sii/facturas/nueva/", {**_factura(trader, **blank), "action": "review"})

    assert "Emitir factura por" in review.content.decode()


def test_a_wrong_check_digit_is_told_where_it_is(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    asked = _factura(trader, **{"b-rut": "77.654.321-8"})

    page = client.post("/sii/facturas/nueva/", {**asked, "action": "review"}).content.decode()

    assert "Ese RUT no existe: revisa el último dígito." in page


def test_there_is_no_sixty_first_line(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    page = client.post(
        "/sii/facturas/nueva/", {**_factura(trader, rows="58"), "action": "more"}
    ).content.decode()

    assert 'name="l59-name"' in page
    assert 'name="l60-name"' not in page
    assert "Para el resto emite otro documento" in page


def test_a_guia_between_branches_needs_no_buyer(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    asked = {
        "uid": str(uuid7()),
        "branch": str(trader.id),
        "reason": "5",
        "destination": str(trader.id),
        "carrier": "76.123.456-0",
        "driver": "12.345.678-5",
        "driver_name": "Beto Rojas",
        "plate": "kxrt42",
        "rows": "5",
        **_line(0, "Harina 1 kg", "20", ""),
    }

    review = client.post("/sii/guias/nueva/", {**asked, "action": "review"})
    assert "Emitir guía por $0" in review.content.decode()
    issued = client.post("/sii/guias/nueva/", {**asked, "action": "issue", "seen": "0"})

    assert issued.status_code == 302
    assert _papers(dona_rosa) == [(52, 0)]


def test_a_guia_of_a_document_starts_with_its_goods(trader: Branch, dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        factura = make_factura(trader).row

    page = dona_rosa.client(dona_rosa.owner).get(f"/sii/guias/nueva/?de={factura.id}")

    assert 'value="Cemento 25 kg"' in page.content.decode()
    assert f'value="{factura.folio}"' in page.content.decode()


@pytest.mark.parametrize(
    ("deed", "facts", "wanted"),
    [
        ("anular", {}, (61, 2_380)),
        ("devolver", {"p1-quantity": "1"}, (61, 1_190)),
        ("texto", {"wrong": "Leche entera", "right": "Leche descremada"}, (61, 0)),
        ("debito", {"rows": "5", **_line(0, "Envase", "1", "500")}, (56, 500)),
    ],
)
def test_each_deed_issues_its_nota(
    trader: Branch, dona_rosa: Any, deed: str, facts: dict[str, str], wanted: tuple[int, int]
) -> None:
    with company_scope(dona_rosa.company_id):
        boleta = make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)
    address = f"/sii/documentos/{boleta.id}/corregir/{deed}/"
    assert client.get(address).status_code == 200

    done = client.post(address, {"uid": str(uuid7()), "reason": "Se equivocó", **facts})

    assert done.status_code == 302
    assert _papers(dona_rosa)[1:] == [wanted]


def test_what_is_annulled_says_so_kindly(trader: Branch, dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        boleta = make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)
    address = f"/sii/documentos/{boleta.id}/corregir/anular/"
    client.post(address, {"uid": str(uuid7()), "reason": "Se equivocó"})

    again = client.post(address, {"uid": str(uuid7()), "reason": "Otra vez"})

    assert again.status_code == 422
    assert "ya está anulado" in again.content.decode()
    assert len(_papers(dona_rosa)) == 2


def test_a_cashier_issues_no_papers_of_the_office(trader: Branch, dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        boleta = make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.cashier)

    for address in (
        "/sii/facturas/nueva/",
        "/sii/guias/nueva/",
        "/sii/comprador/",
        "/sii/empresa/",
        f"/sii/documentos/{boleta.id}/corregir/anular/",
    ):
        assert client.get(address).status_code == 403
        assert client.post(address, {"action": "issue"}).status_code in (403, 405)
    page = client.get(f"/sii/documentos/{boleta.id}/").content.decode()
    assert "Corregir un texto" not in page
    assert len(_papers(dona_rosa)) == 1


def test_the_company_says_its_activities(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    asked = {"business": "Almacén", "email": "", "phone": "+56 2 2345 6789"}

    wrong = client.post("/sii/empresa/", {**asked, "activities": "almacén"})
    right = client.post("/sii/empresa/", {**asked, "activities": "471100, 561000"})

    assert (wrong.status_code, right.status_code) == (422, 200)
    with company_scope(dona_rosa.company_id):
        company = Company.objects.get(id=dona_rosa.company_id)
        assert (company.business, company.activities) == ("Almacén", [471100, 561000])


def test_pages_have_no_inline_style_or_script(trader: Branch, dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    for address in ("/sii/facturas/nueva/", "/sii/guias/nueva/", "/sii/empresa/"):
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*src)(?![^>]*json)|style=", page)
