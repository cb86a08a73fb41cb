"""Bring the mails of a company's mailbox in, each once, and give them to their readers."""

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.module_loading import import_string

from erpmarket.common.pace import Pace
from erpmarket.notifications.actions.accounts import INCOMING_SEAL
from erpmarket.notifications.actions.mail_leases import Clock, LeaseLost, is_free, lease_end
from erpmarket.notifications.imap import Mailbox, open_mailbox
from erpmarket.notifications.incoming import IncomingMessage, read_message
from erpmarket.notifications.models import IncomingAccount, IncomingMail, IncomingState
from erpmarket.notifications.sealing import open_password
from erpmarket.notifications.servers import MailTrouble, Server
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

SIZE_LIMIT_BYTES: Final = 10 * 1024 * 1024
AT_ONCE: Final = 50
EVERY: Final = timedelta(minutes=2)
RETRY: Final = Pace(base=timedelta(minutes=1), cap=timedelta(hours=1))
READ_AGAIN: Final = Pace(base=timedelta(minutes=1), cap=timedelta(hours=1))
READ_TRIES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeldBox:
    """A mailbox under our lease."""

    company_id: int
    account_id: int
    token: UUID
    attempts: int
    mailbox: str
    folder: str
    uid_validity: int
    last_uid: int
    host: str
    port: int
    security: str
    username: str
    sealed_password: bytes | None = field(repr=False)


def fetch_new_mail(*, company_id: int, clock: Clock) -> bool:
    """Store the mails that are new in the company's mailbox; tell whether it was due.

    A mail is stored byte for byte, and committed, before it is marked as seen; it comes in once,
    also when a worker dies in between or the server numbers its mails anew. Call it outside a
    scope. Raises LeaseLost when another worker took the mailbox over meanwhile.
    """
    held = _claim(company_id=company_id, at=clock())
    if held is None:
        return False
    try:
        with open_mailbox(_open(held), held.folder) as box:
            has_more = _fetch(held, box, clock)
    except MailTrouble as trouble:
        logger.info(
            "notifications.mailbox.failed",
            extra={"company": company_id, "reason": str(trouble.reason)},
        )
        _record(held, at=clock(), trouble=trouble)
    else:
        _record(held, at=clock(), has_more=has_more)
    return True


def read_mail(*, company_id: int, mail_id: int, at: datetime) -> bool:
    """Give one stored mail to every reader; tell whether it was still there to be read.

    What the readers write and that the mail is read commit together, so that a reader gets each
    mail once. Call it outside a scope. Raises what a reader raises; then nothing is written.
    """
    with company_scope(company_id):
        row: IncomingMail | None = (
            IncomingMail.objects.select_for_update(skip_locked=True)
            .filter(id=mail_id, state=IncomingState.NEW, available_at__lte=at)
            .first()
        )
        if row is None:
            return False
        message = read_message(mail_id=row.id, raw=bytes(row.raw or b""), received_at=row.stored_at)
        _give(message, at=at)
        row.state = IncomingState.READ
        row.read_at = at
        row.save(update_fields=["state", "read_at"])
    return True


def _give(message: IncomingMessage, *, at: datetime) -> None:
    for name in settings.MAIL_READERS:
        import_string(name)(message, at)


def set_mail_aside(
    *, company_id: int, mail_id: int, words: str, is_final: bool, at: datetime
) -> None:
    """Keep a mail that its readers could not read for later, or for a person after some tries."""
    with company_scope(company_id):
        row: IncomingMail = IncomingMail.objects.select_for_update().get(id=mail_id)
        row.attempts += 1
        row.words = words[:500]
        row.available_at = at + READ_AGAIN.wait(row.attempts)
        if is_final or row.attempts >= READ_TRIES:
            row.state = IncomingState.FAILED
        row.save(update_fields=["attempts", "words", "available_at", "state"])


