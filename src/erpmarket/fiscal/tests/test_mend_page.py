"""A rejected paper is mended on its page and goes again under its own folio."""

import html
import re
from datetime import date
from typing import Any

import pytest

from dte.codes import DocumentType
from dte.document import Draft, Issuer, Line, Reference
from dte.rut import Rut
from erpmarket.fiscal.actions.resend import read_draft_in_force
from erpmarket.fiscal.mend_forms import MendForm
from erpmarket.fiscal.models import (
    Buyer,
    DocumentRevision,
    IssuedDocument,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.proposals import KnownFacts, point_at, propose
from erpmarket.fiscal.tests.factories import make_document, settle
from erpmarket.fiscal.tests.trade_factories import BUYER, make_factura, make_trader
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope

ISSUER = Issuer(
    rut=Rut.parse("76123456-0"), name="Almacén", giro="Almacén", address="Uno 1", commune="Macul"
)


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


def proposed(client: Any, paper: IssuedDocument) -> list[tuple[str, str, str]]:
    """Read the table of proposals: datum, before, after."""
    rows = re.findall(
        r'<span class="name">([^<]+)</span>.*?<del>([^<]*)</del>.*?<ins>([^<]*)</ins>',
        client.get(address(paper)).text,
        re.DOTALL,
    )
    return [(html.unescape(a), html.unescape(b), html.unescape(c)) for a, b, c in rows]


def test_what_the_shop_knows_better_is_proposed_before_and_after(
    dona_rosa: Any, factura: IssuedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    assert proposed(client, factura) == []
    with company_scope(dona_rosa.company_id):
        Buyer.objects.filter(rut=factura.receiver_rut).update(giro="Venta de materiales")
        Branch.objects.filter(id=dona_rosa.branch_id).update(address="Macul 3300")
        before = read_draft_in_force(factura.id)

    assert proposed(client, factura) == [
        ("Giro", "Ferretería", "Venta de materiales"),
        ("Tu dirección", before.issuer.address, "Macul 3300"),
    ]
    text = client.get(address(factura)).text
    assert 'value="Venta de materiales"' in text
    assert "Antes: Ferretería" in text
    assert "Giro: «Ferretería» → «Venta de materiales»" in html.unescape(text)

    client.post(address(factura), texts(issuer="on"))

    with company_scope(dona_rosa.company_id):
        draft = read_draft_in_force(factura.id)
    assert draft.issuer.address == "Macul 3300"
    assert draft.issuer.activities == before.issuer.activities


def test_the_company_s_facts_stay_when_the_owner_unticks_them(
    dona_rosa: Any, factura: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        Branch.objects.filter(id=dona_rosa.branch_id).update(address="Macul 3300")
        before = read_draft_in_force(factura.id)

    dona_rosa.client(dona_rosa.owner).post(address(factura), texts())

    with company_scope(dona_rosa.company_id):
        assert read_draft_in_force(factura.id).issuer == before.issuer


def test_the_day_of_a_reference_is_proposed_and_may_change() -> None:
    nota = Draft(
        kind=DocumentType.NOTA_CREDITO,
        issuer=ISSUER,
        receiver=BUYER,
        lines=(Line(name="Leche “entera” – 1 L", fixed_amount_clp=1000),),
        issue_date=date(2026, 11, 20),
        due_date=date(2026, 11, 1),
        references=(Reference(kind="39", folio="58213", issue_date=date(2026, 11, 18), code="1"),),
    )
    known = KnownFacts(issuer=ISSUER, buyer={}, issued_on={1: date(2026, 11, 17)})

    found = propose(nota, known, has_buyer=True)
    form = MendForm(nota, found, issuer=ISSUER)

    assert [(each.field, each.before, each.after) for each in found] == [
        ("ref1", "18-11-2026", "17-11-2026"),
        ("due_date", "01-11-2026", "20-11-2026"),
        ("line1", "Leche “entera” – 1 L", 'Leche "entera" - 1 L'),
    ]
    assert (form.initial["ref1"], form.initial["line1"]) == (
        date(2026, 11, 17),
        'Leche "entera" - 1 L',
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("Falta GIRO del receptor", "giro"),
        ("Comuna inválida (CmnaRecep)", "commune"),
        ("Fecha de referencia no coincide", "ref1"),
        ("Monto no calza", ""),
    ],
)
def test_the_words_of_the_sii_point_at_a_field(said: str, field: str) -> None:
    assert point_at(said) == field
