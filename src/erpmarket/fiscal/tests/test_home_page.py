"""The home of the SII: one look tells whether all is well, and what to press if not."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.models import Envelope, EnvelopeState, Submission, SubmissionState
from erpmarket.fiscal.tests.factories import make_certificate, make_document, make_folios, settle
from erpmarket.notifications.models import Mail
from erpmarket.tenancy.scope import company_scope

HOME, LIGHT, NOW = "/sii/", "/sii/luz/", "/sii/ahora/"


@pytest.fixture
def ready(dona_rosa: Any, caf_office: Any) -> Any:
    """The shop with folios and a certificate: nothing to mend."""
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_certificate(caf_office, at=now())
    return dona_rosa


def make_envelope(**facts: Any) -> Envelope:
    at = now()
    envelope: Envelope = Envelope.objects.create(
        environment="demo",
        xml=b"<EnvioBOLETA/>",
        document_count=1,
        sender_rut="12345678-5",
        available_at=at,
        packed_at=at,
        **{"state": EnvelopeState.READY, **facts},
    )
    return envelope


def page(shop: Any) -> str:
    text: str = shop.client(shop.owner).get(HOME).text
    return text


def headline(shop: Any) -> str:
    return page(shop).split('<section class="light"')[1].split("<h2>")[1].split("</h2>")[0]


def notes(text: str) -> list[str]:
    found = re.findall(r'<p class="note[^>]*>.*?<span>(.*?)</span></p>', text)
    return [re.sub("<[^>]*>", "", words).strip() for words in found]


def test_a_shop_in_order_reads_that_all_is_well(ready: Any) -> None:
    text = page(ready)

    assert headline(ready) == "SII al día"
    assert 'data-light="ok"' in text
    assert notes(text) == []
    assert ">399 días<" in text
    assert "Rosa Núñez Soto" in text
    assert "el SII todavía no contesta nada tuyo" in text
    assert "Por corregir" not in text
    assert "Nada espera" in text


def test_home_counts_the_day_and_says_what_waits(ready: Any) -> None:
    with company_scope(ready.company_id):
        settle(make_document(ready, at=now()), SubmissionState.ACCEPTED)
        waiting = make_document(ready, at=now() - timedelta(minutes=48))

    text = page(ready)

    assert headline(ready) == "Todo en orden con el SII"
    assert "aceptado" in text
    assert '<span class="chip warn">Plazo: quedan 11&nbsp;min</span>' in text
    assert f'href="/sii/documentos/{waiting.id}/">Boleta' in text
    assert "hace 48\u00a0min" in text


def test_home_tells_that_the_hour_of_a_boleta_is_over(ready: Any) -> None:
    with company_scope(ready.company_id):
        make_document(ready, at=now() - timedelta(minutes=61))

    assert headline(ready) == "1 boleta ya pasó la hora de plazo sin llegar al SII"
    assert "Pasó la hora" in page(ready)


def test_home_lists_what_to_mend_with_the_sii_s_words_in_ours(ready: Any) -> None:
    with company_scope(ready.company_id):
        paper = make_document(ready, at=now())
        settle(paper, SubmissionState.REJECTED, words="DTE Rechazado <b>")
        Submission.objects.filter(document_id=paper.id).update(said_code="RFR")

    text = page(ready)

    assert headline(ready) == "Hay 1 documento por corregir"
    assert 'href="/sii/documentos/?estado=por-corregir">Ver cuáles</a>' in text
    todo = text.split("<h2>Por corregir</h2>")[1].split("</article>")[0]
    assert "El SII no aceptó la firma o el timbre." in todo
    assert "Qué hacer: Revisa que el certificado esté vigente" in todo
    assert "DTE Rechazado &lt;b&gt;" in todo
    assert f'href="/sii/documentos/{paper.id}/"' in todo


def test_the_gravest_is_the_light_and_the_rest_are_notes(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=2)
        settle(make_document(dona_rosa, at=now()), SubmissionState.REJECTED)
        make_document(dona_rosa, at=now() - timedelta(hours=2))
        make_envelope(trouble="needs_person", words="El SII no autoriza a quien firma.")

    text = page(dona_rosa)

    assert headline(dona_rosa) == "No quedan folios de boleta"
    assert 'data-light="stop"' in text
    assert notes(text) == [
        "Falta el certificado digital: nada se envía al SII. Cargar certificado",
        "El SII no autoriza a quien firma. Ver en camino",
        "Hay 1 documento por corregir. Ver cuáles",
        "1 boleta ya pasó la hora de plazo sin llegar al SII. Ver en camino",
    ]


def test_home_tells_the_last_answer_not_our_own_notes(ready: Any) -> None:
    with company_scope(ready.company_id):
        envelope = make_envelope(state=EnvelopeState.SENT, track_id="77")
        for minutes, name, words in (
            (30, EventName.STATUS, "Envío recibido"),
            (20, EventName.NO_STATUS, "No contestó"),
            (10, EventName.HELD, "En espera"),
        ):
            append_events(
                [Happening(name=name, words=words, envelope_id=envelope.id)],
                at=now() - timedelta(minutes=minutes),
            )

    card = page(ready).split("Última respuesta")[1].split("</section>")[0]

    assert "hace 30\u00a0min" in card
    assert "Envío recibido" in card


def test_home_shows_how_long_folios_last(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_certificate(caf_office, at=now())
        make_folios(dona_rosa, caf_office, quantity=12)
        make_folios(dona_rosa, caf_office, kind=41, quantity=30)
        for days in (1, 0, 0, 0):
            settle(
                make_document(dona_rosa, at=now() - timedelta(days=days)), SubmissionState.ACCEPTED
            )

    text = page(dona_rosa)

    assert headline(dona_rosa) == "Quedan 8 folios de boleta: alcanzan para 4 días"
    card = text.split("Folios de boleta</a></h2>")[1].split("</section>")[0]
    assert ">4 días</p>" in card
    assert "Pide esta semana" in card
    assert 'quedan 8, <span class="nb">hasta el ' in card
    row = text.split("<h2>Folios</h2>")[1].split("<tbody>")[1].split("</tr>")[0]
    assert "4 días" in row
    assert ">8</td>" in row
    assert ">2</td>" in row
    assert "sin uso" in text.split("<h2>Folios</h2>")[1]


def test_home_says_that_mails_do_not_go_out(ready: Any) -> None:
    at = now() - timedelta(hours=1)
    with company_scope(ready.company_id):
        Mail.objects.create(
            uid=uuid7(),
            recipient="a@b.example",
            subject="Factura",
            text="Hola",
            created_at=at,
            available_at=at,
            words="El servidor no abre.",
        )

    assert notes(page(ready)) == ["Los correos no están saliendo: El servidor no abre. Ver correos"]


def test_home_and_light_need_the_same_queries_for_one_and_for_many(
    ready: Any, django_assert_num_queries: Any
) -> None:
    client = ready.client(ready.owner)

    # Session, scope (4), member; the light: certificate, outbox, company, folios (3), envelopes in
    # trouble, last contact, day; the page: rejected, waiting, mails (4).
    def look() -> None:
        with django_assert_num_queries(24):
            client.get(HOME)
        with django_assert_num_queries(17):
            client.get(LIGHT)

    look()
    with company_scope(ready.company_id):
        for number in range(12):
            settle(make_document(ready, at=now()), SubmissionState.REJECTED)
            make_document(ready, at=now() - timedelta(minutes=15 * number))
            make_envelope(trouble="held", words=f"Motivo {number}")
    look()


def test_light_that_looks_the_same_is_not_drawn_again(ready: Any) -> None:
    client = ready.client(ready.owner)
    address = page(ready).split('id="sii-light" hx-get="')[1].split('"')[0]
    assert address.startswith(f"{LIGHT}?visto=")

    same = client.get(address)
    with company_scope(ready.company_id):
        settle(make_document(ready, at=now()), SubmissionState.REJECTED)
    changed = client.get(address)

    assert (same.status_code, same.content) == (204, b"")
    assert changed.status_code == 200
    assert "Hay 1 documento por corregir" in changed.text
    assert changed.text.count('id="sii-light"') == 1
    assert client.get(changed.text.split('hx-get="')[1].split('"')[0]).status_code == 204


def test_what_waits_goes_at_once_when_a_person_asks(ready: Any) -> None:
    later = now() + timedelta(hours=3)
    with company_scope(ready.company_id):
        paper = make_document(ready, at=now())
        Submission.objects.filter(document_id=paper.id).update(available_at=later, attempts=4)

    answer = ready.client(ready.owner).post(NOW)

    assert answer.headers["Location"] == HOME
    with company_scope(ready.company_id):
        row = Submission.objects.get(document_id=paper.id)
    assert row.available_at <= now()
    assert row.attempts == 0


def test_a_cashier_sees_the_light_but_not_the_owner_s_buttons(ready: Any) -> None:
    with company_scope(ready.company_id):
        paper = make_document(ready, at=now())
        Submission.objects.filter(document_id=paper.id).update(attempts=4)
    client = ready.client(ready.cashier)

    text = client.get(HOME).text

    assert "Todo en orden con el SII" in text
    assert "Intentar ahora" not in text
    assert client.post(NOW).status_code == 403
    with company_scope(ready.company_id):
        assert Submission.objects.get(document_id=paper.id).attempts == 4


def test_home_shows_a_stranger_nothing(ready: Any, el_vecino: Any) -> None:
    with company_scope(ready.company_id):
        settle(make_document(ready, at=now()), SubmissionState.REJECTED, words="Secreto")
        make_document(ready, at=now())

    client = el_vecino.client(el_vecino.owner)

    for address in (HOME, LIGHT):
        text = client.get(address).text
        assert "Secreto" not in text
        assert "por corregir" not in text
        assert "/sii/documentos/1" not in text
        assert "No quedan folios de boleta" in text


@pytest.mark.parametrize("address", [HOME, LIGHT])
def test_home_is_not_for_stock_keepers_nor_for_nobody(dona_rosa: Any, address: str) -> None:
    assert dona_rosa.client(dona_rosa.stock_keeper).get(address).status_code == 403
    assert Client().get(address).headers["Location"] == "/entrar/"
