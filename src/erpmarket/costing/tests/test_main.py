import io
import json
import runpy

import pytest


def test_module_answers_cases_from_its_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = {"lines": [{"quantity": "3", "amount": 100}]}
    case = {"id": "a", "kind": "receipt_cost", "input": paper}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"cases": [case]})))

    runpy.run_module("erpmarket.costing", run_name="__main__")

    line = {"quantity": "3.000", "value": "100.0000", "unit_cost": "33.3333"}
    output = {"lines": [line], "value": "100.0000"}
    assert json.loads(capsys.readouterr().out) == {"results": [{"id": "a", "output": output}]}
