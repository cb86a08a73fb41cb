"""Tell a person once for each episode of a trouble, and take it back when the trouble ends."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, transaction

from erpmarket.accounts.queries import list_addresses
from erpmarket.common.errors import InvariantBroken
from erpmarket.notifications.actions.outbox import enqueue_mail
from erpmarket.notifications.levels import GRAVITY, Level, Trouble
from erpmarket.notifications.models import Notice, NoticeRead
from erpmarket.notifications.queries import list_notices
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.queries import get_company

# The mails of one episode have the same identity, whoever writes them and however often.
_MAILS: Final = UUID("6f0a2f5e-6f0b-5d0e-9f55-3f2f6f1c9a11")
_TRIES: Final = 3
_PATH: Final = re.compile(r"/(?!/)[^\s\\]*")


def notify(
    *,
    kind: str,
    key: str = "",
    level: Level,
    title: str,
    words: str,
    link: str = "",
    roles: Collection[Role] = (Role.OWNER,),
    at: datetime,
) -> Notice:
    """Open the notice of a trouble, or find the open one: repeating it tells nobody again.

    A trouble that got graver is unread again; a danger is mailed at once to active people with one
    of the roles. `link` is a path of ours. Inside a scope; it locks the notice's row, so that
    callers with several tell them ordered by (kind, key).
    """
    trouble = Trouble(
        kind=kind,
        key=key,
        level=Level(level),
        title=title,
        words=words,
        link=link,
        roles=tuple(roles),
    )
    return tell(trouble, at=at)


def tell(trouble: Trouble, *, at: datetime, source: str = "") -> Notice:
    """Do what `notify` does, for a trouble found by the watcher `source`."""
    if trouble.link and not _PATH.fullmatch(trouble.link):
        raise InvariantBroken(f"{trouble.link} is no path of ours")
    if not trouble.roles:
        raise InvariantBroken(f"nobody would see the notice {trouble.kind}")
    for _ in range(_TRIES):
        row = _find_open(trouble.kind, trouble.key)
        if row is not None:
            return _repeat(row, trouble, source=source, at=at)
        opened = _open(trouble, source=source, at=at)
        if opened is not None:
            _mail_danger(opened, at=at)
            return opened
    raise InvariantBroken(f"the notice {trouble.kind} {trouble.key} opens and ends all the time")


def resolve(*, kind: str, key: str = "", at: datetime) -> None:
    """End the open notice of a trouble, if there is one; the next episode is told anew."""
    row = _find_open(kind, key)
    if row is not None:
        _end(row, at=at)


def resolve_gone(*, source: str, troubles: Collection[Trouble], at: datetime) -> None:
    """End the open notices of a watcher that it no longer reports."""
    present = {(trouble.kind, trouble.key) for trouble in troubles}
    rows = Notice.objects.select_for_update().filter(source=source, resolved_at__isnull=True)
    for row in rows.order_by("kind", "key"):
        if (row.kind, row.key) not in present:
            _end(row, at=at)


def mark_read(*, membership_id: int, role: str, notice_id: int | None, at: datetime) -> None:
    """Note that a person has seen one notice that is theirs to see, or all of them."""
    rows = [
        row
        for row in list_notices(membership_id=membership_id, role=role)
        if not row.is_read and notice_id in (None, row.id)
    ]
    NoticeRead.objects.bulk_create(
        [
            NoticeRead(notice_id=row.id, membership_id=membership_id, told=row.told, read_at=at)
            for row in rows
        ],
        ignore_conflicts=True,
    )


def _find_open(kind: str, key: str) -> Notice | None:
    row: Notice | None = (
        Notice.objects.select_for_update()
        .filter(kind=kind, key=key, resolved_at__isnull=True)
        .first()
    )
    return row


def _open(trouble: Trouble, *, source: str, at: datetime) -> Notice | None:
    """Insert the notice; None when another worker was first, once that one has committed."""
    row = Notice(
        kind=trouble.kind,
        key=trouble.key,
        source=source,
        level=trouble.level,
        title=trouble.title[:120],
        words=trouble.words[:500],
        link=trouble.link,
        roles=[str(role) for role in trouble.roles],
        opened_at=at,
        told_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "notifications_notice_open" not in str(error):
            raise
        return None
    return row


def _repeat(row: Notice, trouble: Trouble, *, source: str, at: datetime) -> Notice:
    is_graver = GRAVITY[trouble.level] > GRAVITY[row.level]
    row.source = row.source or source
    row.level = trouble.level
    row.title = trouble.title[:120]
    row.words = trouble.words[:500]
    row.link = trouble.link
    row.roles = [str(role) for role in trouble.roles]
    if is_graver:
        row.told += 1
        row.told_at = max(at, row.told_at)
        row.digested_at = None
    row.save()
    if is_graver:
        _mail_danger(row, at=at)
    return row


def _end(row: Notice, *, at: datetime) -> None:
    # The worker that ends it may have a clock behind that of the one that opened it.
    row.resolved_at = max(at, row.opened_at)
    row.save(update_fields=["resolved_at"])


def _mail_danger(row: Notice, *, at: datetime) -> None:
    if row.level != Level.DANGER:
        return
    shop = get_company().shop_name
    where = f"\n\n{settings.BASE_URL.rstrip('/')}{row.link}" if row.link else ""
    for person in list_addresses(row.roles):
        enqueue_mail(
            uid=uuid5(_MAILS, f"{row.company_id}:{row.id}:{row.told}:{person.membership_id}"),
            recipient=person.email,
            subject=f"{shop}: {row.title}",
            text=f"{row.words}{where}\n",
            about=f"notice:{row.id}",
            at=at,
        )
