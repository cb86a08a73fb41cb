"""The rules of pricing a second time, slowly: JSON in, JSON out, fractions, one unit at a time.

Nothing of the production code is imported; where both agree, both had to read the same rule.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
VAT = Fraction(19, 100)


class RefusedError(Exception):
    """The code of a refusal."""


def solve(case: Json) -> Json:
    """Answer one case of a kind in SOLVERS."""
    try:
        return SOLVERS[case["kind"]](case["input"])
    except RefusedError as refused:
        return {"error": str(refused)}


def r0(exact: Fraction) -> int:
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def split(amount: int, weights: list[int]) -> list[int]:
    """Hand out the floor of each share, then single pesos to the largest remainders."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(amount * weight, total) for weight in weights]
    parts = [math.floor(share) for share in exact]
    while sum(parts) < amount:
        neediest = max(range(len(parts)), key=lambda i: (exact[i] - parts[i], -i))
        parts[neediest] += 1
        exact[neediest] -= 1
        # The remainder given is spent: it must not win again before the others.
        exact[neediest] = Fraction(parts[neediest]) - 1
    return parts


def net_of(gross: int) -> int:
    return r0(gross / (1 + VAT))


def fixed(quantity: Fraction) -> str:
    thousandths = quantity * 1000
    assert thousandths.denominator == 1
    return f"{thousandths.numerator // 1000}.{thousandths.numerator % 1000:03d}"


# ---- tickets


def solve_pricing(case: Json) -> Json:
    at = datetime.fromisoformat(case["at_local"])
    lines = [_ring_up(line, case.get("lists", ["base"]), at.date()) for line in case["lines"]]
    applied = _promote(lines, case.get("promotions", []), at)
    limits = case.get("limits", {})
    for line in lines:
        line["rest"] = line["base"] - sum(line["promotions"].values())
        line["line_discount"] = 0
        if line["given"].get("discount") is not None:
            if not line["discountable"]:
                raise RefusedError("not_discountable")
            line["line_discount"] = _by_hand(
                line["given"]["discount"], line["rest"], limits.get("line_percent", "100")
            )
            line["rest"] -= line["line_discount"]
    open_rests = [line["rest"] if line["discountable"] else 0 for line in lines]
    off = 0
    if case.get("ticket_discount") is not None:
        off = _by_hand(
            case["ticket_discount"], sum(open_rests), limits.get("ticket_percent", "100")
        )
    for line, part in zip(lines, split(off, open_rests), strict=True):
        line["ticket_discount"] = part
        line["amount"] = line["rest"] - part
    return {
        "lines": [_shown(line) for line in lines],
        "applications": applied,
        "affected": sum(line["amount"] for line in lines if not line["exempt"]),
        "exempt": sum(line["amount"] for line in lines if line["exempt"]),
        "total": sum(line["amount"] for line in lines),
    }


def _ring_up(given: Json, lists: list[str], today: date) -> Json:
    price = _price(given, lists, today)
    label = given.get("label_price")
    unit = given.get("unit", "un")
    if "quantity" in given:
        quantity = Fraction(given["quantity"])
        if quantity <= 0 or (unit == "un" and quantity.denominator != 1):
            raise RefusedError("bad_quantity")
    elif label is None:
        raise RefusedError("bad_quantity")
    else:
        quantity = max(Fraction(1, 1000), Fraction(r0(Fraction(label * 1000, price)), 1000))
    by_list = r0(quantity * price)
    base = by_list if label is None else label
    splits = unit == "un" and label is None
    return {
        "given": given,
        "unit": unit,
        "price": price,
        "quantity": quantity,
        "by_list": by_list,
        "base": base,
        "label": label is not None,
        "discountable": given.get("discountable", True),
        "exempt": given.get("exempt", False),
        # A unit sold by count may go to a promotion alone; kilos and labels only as a whole.
        "free": int(quantity) if splits else 1,
        "splits": splits,
        "promotions": {},
    }


