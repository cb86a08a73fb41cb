"""Cases of costing entered through the verbs, and what the database then says."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import (
    BackLine,
    IssueLine,
    ReceivedLine,
    issue,
    open_warehouse,
    receive,
    take_back,
)
from erpmarket.inventory.actions.adjust import CountedLine, adjust
from erpmarket.inventory.actions.give_back import GiveBackLine, give_back
from erpmarket.inventory.actions.method import close_product
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.rebill import BilledLine, add_late_costs, correct_values
from erpmarket.inventory.actions.recost import Recosted, recost
from erpmarket.inventory.actions.ship import ShippedLine, arrive, send
from erpmarket.inventory.ledger import postings_of
from erpmarket.inventory.models import (
    CompanyPool,
    CostLayer,
    InventoryRules,
    MethodChange,
    MoveKind,
    ReplayTask,
    Stock,
    StockDebt,
    StockMove,
)

Json = dict[str, Any]
D = Decimal


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(slots=True)
class Shelf:
    """One product of one case, entered event by event into the shop's warehouses."""

    shop: Any
    scope: str
    product_id: int = 0
    places: dict[str, int] = field(default_factory=dict)
    uids: dict[str, UUID] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)

    def enter(self, event: Json) -> None:
        """Enter one event of a case through its verb; replay when it came late."""
        self.enter_only(event)
        for task in ReplayTask.objects.filter(product_id=self.product_id):
            self.replay(instant(event["at"]), since=task.since)

    def enter_only(self, event: Json) -> None:
        """Enter one event of a case, and leave its task to somebody else."""
        uid = self.uids[event["id"]] = uuid7()
        referred = event.get("issue") or event.get("receipt")
        name = event.get("warehouse") or self.where.get(referred or "") or "A"
        self.where[event["id"]] = name
        cause = Cause(uid=uid, warehouse_id=self.place(name), at=instant(event["at"]))
        _VERBS[event["type"]](self, event, cause)

    def place(self, name: str) -> int:
        if name not in self.places:
            row = open_warehouse(branch_id=self.shop.branch_id, name=f"W{name}{uuid7()}"[:40])
            self.places[name] = row.id
        return self.places[name]

    def replay(self, at: datetime, *, since: datetime | None = None) -> Recosted:
        return recost(product_id=self.product_id, cause_uid=uuid7(), at=at, since=since)

    # -- what the database says

    def pools(self) -> dict[str, tuple[str, str]]:
        """Give quantity and value of each pool by the name it has in the case."""
        if self.scope == "company":
            pool = CompanyPool.objects.filter(product_id=self.product_id).first()
            return {"company": (str(pool.quantity), str(pool.value))} if pool else {}
        names = {number: name for name, number in self.places.items()}
        return {
            names[row.warehouse_id]: (str(row.quantity), str(row.value))
            for row in Stock.objects.filter(product_id=self.product_id)
        }

    def layers(self, pool: str) -> list[list[str]]:
        place = None if pool == "company" else self.place(pool)
        rows = CostLayer.objects.filter(product_id=self.product_id, warehouse_id=place)
        return [[str(row.quantity), str(row.value)] for row in rows.order_by("rank")]

    def on_hand(self) -> dict[str, Decimal]:
        names = {number: name for name, number in self.places.items()}
        rows = Stock.objects.filter(product_id=self.product_id)
        return {names[row.warehouse_id]: row.quantity for row in rows if row.quantity}

    def accounts(self) -> dict[str, str]:
        """Sum what the rows of the ledger book on accounts, without zeros."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in StockMove.objects.filter(product_id=self.product_id):
            if row.account:
                sums[row.account] -= row.value
            else:
                booked = postings_of(MoveKind(row.kind), row.value, row.agreed_value)
                for account, amount in booked.items():
                    sums[account] += amount
        return {str(account): f"{amount:.4f}" for account, amount in sums.items() if amount}

    def check_kardex(self) -> None:
        """Assert that running balances add up row by row and end at the projection."""
        units: Counter[int] = Counter()
        worth: Counter[int] = Counter()
        for row in StockMove.objects.filter(product_id=self.product_id).order_by("id"):
            pool = 0 if self.scope == "company" else row.warehouse_id
            units[row.warehouse_id] += row.quantity
            worth[pool] += row.value
            assert row.balance_value == worth[pool]
            if self.scope == "company":
                assert row.on_hand in (None, units[row.warehouse_id])
            else:
                assert row.balance_quantity == units[row.warehouse_id]
        for stock in Stock.objects.filter(product_id=self.product_id):
            assert stock.quantity == units[stock.warehouse_id]
            if self.scope == "warehouse":
                assert stock.value == worth[stock.warehouse_id]

    def projections(self) -> object:
        """Give all that is derived from the ledger, as one comparable value."""
        own = {"product_id": self.product_id}
        return (
            list(
                Stock.objects.filter(**own)
                .order_by("warehouse_id")
                .values_list("warehouse_id", "quantity", "value", "last_cost", "last_at", "method")
            ),
            list(CompanyPool.objects.filter(**own).values_list("quantity", "value", "last_cost")),
            [
                (layer.warehouse_id, layer.source_id, layer.quantity, layer.value)
                for layer in CostLayer.objects.filter(**own).order_by("warehouse_id", "rank")
            ],
            list(
                StockDebt.objects.filter(**own)
                .order_by("issue_id")
                .values_list("warehouse_id", "issue_id", "quantity", "provisional_value")
            ),
        )


def open_shelf(shop: Any, case: Json) -> Shelf:
    """Begin a case: its rules and a product of its own. Inside the shop's company scope."""
    InventoryRules.objects.all().delete()
    InventoryRules.objects.create(method=case["method"], scope=case["scope"])
    return Shelf(shop, case["scope"], make_product(code=uuid7().hex[-12:]).id)


