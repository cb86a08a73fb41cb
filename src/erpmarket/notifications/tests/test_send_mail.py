"""The outbox of mails: never twice when the answer was clear, never lost when it was not sent."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.config.env import MailAccount
from erpmarket.notifications.actions import send_mail
from erpmarket.notifications.actions.accounts import (
    Login,
    drop_outgoing_account,
    keep_outgoing_account,
)
from erpmarket.notifications.actions.mail_leases import LeaseLost, claim_mail, mark_unsure
from erpmarket.notifications.actions.outbox import (
    AttachmentTooLarge,
    BadAddress,
    FileReference,
    NotResendable,
    StoredFile,
    enqueue_mail,
    send_again,
)
from erpmarket.notifications.models import Mail, OutgoingAccount
from erpmarket.notifications.tasks import send_mails
from erpmarket.notifications.tests.mail_server import PASSWORD, USER, PostOffice, free_port
from erpmarket.tenancy.scope import company_scope

START = datetime(2026, 11, 22, 15, tzinfo=UTC)


class MissingPaper(DomainError):
    """What a room answers that cannot give a file."""

    code = "missing_paper"

    @property
    def message(self) -> str:
        return "El documento ya no está."


def give_paper(key: str) -> bytes:
    if key == "missing":
        raise MissingPaper
    return f"<DTE>{key}</DTE>".encode()


@dataclass
class MailShop:
    """Doña Rosa's outbox with a clock that a test sets."""

    company_id: int
    office: PostOffice
    at: datetime = START
    uids: list[UUID] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def use_account(self, **changes: Any) -> None:
        facts: dict[str, Any] = {
            "host": "localhost",
            "port": self.office.port,
            "security": "starttls",
            "username": USER,
            "password": PASSWORD,
        }
        with company_scope(self.company_id):
            keep_outgoing_account(
                login=Login(**(facts | changes)), from_address=USER, from_name="", at=self.at
            )

    def write(self, **changes: Any) -> int:
        facts: dict[str, Any] = {
            "uid": uuid7(),
            "recipient": "pedro@cliente.example",
            "subject": "Tu boleta",
            "text": "Gracias por tu compra.\n",
            "at": self.at,
        }
        with company_scope(self.company_id):
            row = enqueue_mail(**(facts | changes))
            self.uids.append(row.uid)
            return int(row.id)

    def mail(self, mail_id: int) -> Mail:
        with company_scope(self.company_id):
            row: Mail = Mail.objects.get(id=mail_id)
            return row

    def state(self, mail_id: int) -> tuple[str, str]:
        row = self.mail(mail_id)
        return row.state, row.reason

    def work(self) -> int:
        return send_mails(now=self.now)


@pytest.fixture
def shop(
    fresh_database: str, found_cast: Callable[[], tuple[Any, Any]], post_office: PostOffice
) -> Iterator[MailShop]:
    cast, _ = found_cast()
    shop = MailShop(company_id=cast.company_id, office=post_office)
    shop.use_account()
    yield shop
    connections.close_all()


def test_mail_is_sent_once_with_its_files(shop: MailShop, settings: Any) -> None:
    settings.MAIL_ATTACHMENT_SOURCES = {"papers": f"{__name__}.give_paper"}
    mail_id = shop.write(
        html="<p>Gracias por tu <b>compra</b>.</p>",
        attachments=(
            StoredFile(name="aviso.txt", media_type="text/plain", content="ñ".encode()),
            FileReference(name="F33.xml", media_type="application/xml", source="papers", key="7"),
        ),
    )

    shop.work()
    shop.work()

    (letter,) = shop.office.letters
    assert shop.state(mail_id) == ("sent", "")
    assert letter["To"] == "pedro@cliente.example"
    assert letter["From"] == f"Almacén Doña Rosa <{USER}>"
    assert letter["Message-ID"] == f"<{shop.uids[0]}@donarosa.example>"
    body, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "Gracias por tu compra."
    assert html is not None
    assert html.get_content().strip() == "<p>Gracias por tu <b>compra</b>.</p>"
    files = {
        part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()
    }
    assert files == {"aviso.txt": "ñ".encode(), "F33.xml": b"<DTE>7</DTE>"}


def test_same_uid_is_one_mail(shop: MailShop) -> None:
    uid = uuid7()

    first, second = shop.write(uid=uid), shop.write(uid=uid, subject="Otra vez")
    shop.work()

    assert first == second
    assert [letter["Subject"] for letter in shop.office.letters] == ["Tu boleta"]


