"""Mails that come in: each once, whole, and kept before anybody reads them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connections

from erpmarket.common.errors import DomainError
from erpmarket.notifications.actions.accounts import Login, keep_incoming_account
from erpmarket.notifications.incoming import IncomingMessage
from erpmarket.notifications.models import IncomingAccount, IncomingMail
from erpmarket.notifications.queries import mail_troubles
from erpmarket.notifications.tasks import fetch_mails
from erpmarket.notifications.tests.imap_server import Mailbox, MailHouse
from erpmarket.notifications.tests.mail_server import PASSWORD, USER, Authority, free_port
from erpmarket.tenancy.scope import company_scope

START = datetime(2026, 11, 22, 15, tzinfo=UTC)
given: list[IncomingMessage] = []
"""What the reader below got."""


class NotForUs(DomainError):
    code = "not_for_us"

    @property
    def message(self) -> str:
        return "El documento es para otro RUT."


def reader(message: IncomingMessage, at: datetime) -> None:
    given.append(message)


def refusing_reader(message: IncomingMessage, at: datetime) -> None:
    raise NotForUs


def broken_reader(message: IncomingMessage, at: datetime) -> None:
    raise LookupError("the reader fell")


def letter(subject: str = "DTE 33-7", content: bytes = b"<EnvioDTE/>") -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Proveedor <dte@proveedor.example>"
    message["To"] = USER
    message.set_content("Adjunto factura.\n")
    message.add_attachment(content, maintype="text", subtype="xml", filename="ENVIO_7.xml")
    return message.as_bytes()


@dataclass
class ReadingShop:
    """Doña Rosa's mailbox with a clock that a test sets."""

    company_id: int
    box: Mailbox
    port: int
    at: datetime = START

    def use_account(self, **changes: Any) -> None:
        facts: dict[str, Any] = {
            "host": "localhost",
            "port": self.port,
            "security": "starttls",
            "username": USER,
            "password": PASSWORD,
        }
        folder = changes.pop("folder", "INBOX")
        with company_scope(self.company_id):
            keep_incoming_account(login=Login(**(facts | changes)), folder=folder, at=self.at)

    def work(self, minutes: int = 0) -> int:
        self.at += timedelta(minutes=minutes)
        return fetch_mails(now=lambda: self.at)

    def account(self) -> IncomingAccount:
        with company_scope(self.company_id):
            row: IncomingAccount = IncomingAccount.objects.get()
            return row

    def mails(self) -> list[tuple[int, str]]:
        with company_scope(self.company_id):
            return list(IncomingMail.objects.order_by("id").values_list("uid", "state"))


@pytest.fixture
def shop(
    fresh_database: str,
    found_cast: Callable[[], tuple[Any, Any]],
    trusted: Any,
    authority: Authority,
    settings: Any,
) -> Iterator[ReadingShop]:
    settings.MAIL_READERS = [f"{__name__}.reader"]
    cast, _ = found_cast()
    with MailHouse(authority.context()) as house:
        shop = ReadingShop(company_id=cast.company_id, box=house.box, port=house.port)
        shop.use_account()
        yield shop
    given.clear()
    connections.close_all()


def test_mail_comes_in_whole_and_once(shop: ReadingShop) -> None:
    raw = letter(subject="Factura Ñandú", content="<EnvioDTE>ñ</EnvioDTE>".encode("latin-1"))
    uid = shop.box.put(raw)

    shop.work()
    shop.work(minutes=5)

    (message,) = given
    assert message.raw == raw
    assert (message.subject, message.sender) == ("Factura Ñandú", "dte@proveedor.example")
    assert [(file.name, file.media_type, file.content) for file in message.files] == [
        ("ENVIO_7.xml", "text/xml", "<EnvioDTE>ñ</EnvioDTE>".encode("latin-1"))
    ]
    assert shop.mails() == [(uid, "read")]
    assert shop.box.letters[uid].seen
    assert shop.box.fetched == [uid]


def test_later_mail_is_found_by_the_next_look(shop: ReadingShop) -> None:
    shop.box.put(letter("uno"))
    shop.work()
    shop.box.put(letter("dos"))
    assert shop.work(minutes=1) == 0

    shop.work(minutes=1)

    assert [message.subject for message in given] == ["uno", "dos"]


def test_connection_lost_between_two_mails_brings_no_mail_twice(shop: ReadingShop) -> None:
    for number in range(3):
        shop.box.put(letter(f"factura {number}"))
    shop.box.drop_at_fetch = 2

    shop.work()
    assert [message.subject for message in given] == ["factura 0"]
    assert not shop.box.letters[2].seen
    shop.box.drop_at_fetch = 0
    shop.work(minutes=5)

    assert [message.subject for message in given] == ["factura 0", "factura 1", "factura 2"]
    assert shop.box.fetched == [1, 2, 2, 3]


