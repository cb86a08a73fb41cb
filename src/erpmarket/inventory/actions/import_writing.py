"""What a batch of a file writes, through the verbs of the rooms, and how it is taken back."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from django.db import OperationalError, transaction

from erpmarket.catalog.actions.bulk import NewProduct, create_products, edit_products
from erpmarket.catalog.actions.prices import NewPrice, change_prices
from erpmarket.catalog.actions.products import ProductFacts
from erpmarket.catalog.kinds import PriceReason, Unit
from erpmarket.catalog.snapshots import ProductSnapshot, get_snapshots
from erpmarket.common.errors import DomainError
from erpmarket.inventory.actions.adjust import CountedLine, adjust
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.importing.errors import Problem
from erpmarket.inventory.importing.planning import Change, plan
from erpmarket.inventory.importing.rows import ImportRow
from erpmarket.inventory.models import ImportChange, ImportKind, ImportRun, Stock, StockMove

Each = TypeVar("Each")

logger = logging.getLogger(__name__)

COUNT_WORDS: Final = "Planilla de stock"
UNDO_WORDS: Final = "Se deshizo una planilla"
_ROW_FAILED: Final = "No se pudo cargar esta fila. Súbela sola; si sigue igual, pide ayuda."
MOVED_ON: Final = "Cambió de nuevo después de esta carga: quedó como está."
HAS_MOVES: Final = "Ya se vendió o tiene movimientos: queda en venta."
IS_GONE: Final = "Ya se vendió o se usó parte: no se puede quitar todo."
_COST_QUANTUM: Final = Decimal("0.0001")


def undo_cause(run_uid: UUID) -> UUID:
    """Name the cause of the counts that take a file's counts back."""
    return uuid5(run_uid, "undo")


def write_rows(
    run: ImportRun, rows: Sequence[ImportRow], *, first: int, at: datetime
) -> tuple[Problem, ...]:
    """Compare rows with what is there now and write what differs; return what was refused.

    `first` is the place of the first row among all that are applied, from 1.
    """
    planned = plan(
        rows, kind=run.kind, at=run.created_at, warehouse_id=run.warehouse_id, is_real=True
    )
    places = {row.number: first + n for n, row in enumerate(rows)}
    refused = list(planned.problems)

    def write(changes: Sequence[Change]) -> None:
        _write(run, changes, places=places, at=at)

    def refuse(change: Change, words: str) -> None:
        refused.append(Problem(row=change.row, column="", words=words))

    _all_or_each(planned.changes, write, refuse)
    return tuple(refused)


def _all_or_each(
    wanted: Sequence[Each],
    write: Callable[[Sequence[Each]], None],
    refuse: Callable[[Each, str], None],
) -> None:
    """Write all together; where that is refused, each for itself, and say which ones were not."""
    if not wanted:
        return
    try:
        with transaction.atomic():
            write(wanted)
    except OperationalError:
        raise
    except Exception as error:
        if not isinstance(error, DomainError):
            logger.exception("inventory.import.batch")
        if len(wanted) == 1:
            words = error.message if isinstance(error, DomainError) else _ROW_FAILED
            refuse(wanted[0], words)
            return
        for each in wanted:
            _all_or_each([each], write, refuse)


def _write(
    run: ImportRun, changes: Sequence[Change], *, places: Mapping[int, int], at: datetime
) -> None:
    by_id = run.made_by_id
    fresh = [change for change in changes if change.product_id is None]
    made = create_products(
        [
            NewProduct(facts=change.facts, price_clp=change.price_clp)
            for change in fresh
            if change.facts is not None and change.price_clp is not None
        ]
    )
    new_ids = {change.row: product.id for change, product in zip(fresh, made, strict=True)}
    known = [change for change in changes if change.product_id is not None]
    edits = {each.product_id: each.facts for each in known if each.facts is not None}
    edit_products(edits, at=at, by_id=by_id)  # type: ignore[arg-type]  # known ones have an id
    prices = [
        NewPrice(product_id=each.product_id, price_clp=each.price_clp)
        for each in known
        if each.price_clp is not None and each.product_id is not None
    ]
    if prices:
        change_prices(prices, at=at, reason=PriceReason.IMPORT, cause_uid=run.uid, by_id=by_id)
    booked = _count(run, known, places)
    ImportChange.objects.bulk_create(
        [
            ImportChange(
                run=run,
                row=change.row,
                product_id=change.product_id or new_ids[change.row],
                before=change.before,
                after={**change.after, **booked.get(change.row, {})},
            )
            for change in changes
        ]
    )


def _count(
    run: ImportRun, changes: Sequence[Change], places: Mapping[int, int]
) -> dict[int, dict[str, str]]:
    """Bring stock to what was counted; return by row what was booked."""
    counted = [change for change in changes if change.counted is not None]
    if not counted:
        return {}
    lines = [
        CountedLine(
            position=places[change.row],
            product_id=change.product_id or 0,
            quantity=change.counted.quantity,
            counted_at=change.counted.counted_at,
            unit_cost=change.counted.unit_cost,
            reason=COUNT_WORDS,
        )
        for change in counted
        if change.counted is not None
    ]
    cause = Cause(uid=run.uid, warehouse_id=_place(run), at=run.created_at)
    done = adjust(lines=lines, cause=cause)
    return {
        change.row: {"booked": str(each.quantity), "value": str(each.value)}
        for change, each in zip(counted, done, strict=True)
    }


