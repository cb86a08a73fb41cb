"""Pages for customers: nothing but the one document, whoever asks and whatever they try."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest

from dte.rut import Rut
from dte.xml.read import read_document
from erpmarket.fiscal.models import IssuedDocument, SubmissionState
from erpmarket.fiscal.paper_tasks import draw_papers
from erpmarket.fiscal.public import TRIES_OF_ADDRESS, TRIES_OF_DOCUMENT
from erpmarket.fiscal.public_links import make_token, public_url
from erpmarket.fiscal.tests.factories import AT, make_document, make_folios, settle
from erpmarket.fiscal.tests.stamps import read_page_stamps
from erpmarket.tenancy.scope import company_scope

LAST_DAY = datetime(2027, 2, 20, 22, 0, tzinfo=UTC)


pytestmark = pytest.mark.usefixtures("paper_worker")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Give the pages a clock that a test may move."""
    shown = {"now": AT + timedelta(hours=1)}
    monkeypatch.setattr("erpmarket.fiscal.public.now", lambda: shown["now"])
    return shown


@pytest.fixture
def paper(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        return make_document(dona_rosa, price_clp=8990, quantity="0.455", unit="kg")


@pytest.fixture
def foreign(el_vecino: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(el_vecino.company_id):
        make_folios(el_vecino, caf_office)
        return make_document(el_vecino)


def link(paper: IssuedDocument, rest: str = "") -> str:
    token = make_token(company_id=paper.company_id, document_id=paper.id)
    return f"/v/{token}/{rest}"


def facts(shop: Any, paper: IssuedDocument, **changes: str) -> dict[str, str]:
    right = {
        "rut": Rut.parse(shop.rut).dotted,
        "tipo": str(paper.kind),
        "folio": str(paper.folio),
        "fecha": f"{paper.issue_date:%Y-%m-%d}",
        "monto": str(paper.total_clp),
    }
    return {**right, **changes}


def test_the_link_shows_the_boleta_to_anybody(client: Any, paper: IssuedDocument) -> None:
    page = client.get(link(paper))

    assert page.status_code == 200
    for words in ("Almacén Doña Rosa", f"Boleta N° {paper.folio}", "$4.090", "Leche entera Colún"):
        assert words in page.text
    assert 'hasta el <span class="nb">20-02-2027</span>' in page.text
    assert public_url(paper).endswith(link(paper))


def test_the_page_keeps_out_of_caches_robots_and_memories(
    client: Any, paper: IssuedDocument
) -> None:
    for where in (link(paper), link(paper, "xml/"), "/v/nada/", "/consulta/"):
        answer = client.get(where)

        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not answer.cookies
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "<script" not in answer.text
        assert not re.findall(r'(?:src|href)="https?://', answer.text)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "Va en camino al SII."),
        (SubmissionState.ACCEPTED, "El SII la aceptó."),
        (SubmissionState.ACCEPTED_WITH_REMARKS, "El SII la aceptó, con observaciones."),
        (SubmissionState.REJECTED, "El SII no la aceptó. Pregunta en la tienda."),
    ],
)
def test_the_page_says_how_it_stands_with_the_sii(
    client: Any, dona_rosa: Any, paper: IssuedDocument, state: SubmissionState | None, words: str
) -> None:
    if state is not None:
        with company_scope(dona_rosa.company_id):
            settle(paper, state, words="Secreto del SII")

    text = client.get(link(paper)).text

    assert words in text
    assert "Secreto del SII" not in text


def test_the_pdf_is_drawn_by_the_worker_and_carries_the_stamp(
    client: Any, paper: IssuedDocument
) -> None:
    waiting = client.get(link(paper, "pdf/"))
    assert "Preparando el PDF" in waiting.text
    assert waiting.headers["Refresh"] == "2"
    assert draw_papers() == 1

    answer = client.get(link(paper, "pdf/"))

    assert answer.headers["Content-Type"] == "application/pdf"
    page = pypdfium2.PdfDocument(answer.content, autoclose=True)[0]
    assert read_page_stamps(page) == [read_document(bytes(paper.xml)).ted]


def test_the_xml_is_that_of_the_document(client: Any, paper: IssuedDocument) -> None:
    answer = client.get(link(paper, "xml/"))

    assert answer.content == bytes(paper.xml)
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="boleta-{paper.folio}.xml"'
    )


@pytest.mark.parametrize("rest", ["", "pdf/", "xml/"])
def test_a_changed_link_leads_nowhere(client: Any, paper: IssuedDocument, rest: str) -> None:
    token = link(paper).split("/")[2]
    other = "B" if token[20] == "A" else "A"

    answer = client.get(f"/v/{token[:20]}{other}{token[21:]}/{rest}")

    assert answer.status_code == 404
    assert "Doña Rosa" not in answer.text
    assert answer.content == client.get(f"/v/cualquiera/{rest}").content


