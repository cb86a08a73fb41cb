"""Cash, tax and returns a second time, slowly: JSON in, JSON out, fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction

from erpmarket.pricing.tests.oracle_arithmetic import (
    ROUNDING,
    VAT,
    Json,
    RefusedError,
    net_of,
    r0,
    rounded,
    split,
)


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
        covered: int = ({"boleta_amount": line["amount"]} | line)["boleta_amount"]
        units = quantities.get(name, Fraction(0))
        before = r0(covered * back[name] / whole)
        after = r0(covered * (back[name] + units) / whole)
        so_far[line.get("exempt", False)] += before
        later[line.get("exempt", False)] += after
        rest: int = line["amount"] - covered
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
