"""Reads of notices and mails: what a person sees, who has work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from erpmarket.notifications.levels import GRAVITY, Level, Trouble
from erpmarket.notifications.models import (
    IncomingAccount,
    IncomingMail,
    IncomingState,
    Mail,
    MailHours,
    MailState,
    Notice,
    NoticeRead,
    OutgoingAccount,
)
from erpmarket.tenancy.scope import company_scope

OPEN_LIMIT: Final = 200
RESOLVED_LIMIT: Final = 50
MAILS_LIMIT: Final = 20
# A server that is away for a moment is nobody's business.
PATIENCE_FOR_MAILS: Final = timedelta(minutes=30)
FAILED_FOR: Final = timedelta(days=7)
DEFAULT_HOURS: Final = (time(21), time(8), time(8, 30))

_DUE_TO_SEND = """
SELECT DISTINCT company_id FROM notifications_mail
 WHERE state = 'pending' AND available_at <= %(at)s
   AND (lease_until IS NULL OR lease_until < %(at)s)
 ORDER BY company_id
"""
_DUE_TO_FETCH = """
SELECT company_id FROM notifications_incomingaccount
 WHERE available_at <= %(at)s AND (lease_until IS NULL OR lease_until < %(at)s)
UNION
SELECT company_id FROM notifications_incomingmail
 WHERE state = 'new' AND available_at <= %(at)s
 ORDER BY company_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice as one person sees it."""

    id: int
    kind: str
    key: str
    level: str
    title: str
    words: str
    link: str
    told: int
    told_at: datetime
    resolved_at: datetime | None
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCount:
    """What the bell shows: how many unread, and whether one of them is a danger."""

    unread: int
    has_danger: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When mails of notices wait, and when the daily one leaves; local times."""

    quiet_from: time
    quiet_to: time
    digest_at: time


def list_notices(*, membership_id: int, role: str) -> tuple[NoticeRow, ...]:
    """List the open notices of a person: unread first, the gravest first, the newest first."""
    rows = _seen_by(membership_id, role).filter(resolved_at__isnull=True)
    found = [_row(row) for row in rows.order_by("-id")[:OPEN_LIMIT]]
    return tuple(
        sorted(found, key=lambda row: (row.is_read, -GRAVITY[row.level], -row.told_at.timestamp()))
    )


def list_resolved(*, membership_id: int, role: str) -> tuple[NoticeRow, ...]:
    """List the latest notices whose trouble ended, the last to end first."""
    rows = _seen_by(membership_id, role).filter(resolved_at__isnull=False)
    return tuple(_row(row) for row in rows.order_by("-resolved_at", "-id")[:RESOLVED_LIMIT])


def count_unread(*, membership_id: int, role: str) -> NoticeCount:
    """Count the open notices that a person has not seen."""
    rows = _seen_by(membership_id, role).filter(resolved_at__isnull=True)[:OPEN_LIMIT]
    found = [row.level for row in rows if not row.is_read]  # type: ignore[attr-defined]  # annotated by _seen_by
    return NoticeCount(unread=len(found), has_danger="danger" in found)


def find_outgoing_account() -> OutgoingAccount | None:
    """Find the company's own outgoing account."""
    row: OutgoingAccount | None = OutgoingAccount.objects.first()
    return row


def has_default_account() -> bool:
    """Tell whether the instance has an account for companies without one."""
    return bool(settings.MAIL_DEFAULT.host)


def find_incoming_account() -> IncomingAccount | None:
    """Find the company's mailbox."""
    row: IncomingAccount | None = IncomingAccount.objects.first()
    return row


def get_hours() -> Hours:
    """Return the company's quiet hours, or the usual ones."""
    row = MailHours.objects.first()
    quiet_from, quiet_to, digest_at = (
        (row.quiet_from, row.quiet_to, row.digest_at) if row else DEFAULT_HOURS
    )
    return Hours(quiet_from=quiet_from, quiet_to=quiet_to, digest_at=digest_at)


def find_mail(uid: UUID) -> Mail | None:
    """Find a mail of the outbox by its uid."""
    row: Mail | None = Mail.objects.filter(uid=uid).first()
    return row


def get_mail(mail_id: int) -> Mail:
    """Return one mail of the outbox; raises Mail.DoesNotExist."""
    row: Mail = Mail.objects.get(id=mail_id)
    return row


