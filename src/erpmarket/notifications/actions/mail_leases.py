"""Hold a mail while talking to its server: claimed and committed before any network.

A lease ends by itself, so a killed worker blocks nobody. Its token fences: who lost the lease finds
another token, or none, and writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q

from erpmarket.notifications.models import Mail, MailAttachment, MailState
from erpmarket.notifications.queries import find_outgoing_account
from erpmarket.notifications.servers import Reason
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker took this step over: what we found out is not ours to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The account a mail leaves from, still sealed; the instance's own one has an open password."""

    host: str
    port: int
    security: str
    username: str
    from_address: str
    from_name: str
    sealed_password: bytes | None = field(repr=False, default=None)
    password: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """An attachment as its row says it: bytes, or where to get them."""

    name: str
    media_type: str
    content: bytes | None = field(repr=False)
    source: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMail:
    """A mail under our lease; `sender` is None when there is no account at all."""

    company_id: int
    mail_id: int
    uid: UUID
    token: UUID
    attempts: int
    created_at: datetime
    recipient: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    files: tuple[HeldFile, ...]
    sender: Sender | None


def lease_end(at: datetime) -> datetime:
    """Tell when a lease taken now ends."""
    return at + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def is_free(at: datetime) -> Q:
    """Filter rows that nobody holds."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=at)


def claim_mail(*, company_id: int, at: datetime) -> HeldMail | None:
    """Take one due mail of which nothing has left; None when there is none.

    On the way it closes mails that a dead worker was sending: nobody knows whether they arrived.
    """
    with company_scope(company_id):
        while (row := _next_due(at)) is not None:
            if not row.unsure:
                return _hold(row, at=at)
            row.state = MailState.UNKNOWN
            row.words = (
                "El envío se interrumpió y no se sabe si llegó. No se repite solo, para no"
                " enviarlo dos veces."
            )
            row.reason = Reason.NO_ANSWER
            row.final_at = at
            let_go(row, available_at=at)
    return None


def mark_unsure(held: HeldMail, *, at: datetime) -> None:
    """Write down, in a transaction of its own, that the body leaves now; raises LeaseLost."""
    with company_scope(held.company_id):
        row = lock_held(held)
        row.unsure = True
        row.lease_until = lease_end(at)
        row.save(update_fields=["unsure", "lease_until"])


def lock_held(held: HeldMail) -> Mail:
    """Lock the mail's row for writing; raises LeaseLost when it is no longer ours."""
    row: Mail | None = (
        Mail.objects.select_for_update().filter(id=held.mail_id, lease_token=held.token).first()
    )
    if row is None:
        raise LeaseLost
    return row


def let_go(row: Mail, *, available_at: datetime) -> None:
    """Write the row back without a lease, due again at the given instant."""
    row.available_at = available_at
    row.lease_until = None
    row.lease_token = None
    row.unsure = False
    row.save(
        update_fields=[
            "state",
            "unsure",
            "words",
            "reason",
            "available_at",
            "lease_until",
            "lease_token",
            "final_at",
        ]
    )


def _next_due(at: datetime) -> Mail | None:
    row: Mail | None = (
        Mail.objects.select_for_update(skip_locked=True)
        .filter(is_free(at), state=MailState.PENDING, available_at__lte=at)
        .order_by("available_at", "id")
        .first()
    )
    return row


def _hold(row: Mail, *, at: datetime) -> HeldMail:
    row.attempts += 1
    row.lease_token = uuid4()
    row.lease_until = lease_end(at)
    row.save(update_fields=["attempts", "lease_token", "lease_until"])
    files = MailAttachment.objects.filter(mail_id=row.id).order_by("position")
    return HeldMail(
        company_id=row.company_id,
        mail_id=row.id,
        uid=row.uid,
        token=row.lease_token,
        attempts=row.attempts,
        created_at=row.created_at,
        recipient=row.recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        files=tuple(
            HeldFile(
                name=file.name,
                media_type=file.media_type,
                content=None if file.content is None else bytes(file.content),
                source=file.source,
                key=file.key,
            )
            for file in files
        ),
        sender=find_sender(),
    )


def find_sender() -> Sender | None:
    """Find the account that the company's mails leave from: its own, or the instance's."""
    row = find_outgoing_account()
    if row is not None:
        return Sender(
            host=row.host,
            port=row.port,
            security=row.security,
            username=row.username,
            from_address=row.from_address,
            from_name=row.from_name or get_company().shop_name,
            sealed_password=None if row.sealed_password is None else bytes(row.sealed_password),
        )
    default = settings.MAIL_DEFAULT
    if not default.host:
        return None
    return Sender(
        host=default.host,
        port=default.port,
        security=default.security,
        username=default.username,
        password=default.password,
        from_address=default.from_address,
        from_name=get_company().shop_name,
    )
