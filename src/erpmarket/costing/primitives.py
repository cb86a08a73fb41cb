"""What every method does alike: take from the oldest layer, owe what is missing, settle debts.

Whoever takes the last unit takes the whole value left, so nothing with quantity zero keeps a value.
"""

from dataclasses import dataclass
from decimal import Decimal

from erpmarket.costing.amounts import ZERO, is_quantity, is_value, share, worth
from erpmarket.costing.errors import BadQuantity, BadValue
from erpmarket.costing.types import Debt, Layer, Pool, Ref, Settlement, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Debts left, settlements made, and the part of the entry that becomes stock."""

    debts: tuple[Debt, ...]
    settlements: tuple[Settlement, ...]
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A pool without (part of) an issue's own debt, and the units and value that went."""

    pool: Pool
    quantity: Decimal
    value: Decimal


def take_units(
    pool: Pool, quantity: Decimal, *, issue: Ref, reference_cost: Decimal | None = None
) -> Taken:
    """Take units at the cost of the oldest layers; units missing become one debt.

    A debt is provisionally worth the last cost, else the reference cost, else 0 with
    `cost_pending`: never a guess from a sale price. Raises BadQuantity.
    """
    check_quantity(quantity)
    missing = quantity
    value = ZERO
    layers = list(pool.layers)
    while layers and missing:
        left, taken = take_from(layers[0], missing)
        missing -= layers[0].quantity if left is None else missing
        value += taken
        layers[:1] = () if left is None else (left,)
    debt, is_pending = _owe(pool, missing, issue, reference_cost)
    return Taken(
        pool=Pool(
            layers=tuple(layers),
            debts=pool.debts if debt is None else (*pool.debts, debt),
            last_cost=pool.last_cost,
        ),
        cost=value if debt is None else value + debt.provisional,
        debt=debt,
        cost_pending=is_pending,
        settled_quantity=quantity - missing,
        settled_value=value,
    )


def take_from(layer: Layer, quantity: Decimal) -> tuple[Layer | None, Decimal]:
    """Take up to `quantity` units of one layer: what is left of it, and the value taken."""
    if quantity >= layer.quantity:
        return None, layer.value
    value = share(layer.value, quantity, layer.quantity)
    return reduce_layer(layer, quantity, value), value


def reduce_layer(layer: Layer, quantity: Decimal, value: Decimal) -> Layer:
    """Give the layer without some of its units and value."""
    return Layer(source=layer.source, quantity=layer.quantity - quantity, value=layer.value - value)


def settle_debts(pool: Pool, quantity: Decimal, value: Decimal) -> Settled:
    """Pay debts with an entry, oldest first; the rest of the entry is stock."""
    if not pool.debts:
        return Settled(debts=(), settlements=(), quantity=quantity, value=value)
    owed = sum((debt.quantity for debt in pool.debts), ZERO)
    units = min(quantity, owed)
    paying = value if units == quantity else share(value, units, quantity)
    rest_quantity, rest_value = quantity - units, value - paying
    debts = list(pool.debts)
    settlements: list[Settlement] = []
    while units:
        settlement, left = _settle(debts[0], units, paying)
        settlements.append(settlement)
        units -= settlement.quantity
        paying -= settlement.settled
        debts[:1] = () if left is None else (left,)
    return Settled(
        debts=tuple(debts),
        settlements=tuple(settlements),
        quantity=rest_quantity,
        value=rest_value,
    )


def cancel_debt(pool: Pool, quantity: Decimal, *, issue: Ref) -> Cancelled:
    """Forgive up to `quantity` units of what one issue owes, at their provisional value.

    A return cancels its own debt first: units that never had a cost must not settle other people's.
    """
    debts: list[Debt] = []
    units = value = ZERO
    for debt in pool.debts:
        if debt.issue != issue:
            debts.append(debt)
            continue
        units = min(quantity, debt.quantity)
        value = provisional_of(debt, units)
        if units < debt.quantity:
            debts.append(_reduce_debt(debt, units, value))
    return Cancelled(
        pool=Pool(layers=pool.layers, debts=tuple(debts), last_cost=pool.last_cost),
        quantity=units,
        value=value,
    )


def provisional_of(debt: Debt, quantity: Decimal) -> Decimal:
    """Give the provisional value of some units of a debt, all of it for all of them."""
    if quantity == debt.quantity:
        return debt.provisional
    return share(debt.provisional, quantity, debt.quantity)


def check_quantity(quantity: Decimal) -> None:
    """Raise BadQuantity unless it is a count of 0.001 above zero."""
    if not (is_quantity(quantity) and quantity > 0):
        raise BadQuantity


def check_value(value: Decimal) -> None:
    """Raise BadValue unless it is a count of 0.0001, zero or more."""
    if not (is_value(value) and value >= 0):
        raise BadValue


def _owe(
    pool: Pool, missing: Decimal, issue: Ref, reference_cost: Decimal | None
) -> tuple[Debt | None, bool]:
    if not missing:
        return None, False
    cost = pool.last_cost or reference_cost or ZERO
    return Debt(issue=issue, quantity=missing, provisional=worth(missing, cost)), not cost


def _settle(debt: Debt, units: Decimal, paying: Decimal) -> tuple[Settlement, Debt | None]:
    paid_units = min(debt.quantity, units)
    settled = paying if paid_units == units else share(paying, paid_units, units)
    provisional = provisional_of(debt, paid_units)
    settlement = Settlement(
        issue=debt.issue,
        quantity=paid_units,
        settled=settled,
        provisional=provisional,
        delta=settled - provisional,
    )
    if paid_units == debt.quantity:
        return settlement, None
    return settlement, _reduce_debt(debt, paid_units, provisional)


def _reduce_debt(debt: Debt, quantity: Decimal, provisional: Decimal) -> Debt:
    return Debt(
        issue=debt.issue,
        quantity=debt.quantity - quantity,
        provisional=debt.provisional - provisional,
    )