def _price(given: Json, lists: list[str], today: date) -> int:
    if "price" in given:
        price = given["price"]
    else:
        rows = [
            row
            for row in given["prices"]
            if row.get("valid_from", "0000") <= today.isoformat() < row.get("valid_to", "9999")
        ]
        for name in lists:
            mine = [row for row in rows if row["list"] == name]
            if mine:
                newest = max(row.get("valid_from", "") for row in mine)
                price = min(row["price"] for row in mine if row.get("valid_from", "") == newest)
                break
        else:
            raise RefusedError("no_price")
    if price <= 0 or given.get("label_price", 1) <= 0:
        raise RefusedError("zero_price")
    return int(price)


def _by_hand(discount: Json, rest: int, limit: str) -> int:
    if "percent" in discount:
        percent = Fraction(discount["percent"])
        if not 0 <= percent <= 100:
            raise RefusedError("discount_over_amount")
        if percent > Fraction(limit):
            raise RefusedError("discount_over_limit")
        return r0(rest * percent / 100)
    amount = int(discount["amount"])
    if not 0 <= amount <= rest:
        raise RefusedError("discount_over_amount")
    if Fraction(amount) > Fraction(limit) * rest / 100:
        raise RefusedError("discount_over_limit")
    return amount


def _promote(lines: list[Json], promotions: list[Json], at: datetime) -> list[Json]:
    live = [promotion for promotion in promotions if _holds(promotion, at)]
    uses = {promotion["id"]: 0 for promotion in live}
    applied: list[Json] = []
    while True:
        offers = [
            offer
            for promotion in live
            if uses[promotion["id"]] < promotion.get("max_applications", 10**9)
            for offer in _offers(promotion, lines, at)
            if offer["saving"] > 0
        ]
        if not offers:
            return applied
        best = min(
            offers,
            key=lambda offer: (
                -Fraction(offer["saving"], offer["gross"]),
                -offer["saving"],
                offer["promotion"].get("priority", 100),
                offer["promotion"]["id"],
                min(offer["units"]),
            ),
        )
        uses[best["promotion"]["id"]] += 1
        applied.append(_apply(best, lines))


def _apply(offer: Json, lines: list[Json]) -> Json:
    name = offer["promotion"]["id"]
    places = sorted(offer["units"])
    parts = offer.get("parts")
    if parts is None:
        grosses = [offer["units"][place] * lines[place]["price"] for place in places]
        parts = dict(zip(places, split(offer["saving"], grosses), strict=True))
    units = []
    for place in places:
        line = lines[place]
        count = offer["units"][place]
        units.append(
            [line["given"]["id"], fixed(Fraction(count) if line["splits"] else line["quantity"])]
        )
        line["free"] -= count
        if parts[place]:
            line["promotions"][name] = line["promotions"].get(name, 0) + parts[place]
    return {"promotion": name, "saving": offer["saving"], "units": units}


def _holds(promotion: Json, at: datetime) -> bool:
    day = at.date()
    if promotion.get("hours"):
        begin, end = promotion["hours"]
        clock = at.strftime("%H:%M")
        if begin < end:
            if clock < begin or clock >= end:
                return False
        elif clock < end:
            day = day - timedelta(days=1)
        elif clock < begin:
            return False
    if promotion.get("weekdays") and day.isoweekday() not in promotion["weekdays"]:
        return False
    text = day.isoformat()
    return promotion.get("valid_from", "0000") <= text < promotion.get("valid_to", "9999")


def _fits(line: Json, select: Json) -> bool:
    given = line["given"]
    return bool(
        select.get("all")
        or given["product"] in select.get("products", [])
        or given.get("category") in select.get("categories", [])
    )


def _free_gross(line: Json) -> int:
    if not line["splits"] or line["free"] == int(line["quantity"]):
        return int(line["base"])
    return int(line["free"] * line["price"])


def _free_quantity(line: Json) -> Fraction:
    return Fraction(line["free"]) if line["splits"] else line["quantity"]


