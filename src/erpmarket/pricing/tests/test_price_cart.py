"""Properties of tickets, and the second reading of the rules on tickets nobody wrote down."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erpmarket.pricing import (
    CartLine,
    Discount,
    PriceRow,
    PricingRefused,
    Unit,
    command,
    errors,
    price_cart,
)
from erpmarket.pricing.tests.oracle import solve

AT = datetime(2026, 7, 3, 18, 30)  # noqa: DTZ001 - a local minute has no zone
SELECTS = st.sampled_from(
    [{"all": True}, {"products": ["a", "b"]}, {"categories": ["x"]}, {"categories": ["y"]}]
)
PERCENTS = st.integers(0, 10_000).map(lambda count: f"{count // 100}.{count % 100:02d}")
PRICES = st.integers(1, 9_999) | st.sampled_from([490, 990, 1000])


def cart_line(**more: Any) -> CartLine:
    known: dict[str, Any] = {
        "id": "a",
        "product": "a",
        "quantity": Decimal(1),
        "prices": (PriceRow(price_clp=1000),),
    }
    return CartLine(**(known | more))


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    product = draw(st.sampled_from("abcd"))
    given: dict[str, Any] = {
        "product": product,
        "category": "x" if product in "ab" else "y",
        "price": draw(PRICES),
        "unit": draw(st.sampled_from(["un", "un", "kg"])),
        "exempt": draw(st.booleans()),
        "discountable": draw(st.sampled_from([True, True, True, False])),
    }
    if given["unit"] == "un":
        given["quantity"] = str(draw(st.integers(1, 7)))
    else:
        grams = draw(st.integers(1, 5_000))
        given["quantity"] = f"{grams // 1000}.{grams % 1000:03d}"
        if draw(st.booleans()):
            given["label_price"] = draw(PRICES)
    if given["discountable"] and draw(st.booleans()):
        given["discount"] = {"percent": draw(PERCENTS)}
    return given


@st.composite
def promotions(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            ["n_for_m", "n_for_price", "nth_percent", "combo", "quantity_price", "percent"]
        )
    )
    given: dict[str, Any] = {"kind": kind, "priority": draw(st.integers(1, 2))}
    if draw(st.booleans()):
        given["max_applications"] = draw(st.integers(1, 3))
    price = draw(PRICES)
    match kind:
        case "n_for_m":
            paid = draw(st.integers(1, 2))
            own: dict[str, Any] = {"n": paid + draw(st.integers(1, 2)), "m": paid}
        case "n_for_price":
            own = {"n": draw(st.integers(1, 3)), "price": price}
        case "nth_percent":
            own = {"n": draw(st.integers(1, 3)), "percent": draw(PERCENTS)}
        case "combo":
            slots = [{"select": draw(SELECTS), "count": draw(st.integers(1, 2))} for _ in "ab"]
            return given | {"slots": slots, "price": price}
        case "quantity_price":
            own = {"min_quantity": str(draw(st.integers(1, 6))), "price": price}
        case _:
            own = {"percent": draw(PERCENTS)}
    return given | own | {"select": draw(SELECTS)}


@st.composite
def tickets(draw: st.DrawFn) -> dict[str, Any]:
    rung_up = draw(st.lists(lines(), min_size=1, max_size=6))
    offers = draw(st.lists(promotions(), max_size=4))
    given: dict[str, Any] = {
        "at_local": "2026-07-03T18:30",
        "lines": [line | {"id": f"L{place}"} for place, line in enumerate(rung_up)],
        "promotions": [offer | {"id": f"p{place}"} for place, offer in enumerate(offers)],
    }
    if draw(st.booleans()):
        given["ticket_discount"] = {"percent": draw(PERCENTS)}
    return given


@settings(max_examples=300, deadline=None)
@given(ticket=tickets())
def test_agrees_with_the_oracle(ticket: dict[str, Any]) -> None:
    case = {"id": "x", "kind": "pricing", "input": ticket}

    assert command.answer_case(case) == solve(case)


@settings(max_examples=200, deadline=None)
@given(ticket=tickets())
def test_every_line_adds_up_and_none_is_below_zero(ticket: dict[str, Any]) -> None:
    priced: Any = command.answer_pricing(ticket)

    for line in priced["lines"]:
        off = sum(line["promotions"].values()) + line["line_discount"] + line["ticket_discount"]
        stated = Decimal(line["dte"]["quantity"]) * line["dte"]["price"]
        assert line["amount"] == line["base"] - off >= 0
        assert abs(line["dte"]["amount"] + line["dte"]["discount"] - stated) <= Decimal("0.5")
    assert priced["total"] == sum(line["amount"] for line in priced["lines"])
    assert priced["total"] == priced["affected"] + priced["exempt"]


@settings(max_examples=200, deadline=None)
@given(ticket=tickets())
def test_each_unit_is_in_one_promotion_at_most(ticket: dict[str, Any]) -> None:
    priced: Any = command.answer_pricing(ticket)

    taken: dict[str, Decimal] = {}
    for application in priced["applications"]:
        for line, count in application["units"]:
            taken[line] = taken.get(line, Decimal(0)) + Decimal(count)
    for line in priced["lines"]:
        assert taken.get(line["id"], Decimal(0)) <= Decimal(line["quantity"])
    saved = sum(application["saving"] for application in priced["applications"])
    assert saved == sum(sum(line["promotions"].values()) for line in priced["lines"])


@settings(max_examples=100, deadline=None)
@given(ticket=tickets())
def test_what_is_not_discountable_keeps_its_base(ticket: dict[str, Any]) -> None:
    priced: Any = command.answer_pricing(ticket)

    for given_line, line in zip(ticket["lines"], priced["lines"], strict=True):
        if not given_line["discountable"]:
            assert line["amount"] == line["base"]


@pytest.mark.parametrize(
    ("line", "refusal", "words"),
    [
        (cart_line(prices=()), errors.NoPrice, "no tiene precio vigente"),
        (cart_line(prices=(PriceRow(price_clp=0),)), errors.ZeroPrice, "mayor que cero"),
        (cart_line(quantity=Decimal("0.5")), errors.BadQuantity, "entera si se vende por unidad"),
        (cart_line(quantity=Decimal("NaN")), errors.BadQuantity, "Revisa la cantidad"),
        (
            cart_line(unit=Unit.KILO, quantity=Decimal("0.0005")),
            errors.BadQuantity,
            "Revisa la cantidad",
        ),
        (
            cart_line(is_discountable=False, discount=Discount(amount_clp=1)),
            errors.NotDiscountable,
            "no admite descuentos",
        ),
    ],
)
def test_refusal_names_its_line_and_says_what_to_do(
    line: CartLine, refusal: type[PricingRefused], words: str
) -> None:
    with pytest.raises(refusal, match=words) as refused:
        price_cart([line], at_local=AT)

    assert refused.value.details == {"line": "a"}


def test_discount_of_nothing_is_no_discount() -> None:
    priced = price_cart([cart_line(discount=Discount())], at_local=AT)

    assert priced.total_clp == 1000


def test_ticket_refusal_names_no_line() -> None:
    with pytest.raises(errors.DiscountOverAmount) as refused:
        price_cart([cart_line()], at_local=AT, ticket_discount=Discount(amount_clp=1001))

    assert refused.value.line is None
