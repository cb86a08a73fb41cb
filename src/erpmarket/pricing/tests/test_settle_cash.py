from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from erpmarket.pricing import (
    CASH,
    Drawer,
    PaidTender,
    Tender,
    command,
    round_cash,
    settle_payment,
    settle_refund,
)
from erpmarket.pricing.tests.oracle import solve

AMOUNTS = st.integers(1, 60_000)
TENDERS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["card", "transfer", CASH, CASH]),
            "amount": st.integers(-10, 3_000) | st.integers(0, 300).map(lambda tens: tens * 10),
        }
    ),
    max_size=4,
)


@given(amount=st.integers(0, 10**12))
def test_rounding_moves_at_most_five_pesos_to_a_ten(amount: int) -> None:
    rounded = round_cash(amount)

    assert rounded % 10 == 0
    assert -5 <= rounded - amount <= 4


@given(total=AMOUNTS, share=st.integers(0, 100), extra=st.integers(0, 500))
def test_payment_covers_the_total_but_for_its_rounding(total: int, share: int, extra: int) -> None:
    card = total * share // 100
    tenders = [Tender(kind="card", amount_clp=card)] if card else []
    if total > card:
        handed_over = round_cash(total - card) + extra * 10
        tenders.append(Tender(kind=CASH, amount_clp=handed_over))

    payment = settle_payment(total, tenders)

    recorded = sum(each.amount_clp for each in payment.payments)
    assert recorded - payment.rounding_clp == total
    assert payment.change_clp == (extra * 10 if total > card else 0)


@given(total=st.integers(1, 4_000), tenders=TENDERS)
def test_payment_agrees_with_the_oracle(total: int, tenders: list[dict[str, Any]]) -> None:
    case = {"id": "x", "kind": "payment", "input": {"total": total, "tenders": tenders}}

    assert command.answer_case(case) == solve(case)


@given(
    amount=st.integers(0, 9_000),
    holds=st.integers(1, 6_000),
    refunded=st.integers(0, 6_000),
    chosen=st.none() | st.lists(st.integers(-5, 5_000), max_size=2),
)
def test_refund_agrees_with_the_oracle(
    amount: int, holds: int, refunded: int, chosen: list[int] | None
) -> None:
    paid = [{"kind": "card", "amount": holds, "refunded": min(refunded, holds)}]
    given_case: dict[str, Any] = {"amount": amount, "paid": [*paid, {"kind": CASH, "amount": 500}]}
    if chosen is not None:
        given_case["chosen"] = [{"kind": "card", "amount": each} for each in chosen]
    case = {"id": "x", "kind": "refund", "input": given_case}

    assert command.answer_case(case) == solve(case)


@given(total=AMOUNTS)
def test_full_refund_gives_back_what_was_paid(total: int) -> None:
    paid = settle_payment(total, [Tender(kind=CASH, amount_clp=round_cash(total))])

    back = settle_refund(total, [PaidTender(kind=CASH, amount_clp=paid.cash_to_pay_clp)])

    assert back.cash_out_clp == paid.cash_to_pay_clp
    assert back.rounding_clp == -paid.rounding_clp


@given(totals=st.lists(AMOUNTS, max_size=10), opening=st.integers(0, 100_000))
def test_drawer_holds_opening_and_every_cash_sale(totals: list[int], opening: int) -> None:
    drawer = Drawer(opening_clp=opening)
    for total in totals:
        drawer = drawer.sell(
            settle_payment(total, [Tender(kind=CASH, amount_clp=round_cash(total))])
        )

    assert drawer.expected_clp - drawer.rounding_clp == opening + sum(totals)
    assert drawer.difference_clp(drawer.expected_clp) == 0
