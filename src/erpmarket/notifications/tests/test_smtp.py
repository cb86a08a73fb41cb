"""What each failure of a mail server is called, and whether anything left."""

import socket
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from erpmarket.notifications.servers import MailTrouble, Reason, Server
from erpmarket.notifications.smtp import send_message
from erpmarket.notifications.tests.mail_server import (
    PASSWORD,
    USER,
    Authority,
    PostOffice,
    free_port,
)


def server(office: PostOffice, **changes: Any) -> Server:
    facts: dict[str, Any] = {
        "host": "localhost",
        "port": office.port,
        "security": "starttls",
        "username": USER,
        "password": PASSWORD,
    }
    return Server(**(facts | changes))


def letter(text: str = "Hola\n") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Ñandú"
    message["From"] = USER
    message["To"] = "pedro@cliente.example"
    message.set_content(text)
    return message


def send(
    where: Server,
    message: EmailMessage | None = None,
    *,
    before_body: Callable[[], None] = lambda: None,
    timeout_seconds: int = 5,
) -> None:
    send_message(
        where,
        message or letter(),
        sender=USER,
        recipient="pedro@cliente.example",
        before_body=before_body,
        timeout_seconds=timeout_seconds,
    )


def trouble(where: Server, **keywords: Any) -> Reason:
    """Try to send and name what went wrong; nothing may have been about to leave."""
    left: list[bool] = []
    with pytest.raises(MailTrouble) as caught:
        send(where, before_body=lambda: left.append(True), **keywords)
    assert (left == [True]) == (caught.value.reason in {Reason.NO_ANSWER, Reason.REFUSED})
    assert PASSWORD not in f"{caught.value!r} {caught.value.words} {where!r}"
    return caught.value.reason


def test_message_arrives_as_written(post_office: PostOffice) -> None:
    text = "..puntos\n.\nFrom aquí\nñandú\n"

    send(server(post_office), letter(text))

    sender, recipients, _ = post_office.received[0]
    assert (sender, recipients) == (USER, ["pedro@cliente.example"])
    assert post_office.letters[0]["Subject"] == "Ñandú"
    assert post_office.letters[0].get_content().replace("\r\n", "\n") == text


def test_server_with_direct_tls_takes_it(trusted: Path, authority: Authority) -> None:
    with PostOffice(authority, direct=True, login=False) as office:
        send(server(office, security="tls", username=""))

        assert len(office.received) == 1


def test_wrong_password_is_told(post_office: PostOffice) -> None:
    assert trouble(server(post_office, password="otra")) == Reason.WRONG_PASSWORD
    assert post_office.received == []


def test_login_that_is_closed_for_now_is_tried_later(post_office: PostOffice) -> None:
    post_office.faults.login = "454 4.7.0 Temporary authentication failure"

    assert trouble(server(post_office)) == Reason.TRY_LATER


def test_certificate_that_nobody_trusts_gets_no_password(
    post_office: PostOffice, settings: Any
) -> None:
    settings.MAIL_CA_FILE = ""

    assert trouble(server(post_office)) == Reason.CERTIFICATE
    assert post_office.faults.tries == []


def test_server_without_starttls_gets_no_password(trusted: Path, authority: Authority) -> None:
    with PostOffice(authority, plain=True, login=False) as office:
        assert trouble(server(office)) == Reason.NO_TLS
        assert office.received == []


def test_direct_tls_at_a_port_that_speaks_plainly_first_is_told(post_office: PostOffice) -> None:
    assert trouble(server(post_office, security="tls")) == Reason.NO_TLS


def test_server_without_login_is_told(trusted: Path, authority: Authority) -> None:
    with PostOffice(authority, login=False) as office:
        assert trouble(server(office)) == Reason.NO_LOGIN


def test_unknown_host_is_told(post_office: PostOffice) -> None:
    assert trouble(server(post_office, host="no-existe.invalid")) == Reason.HOST_UNKNOWN


def test_closed_port_is_told(post_office: PostOffice) -> None:
    assert trouble(server(post_office, port=free_port())) == Reason.UNREACHABLE


def test_server_that_never_speaks_is_left_after_a_while(post_office: PostOffice) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()

        reason = trouble(server(post_office, port=mute.getsockname()[1]), timeout_seconds=1)

    assert reason == Reason.UNREACHABLE


@pytest.mark.parametrize(
    ("place", "answer", "reason"),
    [
        ("mail", "451 4.3.0 Busy", Reason.TRY_LATER),
        ("mail", "553 5.7.1 Not yours", Reason.SENDER_REFUSED),
        ("rcpt", "450 4.2.1 Greylisted", Reason.TRY_LATER),
        ("rcpt", "550 5.1.1 No such user", Reason.RECIPIENT_REFUSED),
    ],
)
def test_refusal_before_the_body_is_named(
    post_office: PostOffice, place: str, answer: str, reason: Reason
) -> None:
    setattr(post_office.faults, place, answer)

    assert trouble(server(post_office)) == reason
    assert post_office.received == []


def test_refusal_of_the_body_quotes_the_server(post_office: PostOffice) -> None:
    post_office.faults.data = "554 5.7.1 Looks like spam"

    with pytest.raises(MailTrouble) as caught:
        send(server(post_office))

    assert caught.value.reason == Reason.REFUSED
    assert caught.value.words == (
        "El servidor localhost no aceptó el correo. Dijo: 554 5.7.1 Looks like spam"
    )


def test_body_that_is_refused_for_now_is_tried_later(post_office: PostOffice) -> None:
    post_office.faults.data = "452 4.3.1 Disk full"

    with pytest.raises(MailTrouble) as caught:
        send(server(post_office))

    assert caught.value.reason == Reason.TRY_LATER


def test_connection_lost_before_the_body_is_harmless(post_office: PostOffice) -> None:
    post_office.faults.drop_at_mail = True

    assert trouble(server(post_office)) == Reason.DROPPED


def test_connection_lost_after_the_body_leaves_doubt(post_office: PostOffice) -> None:
    """The server has the mail: to call this a failure would send it twice."""
    post_office.faults.drop_after_data = True

    assert trouble(server(post_office)) == Reason.NO_ANSWER
    assert len(post_office.received) == 1


def test_answer_that_comes_too_late_leaves_doubt(post_office: PostOffice) -> None:
    post_office.faults.seconds = 3

    assert trouble(server(post_office), timeout_seconds=1) == Reason.NO_ANSWER


def test_nothing_leaves_when_the_last_moment_says_no(post_office: PostOffice) -> None:
    def refuse() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        send(server(post_office), before_body=refuse)

    assert post_office.received == []
