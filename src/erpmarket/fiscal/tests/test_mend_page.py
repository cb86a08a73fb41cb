"""A rejected paper is mended on its page and goes again under its own folio."""

from typing import Any

import pytest

from erpmarket.fiscal.actions.resend import read_draft_in_force
from erpmarket.fiscal.models import DocumentRevision, IssuedDocument, Submission, SubmissionState
from erpmarket.fiscal.tests.factories import make_document, settle
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader
from erpmarket.tenancy.scope import company_scope


def reject(paper: IssuedDocument, code: str) -> None:
    settle(paper, SubmissionState.REJECTED, words="Giro mal escrito")
    Submission.objects.filter(document_id=paper.id).update(said_code=code)


@pytest.fixture
def factura(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        paper = make_factura(make_trader(dona_rosa, caf_office, kinds=(33, 39))).row
        reject(paper, "RCH HED-1-1")
    return paper


def address(paper: IssuedDocument) -> str:
    return f"/sii/documentos/{paper.id}/mismo-folio/"


def texts(**changed: str) -> dict[str, str]:
    return {
        "name": "Ferretería Los Robles SpA",
        "giro": "Venta de materiales",
        "address": "Irarrázaval 2100",
        "commune": "Ñuñoa",
        "city": "Santiago",
        "line1": "Cemento gris 25 kg",
        "reason": "El giro",
        **changed,
    }


def count_revisions(shop: Any) -> int:
    with company_scope(shop.company_id):
        return DocumentRevision.objects.count()


def test_the_page_shows_the_texts_as_they_are_and_what_the_sii_said(
    dona_rosa: Any, factura: IssuedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    text = client.get(address(factura)).text

    assert f'href="{address(factura)}"' in client.get(f"/sii/documentos/{factura.id}/").text
    for words in ('value="Ferretería"', 'value="Cemento 25 kg"', "Giro mal escrito"):
        assert words in text


def test_mended_texts_go_with_the_same_folio_and_the_reason_is_told(
    dona_rosa: Any, factura: IssuedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(address(factura), texts())

    assert answer.headers["Location"] == f"/sii/documentos/{factura.id}/"
    with company_scope(dona_rosa.company_id):
        draft = read_draft_in_force(factura.id)
        revision = DocumentRevision.objects.get(document_id=factura.id)
        state = Submission.objects.get(document_id=factura.id).state
    assert (draft.receiver.giro, draft.lines[0].name) == (
        "Venta de materiales",
        "Cemento gris 25 kg",
    )
    assert (revision.number, revision.reason) == (1, "El giro")
    assert revision.made_by_id == dona_rosa.owner.membership_id
    assert state == SubmissionState.PENDING
    page = client.get(f"/sii/documentos/{factura.id}/").text
    assert "Corregida con el mismo folio: El giro" in page
    assert client.get(address(factura)).status_code == 404, "it is on its way again"


@pytest.mark.parametrize("changed", [{"reason": ""}, {"line1": ""}, {"giro": "", "name": ""}])
def test_what_cannot_be_a_paper_is_refused_and_nothing_changes(
    dona_rosa: Any, factura: IssuedDocument, changed: dict[str, str]
) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(address(factura), texts(**changed))

    assert answer.status_code == 422
    assert count_revisions(dona_rosa) == 0
    with company_scope(dona_rosa.company_id):
        assert Submission.objects.get(document_id=factura.id).state == SubmissionState.REJECTED


def test_a_boleta_without_a_buyer_shows_its_lines_only(
    dona_rosa: Any, factura: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        boleta = make_document(dona_rosa)
        reject(boleta, "RSC")

    text = dona_rosa.client(dona_rosa.owner).get(address(boleta)).text

    assert 'name="line1"' in text
    assert 'name="giro"' not in text


@pytest.mark.parametrize("code", ["VOF", "DNK", "FAN"])
def test_what_mending_does_not_help_has_no_such_page(
    dona_rosa: Any, factura: IssuedDocument, code: str
) -> None:
    with company_scope(dona_rosa.company_id):
        reject(factura, code)
    client = dona_rosa.client(dona_rosa.owner)

    assert client.get(address(factura)).status_code == 404
    assert client.post(address(factura), texts()).status_code == 404
    assert count_revisions(dona_rosa) == 0
    assert "mismo-folio" not in client.get(f"/sii/documentos/{factura.id}/").text


def test_a_cashier_and_a_stranger_do_not_mend(
    dona_rosa: Any, el_vecino: Any, factura: IssuedDocument
) -> None:
    cashier, stranger = dona_rosa.client(dona_rosa.cashier), el_vecino.client(el_vecino.owner)

    assert cashier.post(address(factura), texts()).status_code == 403
    assert stranger.get(address(factura)).status_code == 404
    assert stranger.post(address(factura), texts()).status_code == 404
    assert count_revisions(dona_rosa) == 0
