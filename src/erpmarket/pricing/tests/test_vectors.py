import json
from typing import Any

import pytest

from erpmarket.pricing import command
from erpmarket.pricing.tests import make_vectors

CASES = [
    pytest.param(case, id=f"{path.stem}-{case['id']}")
    for path in sorted(make_vectors.FOLDER.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]


@pytest.mark.parametrize("case", CASES)
def test_case_is_answered_exactly(case: dict[str, Any]) -> None:
    assert command.answer_case(case) == case["expected"]


@pytest.mark.parametrize("name", ["tickets.json", "cash.json", "tax.json", "returns.json"])
def test_files_hold_what_the_oracle_answers(name: str) -> None:
    written = (make_vectors.FOLDER / name).read_text(encoding="utf-8")

    assert written == make_vectors.file_text(name, make_vectors.files()[name])


def test_ids_are_unique_within_a_file() -> None:
    for path in make_vectors.FOLDER.glob("*.json"):
        ids = [case["id"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]
        assert len(ids) == len(set(ids))


def test_command_answers_its_kinds_and_leaves_out_others() -> None:
    given = {
        "cases": [
            {"id": "a", "kind": "payment", "input": {"total": 990, "tenders": []}},
            {"id": "b", "kind": "costing", "input": {}},
        ]
    }

    answered = json.loads(command.answer(json.dumps(given)))

    assert answered == {"results": [{"id": "a", "output": {"error": "under_tender"}}]}
