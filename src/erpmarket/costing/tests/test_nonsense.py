"""What no history can be made of is refused with a code, and the next case is still answered."""

import io
import json
import runpy
from typing import Any

import pytest

from erpmarket.costing import command

RECEIPT = {
    "id": "r",
    "at": "2026-03-01T12:00:00Z",
    "type": "receipt",
    "warehouse": "A",
    "quantity": "1",
    "value": "10",
}
LINE = {"quantity": "1", "amount": 10}


def answered(kind: str, given: Any) -> Any:
    text = json.dumps({"cases": [{"id": "a", "kind": kind, "input": given}]})
    return json.loads(command.answer(text))["results"][0]["output"]


def step_of(event: Any) -> Any:
    history = {"method": "ppp", "scope": "warehouse", "events": [RECEIPT, event]}
    output = answered("costing", history)
    assert output["accounts"] == {"payable": "-10.0000"}
    return output["steps"][1]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"quantity": "many"}, "bad_quantity"),
        ({"quantity": "NaN"}, "bad_quantity"),
        ({"quantity": "-Infinity"}, "bad_quantity"),
        ({"quantity": "0.0001"}, "bad_quantity"),
        ({"quantity": "1000000000"}, "bad_quantity"),
        ({"quantity": "1E+999999"}, "bad_quantity"),
        ({"quantity": "1E-999999"}, "bad_quantity"),
        ({"quantity": None}, "bad_quantity"),
        ({"quantity": True}, "bad_quantity"),
        ({"quantity": ["1"]}, "bad_quantity"),
        ({"value": "free"}, "bad_value"),
        ({"value": "0.00001"}, "bad_value"),
        ({"value": "1E+12"}, "bad_value"),
        ({"value": {}}, "bad_value"),
        ({"quantity": "0", "value": "-1"}, "bad_quantity"),
        ({"at": "yesterday"}, "bad_case"),
        ({"at": "2026-03-01T12:00:00"}, "bad_case"),
        ({"at": 5}, "bad_case"),
        ({"type": "gift"}, "bad_case"),
        ({"type": []}, "bad_case"),
        ({"warehouse": 7}, "bad_case"),
        ({"warehouse": None}, "bad_case"),
        ({"id": "r"}, "duplicate_entry"),
        ({"type": "change_method", "to": "lifo"}, "unknown_method"),
        ({"type": "late_cost", "receipt": []}, "bad_case"),
        ({"type": "late_cost", "receipt": "x"}, "unknown_reference"),
        ({"type": "customer_return", "issue": "r"}, "unknown_reference"),
        ({"type": "count", "unit_cost": "-1"}, "bad_value"),
        ({"type": "count", "unit_cost": "x"}, "bad_value"),
    ],
)
def test_bad_event_is_refused_and_changes_nothing(changed: dict[str, Any], code: str) -> None:
    event = RECEIPT | {"id": "x"} | changed

    assert step_of(event) == {"id": event["id"], "error": code}


@pytest.mark.parametrize("key", ["warehouse", "quantity", "value", "at", "type"])
def test_event_without_a_key_is_refused(key: str) -> None:
    event = {name: value for name, value in RECEIPT.items() if name != key} | {"id": "x"}

    assert step_of(event) == {"id": "x", "error": "bad_case"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"method": "lifo"}, "unknown_method"),
        ({"method": []}, "bad_case"),
        ({"scope": "planet"}, "bad_case"),
        ({"reference_cost": "-1"}, "bad_value"),
        ({"reference_cost": "0.00001"}, "bad_value"),
        ({"reference_cost": "x"}, "bad_value"),
        ({"events": None}, "bad_case"),
        ({"events": [5]}, "bad_case"),
    ],
)
def test_bad_history_is_refused_whole(changed: dict[str, Any], code: str) -> None:
    history = {"method": "ppp", "scope": "warehouse", "events": []} | changed

    assert answered("costing", history) == {"error": code}


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        ({"lines": [LINE | {"quantity": "0"}]}, "bad_quantity"),
        ({"lines": [LINE | {"quantity": "-1"}]}, "bad_quantity"),
        ({"lines": [LINE | {"quantity": "x"}]}, "bad_quantity"),
        ({"lines": [LINE | {"quantity": "NaN"}]}, "bad_quantity"),
        ({"lines": [LINE | {"units_per_pack": 0}]}, "bad_quantity"),
        ({"lines": [LINE | {"amount": -1}]}, "bad_value"),
        ({"lines": [LINE | {"amount": "10"}]}, "bad_value"),
        ({"lines": [LINE], "global_discounts": [11]}, "bad_value"),
        ({"lines": [LINE], "global_discounts": [-1]}, "bad_value"),
        ({"lines": [LINE], "freight": -1}, "bad_value"),
        ({"lines": [], "freight": 1}, "bad_value"),
        ({"lines": [LINE], "additional_taxes": [{"code": "27", "amount": 5}]}, "bad_value"),
        (
            {"lines": [LINE | {"exempt": True}], "iva": 2, "iva_recoverable_percent": "0"},
            "bad_value",
        ),
        ({"lines": [LINE], "iva_recoverable_percent": "101"}, "bad_value"),
        ({"lines": [LINE], "additional_recoverable_percent": "NaN"}, "bad_value"),
        ({}, "bad_case"),
        ([], "bad_case"),
    ],
)
def test_bad_paper_is_refused_whole(paper: Any, code: str) -> None:
    assert answered("receipt_cost", paper) == {"error": code}


def test_number_that_should_be_text_is_not_made_a_float() -> None:
    step = step_of(RECEIPT | {"id": "x", "type": "count", "quantity": 1.0})

    assert step["pools"]["A"]["quantity"] == "1.000"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cases": [{}]}'])
def test_what_is_no_document_of_cases_ends_with_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    with pytest.raises(SystemExit, match="No es un documento de casos"):
        runpy.run_module("erpmarket.costing", run_name="__main__")
