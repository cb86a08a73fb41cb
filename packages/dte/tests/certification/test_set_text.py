from collections.abc import Callable
from decimal import Decimal

import pytest

from dte.certification.set_text import (
    CaseItem,
    DictatedPurchase,
    SectionKind,
    TestSetRefused,
    read_test_set,
)
from dte.codes import DispatchKind, DocumentType, TransferReason


def test_every_section_is_found_with_its_number_of_atencion(test_set: str) -> None:
    sections = read_test_set(test_set.encode()).sections

    assert [(section.kind, section.attention, len(section.cases)) for section in sections] == [
        (SectionKind.DOCUMENTS, "7001234", 8),
        (SectionKind.SALES_BOOK, "7001235", 0),
        (SectionKind.PURCHASE_BOOK, "7001236", 0),
        (SectionKind.DOCUMENTS, "7001237", 3),
        (SectionKind.GUIA_BOOK, "7001238", 0),
        (SectionKind.DOCUMENTS, "7001239", 2),
    ]
    assert [section.title for section in sections][:2] == ["BASICO", "LIBRO DE VENTAS"]
    assert "EL CASO 3 CORRESPONDE A UNA GUIA ANULADA" in sections[4].notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
def test_names_are_kept_letter_by_letter_in_either_encoding(test_set: str, encoding: str) -> None:
    read = read_test_set(test_set.encode(encoding))

    names = [item.name for case in read.cases for item in case.items]
    assert names[:5] == [
        "Cajón AFECTO",
        "Cordel AFECTO",
        "Pañuelo AFECTO",
        "ITEM 2 AFECTO",
        "Pintura B&W AFECTO",
    ]
    assert read.spoiled_names == ()


def test_quantities_prices_units_and_discounts_come_from_their_columns(test_set: str) -> None:
    cases = {case.number: case for case in read_test_set(test_set.encode()).cases}

    first, second = cases["7001234-2"].items
    assert first == CaseItem(
        name="Pañuelo AFECTO",
        quantity=Decimal(301),
        unit_price=Decimal(3333),
        discount_percent=Decimal(7),
    )
    assert second == CaseItem(
        name="ITEM 2 AFECTO",
        quantity=Decimal(212),
        unit_price=Decimal(4125),
        discount_percent=Decimal(19),
    )
    assert cases["7001234-4"].global_discount_percent == 9
    assert cases["7001234-6"].items[0].unit_price is None
    assert cases["7001239-1"].items[0].unit == "Hora"
    assert cases["7001237-1"].items[1].quantity == 75


def test_notes_say_to_which_case_they_refer_and_why(test_set: str) -> None:
    cases = {case.number: case for case in read_test_set(test_set.encode()).cases}

    assert cases["7001234-5"].kind is DocumentType.NOTA_CREDITO
    assert cases["7001234-5"].refers_to == "7001234-1"
    assert cases["7001234-5"].reason == "CORRIGE GIRO DEL RECEPTOR"
    assert cases["7001234-8"].kind is DocumentType.NOTA_DEBITO


def test_guias_say_why_goods_move_and_who_carries_them(test_set: str) -> None:
    cases = [case for case in read_test_set(test_set.encode()).cases if case.transfer]

    assert [(case.transfer, case.dispatch) for case in cases] == [
        (TransferReason.INTERNAL, None),
        (TransferReason.SALE, DispatchKind.BY_ISSUER_TO_RECEIVER),
        (TransferReason.SALE, DispatchKind.BY_RECEIVER),
    ]


def test_goods_carried_elsewhere_are_told_apart(test_set: str) -> None:
    elsewhere = test_set.replace("AL LOCAL DEL CLIENTE", "A OTRAS INSTALACIONES")

    dispatched = [case.dispatch for case in read_test_set(elsewhere.encode()).cases]

    assert DispatchKind.BY_ISSUER_ELSEWHERE in dispatched
    assert DispatchKind.BY_ISSUER_TO_RECEIVER not in dispatched


def test_the_purchase_book_keeps_exempt_and_affected_apart(test_set: str) -> None:
    book = read_test_set(test_set.encode()).sections[2]

    assert book.shared_vat_factor == Decimal("0.55")
    assert len(book.purchases) == 7
    assert book.purchases[1] == DictatedPurchase(
        kind_name="FACTURA ELECTRONICA",
        folio=57,
        remark="FACTURA DEL GIRO CON DERECHO A CREDITO",
        exempt_clp=7001,
        affected_clp=6003,
    )
    assert (book.purchases[0].exempt_clp, book.purchases[0].affected_clp) == (0, 19999)
    assert (book.purchases[6].exempt_clp, book.purchases[6].affected_clp) == (4400, 0)


def test_spoiled_accents_are_reported_and_do_not_hide_a_section(test_set: str) -> None:
    spoiled = test_set.replace("ATENCIÓN", "ATENCI\ufffdN").replace("Cajón", "Caj\ufffdn")

    read = read_test_set(spoiled.encode())

    assert read.spoiled_names == ("Caj\ufffdn AFECTO",)
    assert len(read.sections) == 6


def _change(old: str, new: str) -> Callable[[str], bytes]:
    def change(text: str) -> bytes:
        assert old in text
        return text.replace(old, new, 1).encode()

    return change


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _: b"x" * 200_001, "unreadable"),
        (lambda _: b"SET\0", "unreadable"),
        (lambda _: b"una carta cualquiera", "no_cases"),
        (_change("CASO 7001234-2\n", "CASO 7001234-1\n"), "bad_case"),
        (_change("FACTURA ELECTRONICA\n", "FACTURA DE EXPORTACION\n"), "unsupported_kind"),
        (_change("DOCUMENTO\tFACTURA ELECTRONICA\n", ""), "unsupported_kind"),
        (_change("MOTIVO:\t\tVENTA", "MOTIVO:\t\tPASEO"), "bad_case"),
        (_change("Cajón AFECTO\t\t    120\t\t   2490", "Cajón AFECTO\t\t120"), "bad_case"),
        (_change("PRECIO UNITARIO\n", "PRECIO OTRO\n"), "bad_case"),
        (_change("    120\t", "    12x\t"), "bad_case"),
        (_change("ENTREGA GRATUITA DEL PROVEEDOR\n", ""), "bad_case"),
        (_change("FACTURA\t\t\t\t\t301", "FACTURA"), "bad_case"),
        (_change("\t\t  19999", "\t\tmucho"), "bad_case"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(
    test_set: str, spoil: Callable[[str], bytes], code: str
) -> None:
    with pytest.raises(TestSetRefused) as refusal:
        read_test_set(spoil(test_set))

    assert refusal.value.code == code
    assert "sin abrirlo" in refusal.value.message


@pytest.mark.parametrize(
    ("words", "transfer"),
    [
        ("CONSIGNACION", TransferReason.CONSIGNMENT),
        ("ENTREGA GRATUITA", TransferReason.FREE_DELIVERY),
        ("DEVOLUCION DE BIENES", TransferReason.RETURN),
    ],
)
def test_other_reasons_of_guias_are_known(
    test_set: str, words: str, transfer: TransferReason
) -> None:
    changed = test_set.replace("MOTIVO:\t\tVENTA", f"MOTIVO:\t\t{words}")

    assert transfer in [case.transfer for case in read_test_set(changed.encode()).cases]
