"""Blocks travel as JSON and come back the same, or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.amounts import pesos_text
from dte.blocks import (
    MAX_BLOCKS,
    Align,
    Amount,
    BadBlocks,
    Bitmap,
    Block,
    DocumentBox,
    ItemLine,
    ItemNote,
    Pair,
    Qr,
    Rule,
    RuleStyle,
    Stamp,
    Text,
    TextRole,
    Total,
    blocks_from_json,
    blocks_to_json,
)

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60)
amounts = st.integers(-999_999_999_999, 999_999_999_999)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, text=texts, role=st.sampled_from(TextRole), align=st.sampled_from(Align)),
    st.builds(DocumentBox, rut=texts, name=texts, folio=st.integers(1, 9_999_999_999)),
    st.builds(Rule, style=st.sampled_from(RuleStyle)),
    st.builds(Pair, left=texts, right=texts),
    st.builds(ItemLine, name=texts, amount_clp=amounts, exempt=st.booleans()),
    st.builds(ItemNote, text=texts, amount_clp=st.none() | amounts),
    st.builds(
        Amount,
        label=texts,
        amount_clp=amounts,
        narrow_label=texts,
        strong=st.booleans(),
        signed=st.booleans(),
    ),
    st.builds(Total, amount_clp=amounts, label=texts),
    st.builds(Stamp, ted=st.binary(min_size=1, max_size=900)),
    st.builds(Qr, content=texts),
    st.builds(Bitmap, width_dots=st.integers(0, 800), dots_base64=texts),
)


@given(st.lists(blocks, max_size=20))
def test_come_back_from_json_as_they_went(made: list[Block]) -> None:
    wire = json.dumps(blocks_to_json(made), ensure_ascii=False)

    assert blocks_from_json(json.loads(wire)) == tuple(made)


TEXT = {"kind": "text", "text": "hola"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "en una lista"),
        ([TEXT] * (MAX_BLOCKS + 1), "hasta 5000 bloques"),
        (["text"], "El bloque 0 no dice"),
        ([TEXT, {"text": "hola"}], "El bloque 1 no dice"),
        ([{"kind": "script", "text": "x"}], "tipo desconocido"),
        ([{"kind": "text"}], "le falta text"),
        ([TEXT | {"color": "red"}], "campos que no existen"),
        ([TEXT | {"role": "huge"}], "no es un valor conocido"),
        ([TEXT | {"role": None}], "no es un valor conocido"),
        ([TEXT | {"text": 7}], "debe ser un texto"),
        ([TEXT | {"text": "x" * 1_001}], "hasta 1000 caracteres"),
        ([TEXT | {"text": "\x1b@"}], "caracteres de control"),
        ([TEXT | {"text": "\x9b"}], "caracteres de control"),
        ([{"kind": "total", "amount_clp": 1.5}], "número entero"),
        ([{"kind": "total", "amount_clp": True}], "número entero"),
        ([{"kind": "total", "amount_clp": 10**12}], "número entero"),
        ([{"kind": "total", "amount_clp": None}], "número entero"),
        ([{"kind": "document_box", "rut": "", "name": "", "folio": 10**10}], "número entero"),
        ([{"kind": "item", "name": "x", "amount_clp": 1, "exempt": 1}], "verdadero o falso"),
        ([{"kind": "stamp", "ted": ""}], "entre 1 y 1108"),
        ([{"kind": "stamp", "ted": "x" * 1_109}], "entre 1 y 1108"),
        ([{"kind": "stamp", "ted": "€"}], "ISO-8859-1"),
    ],
)
def test_are_refused_when_anything_is_not_right(value: object, words: str) -> None:
    with pytest.raises(BadBlocks, match=words) as refusal:
        blocks_from_json(value)

    assert refusal.value.code == "bad_blocks"


@pytest.mark.parametrize(
    ("amount_clp", "signed", "text"),
    [
        (0, False, "$0"),
        (1_413, False, "$1.413"),
        (-409, False, "-$409"),
        (4, True, "+$4"),
        (-3, True, "-$3"),
        (999_999_999_999, False, "$999.999.999.999"),
    ],
)
def test_pesos_read_as_on_a_roll(amount_clp: int, signed: bool, text: str) -> None:
    assert pesos_text(amount_clp, signed=signed) == text