def test_bad_address_and_huge_file_never_enter_the_outbox(shop: MailShop) -> None:
    with pytest.raises(BadAddress):
        shop.write(recipient="pedro@cliente.example\r\nBcc: todos@malo.example")
    with pytest.raises(BadAddress):
        shop.write(recipient="ñandú@cliente.example")
    big = StoredFile(name="foto.png", media_type="image/png", content=b"x" * 600_000)
    with pytest.raises(AttachmentTooLarge):
        shop.write(attachments=(big,))

    with company_scope(shop.company_id):
        assert Mail.objects.count() == 0


def test_line_breaks_of_a_subject_write_no_headers(shop: MailShop) -> None:
    shop.write(subject="Hola\r\nBcc: todos@malo.example")

    shop.work()

    assert shop.office.letters[0]["Subject"] == "Hola Bcc: todos@malo.example"
    assert shop.office.letters[0]["Bcc"] is None


def test_mail_waits_until_its_time(shop: MailShop) -> None:
    mail_id = shop.write(not_before=START + timedelta(hours=2))

    shop.work()
    assert shop.state(mail_id)[0] == "pending"
    shop.at += timedelta(hours=2)
    shop.work()

    assert shop.state(mail_id) == ("sent", "")


def test_busy_server_is_tried_again(shop: MailShop) -> None:
    mail_id = shop.write()
    shop.office.faults.rcpt = "450 4.2.1 Greylisted"

    shop.work()
    assert shop.state(mail_id) == ("pending", "try_later")
    assert START < shop.mail(mail_id).available_at <= START + timedelta(seconds=30)
    shop.office.faults.rcpt = ""
    shop.at += timedelta(minutes=1)
    shop.work()

    assert shop.state(mail_id) == ("sent", "")
    assert len(shop.office.received) == 1


def test_address_that_does_not_exist_fails_at_once_and_alone(shop: MailShop) -> None:
    shop.office.faults.rcpt = "550 5.1.1 No such user"
    lost = shop.write()
    shop.work()
    shop.office.faults.rcpt = ""
    other = shop.write(recipient="ana@cliente.example")

    shop.work()

    assert shop.state(lost) == ("failed", "recipient_refused")
    assert "No such user" in shop.mail(lost).words
    assert shop.state(other) == ("sent", "")


def test_mail_without_an_answer_is_unknown_and_never_sent_again(shop: MailShop) -> None:
    mail_id = shop.write()
    shop.office.faults.drop_after_data = True
    shop.work()
    shop.office.faults.drop_after_data = False
    shop.at += timedelta(days=1)

    shop.work()

    assert shop.state(mail_id) == ("unknown", "no_answer")
    assert len(shop.office.received) == 1


def test_person_may_send_an_unknown_one_again(shop: MailShop) -> None:
    mail_id = shop.write()
    shop.office.faults.drop_after_data = True
    shop.work()
    shop.office.faults.drop_after_data = False

    with company_scope(shop.company_id):
        send_again(mail_id=mail_id, at=shop.at)
    shop.work()

    assert shop.state(mail_id) == ("sent", "")
    ids = {letter["Message-ID"] for letter in shop.office.letters}
    assert (len(shop.office.received), len(ids)) == (2, 1)


def test_sent_mail_cannot_be_sent_again(shop: MailShop) -> None:
    mail_id = shop.write()
    shop.work()

    with pytest.raises(NotResendable), company_scope(shop.company_id):
        send_again(mail_id=mail_id, at=shop.at)
    shop.work()

    assert len(shop.office.received) == 1


def test_worker_killed_before_the_body_costs_a_wait_only(shop: MailShop) -> None:
    mail_id = shop.write()
    assert claim_mail(company_id=shop.company_id, at=shop.at) is not None

    shop.work()
    assert shop.office.received == []
    shop.at += timedelta(minutes=5)
    shop.work()

    assert shop.state(mail_id) == ("sent", "")


def test_worker_killed_while_the_body_left_makes_it_unknown(shop: MailShop) -> None:
    """Nobody can ask a mail server what it took; sending again might be the second time."""
    mail_id = shop.write()
    held = claim_mail(company_id=shop.company_id, at=shop.at)
    assert held is not None
    mark_unsure(held, at=shop.at)
    shop.at += timedelta(minutes=5)

    shop.work()

    assert shop.state(mail_id) == ("unknown", "no_answer")
    assert shop.office.received == []


