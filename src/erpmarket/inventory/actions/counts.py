"""Open a count, note what people count, end it; nothing here moves stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from erpmarket.common.errors import InvariantBroken
from erpmarket.costing.amounts import is_quantity
from erpmarket.costing.errors import BadQuantity
from erpmarket.inventory.actions.tell_count import end_notice, tell_review
from erpmarket.inventory.count_errors import (
    CountClosed,
    CountedBeforeLastCount,
    CountedBeforeOpening,
    CountedInFuture,
    EntryConflict,
    NothingCounted,
    NothingToCount,
    NotWhole,
    TooManyUnits,
)
from erpmarket.inventory.counting import Marked, Moved, tally
from erpmarket.inventory.models import (
    Count,
    CountDeed,
    CountEntry,
    CountKind,
    CountLine,
    CountState,
    CountTarget,
    MoveKind,
    StockMove,
)

MOST_UNITS: Final = Decimal(99_999)
_COUNTING = (CountState.OPEN, CountState.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOrder:
    """What is to be counted; `product_ids` are the targets, none for a free count."""

    uid: UUID
    warehouse_id: int
    kind: CountKind
    product_ids: Sequence[int] = ()
    category_id: int | None = None
    is_blind: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a person counted of a product, when; `unit` says whether parts of one exist."""

    uid: UUID
    product_id: int
    unit: str
    deed: CountDeed
    quantity: Decimal
    counted_at: datetime


@transaction.atomic
def open_count(order: CountOrder, *, at: datetime, by_id: int) -> Count:
    """Open a count, or return the one that this uid opened. Raises NothingToCount."""
    known: Count | None = Count.objects.filter(uid=order.uid).first()
    if known is not None:
        return known
    if order.kind != CountKind.FREE and not order.product_ids:
        raise NothingToCount
    count: Count = Count.objects.create(
        uid=order.uid,
        warehouse_id=order.warehouse_id,
        kind=order.kind,
        category_id=order.category_id,
        is_blind=order.is_blind,
        note=order.note,
        opened_at=at,
        opened_by_id=by_id,
    )
    CountTarget.objects.bulk_create(
        (CountTarget(count=count, product_id=each) for each in sorted(set(order.product_ids))),
        batch_size=2_000,
    )
    return count


@transaction.atomic
def record_entry(count_id: int, entered: Entered, *, at: datetime, by_id: int) -> CountLine | None:
    """Note what was counted and return the product's line; None when it was dropped.

    An entry that came before (same uid) is not noted again. People who count at once wait for each
    other for the time of one entry. Raises CountClosed, EntryConflict, NotWhole, TooManyUnits,
    BadQuantity and, for instants outside the count, CountedInFuture, CountedBeforeOpening and
    CountedBeforeLastCount.
    """
    count: Count = Count.objects.select_for_update().get(id=count_id)
    known = CountEntry.objects.filter(uid=entered.uid).first()
    if known is not None:
        _check_same(known, count, entered)
        return CountLine.objects.filter(count=count, product_id=entered.product_id).first()
    if count.state not in _COUNTING:
        raise CountClosed
    _check_quantity(entered)
    _check_instant(count, entered, at)
    CountEntry.objects.create(
        uid=entered.uid,
        count=count,
        product_id=entered.product_id,
        deed=entered.deed,
        quantity=entered.quantity,
        counted_at=entered.counted_at,
        counted_by_id=by_id,
    )
    return retally(count, entered.product_id)


def retally(count: Count, product_id: int) -> CountLine | None:
    """Bring a product's line up to its entries and to what the ledger says of the time between.

    The caller holds the count's row.
    """
    rows = CountEntry.objects.filter(count=count, product_id=product_id).order_by(
        "counted_at", "id"
    )
    entries = [
        Marked(deed=row.deed, quantity=row.quantity, at=row.counted_at, by_id=row.counted_by_id)
        for row in rows
    ]
    found = tally(entries, _moves_within(count, product_id, entries))
    if found is None:
        CountLine.objects.filter(count=count, product_id=product_id).delete()
        return None
    line: CountLine = CountLine.objects.update_or_create(
        count=count,
        product_id=product_id,
        defaults={
            "quantity": found.quantity,
            "counted_at": found.at,
            "counted_by_id": found.by_id,
            "carried": found.carried,
        },
    )[0]
    return line


def _moves_within(count: Count, product_id: int, entries: Sequence[Marked]) -> list[Moved]:
    """Read what moved between the first entry and the last."""
    if len(entries) < 2:  # noqa: PLR2004  (one instant has nothing between)
        return []
    rows = StockMove.objects.filter(
        product_id=product_id,
        warehouse_id=count.warehouse_id,
        happened_at__gt=entries[0].at,
        happened_at__lte=entries[-1].at,
        # What a replay adds to an older count moved then.
    ).exclude(kind=MoveKind.RECOST)
    return [Moved(at=at, quantity=q) for at, q in rows.values_list("happened_at", "quantity")]


