"""The worker's edge: plain functions for the embedded runner and for Celery."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings

from erpmarket.common import clock
from erpmarket.common.errors import DomainError
from erpmarket.notifications.actions.fetch_mail import fetch_new_mail, read_mail, set_mail_aside
from erpmarket.notifications.actions.mail_leases import Clock, LeaseLost
from erpmarket.notifications.actions.send_mail import send_next_mail
from erpmarket.notifications.actions.watch import watch_company, write_digest
from erpmarket.notifications.queries import (
    find_unread_incoming,
    list_due_to_fetch,
    list_due_to_send,
)
from erpmarket.tenancy.queries import list_company_ids

logger = logging.getLogger(__name__)

STEP_LIMIT: Final = 200
UNREADABLE: Final = "Un correo de la casilla no se pudo leer. Ábrelo tú y carga el archivo a mano."


def send_mails(
    *,
    limit: int = STEP_LIMIT,
    now: Clock = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Send the due mails of every company in turns; return the number of tries.

    Any number of these may run at once, and be killed anywhere. One company's trouble does not
    stop the others.
    """
    return _take_turns(list_due_to_send, send_next_mail, limit, now, is_stopping)


def fetch_mails(
    *,
    limit: int = STEP_LIMIT,
    now: Clock = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Bring in and read the mails of every company in turns; return the number of steps."""
    return _take_turns(list_due_to_fetch, _fetch_step, limit, now, is_stopping)


def _fetch_step(*, company_id: int, clock: Clock) -> bool:
    fetched = fetch_new_mail(company_id=company_id, clock=clock)
    return _read_step(company_id=company_id, at=clock()) or fetched


def _read_step(*, company_id: int, at: datetime) -> bool:
    mail_id = find_unread_incoming(company_id=company_id, at=at)
    if mail_id is None or not settings.MAIL_READERS:
        return False
    try:
        return read_mail(company_id=company_id, mail_id=mail_id, at=at)
    except DomainError as refusal:
        words, is_final = refusal.message, True
    except Exception:
        # The edge of the readers: the mail is kept, and the others go on.
        logger.exception(
            "notifications.reader.failed", extra={"company": company_id, "mail": mail_id}
        )
        words, is_final = UNREADABLE, False
    set_mail_aside(company_id=company_id, mail_id=mail_id, words=words, is_final=is_final, at=at)
    return True


def watch(
    *, now: Clock = clock.now, is_stopping: Callable[[], bool] = bool, **_unknown: object
) -> None:
    """Bring every company's notices to what the rooms say now, and write the daily mails.

    A source that fails ends no notice of its own; the others go on.
    """
    for company_id in list_company_ids():
        for source in settings.TROUBLE_SOURCES:
            if is_stopping():
                return
            _guard(watch_company, company_id=company_id, source=source, at=now())
        _guard(write_digest, company_id=company_id, at=now())


def _guard(action: Callable[..., None], *, company_id: int, **facts: object) -> None:
    try:
        action(company_id=company_id, **facts)
    except Exception:
        # The edge of the worker: the other companies and sources go on.
        logger.exception(
            "notifications.watch.failed",
            extra={"company": company_id, "source": facts.get("source", "digest")},
        )


def _take_turns(
    list_due: Callable[[datetime], Sequence[int]],
    step: Callable[..., bool],
    limit: int,
    now: Clock,
    is_stopping: Callable[[], bool],
) -> int:
    done = 0
    troubled: set[int] = set()
    while done < limit:
        before = done
        for company_id in list_due(now()):
            if done >= limit or is_stopping():
                return done
            if company_id not in troubled:
                done += _try(step, company_id, now, troubled)
        if done == before:
            break
    return done


def _try(step: Callable[..., bool], company_id: int, now: Clock, troubled: set[int]) -> int:
    try:
        return int(step(company_id=company_id, clock=now))
    except LeaseLost:
        logger.warning("notifications.lease.lost", extra={"company": company_id})
    except Exception:
        # The edge of the worker: the other companies go on.
        logger.exception("notifications.step.failed", extra={"company": company_id})
        troubled.add(company_id)
    return 0
