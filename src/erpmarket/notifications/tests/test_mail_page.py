"""The page where the mail accounts are set and tried."""

from datetime import time, timedelta
from typing import Any

import pytest

from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.notifications.actions.outbox import enqueue_mail
from erpmarket.notifications.models import (
    IncomingAccount,
    Mail,
    MailHours,
    MailState,
    OutgoingAccount,
)
from erpmarket.notifications.sealing import open_password
from erpmarket.tenancy.scope import company_scope

PAGE = "/avisos/correo/"
ACCOUNT = {
    "host": "Mail.donarosa.example",
    "port": "587",
    "security": "starttls",
    "username": "caja@donarosa.example",
    "password": "muy-secreta",
    "from_address": "caja@donarosa.example",
}


def write(shop: Any, **changes: Any) -> int:
    facts: dict[str, Any] = {
        "uid": uuid7(),
        "recipient": "pedro@cliente.example",
        "subject": "Tu boleta",
        "text": "Gracias.",
        "at": now(),
    }
    with company_scope(shop.company_id):
        return int(enqueue_mail(**(facts | changes)).id)


def test_outgoing_account_is_kept_and_its_password_sealed(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(PAGE, ACCOUNT)

    assert (answer.status_code, answer.url) == (302, PAGE)
    with company_scope(dona_rosa.company_id):
        row = OutgoingAccount.objects.get()
    sealed = bytes(row.sealed_password)
    assert (row.host, row.port, row.security) == ("mail.donarosa.example", 587, "starttls")
    assert b"muy-secreta" not in sealed
    context = f"notifications.outgoing:{dona_rosa.company_id}"
    assert open_password(sealed, context=context) == "muy-secreta"
    text = client.get(PAGE).text
    assert "mail.donarosa.example" in text
    assert "muy-secreta" not in text


def test_wrong_form_says_what_is_wrong_and_keeps_nothing(dona_rosa: Any) -> None:
    wrong = ACCOUNT | {"host": "http://mail.cl/", "port": "99999", "from_address": ""}

    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, wrong)

    assert answer.status_code == 422
    assert "Escribe solo el nombre del servidor" in answer.text
    assert "El puerto va de 1 a 65535." in answer.text
    assert "Escribe la dirección que verá quien recibe." in answer.text
    assert "muy-secreta" not in answer.text
    with company_scope(dona_rosa.company_id):
        assert OutgoingAccount.objects.count() == 0


def test_test_mail_goes_through_the_outbox_once(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post(PAGE, ACCOUNT)
    form = {"uid": str(uuid7()), "recipient": "rosa@donarosa.example"}

    answers = [client.post(f"{PAGE}prueba/", form) for _ in range(2)]

    with company_scope(dona_rosa.company_id):
        row = Mail.objects.get()
    assert (row.recipient, row.subject) == (
        "rosa@donarosa.example",
        "Correo de prueba de Almacén Doña Rosa",
    )
    assert {answer.url for answer in answers} == {f"{PAGE}?prueba={form['uid']}"}
    text = client.get(answers[0].url).text
    assert "Enviando a rosa@donarosa.example…" in text
    assert f'hx-get="{PAGE}{row.id}/estado/"' in text


@pytest.mark.parametrize(
    ("state", "words", "shown"),
    [
        (MailState.PENDING, "El servidor no aceptó el usuario o la clave.", "no aceptó el usuario"),
        (MailState.SENT, "", "El correo salió a"),
        (MailState.UNKNOWN, "No confirmó que llegó.", "No confirmó que llegó."),
    ],
)
def test_state_of_a_mail_is_said_until_it_is_known(
    dona_rosa: Any, state: MailState, words: str, shown: str
) -> None:
    mail_id = write(dona_rosa)
    final_at = None if state == MailState.PENDING else now()
    with company_scope(dona_rosa.company_id):
        Mail.objects.update(state=state, words=words, final_at=final_at)

    text = dona_rosa.client(dona_rosa.owner).get(f"{PAGE}{mail_id}/estado/").text

    assert shown in text
    assert ("hx-get" in text) == (state == MailState.PENDING)


def test_failed_mail_can_be_sent_again_and_a_sent_one_not(dona_rosa: Any) -> None:
    failed, sent = write(dona_rosa), write(dona_rosa)
    with company_scope(dona_rosa.company_id):
        Mail.objects.filter(id=failed).update(state=MailState.FAILED, final_at=now())
        Mail.objects.filter(id=sent).update(state=MailState.SENT, final_at=now())
    client = dona_rosa.client(dona_rosa.owner)
    assert client.get(PAGE).text.count("Enviar de nuevo") == 1

    answers = [client.post(f"{PAGE}{mail_id}/repetir/").status_code for mail_id in (failed, sent)]

    assert answers == [302, 422]
    with company_scope(dona_rosa.company_id):
        states = dict(Mail.objects.values_list("id", "state"))
    assert states == {failed: "pending", sent: "sent"}


def test_incoming_account_is_kept_and_dropped(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    account = ACCOUNT | {"port": "993", "security": "tls", "folder": "INBOX"}

    client.post(f"{PAGE}entrada/", account)
    with company_scope(dona_rosa.company_id):
        row = IncomingAccount.objects.get()
        assert (row.host, row.port, row.folder) == ("mail.donarosa.example", 993, "INBOX")
    client.post(f"{PAGE}quitar-entrada/")

    with company_scope(dona_rosa.company_id):
        assert IncomingAccount.objects.count() == 0


def test_hours_are_kept(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    hours = {"quiet_from": "22:00", "quiet_to": "07:30", "digest_at": "09:00"}

    client.post(f"{PAGE}horas/", hours)

    with company_scope(dona_rosa.company_id):
        row = MailHours.objects.get()
    assert (row.quiet_from, row.quiet_to, row.digest_at) == (time(22), time(7, 30), time(9))
    assert 'value="22:00' in client.get(PAGE).text


def test_mail_of_a_stranger_stays_unseen(dona_rosa: Any, el_vecino: Any) -> None:
    mail_id = write(dona_rosa, at=now() - timedelta(hours=1))
    dona_rosa.client(dona_rosa.owner).post(PAGE, ACCOUNT)
    client = el_vecino.client(el_vecino.owner)

    assert "donarosa" not in client.get(PAGE).text
    assert "pedro@cliente.example" not in client.get(PAGE).text
    assert client.get(f"{PAGE}{mail_id}/estado/").status_code == 404
    assert client.post(f"{PAGE}{mail_id}/repetir/").status_code == 404
