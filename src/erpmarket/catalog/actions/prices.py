"""The one writer of prices: at once or planned, each change in the ledger, each with its label.

Locks are taken in one order: products by id, then the catalogue's clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from erpmarket.catalog.actions.labels import queue_labels_of_prices
from erpmarket.catalog.actions.markdown_ends import MarkdownEnds, call_off_end
from erpmarket.catalog.actions.revisions import next_revision
from erpmarket.catalog.errors import PRICE_LIMIT_CLP, BadPrice, PlanEnded, PriceMovedOn
from erpmarket.catalog.kinds import PriceReason
from erpmarket.catalog.models import PriceChange, PricePlan, Product
from erpmarket.tenancy.scope import company_scope, current_company

# One round of a company: a supplier's whole list, and short enough to let others through.
APPLY_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A gross price that a product is to have."""

    product_id: int
    price_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOutcome:
    """What became of an order: prices that changed now, and those that wait for their time."""

    changes: tuple[PriceChange, ...]
    plans: tuple[PricePlan, ...]


@transaction.atomic
def change_prices(
    prices: Iterable[NewPrice],
    *,
    at: datetime,
    effective_at: datetime | None = None,
    reason: str = PriceReason.HAND,
    cause_uid: UUID | None = None,
    by_id: int | None = None,
) -> PriceOutcome:
    """Set gross prices, now or from `effective_at` on; all of them or none.

    A price that a product has already changes nothing. `cause_uid` names the paper behind it,
    `by_id` the membership. Raises BadPrice; Product.DoesNotExist for products of nobody here.
    """
    wanted = {price.product_id: price.price_clp for price in prices}
    for price_clp in wanted.values():
        check_price(price_clp)
    facts = {
        "reason": reason,
        "cause_uid": cause_uid,
        "made_by_id": by_id,
        "made_at": at,
        "effective_at": effective_at or at,
    }
    products = _lock(wanted)
    if effective_at is not None and effective_at > at:
        plans = [
            PricePlan(product=products[product_id], new_clp=price_clp, **facts)
            for product_id, price_clp in sorted(wanted.items())
        ]
        return PriceOutcome(changes=(), plans=tuple(PricePlan.objects.bulk_create(plans)))
    changes = [
        PriceChange(
            product=products[product_id],
            old_clp=products[product_id].price_clp,
            new_clp=price_clp,
            applied_at=at,
            **facts,
        )
        for product_id, price_clp in sorted(wanted.items())
        if products[product_id].price_clp != price_clp
    ]
    return PriceOutcome(changes=_write(changes, at=at), plans=())


def change_price(
    *, product_id: int, price_clp: int, at: datetime, by_id: int | None = None
) -> Product:
    """Set one product's gross price at once; raises BadPrice."""
    change_prices([NewPrice(product_id=product_id, price_clp=price_clp)], at=at, by_id=by_id)
    product: Product = Product.objects.get(id=product_id)
    return product


def apply_due_prices(*, company_id: int, at: datetime) -> int:
    """Apply the company's plans whose time has come, oldest time first; return how many ended.

    Call it outside a scope. Each plan is applied once whoever calls how often: its row is locked,
    and the ledger takes no second change of one plan. After a pause of the server the price that
    was to begin last is the one that stays.
    """
    with company_scope(company_id):
        due = list(
            PricePlan.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(done_at__isnull=True, cancelled_at__isnull=True, effective_at__lte=at)
            .order_by("effective_at", "id")[:APPLY_LIMIT]
        )
        if not due:
            return 0
        products = _lock({plan.product_id for plan in due})
        ends = MarkdownEnds(due, at=at)
        changes: list[PriceChange] = []
        for plan in due:
            product = products[plan.product_id]
            new_clp = ends.price_of(plan, product.price_clp)
            if new_clp != product.price_clp:
                changes.append(_change_of_plan(plan, product.price_clp, new_clp, at))
                ends.note(changes[-1])
                product.price_clp = new_clp
        PricePlan.objects.filter(id__in=[plan.id for plan in due]).update(done_at=at)
        _write(changes, at=at)
        return len(due)


