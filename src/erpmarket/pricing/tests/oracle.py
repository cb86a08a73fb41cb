"""Answer cases by the oracle: the rules of pricing read a second time."""

from __future__ import annotations

from collections.abc import Callable

from erpmarket.pricing.tests import oracle_money as money
from erpmarket.pricing.tests.oracle_arithmetic import Json, RefusedError
from erpmarket.pricing.tests.oracle_tickets import solve_pricing


def solve(case: Json) -> Json:
    """Answer one case of a kind in SOLVERS."""
    try:
        return SOLVERS[case["kind"]](case["input"])
    except RefusedError as refused:
        return {"error": str(refused)}


SOLVERS: dict[str, Callable[[Json], Json]] = {
    "pricing": solve_pricing,
    "payment": money.solve_payment,
    "refund": money.solve_refund,
    "shift": money.solve_shift,
    "boleta": money.solve_boleta,
    "factura": money.solve_factura,
    "voucher_split": money.solve_voucher_split,
    "credit_notes": money.solve_credit_notes,
    "exchange": money.solve_exchange,
}