def _dearest(
    lines: list[Json], select: Json, wanted: int, used: dict[int, int]
) -> list[int] | None:
    pool = [
        (-line["price"], place)
        for place, line in enumerate(lines)
        if line["splits"] and line["discountable"] and _fits(line, select)
        for _ in range(line["free"] - used.get(place, 0))
    ]
    if len(pool) < wanted:
        return None
    return [place for _, place in sorted(pool)[:wanted]]


def _group(promotion: Json, lines: list[Json], places: list[int], saving: int) -> Json:
    units = {place: places.count(place) for place in places}
    gross = sum(lines[place]["price"] for place in places)
    return {"promotion": promotion, "units": units, "gross": gross, "saving": saving}


def _offers(promotion: Json, lines: list[Json], at: datetime) -> list[Json]:
    kind = promotion["kind"]
    if kind == "combo":
        return _combo_offers(promotion, lines)
    if kind == "quantity_price":
        return _quantity_offers(promotion, lines)
    if kind == "percent":
        return _percent_offers(promotion, lines, at)
    places = _dearest(lines, promotion["select"], promotion["n"], {})
    if places is None:
        return []
    prices = sorted(lines[place]["price"] for place in places)
    if kind == "n_for_m":
        saving = sum(prices[: promotion["n"] - promotion["m"]])
    elif kind == "n_for_price":
        saving = sum(prices) - promotion["price"]
    else:
        saving = r0(prices[0] * Fraction(promotion["percent"]) / 100)
    return [_group(promotion, lines, places, saving)]


def _combo_offers(promotion: Json, lines: list[Json]) -> list[Json]:
    taken: list[int] = []
    for slot in promotion["slots"]:
        used = {place: taken.count(place) for place in taken}
        places = _dearest(lines, slot["select"], slot.get("count", 1), used)
        if places is None:
            return []
        taken += places
    saving = sum(lines[place]["price"] for place in taken) - promotion["price"]
    return [_group(promotion, lines, taken, saving)]


def _quantity_offers(promotion: Json, lines: list[Json]) -> list[Json]:
    mine = {
        place: line
        for place, line in enumerate(lines)
        if line["free"]
        and line["discountable"]
        and not line["label"]
        and line["price"] > promotion["price"]
        and _fits(line, promotion["select"])
    }
    if not mine:
        return []
    if sum(map(_free_quantity, mine.values())) < Fraction(promotion["min_quantity"]):
        return []
    parts = {
        place: _free_gross(line) - r0(_free_quantity(line) * promotion["price"])
        for place, line in mine.items()
    }
    return [
        {
            "promotion": promotion,
            "units": {place: line["free"] for place, line in mine.items()},
            "gross": sum(map(_free_gross, mine.values())),
            "saving": sum(parts.values()),
            "parts": parts,
        }
    ]


def _percent_offers(promotion: Json, lines: list[Json], at: datetime) -> list[Json]:
    offers = []
    for place, line in enumerate(lines):
        if not (line["free"] and line["discountable"] and _fits(line, promotion["select"])):
            continue
        days = promotion.get("expiring_within_days")
        if days is not None:
            expires = line["given"].get("expires_on")
            if expires is None:
                continue
            if not 0 <= (date.fromisoformat(expires) - at.date()).days <= days:
                continue
        gross = _free_gross(line)
        saving = r0(gross * Fraction(promotion["percent"]) / 100)
        offers.append(
            {
                "promotion": promotion,
                "units": {place: line["free"]},
                "gross": gross,
                "saving": saving,
                "parts": {place: saving},
            }
        )
    return offers


def _shown(line: Json) -> Json:
    as_one = line["base"] != line["by_list"]
    return {
        "id": line["given"]["id"],
        "price": line["price"],
        "quantity": fixed(line["quantity"]),
        "base": line["base"],
        "promotions": line["promotions"],
        "line_discount": line["line_discount"],
        "ticket_discount": line["ticket_discount"],
        "amount": line["amount"],
        "dte": {
            "quantity": "1.000" if as_one else fixed(line["quantity"]),
            "price": line["base"] if as_one else line["price"],
            "discount": line["base"] - line["amount"],
            "amount": line["amount"],
        },
    }


