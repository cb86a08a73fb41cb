from typing import Any

import pypdfium2
import pytest

from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.factories import make_document, make_folios
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def paper(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        return make_document(dona_rosa, price_clp=8990, quantity="0.455", unit="kg")


def address(paper: IssuedDocument, query: str = "") -> str:
    return f"/sii/documentos/{paper.id}/pdf/{query}"


def open_pdf(answer: Any) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(answer.content, autoclose=True)


@pytest.mark.parametrize(
    ("query", "width_mm"), [("", 80), ("?papel=80", 80), ("?papel=carta", 215.9)]
)
def test_pdf_of_a_boleta_is_shown_in_the_browser(
    dona_rosa: Any, paper: IssuedDocument, query: str, width_mm: float
) -> None:
    answer = dona_rosa.client(dona_rosa.cashier).get(address(paper, query))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'inline; filename="boleta-{paper.folio}.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]
    page = open_pdf(answer)[0]
    assert page.get_width() / 72 * 25.4 == pytest.approx(width_mm, abs=0.1)
    text = page.get_textpage().get_text_range().replace("\u00a0", " ")
    for words in ("Rosa Núñez Soto E.I.R.L.", "Almacén Doña Rosa", "Leche entera Colún 1 L"):
        assert words in text


def test_pdf_of_a_paper_that_is_no_sale_leaves_payments_out(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    answer = dona_rosa.client(dona_rosa.owner).get(address(paper, "?papel=carta"))

    text = open_pdf(answer)[0].get_textpage().get_text_range()
    assert "4.090" in text
    for words in ("Caja", "Efectivo", "Medio de pago", "Vuelto"):
        assert words not in text


def test_demonstration_stays_one_when_the_company_goes_into_production(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        Company.objects.filter(id=dona_rosa.company_id).update(environment="production")

    answer = dona_rosa.client(dona_rosa.owner).get(address(paper))

    text = open_pdf(answer)[0].get_textpage().get_text_range()
    assert text.count("DEMOSTRACIÓN - SIN VALIDEZ") == 2


def test_paper_nobody_has_is_not_found(dona_rosa: Any, paper: IssuedDocument) -> None:
    assert dona_rosa.client(dona_rosa.owner).get(address(paper, "?papel=58")).status_code == 404


def test_pdf_of_another_shop_is_not_found(el_vecino: Any, paper: IssuedDocument) -> None:
    assert el_vecino.client(el_vecino.owner).get(address(paper)).status_code == 404


def test_pdf_needs_the_right_to_see_documents(dona_rosa: Any, paper: IssuedDocument) -> None:
    assert dona_rosa.client(dona_rosa.stock_keeper).get(address(paper)).status_code == 403


def test_pdf_needs_a_login(client: Any, paper: IssuedDocument) -> None:
    assert client.get(address(paper)).status_code == 302


def test_document_page_offers_both_papers(dona_rosa: Any, paper: IssuedDocument) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    assert f'href="{address(paper)}"' in page
    assert f'href="{address(paper, "?papel=carta")}"' in page