def _claim(*, company_id: int, at: datetime) -> _HeldBox | None:
    with company_scope(company_id):
        row: IncomingAccount | None = (
            IncomingAccount.objects.select_for_update(skip_locked=True)
            .filter(is_free(at), available_at__lte=at)
            .first()
        )
        if row is None:
            return None
        row.attempts += 1
        row.lease_token = uuid4()
        row.lease_until = lease_end(at)
        row.save(update_fields=["attempts", "lease_token", "lease_until"])
        sealed = row.sealed_password
        return _HeldBox(
            company_id=company_id,
            account_id=row.id,
            token=row.lease_token,
            attempts=row.attempts,
            mailbox=row.mailbox,
            folder=row.folder,
            uid_validity=row.uid_validity,
            last_uid=row.last_uid,
            host=row.host,
            port=row.port,
            security=row.security,
            username=row.username,
            sealed_password=None if sealed is None else bytes(sealed),
        )


def _open(held: _HeldBox) -> Server:
    password = ""
    if held.sealed_password is not None:
        context = INCOMING_SEAL.format(company_id=held.company_id)
        password = open_password(held.sealed_password, context=context)
    return Server(
        host=held.host,
        port=held.port,
        security=held.security,
        username=held.username,
        password=password,
    )


def _fetch(held: _HeldBox, box: Mailbox, clock: Clock) -> bool:
    """Bring in what is new, up to a limit; tell whether there is more."""
    after = held.last_uid if box.uid_validity == held.uid_validity else 0
    uids = box.list_uids(after=after)
    for uid in uids[:AT_ONCE]:
        size = box.size_bytes(uid)
        raw = None
        if size is not None and size <= SIZE_LIMIT_BYTES:
            raw = box.fetch(uid)
        is_gone = size is None or (raw is None and size <= SIZE_LIMIT_BYTES)
        _store(held, box, uid, raw, size_bytes=None if is_gone else size, at=clock())
        if raw is not None:
            box.mark_seen(uid)
    return len(uids) > AT_ONCE


def _store(
    held: _HeldBox,
    box: Mailbox,
    uid: int,
    raw: bytes | None,
    *,
    size_bytes: int | None,
    at: datetime,
) -> None:
    """Keep one mail and how far we are, in a transaction of its own; raises LeaseLost."""
    with company_scope(held.company_id):
        account = _lock(held)
        if size_bytes is not None:
            IncomingMail.objects.bulk_create(
                [_row(held, box, uid, raw, size_bytes=size_bytes, at=at)], ignore_conflicts=True
            )
        account.uid_validity = box.uid_validity
        account.last_uid = uid
        account.lease_until = lease_end(at)
        account.save(update_fields=["uid_validity", "last_uid", "lease_until"])


def _row(
    held: _HeldBox, box: Mailbox, uid: int, raw: bytes | None, *, size_bytes: int, at: datetime
) -> IncomingMail:
    identity = raw or f"{held.mailbox} {box.uid_validity} {uid}".encode()
    row = IncomingMail(
        mailbox=held.mailbox,
        uid_validity=box.uid_validity,
        uid=uid,
        digest=hashlib.sha256(identity).hexdigest(),
        size_bytes=size_bytes,
        raw=raw,
        available_at=at,
        stored_at=at,
    )
    if raw is None:
        row.state = IncomingState.TOO_LARGE
        row.words = (
            f"Llegó un correo de {size_bytes // 1_000_000} MB, más grande de lo que leemos. Ábrelo"
            " en tu casilla y carga el archivo a mano."
        )
    return row


def _record(
    held: _HeldBox, *, at: datetime, trouble: MailTrouble | None = None, has_more: bool = False
) -> None:
    with company_scope(held.company_id):
        row = _lock(held)
        row.lease_until = None
        row.lease_token = None
        if trouble is None:
            row.words = ""
            row.trouble_since = None
            row.checked_at = at
            row.attempts = 0
            row.available_at = at if has_more else at + EVERY
        else:
            row.words = trouble.words[:500]
            row.trouble_since = row.trouble_since or at
            row.available_at = at + RETRY.wait(held.attempts)
        row.save()


def _lock(held: _HeldBox) -> IncomingAccount:
    row: IncomingAccount | None = (
        IncomingAccount.objects.select_for_update()
        .filter(id=held.account_id, lease_token=held.token)
        .first()
    )
    if row is None:
        raise LeaseLost
    return row
