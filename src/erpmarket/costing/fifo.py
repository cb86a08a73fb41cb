"""FIFO (primero en entrar, primero en salir): each entry is a layer, the oldest leaves first."""

from decimal import Decimal

from erpmarket.costing.amounts import ZERO, unit_cost, worth
from erpmarket.costing.primitives import (
    check_quantity,
    check_value,
    reduce_layer,
    settle_debts,
    take_from,
    take_units,
)
from erpmarket.costing.types import Entry, Layer, Pool, Put, Ref, Taken


class Fifo:
    """First in, first out; what a customer brings back is the next to leave."""

    name = "fifo"

    def take(
        self,
        pool: Pool,
        quantity: Decimal,
        *,
        reference_cost: Decimal | None = None,
        issue: Ref,
    ) -> Taken:
        return take_units(pool, quantity, issue=issue, reference_cost=reference_cost)

    def put(
        self,
        pool: Pool,
        quantity: Decimal,
        value: Decimal,
        *,
        source: Ref | None = None,
        entry: Entry = Entry.ARRIVAL,
    ) -> Put:
        check_quantity(quantity)
        check_value(value)
        settled = settle_debts(pool, quantity, value)
        layers = pool.layers
        if settled.quantity:
            layer = Layer(source=source, quantity=settled.quantity, value=settled.value)
            layers = (layer, *layers) if entry is Entry.RETURN else (*layers, layer)
        cost = unit_cost(value, quantity) if entry is Entry.ARRIVAL else None
        return Put(
            pool=Pool(layers=layers, debts=settled.debts, last_cost=cost or pool.last_cost),
            settlements=settled.settlements,
        )

    def give_back(
        self,
        pool: Pool,
        quantity: Decimal,
        credit: Decimal,  # noqa: ARG002 - a layer leaves at its own value
        *,
        source: Ref,
        reference_cost: Decimal | None = None,
        issue: Ref,
    ) -> Taken:
        place = self._own_layer(pool, source)
        if place is None:
            return take_units(pool, quantity, issue=issue, reference_cost=reference_cost)
        own = pool.layers[place]
        left, value = take_from(own, quantity)
        kept = () if left is None else (left,)
        pool = Pool(
            layers=pool.layers[:place] + kept + pool.layers[place + 1 :], last_cost=pool.last_cost
        )
        rest = quantity - min(quantity, own.quantity)
        if not rest:
            return _settled(pool, quantity, value)
        taken = take_units(pool, rest, issue=issue, reference_cost=reference_cost)
        return Taken(
            pool=taken.pool,
            cost=value + taken.cost,
            debt=taken.debt,
            cost_pending=taken.cost_pending,
            settled_quantity=own.quantity + taken.settled_quantity,
            settled_value=value + taken.settled_value,
        )

    def find_layer(self, pool: Pool, source: Ref) -> int | None:
        return self._own_layer(pool, source)

    def reprice(self, pool: Pool, place: int, delta: Decimal) -> Pool:
        layer = reduce_layer(pool.layers[place], ZERO, -delta)
        return Pool(
            layers=(*pool.layers[:place], layer, *pool.layers[place + 1 :]),
            last_cost=pool.last_cost,
        )

    def found_value(
        self, pool: Pool, quantity: Decimal, *, reference_cost: Decimal | None = None
    ) -> Decimal:
        return worth(quantity, pool.last_cost or reference_cost or ZERO)

    def _own_layer(self, pool: Pool, source: Ref) -> int | None:
        places = (place for place, layer in enumerate(pool.layers) if layer.source == source)
        return next(places, None)


def _settled(pool: Pool, quantity: Decimal, value: Decimal) -> Taken:
    return Taken(
        pool=pool,
        cost=value,
        debt=None,
        cost_pending=False,
        settled_quantity=quantity,
        settled_value=value,
    )
