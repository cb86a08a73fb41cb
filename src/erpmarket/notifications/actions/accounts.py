"""Keep the mail accounts of a company; passwords are sealed at once."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final
from uuid import UUID

from erpmarket.notifications.actions.outbox import check_address, enqueue_mail, release_pending
from erpmarket.notifications.models import IncomingAccount, Mail, MailHours, OutgoingAccount
from erpmarket.notifications.queries import find_incoming_account, find_outgoing_account
from erpmarket.notifications.sealing import seal_password
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import current_company

OUTGOING_SEAL: Final = "notifications.outgoing:{company_id}"
INCOMING_SEAL: Final = "notifications.incoming:{company_id}"
TEST_MAIL: Final = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A mail server and how to enter it; an empty password keeps the stored one."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)


def keep_outgoing_account(
    *, login: Login, from_address: str, from_name: str, at: datetime
) -> OutgoingAccount:
    """Set the account that the company's mails leave from, and let the waiting ones try it.

    A stored password is kept only for the same server and user: it never goes to another one.
    Raises BadAddress.
    """
    check_address(from_address)
    row = find_outgoing_account() or OutgoingAccount()
    _write_login(row, login, OUTGOING_SEAL, at=at)
    row.from_address = from_address
    row.from_name = from_name
    row.save()
    release_pending(at=at)
    return row


def drop_outgoing_account(*, at: datetime) -> None:
    """Forget the company's own account: its mails leave from the instance's again."""
    OutgoingAccount.objects.all().delete()
    release_pending(at=at)


def keep_incoming_account(*, login: Login, folder: str, at: datetime) -> IncomingAccount:
    """Set the mailbox that is read for the company; another one is read from its beginning."""
    row = find_incoming_account() or IncomingAccount()
    _write_login(row, login, INCOMING_SEAL, at=at)
    row.folder = folder
    mailbox = hashlib.sha256(f"{login.host}\n{login.username}\n{folder}".encode()).hexdigest()
    if mailbox != row.mailbox:
        row.mailbox = mailbox
        row.uid_validity = 0
        row.last_uid = 0
    row.words = ""
    row.trouble_since = None
    row.attempts = 0
    row.available_at = at
    # Who is reading the old one writes nothing any more.
    row.lease_until = None
    row.lease_token = None
    row.save()
    return row


def drop_incoming_account() -> None:
    """Read no mailbox any more; what came in stays."""
    IncomingAccount.objects.all().delete()


def keep_hours(*, quiet_from: time, quiet_to: time, digest_at: time) -> None:
    """Set when people want no mail and when the daily one; local times."""
    row = MailHours.objects.first() or MailHours()
    row.quiet_from = quiet_from
    row.quiet_to = quiet_to
    row.digest_at = digest_at
    row.save()


def send_test_mail(*, uid: UUID, recipient: str, at: datetime) -> Mail:
    """Put a mail into the outbox that proves the account. Raises BadAddress."""
    shop = get_company().shop_name
    return enqueue_mail(
        uid=uid,
        recipient=recipient,
        subject=f"Correo de prueba de {shop}",
        text="Si lees esto, el correo de salida funciona. No tienes que hacer nada.\n",
        about=TEST_MAIL,
        at=at,
    )


def _write_login(
    row: OutgoingAccount | IncomingAccount, login: Login, context: str, *, at: datetime
) -> None:
    is_same = (row.host, row.username) == (login.host, login.username)
    if login.password:
        row.sealed_password = seal_password(
            login.password, context=context.format(company_id=current_company())
        )
    elif not is_same:
        row.sealed_password = None
    row.host = login.host
    row.port = login.port
    row.security = login.security
    row.username = login.username
    row.updated_at = at
