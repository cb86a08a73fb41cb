import runpy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dte.build import prepare
from dte.document import Draft, Instalment, ItemCode, PaymentTerms, Reference, Transport
from dte.errors import DraftRefused

CASES: dict[str, Draft] = runpy.run_path(str(Path(__file__).parent / "golden" / "cases.py"))[
    "CASES"
]
FACTURA = CASES["33-net"]
EARLY, LATE = date(1999, 12, 31), date(2051, 1, 1)
TRUCK = CASES["52-sale"].transport or Transport()
LINE = FACTURA.lines[0]
REFERENCE = FACTURA.references[0]


def payment(due_date: date = date(2026, 12, 1), amount_clp: int = 1) -> PaymentTerms:
    return PaymentTerms(instalments=(Instalment(due_date=due_date, amount_clp=amount_clp),))


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("39-simple", {"issue_date": EARLY}, "date_out_of_range"),
        ("39-simple", {"due_date": LATE}, "date_out_of_range"),
        ("33-net", {"period_from": EARLY}, "date_out_of_range"),
        ("33-net", {"period_to": LATE}, "date_out_of_range"),
        ("33-net", {"references": (replace(REFERENCE, issue_date=EARLY),)}, "date_out_of_range"),
        ("33-net", {"lines": (replace(LINE, made_on=EARLY),)}, "date_out_of_range"),
        ("33-net", {"lines": (replace(LINE, expires_on=LATE),)}, "date_out_of_range"),
        ("33-net", {"payment_terms": PaymentTerms(paid_on=LATE)}, "date_out_of_range"),
        ("33-net", {"payment_terms": payment(due_date=LATE)}, "date_out_of_range"),
        ("33-net", {"payment_terms": payment(amount_clp=10**18)}, "payment_too_large"),
        ("33-net", {"payment_terms": PaymentTerms(paid_clp=10**18)}, "payment_too_large"),
        ("33-net", {"payment_terms": PaymentTerms(balance_clp=10**18)}, "payment_too_large"),
        (
            "52-sale",
            {"transport": replace(TRUCK, departs_on=date(2003, 3, 31))},
            "date_out_of_range",
        ),
        ("52-sale", {"transport": replace(TRUCK, arrives_on=LATE)}, "date_out_of_range"),
        (
            "39-simple",
            {"lines": (replace(LINE, codes=(ItemCode(kind="", value="1"),)),)},
            "code_incomplete",
        ),
        (
            "39-simple",
            {"lines": (replace(LINE, codes=(ItemCode(kind="INT1", value="\u200b"),)),)},
            "code_incomplete",
        ),
    ],
)
def test_what_the_schema_has_no_room_for_is_refused_before_a_folio_is_taken(
    name: str, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(DraftRefused) as refusal:
        prepare(replace(CASES[name], **fields))

    assert refusal.value.code == code


def test_the_first_and_the_last_day_of_the_schema_are_fine() -> None:
    draft = replace(
        FACTURA,
        references=(Reference(kind="801", folio="1", issue_date=date(2000, 1, 1)),),
        due_date=date(2050, 12, 31),
    )

    assert prepare(draft).draft.due_date == date(2050, 12, 31)
