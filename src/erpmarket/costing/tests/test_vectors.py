import json
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.costing import command
from erpmarket.costing.tests import make_vectors

CASES = [
    pytest.param(case, id=f"{path.stem}-{case['id']}")
    for path in sorted(make_vectors.FOLDER.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]
HISTORIES = [given for given in CASES if str(given.id).startswith("histories-")]


@pytest.mark.parametrize("case", CASES)
def test_case_is_answered_exactly(case: dict[str, Any]) -> None:
    assert command.KINDS[case["kind"]](case["input"]) == case["expected"]


@pytest.mark.parametrize("name", ["histories.json", "papers.json"])
def test_files_hold_what_the_oracle_answers(name: str) -> None:
    written = (make_vectors.FOLDER / name).read_text(encoding="utf-8")

    assert written == make_vectors.file_text(name, make_vectors.files()[name])


@pytest.mark.parametrize("case", HISTORIES)
def test_postings_and_pools_of_a_case_are_zero_together(case: dict[str, Any]) -> None:
    expected = case["expected"]
    taken = [step for step in expected["steps"] if "error" not in step]
    booked = sum(map(Decimal, expected["accounts"].values()))
    held = sum(Decimal(pool["value"]) for pool in taken[-1]["pools"].values())

    assert booked + held == 0


def test_command_answers_its_kinds_and_leaves_out_others() -> None:
    history = {"method": "ppp", "scope": "warehouse", "events": []}
    given = {
        "cases": [
            {"id": "a", "kind": "costing", "input": history},
            {"id": "b", "kind": "pricing", "input": {}},
        ]
    }

    answered = json.loads(command.answer(json.dumps(given)))

    empty: dict[str, object] = {"steps": [], "accounts": {}, "on_hand": {}}
    assert answered == {"results": [{"id": "a", "output": empty}]}