def test_server_that_numbers_its_mails_anew_brings_only_new_ones(shop: ReadingShop) -> None:
    shop.box.put(letter("uno"))
    shop.box.put(letter("dos"))
    shop.work()
    shop.box.renumber()
    shop.box.put(letter("tres"))

    shop.work(minutes=5)

    assert [message.subject for message in given] == ["uno", "dos", "tres"]
    assert shop.account().uid_validity == 8


def test_huge_mail_is_not_fetched_and_a_person_is_told(shop: ReadingShop) -> None:
    uid = shop.box.put(letter(), claimed_size=25_000_000)
    shop.box.put(letter("normal"))

    shop.work()

    assert shop.mails()[0] == (uid, "too_large")
    assert [message.subject for message in given] == ["normal"]
    assert shop.box.fetched == [2]
    assert not shop.box.letters[uid].seen
    with company_scope(shop.company_id):
        (trouble,) = mail_troubles(shop.at)
    assert trouble.words.startswith("Llegó un correo de 25 MB")


def test_more_mails_than_one_round_takes_come_in_the_next(shop: ReadingShop) -> None:
    for number in range(60):
        shop.box.put(letter(f"factura {number}"))

    shop.work()

    assert [message.subject for message in given] == [f"factura {number}" for number in range(60)]


def test_mail_that_its_reader_refuses_is_kept_with_the_words(
    shop: ReadingShop, settings: Any
) -> None:
    settings.MAIL_READERS = [f"{__name__}.refusing_reader"]
    uid = shop.box.put(letter())

    shop.work()
    shop.work(minutes=300)

    assert shop.mails() == [(uid, "failed")]
    with company_scope(shop.company_id):
        (trouble,) = mail_troubles(shop.at)
        assert bytes(IncomingMail.objects.get().raw) == letter_of(shop, uid)
    assert trouble.words == "El documento es para otro RUT."


def test_mail_whose_reader_breaks_is_given_again_and_then_to_a_person(
    shop: ReadingShop, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MAIL_READERS = [f"{__name__}.reader", f"{__name__}.broken_reader"]
    uid = shop.box.put(letter())

    for _ in range(8):
        shop.work(minutes=90)

    assert shop.mails() == [(uid, "failed")]
    assert len(given) == 6
    assert "the reader fell" in caplog.text


def test_mails_wait_while_nobody_reads(shop: ReadingShop, settings: Any) -> None:
    settings.MAIL_READERS = []
    shop.box.put(letter())

    shop.work()
    assert [state for _, state in shop.mails()] == ["new"]
    settings.MAIL_READERS = [f"{__name__}.reader"]
    shop.work()

    assert len(given) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "otra"}, "no aceptó el usuario o la clave"),
        ({"folder": "Facturas"}, "no tiene esa carpeta"),
        ({"host": "no-existe.invalid"}, "No existe el servidor"),
        ({"security": "tls"}, "no ofrece ese cifrado"),
        ({"port": 0}, "no contesta en el puerto"),
    ],
)
def test_mailbox_that_cannot_be_read_says_why(
    shop: ReadingShop, changes: dict[str, Any], words: str
) -> None:
    if "port" in changes:
        changes = {"port": free_port()}
    shop.use_account(**changes)

    shop.work()

    assert words in shop.account().words
    assert shop.account().trouble_since == START
    assert START < shop.account().available_at <= START + timedelta(minutes=1)


def test_untrusted_certificate_gets_no_password(shop: ReadingShop, settings: Any) -> None:
    settings.MAIL_CA_FILE = ""

    shop.work()

    assert "no es de confianza" in shop.account().words


def test_trouble_is_told_after_half_an_hour_and_ends(shop: ReadingShop) -> None:
    shop.use_account(password="otra")
    shop.work()
    with company_scope(shop.company_id):
        assert mail_troubles(shop.at) == ()
        assert len(mail_troubles(shop.at + timedelta(minutes=30))) == 1

    shop.use_account()
    shop.work()

    assert shop.account().words == ""
    with company_scope(shop.company_id):
        assert mail_troubles(shop.at + timedelta(hours=1)) == ()


def test_another_mailbox_is_read_from_its_beginning(
    shop: ReadingShop, authority: Authority
) -> None:
    shop.box.put(letter("de la primera"))
    shop.work()
    with MailHouse(authority.context()) as other:
        other.box.put(letter("de la segunda"))
        shop.use_account(port=other.port, host="127.0.0.1")
        shop.work()

    assert [message.subject for message in given] == ["de la primera", "de la segunda"]


def test_hostile_bytes_come_in_like_any_other(shop: ReadingShop) -> None:
    raw = (
        b"Subject: =?utf-8?B?w\r\nFrom: =?x-nada?Q?a?= <\xff\xfe\r\n"
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n\x00\xff\xfe"
    )
    uid = shop.box.put(raw)

    shop.work()

    assert shop.mails() == [(uid, "read")]
    assert given[0].raw == raw


def letter_of(shop: ReadingShop, uid: int) -> bytes:
    return shop.box.letters[uid].raw
