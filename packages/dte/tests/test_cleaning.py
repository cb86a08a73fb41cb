from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, time
from decimal import Decimal
from typing import Any

import pytest

from dte.build import prepare
from dte.cleaning import TextChange, clean_draft
from dte.codes import AdjustmentKind, DocumentType
from dte.document import (
    Adjustment,
    Draft,
    Instalment,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)
from dte.errors import DraftRefused, TextRefused
from dte.kinds.limits import BOLETA_TEXTS, TRADE_TEXTS
from dte.rut import Rut

MakeDraft = Callable[..., Draft]
MakeLine = Callable[..., Line]

LONG = "Ñ" * 300
BUYER = Receiver(rut=Rut.parse("11111111-1"), name="Peña & Hijos")


def test_clean_draft_comes_back_as_it_is_without_changes(make_draft: MakeDraft) -> None:
    draft = make_draft(
        references=(Reference(kind="SET", folio="1"),),
        transport=Transport(plate="BCDF12", departs_at=time(9, 30)),
        payment_terms=PaymentTerms(
            instalments=(Instalment(due_date=date(2026, 12, 1), amount_clp=1, note="Cuota"),)
        ),
    )

    assert clean_draft(draft, TRADE_TEXTS) == (draft, ())


def test_says_what_changed_in_the_order_of_the_draft(make_draft: MakeDraft, line: MakeLine) -> None:
    draft = make_draft(
        line(),
        line(name="Torta “Selva Negra”", codes=(ItemCode(kind="INT1", value=" 7 "),)),
        receiver=replace(BUYER, commune="San Pedro de Atacama y alrededores"),
        references=(Reference(kind="SET", reason="Caso 1 – boleta"),),
        adjustments=(
            Adjustment(
                kind=AdjustmentKind.DISCOUNT, value=Decimal(1), is_percent=True, reason="Promo…"
            ),
        ),
    )

    prepared = prepare(draft)

    assert prepared.changes == (
        TextChange(
            field="la comuna del cliente",
            before="San Pedro de Atacama y alrededores",
            after="San Pedro de Atacama",
        ),
        TextChange(
            field="el nombre del producto de la línea 2",
            before="Torta “Selva Negra”",
            after='Torta "Selva Negra"',
        ),
        TextChange(field="el código del producto de la línea 2", before=" 7 ", after="7"),
        TextChange(
            field="la razón de la referencia 1", before="Caso 1 – boleta", after="Caso 1 - boleta"
        ),
        TextChange(field="la glosa de un descuento", before="Promo…", after="Promo..."),
    )
    assert prepared.draft.lines[1].codes == (ItemCode(kind="INT1", value="7"),)
    assert prepared.draft.lines[0] is draft.lines[0]


def test_every_text_is_cut_to_its_channel(issuer: Issuer, make_draft: MakeDraft) -> None:
    """Prevents lengths over the schema's: giro 40, comuna 20, unidad 4, and so on."""
    draft = make_draft(
        Line(name=LONG, unit=LONG, description=LONG * 4, reference_unit=LONG, fixed_amount_clp=1),
        issuer=replace(
            issuer, phones=(LONG, "", " "), email=LONG, branch_name=LONG, seller_code=LONG
        ),
        receiver=replace(BUYER, giro=LONG, phone=LONG, contact=LONG, internal_code=LONG),
        payment_terms=PaymentTerms(
            bank=LONG,
            term_code=LONG,
            term_text=LONG,
            instalments=(Instalment(due_date=date(2026, 12, 1), amount_clp=1, note=LONG),),
        ),
        transport=Transport(driver_name=LONG, address=LONG, commune=LONG, city=LONG),
    )

    cleaned, changes = clean_draft(draft, TRADE_TEXTS)

    lengths = {
        "nombre": len(cleaned.lines[0].name),
        "unidad": len(cleaned.lines[0].unit),
        "descripción": len(cleaned.lines[0].description),
        "tarifa": len(cleaned.lines[0].reference_unit),
        "teléfonos": [len(phone) for phone in cleaned.issuer.phones],
        "sucursal": len(cleaned.issuer.branch_name),
        "vendedor": len(cleaned.issuer.seller_code),
        "giro": len(cleaned.receiver.giro),
        "teléfono": len(cleaned.receiver.phone),
        "contacto": len(cleaned.receiver.contact),
        "código": len(cleaned.receiver.internal_code),
        "banco": len(cleaned.payment_terms.bank),
        "término": len(cleaned.payment_terms.term_code),
        "términos": len(cleaned.payment_terms.term_text),
        "pago": len(cleaned.payment_terms.instalments[0].note),
    }
    assert lengths == {
        "nombre": 80,
        "unidad": 4,
        "descripción": 1000,
        "tarifa": 4,
        "teléfonos": [20],
        "sucursal": 20,
        "vendedor": 60,
        "giro": 40,
        "teléfono": 0,
        "contacto": 80,
        "código": 20,
        "banco": 40,
        "término": 4,
        "términos": 100,
        "pago": 40,
    }
    assert cleaned.transport is not None
    assert len(cleaned.transport.driver_name) == 30
    assert "el giro del cliente" in {change.field for change in changes}
    assert "el teléfono del cliente" not in {change.field for change in changes}


