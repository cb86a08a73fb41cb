from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dte.build import build, prepare
from dte.caf import Caf
from dte.certificate import Certificate
from dte.certification.case_drafts import SetParties
from dte.certification.sample_prints import sample_prints
from dte.certification.simulation import Trade, simulate
from dte.codes import DocumentType, Exemption
from dte.document import Line
from dte.signer import sign_document

TakeFolio = Callable[[DocumentType], int]
GOODS = (
    Line(name="Arroz grado 1, 1 kg", unit_price=Decimal(1090), unit="un"),
    Line(name="Aceite maravilla 1 L", unit_price=Decimal(2190), unit="un"),
    Line(name="Queso mantecoso", unit_price=Decimal(7990), unit="kg"),
    Line(name="Diario", unit_price=Decimal(1200), unit="un", exemption=Exemption.EXEMPT),
)


@pytest.fixture
def trade(parties: SetParties) -> Trade:
    return Trade(
        issuer=parties.issuer, receivers=parties.receivers, goods=GOODS, transport=parties.transport
    )


@pytest.mark.parametrize("count", [20, 57, 100])
def test_a_day_has_every_type_and_every_document_can_be_issued(
    trade: Trade, today: date, take_folio: TakeFolio, count: int
) -> None:
    found = simulate(trade, on=today, take_folio=take_folio, count=count)

    kinds = Counter(each.draft.kind for each in found)
    assert sum(kinds.values()) == count
    assert set(kinds) == trade.kinds
    assert all(prepare(each.draft).totals.total_clp > 0 for each in found)
    for kind, number in kinds.items():
        assert [each.folio for each in found if each.draft.kind is kind] == list(
            range(1, number + 1)
        )


def test_no_document_is_corrected_twice_and_every_correction_comes_later(
    trade: Trade, today: date, take_folio: TakeFolio
) -> None:
    seen: set[tuple[str, str]] = set()
    corrected: list[tuple[str, str]] = []
    for each in simulate(trade, on=today, take_folio=take_folio, count=100):
        for reference in each.draft.references:
            assert (reference.kind, reference.folio) in seen
            corrected.append((reference.kind, reference.folio))
        seen.add((str(int(each.draft.kind)), str(each.folio)))

    assert len(corrected) == len(set(corrected)) > 20


def test_types_not_applied_for_are_left_out(
    trade: Trade, today: date, take_folio: TakeFolio
) -> None:
    only = replace(trade, kinds=frozenset({DocumentType.FACTURA}), goods=GOODS[:1])

    found = simulate(only, on=today, take_folio=take_folio)

    assert {each.draft.kind for each in found} == {DocumentType.FACTURA}


def test_without_exempt_goods_there_is_no_exempt_factura(
    trade: Trade, today: date, take_folio: TakeFolio
) -> None:
    found = simulate(replace(trade, goods=GOODS[:3]), on=today, take_folio=take_folio)

    assert DocumentType.FACTURA_EXENTA not in {each.draft.kind for each in found}


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 19),
        ({}, 101),
        ({"goods": GOODS[3:]}, 20),
        ({"receivers": ()}, 20),
        ({"kinds": frozenset({DocumentType.GUIA})}, 20),
    ],
)
def test_an_impossible_simulation_takes_no_folio(
    trade: Trade, today: date, change: dict[str, Any], count: int
) -> None:
    with pytest.raises(ValueError, match="simulation"):
        simulate(
            replace(trade, **change),
            on=today,
            take_folio=lambda _: pytest.fail("took a folio"),
            count=count,
        )


def test_prints_are_the_tax_copy_and_the_cedible_where_the_law_wants_one(
    trade: Trade,
    today: date,
    take_folio: TakeFolio,
    make_caf: Callable[..., Caf],
    certificate: Certificate,
    noon: datetime,
) -> None:
    signed = []
    for each in simulate(trade, on=today, take_folio=take_folio)[:10]:
        caf = make_caf(kind=str(int(each.draft.kind)), authorized_on="2026-11-02")
        document = build(draft=each.draft, folio=each.folio, caf=caf, at=noon)
        signed.append(sign_document(document.xml, certificate))

    prints = sample_prints(signed)

    assert [found.file_name for found in prints][:5] == [
        "33-1-tributario",
        "33-1-cedible",
        "33-2-tributario",
        "33-2-cedible",
        "52-1-tributario",
    ]
    names = {found.file_name for found in prints}
    assert "52-1-cedible" in names
    assert "61-1-cedible" not in names
    assert all(found.xml in signed for found in prints)
