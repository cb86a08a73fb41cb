"""Tickets a second time, slowly: JSON in, JSON out, one unit at a time.

Nothing of the production code is imported; where both agree, both had to read the same rule.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

from erpmarket.pricing.tests.oracle_arithmetic import Json, RefusedError, fixed, r0, split


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
    return bool(promotion.get("valid_from", "0000") <= text < promotion.get("valid_to", "9999"))


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
