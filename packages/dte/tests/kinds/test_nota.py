from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.amounts import net_of_gross
from dte.build import prepare
from dte.codes import (
    DispatchKind,
    DocumentType,
    PriceBasis,
    ReferenceReason,
    TransferReason,
)
from dte.document import CONSUMER, Draft, Line, Reference, Totals
from dte.errors import DraftRefused
from dte.kinds.nota import (
    Correction,
    check_correction,
    correction_reason,
    refunded_vat,
    remaining_clp,
)
from dte.rules import Rules

Trade = Callable[..., Draft]
CREDIT, DEBIT = DocumentType.NOTA_CREDITO, DocumentType.NOTA_DEBITO
ANNULS, TEXT, AMOUNTS = ReferenceReason
NOTE = Line(name="Dice Almacén, debe decir Bazar", fixed_amount_clp=0)
DAY = date(2026, 11, 22)


def refused(draft: Draft, rules: Rules | None = None) -> str:
    with pytest.raises(DraftRefused) as refusal:
        prepare(draft, rules=rules or Rules())
    assert refusal.value.message.endswith(".")
    return refusal.value.code


def of(net: int, vat: int, exempt: int = 0) -> Totals:
    return Totals(net_clp=net, exempt_clp=exempt, vat_clp=vat, total_clp=net + vat + exempt)


def credit(totals: Totals, reason: ReferenceReason = AMOUNTS) -> Correction:
    return Correction(kind=CREDIT, reason=reason, totals=totals)


def test_a_note_in_gross_prices_has_exactly_the_totals_of_its_boleta(
    trade: Trade, make_draft: Callable[..., Draft]
) -> None:
    boleta = make_draft()
    note = trade(
        CREDIT,
        *boleta.lines,
        receiver=CONSUMER,
        price_basis=PriceBasis.GROSS,
        references=(Reference(kind="39", folio="7", issue_date=DAY, code="1"),),
    )

    sold, given_back = prepare(boleta).totals, prepare(note).totals

    assert sold == of(1672, 318)
    assert replace(given_back, vat_percent=None) == sold


def test_whether_a_note_may_name_nobody_is_a_setting(trade: Trade) -> None:
    draft = trade(CREDIT, receiver=CONSUMER)

    assert prepare(draft).draft.receiver == CONSUMER
    assert refused(draft, Rules(nota_to_consumer=False)) == "receiver_required"
    assert refused(replace(draft, receiver=replace(CONSUMER, name=""))) == "receiver_required"


def test_a_note_that_corrects_a_text_has_no_amounts(trade: Trade, sold: Reference) -> None:
    wrong_giro = (replace(sold, code="2"),)

    assert prepare(trade(CREDIT, NOTE, references=wrong_giro)).totals == of(0, 0)
    assert refused(trade(CREDIT, references=wrong_giro)) == "text_correction_with_amounts"
    assert refused(trade(CREDIT, NOTE)) == "total_zero"


def test_a_debit_note_that_annuls_a_text_correction_has_no_amounts_either(
    trade: Trade, sold: Reference
) -> None:
    correction = replace(sold, kind="61", code="1")

    assert prepare(trade(DEBIT, NOTE, references=(correction,))).totals == of(0, 0)
    assert refused(trade(DEBIT, NOTE, references=(replace(correction, kind="33"),))) == "total_zero"
    assert refused(trade(DEBIT, NOTE, references=(replace(correction, code="3"),))) == "total_zero"


def test_a_note_of_amounts_may_refer_to_several_and_to_other_papers(
    trade: Trade, sold: Reference
) -> None:
    case = Reference(kind="SET", folio="1", issue_date=DAY, reason="CASO 1-5")
    draft = trade(CREDIT, references=(case, sold, replace(sold, folio="121")))

    assert prepare(draft).draft.references == draft.references
    assert correction_reason(draft) is AMOUNTS


def test_a_late_credit_note_says_that_it_lowers_no_vat(trade: Trade) -> None:
    assert prepare(trade(CREDIT, lowers_vat=False)).draft.lowers_vat is False
    assert refused(trade(DEBIT, lowers_vat=False)) == "not_a_credit_note"
    assert prepare(trade(DEBIT)).totals == replace(of(10000, 1900), vat_percent=Decimal(19))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"references": ()}, "nota_without_reference"),
        (
            {"references": (Reference(kind="SET", folio="1", issue_date=DAY),)},
            "nota_without_reference",
        ),
        (
            {
                "references": (
                    Reference(kind="33", folio="1", issue_date=DAY, code="1"),
                    Reference(kind="33", folio="2", issue_date=DAY, code="3"),
                )
            },
            "nota_refers_to_several",
        ),
        (
            {
                "references": (
                    Reference(kind="33", folio="0", issue_date=DAY, code="1", is_global=True),
                )
            },
            "nota_refers_to_several",
        ),
        ({"transfer_reason": TransferReason.RETURN}, "transfer_only_in_guia"),
        ({"dispatch": DispatchKind.BY_RECEIVER}, "transfer_only_in_guia"),
    ],
)
def test_note_that_breaks_a_rule_is_refused(
    trade: Trade, changes: dict[str, Any], code: str
) -> None:
    assert refused(replace(trade(CREDIT), **changes)) == code


