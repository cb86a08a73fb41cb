import re
from datetime import timedelta
from functools import partial
from typing import Any

import pypdfium2
import pytest

from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.draw_paper import TRIES
from erpmarket.fiscal.actions.mail_document import pdf_of_mail, xml_of_mail
from erpmarket.fiscal.models import IssuedDocument, PaperJob, PaperSettings, SiiEvent
from erpmarket.fiscal.paper_queries import find_paper_look
from erpmarket.fiscal.paper_tasks import draw_papers
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.receipts import paper_shop
from erpmarket.fiscal.tests.factories import make_document, make_folios
from erpmarket.notifications.models import Mail
from erpmarket.tenancy.actions import open_branch
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

pytestmark = pytest.mark.usefixtures("paper_worker")


@pytest.fixture
def paper(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        return make_document(dona_rosa, price_clp=8990, quantity="0.455", unit="kg")


def address(paper: IssuedDocument, query: str = "") -> str:
    return f"/sii/documentos/{paper.id}/pdf/{query}"


def fetch(client: Any, where: str) -> Any:
    """Ask, let the worker draw, ask again: as the waiting page does."""
    waiting = client.get(where)
    assert waiting.status_code == 200
    assert "Preparando" in waiting.text
    assert draw_papers() == 1
    return client.get(where)


def open_pdf(answer: Any) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(answer.content, autoclose=True)


@pytest.mark.parametrize(
    ("query", "width_mm"), [("", 80), ("?papel=80", 80), ("?papel=carta", 215.9)]
)
def test_pdf_of_a_boleta_is_shown_in_the_browser(
    dona_rosa: Any, paper: IssuedDocument, query: str, width_mm: float
) -> None:
    answer = fetch(dona_rosa.client(dona_rosa.cashier), address(paper, query))

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
    answer = fetch(dona_rosa.client(dona_rosa.owner), address(paper, "?papel=carta"))

    text = open_pdf(answer)[0].get_textpage().get_text_range()
    assert "4.090" in text
    for words in ("Caja", "Efectivo", "Medio de pago", "Vuelto"):
        assert words not in text


def test_demonstration_stays_one_when_the_company_goes_into_production(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        Company.objects.filter(id=dona_rosa.company_id).update(environment="production")

    answer = fetch(dona_rosa.client(dona_rosa.owner), address(paper))

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


def jobs(shop: Any) -> list[PaperJob]:
    with company_scope(shop.company_id):
        return list(PaperJob.objects.order_by("id"))


def test_the_same_pdf_is_drawn_once(dona_rosa: Any, paper: IssuedDocument) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    first = fetch(client, address(paper))

    again = client.get(address(paper))

    assert again.content == first.content
    assert draw_papers() == 0
    assert len(jobs(dona_rosa)) == 1


def test_a_changed_setting_makes_another_pdf(dona_rosa: Any, paper: IssuedDocument) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    fetch(client, address(paper))
    saved = client.post(
        "/sii/papeles/ajustes/",
        {
            "casa_matriz": dona_rosa.branch_id,
            "despedida": "Cambios con boleta, 10 días.\n\n¡Gracias!",
            "banco": "",
            "meses": "3",
            f"sii_{dona_rosa.branch_id}": "Maipú",
        },
    )
    assert saved.status_code == 302

    text = open_pdf(fetch(client, address(paper)))[0].get_textpage().get_text_range()

    assert "Cambios con boleta, 10 días." in text
    assert "¡Gracias!" in text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("despedida", "1\n2\n3\n4", "Son hasta 3 líneas"),
        ("meses", "2", "La ley pide 3 meses o más."),
        ("casa_matriz", "999999", ""),
    ],
)
def test_settings_that_papers_cannot_have_are_refused(
    dona_rosa: Any, paper: IssuedDocument, field: str, value: str, words: str
) -> None:
    order = {"casa_matriz": dona_rosa.branch_id, "despedida": "", "banco": "", "meses": "3"}

    answer = dona_rosa.client(dona_rosa.owner).post(
        "/sii/papeles/ajustes/", {**order, field: value}
    )

    assert answer.status_code == 422
    assert words in answer.text
    with company_scope(dona_rosa.company_id):
        assert not PaperSettings.objects.exists()


