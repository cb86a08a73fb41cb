from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erpmarket.pricing import command, errors, returns, tax, vouchers
from erpmarket.pricing.tests.oracle import solve

VAT = Decimal(19)
PAID = st.lists(
    st.fixed_dictionaries({"amount": st.integers(0, 30_000), "exempt": st.booleans()}),
    min_size=1,
    max_size=6,
)


def sold(name: str = "a", units: int = 2, amount: int = 1980, **more: Any) -> returns.SoldLine:
    known: dict[str, Any] = {
        "id": name,
        "quantity": Decimal(units),
        "price_clp": 990,
        "amount_clp": amount,
        "boleta_clp": amount,
    }
    return returns.SoldLine(**(known | more))


@given(lines=PAID)
def test_boleta_agrees_with_the_oracle_and_adds_up(lines: list[dict[str, Any]]) -> None:
    case = {"id": "x", "kind": "boleta", "input": {"lines": lines}}

    answered: Any = command.answer_case(case)

    assert answered == solve(case)
    if "error" not in answered:
        assert answered["net"] + answered["iva"] + answered["exempt"] == answered["total"]
        assert answered["total"] == sum(line["amount"] for line in lines)


@pytest.mark.parametrize("rate", ["19", "18", "20.5", "0"])
def test_net_is_never_a_peso_from_the_exact_quotient(rate: str) -> None:
    percent = Decimal(rate)
    for gross in range(500):
        totals = tax.taxed_totals(tax.BOLETA, gross, 0, vat_percent=percent)
        assert abs(totals.net_clp * (100 + percent) - gross * 100) * 2 <= 100 + percent
        assert totals.total_clp == gross


@settings(deadline=None)
@given(
    lines=st.lists(
        st.fixed_dictionaries(
            {
                "quantity": st.sampled_from(["1", "3", "0.455", "12"]),
                "price": st.integers(1, 9_990),
                "amount": st.integers(0, 20_000),
                "exempt": st.booleans(),
            },
            optional={"tax_code": st.sampled_from(["26", "27", "24"])},
        ),
        min_size=1,
        max_size=5,
    ),
    form=st.sampled_from(["gross", "net"]),
)
def test_factura_agrees_with_the_oracle(lines: list[dict[str, Any]], form: str) -> None:
    # Exempt goods bear no additional tax.
    clean = [
        {key: each for key, each in line.items() if key != "tax_code" or not line["exempt"]}
        for line in lines
    ]
    rates = {"26": "20.5", "27": "10"}
    case = {
        "id": "x",
        "kind": "factura",
        "input": {"form": form, "lines": clean, "additional_rates": rates},
    }

    assert command.answer_case(case) == solve(case)


@given(
    lines=st.lists(
        st.fixed_dictionaries(
            {
                "amount": st.integers(0, 5_000),
                "exempt": st.booleans(),
                "eligible": st.booleans(),
            }
        ),
        min_size=1,
        max_size=5,
    ),
    cuts=st.lists(st.tuples(st.integers(0, 9_000), st.booleans(), st.booleans()), max_size=3),
)
def test_voucher_split_agrees_with_the_oracle(
    lines: list[dict[str, Any]], cuts: list[tuple[int, bool, bool]]
) -> None:
    left = sum(line["amount"] for line in lines)
    tenders: list[dict[str, Any]] = []
    for wanted, voucher, restricted in cuts:
        amount = min(wanted, left)
        left -= amount
        tenders.append(
            {"kind": "k", "amount": amount, "voucher": voucher, "restricted": restricted}
        )
    tenders.append({"kind": "cash", "amount": left, "voucher": False})
    case = {"id": "x", "kind": "voucher_split", "input": {"lines": lines, "tenders": tenders}}

    assert command.answer_case(case) == solve(case)


def test_voucher_parts_and_boleta_parts_sum_to_the_lines() -> None:
    split = vouchers.split_vouchers(
        [vouchers.VoucherLine(amount_clp=333), vouchers.VoucherLine(amount_clp=667)],
        [
            vouchers.VoucherTender(amount_clp=500, is_voucher=True),
            vouchers.VoucherTender(amount_clp=500, is_voucher=False),
        ],
    )

    assert split.voucher_clp == (167, 333)
    assert split.boleta_clp == (166, 334)


@settings(max_examples=150)
@given(
    amounts=st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 9_000), st.booleans()), min_size=1, max_size=4
    ),
    order=st.randoms(use_true_random=False),
)
def test_notes_sum_to_the_boleta_however_it_comes_back(
    amounts: list[tuple[int, int, bool]], order: Any
) -> None:
    lines = tuple(
        sold(str(place), units, amount, is_exempt=exempt)
        for place, (units, amount, exempt) in enumerate(amounts)
    )
    units = [line.id for line in lines for _ in range(int(line.quantity))]
    order.shuffle(units)
    document = returns.Returns(lines=lines)
    affected = sum(line.amount_clp for line in lines if not line.is_exempt)
    exempt = sum(line.amount_clp for line in lines if line.is_exempt)
    boleta = tax.taxed_totals(tax.BOLETA, affected, exempt, vat_percent=VAT)

    notes = []
    for unit in units:
        note = returns.credit_lines(document, [(unit, Decimal(1))], vat_percent=VAT)
        document = note.returns
        notes.append(note.totals)

    assert sum(note.net_clp for note in notes) == boleta.net_clp
    assert sum(note.vat_clp for note in notes) == boleta.vat_clp
    assert sum(note.exempt_clp for note in notes) == boleta.exempt_clp
    with pytest.raises(errors.NothingLeft):
        returns.credit_all(document, vat_percent=VAT)


@pytest.mark.parametrize(
    ("quantities", "refusal"),
    [
        ([("z", Decimal(1))], errors.UnknownReference),
        ([("a", Decimal(0))], errors.BadQuantity),
        ([("a", Decimal("0.0001"))], errors.BadQuantity),
        ([], errors.BadQuantity),
        ([("a", Decimal(1)), ("a", Decimal(2))], errors.OverReturn),
    ],
)
def test_refused_return_leaves_everything_to_return(
    quantities: list[tuple[str, Decimal]], refusal: type[errors.PricingRefused]
) -> None:
    document = returns.Returns(lines=(sold(),))

    with pytest.raises(refusal):
        returns.credit_lines(document, quantities, vat_percent=VAT)

    assert document.left(document.lines[0]) == 2000


@given(sums=st.tuples(*[st.integers(0, 9_000)] * 4), before=st.integers(0, 9_000))
def test_exchange_agrees_with_the_oracle(sums: tuple[int, int, int, int], before: int) -> None:
    case = {
        "id": "x",
        "kind": "exchange",
        "input": {
            "returned": {"affected": sums[0], "exempt": sums[1]},
            "taken": {"affected": sums[2], "exempt": sums[3]},
            "credited_before": before,
        },
    }

    assert command.answer_case(case) == solve(case)
