"""A supplier and its customer on one instance, with a mail server and one SII between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dte.codes import PaymentForm
from dte.document import Receiver
from dte.rut import Rut
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.send_exchange import send_exchange
from erpmarket.fiscal.exchange_mail import read_exchange_mail
from erpmarket.fiscal.exchange_models import ExchangeEvent, ExchangeJob, ReceivedDocument
from erpmarket.fiscal.exchange_tasks import exchange
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.notifications.actions.accounts import Login, keep_outgoing_account
from erpmarket.notifications.incoming import read_message
from erpmarket.notifications.models import Mail
from erpmarket.notifications.tasks import send_mails
from erpmarket.notifications.tests.mail_server import PASSWORD, USER, PostOffice
from erpmarket.tenancy.scope import company_scope

CUSTOMER_SIGNER = "9876543-3"
INBOX = "intercambio@donarosa.example"


@dataclass(kw_only=True)
class Pair:
    """`supplier` issues facturas to `customer`; both mail through `post`."""

    supplier: OutboxShop
    customer: OutboxShop
    post: PostOffice

    @property
    def clock(self) -> Any:
        return self.customer.clock

    def customer_as_receiver(self) -> Receiver:
        return Receiver(
            rut=Rut.parse(self.customer.rut),
            name="Almacén Doña Rosa",
            giro="Almacén",
            address="Los Aromos 12",
            commune="Ñuñoa",
            city="Santiago",
        )

    def issue(self, **facts: Any) -> int:
        """Issue one factura to the customer and let the SII accept it."""
        receiver = self.customer_as_receiver()
        facts = {"receiver": receiver, "payment": PaymentForm.CREDIT} | facts
        found = self.supplier.issue_facturas(1, **facts)
        self.supplier.work_until_final()
        return found[0]

    def mail_document(self, document_id: int) -> bytes:
        """Send a factura as its supplier does; return the mail that arrived."""
        with company_scope(self.supplier.company_id):
            row = IssuedDocument.objects.get(id=document_id)
            send_exchange(row, to=INBOX, uid=uuid7(), at=self.clock())
        self.work()
        return self.post.received[-1][2]

    def deliver(self, raw: bytes, *, to: OutboxShop | None = None) -> None:
        """Let a mail come in, as the reader of the mailbox gets it."""
        with company_scope((to or self.customer).company_id):
            message = read_message(mail_id=1, raw=raw, received_at=self.clock())
            read_exchange_mail(message, self.clock())

    def work(self) -> int:
        """Do the due work of the exchange, and send the mails it made."""
        done = exchange(now=self.clock)
        send_mails(now=self.clock)
        return done

    def received(self) -> list[ReceivedDocument]:
        with company_scope(self.customer.company_id):
            return list(ReceivedDocument.objects.select_related("file").order_by("id"))

    def jobs(self) -> list[ExchangeJob]:
        with company_scope(self.customer.company_id):
            return list(ExchangeJob.objects.order_by("id"))

    def events(self) -> list[ExchangeEvent]:
        with company_scope(self.customer.company_id):
            return list(ExchangeEvent.objects.order_by("id"))

    def mails(self) -> list[Mail]:
        with company_scope(self.customer.company_id):
            return list(Mail.objects.order_by("id"))

    def attachment(self, name: str) -> bytes:
        """Take the newest attachment whose name begins so out of what the server got."""
        for letter in reversed(self.post.letters):
            for part in letter.iter_attachments():
                if (part.get_filename() or "").startswith(name):
                    content = part.get_payload(decode=True)
                    assert isinstance(content, bytes)
                    return content
        raise AssertionError(f"no attachment {name}")


@contextmanager
def open_pair(shops: tuple[OutboxShop, OutboxShop], pfx: bytes, post: PostOffice) -> Iterator[Pair]:
    """Give both a certificate of their own and a mail account."""
    customer, supplier = shops
    supplier.store_certificate(pfx)
    customer.load_certificate(rut=CUSTOMER_SIGNER)
    supplier.open_trade(33)
    for shop in shops:
        login = Login(
            host="localhost", port=post.port, security="starttls", username=USER, password=PASSWORD
        )
        with company_scope(shop.company_id):
            keep_outgoing_account(login=login, from_address=USER, from_name="", at=shop.clock())
    yield Pair(supplier=supplier, customer=customer, post=post)
