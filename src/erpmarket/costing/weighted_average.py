"""PPP (precio promedio ponderado): all stock of a pool is one layer."""

from decimal import Decimal

from erpmarket.costing.amounts import ZERO, share, unit_cost, worth
from erpmarket.costing.primitives import (
    check_quantity,
    check_value,
    reduce_layer,
    settle_debts,
    take_units,
)
from erpmarket.costing.types import Entry, Layer, Pool, Put, Ref, Taken


class WeightedAverage:
    """Weighted average: an entry joins the one layer, an issue takes its share of it."""

    name = "ppp"

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
        source: Ref | None = None,  # noqa: ARG002 - the one layer has no single source
        entry: Entry = Entry.ARRIVAL,
    ) -> Put:
        check_quantity(quantity)
        check_value(value)
        settled = settle_debts(pool, quantity, value)
        layers = pool.layers
        cost = None
        if settled.quantity:
            on_hand = layers[0] if layers else Layer(source=None, quantity=ZERO, value=ZERO)
            layer = reduce_layer(on_hand, -settled.quantity, -settled.value)
            layers = (layer,)
            cost = unit_cost(layer.value, layer.quantity)
        elif entry is Entry.ARRIVAL:
            cost = unit_cost(value, quantity)
        return Put(
            pool=Pool(layers=layers, debts=settled.debts, last_cost=cost or pool.last_cost),
            settlements=settled.settlements,
        )

    def give_back(
        self,
        pool: Pool,
        quantity: Decimal,
        credit: Decimal,
        *,
        source: Ref,  # noqa: ARG002 - every unit is like every other
        reference_cost: Decimal | None = None,
        issue: Ref,
    ) -> Taken:
        if not self._can_bear(pool, quantity, credit):
            return take_units(pool, quantity, issue=issue, reference_cost=reference_cost)
        layer = reduce_layer(pool.layers[0], quantity, credit)
        return Taken(
            pool=Pool(layers=(layer,), last_cost=pool.last_cost),
            cost=credit,
            debt=None,
            cost_pending=False,
            settled_quantity=quantity,
            settled_value=credit,
        )

    def find_layer(self, pool: Pool, source: Ref) -> int | None:  # noqa: ARG002 - one layer
        return 0 if pool.layers else None

    def reprice(self, pool: Pool, place: int, delta: Decimal) -> Pool:
        layer = reduce_layer(pool.layers[place], ZERO, -delta)
        cost = unit_cost(layer.value, layer.quantity)
        return Pool(layers=(layer,), last_cost=cost or pool.last_cost)

    def found_value(
        self, pool: Pool, quantity: Decimal, *, reference_cost: Decimal | None = None
    ) -> Decimal:
        if pool.layers:
            return share(pool.value, quantity, pool.quantity)
        return worth(quantity, pool.last_cost or reference_cost or ZERO)

    def _can_bear(self, pool: Pool, quantity: Decimal, credit: Decimal) -> bool:
        """Tell whether stock keeps units and a value above zero once the credit has left it."""
        if not pool.layers or quantity >= pool.layers[0].quantity:
            return False
        return not credit or credit < pool.layers[0].value