def test_a_link_never_mixes_companies(
    client: Any, paper: IssuedDocument, foreign: IssuedDocument
) -> None:
    """Even a rightly sealed token of one shop with the number of another's document."""
    token = make_token(company_id=foreign.company_id, document_id=paper.id)

    answer = client.get(f"/v/{token}/")

    assert foreign.id != paper.id
    assert answer.status_code == 404
    assert "Leche" not in answer.text


def test_who_is_signed_in_elsewhere_sees_the_same_page(
    client: Any, el_vecino: Any, paper: IssuedDocument
) -> None:
    signed_in = el_vecino.client(el_vecino.owner).get(link(paper))

    assert signed_in.status_code == 200
    assert signed_in.content == client.get(link(paper)).content


@pytest.mark.parametrize("rest", ["", "pdf/", "xml/"])
def test_after_three_months_a_kind_word_is_left(
    client: Any, paper: IssuedDocument, clock: dict[str, datetime], rest: str
) -> None:
    clock["now"] = LAST_DAY
    assert client.get(link(paper, rest)).status_code == 200
    clock["now"] = LAST_DAY + timedelta(hours=8)

    answer = client.get(link(paper, rest))

    assert answer.status_code == 410
    assert "pídela en la tienda" in answer.text
    assert "Leche" not in answer.text


def test_the_five_facts_of_a_paper_find_it(
    client: Any, dona_rosa: Any, paper: IssuedDocument
) -> None:
    answer = client.post("/consulta/", facts(dona_rosa, paper))

    assert answer.status_code == 302
    assert answer.url == link(paper)
    assert not answer.cookies


@pytest.mark.parametrize(
    "wrong",
    [
        {"rut": "76.918.245-4"},
        {"tipo": "41"},
        {"folio": "999"},
        {"fecha": "2026-11-19"},
        {"monto": "4091"},
    ],
)
def test_any_wrong_fact_gets_the_same_answer(
    client: Any, dona_rosa: Any, paper: IssuedDocument, wrong: dict[str, str]
) -> None:
    order = facts(dona_rosa, paper, **wrong)

    answer = client.post("/consulta/", order)

    assert answer.status_code == 404
    assert "No hay un documento con esos datos." in answer.text
    shown = re.sub(r'value="[^"]*"( selected)?', "", answer.text)
    nothing = client.post(
        "/consulta/",
        {**order, "rut": "68.123.457-8", "folio": "5", "monto": "1", "fecha": "2026-01-01"},
    )
    assert shown == re.sub(r'value="[^"]*"( selected)?', "", nothing.text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rut", "76.918.245-5"),
        ("rut", "'; DROP TABLE"),
        ("folio", "-1"),
        ("folio", "99999999999"),
        ("fecha", "ayer"),
        ("monto", "9" * 30),
        ("tipo", "0"),
        ("folio", "\x00"),
    ],
)
def test_facts_that_no_paper_has_are_refused(
    client: Any, dona_rosa: Any, paper: IssuedDocument, field: str, value: str
) -> None:
    answer = client.post("/consulta/", facts(dona_rosa, paper, **{field: value}))

    assert answer.status_code == 422


def test_one_paper_cannot_be_guessed_at_from_many_addresses(
    client: Any, dona_rosa: Any, paper: IssuedDocument
) -> None:
    for guess in range(TRIES_OF_DOCUMENT):
        order = facts(dona_rosa, paper, monto=str(1000 + guess))
        answer = client.post("/consulta/", order, REMOTE_ADDR=f"203.0.113.{guess}")
        assert answer.status_code == 404

    answer = client.post("/consulta/", facts(dona_rosa, paper), REMOTE_ADDR="203.0.113.200")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "600"
    assert "Espera diez minutos" in answer.text


def test_a_line_with_a_whole_network_of_addresses_is_one(
    client: Any, dona_rosa: Any, paper: IssuedDocument
) -> None:
    for folio in range(1000, 1000 + TRIES_OF_ADDRESS):
        order = facts(dona_rosa, paper, folio=str(folio))
        client.post("/consulta/", order, REMOTE_ADDR=f"2001:db8:1:2::{folio}")

    answers = [
        client.post("/consulta/", facts(dona_rosa, paper), REMOTE_ADDR=address).status_code
        for address in ("2001:db8:1:2:ffff::1", "2001:db8:1:3::1")
    ]
    assert answers == [429, 302]


def test_one_address_cannot_try_paper_after_paper(
    client: Any, dona_rosa: Any, paper: IssuedDocument, clock: dict[str, datetime]
) -> None:
    for folio in range(1000, 1000 + TRIES_OF_ADDRESS):
        client.post("/consulta/", facts(dona_rosa, paper, folio=str(folio)))

    assert client.post("/consulta/", facts(dona_rosa, paper)).status_code == 429
    mapped = client.post("/consulta/", facts(dona_rosa, paper), REMOTE_ADDR="::ffff:127.0.0.1")
    assert mapped.status_code == 429
    other = client.post("/consulta/", facts(dona_rosa, paper), REMOTE_ADDR="203.0.113.7")
    assert other.status_code == 302
    clock["now"] += timedelta(minutes=11)
    assert client.post("/consulta/", facts(dona_rosa, paper)).status_code == 302
