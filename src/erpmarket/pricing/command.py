"""Read cases as JSON and answer those of pricing, cash, tax, returns and days.

Pesos are JSON integers, all other numbers text, so that no reader makes a float of them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from dte.amounts import number_text
from dte.taxes import vat_percent
from erpmarket.common import clock
from erpmarket.common.errors import DomainError
from erpmarket.pricing import cash, returns, tax, vouchers
from erpmarket.pricing.amounts import QUANTITY_QUANTUM
from erpmarket.pricing.cart import price_cart
from erpmarket.pricing.reading import read_cart
from erpmarket.pricing.shift import Drawer
from erpmarket.pricing.types import PricedCart

# A parsed JSON object; its shape is checked by reading it.
Case = Mapping[str, Any]
Json = dict[str, object]

_VAT = vat_percent(date(2026, 1, 1))


def answer(text: str) -> str:
    """Answer `{"cases": [...]}` with `{"results": [{"id", "output"}]}`."""
    results = [
        {"id": case["id"], "output": answer_case(case)}
        for case in json.loads(text)["cases"]
        if case["kind"] in KINDS
    ]
    return json.dumps({"results": results}, ensure_ascii=False) + "\n"


def answer_case(case: Case) -> Json:
    """Answer one case, a refusal with its code."""
    try:
        return KINDS[case["kind"]](case["input"])
    except DomainError as refused:
        return {"error": refused.code}


def answer_pricing(case: Case) -> Json:
    cart = read_cart(case)
    return _cart_json(
        price_cart(
            cart.lines,
            at_local=cart.at_local,
            promotions=cart.promotions,
            lists=cart.lists,
            ticket_discount=cart.ticket_discount,
            limits=cart.limits,
        )
    )


def answer_payment(case: Case) -> Json:
    payment = cash.settle_payment(case["total"], _tenders(case["tenders"]))
    return {
        "cash_due": payment.cash_due_clp,
        "rounding": payment.rounding_clp,
        "cash_to_pay": payment.cash_to_pay_clp,
        "change": payment.change_clp,
        "payments": _tenders_json(payment.payments),
    }


def answer_refund(case: Case) -> Json:
    refund = _refund(case)
    return {
        "parts": _tenders_json(refund.parts),
        "cash_due": refund.cash_due_clp,
        "cash_out": refund.cash_out_clp,
        "rounding": refund.rounding_clp,
    }


def answer_shift(case: Case) -> Json:
    drawer = Drawer(opening_clp=case["opening"])
    for event in case["events"]:
        drawer = _after(drawer, event)
    counted = case.get("counted")
    return {
        "cash_sales": drawer.cash_sales_clp,
        "cash_refunds": drawer.cash_refunds_clp,
        "expected": drawer.expected_clp,
        "third_party": drawer.third_party_clp,
        "expected_in_drawer": drawer.expected_in_drawer_clp,
        "rounding": drawer.rounding_clp,
        "difference": None if counted is None else drawer.difference_clp(counted),
    }


def answer_day(case: Case) -> Json:
    at = datetime.fromisoformat(case["at"])
    cutoff = time.fromisoformat(case["cutoff"])
    business_date = clock.business_date(at, cutoff)
    start, end = clock.local_day_bounds(business_date, cutoff)
    hours = Decimal(int((end - start).total_seconds())) / 3600
    return {
        "business_date": business_date.isoformat(),
        "issue_date": clock.local_date(at).isoformat(),
        "start": _instant(start),
        "end": _instant(end),
        "hours": number_text(hours),
    }


def answer_boleta(case: Case) -> Json:
    lines = [_taxed(line, line["amount"]) for line in case["lines"]]
    totals = tax.boleta_totals(lines, vat_percent=_VAT)
    return _totals_json(totals) | {"line_nets": list(tax.line_nets(lines, totals.net_clp))}


def answer_factura(case: Case) -> Json:
    lines = tuple(
        tax.TicketLine(
            quantity=Decimal(line["quantity"]),
            price_clp=line["price"],
            amount_clp=line["amount"],
            is_exempt=line.get("exempt", False),
            tax_code=line.get("tax_code"),
        )
        for line in case["lines"]
    )
    if case["form"] == "gross":
        factura = tax.gross_factura(lines, vat_percent=_VAT)
    else:
        rates = case.get("additional_rates", {})
        factura = tax.net_factura(
            lines,
            vat_percent=_VAT,
            additional_percents={code: Decimal(rate) for code, rate in rates.items()},
        )
    return _totals_json(factura.totals) | {
        "gross_lines": factura.has_gross_lines,
        "additional": [
            {"code": code, "amount": amount} for code, amount in factura.totals.additional_clp
        ],
        "lines": [
            {
                "price": number_text(line.price),
                "discount": line.discount_clp,
                "surcharge": line.surcharge_clp,
                "amount": line.amount_clp,
            }
            for line in factura.lines
        ],
    }


def answer_voucher_split(case: Case) -> Json:
    split = vouchers.split_vouchers(
        [
            vouchers.VoucherLine(amount_clp=line["amount"], is_eligible=line.get("eligible", False))
            for line in case["lines"]
        ],
        [
            vouchers.VoucherTender(
                amount_clp=tender["amount"],
                is_voucher=tender["voucher"],
                is_restricted=tender.get("restricted", False),
            )
            for tender in case["tenders"]
        ],
    )
    boleta = None
    if any(split.boleta_clp):
        parts = zip(case["lines"], split.boleta_clp, strict=True)
        boleta = _totals_json(
            tax.boleta_totals([_taxed(line, part) for line, part in parts], vat_percent=_VAT)
        )
    return {
        "boleta_lines": list(split.boleta_clp),
        "voucher_lines": list(split.voucher_clp),
        "boleta": boleta,
        "voucher": sum(split.voucher_clp),
    }


def answer_credit_notes(case: Case) -> Json:
    document = returns.Returns(
        lines=tuple(
            returns.SoldLine(
                id=line["id"],
                quantity=Decimal(line["quantity"]),
                price_clp=line["price"],
                amount_clp=line["amount"],
                boleta_clp=line.get("boleta_amount", line["amount"]),
                is_exempt=line.get("exempt", False),
            )
            for line in case["lines"]
        )
    )
    notes: list[Json] = []
    for wanted in case["returns"]:
        try:
            note = _credit(document, wanted)
        except DomainError as refused:
            notes.append({"error": refused.code})
        else:
            document = note.returns
            notes.append(_note_json(note))
    return {"notes": notes}


def answer_exchange(case: Case) -> Json:
    returned, taken = (
        returns.Amounts(affected_clp=case[side]["affected"], exempt_clp=case[side]["exempt"])
        for side in ("returned", "taken")
    )
    papers = returns.exchange(
        returned,
        taken,
        credited_before_clp=case.get("credited_before", 0),
        vat_percent=_VAT,
    )
    to_pay = taken.affected_clp + taken.exempt_clp - returned.affected_clp - returned.exempt_clp
    return {"papers": [_totals_json(paper) for paper in papers], "to_pay": to_pay}


KINDS: Mapping[str, Callable[[Case], Json]] = {
    "pricing": answer_pricing,
    "payment": answer_payment,
    "refund": answer_refund,
    "shift": answer_shift,
    "day": answer_day,
    "boleta": answer_boleta,
    "factura": answer_factura,
    "voucher_split": answer_voucher_split,
    "credit_notes": answer_credit_notes,
    "exchange": answer_exchange,
}


def _cart_json(cart: PricedCart) -> Json:
    return {
        "lines": [
            {
                "id": line.id,
                "price": line.price_clp,
                "quantity": _quantity_text(line.quantity),
                "base": line.base_clp,
                "promotions": dict(line.promotions),
                "line_discount": line.line_discount_clp,
                "ticket_discount": line.ticket_discount_clp,
                "amount": line.amount_clp,
                "dte": {
                    "quantity": _quantity_text(line.document.quantity),
                    "price": line.document.price_clp,
                    "discount": line.document.discount_clp,
                    "amount": line.document.amount_clp,
                },
            }
            for line in cart.lines
        ],
        "applications": [
            {
                "promotion": application.promotion,
                "saving": application.saving_clp,
                "units": [[line, _quantity_text(count)] for line, count in application.units],
            }
            for application in cart.applications
        ],
        "affected": cart.affected_clp,
        "exempt": cart.exempt_clp,
        "total": cart.total_clp,
    }


def _quantity_text(quantity: Decimal) -> str:
    return format(quantity.quantize(QUANTITY_QUANTUM), "f")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tenders(given: list[Case]) -> tuple[cash.Tender, ...]:
    return tuple(cash.Tender(kind=each["kind"], amount_clp=each["amount"]) for each in given)


def _tenders_json(tenders: tuple[cash.Tender, ...]) -> list[Json]:
    return [{"kind": tender.kind, "amount": tender.amount_clp} for tender in tenders]


def _refund(case: Case) -> cash.Refund:
    paid = tuple(
        cash.PaidTender(
            kind=each["kind"],
            amount_clp=each["amount"],
            refunded_clp=each.get("refunded", 0),
        )
        for each in case["paid"]
    )
    chosen = case.get("chosen")
    return cash.settle_refund(case["amount"], paid, None if chosen is None else _tenders(chosen))


def _after(drawer: Drawer, event: Case) -> Drawer:
    match event["type"]:
        case "sale":
            return drawer.sell(cash.settle_payment(event["total"], _tenders(event["tenders"])))
        case "refund":
            return drawer.refund(_refund(event))
        case "credit_payment":
            tendered = cash.Tender(kind=cash.CASH, amount_clp=event["tendered"])
            return drawer.collect_credit(event["amount"], (tendered,))
        case "cash_in":
            return drawer.move(event["amount"])
        case "third_party":
            return drawer.hold_for_others(event["amount"])
        case _:
            return drawer.move(-event["amount"])


def _taxed(line: Case, amount_clp: int) -> tax.TaxedAmount:
    return tax.TaxedAmount(amount_clp=amount_clp, is_exempt=line.get("exempt", False))


def _totals_json(totals: tax.TaxTotals) -> Json:
    return {
        "type": totals.kind,
        "net": totals.net_clp,
        "exempt": totals.exempt_clp,
        "iva": totals.vat_clp,
        "total": totals.total_clp,
    }


def _credit(document: returns.Returns, wanted: Case) -> returns.CreditNote:
    if wanted.get("annul"):
        return returns.credit_all(document, vat_percent=_VAT)
    quantities = [(line["id"], Decimal(line["quantity"])) for line in wanted["lines"]]
    return returns.credit_lines(document, quantities, vat_percent=_VAT)


def _note_json(note: returns.CreditNote) -> Json:
    totals = note.totals
    return {
        "paper": totals.kind if note.has_paper else None,
        "code_ref": note.code_ref,
        "lines": [
            {
                "id": line.id,
                "amount": line.amount_clp,
                "discount": line.discount_clp,
                "surcharge": line.surcharge_clp,
            }
            for line in note.lines
        ],
        "net": totals.net_clp,
        "exempt": totals.exempt_clp,
        "iva": totals.vat_clp,
        "total": totals.total_clp,
        "voucher_refund": note.voucher_refund_clp,
        "cash_if_all_cash": cash.round_cash(totals.total_clp),
    }
