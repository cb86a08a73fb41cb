import json
from pathlib import Path
from typing import Any

import pytest

from erpmarket.catalog.scale_labels import (
    LabelKind,
    LabelRead,
    LabelRule,
    infer_rule,
    is_layout,
    read_label,
)

GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("scale_labels.json").read_text())
RULES = tuple(LabelRule(kind=LabelKind(kind), layout=layout) for kind, layout in GOLDEN["rules"])


@pytest.mark.parametrize("label", GOLDEN["labels"], ids=lambda label: label["code"])
def test_b9_a_label_is_read_by_its_layout(label: dict[str, Any]) -> None:
    expected = label["read"]

    read = read_label(label["code"], RULES)

    assert read == (expected and LabelRead(**expected | {"kind": LabelKind(expected["kind"])}))


@pytest.mark.parametrize(
    "label", [each for each in GOLDEN["labels"] if each["read"]], ids=lambda label: label["code"]
)
def test_b9_one_scanned_label_tells_its_layout(label: dict[str, Any]) -> None:
    read = label["read"]
    kind = LabelKind(read["kind"])

    rule = infer_rule(label["code"], kind=kind, value=read["value"], plus=[read["plu"]])

    assert rule is not None
    found = read_label(label["code"], [rule])
    assert found is not None
    assert (found.plu, found.value) == (read["plu"], read["value"])


def test_a_label_of_nobodys_plu_tells_no_layout() -> None:
    assert infer_rule("2000001004552", kind=LabelKind.WEIGHT, value=455, plus=[2]) is None


def test_another_value_than_printed_tells_no_layout() -> None:
    assert infer_rule("2000001004552", kind=LabelKind.WEIGHT, value=454, plus=[1]) is None


@pytest.mark.parametrize("layout", [rule.layout for rule in RULES])
def test_a_layout_has_twelve_places(layout: str) -> None:
    assert is_layout(layout)


@pytest.mark.parametrize(
    "layout", ["", "20.....NNDD", "20.....NNDDDD", "30.....NNDDD", "20NNNNNNNDDD", "20.........."]
)
def test_what_holds_no_product_and_value_is_no_layout(layout: str) -> None:
    assert not is_layout(layout)