def list_mails(*, about: str) -> tuple[Mail, ...]:
    """List the mails about one thing, the oldest first."""
    return tuple(Mail.objects.filter(about=about).order_by("id"))


def list_latest_mails() -> tuple[Mail, ...]:
    """List the latest mails of the outbox, the newest first."""
    return tuple(Mail.objects.defer("text", "html").order_by("-id")[:MAILS_LIMIT])


def list_due_to_send(at: datetime) -> Sequence[int]:
    """List the companies with mails to send now; needs the `sys` role, outside any scope."""
    return _company_ids(_DUE_TO_SEND, at)


def list_due_to_fetch(at: datetime) -> Sequence[int]:
    """List the companies whose mailbox is to be read now; needs the `sys` role."""
    return _company_ids(_DUE_TO_FETCH, at)


def find_unread_incoming(*, company_id: int, at: datetime) -> int | None:
    """Find the id of the mail that has waited longest for its readers; call it outside a scope."""
    with company_scope(company_id):
        rows = IncomingMail.objects.filter(state=IncomingState.NEW, available_at__lte=at)
        found: int | None = rows.order_by("available_at", "id").values_list("id", flat=True).first()
        return found


def _company_ids(sql: str, at: datetime) -> Sequence[int]:
    with connections["sys"].cursor() as cursor:
        cursor.execute(sql, {"at": at})
        return [row[0] for row in cursor.fetchall()]


def _seen_by(membership_id: int, role: str) -> QuerySet[Notice]:
    read = NoticeRead.objects.filter(
        notice=OuterRef("id"), told=OuterRef("told"), membership_id=membership_id
    )
    rows: QuerySet[Notice] = Notice.objects.filter(roles__contains=[role])
    return rows.annotate(is_read=Exists(read))


def _row(row: Notice) -> NoticeRow:
    return NoticeRow(
        id=row.id,
        kind=row.kind,
        key=row.key,
        level=row.level,
        title=row.title,
        words=row.words,
        link=row.link,
        told=row.told,
        told_at=row.told_at,
        resolved_at=row.resolved_at,
        is_read=row.is_read,  # type: ignore[attr-defined]  # annotated by _seen_by
    )


def mail_troubles(at: datetime) -> tuple[Trouble, ...]:
    """Tell what keeps the company's mails from leaving or arriving; a source of `watch`."""
    return (*_sending_troubles(at), *_fetching_troubles(at))


def _sending_troubles(at: datetime) -> tuple[Trouble, ...]:
    held = (
        Mail.objects.filter(state=MailState.PENDING, created_at__lt=at - PATIENCE_FOR_MAILS)
        .exclude(words="")
        .order_by("id")
        .first()
    )
    found = []
    if held is not None:
        found.append(
            Trouble(
                kind="mail.held",
                level=Level.WARNING,
                title="Los correos no están saliendo",
                words=held.words,
                link=reverse("notifications:mail"),
            )
        )
    count = Mail.objects.filter(
        state__in=[MailState.FAILED, MailState.UNKNOWN], final_at__gt=at - FAILED_FOR
    ).count()
    if count:
        found.append(
            Trouble(
                kind="mail.failed",
                level=Level.WARNING,
                title="Hay correos que no llegaron",
                words="Un correo no se pudo enviar o no se confirmó: mira el motivo y decide si"
                " se repite."
                if count == 1
                else f"{count} correos no se pudieron enviar o no se confirmaron: mira el motivo y"
                " decide si se repiten.",
                link=reverse("notifications:mail"),
            )
        )
    return tuple(found)


def _fetching_troubles(at: datetime) -> tuple[Trouble, ...]:
    account = find_incoming_account()
    found = []
    since = None if account is None else account.trouble_since
    if account is not None and since is not None and at - since >= PATIENCE_FOR_MAILS:
        found.append(
            Trouble(
                kind="mail.incoming",
                level=Level.WARNING,
                title="No podemos leer tu casilla",
                words=account.words,
                link=reverse("notifications:mail"),
            )
        )
    lost = IncomingMail.objects.filter(
        state__in=[IncomingState.TOO_LARGE, IncomingState.FAILED], stored_at__gt=at - FAILED_FOR
    ).order_by("-id")
    if (row := lost.first()) is not None:
        found.append(
            Trouble(
                kind="mail.unread",
                level=Level.WARNING,
                title="Llegó un correo que no se pudo leer",
                words=row.words,
                link=reverse("notifications:mail"),
            )
        )
    return tuple(found)