def test_who_lost_the_lease_sends_nothing(shop: MailShop) -> None:
    shop.write()
    slow = claim_mail(company_id=shop.company_id, at=shop.at)
    assert slow is not None
    shop.at += timedelta(minutes=5)
    shop.work()

    with pytest.raises(LeaseLost):
        mark_unsure(slow, at=shop.at)

    assert len(shop.office.received) == 1


def test_wrong_password_is_tried_by_one_mail_and_the_others_wait(shop: MailShop) -> None:
    """A server locks an account after some wrong tries: a hundred mails are not a hundred tries."""
    shop.use_account(password="otra")
    first, second = shop.write(), shop.write()

    assert shop.work() == 1

    assert shop.state(first) == ("pending", "wrong_password")
    assert shop.state(second) == ("pending", "wrong_password")
    assert shop.mail(second).attempts == 0


def test_mended_account_sends_what_waited_at_once(shop: MailShop) -> None:
    shop.use_account(password="otra")
    mails = [shop.write(), shop.write()]
    shop.work()

    shop.use_account()
    shop.work()

    assert [shop.state(mail_id)[0] for mail_id in mails] == ["sent", "sent"]


def test_unreachable_server_is_given_up_after_three_days(shop: MailShop) -> None:
    shop.use_account(port=free_port())
    mail_id = shop.write()
    shop.work()
    assert shop.state(mail_id) == ("pending", "unreachable")
    shop.at += timedelta(days=3)

    shop.work()

    assert shop.state(mail_id) == ("failed", "unreachable")


def test_without_an_account_mails_wait_and_say_why(shop: MailShop) -> None:
    with company_scope(shop.company_id):
        drop_outgoing_account(at=shop.at)
    mail_id = shop.write()

    shop.work()

    assert shop.state(mail_id) == ("pending", "no_account")
    assert shop.mail(mail_id).words.startswith("Falta la cuenta de correo de salida.")


def test_company_without_an_account_uses_the_instance_s(shop: MailShop, settings: Any) -> None:
    with company_scope(shop.company_id):
        drop_outgoing_account(at=shop.at)
    settings.MAIL_DEFAULT = MailAccount(
        host="localhost",
        port=shop.office.port,
        security="starttls",
        username=USER,
        password=PASSWORD,
        from_address="avisos@instancia.example",
    )
    shop.write()

    shop.work()

    assert shop.office.letters[0]["From"] == "Almacén Doña Rosa <avisos@instancia.example>"


def test_file_that_its_room_cannot_give_fails_with_its_words(shop: MailShop, settings: Any) -> None:
    settings.MAIL_ATTACHMENT_SOURCES = {"papers": f"{__name__}.give_paper"}
    file = FileReference(name="a.xml", media_type="text/xml", source="papers", key="missing")
    mail_id = shop.write(attachments=(file,))

    shop.work()

    assert shop.state(mail_id) == ("failed", "attachment")
    assert shop.mail(mail_id).words == "El documento ya no está."


def test_password_is_sealed_and_never_goes_to_another_server(shop: MailShop) -> None:
    with company_scope(shop.company_id):
        sealed = bytes(OutgoingAccount.objects.get().sealed_password)
    shop.use_account(password="")
    with company_scope(shop.company_id):
        assert bytes(OutgoingAccount.objects.get().sealed_password) == sealed

    shop.use_account(password="", host="otro.example")

    assert PASSWORD.encode() not in sealed
    with company_scope(shop.company_id):
        assert OutgoingAccount.objects.get().sealed_password is None


def test_many_workers_send_each_mail_once(shop: MailShop) -> None:
    mails = [shop.write(subject=f"Boleta {number}") for number in range(12)]

    def work() -> None:
        try:
            shop.work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    subjects = sorted(str(letter["Subject"]) for letter in shop.office.letters)
    assert subjects == sorted(f"Boleta {number}" for number in range(12))
    assert {shop.state(mail_id)[0] for mail_id in mails} == {"sent"}


def test_broken_step_is_logged_and_left_to_its_lease(
    shop: MailShop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fall(*_arguments: Any, **_keywords: Any) -> None:
        raise LookupError("broken")

    mail_id = shop.write()
    monkeypatch.setattr(send_mail, "send_message", fall)

    assert shop.work() == 0

    assert "notifications.step.failed" in caplog.text
    assert shop.state(mail_id)[0] == "pending"
