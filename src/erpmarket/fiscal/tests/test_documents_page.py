import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dte.rut import Rut
from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.models import IssuedDocument, SubmissionState
from erpmarket.fiscal.office_models import SavedFilter
from erpmarket.fiscal.tests.factories import AT, make_document, make_folios, settle
from erpmarket.fiscal.tests.trade_factories import (
    BUYER,
    factura_order,
    make_factura,
    make_trader,
    nota_order,
)
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/documentos/"
LINK = r'href="/sii/documentos/(\d+)/"'
MORE = {"HX-Request": "true", "HX-Target": "more"}


@pytest.fixture
def papers(dona_rosa: Any, caf_office: Any) -> list[IssuedDocument]:
    """Four papers: accepted, rejected, waiting, and an exempt one of the next day."""
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_folios(dona_rosa, caf_office, kind=41)
        made = [make_document(dona_rosa, price_clp=1000 + n) for n in range(3)]
        made.append(make_document(dona_rosa, is_exempt=True, at=AT + timedelta(days=1)))
        settle(made[0], SubmissionState.ACCEPTED)
        settle(made[1], SubmissionState.REJECTED, words="Falta el giro.")
    return made


def dotted(folio: int) -> str:
    return f"{folio:,}".replace(",", ".")


def shown(client: Any, **query: str) -> list[int]:
    """Read which papers a list shows, by id."""
    text = client.get(PAGE, query).text
    return [int(found) for found in re.findall(LINK, text)]