def _check_same(known: CountEntry, count: Count, entered: Entered) -> None:
    told = (known.count_id, known.product_id, known.deed, known.quantity)
    if told != (count.id, entered.product_id, entered.deed, entered.quantity):
        raise EntryConflict


def _check_quantity(entered: Entered) -> None:
    if not (is_quantity(entered.quantity) and entered.quantity >= 0):
        raise BadQuantity
    if entered.quantity > MOST_UNITS:
        raise TooManyUnits
    if entered.unit != "kg" and entered.quantity != entered.quantity.to_integral_value():
        raise NotWhole


def _check_instant(count: Count, entered: Entered, at: datetime) -> None:
    if entered.counted_at > at:
        raise CountedInFuture
    if entered.counted_at < count.opened_at:
        raise CountedBeforeOpening(opened_at=count.opened_at)
    last = (
        CountLine.objects.filter(
            product_id=entered.product_id,
            count__warehouse_id=count.warehouse_id,
            written_at__isnull=False,
            counted_at__gte=entered.counted_at,
        )
        .order_by("-counted_at")
        .values_list("counted_at", flat=True)
        .first()
    )
    if last is not None:
        raise CountedBeforeLastCount(counted_at=last)


@transaction.atomic
def zero_uncounted(count_id: int, uids: Sequence[UUID], *, at: datetime, by_id: int) -> int:
    """Count as nothing all targets that nobody has counted; return how many there were.

    `uids` names the entries, one for each target: the same call again finds none left.
    Raises CountClosed.
    """
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state not in _COUNTING:
        raise CountClosed
    counted = CountLine.objects.filter(count=count).values("product_id")
    missing = list(
        CountTarget.objects.filter(count=count)
        .exclude(product_id__in=counted)
        .order_by("product_id")
        .values_list("product_id", flat=True)
    )
    if len(uids) < len(missing):
        raise InvariantBroken("each entry of a count has a name of its own")
    CountEntry.objects.bulk_create(
        CountEntry(
            uid=uid,
            count=count,
            product_id=product_id,
            deed=CountDeed.SET,
            quantity=0,
            counted_at=at,
            counted_by_id=by_id,
        )
        for uid, product_id in zip(uids, missing, strict=False)
    )
    CountLine.objects.bulk_create(
        CountLine(
            count=count, product_id=product_id, quantity=0, counted_at=at, counted_by_id=by_id
        )
        for product_id in missing
    )
    return len(missing)


@transaction.atomic
def end_counting(count_id: int, *, at: datetime) -> Count:
    """Give a count to whoever approves, and tell them; done twice it is done once.

    Raises CountClosed and NothingCounted.
    """
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state == CountState.REVIEW:
        return count
    if count.state != CountState.OPEN:
        raise CountClosed
    if not CountLine.objects.filter(count=count).exists():
        raise NothingCounted
    count.state = CountState.REVIEW
    count.save(update_fields=["state"])
    tell_review(count, at=at)
    return count


@transaction.atomic
def resume_counting(count_id: int, *, at: datetime) -> Count:
    """Take a count back from review, to count more. Raises CountClosed."""
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state not in _COUNTING:
        raise CountClosed
    count.state = CountState.OPEN
    count.save(update_fields=["state"])
    end_notice(count, at=at)
    return count


@transaction.atomic
def discard_count(count_id: int, *, note: str, at: datetime, by_id: int) -> Count:
    """Throw a count away: it moves nothing, and its lines stay to be read. Raises CountClosed."""
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state == CountState.DISCARDED:
        return count
    if count.state not in _COUNTING:
        raise CountClosed
    count.state = CountState.DISCARDED
    count.closed_at, count.closed_by_id = at, by_id
    count.note = note or count.note
    count.save(update_fields=["state", "closed_at", "closed_by", "note"])
    end_notice(count, at=at)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a person decides about one difference; `unit_cost` is for what has no cost yet."""

    product_id: int
    is_accepted: bool
    reason: str = ""
    unit_cost: Decimal | None = None


@transaction.atomic
def judge_line(count_id: int, judged: Judged) -> None:
    """Accept a difference or leave it out, with its reason. Raises CountClosed."""
    count: Count = Count.objects.select_for_update().get(id=count_id)
    if count.state not in _COUNTING:
        raise CountClosed
    CountLine.objects.filter(count=count, product_id=judged.product_id).update(
        is_accepted=judged.is_accepted, reason=judged.reason, unit_cost=judged.unit_cost
    )
