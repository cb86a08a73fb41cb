"""Ask the rooms for their troubles, open and end notices, and write the daily mail."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from erpmarket.accounts.queries import Address, list_addresses
from erpmarket.common.clock import SANTIAGO, local_date
from erpmarket.notifications.actions.notices import resolve_gone, tell
from erpmarket.notifications.actions.outbox import enqueue_mail
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.notifications.models import Notice
from erpmarket.notifications.queries import Hours, get_hours
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope, current_company

_DIGESTS: Final = UUID("0d3a4c5b-16b1-5b50-8d27-7f8f0e2f6a55")


def watch_company(*, company_id: int, source: str, at: datetime) -> None:
    """Bring the company's notices to what one source says now; raises what the source raises.

    Call it outside a scope. One worker at a time: a second one would reopen from an older look
    what the first has just ended, so it leaves the work to the first.
    """
    with company_scope(company_id):
        if not _is_first(f"notifications.watch:{company_id}:{source}"):
            return
        troubles: Sequence[Trouble] = import_string(source)(at)
        for trouble in sorted(troubles, key=lambda trouble: (trouble.kind, trouble.key)):
            tell(trouble, at=at, source=source)
        resolve_gone(source=source, troubles=troubles, at=at)


def write_digest(*, company_id: int, at: datetime) -> None:
    """Mail the day's new warnings to the owners, with those that still last; once a day.

    Nothing new, no mail. Call it outside a scope.
    """
    with company_scope(company_id):
        hours = get_hours()
        if at.astimezone(SANTIAGO).time() < hours.digest_at:
            return
        if not _is_first(f"notifications.digest:{company_id}"):
            return
        open_rows = list(
            Notice.objects.select_for_update()
            .filter(resolved_at__isnull=True, level=Level.WARNING)
            .order_by("kind", "key")
        )
        fresh = [row.id for row in open_rows if row.digested_at is None]
        if not fresh or _was_written_today(at):
            return
        for person in list_addresses([Role.OWNER]):
            _mail_digest(person, open_rows, hours, at=at)
        Notice.objects.filter(id__in=fresh).update(digested_at=at)


def end_of_quiet(hours: Hours, at: datetime) -> datetime:
    """Tell when mail may leave: now, or when the quiet hours that hold now end."""
    local = at.astimezone(SANTIAGO)
    start, end = hours.quiet_from, hours.quiet_to
    wall = local.time()
    is_quiet = start <= wall < end if start <= end else wall >= start or wall < end
    if not is_quiet:
        return at
    day = local.date() + timedelta(days=1 if wall >= end else 0)
    return datetime.combine(day, end, tzinfo=SANTIAGO).astimezone(UTC)


def _is_first(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _was_written_today(at: datetime) -> bool:
    newest = (
        Notice.objects.filter(digested_at__isnull=False)
        .order_by("-digested_at")
        .values_list("digested_at", flat=True)
        .first()
    )
    # A clock that is ahead may have written tomorrow's already.
    return newest is not None and local_date(newest) >= local_date(at)


def _mail_digest(person: Address, rows: Sequence[Notice], hours: Hours, *, at: datetime) -> None:
    shop = get_company().shop_name
    base = settings.BASE_URL.rstrip("/")
    parts = [
        f"{row.title}\n{row.words}" + (f"\n{base}{row.link}" if row.link else "") for row in rows
    ]
    count = len(rows)
    enqueue_mail(
        uid=uuid5(_DIGESTS, f"{current_company()}:{local_date(at)}:{person.membership_id}"),
        recipient=person.email,
        subject=f"{shop}: {'un aviso' if count == 1 else f'{count} avisos'} por mirar",
        text="\n\n".join(parts) + "\n",
        about="digest",
        not_before=end_of_quiet(hours, at),
        at=at,
    )