# ---- cash

ROUNDING = {0: 0, 1: -1, 2: -2, 3: -3, 4: -4, 5: -5, 6: 4, 7: 3, 8: 2, 9: 1}


def rounded(amount: int) -> int:
    return amount + ROUNDING[amount % 10]


def solve_payment(case: Json) -> Json:
    cash = 0
    others = []
    chose_cash = False
    for tender in case["tenders"]:
        if tender["kind"] == "cash":
            chose_cash = True
            cash += tender["amount"]
            if tender["amount"] < 0 or tender["amount"] % 10:
                raise RefusedError("bad_cash_amount")
        elif tender["amount"] <= 0:
            raise RefusedError("bad_amount")
        else:
            others.append({"kind": tender["kind"], "amount": tender["amount"]})
    due = case["total"] - sum(other["amount"] for other in others)
    if due < 0 or (due == 0 and cash > 0):
        raise RefusedError("over_tender")
    if due > 0 and (not chose_cash or cash < rounded(due)):
        raise RefusedError("under_tender")
    to_pay = rounded(due)
    payments = others + ([{"kind": "cash", "amount": to_pay}] if due else [])
    return {
        "cash_due": due,
        "rounding": ROUNDING[due % 10],
        "cash_to_pay": to_pay,
        "change": cash - to_pay,
        "payments": payments,
    }


def solve_refund(case: Json) -> Json:
    holds = {
        paid["kind"]: paid["amount"] - paid.get("refunded", 0)
        for paid in case["paid"]
        if paid["kind"] != "cash"
    }
    left = case["amount"]
    parts = []
    if "chosen" in case:
        for chosen in case["chosen"]:
            if chosen["amount"] <= 0:
                raise RefusedError("bad_amount")
            holds[chosen["kind"]] = holds.get(chosen["kind"], 0) - chosen["amount"]
            left -= chosen["amount"]
            parts.append({"kind": chosen["kind"], "amount": chosen["amount"]})
            if holds[chosen["kind"]] < 0:
                raise RefusedError("over_refund")
        if left < 0:
            raise RefusedError("over_refund")
    else:
        for kind, hold in holds.items():
            part = min(hold, left)
            if part > 0:
                parts.append({"kind": kind, "amount": part})
                left -= part
    if left:
        parts.append({"kind": "cash", "amount": rounded(left)})
    return {
        "parts": parts,
        "cash_due": left,
        "cash_out": rounded(left),
        "rounding": -ROUNDING[left % 10],
    }


def solve_shift(case: Json) -> Json:
    sales = refunds = others = third = rounding = 0
    for event in case["events"]:
        kind = event["type"]
        if kind == "sale":
            paid = solve_payment(event)
            sales += paid["cash_to_pay"]
            rounding += paid["rounding"]
        elif kind == "refund":
            back = solve_refund(event)
            refunds += back["cash_out"]
            rounding += back["rounding"]
        elif kind == "credit_payment":
            tenders = [{"kind": "cash", "amount": event["tendered"]}]
            paid = solve_payment({"total": event["amount"], "tenders": tenders})
            others += paid["cash_to_pay"]
            rounding += paid["rounding"]
        elif kind == "third_party":
            third += event["amount"]
        else:
            others += event["amount"] if kind == "cash_in" else -event["amount"]
    expected = case["opening"] + sales - refunds + others
    counted = case.get("counted")
    return {
        "cash_sales": sales,
        "cash_refunds": refunds,
        "expected": expected,
        "third_party": third,
        "expected_in_drawer": expected + third,
        "rounding": rounding,
        "difference": None if counted is None else counted - expected - third,
    }


# ---- tax


def _totals(kind: int, affected: int, exempt: int) -> Json:
    net = net_of(affected)
    return {
        "type": kind,
        "net": net,
        "exempt": exempt,
        "iva": affected - net,
        "total": affected + exempt,
    }


