from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dte.build import prepare
from dte.codes import DocumentType, Exemption, PriceBasis
from dte.document import Draft, Issuer, Line
from dte.errors import DraftRefused
from dte.kinds import KINDS, get_kind
from dte.kinds.complete import complete_draft

MakeDraft = Callable[..., Draft]
MakeLine = Callable[..., Line]
HALF = Decimal("12.5")


def complete(draft: Draft) -> Draft:
    return complete_draft(draft, usual_basis=get_kind(draft.kind).usual_basis)


def test_a_percentage_becomes_pesos_half_up(make_draft: MakeDraft, line: MakeLine) -> None:
    draft = make_draft(
        line(unit_price=Decimal(1004), discount_percent=HALF, surcharge_percent=HALF)
    )

    completed = complete(draft)

    assert completed.lines[0].discount_clp == 126
    assert completed.lines[0].surcharge_clp == 126
    assert completed.lines[0].discount_percent == HALF
    assert completed.lines[0].amount_clp == 1004
    assert complete(completed) == completed


def test_a_percentage_of_nothing_is_left_out(make_draft: MakeDraft, line: MakeLine) -> None:
    draft = make_draft(line(unit_price=Decimal(3), discount_percent=HALF, surcharge_clp=1))

    assert complete(draft).lines == (line(unit_price=Decimal(3), surcharge_clp=1),)


def test_a_percentage_and_an_amount_must_agree(make_draft: MakeDraft, line: MakeLine) -> None:
    agreed = line(unit_price=Decimal(1000), discount_percent=HALF, discount_clp=125)

    assert complete(make_draft(agreed)).lines == (agreed,)
    with pytest.raises(DraftRefused) as refusal:
        complete(make_draft(replace(agreed, discount_clp=126)))
    assert refusal.value.code == "percent_disagrees"
    assert "el 12,5 % son $125 y dice $126" in refusal.value.message


@pytest.mark.parametrize(
    "bad",
    [
        Line(name="Pan", fixed_amount_clp=10, discount_percent=HALF),
        Line(name="Pan", quantity=Decimal(1), fixed_amount_clp=10, surcharge_percent=HALF),
    ],
)
def test_a_percentage_needs_a_price(make_draft: MakeDraft, bad: Line) -> None:
    with pytest.raises(DraftRefused) as refusal:
        complete(make_draft(bad))

    assert refusal.value.code == "percent_without_price"


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_prepared_is_prepared_as_it_is(
    trade: Callable[..., Draft], kind: DocumentType
) -> None:
    draft = trade(kind)
    if kind.is_boleta:
        draft = replace(draft, references=(), transport=None, transfer_reason=None)
    if kind.is_wholly_exempt:
        lines = tuple(replace(line, exemption=Exemption.EXEMPT) for line in draft.lines)
        draft = replace(draft, lines=lines)

    prepared = prepare(draft)

    assert prepare(prepared.draft) == prepared


def test_prices_hold_vat_in_boletas_and_not_elsewhere(make_draft: MakeDraft) -> None:
    usual = {kind: found.usual_basis for kind, found in KINDS.items()}

    assert usual == {kind: PriceBasis.GROSS if kind.is_boleta else PriceBasis.NET for kind in KINDS}
    assert complete(make_draft()).price_basis is PriceBasis.GROSS
    assert complete(make_draft(price_basis=PriceBasis.NET)).price_basis is PriceBasis.NET


def test_what_a_boleta_has_no_element_for_is_left_out(
    make_draft: MakeDraft, line: MakeLine, issuer: Issuer
) -> None:
    dated = line(made_on=date(2026, 11, 1), expires_on=date(2026, 12, 1))
    by_tariff = line(reference_quantity=Decimal(1), reference_price=Decimal(2))
    draft = make_draft(
        dated, by_tariff, issuer=replace(issuer, activities=(471100,)), software_provider=issuer.rut
    )

    boleta = complete(draft)
    factura = complete(replace(draft, kind=DocumentType.FACTURA))

    assert boleta.issuer == issuer
    assert boleta.lines == (line(), line())
    assert boleta.software_provider == issuer.rut
    assert factura.issuer.activities == (471100,)
    assert factura.lines == (dated, by_tariff)
    assert factura.software_provider is None


def test_every_type_of_a_shop_is_issued_and_the_others_are_refused_kindly() -> None:
    assert set(KINDS) == {33, 34, 39, 41, 52, 56, 61}
    for kind in (DocumentType.LIQUIDACION, DocumentType.FACTURA_COMPRA):
        with pytest.raises(DraftRefused) as refusal:
            get_kind(kind)
        assert refusal.value.code == "kind_not_issued"
        assert kind.title in refusal.value.message


def test_limits_of_the_schemas_are_those_of_each_type() -> None:
    assert {kind: (found.max_lines, found.max_references) for kind, found in KINDS.items()} == {
        kind: (1000 if kind.is_boleta else 60, 40) for kind in KINDS
    }
    assert get_kind(DocumentType.FACTURA).limits.receiver_giro == 40