def _place(run: ImportRun) -> int:
    assert run.warehouse_id is not None, "a count is of one warehouse"
    return int(run.warehouse_id)


def undo_changes(
    run: ImportRun, changes: Sequence[ImportChange], *, at: datetime, by_id: int
) -> None:
    """Put back what a batch changed; what moved on stays, and its change says so."""
    undo = _undo_counts if run.kind == ImportKind.STOCK else _undo_products

    def write(wanted: Sequence[ImportChange]) -> None:
        for each in wanted:
            each.note = ""
        undo(run, wanted, at=at, by_id=by_id)

    def refuse(change: ImportChange, words: str) -> None:
        change.note = words[:200]

    _all_or_each(changes, write, refuse)
    for change in changes:
        change.undone_at = at
    ImportChange.objects.bulk_update(changes, ["undone_at", "note"], batch_size=500)


def _undo_products(
    run: ImportRun, changes: Sequence[ImportChange], *, at: datetime, by_id: int
) -> None:
    ids = [change.product_id for change in changes]
    now = {each.id: each for each in get_snapshots(ids, is_locked=True)}
    fresh = [change.product_id for change in changes if change.before is None]
    moved = set(StockMove.objects.filter(product_id__in=fresh).values_list("product_id", flat=True))
    edits: dict[int, ProductFacts] = {}
    prices: list[NewPrice] = []
    for change in changes:
        product = now[change.product_id]
        if change.before is None:
            if product.id in moved:
                change.note = HAS_MOVES
            else:
                edits[product.id] = replace(product.facts, is_active=False)
            continue
        facts, price_clp = _former(product, change)
        edits[product.id] = facts
        if price_clp is not None:
            prices.append(NewPrice(product_id=product.id, price_clp=price_clp))
    edit_products(edits, at=at, by_id=by_id)
    if prices:
        change_prices(prices, at=at, reason=PriceReason.UNDO, cause_uid=run.uid, by_id=by_id)


def _former(product: ProductSnapshot, change: ImportChange) -> tuple[ProductFacts, int | None]:
    """Give what a product was, in all that is still as the file left it."""
    back: dict[str, Any] = {}
    price_clp = None
    for name, after in change.after.items():
        before = (change.before or {})[name]
        if name == "price_clp":
            if product.price_clp == after:
                price_clp = before
            else:
                change.note = MOVED_ON
        elif _plain(getattr(product.facts, name)) == after:
            back[name] = _of_plain(name, before)
        else:
            change.note = MOVED_ON
    return replace(product.facts, **back), price_clp


def _plain(value: Any) -> Any:  # noqa: ANN401  (what JSON keeps of any field)
    return list(value) if isinstance(value, tuple) else value


def _of_plain(name: str, value: Any) -> Any:  # noqa: ANN401  (as above)
    if name == "barcodes":
        return tuple(value)
    return Unit(value) if name == "unit" else value


def _undo_counts(
    run: ImportRun, changes: Sequence[ImportChange], *, at: datetime, by_id: int
) -> None:
    """Count the contrary of what was booked; `by_id` is not kept: the run says who brought it."""
    del by_id
    held = _hold(_place(run), [change.product_id for change in changes])
    lines = []
    for place, change in enumerate(changes, start=1):
        booked = Decimal(change.after["booked"])
        wanted = held[change.product_id] - booked
        if booked == 0:
            continue
        if wanted < 0:
            change.note = IS_GONE
            wanted = min(held[change.product_id], Decimal(0))
            if held[change.product_id] <= 0:
                continue
        lines.append(
            CountedLine(
                position=place,
                product_id=change.product_id,
                quantity=wanted,
                counted_at=at,
                unit_cost=_cost_back(change, booked),
                reason=UNDO_WORDS,
            )
        )
    if lines:
        adjust(
            lines=lines,
            cause=Cause(uid=undo_cause(run.uid), warehouse_id=_place(run), at=at),
        )


def _cost_back(change: ImportChange, booked: Decimal) -> Decimal | None:
    """Give what a unit that a count took away had cost, for when it comes back."""
    if booked >= 0:
        return None
    return (Decimal(change.after["value"]) / booked).quantize(_COST_QUANTUM, rounding=ROUND_HALF_UP)


def _hold(warehouse_id: int, product_ids: Iterable[int]) -> Mapping[int, Decimal]:
    """Lock the stock of products, in the order of everybody, and say how much there is."""
    rows = (
        Stock.objects.select_for_update(of=("self",))
        .filter(warehouse_id=warehouse_id, product_id__in=list(product_ids))
        .order_by("product_id", "warehouse_id")
    )
    return dict(rows.values_list("product_id", "quantity"))