def _boleta(affected: int, exempt: int) -> Json:
    return _totals(39 if affected else 41, affected, exempt)


def _sums(lines: list[Json], key: str = "amount") -> tuple[int, int]:
    affected = sum(line[key] for line in lines if not line.get("exempt"))
    return affected, sum(line[key] for line in lines if line.get("exempt"))


def solve_boleta(case: Json) -> Json:
    affected, exempt = _sums(case["lines"])
    if affected + exempt == 0:
        raise RefusedError("total_zero")
    totals = _boleta(affected, exempt)
    weights = [0 if line.get("exempt") else line["amount"] for line in case["lines"]]
    shares = split(totals["net"], weights)
    totals["line_nets"] = [
        line["amount"] if line.get("exempt") else share
        for line, share in zip(case["lines"], shares, strict=True)
    ]
    return totals


def solve_factura(case: Json) -> Json:
    lines = case["lines"]
    if case["form"] == "gross" and any("tax_code" in line for line in lines):
        raise RefusedError("additional_tax_needs_net")
    nets = solve_boleta(case)["line_nets"]
    affected, exempt = _sums(lines)
    totals = _totals(33 if affected else 34, affected, exempt)
    rates = case.get("additional_rates", {}) if case["form"] == "net" else {}
    additional = []
    for code in sorted(rates, key=int):
        mine = [net for line, net in zip(lines, nets, strict=True) if line.get("tax_code") == code]
        if mine:
            amount = r0(Fraction(rates[code]) * sum(mine) / 100)
            additional.append({"code": code, "amount": amount})
            totals["total"] += amount
    shown = []
    for line, net in zip(lines, nets, strict=True):
        price = Fraction(line["price"])
        amount = line["amount"]
        if case["form"] == "net" and not line.get("exempt"):
            price = Fraction(r0(price / (1 + VAT) * 10**6), 10**6)
            amount = net
        gap = r0(price * Fraction(line["quantity"])) - amount
        shown.append(
            {
                "price": _shortest(price),
                "discount": max(gap, 0),
                "surcharge": max(-gap, 0),
                "amount": amount,
            }
        )
    totals |= {
        "gross_lines": case["form"] == "gross" and bool(affected),
        "additional": additional,
        "lines": shown,
    }
    return totals


def _shortest(number: Fraction) -> str:
    whole, rest = divmod(number, 1)
    digits = f"{int(rest * 10**6):06d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def solve_voucher_split(case: Json) -> Json:
    lines, tenders = case["lines"], case["tenders"]
    if sum(tender["amount"] for tender in tenders) != sum(line["amount"] for line in lines):
        raise RefusedError("tenders_differ")
    left = [line["amount"] for line in lines]
    voucher = [0] * len(lines)
    for restricted, stands_for_boleta in itertools.product((True, False), (True, False)):
        for tender in tenders:
            if (tender.get("restricted", False), tender["voucher"]) != (
                restricted,
                stands_for_boleta,
            ):
                continue
            open_to = [
                rest if not restricted or line.get("eligible") else 0
                for line, rest in zip(lines, left, strict=True)
            ]
            if tender["amount"] > sum(open_to):
                raise RefusedError("not_eligible")
            for place, part in enumerate(split(tender["amount"], open_to)):
                left[place] -= part
                voucher[place] += part if stands_for_boleta else 0
    parts = [line["amount"] - covered for line, covered in zip(lines, voucher, strict=True)]
    rest = [dict(line, part=part) for line, part in zip(lines, parts, strict=True)]
    return {
        "boleta_lines": parts,
        "voucher_lines": voucher,
        "boleta": _boleta(*_sums(rest, "part")) if any(parts) else None,
        "voucher": sum(voucher),
    }


# ---- returns


