"""The till's arithmetic and the server's are two programs: asked the same, they answer the same."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from erpmarket.pricing import command
from erpmarket.pricing.tests.cases_money import payments, refunds, voucher_splits
from erpmarket.pricing.tests.cases_tickets import random_tickets

NODE = Path(sys.executable).parent / "node"
CASES = Path(__file__).parents[4] / "frontend" / "till" / "cases.js"
CARTS = 10_000
SEED = 20261123


def till_answers(document: str) -> dict[str, Any]:
    done = subprocess.run(
        [NODE, CASES], input=document, capture_output=True, text=True, check=True, timeout=120
    )
    return {each["id"]: each["output"] for each in json.loads(done.stdout)["results"]}


def server_answers(document: str) -> dict[str, Any]:
    return {each["id"]: each["output"] for each in json.loads(command.answer(document))["results"]}


def test_ten_thousand_carts_come_to_the_same_peso() -> None:
    tickets = random_tickets(random.Random(SEED), CARTS)
    document = json.dumps(
        {
            "cases": [
                {"id": name, "kind": "pricing", "input": each} for name, each in tickets.items()
            ]
        }
    )

    till, server = till_answers(document), server_answers(document)

    assert len(till) == len(server) == CARTS
    assert [name for name in till if till[name] != server[name]] == []
    # Not ten thousand refusals: most tickets are sold, and promotions hold in many.
    sold = [each for each in server.values() if "error" not in each]
    assert len(sold) > CARTS // 2
    assert sum(1 for each in sold if each["applications"]) > CARTS // 4


def test_payments_refunds_and_vouchers_are_settled_alike() -> None:
    chance = random.Random(SEED)
    cases = [
        {"id": f"{kind}-{name}", "kind": kind, "input": given}
        for kind, made in (
            ("payment", payments(chance)),
            ("refund", refunds(chance)),
            ("voucher_split", voucher_splits(chance)),
        )
        for name, given in made.items()
    ]
    document = json.dumps({"cases": cases})

    assert till_answers(document) == server_answers(document)
