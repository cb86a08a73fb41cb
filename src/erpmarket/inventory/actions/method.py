"""Change how a company values its stock, by a dated closing of each product."""

from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from django.db import transaction

from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.costing import METHODS, events
from erpmarket.costing.errors import UnknownMethod
from erpmarket.inventory.actions.move import Cause, Deed, StockBook
from erpmarket.inventory.actions.rules import lock_rules
from erpmarket.inventory.models import MethodChange, MoveKind, RulesChange, Stock
from erpmarket.tenancy.scope import company_scope

# Products of one turn: each is a transaction of its own, so that the shop goes on selling.
TURN_LIMIT: Final = 100
_SWEPT: Final = -1


class SameMethod(DomainError):
    code: ClassVar[str] = "same_method"
    message = "Ese método ya es el que usas: no hay nada que cambiar."


class ChangeUnderWay(DomainError):
    code: ClassVar[str] = "method_change_under_way"
    message = "Ya hay un cambio de método en curso: espera a que termine."


@transaction.atomic
def change_method(*, uid: UUID, method: str, by_id: int, at: datetime) -> MethodChange:
    """Ask for another method from `at` on; a worker closes product by product.

    The same uid gives the same change. New products begin with the new method. `by_id` is the
    membership. Raises UnknownMethod, SameMethod and ChangeUnderWay.
    """
    if method not in METHODS:
        raise UnknownMethod
    rules = lock_rules()
    known: MethodChange | None = MethodChange.objects.filter(uid=uid).first()
    if known is not None:
        return known
    if MethodChange.objects.filter(ended_at=None).exists():
        raise ChangeUnderWay
    if rules.method == method:
        raise SameMethod
    RulesChange.objects.create(field="method", old=rules.method, new=method, by_id=by_id, at=at)
    rules.method = method
    rules.save()
    products = Stock.objects.exclude(method=method).values("product_id").distinct().count()
    change: MethodChange = MethodChange.objects.create(
        uid=uid, method=method, at=at, asked_by_id=by_id, products=products
    )
    return change


def close_products(*, company_id: int, limit: int = TURN_LIMIT) -> int:
    """Close products for the change of method under way; return how many were.

    Safe to run twice or at once: a product that has the method already is left alone.
    """
    done = 0
    while done < limit:
        with company_scope(company_id):
            change = MethodChange.objects.filter(ended_at=None).first()
            if change is None or not _close_next(change):
                break
        done += 1
    return done


def _close_next(change: MethodChange) -> bool:
    product_id = (
        Stock.objects.exclude(method=change.method)
        .order_by("product_id")
        .values_list("product_id", flat=True)
        .first()
    )
    if product_id is None:
        _end(change)
        return False
    close_product(product_id, change)
    return True


def _end(change: MethodChange) -> None:
    """End at the second look that finds nothing: a first entry elsewhere may not be committed."""
    own = MethodChange.objects.filter(id=change.id, ended_at=None)
    if change.last_product == _SWEPT:
        own.update(ended_at=now())
    else:
        own.update(last_product=_SWEPT)


def close_product(product_id: int, change: MethodChange) -> None:
    """Close one product: its layers become one, and the new method goes on from there."""
    places = sorted(
        Stock.objects.filter(product_id=product_id).values_list("warehouse_id", flat=True)
    )
    book = StockBook(
        cause=Cause(uid=change.uid, warehouse_id=places[0], at=change.at),
        product_ids=[product_id],
        warehouse_ids=places,
    )
    if book.method(product_id) == change.method:
        # Only a row made while this product was closed is of the former method.
        Stock.objects.filter(product_id=product_id).update(method=change.method)
    else:
        event = events.ChangeMethod(
            id=book.next_ref(), at=book.newest(product_id, change.at), to=change.method
        )
        deed = Deed(kind=MoveKind.CLOSING, position=0, detail=change.method)
        book.enter(event, product_id=product_id, deed=deed)
        book.write()
    left = Stock.objects.exclude(method=change.method).values("product_id").distinct().count()
    MethodChange.objects.filter(id=change.id).update(
        done=max(0, change.products - left), last_product=product_id
    )
