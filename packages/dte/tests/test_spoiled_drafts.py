"""Good drafts with one value spoiled: refused by name, or issued as the schema wants."""

import dataclasses
import runpy
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from operator import mul
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dte.build import build, prepare
from dte.caf import Caf
from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.document import CONSUMER, Adjustment, Draft, ItemCode, Transport
from dte.errors import DraftRefused, TextRefused
from dte.rut import Rut
from dte.xml.read import read_document
from dte.xml.validate import check_document

CASES: dict[str, Draft] = runpy.run_path(str(Path(__file__).parent / "golden" / "cases.py"))[
    "CASES"
]
NUMBERS = (
    None,
    *map(Decimal, ("0", "-1", "0.001", "100.01", "150", "999.99", "1000", "1E+3", "1E+13")),
    *map(Decimal, ("1E+29", "1E-7", "NaN", "Infinity")),
)
INTEGERS = (None, -1, 0, 1, 10**6, 10**9, 10**18, 10**19)
DAYS = (None, date(1900, 1, 1), date(2000, 1, 1), date(2026, 11, 21), date(2051, 1, 1))
TEXTS = ("", " ", '"', "x" * 2000, "&" * 1000, "\u200b", "ñ", "→")
# What may go into a field: by its name, else by the type its annotation names first.
BY_NAME: dict[str, tuple[Any, ...]] = {
    "exemption": (None, *Exemption),
    "applies_to": (None, *Exemption),
    "tax_codes": ((26,), (26, 24), (1,), (26, 26), (26, 24, 27)),
    "codes": ((ItemCode(kind="", value=""),), (ItemCode(kind='"', value="9"),) * 6),
    "activities": ((), (0,), (10**6,), (1,) * 5),
    "phones": (("",), ("x" * 50,) * 3),
    "price_basis": tuple(PriceBasis),
    "service": tuple(ServiceKind),
    "form": (None, *PaymentForm),
    "payment_means": (None, *PaymentMeans, *TradeMeans),
    "print_format": tuple(PrintFormat),
    "dispatch": (None, *DispatchKind),
    "transfer_reason": (None, *TransferReason),
    "transport": (None, Transport(), Transport(plate="A")),
    "departs_at": (time(0), time(23, 59, 59, 999_999)),
    "receiver": (CONSUMER,),
    "lowers_vat": (False,),
    "is_global": (True,),
    "is_percent": (True, False),
    "adjustments": (
        (Adjustment(kind=AdjustmentKind.SURCHARGE, value=Decimal("9.5"), is_percent=False),),
        (Adjustment(kind=AdjustmentKind.SURCHARGE, value=Decimal(500), is_percent=True),),
        (Adjustment(kind=AdjustmentKind.DISCOUNT, value=Decimal(1), is_percent=True),) * 21,
    ),
    "lines": ((),),
    "references": ((),),
    "instalments": ((),),
}
BY_TYPE = {
    "int": INTEGERS,
    "date": DAYS,
    "str": TEXTS,
    "Decimal": NUMBERS,
    "Rut": (CONSUMER.rut,),
}


def spoiled(record: Any) -> Iterator[Callable[[], Any]]:
    """Yield ways to make a copy of a record with one value spoiled, however deep it lies."""
    for field in dataclasses.fields(record):
        if field.name == "rut":
            continue
        for choice in _choices(field):
            yield partial(dataclasses.replace, record, **{field.name: choice})
        value = getattr(record, field.name)
        for inner in () if isinstance(value, Rut) else _spoiled_inside(value):
            yield partial(_replace_inside, record, field.name, inner)


def _choices(field: dataclasses.Field[Any]) -> list[Any]:
    kind = str(getattr(field.type, "__name__", field.type)).split(" ")[0].split(".")[-1]
    found = BY_NAME.get(field.name) or BY_TYPE.get(kind, ())
    return [choice for choice in found if choice is not None or "None" in str(field.type)]


def _spoiled_inside(value: Any) -> Iterator[Callable[[], Any]]:
    if dataclasses.is_dataclass(value):
        yield from spoiled(value)
    elif isinstance(value, tuple) and value:
        yield partial(mul, value, 70)
        for place, part in enumerate(value):
            for inner in _spoiled_inside(part):
                yield partial(_replace_at, value, place, inner)


def _replace_inside(record: Any, name: str, inner: Callable[[], Any]) -> Any:
    return dataclasses.replace(record, **{name: inner()})


def _replace_at(parts: tuple[Any, ...], place: int, inner: Callable[[], Any]) -> tuple[Any, ...]:
    return (*parts[:place], inner(), *parts[place + 1 :])


SPOILED = [make for draft in CASES.values() for make in spoiled(draft)]


def test_there_are_thousands_of_ways_to_spoil_a_draft() -> None:
    assert len(SPOILED) > 3000


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SPOILED))
def test_what_is_not_refused_before_a_folio_is_taken_is_right(
    make_caf: Callable[..., Caf], make: Callable[[], Draft]
) -> None:
    """Prevents a draft that fails, or breaks the schema, when its folio is already spent."""
    try:
        prepared = prepare(make(), at=datetime(2026, 11, 22, 15, tzinfo=UTC))
    except (DraftRefused, TextRefused):
        return

    caf = make_caf(kind=str(int(prepared.draft.kind)), authorized_on="2026-10-01")
    document = build(draft=prepared, folio=7, caf=caf, at=datetime(2026, 11, 22, 15, tzinfo=UTC))

    check_document(document.xml)
    read = read_document(document.xml)
    assert read.draft == prepared.draft
    assert read.totals == prepared.totals