@transaction.atomic
def cancel_plan(*, plan_id: int, at: datetime) -> PricePlan:
    """Call off a price that has not begun; raises PlanEnded, PricePlan.DoesNotExist."""
    plan: PricePlan = PricePlan.objects.select_for_update(of=("self",)).get(id=plan_id)
    if plan.done_at is not None or plan.cancelled_at is not None:
        raise PlanEnded
    plan.cancelled_at = at
    plan.save(update_fields=["cancelled_at"])
    if plan.reason == PriceReason.MARKDOWN:
        call_off_end(plan.cause_uid, at)
    return plan


def undo_price_change(*, change_id: int, at: datetime, by_id: int | None = None) -> PriceChange:
    """Put the price from before a change back, as a change of its own.

    Raises PriceMovedOn when the price changed since, PriceChange.DoesNotExist.
    """
    change: PriceChange = PriceChange.objects.get(id=change_id)
    with transaction.atomic():
        undone = _undo([change], at=at, by_id=by_id)[0]
        if change.reason == PriceReason.MARKDOWN:
            call_off_end(change.cause_uid, at)
    return undone


@transaction.atomic
def undo_price_changes(
    *, cause_uid: UUID, at: datetime, by_id: int | None = None
) -> tuple[PriceChange, ...]:
    """Put back all prices that one cause changed and call off what it planned; all or none.

    Raises PriceMovedOn when one of them changed since.
    """
    PricePlan.objects.filter(
        cause_uid=cause_uid, done_at__isnull=True, cancelled_at__isnull=True
    ).update(cancelled_at=at)
    done = PriceChange.objects.filter(cause_uid=cause_uid, undoes__isnull=True)
    undone = PriceChange.objects.filter(undoes__in=done).values("undoes")
    return _undo(list(done.exclude(id__in=undone)), at=at, by_id=by_id)


def check_price(price_clp: int) -> None:
    """Refuse what no boleta can carry; raises BadPrice."""
    if not 0 < price_clp < PRICE_LIMIT_CLP:
        raise BadPrice(price_clp=price_clp)


@transaction.atomic
def _undo(
    changes: Sequence[PriceChange], *, at: datetime, by_id: int | None
) -> tuple[PriceChange, ...]:
    products = _lock({change.product_id for change in changes})
    undoings = []
    for change in sorted(changes, key=lambda each: -each.id):
        product = products[change.product_id]
        is_undone = PriceChange.objects.filter(undoes=change).exists()
        if is_undone or product.price_clp != change.new_clp:
            raise PriceMovedOn(product_name=product.name)
        undoings.append(
            PriceChange(
                product=product,
                old_clp=change.new_clp,
                new_clp=change.old_clp,
                reason=PriceReason.UNDO,
                cause_uid=change.cause_uid,
                made_by_id=by_id,
                made_at=at,
                effective_at=at,
                applied_at=at,
                undoes=change,
            )
        )
        product.price_clp = change.old_clp
    return _write(undoings, at=at)


def _change_of_plan(plan: PricePlan, old_clp: int, new_clp: int, at: datetime) -> PriceChange:
    return PriceChange(
        product_id=plan.product_id,
        old_clp=old_clp,
        new_clp=new_clp,
        reason=plan.reason,
        cause_uid=plan.cause_uid,
        made_by_id=plan.made_by_id,
        made_at=plan.made_at,
        effective_at=plan.effective_at,
        applied_at=at,
        plan=plan,
    )


def _lock(product_ids: Iterable[int]) -> Mapping[int, Product]:
    """Lock products in the order of their ids; raises Product.DoesNotExist when one is missing."""
    wanted = set(product_ids)
    rows = Product.objects.select_for_update(of=("self",)).filter(id__in=wanted).order_by("id")
    found = {row.id: row for row in rows}
    if missing := wanted - found.keys():
        raise Product.DoesNotExist(f"products {sorted(missing)[:5]}")
    return found


_SET_PRICES = """
UPDATE catalog_product AS p SET price_clp = wanted.price_clp, revision = %s
  FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (id, price_clp)
 WHERE p.company_id = %s AND p.id = wanted.id
"""


def _write(changes: Sequence[PriceChange], *, at: datetime) -> tuple[PriceChange, ...]:
    """Write changes of locked products, in order: the last one of a product is its price."""
    if not changes:
        return ()
    written = tuple(PriceChange.objects.bulk_create(changes))
    last = {change.product_id: change.new_clp for change in changes}
    with connection.cursor() as cursor:
        cursor.execute(
            _SET_PRICES, [next_revision(), list(last), list(last.values()), current_company()]
        )
    queue_labels_of_prices(last, at=at)
    return written