def _receive(shelf: Shelf, event: Json, cause: Cause) -> None:
    line = ReceivedLine(
        position=1,
        product_id=shelf.product_id,
        quantity=D(event["quantity"]),
        value=D(event["value"]),
    )
    receive(lines=[line], cause=cause)


def _issue(shelf: Shelf, event: Json, cause: Cause) -> None:
    line = IssueLine(position=1, product_id=shelf.product_id, quantity=D(event["quantity"]))
    issue(lines=[line], cause=cause, kind=MoveKind(event["type"]))


def _take_back(shelf: Shelf, event: Json, cause: Cause) -> None:
    line = BackLine(position=1, quantity=D(event["quantity"]))
    take_back(issue_uid=shelf.uids[event["issue"]], lines=[line], cause=cause)


def _give_back(shelf: Shelf, event: Json, cause: Cause) -> None:
    line = GiveBackLine(position=1, receipt_position=1, quantity=D(event["quantity"]))
    give_back(receipt_uid=shelf.uids[event["receipt"]], lines=[line], cause=cause)


def _count(shelf: Shelf, event: Json, cause: Cause) -> None:
    cost = event.get("unit_cost")
    line = CountedLine(
        position=1,
        product_id=shelf.product_id,
        quantity=D(event["quantity"]),
        counted_at=cause.at,
        unit_cost=None if cost is None else D(cost),
    )
    adjust(lines=[line], cause=cause)


def _shipped(shelf: Shelf, event: Json) -> ShippedLine:
    return ShippedLine(position=1, product_id=shelf.product_id, quantity=D(event["quantity"]))


def _send(shelf: Shelf, event: Json, cause: Cause) -> None:
    send(lines=[_shipped(shelf, event)], cause=cause)


def _arrive(shelf: Shelf, event: Json, cause: Cause) -> None:
    sent_uid = shelf.uids[event["transfer"]]
    arrive(sent_uid=sent_uid, lines=[_shipped(shelf, event)], cause=cause)


def _billed(event: Json) -> BilledLine:
    return BilledLine(position=1, receipt_position=1, value=D(event["value"]))


def _correct(shelf: Shelf, event: Json, cause: Cause) -> None:
    receipt_uid = shelf.uids[event["receipt"]]
    correct_values(receipt_uid=receipt_uid, lines=[_billed(event)], cause=cause)


def _add_late_cost(shelf: Shelf, event: Json, cause: Cause) -> None:
    receipt_uid = shelf.uids[event["receipt"]]
    add_late_costs(receipt_uid=receipt_uid, lines=[_billed(event)], cause=cause)


def _change_method(shelf: Shelf, event: Json, cause: Cause) -> None:
    InventoryRules.objects.update(method=event["to"])
    if not Stock.objects.filter(product_id=shelf.product_id).exists():
        # Nothing is there to be closed: the product begins with the new method.
        return
    change = MethodChange.objects.create(
        uid=cause.uid,
        method=event["to"],
        at=cause.at,
        asked_by_id=shelf.shop.owner.membership_id,
        products=1,
    )
    close_product(shelf.product_id, change)
    MethodChange.objects.filter(id=change.id).update(ended_at=cause.at)


_VERBS: Mapping[str, Callable[[Shelf, Json, Cause], None]] = {
    "receipt": _receive,
    "sale": _issue,
    "waste": _issue,
    "own_use": _issue,
    "customer_return": _take_back,
    "supplier_return": _give_back,
    "count": _count,
    "transfer_out": _send,
    "transfer_in": _arrive,
    "correct_value": _correct,
    "late_cost": _add_late_cost,
    "change_method": _change_method,
}