def test_a_waiting_page_asks_until_the_pdf_is_there(dona_rosa: Any, paper: IssuedDocument) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    page = client.get(address(paper)).text
    (poll,) = re.findall(r'hx-get="(/sii/papeles/[^"]+)"', page)

    waiting = client.get(poll, headers={"HX-Request": "true"})
    draw_papers()
    ready = client.get(poll, headers={"HX-Request": "true"})

    assert "Preparando" in waiting.text
    assert "HX-Refresh" not in waiting.headers
    assert ready.headers["HX-Refresh"] == "true"


def test_a_page_that_waits_long_says_who_does_not_answer(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.get(address(paper))
    with company_scope(dona_rosa.company_id):
        PaperJob.objects.update(wanted_at=now() - timedelta(minutes=1))

    assert "servicio de tareas" in client.get(address(paper)).text


def test_several_documents_are_one_pdf_in_the_order_asked_for(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        other = make_document(dona_rosa)

    answer = fetch(
        dona_rosa.client(dona_rosa.owner),
        f"/sii/papeles/?documento={other.id}&documento={paper.id}&papel=carta",
    )

    pages = [page.get_textpage().get_text_range() for page in open_pdf(answer)]
    assert len(pages) == 2
    assert f"N° {other.folio}" in pages[0].replace("\u00a0", " ")
    assert f"N° {paper.folio}" in pages[1].replace("\u00a0", " ")
    assert all("Página 1 de 1" in page.replace("\u00a0", " ") for page in pages)


def test_a_bundle_with_another_shops_document_is_not_found(
    dona_rosa: Any, el_vecino: Any, caf_office: Any, paper: IssuedDocument
) -> None:
    with company_scope(el_vecino.company_id):
        make_folios(el_vecino, caf_office)
        foreign = make_document(el_vecino)

    answer = dona_rosa.client(dona_rosa.owner).get(
        f"/sii/papeles/?documento={paper.id}&documento={foreign.id}"
    )

    assert answer.status_code == 404
    assert jobs(dona_rosa) == []


def test_a_boleta_has_no_cedible_copy(dona_rosa: Any, paper: IssuedDocument) -> None:
    answer = dona_rosa.client(dona_rosa.owner).get(address(paper, "?papel=cedible"))

    assert answer.status_code == 422
    assert "no tiene copia cedible" in answer.text
    assert jobs(dona_rosa) == []


def test_a_paper_that_always_fails_is_given_up_with_words(
    dona_rosa: Any, paper: IssuedDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper that kills its drawing must not keep the worker busy for ever."""

    def broken(*_: object, **__: object) -> bytes:
        raise RuntimeError("no font")

    client = dona_rosa.client(dona_rosa.owner)
    client.get(address(paper))
    monkeypatch.setattr("erpmarket.fiscal.actions.draw_paper.paper_pdf", broken)
    at = now()

    hours = [at + timedelta(minutes=2 * number) for number in range(1, 6)]
    drawn = [draw_papers(now=partial(max, hour, hour)) for hour in hours]

    (job,) = jobs(dona_rosa)
    assert drawn == [0] * 5
    assert job.attempts == TRIES
    assert "No pudimos dibujar este PDF" in client.get(address(paper)).text


def test_old_papers_are_forgotten(dona_rosa: Any, paper: IssuedDocument) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    fetch(client, address(paper))
    with company_scope(dona_rosa.company_id):
        PaperJob.objects.update(made_at=now() - timedelta(days=8))

    fetch(client, address(paper, "?papel=carta"))

    assert [job.form for job in jobs(dona_rosa)] == ["carta"]


def test_a_reprint_is_marked_copia_and_stays_in_the_story(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    sent = client.post(f"/sii/documentos/{paper.id}/copia/")
    answer = fetch(client, sent.url)

    text = open_pdf(answer)[0].get_textpage().get_text_range().replace("\u00a0", " ")
    assert "COPIA" in text
    assert "* * * COPIA * * *" in text
    assert "Reimpresa " in text
    story = client.get(f"/sii/documentos/{paper.id}/").text
    assert "Reimpresa como COPIA" in story
    assert f"La pidió {dona_rosa.cashier.display_name}." in story


def test_a_second_press_is_one_reprint(dona_rosa: Any, paper: IssuedDocument) -> None:
    client, uid = dona_rosa.client(dona_rosa.cashier), str(uuid7())

    for _ in range(2):
        client.post(f"/sii/documentos/{paper.id}/copia/", {"uid": uid})

    assert client.get(f"/sii/documentos/{paper.id}/").text.count("Reimpresa como COPIA") == 1


def test_a_paper_waited_for_by_one_shop_is_not_found_by_another(
    dona_rosa: Any, el_vecino: Any, paper: IssuedDocument
) -> None:
    dona_rosa.client(dona_rosa.owner).get(address(paper))
    draw_papers()
    (job,) = jobs(dona_rosa)

    assert el_vecino.client(el_vecino.owner).get(f"/sii/papeles/{job.id}/").status_code == 404


def test_a_paper_is_mailed_once_with_pdf_xml_and_link(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.cashier)
    order = {"correo": "marta@ejemplo.cl", "uid": "0193a2b4-0000-7000-8000-000000000001"}

    answers = [client.post(f"/sii/documentos/{paper.id}/correo/", order) for _ in range(2)]

    assert all("Va en camino a marta@ejemplo.cl." in answer.text for answer in answers)
    with company_scope(dona_rosa.company_id):
        (mail,) = Mail.objects.filter(about=f"fiscal.document:{paper.id}")
        assert public_url(paper) in mail.text
        assert pdf_of_mail(str(paper.id)).startswith(b"%PDF")
        assert xml_of_mail(str(paper.id)) == bytes(paper.xml)
        (event,) = SiiEvent.objects.filter(document_id=paper.id, name="mailed")
        assert event.words == "Por correo a marta@ejemplo.cl."


def test_a_page_that_was_brought_back_mails_to_another_address_too(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    """It names its press as before: the second customer was told of a mail that nobody sent."""
    client = dona_rosa.client(dona_rosa.cashier)
    uid = "0193a2b4-0000-7000-8000-000000000001"

    for to in ("marta@ejemplo.cl", "pedro@ejemplo.cl", "pedro@ejemplo.cl"):
        answer = client.post(f"/sii/documentos/{paper.id}/correo/", {"correo": to, "uid": uid})
        assert f"Va en camino a {to}." in answer.text

    with company_scope(dona_rosa.company_id):
        sent = list(Mail.objects.order_by("id").values_list("recipient", flat=True))
    assert sent == ["marta@ejemplo.cl", "pedro@ejemplo.cl"]


@pytest.mark.parametrize(
    "to", ["", "marta", "marta@ejemplo.cl, otra@ejemplo.cl", "a@b.cl\nBcc: x@y.cl"]
)
def test_a_mail_to_nobody_is_refused(dona_rosa: Any, paper: IssuedDocument, to: str) -> None:
    order = {"correo": to, "uid": "0193a2b4-0000-7000-8000-000000000001"}

    answer = dona_rosa.client(dona_rosa.owner).post(f"/sii/documentos/{paper.id}/correo/", order)

    assert answer.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert not SiiEvent.objects.filter(name="mailed").exists()


@pytest.mark.parametrize(
    ("site", "shown"),
    [("http://127.0.0.1:8000", False), ("https://boletas.ejemplo.cl", True)],
)
def test_a_paper_shows_the_look_up_page_only_where_telephones_reach_it(
    dona_rosa: Any, paper: IssuedDocument, settings: Any, site: str, shown: bool
) -> None:
    settings.PUBLIC_URL = site
    with company_scope(dona_rosa.company_id):
        look = find_paper_look(paper.branch_id)
        company = get_company()
        demonstration = paper_shop(paper, company, look)
        paper.environment = "production"
        real = paper_shop(paper, company, look)

    assert demonstration.site == f"{site.split('/')[2]}/consulta"
    assert bool(real.site) is shown


def test_a_branch_names_the_head_office_and_the_others(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        branch = open_branch(
            name="Mall",
            address="Irarrázaval 5",
            commune="Ñuñoa",
            city="Santiago",
            sii_office="Ñuñoa",
        )
        head, other = find_paper_look(dona_rosa.branch_id), find_paper_look(branch.id)

    assert not head.is_branch
    assert head.other_branches == ("Irarrázaval 5, Ñuñoa, Santiago",)
    assert other.is_branch
    assert other.sii_office == "Ñuñoa"
    assert other.head_office.startswith("Los Aromos 1420")
    assert other.other_branches == ()


def test_a_browser_that_shows_a_pdf_finds_an_icon(dona_rosa: Any) -> None:
    answer = dona_rosa.client(dona_rosa.owner).get("/favicon.ico")

    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")
