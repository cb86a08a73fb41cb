"""Write `costing/vectors/*.json`: our own cases, answered by the slow oracle.

Run `python -m erpmarket.costing.tests.make_vectors` after adding a case and read the difference: a
case that was there before must not change its answer.
"""

import json
import random
from pathlib import Path

from erpmarket.costing.tests import cases
from erpmarket.costing.tests.oracle import Json, solve

FOLDER = Path(__file__).parent.parent / "vectors"
SEED = 20261122


def files() -> dict[str, list[Json]]:
    return {
        "histories.json": _answered("costing", cases.histories(random.Random(SEED))),
        "papers.json": _answered("receipt_cost", cases.papers(random.Random(SEED))),
    }


def file_text(name: str, answered: list[Json]) -> str:
    """One case per line, so that a difference shows the case that changed."""
    body = ",\n".join(json.dumps(case, ensure_ascii=False) for case in answered)
    return f'{{"format": 1, "file": "{name}", "cases": [\n{body}\n]}}\n'


def main() -> None:
    for name, answered in files().items():
        (FOLDER / name).write_text(file_text(name, answered), encoding="utf-8")


def _answered(kind: str, inputs: dict[str, Json]) -> list[Json]:
    given = json.loads(
        json.dumps([{"id": name, "kind": kind, "input": case} for name, case in inputs.items()])
    )
    return [case | {"expected": solve(case)} for case in given]


if __name__ == "__main__":
    main()