def test_texts_a_boleta_has_no_place_for_are_left_out_without_a_word(
    issuer: Issuer, make_draft: MakeDraft
) -> None:
    draft = make_draft(
        issuer=replace(issuer, phones=("+56 9 1111 1111",), email="a@b.cl", seller_code="日本"),
        receiver=replace(BUYER, giro="Restaurantes"),
    )

    cleaned, changes = clean_draft(draft, BOLETA_TEXTS)

    assert cleaned.issuer == issuer
    assert cleaned.receiver == BUYER
    assert changes == ()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"references": (Reference(kind="FACT"),)}, "el tipo de la referencia 1 caben 3"),
        ({"references": (Reference(folio="1" * 19),)}, "el folio de la referencia 1 caben 18"),
        ({"transport": Transport(plate="BCDF12345")}, "la patente caben 8"),
        ({"transport": Transport(trailer_plate="BCDF12345")}, "la patente del carro caben 8"),
        ({"payment_terms": PaymentTerms(account="1" * 21)}, "el número de cuenta caben 20"),
    ],
)
def test_identifier_is_refused_rather_than_cut(
    make_draft: MakeDraft, fields: dict[str, Any], words: str
) -> None:
    """A shortened folio or plate points to something else: the SII would not find it."""
    with pytest.raises(DraftRefused) as refusal:
        clean_draft(make_draft(**fields), TRADE_TEXTS)

    assert refusal.value.code == "identifier_too_long"
    assert words in refusal.value.message


def test_identifier_that_only_needs_trimming_is_trimmed(make_draft: MakeDraft) -> None:
    draft = make_draft(references=(Reference(kind=" 801 ", folio="OC\u200b1"),))

    cleaned, changes = clean_draft(draft, TRADE_TEXTS)

    assert cleaned.references == (Reference(kind="801", folio="OC1"),)
    assert [change.after for change in changes] == ["801", "OC1"]


@pytest.mark.parametrize(
    "fields",
    [
        {"issuer": Issuer(rut=BUYER.rut, name="A", giro="B", phones=("☎",))},
        {"receiver": replace(BUYER, contact="Иван")},
        {"references": (Reference(folio="№1"),)},
        {
            "adjustments": (
                Adjustment(
                    kind=AdjustmentKind.DISCOUNT, value=Decimal(1), is_percent=True, reason="★"
                ),
            )
        },
        {"payment_terms": PaymentTerms(bank="銀行")},
        {
            "payment_terms": PaymentTerms(
                instalments=(Instalment(due_date=date(2026, 1, 1), amount_clp=1, note="→"),)
            )
        },
        {"transport": Transport(driver_name="山田")},
    ],
)
def test_every_text_outside_latin1_is_refused(
    make_draft: MakeDraft, fields: dict[str, Any]
) -> None:
    with pytest.raises(TextRefused):
        clean_draft(make_draft(**fields), TRADE_TEXTS)


def test_departure_is_a_plain_time_of_whole_seconds(make_draft: MakeDraft) -> None:
    draft = make_draft(transport=Transport(departs_at=time(9, 30, 15, 123, tzinfo=UTC)))

    cleaned, changes = clean_draft(draft, TRADE_TEXTS)

    assert cleaned.transport == Transport(departs_at=time(9, 30, 15))
    assert changes == ()


def test_long_text_of_many_entities_stays_under_the_gateways_line(make_draft: MakeDraft) -> None:
    draft = make_draft(Line(name="Pan", description="&" * 900, fixed_amount_clp=1))

    cleaned, changes = clean_draft(draft, TRADE_TEXTS)

    assert len(cleaned.lines[0].description) == 729
    assert len(changes) == 1


def test_long_plain_description_is_no_change(make_draft: MakeDraft) -> None:
    draft = make_draft(
        Line(name="Pan", description="a" * 1000, fixed_amount_clp=1), kind=DocumentType.FACTURA
    )

    assert clean_draft(draft, TRADE_TEXTS) == (draft, ())


def test_empty_transport_is_none(make_draft: MakeDraft) -> None:
    draft = make_draft(transport=Transport(plate="\u200b "))

    assert clean_draft(draft, TRADE_TEXTS)[0].transport is None
