"""What every costing method must keep; a new one in METHODS is tested without a new line here."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from erpmarket.costing import METHODS, Debt, Entry, Layer, Method, Pool, errors
from erpmarket.costing.amounts import ZERO

D = Decimal
QUANTITIES = st.integers(1, 20_000).map(lambda count: D(count).scaleb(-3))
VALUES = st.integers(0, 500_000_000).map(lambda count: D(count).scaleb(-4))
MOVES = st.lists(
    st.tuples(st.sampled_from(["put", "put", "take"]), QUANTITIES, VALUES), max_size=25
)
EVERY_METHOD = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


@dataclass
class Till:
    """A pool with what came in and what each issue has cost so far."""

    pool: Pool = field(default_factory=Pool)
    received_quantity: Decimal = ZERO
    received_value: Decimal = ZERO
    issued_quantity: Decimal = ZERO
    issued_value: Decimal = ZERO


def play(method: Method, moves: list[tuple[str, Decimal, Decimal]]) -> list[Till]:
    till = Till()
    states = [till]
    for number, (verb, quantity, value) in enumerate(moves):
        till = replace(till)
        if verb == "put":
            put = method.put(till.pool, quantity, value, source=number)
            till.pool = put.pool
            till.received_quantity += quantity
            till.received_value += value
            till.issued_value += sum((each.delta for each in put.settlements), ZERO)
        else:
            taken = method.take(till.pool, quantity, issue=number)
            till.pool = taken.pool
            till.issued_quantity += quantity
            till.issued_value += taken.cost
        states.append(till)
    return states


@EVERY_METHOD
@settings(max_examples=200)
@given(moves=MOVES)
def test_nothing_appears_and_nothing_vanishes(
    method: Method, moves: list[tuple[str, Decimal, Decimal]]
) -> None:
    for till in play(method, moves):
        assert till.pool.quantity == till.received_quantity - till.issued_quantity
        assert till.pool.value == till.received_value - till.issued_value


@EVERY_METHOD
@settings(max_examples=200)
@given(moves=MOVES)
def test_signs_hold_and_zero_quantity_has_no_value(
    method: Method, moves: list[tuple[str, Decimal, Decimal]]
) -> None:
    for till in play(method, moves):
        pool = till.pool
        assert not (pool.layers and pool.debts)
        assert all(layer.quantity > 0 and layer.value >= 0 for layer in pool.layers)
        assert all(debt.quantity > 0 and debt.provisional >= 0 for debt in pool.debts)
        if pool.quantity == 0:
            assert pool.value == 0
            assert pool.average is None
        elif pool.quantity < 0:
            assert pool.value <= 0


@EVERY_METHOD
@settings(max_examples=200)
@given(moves=MOVES)
def test_average_lies_between_the_costs_that_arrived(
    method: Method, moves: list[tuple[str, Decimal, Decimal]]
) -> None:
    costs = [value / quantity for verb, quantity, value in moves if verb == "put"]
    slack = D("0.00005") * len(moves)

    for till in play(method, moves):
        if till.pool.layers:
            room = slack / till.pool.quantity + D("0.0001")
            assert till.pool.average is not None
            assert min(costs) - room <= till.pool.average <= max(costs) + room


@EVERY_METHOD
@settings(max_examples=100)
@given(moves=MOVES, quantity=QUANTITIES, value=VALUES)
def test_all_sold_and_nothing_owed_costs_what_was_received(
    method: Method,
    moves: list[tuple[str, Decimal, Decimal]],
    quantity: Decimal,
    value: Decimal,
) -> None:
    left = play(method, moves)[-1].pool.quantity
    assume(left != 0)
    closing = ("take", left, value) if left > 0 else ("put", -left, value)

    last = play(method, [*moves, closing])[-1]

    assert last.pool.quantity == 0
    assert last.issued_value == last.received_value


@EVERY_METHOD
@given(units=st.lists(st.integers(1, 50), min_size=1, max_size=8), cost=st.integers(1, 9_999))
def test_equal_costs_leave_at_that_cost(method: Method, units: list[int], cost: int) -> None:
    moves = [("put", D(count), D(count * cost)) for count in units]

    before = play(method, moves)[-1].pool
    taken = method.take(before, D(units[0]), issue="s")

    assert taken.cost == units[0] * cost


@EVERY_METHOD
def test_take_in_parts_ends_with_the_residue(method: Method) -> None:
    pool = method.put(Pool(), D(7), D(10)).pool

    costs = []
    for quantity in ("2", "0.5", "4.499", "0.001"):
        taken = method.take(pool, D(quantity), issue=quantity)
        pool = taken.pool
        costs.append(taken.cost)

    assert costs == [D("2.8571"), D("0.7143"), D("6.4272"), D("0.0014")]
    assert (pool.quantity, pool.value) == (ZERO, ZERO)


@EVERY_METHOD
def test_missing_units_become_a_debt_at_the_last_cost(method: Method) -> None:
    pool = method.put(Pool(), D(10), D(1000)).pool

    taken = method.take(pool, D(15), issue="s1")

    assert taken.cost == 1500
    assert (taken.settled_quantity, taken.settled_value) == (D(10), D(1000))
    assert taken.debt == Debt(issue="s1", quantity=D(5), provisional=D(500))
    assert not taken.cost_pending
    assert (taken.pool.quantity, taken.pool.value) == (D(-5), D(-500))


@EVERY_METHOD
@pytest.mark.parametrize(
    ("reference", "cost", "is_pending"), [(None, 0, True), (D(0), 0, True), (D("7.5"), 15, False)]
)
def test_debt_of_unknown_cost_waits(
    method: Method, reference: Decimal | None, cost: int, is_pending: bool
) -> None:
    taken = method.take(Pool(), D(2), reference_cost=reference, issue=1)

    assert taken.cost == cost
    assert taken.cost_pending == is_pending


@EVERY_METHOD
def test_receipt_settles_debts_oldest_first(method: Method) -> None:
    pool = method.take(Pool(), D(2), issue="s1", reference_cost=D(10)).pool
    pool = method.take(pool, D(4), issue="s2", reference_cost=D(10)).pool

    put = method.put(pool, D(3), D(100), source="r")

    assert [(each.issue, each.quantity) for each in put.settlements] == [
        ("s1", D(2)),
        ("s2", D(1)),
    ]
    assert [each.settled for each in put.settlements] == [D("66.6667"), D("33.3333")]
    assert [each.delta for each in put.settlements] == [D("46.6667"), D("23.3333")]
    assert put.pool.debts == (Debt(issue="s2", quantity=D(3), provisional=D(30)),)


@EVERY_METHOD
@pytest.mark.parametrize("quantity", ["0", "-1", "0.0005", "1E+9", "1E+40", "NaN", "Infinity"])
def test_quantity_must_be_a_count_of_thousandths_above_zero(method: Method, quantity: str) -> None:
    with pytest.raises(errors.BadQuantity, match="mayor que cero"):
        method.take(Pool(), D(quantity), issue=1)
    with pytest.raises(errors.BadQuantity):
        method.put(Pool(), D(quantity), D(1))


@EVERY_METHOD
@pytest.mark.parametrize("value", ["-0.0001", "0.00005", "1E+12", "NaN"])
def test_value_must_be_a_count_of_ten_thousandths(method: Method, value: str) -> None:
    with pytest.raises(errors.BadValue, match="no puede ser negativo"):
        method.put(Pool(), D(1), D(value))


@EVERY_METHOD
@given(moves=MOVES)
def test_pool_given_is_left_as_it_was(
    method: Method, moves: list[tuple[str, Decimal, Decimal]]
) -> None:
    pool = play(method, moves)[-1].pool
    before = Pool(layers=pool.layers, debts=pool.debts, last_cost=pool.last_cost)

    method.take(pool, D(3), issue="x")
    method.put(pool, D(3), D(30), source="x")

    assert pool == before


def test_average_joins_entries_and_fifo_keeps_them_apart() -> None:
    pools = {}
    for name, method in METHODS.items():
        pool = method.put(Pool(), D(1), D(10), source=1).pool
        pools[name] = method.put(pool, D(1), D(30), source=2).pool

    assert pools["ppp"].layers == (Layer(source=None, quantity=D(2), value=D(40)),)
    assert [layer.source for layer in pools["fifo"].layers] == [1, 2]


def test_fifo_sells_what_came_back_first() -> None:
    fifo = METHODS["fifo"]
    pool = fifo.put(Pool(), D(1), D(10), source=1).pool

    pool = fifo.put(pool, D(1), D(99), source=2, entry=Entry.RETURN).pool

    assert fifo.take(pool, D(1), issue=3).cost == 99


@pytest.mark.parametrize("entry", [Entry.RETURN, Entry.FOUND])
def test_only_an_arrival_teaches_fifo_a_cost(entry: Entry) -> None:
    fifo = METHODS["fifo"]

    pool = fifo.put(Pool(last_cost=D(5)), D(1), D(99), entry=entry).pool

    assert pool.last_cost == 5


@given(found=QUANTITIES, value=VALUES, quantity=QUANTITIES)
def test_found_units_keep_the_average(found: Any, value: Decimal, quantity: Decimal) -> None:
    ppp = METHODS["ppp"]
    pool = ppp.put(Pool(), quantity, value).pool

    worth = ppp.found_value(pool, found)

    assert abs(worth - value * found / quantity) <= D("0.00005")