SALE = of(1000, 190, exempt=500)


def correct(correction: Correction, *earlier: Correction) -> str:
    original = DocumentType.BOLETA
    try:
        check_correction(correction, original=original, totals=SALE, earlier=earlier)
    except DraftRefused as refusal:
        return refusal.code
    return "fine"


def test_a_document_is_annulled_once_and_as_a_whole() -> None:
    annulment = credit(SALE, ANNULS)

    assert correct(annulment) == "fine"
    assert correct(annulment, credit(of(0, 0), TEXT)) == "fine"
    assert correct(annulment, annulment) == "already_annulled"
    assert correct(credit(of(1, 0)), annulment) == "already_annulled"
    assert correct(annulment, credit(of(1, 0))) == "annulment_not_whole"
    assert correct(credit(of(1000, 190), ANNULS)) == "annulment_not_whole"


def test_credit_notes_never_exceed_what_is_left() -> None:
    half = credit(of(500, 95, exempt=250))

    assert correct(half, half) == "fine"
    assert correct(half, half, credit(of(1, 0))) == "credit_over_document"
    assert correct(credit(of(0, 0, exempt=501))) == "credit_over_document"
    assert correct(credit(of(1001, 190, exempt=0))) == "credit_over_document"
    assert correct(credit(of(0, 0), TEXT), half, half) == "fine"


def test_the_split_between_net_and_vat_may_be_off_by_a_peso() -> None:
    assert correct(credit(of(999, 191, exempt=500))) == "fine"


def test_debit_notes_make_room_again_and_are_not_limited() -> None:
    raised = Correction(kind=DEBIT, reason=AMOUNTS, totals=of(100, 19))

    assert correct(raised, credit(of(1000, 190))) == "fine"
    assert correct(credit(of(1100, 209)), raised) == "fine"
    assert correct(credit(of(1101, 209)), raised) == "credit_over_document"
    assert remaining_clp(DocumentType.FACTURA, SALE, (raised, credit(of(500, 95)))) == 1214


def test_a_debit_note_annuls_a_credit_note() -> None:
    back = Correction(kind=DEBIT, reason=ANNULS, totals=SALE)
    part = Correction(kind=DEBIT, reason=AMOUNTS, totals=of(2000, 0))

    check_correction(back, original=CREDIT, totals=SALE)
    with pytest.raises(DraftRefused) as refusal:
        check_correction(part, original=CREDIT, totals=SALE)

    assert refusal.value.code == "credit_over_document"
    assert "$1.690" in refusal.value.message
    assert remaining_clp(CREDIT, SALE, ()) == 1690
    assert remaining_clp(CREDIT, SALE, (back,)) == 0


@given(st.lists(st.integers(min_value=1, max_value=5_000_000), min_size=1, max_size=20))
def test_refunds_in_parts_give_back_exactly_the_vat_of_the_boleta(parts: list[int]) -> None:
    refunds = [
        refunded_vat(part, credited_before_clp=sum(parts[:place]), on=DAY)
        for place, part in enumerate(parts)
    ]

    sold = sum(parts)
    assert sum(refunds) == sold - net_of_gross(sold, Decimal(19))
    for part, vat in zip(parts, refunds, strict=True):
        assert abs(vat - (part - net_of_gross(part, Decimal(19)))) <= 1


def test_a_partial_refund_states_its_share_of_the_vat(trade: Trade) -> None:
    # On its own a refund of 333 holds 53; as the last part of 1,000 it holds what is left, 54.
    vat = refunded_vat(333, credited_before_clp=667, on=DAY)
    line = Line(name="Pan", quantity=Decimal(1), unit_price=Decimal(333))
    draft = trade(CREDIT, line, price_basis=PriceBasis.GROSS, vat_clp=vat)

    assert vat == 54
    assert prepare(draft).totals == replace(of(279, 54), vat_percent=Decimal(19))
