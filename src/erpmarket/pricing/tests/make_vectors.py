"""Write `pricing/vectors/*.json`: our own cases, answered by the slow oracle.

Run `python -m erpmarket.pricing.tests.make_vectors` after adding a case and read the difference: a
case that was there before must not change its answer.
"""

import json
import random
from pathlib import Path

from erpmarket.pricing.tests import cases_money, cases_returns, cases_tickets
from erpmarket.pricing.tests.oracle import solve
from erpmarket.pricing.tests.oracle_arithmetic import Json

FOLDER = Path(__file__).parent.parent / "vectors"
SEED = 20261122


def answered(kind: str, inputs: dict[str, Json]) -> list[Json]:
    """Let the oracle answer cases, after a round trip through JSON."""
    cases = json.loads(
        json.dumps([{"id": name, "kind": kind, "input": given} for name, given in inputs.items()])
    )
    return [case | {"expected": solve(case)} for case in cases]


def files() -> dict[str, list[Json]]:
    tickets = cases_tickets.NAMED | cases_tickets.random_tickets(_chance("random_tickets"))
    return {
        "tickets.json": answered("pricing", tickets),
        "cash.json": [
            *answered("payment", cases_money.payments(_chance("payments"))),
            *answered("refund", cases_money.refunds(_chance("refunds"))),
            *answered("shift", cases_money.shifts(_chance("shifts"))),
            *cases_returns.days(),
        ],
        "tax.json": [
            *answered("boleta", cases_money.boletas(_chance("boletas"))),
            *answered("factura", cases_money.facturas(_chance("facturas"))),
            *answered("voucher_split", cases_money.voucher_splits(_chance("voucher_splits"))),
        ],
        "returns.json": [
            *answered("credit_notes", cases_returns.credit_notes(_chance("credit_notes"))),
            *answered("exchange", cases_returns.exchanges(_chance("exchanges"))),
        ],
    }


def _chance(kind: str) -> random.Random:
    """Seed each kind apart, so that a new case of one leaves the others as they are."""
    return random.Random(f"{SEED} {kind}")


def file_text(name: str, cases: list[Json]) -> str:
    """One case per line, so that a difference shows the case that changed."""
    body = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    return f'{{"format": 1, "file": "{name}", "cases": [\n{body}\n]}}\n'


def main() -> None:
    for name, cases in files().items():
        (FOLDER / name).write_text(file_text(name, cases), encoding="utf-8")


if __name__ == "__main__":
    main()
