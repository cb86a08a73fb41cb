import re
from datetime import timedelta
from typing import Any

import pytest

from erpmarket.fiscal.actions.issue_nota import annul_document
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import (
    DocumentRevision,
    Envelope,
    EnvelopeState,
    IssuedDocument,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.tests.factories import AT, make_document, make_folios, settle
from erpmarket.fiscal.tests.trade_factories import make_trader, nota_order
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def paper(dona_rosa: Any, caf_office: Any) -> IssuedDocument:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        return make_document(dona_rosa, price_clp=8990, quantity="0.455", unit="kg")


def dotted(folio: int) -> str:
    return f"{folio:,}".replace(",", ".")


def make_envelope(*, track_id: str) -> Envelope:
    envelope: Envelope = Envelope.objects.create(
        environment="demo",
        xml=b"<EnvioBOLETA/>",
        document_count=1,
        sender_rut="12345678-5",
        state=EnvelopeState.SENT,
        track_id=track_id,
        available_at=AT,
        packed_at=AT,
        sent_at=AT,
    )
    return envelope


def send(paper: IssuedDocument) -> None:
    """Write down what the worker writes when it packs and sends a paper."""
    envelope = make_envelope(track_id="245819377")
    Submission.objects.filter(document_id=paper.id).update(
        envelope=envelope, state=SubmissionState.SENT
    )
    append_events(
        [
            Happening(
                name=EventName.SENT,
                words="El SII recibió el envío 245819377.",
                envelope_id=envelope.id,
                answer=b'{"trackid": 245819377}',
            )
        ],
        at=AT + timedelta(minutes=2),
    )


def test_document_shows_lines_and_totals_of_the_stored_xml(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/")

    assert page.status_code == 200
    for words in ("Leche entera Colún 1 L", "0,455\u00a0kg", "$8.990", "$4.090", "$3.437", "$653"):
        assert words in page.text
    assert "Sin nombre" in page.text


def test_document_that_waits_tells_what_is_to_come(dona_rosa: Any, paper: IssuedDocument) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/")

    assert "Emitida y timbrada" in page.text
    assert "12:30:00" in page.text
    assert "Sale sola en cuanto hay internet." in page.text
    assert "Respuesta del SII" in page.text


def test_document_tells_its_whole_story(dona_rosa: Any, paper: IssuedDocument) -> None:
    with company_scope(dona_rosa.company_id):
        send(paper)
        settle(paper, SubmissionState.ACCEPTED, at=AT + timedelta(minutes=4))

    page = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    text = page.split("Su historia")[1]
    steps = ["Emitida y timbrada", "Enviada al SII", "12:32:00", "Aceptada</span>", "12:34:00"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert "&quot;trackid&quot;: 245819377" in text
    assert "Número de envío" in text
    assert "Respuesta del SII" not in text


def test_story_says_the_day_when_it_changes(dona_rosa: Any, paper: IssuedDocument) -> None:
    with company_scope(dona_rosa.company_id):
        send(paper)
        settle(paper, SubmissionState.ACCEPTED, at=AT + timedelta(days=1))

    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    told = re.findall(r"<time [^>]*>([^<]*)</time>", text.split("Su historia")[1])
    today, tomorrow = f"{AT:%d-%m}", f"{AT + timedelta(days=1):%d-%m}"
    assert told == [f"{today} 12:30:00", "12:32:00", f"{tomorrow} 12:30:00"]


def test_story_tells_a_repeated_status_once(dona_rosa: Any, paper: IssuedDocument) -> None:
    with company_scope(dona_rosa.company_id):
        for minute, words in enumerate(("En proceso", "En proceso", "Procesado", "En proceso")):
            said = Happening(name=EventName.STATUS, words=words, document_id=paper.id)
            append_events([said], at=AT + timedelta(minutes=minute))

    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    told = re.findall(r"<p>(En proceso|Procesado)</p>", text)
    assert told == ["En proceso", "Procesado", "En proceso"]


def test_document_that_was_rejected_says_why_and_what_to_do(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        settle(paper, SubmissionState.REJECTED, words="El RUT de quien emite no calza.")

    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    assert "El SII rechazó este documento" in text
    assert "El RUT de quien emite no calza." in text
    assert "Lee el motivo que dio el SII y pide ayuda a soporte" in text
    assert "Enviar otra vez" not in text, "the same would be turned down again"


def test_what_can_go_again_as_it_is_goes_with_one_press(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        settle(paper, SubmissionState.REJECTED, words="Archivo perdido")
        Submission.objects.filter(document_id=paper.id).update(said_code="VOF")
    client = dona_rosa.client(dona_rosa.owner)
    page = f"/sii/documentos/{paper.id}/"
    assert "Enviar otra vez" in client.get(page).text

    answer = client.post(f"{page}otra-vez/")

    assert answer.headers["Location"] == page
    with company_scope(dona_rosa.company_id):
        assert Submission.objects.get(document_id=paper.id).state == SubmissionState.PENDING
    text = client.get(page).text
    assert "Se envía otra vez, sin cambios." in text
    assert "Preguntar o enviar ahora" in text


def test_what_the_sii_has_accepted_is_not_sent_again(dona_rosa: Any, paper: IssuedDocument) -> None:
    with company_scope(dona_rosa.company_id):
        settle(paper, SubmissionState.ACCEPTED)

    answer = dona_rosa.client(dona_rosa.owner).post(f"/sii/documentos/{paper.id}/otra-vez/")

    assert answer.status_code == 422
    assert "El SII ya dio su respuesta final" in answer.text
    with company_scope(dona_rosa.company_id):
        assert Submission.objects.get(document_id=paper.id).state == SubmissionState.ACCEPTED


def test_a_cashier_does_not_send_again(dona_rosa: Any, paper: IssuedDocument) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    answer = client.post(f"/sii/documentos/{paper.id}/otra-vez/")

    assert answer.status_code == 403
    assert "Preguntar o enviar ahora" not in client.get(f"/sii/documentos/{paper.id}/").text


def test_story_tells_of_the_envelopes_that_the_paper_was_cut_from(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        send(paper)
        half = Envelope.objects.get(track_id="245819377")
        whole = make_envelope(track_id="1")
        stranger = make_envelope(track_id="2")
        Envelope.objects.filter(id=half.id).update(split_from=whole)
        told = [
            Happening(name=EventName.SPLIT, words="Va en partes, de 2 y 2.", envelope_id=whole.id),
            Happening(name=EventName.REFUSED, words="De otro envío", envelope_id=stranger.id),
        ]
        append_events(told, at=AT + timedelta(minutes=1))

    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    assert text.index("Va en partes, de 2 y 2.") < text.index("El SII recibió el envío 245819377.")
    assert "De otro envío" not in text


def test_story_names_the_papers_of_both_ways_until_the_sii_refuses_one(
    dona_rosa: Any, paper: IssuedDocument, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(61,))
        nota = annul_document(order=nota_order(paper.id, reason="No la quiso"), at=AT).row
    client = dona_rosa.client(dona_rosa.owner)

    def told(of: IssuedDocument) -> str:
        text: str = client.get(f"/sii/documentos/{of.id}/").text
        return text.split("Su historia")[1].split("</ol>", maxsplit=1)[0]

    by = f'<a class="cause" href="/sii/documentos/{nota.id}/">Anulada por Nota de crédito {dotted(nota.folio)}'
    assert by in told(paper)
    assert (
        f'<a class="cause" href="/sii/documentos/{paper.id}/">Anula Boleta {dotted(paper.folio)}'
        in told(nota)
    )
    assert "no tiene efecto" not in told(paper)
    with company_scope(dona_rosa.company_id):
        settle(nota, SubmissionState.REJECTED)
    assert "El SII la rechazó: no tiene efecto." in told(paper)


def test_document_shows_its_versions_with_their_reason(
    dona_rosa: Any, paper: IssuedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        DocumentRevision.objects.create(
            document_id=paper.id, number=1, xml=paper.xml, reason="Faltaba la comuna", made_at=AT
        )

    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    assert "<dt>Versión 2</dt>" in text
    assert "Faltaba la comuna" in text


def test_story_of_one_paper_leaves_out_anothers(dona_rosa: Any, paper: IssuedDocument) -> None:
    with company_scope(dona_rosa.company_id):
        other = make_document(dona_rosa)
        send(paper)
        settle(other, SubmissionState.REJECTED, words="Folio repetido.")

    text = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/").text

    assert "Folio repetido." not in text


def test_xml_is_downloaded_as_it_was_stored(dona_rosa: Any, paper: IssuedDocument) -> None:
    answer = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/xml/")

    assert answer.status_code == 200
    assert answer.content == bytes(paper.xml)
    assert answer.headers["Content-Type"] == "application/xml; charset=ISO-8859-1"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="boleta-{paper.folio}.xml"'
    )


def test_xml_is_the_signed_copy_when_there_is_one(dona_rosa: Any, paper: IssuedDocument) -> None:
    with company_scope(dona_rosa.company_id):
        IssuedDocument.objects.filter(id=paper.id).update(signed_xml=b"<DTE>firmado</DTE>")

    answer = dona_rosa.client(dona_rosa.owner).get(f"/sii/documentos/{paper.id}/xml/")

    assert answer.content == b"<DTE>firmado</DTE>"


def test_document_needs_few_queries(
    dona_rosa: Any, paper: IssuedDocument, django_assert_num_queries: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    # Session, scope (4), member, document, version in force (twice), submission, papers beside it
    # (3), envelopes, events, versions, company, look of the papers, sale, what can be done with it.
    with django_assert_num_queries(24):
        client.get(f"/sii/documentos/{paper.id}/")


@pytest.mark.parametrize("page", ["", "xml/"])
def test_document_of_another_shop_is_not_found(
    dona_rosa: Any, el_vecino: Any, paper: IssuedDocument, page: str
) -> None:
    answer = el_vecino.client(el_vecino.owner).get(f"/sii/documentos/{paper.id}/{page}")

    assert answer.status_code == 404
