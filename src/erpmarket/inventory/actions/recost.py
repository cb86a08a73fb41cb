"""Replay a product's ledger after a late fact, and append what it changes. Nothing is edited."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from erpmarket.costing.amounts import value_of
from erpmarket.costing.events import Account
from erpmarket.inventory.actions.past import Past, look_back, store_mark
from erpmarket.inventory.actions.recost_writing import Writing, lock_product
from erpmarket.inventory.history import Difference
from erpmarket.inventory.models import ReplayTask
from erpmarket.tenancy.scope import company_scope

# Late facts may come in while one is replayed; after so many times another turn does it.
ATTEMPTS: Final = 3
# Rows that are appended under one lock: tills that sell the product wait for some tenths of a
# second (a till waited 8 s for 60,000 rows at once, 2026-11).
PIECE: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recosted:
    """What a replay appended: how many rows, and what stock and cost of sales gained."""

    rows: int
    stock_value: Decimal
    cost_of_sales: Decimal
    first_at: datetime | None


class _MovedOn(Exception):
    """Something was entered before the end of what was replayed."""


def recost(
    *, product_id: int, cause_uid: UUID, at: datetime, since: datetime | None = None
) -> Recosted:
    """Append, as rows of `at`, what a replay of the product's ledger changes of each event.

    The replay is computed without a lock, from the newest checkpoint before `since` (None: from
    nothing); the product is locked to append, and what was entered meanwhile is taken in. The
    projections follow, and the product's task is done. All in the caller's transaction: tills wait
    for its end. Raises InvariantBroken when ledger and replay cannot be brought together.
    """
    for _ in range(ATTEMPTS):
        past = look_back(product_id, since=since)
        try:
            # Undone to its beginning, it gives its locks back.
            with transaction.atomic():
                return _told(past, _append(past, cause_uid, at))
        except _MovedOn:
            continue
    lock_product(product_id)
    past = look_back(product_id)
    return _told(past, _append(past, cause_uid, at))


def recost_in_turns(
    *, company_id: int, product_id: int, cause_uid: UUID, at: datetime, since: datetime
) -> Recosted | None:
    """Do as `recost` in transactions of its own, none of which lets a till wait for long.

    Call it outside a scope. What many events are changed by is appended in pieces, each with its
    contrary as a cost adjustment of a receipt, so that stock is worth what it was until the last
    one: who is killed between two is followed by whoever replays the product next. None when late
    facts came in each time: the task is still there.
    """
    for _ in range(ATTEMPTS):
        with company_scope(company_id):
            past = look_back(product_id, since=since)
        written: list[Difference] = []
        carriers = past.carriers()
        try:
            for keys in _pieces(past, carriers):
                with company_scope(company_id):
                    written += _append_ahead(past, keys, carriers, cause_uid, at)
            past.forget_settled()
            with company_scope(company_id):
                return _told(past, [*written, *_append(past, cause_uid, at)])
        except _MovedOn:
            continue
    return None


def _pieces(past: Past, carriers: dict[int, int]) -> list[list[tuple[int, str]]]:
    """Cut off what can be appended before the end: values of places that have a receipt."""
    ahead = [
        (each.event, str(each.account))
        for each in past.differences()
        if not each.units
        and each.account is not Account.COST_ADJUSTMENT
        and past.history.places[each.event] in carriers
    ]
    return [ahead[place : place + PIECE] for place in range(0, len(ahead) - PIECE, PIECE)]


def _append_ahead(
    past: Past,
    keys: Sequence[tuple[int, str]],
    carriers: dict[int, int],
    cause_uid: UUID,
    at: datetime,
) -> list[Difference]:
    """Append what is still to be changed of a piece, and its contrary; no projection moves."""
    writing = _lock(past, cause_uid, at)
    found = [each for each in past.differences(keys) if not each.units]
    carried: Counter[int] = Counter()
    for each in found:
        carried[past.history.places[each.event]] += each.ticks
    found += [
        Difference(event=carriers[place], account=Account.COST_ADJUSTMENT, ticks=-ticks, units=0)
        for place, ticks in sorted(carried.items())
        if ticks
    ]
    writing.append(past.history, found)
    return found


def _append(past: Past, cause_uid: UUID, at: datetime) -> list[Difference]:
    """Append all that is still to be changed, and bring the projections in line."""
    writing = _lock(past, cause_uid, at)
    found = past.differences()
    if past.is_whole:
        writing.trust_ledger(past.book, found)
    writing.append(past.history, found)
    writing.project(past.book, past.history)
    store_mark(past)
    ReplayTask.objects.filter(product_id=past.product_id).delete()
    return found


def _lock(past: Past, cause_uid: UUID, at: datetime) -> Writing:
    """Lock the product and take in what was entered since it was replayed."""
    stock, pool = lock_product(past.product_id)
    if not past.catch_up(place for _, place in stock):
        raise _MovedOn
    return Writing(product_id=past.product_id, stock=stock, pool=pool, cause_uid=cause_uid, at=at)


def _told(past: Past, found: Sequence[Difference]) -> Recosted:
    cost_of_sales = sum(each.ticks for each in found if each.account is Account.COST_OF_SALES)
    return Recosted(
        rows=len(found),
        stock_value=value_of(-sum(each.ticks for each in found)),
        cost_of_sales=value_of(cost_of_sales),
        first_at=_first_at(past, found),
    )


def _first_at(past: Past, found: Sequence[Difference]) -> datetime | None:
    if not found:
        return None
    first = found[0].event
    return next((each.at for each in past.history.in_order if each.id == first), past.start_at)