def solve_credit_notes(case: Json) -> Json:
    back = {line["id"]: Fraction(0) for line in case["lines"]}
    notes = []
    for wanted in case["returns"]:
        try:
            notes.append(_note(case["lines"], back, wanted))
        except RefusedError as refused:
            notes.append({"error": str(refused)})
    return {"notes": notes}


def _wanted(lines: list[Json], back: dict[str, Fraction], wanted: Json) -> dict[str, Fraction]:
    if wanted.get("annul"):
        rest = {line["id"]: Fraction(line["quantity"]) - back[line["id"]] for line in lines}
        rest = {line: quantity for line, quantity in rest.items() if quantity}
        if not rest:
            raise RefusedError("nothing_left")
        return rest
    sums: dict[str, Fraction] = {}
    for line in wanted["lines"]:
        if line["id"] not in back:
            raise RefusedError("unknown_reference")
        if Fraction(line["quantity"]) <= 0:
            raise RefusedError("bad_quantity")
        sums[line["id"]] = sums.get(line["id"], Fraction(0)) + Fraction(line["quantity"])
    for line in lines:
        if back[line["id"]] + sums.get(line["id"], 0) > Fraction(line["quantity"]):
            raise RefusedError("over_return")
    return sums


def _note(lines: list[Json], back: dict[str, Fraction], wanted: Json) -> Json:
    quantities = _wanted(lines, back, wanted)
    is_first = not any(back.values())
    so_far = later = {True: 0, False: 0}
    so_far, later = dict(so_far), dict(later)
    voucher = 0
    shown = []
    for line in lines:
        name, whole = line["id"], Fraction(line["quantity"])
        covered = line.get("boleta_amount", line["amount"])
        units = quantities.get(name, Fraction(0))
        before = r0(covered * back[name] / whole)
        after = r0(covered * (back[name] + units) / whole)
        so_far[line.get("exempt", False)] += before
        later[line.get("exempt", False)] += after
        rest = line["amount"] - covered
        voucher += r0(rest * (back[name] + units) / whole) - r0(rest * back[name] / whole)
        if name in quantities:
            gap = r0(line["price"] * units) - (after - before)
            shown.append(
                {
                    "id": name,
                    "amount": after - before,
                    "discount": max(gap, 0),
                    "surcharge": max(-gap, 0),
                }
            )
    for name, units in quantities.items():
        back[name] += units
    is_all = all(back[line["id"]] == Fraction(line["quantity"]) for line in lines)
    net = net_of(later[False]) - net_of(so_far[False])
    affected, exempt = later[False] - so_far[False], later[True] - so_far[True]
    return {
        "paper": 61 if affected + exempt else None,
        "code_ref": 1 if is_first and is_all else 3,
        "lines": shown,
        "net": net,
        "exempt": exempt,
        "iva": affected - net,
        "total": affected + exempt,
        "voucher_refund": voucher,
        "cash_if_all_cash": rounded(affected + exempt),
    }


def solve_exchange(case: Json) -> Json:
    back, new = case["returned"], case["taken"]
    before = case.get("credited_before", 0)
    gap = {key: new[key] - back[key] for key in ("affected", "exempt")}

    def credit(affected: int, exempt: int) -> Json:
        net = net_of(before + affected) - net_of(before)
        return _totals(61, affected, exempt) | {"net": net, "iva": affected - net}

    if min(gap.values()) >= 0:
        papers = [_boleta(**gap)] if max(gap.values()) else []
    elif max(gap.values()) <= 0:
        papers = [credit(-gap["affected"], -gap["exempt"])]
    else:
        papers = [credit(**back), _boleta(**new)]
    return {"papers": papers, "to_pay": gap["affected"] + gap["exempt"]}


SOLVERS: dict[str, Callable[[Json], Json]] = {
    "pricing": solve_pricing,
    "payment": solve_payment,
    "refund": solve_refund,
    "shift": solve_shift,
    "boleta": solve_boleta,
    "factura": solve_factura,
    "voucher_split": solve_voucher_split,
    "credit_notes": solve_credit_notes,
    "exchange": solve_exchange,
}
