"""Notas: never more than the document says, not even by two clerks at once."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from dte.rut import Rut
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import PaperRefused, issue_boleta
from erpmarket.fiscal.actions.issue_nota import (
    CorrectionRefused,
    annul_document,
    correct_text,
    credit_lines,
    raise_amounts,
)
from erpmarket.fiscal.actions.issue_paper import PaperConflict
from erpmarket.fiscal.corrections import Part
from erpmarket.fiscal.draft_maps import BoletaBuyer, PaperLine
from erpmarket.fiscal.models import (
    CorrectedLine,
    DocumentReference,
    IssuedDocument,
    SubmissionState,
)
from erpmarket.fiscal.tests.factories import AT, make_document, settle
from erpmarket.fiscal.tests.trade_factories import (
    factura_order,
    make_factura,
    make_trader,
    nota_order,
    trade_item,
)
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def trader(dona_rosa: Any, caf_office: Any) -> Iterator[Branch]:
    with company_scope(dona_rosa.company_id):
        yield make_trader(dona_rosa, caf_office)


def _part(position: int, quantity: str) -> Part:
    return Part(position=position, quantity=Decimal(quantity))


def _amounts(row: IssuedDocument) -> tuple[int, int, int, int]:
    return row.net_clp, row.vat_clp, row.exempt_clp, row.total_clp


def _boleta(branch: Branch, *lines: PaperLine) -> IssuedDocument:
    return issue_boleta(source_uid=uuid7(), branch=branch, lines=lines, at=AT).row


def _sold(
    name: str, quantity: str, price_clp: int, discount_clp: int = 0, **facts: Any
) -> PaperLine:
    return PaperLine(
        code=name[:3],
        name=name,
        quantity=Decimal(quantity),
        unit=facts.pop("unit", "un"),
        price_clp=price_clp,
        discount_clp=discount_clp,
        is_exempt=facts.pop("is_exempt", False),
    )


def test_annulling_a_boleta_copies_its_amounts_and_points_to_it(
    trader: Branch, dona_rosa: Any
) -> None:
    boleta = make_document(dona_rosa, price_clp=1_333, quantity="3")

    nota = annul_document(order=nota_order(boleta.id, reason="No la quiso"), at=AT).row

    assert (nota.kind, _amounts(nota)) == (61, _amounts(boleta))
    reference = DocumentReference.objects.get(document_id=nota.id)
    assert (reference.kind, reference.folio, reference.code, reference.reason) == (
        "39", str(boleta.folio), 1, "No la quiso",
    )  # fmt: skip
    assert reference.target_id == boleta.id
    assert nota.receiver_rut == "66666666-6"


def test_a_nota_names_the_buyer_that_the_boleta_names(trader: Branch) -> None:
    buyer = BoletaBuyer(rut=Rut.parse("12345678-5"), name="Ana Soto")
    boleta = issue_boleta(
        source_uid=uuid7(), branch=trader, lines=[_sold("Silla", "1", 9_990)], at=AT, buyer=buyer
    ).row

    nota = annul_document(order=nota_order(boleta.id), at=AT).row

    assert (nota.receiver_rut, nota.receiver_name) == ("12345678-5", "Ana Soto")


def test_what_is_annulled_is_not_annulled_again(trader: Branch, dona_rosa: Any) -> None:
    boleta = make_document(dona_rosa)
    annul_document(order=nota_order(boleta.id), at=AT)

    with pytest.raises(PaperRefused) as refusal:
        annul_document(order=nota_order(boleta.id), at=AT)

    assert refusal.value.reason == "already_annulled"
    assert IssuedDocument.objects.filter(kind=61).count() == 1


def test_a_double_click_is_one_nota(trader: Branch, dona_rosa: Any) -> None:
    order = nota_order(make_document(dona_rosa).id)

    first, second = annul_document(order=order, at=AT), annul_document(order=order, at=AT)

    assert (second.row.id, second.is_repeated) == (first.row.id, True)


def test_a_uid_that_corrected_another_document_is_refused(trader: Branch, dona_rosa: Any) -> None:
    uid = uuid7()
    annul_document(order=nota_order(make_document(dona_rosa).id, uid=uid), at=AT)

    with pytest.raises(PaperConflict):
        annul_document(order=nota_order(make_document(dona_rosa).id, uid=uid), at=AT)

    assert IssuedDocument.objects.filter(kind=61).count() == 1


def test_partial_returns_of_a_boleta_sum_to_it(trader: Branch) -> None:
    """Rounding each nota alone would pay back 1 + 1 + 1 of a line of $2."""
    boleta = _boleta(trader, _sold("Dulce", "3", 1), _sold("Jamón", "0.455", 7_990, unit="kg"))

    notas = [
        credit_lines(order=nota_order(boleta.id), parts=parts, at=AT).row
        for parts in (
            [_part(1, "1")],
            [_part(1, "1"), _part(2, "0.155")],
            [_part(1, "1"), _part(2, "0.3")],
        )
    ]

    assert boleta.total_clp == 3_638
    sums = tuple(sum(column) for column in zip(*map(_amounts, notas), strict=True))
    assert sums == _amounts(boleta)
    assert {reference.code for reference in DocumentReference.objects.all()} == {3}


def test_a_discounted_line_gives_back_its_share_of_what_was_paid(trader: Branch) -> None:
    boleta = _boleta(trader, _sold("Aceite", "3", 1_000, discount_clp=1_000))

    shares = [
        credit_lines(order=nota_order(boleta.id), parts=[_part(1, "1")], at=AT).row.total_clp
        for _ in range(3)
    ]

    assert shares == [667, 666, 667]


def test_partial_returns_of_a_net_factura_with_a_discount_sum_to_it(trader: Branch) -> None:
    order = factura_order(
        trade_item(price="333.33", quantity="7"),
        trade_item("Libro", price="1999", quantity="3", is_exempt=True),
        discount_percent=Decimal("7.5"),
    )
    factura = make_factura(trader, order).row

    notas = [
        credit_lines(
            order=nota_order(factura.id), parts=[_part(1, first), _part(2, "1")], at=AT
        ).row
        for first in ("1", "2", "4")
    ]

    sums = tuple(sum(column) for column in zip(*map(_amounts, notas), strict=True))
    assert sums == _amounts(factura)


def test_returning_everything_at_once_annuls(trader: Branch, dona_rosa: Any) -> None:
    boleta = make_document(dona_rosa, quantity="2")

    nota = credit_lines(order=nota_order(boleta.id), parts=[_part(1, "2")], at=AT).row

    assert DocumentReference.objects.get(document_id=nota.id).code == 1
    assert CorrectedLine.objects.get().quantity == 2


def test_more_than_is_left_is_refused_with_what_is_left(trader: Branch, dona_rosa: Any) -> None:
    boleta = make_document(dona_rosa, quantity="2")
    credit_lines(order=nota_order(boleta.id), parts=[_part(1, "1")], at=AT)

    with pytest.raises(CorrectionRefused) as refusal:
        credit_lines(order=nota_order(boleta.id), parts=[_part(1, "1.5")], at=AT)

    assert refusal.value.message == (
        "De «Leche entera Colún 1 L» quedan 1 por devolver. Escribe 1 o menos."
    )
    assert IssuedDocument.objects.filter(kind=61).count() == 1


def test_a_rejected_nota_gives_its_goods_free_again(trader: Branch, dona_rosa: Any) -> None:
    boleta = make_document(dona_rosa)
    settle(annul_document(order=nota_order(boleta.id), at=AT).row, SubmissionState.REJECTED)

    nota = annul_document(order=nota_order(boleta.id), at=AT).row

    assert _amounts(nota) == _amounts(boleta)


def test_what_the_sii_rejected_has_no_nota(trader: Branch, dona_rosa: Any) -> None:
    boleta = make_document(dona_rosa)
    settle(boleta, SubmissionState.REJECTED)

    with pytest.raises(CorrectionRefused) as refusal:
        annul_document(order=nota_order(boleta.id), at=AT)

    assert refusal.value.reason == "document_rejected"


def test_a_nota_de_debito_annuls_a_nota_de_credito_which_then_does_not_count(
    trader: Branch, dona_rosa: Any
) -> None:
    boleta = make_document(dona_rosa)
    credit = annul_document(order=nota_order(boleta.id), at=AT).row

    debit = annul_document(order=nota_order(credit.id), at=AT).row
    again = annul_document(order=nota_order(boleta.id), at=AT).row

    assert (debit.kind, _amounts(debit)) == (56, _amounts(boleta))
    assert again.kind == 61


def test_a_text_is_corrected_for_nothing(trader: Branch) -> None:
    factura = make_factura(trader).row

    nota = correct_text(
        order=nota_order(factura.id), wrong="Giro Ferretería", right="Giro Construcción", at=AT
    ).row

    assert (nota.kind, nota.total_clp) == (61, 0)
    assert DocumentReference.objects.get(document_id=nota.id).code == 2
    assert b"Debe decir: Giro Construcci" in bytes(nota.xml)


def test_an_amount_is_raised_on_the_basis_of_the_document(trader: Branch) -> None:
    factura = make_factura(trader).row

    nota = raise_amounts(
        order=nota_order(factura.id), lines=[trade_item("Flete", "1000", "1")], at=AT
    ).row

    assert (nota.kind, _amounts(nota)) == (56, (1_000, 190, 0, 1_190))


def test_a_boleta_with_more_lines_than_a_nota_may_have_is_annulled_in_one(trader: Branch) -> None:
    lines = [_sold(f"Cosa {number}", "1", 101 + number) for number in range(70)]
    boleta = _boleta(trader, *lines, _sold("Libro", "1", 5_000, is_exempt=True))

    nota = annul_document(order=nota_order(boleta.id), at=AT).row

    assert _amounts(nota) == _amounts(boleta)
    assert bytes(nota.xml).count(b"<Detalle>") == 2


def test_an_exempt_boleta_is_credited_as_exempt(trader: Branch, dona_rosa: Any) -> None:
    boleta = make_document(dona_rosa, is_exempt=True, quantity="2", price_clp=700)

    nota = credit_lines(order=nota_order(boleta.id), parts=[_part(1, "1")], at=AT).row

    assert _amounts(nota) == (0, 0, 700, 700)


def test_two_clerks_at_once_take_back_no_more_than_was_sold(
    fresh_database: str, found_cast: Callable[[], Any], caf_office: Any
) -> None:
    shop, _ = found_cast()
    with company_scope(shop.company_id):
        make_trader(shop, caf_office)
        boleta = make_document(shop, quantity="3")
    answers: list[str] = []
    start = threading.Barrier(4)

    def clerk() -> None:
        try:
            start.wait()
            with company_scope(shop.company_id):
                credit_lines(order=nota_order(boleta.id), parts=[_part(1, "1")], at=AT)
            answers.append("credited")
        except DomainError as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    clerks = [threading.Thread(target=clerk) for _ in range(4)]
    for thread in clerks:
        thread.start()
    for thread in clerks:
        thread.join()

    assert sorted(answers) == ["correction_refused", "credited", "credited", "credited"]
    with company_scope(shop.company_id):
        totals = IssuedDocument.objects.filter(kind=61).values_list("total_clp", flat=True)
        assert sum(totals) == boleta.total_clp
