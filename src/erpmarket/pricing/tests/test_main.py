import io
import json
import runpy

import pytest


def test_module_answers_cases_from_its_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = {"id": "a", "kind": "boleta", "input": {"lines": [{"amount": 990}]}}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"cases": [case]})))

    runpy.run_module("erpmarket.pricing", run_name="__main__")

    totals = {"type": 39, "net": 832, "exempt": 0, "iva": 158, "total": 990, "line_nets": [832]}
    assert json.loads(capsys.readouterr().out) == {"results": [{"id": "a", "output": totals}]}