def test_documents_are_listed_newest_first_with_the_word_of_the_sii(
    dona_rosa: Any, papers: list[IssuedDocument]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get(PAGE)

    assert page.status_code == 200
    assert shown(client) == [paper.id for paper in reversed(papers)]
    for words in (
        "Aceptada",
        "Rechazada",
        "Falta el giro.",
        "Por enviar",
        "Boleta exenta",
        "$2.000",
    ):
        assert words in page.text
    assert f"Boleta {dotted(papers[0].folio)}" in page.text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"estado": "aceptadas"}, [0]),
        ({"estado": "por-corregir"}, [1]),
        ({"estado": "en-camino"}, [3, 2]),
        ({"estado": "con-reparos"}, []),
        ({"tipo": "41"}, [3]),
        ({"dia": "2026-11-21"}, [3]),
        ({"dia": "20-11-2026", "tipo": "39", "estado": "en-camino"}, [2]),
        ({"folio": "999.999"}, []),
        ({"folio": "abc"}, []),
    ],
)
def test_documents_are_narrowed_by_the_address(
    dona_rosa: Any, papers: list[IssuedDocument], query: dict[str, str], wanted: list[int]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert shown(client, **query) == [papers[n].id for n in wanted]


def test_documents_are_found_by_folio_with_dots(
    dona_rosa: Any, papers: list[IssuedDocument]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert shown(client, folio=dotted(papers[2].folio), tipo="39") == [papers[2].id]


def test_folio_that_is_no_number_is_explained(dona_rosa: Any) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(PAGE, {"folio": "abc"})

    assert "El folio es un número" in page.text


def test_documents_continue_after_the_fiftieth_within_the_filter(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        made = [make_document(dona_rosa) for _ in range(52)]
    client = dona_rosa.client(dona_rosa.owner)

    first = client.get(PAGE, {"estado": "en-camino"}).text
    next_url = first.split('hx-get="?estado=')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(f"{PAGE}?estado={next_url}", headers=MORE).text

    assert len(re.findall(LINK, first)) == 50
    assert f"antes={made[2].id}" in next_url
    assert len(re.findall(LINK, rest)) == 2
    assert f'href="/sii/documentos/{made[0].id}/"' in rest


def test_documents_need_the_same_queries_for_one_and_for_twenty(
    dona_rosa: Any, caf_office: Any, django_assert_num_queries: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)
    # Session, scope (4), member, rows, outbox.
    with django_assert_num_queries(10):
        client.get(PAGE)
    with company_scope(dona_rosa.company_id):
        for _ in range(19):
            make_document(dona_rosa)

    with django_assert_num_queries(10):
        client.get(PAGE)


def test_documents_are_found_by_who_bought_and_notas_count_against(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        branch = make_trader(dona_rosa, caf_office)
        boleta = make_document(dona_rosa)
        factura = make_factura(branch).row
        other = make_factura(
            branch, factura_order(receiver=replace(BUYER, rut=Rut.parse("76123456-0"), name="Otra"))
        ).row
        nota = annul_document(order=nota_order(factura.id), at=AT).row
    client = dona_rosa.client(dona_rosa.owner)

    for text in ("77.654.321-7", "776543217", "los robles", "LOS ROBLES"):
        assert shown(client, cliente=text) == [nota.id, factura.id]
    assert shown(client, cliente="76123456-0") == [other.id]
    assert shown(client, cliente="nadie así") == []
    assert boleta.id in shown(client)
    assert "Ese RUT no existe" in client.get(PAGE, {"cliente": "77.654.321-8"}).text
    assert shown(client, cliente="77.654.321-8") == []
    text = client.get(PAGE, {"tipo": "61"}).text
    assert f"−${dotted(nota.total_clp)}" in text
    assert "Ferretería Los Robles SpA" in text
    assert f'href="/sii/documentos/{nota.id}/pdf/"' in text


@pytest.mark.parametrize("kind", ["33", "34", "39", "41", "52", "56", "61"])
def test_documents_offer_every_type_the_shop_can_issue(dona_rosa: Any, kind: str) -> None:
    text = dona_rosa.client(dona_rosa.owner).get(PAGE, {"tipo": kind}).text

    assert f'<option value="{kind}" selected>' in text


def test_documents_of_a_shop_without_any_says_what_will_be_here(dona_rosa: Any) -> None:
    assert "Todavía no hay documentos" in dona_rosa.client(dona_rosa.owner).get(PAGE).text


def test_documents_show_a_stranger_nothing(
    dona_rosa: Any, el_vecino: Any, papers: list[IssuedDocument]
) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert shown(client) == []
    assert shown(client, folio=str(papers[0].folio)) == []
    assert shown(client, antes=str(papers[3].id + 1)) == []


def test_documents_are_not_for_stock_keepers(dona_rosa: Any) -> None:
    assert dona_rosa.client(dona_rosa.stock_keeper).get(PAGE).status_code == 403


def test_documents_without_a_login_lead_to_it(db: None) -> None:
    assert Client().get(PAGE).headers["Location"] == "/entrar/"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"desde": "2026-11-21"}, [3]),
        ({"hasta": "20-11-2026"}, [2, 1, 0]),
        ({"desde": "2026-11-20", "hasta": "2026-11-20", "tipo": "39"}, [2, 1, 0]),
        ({"sucursal": "999999"}, []),
        ({"desde": "ayer"}, []),
    ],
)
def test_documents_are_narrowed_by_days_and_branch(
    dona_rosa: Any, papers: list[IssuedDocument], query: dict[str, str], wanted: list[int]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    assert shown(client, **query) == [papers[n].id for n in wanted]
    own = {"sucursal": str(dona_rosa.branch_id), **query} if "sucursal" not in query else query
    assert shown(client, **own) == [papers[n].id for n in wanted]


def test_every_row_can_be_picked_for_one_pdf(dona_rosa: Any, papers: list[IssuedDocument]) -> None:
    text = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    boxes = re.findall(r'name="documento" value="(\d+)" form="bulk"', text)
    assert [int(found) for found in boxes] == [paper.id for paper in reversed(papers)]
    assert '<form class="bulk" id="bulk" method="get" action="/sii/papeles/"' in text


def keep(client: Any, name: str, query: str) -> Any:
    return client.post(f"{PAGE}filtros/", {"nombre": name, "filtro": query})


def test_a_filter_is_kept_for_its_person_and_forgotten(
    dona_rosa: Any, el_vecino: Any, papers: list[IssuedDocument]
) -> None:
    owner, cashier = dona_rosa.client(dona_rosa.owner), dona_rosa.client(dona_rosa.cashier)

    answer = keep(owner, "Exentas", "antes=5&tipo=41&otra=cosa")

    assert answer.headers["Location"] == f"{PAGE}?tipo=41"
    page = owner.get(f"{PAGE}?tipo=41").text
    assert '<a href="?tipo=41" aria-current="true">Exentas</a>' in page
    assert "Exentas" not in cashier.get(PAGE).text
    [drop] = re.findall(rf'action="({PAGE}filtros/\d+/)"', page)
    assert cashier.post(drop).status_code == 404
    assert el_vecino.client(el_vecino.owner).post(drop).status_code == 404
    assert "Exentas" in owner.get(PAGE).text
    assert owner.post(drop).headers["Location"] == PAGE
    assert "Exentas" not in owner.get(PAGE).text


def test_the_same_name_is_one_filter_and_the_thirteenth_is_refused(
    dona_rosa: Any, papers: list[IssuedDocument]
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    for number in range(12):
        keep(client, f"Filtro {number}", f"folio={number + 1}")

    again = keep(client, "Filtro 0", "tipo=41")
    thirteenth = keep(client, "Filtro 12", "folio=13")

    assert again.headers["Location"] == f"{PAGE}?tipo=41"
    assert thirteenth.status_code == 422
    assert "Ya tienes 12 filtros" in thirteenth.text
    with company_scope(dona_rosa.company_id):
        assert SavedFilter.objects.count() == 12
        assert SavedFilter.objects.get(name="Filtro 0").query == "tipo=41"


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("Nada", "", "Elige primero qué documentos quieres ver."),
        ("Nada", "otra=cosa", "Elige primero qué documentos quieres ver."),
        ("Nada", "estado=", "Elige primero qué documentos quieres ver."),
        ("", "tipo=41", "Ponle un nombre al filtro."),
        ("x" * 41, "tipo=41", "Ponle un nombre de hasta 40 letras."),
        ("Largo", "cliente=" + "x" * 300, "Ese filtro es demasiado largo"),
    ],
)
def test_a_filter_that_is_not_kept_says_why(
    dona_rosa: Any, name: str, query: str, words: str
) -> None:
    answer = keep(dona_rosa.client(dona_rosa.owner), name, query)

    assert answer.status_code == 422
    assert words in answer.text
    with company_scope(dona_rosa.company_id):
        assert not SavedFilter.objects.exists()
