"""Random histories, entry by entry, against the slow second implementation in `oracle.py`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from erpmarket.costing import command
from erpmarket.costing.tests.oracle import Json, solve

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = st.sampled_from(["A", "B"])
GRAMS = st.one_of(st.integers(1, 12).map(lambda count: count * 1000), st.integers(0, 9000))
QUANTITIES = GRAMS.map(lambda grams: f"{grams // 1000}.{grams % 1000:03d}")
TICKS = st.one_of(st.just(0), st.integers(0, 90_000_000))
VALUES = TICKS.map(lambda ticks: f"{ticks // 10_000}.{ticks % 10_000:04d}")
# How many hours before the newest entry: mostly after it, sometimes in the past, at times equal.
HOURS = st.sampled_from([-1, -1, -1, -1, 0, 0, 1, 3, 8])
PICKS = st.integers(0, 60)


class EntryMachine(RuleBasedStateMachine):
    """Each rule enters one event; answers, changes, pools and sums must be the oracle's."""

    @initialize(
        method=st.sampled_from(["ppp", "fifo"]),
        scope=st.sampled_from(["warehouse", "company"]),
        reference=st.sampled_from([None, "0", "12.5"]),
    )
    def open(self, method: str, scope: str, reference: str | None) -> None:
        self.case: Json = {"method": method, "scope": scope, "events": []}
        if reference is not None:
            self.case["reference_cost"] = reference
        self.newest = NOON

    @rule(place=PLACES, quantity=QUANTITIES, value=VALUES, hours=HOURS)
    def receive(self, place: str, quantity: str, value: str, hours: int) -> None:
        self._enter("receipt", hours, warehouse=place, quantity=quantity, value=value)

    @rule(
        kind=st.sampled_from(["sale", "sale", "sale", "waste", "own_use"]),
        place=PLACES,
        quantity=QUANTITIES,
        hours=HOURS,
    )
    def issue(self, kind: str, place: str, quantity: str, hours: int) -> None:
        self._enter(kind, hours, warehouse=place, quantity=quantity)

    @rule(place=PLACES, quantity=QUANTITIES, cost=st.none() | VALUES, hours=HOURS)
    def count(self, place: str, quantity: str, cost: str | None, hours: int) -> None:
        more = {} if cost is None else {"unit_cost": cost}
        self._enter("count", hours, warehouse=place, quantity=quantity, **more)

    @rule(place=PLACES, quantity=QUANTITIES, hours=HOURS)
    def send(self, place: str, quantity: str, hours: int) -> None:
        self._enter("transfer_out", hours, warehouse=place, quantity=quantity)

    @precondition(lambda self: self.case["events"])
    @rule(place=PLACES, quantity=QUANTITIES, hours=HOURS, pick=PICKS)
    def arrive(self, place: str, quantity: str, hours: int, pick: int) -> None:
        transfer = self._pick("transfer_out", pick)
        self._enter("transfer_in", hours, transfer=transfer, warehouse=place, quantity=quantity)

    @precondition(lambda self: self.case["events"])
    @rule(quantity=QUANTITIES, hours=HOURS, pick=PICKS)
    def take_back(self, quantity: str, hours: int, pick: int) -> None:
        self._enter("customer_return", hours, issue=self._pick("sale", pick), quantity=quantity)

    @precondition(lambda self: self.case["events"])
    @rule(quantity=QUANTITIES, hours=HOURS, pick=PICKS)
    def send_back(self, quantity: str, hours: int, pick: int) -> None:
        receipt = self._pick("receipt", pick)
        self._enter("supplier_return", hours, receipt=receipt, quantity=quantity)

    @precondition(lambda self: self.case["events"])
    @rule(sign=st.sampled_from(["", "", "-"]), value=VALUES, hours=HOURS, pick=PICKS)
    def add_late_cost(self, sign: str, value: str, hours: int, pick: int) -> None:
        receipt = self._pick("receipt", pick)
        self._enter("late_cost", hours, receipt=receipt, value=f"{sign}{value}")

    @precondition(lambda self: self.case["events"])
    @rule(value=VALUES, pick=PICKS)
    def correct(self, value: str, pick: int) -> None:
        self._enter("correct_value", 0, receipt=self._pick("receipt", pick), value=value)

    @precondition(lambda self: len(self.case["events"]) > 5)
    @rule(to=st.sampled_from(["ppp", "fifo"]), hours=HOURS)
    def change_method(self, to: str, hours: int) -> None:
        self._enter("change_method", hours, to=to)

    @invariant()
    def both_say_the_same(self) -> None:
        if hasattr(self, "case"):
            assert command.answer_costing(self.case) == solve(
                {"kind": "costing", "input": self.case}
            )

    def _pick(self, kind: str, pick: int) -> str:
        """Refer to an event of the right kind, at times to any."""
        events = self.case["events"]
        right = [event["id"] for event in events if event["type"] == kind]
        chosen = right if right and pick % 10 else [event["id"] for event in events]
        return str(chosen[pick % len(chosen)])

    def _enter(self, kind: str, hours: int, **more: Any) -> None:
        at = self.newest - timedelta(hours=hours)
        self.newest = max(self.newest, at)
        name = f"e{len(self.case['events']) + 1}"
        event = {"id": name, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "type": kind}
        self.case["events"].append(event | more)


TestEntries = EntryMachine.TestCase
TestEntries.settings = settings(max_examples=60, stateful_step_count=16, deadline=None)
