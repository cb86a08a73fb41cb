from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from erpmarket.common.clock import now
from erpmarket.fiscal.models import Envelope, EnvelopeState, IssuedDocument, SubmissionState
from erpmarket.fiscal.tests.factories import (
    AT,
    make_certificate,
    make_document,
    make_folios,
    settle,
)
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/"
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
    return [int(part.split("/")[0]) for part in text.split('href="/sii/documentos/')[1:]]


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
    assert "Hay 1 documento por corregir" in page.text


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

    assert first.count('href="/sii/documentos/') == 50
    assert f"antes={made[2].id}" in next_url
    assert rest.count('href="/sii/documentos/') == 2
    assert f'href="/sii/documentos/{made[0].id}/"' in rest


def test_documents_need_the_same_queries_for_one_and_for_twenty(
    dona_rosa: Any, caf_office: Any, django_assert_num_queries: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)
    # Session, scope (4), member, rows, outbox twice, folios, company, certificate,
    # four looks for notices.
    with django_assert_num_queries(16):
        client.get(PAGE)
    with company_scope(dona_rosa.company_id):
        for _ in range(19):
            make_document(dona_rosa)

    with django_assert_num_queries(16):
        client.get(PAGE)


def test_what_stands_between_the_papers_and_the_sii_is_said_in_words(
    dona_rosa: Any, papers: list[IssuedDocument]
) -> None:
    with company_scope(dona_rosa.company_id):
        Envelope.objects.create(
            environment="demo",
            xml=b"<EnvioBOLETA/>",
            document_count=1,
            sender_rut="12345678-5",
            state=EnvelopeState.READY,
            words="Empresa no autorizada <b>",
            available_at=AT,
            packed_at=AT,
        )
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get(PAGE).text

    for words in (
        "Falta el certificado digital: sin él nada se envía al SII.",
        "Hay documentos que llevan más de una hora sin llegar al SII",
        "Último aviso de un envío en curso: Empresa no autorizada &lt;b&gt;",
    ):
        assert page.count(words) == 1
    assert "Mira el motivo en SII, Documentos" not in page, "it is this page"
    assert "Falta el certificado digital" not in client.get(PAGE, headers=MORE).text


def test_a_shop_in_order_reads_no_notice(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_certificate(caf_office, at=now())

    assert 'class="note' not in dona_rosa.client(dona_rosa.owner).get(PAGE).text


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
