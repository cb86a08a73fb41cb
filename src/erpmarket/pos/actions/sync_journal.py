"""Take a device's journal into the books, event by event: docs/algorithms/offline.md.

Under the lock of their device, so that a journal that comes twice at once is taken once. A few
events share a transaction; when one of them is odd, each gets a transaction of its own, and
whatever happens to it the others count.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.take_folio import CafExhausted
from erpmarket.pos.actions.adopt_sale import adopt_sales
from erpmarket.pos.actions.journal_cash import CreditPaid, ShiftClosing, book_drawer_news
from erpmarket.pos.actions.journal_desk import Desk, open_told_shift
from erpmarket.pos.actions.journal_events import (
    EventResult,
    JournalEvent,
    SaleTold,
    ShiftOpening,
)
from erpmarket.pos.actions.journal_notes import Notebook
from erpmarket.pos.actions.told_sales import PaperMaker
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.journal_answers import Answer, answer_of_closing, answer_of_sale
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

# How many events share a commit. Other tills wait for the stock rows of all of them: some 40 ms.
GROUP: Final = 25
# Somebody else's uid or folio: two papers of one number must be looked at by a person.
_DOUBLES: Final = (
    "pos_sale_uid",
    "pos_shift_uid",
    "pos_event_uid",
    "fiscal_document_folio",
    "fiscal_document_source",
)
_DOUBLE_WORDS: Final = "Ya hay otra venta con ese número de boleta o de registro."
_VOID: Final = "fiscal_document_not_void"
_VOID_WORDS: Final = (
    "Su folio ya está anulado, así que no se puede registrar con él. Si el cliente se llevó la"
    " boleta, hazle otra."
)


def sync_journal(
    *, company_id: int, device_id: int, events: Sequence[JournalEvent], received_at: datetime
) -> tuple[EventResult, ...]:
    """Take events in their order; call it outside a scope. Nothing is raised for one event.

    What fails for a reason of ours is answered `later` and told again by the till; it holds up
    no other event.
    """
    results: list[EventResult] = []
    for group in _groups(events):
        try:
            with company_scope(company_id):
                taken = _take_group(device_id, group, received_at)
        except Exception as odd:  # noqa: BLE001  (each event gets its own answer below)
            logger.info("pos.journal.odd", extra={"company": company_id, "why": type(odd).__name__})
            taken = [_take_alone(company_id, device_id, each, received_at) for each in group]
        # After the commit: what could not be committed is not taken.
        results += taken
    return tuple(
        _answered(company_id, device_id, event, result, received_at)
        for event, result in zip(events, results, strict=True)
    )


def _groups(events: Sequence[JournalEvent]) -> Iterator[Sequence[JournalEvent]]:
    """Cut a journal, in order, into what shares a transaction: each locks in the house's order.

    Sales share one with sales, news of the drawer with news: after the stock and the customers of
    sales no other shift may be locked. What locks more stands alone: a paper made here locks the
    folios of its kind, a payment of debt its customer and the customers' counter.
    """
    group: list[JournalEvent] = []
    for event in events:
        if group and (
            _stands_alone(event)
            or _stands_alone(group[0])
            or _is_sale(event) != _is_sale(group[0])
            or len(group) == GROUP
            # What has the number of another one is compared with it once that is noted.
            or any(each.seq == event.seq for each in group)
        ):
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def _stands_alone(event: JournalEvent) -> bool:
    return _is_papered_here(event) or isinstance(event.deed, CreditPaid)


def _is_sale(event: JournalEvent) -> bool:
    return isinstance(event.deed, SaleTold)


def _is_papered_here(event: JournalEvent) -> bool:
    return isinstance(event.deed, SaleTold) and event.deed.sale.paper_by is PaperMaker.SERVER


def _answered(
    company_id: int,
    device_id: int,
    event: JournalEvent,
    result: EventResult,
    received_at: datetime,
) -> EventResult:
    """Add what the till prints, when it asked for that and the event is in the books."""
    is_closing = isinstance(event.deed, ShiftClosing)
    if result.state not in {"taken", "repeated"}:
        return result
    if not (is_closing or _is_papered_here(event)):
        return result
    try:
        with company_scope(company_id):
            answer = _answer(device_id, event, received_at)
    except Exception:
        # It is in the books: what cannot be drawn now is printed from there.
        logger.exception("pos.journal.no_answer", extra={"company": company_id, "seq": event.seq})
        return result
    return replace(result, answer=answer)


def _answer(device_id: int, event: JournalEvent, received_at: datetime) -> Answer | None:
    if not isinstance(event.deed, ShiftClosing):
        return answer_of_sale(event.uid)
    till_id = TillDevice.objects.values_list("till_id", flat=True).get(id=device_id)
    return answer_of_closing(till_id, event.deed.shift_uid, at=received_at)


def _take_group(
    device_id: int, events: Sequence[JournalEvent], received_at: datetime
) -> list[EventResult]:
    """Take some events in one transaction; whatever is odd about one of them undoes them all.

    Sales are booked together; `_groups` puts nothing else beside them.
    """
    notebook = Notebook(device_id, [event.seq for event in events], received_at)
    results = {event.seq: notebook.find_known(event) for event in events}
    news = [event for event in events if results[event.seq] is None]
    if news and _is_sale(news[0]):
        taken = _take_sales(notebook, news)
    else:
        taken = [_take(notebook, each) for each in news]
    results.update((result.seq, result) for result in taken)
    notebook.write()
    return [result for result in results.values() if result is not None]


def _take_alone(
    company_id: int, device_id: int, event: JournalEvent, received_at: datetime
) -> EventResult:
    try:
        with company_scope(company_id):
            notebook = Notebook(device_id, [event.seq], received_at)
            result = notebook.find_known(event) or _judge(notebook, event)
            notebook.write()
            return result
    except Exception:
        # The edge of the journal: one event that breaks us must not stop the others.
        logger.exception("pos.journal.failed", extra={"company": company_id, "seq": event.seq})
        return event.result("later")


def _judge(notebook: Notebook, event: JournalEvent) -> EventResult:
    try:
        with transaction.atomic():
            return _take(notebook, event)
    except CafExhausted as empty:
        # Nothing is wrong with the sale: it has its paper when there are folios again.
        return event.result("later", code=empty.code, words=empty.message)
    except DomainError as refusal:
        return notebook.refuse(event, refusal)
    except IntegrityError as error:
        words = words_against(error)
        if words is None:
            raise
        return notebook.set_against(event, words)


def words_against(error: IntegrityError) -> str | None:
    """Say what keeps an event out for good: something else has its uid, number or folio."""
    if _VOID in str(error):
        return _VOID_WORDS
    return _DOUBLE_WORDS if any(name in str(error) for name in _DOUBLES) else None


def _take(notebook: Notebook, event: JournalEvent) -> EventResult:
    """Apply an event and note it; raises DomainError and IntegrityError, then nothing is noted."""
    flags = apply_event(notebook, event)
    return notebook.take(event, flags=flags)


def apply_event(
    notebook: Notebook, event: JournalEvent, *, is_again: bool = False
) -> tuple[str, ...]:
    """Book one event of a locked device; give the words of its flags. Raises as `_take` does.

    `is_again`: a person books it, and what came after it may be in the books already.
    """
    if event.fault is not None:
        raise event.fault
    match event.deed:
        case SaleTold():
            (flags,) = _book_sales(notebook, [event])
            return flags
        case ShiftOpening() as opening:
            is_late = is_again or notebook.device.revoked_at is not None
            open_told_shift(notebook.device, event, opening, is_late=is_late)
        case None:
            raise AssertionError("what could not be read has a fault")
        case news:
            book_drawer_news(notebook.device, news, uid=event.uid, at=event.at)
    return ()


def _take_sales(notebook: Notebook, events: Sequence[JournalEvent]) -> list[EventResult]:
    """Book sales together and note them, all or none; raises as `_take` does."""
    found = _book_sales(notebook, events)
    return [notebook.take(event, flags=flags) for event, flags in zip(events, found, strict=True)]


def _book_sales(notebook: Notebook, events: Sequence[JournalEvent]) -> Sequence[tuple[str, ...]]:
    desk = Desk(notebook.device)
    told = [desk.place(event.deed) for event in events if isinstance(event.deed, SaleTold)]
    found = adopt_sales(told, received_at=notebook.received_at)
    return [tuple(flag.words for flag in flags) for flags in found]
