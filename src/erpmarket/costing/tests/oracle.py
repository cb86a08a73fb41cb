"""The rules of costing a second time, slowly: JSON in, JSON out, replayed from nothing every time.

Nothing of the production code is imported. Numbers are integers: thousandths of a unit,
ten-thousandths of a peso; every division is a fraction rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
Posted = dict[str, dict[str, int]]
ISSUES = {"sale": "cost_of_sales", "waste": "waste", "own_use": "own_use"}


class RefusedError(Exception):
    """The code of a refusal."""


def solve(case: Json) -> Json:
    """Answer one case of a kind in SOLVERS."""
    return SOLVERS[case["kind"]](case["input"])


def milli(text: str) -> int:
    return int(Decimal(text) * 1000)


def tenth(text: str) -> int:
    return int(Decimal(text) * 10000)


def nearest(number: Fraction) -> int:
    whole, rest = divmod(abs(number), 1)
    whole += rest >= Fraction(1, 2)
    return whole if number >= 0 else -whole


def part_of(value: int, part: int, whole: int) -> int:
    return value if part == whole else nearest(Fraction(value) * part / whole)


def shown(count: int, digits: int) -> str:
    return f"{Decimal(count).scaleb(-digits):.{digits}f}"


class World:
    """One product, from its first event to its last."""

    def __init__(self, setting: Json) -> None:
        self.fifo = setting["method"] == "fifo"
        self.one_pool = setting["scope"] == "company"
        self.reference = tenth(setting["reference_cost"]) if "reference_cost" in setting else 0
        self.closings = 0
        self.lots: dict[str, list[list[Any]]] = {}
        self.debts: dict[str, list[list[Any]]] = {}
        self.last: dict[str, int] = {}
        self.hand: dict[str, int] = {}
        self.settled: Json = {}
        self.receipts: Json = {}
        self.open: Json = {}
        self.posted: Posted = {}

    # -- small words

    def pool(self, warehouse: str) -> str:
        name = "company" if self.one_pool else warehouse
        self.lots.setdefault(name, [])
        self.debts.setdefault(name, [])
        return name

    def quantity(self, name: str) -> int:
        owed = sum(debt[1] for debt in self.debts[name])
        return int(sum(lot[1] for lot in self.lots[name]) - owed)

    def value(self, name: str) -> int:
        owed = sum(debt[2] for debt in self.debts[name])
        return int(sum(lot[2] for lot in self.lots[name]) - owed)

    def move(self, warehouse: str, units: int) -> None:
        self.hand[warehouse] = self.hand.get(warehouse, 0) + units

    def post(self, event: str, account: str, amount: int) -> None:
        mine = self.posted.setdefault(event, {})
        mine[account] = mine.get(account, 0) + amount

    # -- the primitives

    def take(self, name: str, units: int, event: str, account: str, lot: Any = None) -> int:
        """Take from a given lot first, then from the oldest; owe the rest. Give the cost."""
        lots = self.lots[name]
        cost = got = 0
        while units and lots:
            chosen = lot if lot in lots else lots[0]
            some = min(units, chosen[1])
            worth = part_of(chosen[2], some, chosen[1])
            chosen[1] -= some
            chosen[2] -= worth
            if not chosen[1]:
                lots.remove(chosen)
            units -= some
            got += some
            cost += worth
        self.settled[event] = [name, account, got, cost]
        if units:
            unit = self.last.get(name) or self.reference
            guess = nearest(Fraction(units * unit, 1000))
            self.debts[name].append([event, units, guess])
            cost += guess
        return cost

    def put(self, name: str, units: int, value: int, source: str, why: str) -> None:
        whole_units, whole_value = units, value
        debts = self.debts[name]
        owed = sum(debt[1] for debt in debts)
        for_debts = min(units, owed)
        money = part_of(value, for_debts, units)
        units, value = units - for_debts, value - money
        while for_debts:
            debt = debts[0]
            some = min(debt[1], for_debts)
            paid = part_of(money, some, for_debts)
            guess = part_of(debt[2], some, debt[1])
            account = self.settled[debt[0]][1]
            self.post(debt[0], account, paid - guess)
            self.settled[debt[0]][2] += some
            self.settled[debt[0]][3] += paid
            debt[1] -= some
            debt[2] -= guess
            for_debts -= some
            money -= paid
            if not debt[1]:
                del debts[0]
        lots = self.lots[name]
        if units and self.fifo:
            lots.insert(0 if why == "return" else len(lots), [source, units, value])
        elif units and lots:
            lots[0][1] += units
            lots[0][2] += value
        elif units:
            lots.append([source, units, value])
        if not self.fifo and self.quantity(name) > 0:
            self.learn(name, self.value(name), self.quantity(name))
        elif why == "arrival":
            self.learn(name, whole_value, whole_units)

    def learn(self, name: str, value: int, units: int) -> None:
        unit = nearest(Fraction(value * 1000, units))
        if unit:
            self.last[name] = unit

    # -- the events

    def do(self, event: Json) -> None:
        self.posted.setdefault(event["id"], {})
        getattr(self, "do_" + ("issue" if event["type"] in ISSUES else event["type"]))(event)

    def do_receipt(self, event: Json) -> None:
        units, value = milli(event["quantity"]), tenth(event["value"])
        self.receipts[event["id"]] = [event["warehouse"], units, value, self.closings]
        self.move(event["warehouse"], units)
        self.post(event["id"], "payable", -value)
        self.put(self.pool(event["warehouse"]), units, value, event["id"], "arrival")

    def do_issue(self, event: Json) -> None:
        units = milli(event["quantity"])
        account = ISSUES[event["type"]]
        self.move(event["warehouse"], -units)
        cost = self.take(self.pool(event["warehouse"]), units, event["id"], account)
        self.post(event["id"], account, cost)
        self.settled[event["id"]].append(event["warehouse"])

    def do_customer_return(self, event: Json) -> None:
        units = milli(event["quantity"])
        sale = self.settled[event["issue"]]
        name, warehouse = sale[0], sale[4]
        self.move(warehouse, units)
        for debt in list(self.debts[name]):
            if debt[0] == event["issue"] and units:
                some = min(units, debt[1])
                guess = part_of(debt[2], some, debt[1])
                debt[1] -= some
                debt[2] -= guess
                units -= some
                self.post(event["id"], "cost_of_sales", -guess)
                if not debt[1]:
                    self.debts[name].remove(debt)
        if units:
            value = part_of(sale[3], units, sale[2])
            sale[2] -= units
            sale[3] -= value
            self.post(event["id"], "cost_of_sales", -value)
            self.put(name, units, value, event["id"], "return")

    def do_supplier_return(self, event: Json) -> None:
        units = milli(event["quantity"])
        receipt = self.receipts[event["receipt"]]
        credit = part_of(receipt[2], units, receipt[1])
        receipt[1] -= units
        receipt[2] -= credit
        self.move(receipt[0], -units)
        name = self.pool(receipt[0])
        lots = self.lots[name]
        keeps = bool(lots) and units < lots[0][1] and (credit < lots[0][2] or credit == 0)
        if not self.fifo and keeps:
            lots[0][1] -= units
            lots[0][2] -= credit
            gave = credit
            self.settled[event["id"]] = [name, "return_difference", units, credit]
        else:
            own = [lot for lot in lots if lot[0] == event["receipt"]] if self.fifo else []
            gave = self.take(name, units, event["id"], "return_difference", own[0] if own else None)
        self.post(event["id"], "payable", credit)
        self.post(event["id"], "return_difference", gave - credit)

    def do_count(self, event: Json) -> None:
        name = self.pool(event["warehouse"])
        gap = milli(event["quantity"]) - self.hand.get(event["warehouse"], 0)
        self.move(event["warehouse"], gap)
        if gap < 0:
            cost = self.take(name, -gap, event["id"], "count_difference")
            self.post(event["id"], "count_difference", cost)
        elif gap > 0:
            if "unit_cost" in event:
                value = nearest(Fraction(gap * tenth(event["unit_cost"]), 1000))
            elif not self.fifo and self.quantity(name) > 0:
                value = nearest(Fraction(self.value(name) * gap, self.quantity(name)))
            else:
                value = nearest(Fraction(gap * (self.last.get(name) or self.reference), 1000))
            self.post(event["id"], "count_difference", -value)
            self.put(name, gap, value, event["id"], "found")

    def do_transfer_out(self, event: Json) -> None:
        units = milli(event["quantity"])
        self.move(event["warehouse"], -units)
        self.move("(transit)", units)
        value = 0
        if not self.one_pool:
            name = self.pool(event["warehouse"])
            value = self.take(name, units, event["id"], "transfer_difference")
            self.post(event["id"], "transit", value)
        self.open[event["id"]] = [units, value]

    def do_transfer_in(self, event: Json) -> None:
        units = milli(event["quantity"])
        sent, value = self.open.pop(event["transfer"])
        self.move("(transit)", -sent)
        self.move(event["warehouse"], units)
        if self.one_pool:
            if sent > units:
                name = self.pool(event["warehouse"])
                cost = self.take(name, sent - units, event["id"], "transfer_difference")
                self.post(event["id"], "transfer_difference", cost)
            return
        arrived = part_of(value, units, sent)
        self.post(event["id"], "transit", -value)
        self.post(event["id"], "transfer_difference", value - arrived)
        if units:
            self.put(self.pool(event["warehouse"]), units, arrived, event["id"], "arrival")

    def do_late_cost(self, event: Json) -> None:
        cost = tenth(event["value"])
        receipt = self.receipts[event["receipt"]]
        name = self.pool(receipt[0])
        lots = self.lots[name]
        if self.fifo:
            wanted = {event["receipt"]}
            if receipt[3] < self.closings:
                wanted.add("(opening)")
            lots = [lot for lot in lots if lot[0] in wanted]
        part = 0
        if lots and receipt[1]:
            units = min(lots[0][1], receipt[1])
            part = max(nearest(Fraction(cost * units, receipt[1])), -lots[0][2])
            lots[0][2] += part
            if not self.fifo:
                self.learn(name, lots[0][2], lots[0][1])
        receipt[2] = max(0, receipt[2] + cost)
        self.post(event["id"], "payable", -cost)
        self.post(event["id"], "cost_adjustment", cost - part)

    def do_change_method(self, event: Json) -> None:
        for name, lots in self.lots.items():
            if lots:
                units = sum(lot[1] for lot in lots)
                self.lots[name] = [["(opening)", units, sum(lot[2] for lot in lots)]]
        self.fifo = event["to"] == "fifo"
        self.closings += 1


def solve_costing(case: Json) -> Json:
    """Enter events one by one; after each, everything is replayed from nothing."""
    accepted: list[Json] = []
    steps = []
    before: Posted = {}
    world = World(case)
    for event in case["events"]:
        try:
            after = _with(case, accepted, event)
        except RefusedError as refused:
            steps.append({"id": event["id"], "error": str(refused)})
            continue
        accepted, world = after
        steps.append(_step(event, accepted, world, before))
        before = world.posted
    accounts: dict[str, int] = {}
    for posted in before.values():
        for account, amount in posted.items():
            accounts[account] = accounts.get(account, 0) + amount
    return {
        "steps": steps,
        "accounts": {name: shown(amount, 4) for name, amount in accounts.items() if amount},
        "on_hand": {name: shown(units, 3) for name, units in world.hand.items() if units},
    }


def _with(case: Json, accepted: list[Json], event: Json) -> tuple[list[Json], World]:
    _check(accepted, event)
    if event["type"] == "correct_value":
        later = [
            given | {"value": event["value"]} if given["id"] == event["receipt"] else given
            for given in accepted
        ]
        return later, _replay(case, later)
    later = sorted([*accepted, event], key=lambda given: given["at"])
    _check_stock(_replay(case, later[: later.index(event)]), event)
    return later, _replay(case, later)


def _replay(case: Json, events: list[Json]) -> World:
    world = World(case)
    for event in events:
        world.do(event)
    return world


def _step(event: Json, accepted: list[Json], world: World, before: Posted) -> Json:
    changes = []
    for given in accepted:
        old, new = before.get(given["id"], {}), world.posted[given["id"]]
        for account in sorted(old.keys() | new.keys()):
            delta = new.get(account, 0) - old.get(account, 0)
            if delta and given["id"] != event["id"]:
                changes.append({"id": given["id"], "account": account, "delta": shown(delta, 4)})
    own = world.posted.get(event["id"], {})
    return {
        "id": event["id"],
        "postings": {name: shown(amount, 4) for name, amount in own.items() if amount},
        "changes": changes,
        "pools": {name: _pool(world, name) for name in world.lots},
    }


def _pool(world: World, name: str) -> Json:
    units, value = world.quantity(name), world.value(name)
    unit = shown(nearest(Fraction(value * 1000, units)), 4) if units > 0 else None
    pool: Json = {"quantity": shown(units, 3), "value": shown(value, 4), "average": unit}
    if world.fifo:
        pool["layers"] = [[shown(lot[1], 3), shown(lot[2], 4)] for lot in world.lots[name]]
    return pool


REFERENCES = {
    "customer_return": ("issue", "sale"),
    "supplier_return": ("receipt", "receipt"),
    "late_cost": ("receipt", "receipt"),
    "correct_value": ("receipt", "receipt"),
    "transfer_in": ("transfer", "transfer_out"),
}


def _check(accepted: list[Json], event: Json) -> None:
    kind = event["type"]
    if "quantity" in event:
        units = Decimal(event["quantity"])
        if units < 0 or (units == 0 and kind not in ("count", "transfer_in")):
            raise RefusedError("bad_quantity")
    money: str = event.get("unit_cost") or event.get("value") or "0"
    if Decimal(money) < 0 and kind != "late_cost":
        raise RefusedError("bad_value")
    referred = _referred(accepted, event)
    closings = [given["at"] for given in accepted if given["type"] == "change_method"]
    at = referred["at"] if referred and kind == "correct_value" else event["at"]
    if closings and at <= max(closings):
        raise RefusedError("before_closing")
    if kind == "change_method" and any(given["at"] > event["at"] for given in accepted):
        raise RefusedError("before_closing")
    if referred is not None:
        _check_rest(accepted, event, referred)


def _referred(accepted: list[Json], event: Json) -> Json | None:
    if event["type"] not in REFERENCES:
        return None
    key, kind = REFERENCES[event["type"]]
    found = [g for g in accepted if g["id"] == event[key] and g["type"] == kind]
    if not found:
        raise RefusedError("unknown_reference")
    if event["type"] != "correct_value" and event["at"] < found[0]["at"]:
        raise RefusedError("before_reference")
    return found[0]


def _check_rest(accepted: list[Json], event: Json, referred: Json) -> None:
    kind = event["type"]
    key, _ = REFERENCES[kind]
    same = [g for g in accepted if g["type"] == kind and g[key] == event[key]]
    if kind == "correct_value":
        late = [g for g in accepted if g["type"] == "late_cost" and g[key] == event[key]]
        if Decimal(event["value"]) + sum(Decimal(g["value"]) for g in late) < 0:
            raise RefusedError("bad_value")
    if kind.endswith("_return"):
        units = sum(milli(g["quantity"]) for g in [*same, event])
        if units > milli(referred["quantity"]):
            raise RefusedError("over_return")
    if kind == "transfer_in":
        if same:
            raise RefusedError("already_received")
        if milli(event["quantity"]) > milli(referred["quantity"]):
            raise RefusedError("over_receive")


def _check_stock(world: World, event: Json) -> None:
    if event["type"] == "transfer_out":
        warehouse = event["warehouse"]
    elif event["type"] == "supplier_return":
        warehouse = world.receipts[event["receipt"]][0]
    else:
        return
    if world.hand.get(warehouse, 0) < milli(event["quantity"]):
        raise RefusedError("insufficient_stock")


# -- cost of a supplier's paper


def _split(amount: int, weights: list[int]) -> list[int]:
    if not sum(weights):
        return [0] * len(weights)
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def solve_receipt_cost(case: Json) -> Json:
    lines = case["lines"]
    nets = [line["amount"] for line in lines]
    for discount in case.get("global_discounts", []):
        nets = [net - part for net, part in zip(nets, _split(discount, nets), strict=True)]
    sums = [Fraction(net) for net in nets]

    def spread(amount: int, weights: list[int], kept: Fraction) -> None:
        for place, part in enumerate(_split(amount, weights)):
            sums[place] += part * kept

    kept = 1 - Fraction(case.get("additional_recoverable_percent", "0")) / 100
    for tax in case.get("additional_taxes", []):
        mine = [
            net if line.get("tax_code") == tax["code"] else 0
            for line, net in zip(lines, nets, strict=True)
        ]
        spread(tax["amount"], mine, kept)
    kept = 1 - Fraction(case.get("iva_recoverable_percent", "100")) / 100
    affected = [0 if line.get("exempt") else net for line, net in zip(lines, nets, strict=True)]
    spread(case.get("iva", 0), affected, kept)
    units = [milli(line["quantity"]) * line.get("units_per_pack", 1) for line in lines]
    spread(case.get("freight", 0), nets if any(nets) else units, Fraction(1))
    values = [nearest(exact * 10000) for exact in sums]
    return {
        "lines": [
            {
                "quantity": shown(count, 3),
                "value": shown(value, 4),
                "unit_cost": shown(nearest(Fraction(value * 1000, count)), 4),
            }
            for count, value in zip(units, values, strict=True)
        ],
        "value": shown(sum(values), 4),
    }


SOLVERS: dict[str, Callable[[Json], Json]] = {
    "costing": solve_costing,
    "receipt_cost": solve_receipt_cost,
}
