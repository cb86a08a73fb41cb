"""A supplier's electronic paper becomes stock, debt, prices and labels in one motion."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from time import process_time
from typing import Any

import pytest

from dte.codes import DispatchKind, PaymentForm, TransferReason
from dte.document import PaymentTerms, Reference
from erpmarket.catalog.actions.rules import save_margin_rules
from erpmarket.catalog.models import LabelRequest, PriceChange, PricePlan, Product
from erpmarket.catalog.proposals import DEFAULT_RULE
from erpmarket.catalog.tests.factories import make_category, make_product
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import TRANSPORT, make_trader
from erpmarket.inventory.actions import IssueLine, issue
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.recost import recost
from erpmarket.inventory.models import Stock, StockMove
from erpmarket.purchasing.actions import (
    NewCosts,
    ReturnOrder,
    change_costs,
    return_to_supplier,
)
from erpmarket.purchasing.actions.dte import DteOrder, open_paper, receive_dte, set_aside
from erpmarket.purchasing.actions.payables import left_of
from erpmarket.purchasing.dte_errors import GoodsCameWithGuia, LinesOpen
from erpmarket.purchasing.dte_sheet import Answer, Mode, Sheet, build_sheet
from erpmarket.purchasing.models import (
    CostChangeKind,
    DteDraft,
    PayableEntry,
    Receipt,
    ReceiptLine,
    Settlement,
    Supplier,
    SupplierCode,
)
from erpmarket.purchasing.payable_queries import list_debts, list_open_papers, list_open_returns
from erpmarket.purchasing.tests.dte_supplier import AT, Distributor, drinks, dte_line
from erpmarket.tenancy.scope import company_scope


@pytest.fixture
def distributor(caf_office: Any, dona_rosa: Any) -> Distributor:
    return Distributor(office=caf_office, customer=dona_rosa)


def sheet_of(received: Any, answers: dict[int, Answer] | None = None) -> Sheet:
    _, goods = open_paper(received, answers or {})
    return build_sheet(goods, answers or {}, supplier_id=None, on=AT.date())


def shelf() -> tuple[Product, Product, Product]:
    return (
        make_product("Bebida Cola 1,5 L", price_clp=990),
        make_product("Cerveza Rubia 470 cc", price_clp=1290),
        make_product("Fideos spaghetti 400 g", price_clp=690),
    )


def chosen(*products: Product) -> dict[int, Answer]:
    return {
        position: Answer(mode=Mode.PRODUCT, product_id=product.id)
        for position, product in enumerate(products, start=1)
    }


def order_of(shop: Any, received: Any, answers: dict[int, Answer], **facts: Any) -> DteOrder:
    return DteOrder(
        received_id=received.id, warehouse_id=shop.warehouse_id, answers=answers, **facts
    )


def test_drinks_cost_their_tax_and_freight_to_the_peso(
    dona_rosa: Any, distributor: Distributor
) -> None:
    """Additional taxes must not spread over goods that bear none."""
    with company_scope(dona_rosa.company_id):
        products, received = shelf(), distributor.send()

        draft = receive_dte(order_of(dona_rosa, received, chosen(*products)), at=AT)

        lines = list(ReceiptLine.objects.order_by("position"))
        assert [line.value for line in lines] == [36_000, 52_200, 11_000]
        assert [line.quantity for line in lines] == [60, 48, 20]
        assert [line.billed for line in lines] == [60, 48, 20]
        stock = {row.product_id: (row.quantity, row.value) for row in Stock.objects.all()}
        assert stock[products[1].id] == (48, 52_200)
        receipt = Receipt.objects.get()
        assert (receipt.net_clp, receipt.freight_clp, receipt.vat_clp) == (99_200, 8_000, 16_720)
        assert receipt.total_clp == 88_000 + 16_720 + 3_000 + 8_200
        assert PayableEntry.objects.get().amount_clp == 115_920
        assert draft.receipt_id == receipt.id
        assert draft.outcome["products"] == 3


def test_everything_happens_once_however_often_it_is_clicked(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        received = distributor.send()
        order = order_of(dona_rosa, received, chosen(*shelf()))

        first = receive_dte(order, at=AT)
        again = receive_dte(order, at=AT + timedelta(seconds=1))

        assert again.id == first.id
        assert (Receipt.objects.count(), StockMove.objects.count()) == (1, 3)
        assert PayableEntry.objects.count() == 1


def test_second_paper_of_a_supplier_is_recognized_whole(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        products = shelf()
        receive_dte(order_of(dona_rosa, distributor.send(), chosen(*products)), at=AT)
        assert SupplierCode.objects.count() == 3

        second = distributor.send()
        receive_dte(order_of(dona_rosa, second, {}), at=AT)

        assert Receipt.objects.count() == 2
        quantities = dict(Stock.objects.values_list("product_id", "quantity"))
        assert quantities == {
            products[0].id: 120,
            products[1].id: 96,
            products[2].id: 40,
        }


def test_names_that_are_alike_are_asked_and_never_taken(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        products, received = shelf(), distributor.send()

        sheet = sheet_of(received)
        assert [line.mode for line in sheet.lines] == ["", "", "", "freight"]
        assert [line.match.product_id for line in sheet.lines[:3]] == [one.id for one in products]
        with pytest.raises(LinesOpen, match="Faltan 3 respuestas"):
            receive_dte(order_of(dona_rosa, received, {}), at=AT)

        assert (Receipt.objects.count(), StockMove.objects.count()) == (0, 0)


def test_prices_change_at_once_with_their_labels(dona_rosa: Any, distributor: Distributor) -> None:
    with company_scope(dona_rosa.company_id):
        drink, beer, pasta = shelf()
        answers = chosen(drink, beer, pasta)
        answers[1] = replace(answers[1], price_clp=1_090, is_ticked=True)
        answers[2] = replace(answers[2], price_clp=1_990, is_ticked=False)
        answers[3] = replace(answers[3], is_ticked=False)

        draft = receive_dte(order_of(dona_rosa, distributor.send(), answers), at=AT)

        prices = dict(Product.objects.values_list("id", "price_clp"))
        assert prices == {drink.id: 1_090, beer.id: 1_290, pasta.id: 690}
        change = PriceChange.objects.get()
        assert (change.reason, change.cause_uid) == ("purchase", draft.uid)
        assert [row.product_id for row in LabelRequest.objects.all()] == [drink.id]


def priced_line(received: Any, answer: Answer) -> Any:
    return sheet_of(received, {1: answer}).lines[0]


def test_prices_that_move_little_are_ticked_by_themselves(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        pasta = make_product("Fideos spaghetti 400 g", price_clp=800)
        received = distributor.send(dte_line("FIDEOS 400GR", "11000", "20", unit="UN"))

        line = priced_line(received, Answer(mode=Mode.PRODUCT, product_id=pasta.id))

        # 550 / 0.7 × 1.19 = 935, 17 % more than 800.
        assert (line.price_clp, line.doubts, line.is_ticked) == (940, (), True)


def test_price_that_triples_waits_for_a_person(dona_rosa: Any, distributor: Distributor) -> None:
    """A wrong match or a case taken for a unit must not reach the till by itself."""
    with company_scope(dona_rosa.company_id):
        pasta = make_product("Fideos spaghetti 400 g", price_clp=300)
        received = distributor.send(dte_line("FIDEOS 400GR", "11000", "20", unit="UN"))
        answers = {1: Answer(mode=Mode.PRODUCT, product_id=pasta.id)}

        line = priced_line(received, answers[1])
        receive_dte(order_of(dona_rosa, received, answers), at=AT)

        assert (line.price_clp, line.is_ticked) == (940, False)
        assert line.doubts == ("sube 213,3\u00a0%",)
        assert Product.objects.get().price_clp == 300
        assert not PriceChange.objects.exists()


def test_how_far_a_price_may_move_is_the_shops_own(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        pasta = make_product("Fideos spaghetti 400 g", price_clp=800)
        save_margin_rules({None: replace(DEFAULT_RULE, most_move_percent=Decimal(10))})
        received = distributor.send(dte_line("FIDEOS 400GR", "11000", "20", unit="UN"))

        line = priced_line(received, Answer(mode=Mode.PRODUCT, product_id=pasta.id))

        assert (line.doubts, line.is_ticked) == (("sube 17,5\u00a0%",), False)


def test_price_of_guessed_units_waits_for_a_person(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        pasta = make_product("Fideos spaghetti 400 g", price_clp=9_000)
        received = distributor.send(dte_line("FIDEOS 400GR", "110000", "20", unit="CJ"))
        answer = Answer(mode=Mode.PRODUCT, product_id=pasta.id)

        guessed = priced_line(received, answer)
        said = priced_line(received, replace(answer, units=Decimal(1)))

        assert (guessed.doubts, guessed.is_ticked) == (("unidades sin confirmar",), False)
        assert (said.price_clp, said.doubts, said.is_ticked) == (9_350, (), True)


def test_price_typed_under_the_floor_is_ticked_by_a_person_only(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        pasta = make_product("Fideos spaghetti 400 g", price_clp=800)
        received = distributor.send(dte_line("FIDEOS 400GR", "11000", "20", unit="UN"))
        answer = Answer(mode=Mode.PRODUCT, product_id=pasta.id, price_clp=690)

        line = priced_line(received, answer)
        meant = priced_line(received, replace(answer, is_ticked=True))

        assert (line.doubts, line.is_ticked) == (("bajo el mínimo de 15\u00a0%",), False)
        assert meant.is_ticked


def test_prices_wait_for_the_hour_that_was_said(dona_rosa: Any, distributor: Distributor) -> None:
    with company_scope(dona_rosa.company_id):
        drink, beer, pasta = shelf()
        answers = chosen(drink, beer, pasta)
        answers[1] = replace(answers[1], price_clp=1_090, is_ticked=True)
        order = order_of(
            dona_rosa, distributor.send(), answers, effective_at=AT + timedelta(hours=15)
        )

        receive_dte(order, at=AT)

        assert Product.objects.get(id=drink.id).price_clp == 990
        plan = PricePlan.objects.get(product_id=drink.id)
        assert (plan.new_clp, plan.effective_at) == (1_090, AT + timedelta(hours=15))
        assert Stock.objects.get(product_id=drink.id).quantity == Decimal(60)


def test_new_product_comes_out_of_a_line(dona_rosa: Any, distributor: Distributor) -> None:
    with company_scope(dona_rosa.company_id):
        category = make_category("Bebidas")
        _, beer, pasta = shelf()
        answers = chosen(pasta, beer, pasta)
        answers[1] = Answer(mode=Mode.NEW, category_id=category.id)

        draft = receive_dte(order_of(dona_rosa, distributor.send(), answers), at=AT)

        made = Product.objects.get(name="Bebida Cola 1,5 L", category=category)
        assert made.additional_tax_code == 27
        assert made.price_clp > 600
        assert Stock.objects.get(product=made).quantity == Decimal(60)
        assert draft.outcome["created"] == 1
        assert LabelRequest.objects.filter(product=made).exists()


def test_what_did_not_come_is_no_stock_and_stays_owed(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        products = shelf()
        answers = chosen(*products)
        answers[1] = replace(answers[1], packs=Decimal(9))

        draft = receive_dte(order_of(dona_rosa, distributor.send(), answers), at=AT)

        line = ReceiptLine.objects.get(position=1)
        assert (line.quantity, line.billed, line.value) == (54, 60, 32_400)
        assert PayableEntry.objects.get().amount_clp == 115_920
        assert draft.outcome["differences"] == 1
        assert DteDraft.objects.get().state == "done"


def test_sixty_lines_take_less_than_two_seconds_of_a_core(
    dona_rosa: Any, distributor: Distributor
) -> None:
    """A factura of a wholesaler must not be received line by line."""
    with company_scope(dona_rosa.company_id):
        products = [make_product(f"Abarrote surtido {n} 500 g", code=f"A{n}") for n in range(60)]
        lines = [
            dte_line(f"ABARROTE SURTIDO {n} 500GR", f"{1000 + n}0", "10", unit="UN", code=f"S{n}")
            for n in range(60)
        ]
        received = distributor.send(*lines)
        order = order_of(dona_rosa, received, chosen(*products))

        start = process_time()
        sheet_of(received)
        receive_dte(order, at=AT)
        spent = process_time() - start

        assert Stock.objects.count() == 60
        assert spent < 2


def test_goods_of_a_guia_come_in_once(dona_rosa: Any, distributor: Distributor) -> None:
    """The factura that bills a guía must not double the stock."""
    with company_scope(dona_rosa.company_id):
        products = shelf()
        guia = distributor.send(
            *drinks()[:3],
            kind=52,
            dispatch=DispatchKind.BY_ISSUER_TO_RECEIVER,
            transfer_reason=TransferReason.SALE,
            transport=TRANSPORT,
        )
        receive_dte(order_of(dona_rosa, guia, chosen(*products)), at=AT)
        assert not PayableEntry.objects.exists()
        bill = distributor.send(
            references=(Reference(kind="52", folio=str(guia.folio), issue_date=AT.date()),)
        )

        with pytest.raises(GoodsCameWithGuia):
            receive_dte(order_of(dona_rosa, bill, chosen(*products)), at=AT)
        set_aside(received_id=bill.id, owes=True, by_id=None, at=AT)

        assert Stock.objects.get(product=products[0]).quantity == 60
        assert PayableEntry.objects.get().amount_clp == 115_920


def test_nota_lowers_what_its_factura_owes(dona_rosa: Any, distributor: Distributor) -> None:
    with company_scope(dona_rosa.company_id):
        bill = distributor.send()
        receive_dte(order_of(dona_rosa, bill, chosen(*shelf())), at=AT)
        nota = distributor.send(
            dte_line("FIDEOS SPAGHETTI 400GR", "1000", "2", unit="UN"),
            kind=61,
            references=(
                Reference(
                    kind="33",
                    folio=str(bill.folio),
                    issue_date=AT.date(),
                    code="3",
                    reason="Faltaron 2",
                ),
            ),
        )

        receive_dte(order_of(dona_rosa, nota, {}), at=AT)

        assert PayableEntry.objects.get(kind="credit_note").amount_clp == -1_190
        assert Settlement.objects.get().amount_clp == 1_190
        assert Receipt.objects.count() == 1


def test_category_of_nobody_here_makes_no_product(
    dona_rosa: Any, el_vecino: Any, distributor: Distributor
) -> None:
    with company_scope(el_vecino.company_id):
        strange = make_category("Bebidas del vecino").id
    with company_scope(dona_rosa.company_id):
        _, beer, pasta = shelf()
        answers = chosen(pasta, beer, pasta)
        answers[1] = Answer(mode=Mode.NEW, category_id=strange)
        received = distributor.send()

        with pytest.raises(LinesOpen):
            receive_dte(order_of(dona_rosa, received, answers), at=AT)

        assert Product.objects.count() == 3
        assert not Receipt.objects.exists()


def owed_by(shop: Any, distributor: Distributor, terms: PaymentTerms, **facts: Any) -> PayableEntry:
    line = dte_line("FIDEOS 400GR", "11000", "20", unit="UN")
    with company_scope(shop.company_id):
        pasta = make_product("Fideos spaghetti 400 g", price_clp=800)
        received = distributor.send(line, payment_terms=terms, **facts)
        receive_dte(order_of(shop, received, chosen(pasta)), at=AT)
        entry: PayableEntry = PayableEntry.objects.select_related("supplier").get()
        return entry


@pytest.mark.parametrize(
    ("terms", "facts", "due_on", "days"),
    [
        (PaymentTerms(form=PaymentForm.CASH), {}, date(2026, 11, 20), 0),
        (PaymentTerms(form=PaymentForm.CREDIT, term_days=30), {}, date(2026, 12, 20), 30),
        (
            PaymentTerms(form=PaymentForm.CREDIT, term_days=30),
            {"due_date": date(2026, 12, 5)},
            date(2026, 12, 5),
            15,
        ),
        (PaymentTerms(form=PaymentForm.CREDIT), {}, None, None),
        (PaymentTerms(), {}, None, None),
    ],
)
def test_paper_tells_when_it_is_due_and_what_the_suppliers_days_are(
    dona_rosa: Any,
    distributor: Distributor,
    terms: PaymentTerms,
    facts: dict[str, Any],
    due_on: date | None,
    days: int | None,
) -> None:
    entry = owed_by(dona_rosa, distributor, terms, **facts)

    assert (entry.due_on, entry.supplier.payment_days) == (due_on, days)


def test_credit_that_tells_no_day_is_not_overdue_and_follows_terms_told_later(
    dona_rosa: Any, distributor: Distributor
) -> None:
    entry = owed_by(dona_rosa, distributor, PaymentTerms(form=PaymentForm.CREDIT))
    with company_scope(dona_rosa.company_id):
        [undated] = list_open_papers(today=date(2027, 3, 1))
        assert (undated.due_on, undated.late_days) == (None, 0)
        assert list_debts(today=date(2027, 3, 1))[0].ages == [13_090, 0, 0, 0]
        Supplier.objects.filter(id=entry.supplier_id).update(payment_days=30)

        [dated] = list_open_papers(today=date(2026, 12, 22))

        assert (dated.due_on, dated.late_days) == (date(2026, 12, 20), 2)
    page = dona_rosa.client(dona_rosa.owner).get("/compras/por-pagar/").text
    assert "20-12-2026" in page


def guia_and_bill(shop: Any, distributor: Distributor) -> tuple[Product, Receipt, Any]:
    """Receive pasta with a guía, and let its factura come in at a lower price."""
    pasta = make_product("Fideos spaghetti 400 g", price_clp=800)
    guia = distributor.send(
        dte_line("FIDEOS 400GR", "11000", "20", unit="UN"),
        kind=52,
        dispatch=DispatchKind.BY_ISSUER_TO_RECEIVER,
        transfer_reason=TransferReason.SALE,
        transport=TRANSPORT,
    )
    receive_dte(order_of(shop, guia, chosen(pasta)), at=AT)
    bill = distributor.send(
        dte_line("FIDEOS 400GR", "10000", "20", unit="UN"),
        references=(Reference(kind="52", folio=str(guia.folio), issue_date=AT.date()),),
    )
    return pasta, Receipt.objects.get(), bill


def test_bill_of_a_guia_is_owed_once_and_corrects_the_cost_once(
    dona_rosa: Any, distributor: Distributor
) -> None:
    with company_scope(dona_rosa.company_id):
        pasta, receipt, bill = guia_and_bill(dona_rosa, distributor)
        sold = IssueLine(position=1, product_id=pasta.id, quantity=Decimal(5))
        cause = Cause(uid=uuid7(), warehouse_id=dona_rosa.warehouse_id, at=AT + timedelta(hours=1))
        issue(lines=[sold], cause=cause)

        for _ in range(2):
            set_aside(received_id=bill.id, owes=True, by_id=None, at=AT + timedelta(days=1))
        entry = PayableEntry.objects.get()
        assert (entry.amount_clp, entry.receipt_id) == (11_900, receipt.id)
        assert (Stock.objects.get().quantity, Stock.objects.get().value) == (15, 8_250)
        change_costs(
            NewCosts(
                uid=uuid7(),
                receipt_id=receipt.id,
                kind=CostChangeKind.CORRECTION,
                values={1: Decimal(10_000)},
                reason="Factura de la guía",
            ),
            by_id=None,
            at=AT + timedelta(days=1),
        )
        recost(product_id=pasta.id, cause_uid=uuid7(), at=AT + timedelta(days=1))

        assert (Stock.objects.get().quantity, Stock.objects.get().value) == (15, 7_500)
        assert PayableEntry.objects.count() == 1
        assert Receipt.objects.count() == 1


def test_goods_go_back_with_a_guia_and_their_nota_comes_later(
    dona_rosa: Any, distributor: Distributor, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(52,))
        pasta = make_product("Fideos spaghetti 400 g", price_clp=800)
        bill = distributor.send(dte_line("FIDEOS 400GR", "11000", "20", unit="UN"))
        receive_dte(order_of(dona_rosa, bill, chosen(pasta)), at=AT)
        back = return_to_supplier(
            ReturnOrder(
                uid=uuid7(),
                receipt_id=Receipt.objects.get().id,
                quantities={1: Decimal(4)},
                reason="Llegó abierto",
                transport=TRANSPORT,
            ),
            by_id=None,
            at=AT + timedelta(hours=1),
        )
        guia = IssuedDocument.objects.get(id=back.guia_id)
        assert (guia.kind, guia.transfer_reason, back.credit) == (52, 7, Decimal(2_200))
        assert (Stock.objects.get().quantity, Stock.objects.get().value) == (16, 8_800)
        supplier_id = Supplier.objects.get().id
        assert [row.id for row in list_open_returns(supplier_id)] == [back.id]
        named = Reference(kind="33", folio=str(bill.folio), issue_date=AT.date(), code="3")

        other = distributor.send(
            dte_line("AJUSTE", "500", "1", unit="UN"), kind=61, references=(named,)
        )
        receive_dte(order_of(dona_rosa, other, {}), at=AT + timedelta(days=1))
        assert [row.id for row in list_open_returns(supplier_id)] == [back.id]
        nota = distributor.send(
            dte_line("FIDEOS 400GR", "2200", "4", unit="UN"), kind=61, references=(named,)
        )
        receive_dte(order_of(dona_rosa, nota, {}), at=AT + timedelta(days=2))

        assert list_open_returns(supplier_id) == []
        assert left_of([PayableEntry.objects.get(kind="invoice").id]).popitem()[1] == (
            13_090 - 595 - 2_618
        )
        assert (Stock.objects.get().quantity, Stock.objects.get().value) == (16, 8_800)
