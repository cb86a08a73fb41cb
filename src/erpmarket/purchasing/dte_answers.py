"""Answers about the lines of a paper as the draft keeps them, in JSON."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from erpmarket.purchasing.dte_sheet import NO_ANSWER, Answer, Mode


def answers_to_json(answers: Mapping[int, Answer]) -> dict[str, dict[str, object]]:
    """Write what was said, by position; lines without an answer are left out."""
    return {
        str(position): _to_json(answer)
        for position, answer in sorted(answers.items())
        if answer != NO_ANSWER
    }


def answers_from_json(kept: Mapping[str, Mapping[str, Any]]) -> dict[int, Answer]:
    """Read what `answers_to_json` wrote."""
    return {int(position): _from_json(row) for position, row in kept.items()}


def _to_json(answer: Answer) -> dict[str, object]:
    told = {
        "mode": answer.mode,
        "product_id": answer.product_id,
        "packs": None if answer.packs is None else str(answer.packs),
        "units": None if answer.units is None else str(answer.units),
        "price_clp": answer.price_clp,
        "is_ticked": answer.is_ticked,
        "name": answer.name or None,
        "category_id": answer.category_id,
        "barcode": answer.barcode,
    }
    return {name: value for name, value in told.items() if value is not None}


def _from_json(row: Mapping[str, Any]) -> Answer:
    return Answer(
        mode=None if row.get("mode") is None else Mode(row["mode"]),
        product_id=row.get("product_id"),
        packs=_number(row.get("packs")),
        units=_number(row.get("units")),
        price_clp=row.get("price_clp"),
        is_ticked=row.get("is_ticked"),
        name=row.get("name", ""),
        category_id=row.get("category_id"),
        barcode=row.get("barcode"),
    )


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
