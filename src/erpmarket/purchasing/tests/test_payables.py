"""What is owed: by receipts, paid in parts, out of drawers, undone by entries of their own."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import close_shift, open_shift
from erpmarket.pos.errors import DrawerClosed, NotEnoughCash
from erpmarket.pos.models import CashMove, Shift, Till
from erpmarket.purchasing.actions import (
    Arrival,
    CreditNote,
    Invoice,
    PaperTerms,
    PurchaseLine,
    SupplierPayment,
    enter_credit_note,
    enter_invoice,
    pay_supplier,
    receive_purchase,
    reverse_payment,
    use_credit,
)
from erpmarket.purchasing.actions.payables import left_of, unused_of
from erpmarket.purchasing.errors import (
    CreditMoved,
    MoreThanOwed,
    NothingPaid,
    NotReversible,
    PaperOwedAlready,
)
from erpmarket.purchasing.models import PaidBy, PayableEntry, Settlement, Supplier
from erpmarket.purchasing.payable_queries import (
    balance_of,
    list_account,
    list_debts,
    list_unused_notas,
)
from erpmarket.purchasing.tests.factories import AT, make_supplier
from erpmarket.tenancy.scope import company_scope

ISSUED = date(2026, 11, 20)


def _owe(supplier: Supplier, amount_clp: int, *, folio: int = 1, days: int = 30) -> PayableEntry:
    return enter_invoice(
        Invoice(
            uid=uuid7(),
            supplier_id=supplier.id,
            document_kind=33,
            document_folio=folio,
            amount_clp=amount_clp,
            issued_on=ISSUED,
            due_on=ISSUED + timedelta(days=days),
        ),
        by_id=None,
    )


def _pay(shop: Any, supplier: Supplier, pays: dict[int, int], **more: Any) -> PayableEntry:
    facts = {"uid": uuid7(), "method": PaidBy.TRANSFER, **more}
    payment = SupplierPayment(supplier_id=supplier.id, pays=pays, **facts)
    return pay_supplier(payment, by_id=shop.owner.membership_id, at=AT)


def _open_drawer(shop: Any, opening_clp: int) -> Till:
    till = open_till(branch_id=shop.branch_id, warehouse_id=shop.warehouse_id, name="Caja 1")
    open_shift(till=till, cashier_id=shop.cashier.membership_id, opening_clp=opening_clp, at=AT)
    return till


def test_received_factura_is_owed_until_the_suppliers_day(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        Supplier.objects.filter(id=supplier.id).update(payment_days=30)
        receive_purchase(
            uid=uuid7(),
            supplier_id=supplier.id,
            warehouse_id=dona_rosa.warehouse_id,
            document_kind=33,
            document_folio=7,
            lines=[
                PurchaseLine(
                    product_id=make_product().id,
                    packs=Decimal(1),
                    units_per_pack=Decimal(1),
                    value=Decimal(1000),
                )
            ],
            at=AT,
            arrival=Arrival(terms=PaperTerms(issued_on=ISSUED, total_clp=1190)),
        )

        entry = PayableEntry.objects.get()
        assert (entry.kind, entry.amount_clp, entry.due_on) == (
            "invoice",
            1190,
            date(2026, 12, 20),
        )


def test_payment_names_what_it_pays_and_the_same_uid_pays_once(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, uid = make_supplier(), uuid7()
        one, two = _owe(supplier, 10_000), _owe(supplier, 5_000, folio=2)

        first = _pay(dona_rosa, supplier, {one.id: 10_000, two.id: 2_000}, uid=uid)
        again = _pay(dona_rosa, supplier, {one.id: 10_000, two.id: 2_000}, uid=uid)

        assert again.id == first.id
        assert left_of([one.id, two.id]) == {one.id: 0, two.id: 3_000}
        assert balance_of(supplier.id) == 3_000
        assert [(row.amount_clp, row.balance_clp) for row in list_account(supplier.id)] == [
            (10_000, 10_000),
            (5_000, 15_000),
            (-12_000, 3_000),
        ]


def test_more_than_what_is_left_is_refused_and_nothing_is_written(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        owed = _owe(supplier, 10_000)
        _pay(dona_rosa, supplier, {owed.id: 4_000})

        with pytest.raises(MoreThanOwed, match=r"quedan \$6\.000"):
            _pay(dona_rosa, supplier, {owed.id: 6_001})

        assert (PayableEntry.objects.count(), Settlement.objects.count()) == (2, 1)


def test_driver_is_paid_out_of_the_open_drawer_and_the_shift_expects_less(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        owed = _owe(supplier, 15_000, folio=48377)
        till = _open_drawer(dona_rosa, 20_000)

        paid = _pay(dona_rosa, supplier, {owed.id: 15_000}, method=PaidBy.DRAWER, till_id=till.id)

        move = CashMove.objects.get()
        assert (move.uid, move.amount_clp) == (paid.uid, 15_000)
        assert move.words == "Lácteos del Sur Ltda.: Factura 48.377"
        assert Shift.objects.get().expected_clp == 5_000
        closed = close_shift(till=till, shift_id=Shift.objects.get().id, counted_clp=5_000, at=AT)
        assert closed.difference_clp == 0


@pytest.mark.parametrize(("opening", "refusal"), [(14_999, NotEnoughCash), (None, DrawerClosed)])
def test_drawer_that_cannot_pay_leaves_the_debt_as_it_was(
    dona_rosa: Any, opening: int | None, refusal: type[Exception]
) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        owed = _owe(supplier, 15_000)
        till = _open_drawer(dona_rosa, opening or 0)
        if opening is None:
            close_shift(till=till, shift_id=Shift.objects.get().id, counted_clp=0, at=AT)

        with pytest.raises(refusal):
            _pay(dona_rosa, supplier, {owed.id: 15_000}, method=PaidBy.DRAWER, till_id=till.id)

        assert left_of([owed.id]) == {owed.id: 15_000}
        assert (PayableEntry.objects.count(), CashMove.objects.count()) == (1, 0)


def test_undone_payment_is_owed_again_and_its_cash_is_back(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        owed = _owe(supplier, 15_000)
        till = _open_drawer(dona_rosa, 20_000)
        paid = _pay(dona_rosa, supplier, {owed.id: 15_000}, method=PaidBy.DRAWER, till_id=till.id)

        for uid in (first := uuid7(), first):
            reverse_payment(
                uid=uid,
                payment_id=paid.id,
                reason="Era otro documento",
                by_id=dona_rosa.owner.membership_id,
                at=AT,
            )

        assert left_of([owed.id]) == {owed.id: 15_000}
        assert Shift.objects.get().expected_clp == 20_000
        with pytest.raises(NotReversible):
            reverse_payment(
                uid=uuid7(),
                payment_id=paid.id,
                reason="Otra vez",
                by_id=dona_rosa.owner.membership_id,
                at=AT,
            )
        assert balance_of(supplier.id) == 15_000


def test_nota_de_credito_pays_and_its_rest_is_kept(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        owed = _owe(supplier, 3_000)

        enter_credit_note(
            CreditNote(
                uid=uuid7(),
                supplier_id=supplier.id,
                document_folio=9,
                amount_clp=5_000,
                issued_on=ISSUED,
                pays={owed.id: 3_000},
            ),
            by_id=None,
        )

        assert left_of([owed.id]) == {owed.id: 0}
        assert balance_of(supplier.id) == -2_000


def _nota(supplier: Supplier, amount_clp: int, pays: dict[int, int]) -> PayableEntry:
    return enter_credit_note(
        CreditNote(
            uid=uuid7(),
            supplier_id=supplier.id,
            document_folio=9,
            amount_clp=amount_clp,
            issued_on=ISSUED,
            pays=pays,
        ),
        by_id=None,
    )


def test_rest_of_a_nota_pays_later_papers_and_the_same_one_again(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        one = _owe(supplier, 3_000)
        nota = _nota(supplier, 5_000, {one.id: 1_000})
        two = _owe(supplier, 9_000, folio=2)

        use_credit(nota_id=nota.id, pays={one.id: 500, two.id: 2_000}, left_clp=4_000)
        with pytest.raises(CreditMoved, match=r"quedan \$1\.500"):
            use_credit(nota_id=nota.id, pays={one.id: 500, two.id: 2_000}, left_clp=4_000)

        assert left_of([one.id, two.id]) == {one.id: 1_500, two.id: 7_000}
        assert unused_of([nota.id]) == {nota.id: 1_500}
        assert balance_of(supplier.id) == 7_000
        assert [row.left_clp for row in list_unused_notas(supplier.id)] == [1_500]


@pytest.mark.parametrize(
    ("pays", "refusal"), [(1_501, MoreThanOwed), (0, NothingPaid), (-5, NothingPaid)]
)
def test_nota_pays_no_more_than_its_rest(
    dona_rosa: Any, pays: int, refusal: type[Exception]
) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        owed = _owe(supplier, 3_000)
        nota = _nota(supplier, 1_500, {})

        with pytest.raises(refusal):
            use_credit(nota_id=nota.id, pays={owed.id: pays}, left_clp=1_500)

        assert not Settlement.objects.exists()


def test_nota_of_one_supplier_pays_no_paper_of_another(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        nota = _nota(make_supplier(), 1_500, {})
        owed = _owe(make_supplier(rut="77310845-5"), 3_000)

        with pytest.raises(NothingPaid):
            use_credit(nota_id=nota.id, pays={owed.id: 100}, left_clp=1_500)

        assert not Settlement.objects.exists()


def test_nota_is_used_from_the_suppliers_account_once_however_often_it_is_clicked(
    dona_rosa: Any, el_vecino: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        nota = _nota(supplier, 1_500, {})
        owed = _owe(supplier, 3_000)
    client, page = dona_rosa.client(dona_rosa.owner), f"/compras/por-pagar/{nota.id}/usar/"

    account = client.get(f"/compras/proveedores/{supplier.id}/cuenta/").text
    assert f'href="{page}"' in account
    order = {"left": "1500", f"p{owed.id}-amount": "1.500"}
    first = client.post(page, order)
    again = client.post(page, order)

    assert first.headers["Location"] == again.headers["Location"]
    assert el_vecino.client(el_vecino.owner).get(page).status_code == 404
    assert client.get(f"/compras/por-pagar/{owed.id}/usar/").status_code == 404
    with company_scope(dona_rosa.company_id):
        assert Settlement.objects.get().amount_clp == 1_500


def test_paper_is_owed_once(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        _owe(supplier, 10_000)

        with pytest.raises(PaperOwedAlready):
            _owe(supplier, 10_000)

        assert balance_of(supplier.id) == 10_000


def test_debts_stand_in_the_column_of_their_age(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        for folio, days in enumerate((0, 1, 30, 31, 60, 61), start=1):
            _owe(supplier, 10 ** (folio - 1), folio=folio, days=-days)

        (debt,) = list_debts(today=ISSUED)

        assert debt.ages == [1, 110, 11_000, 100_000]
        assert debt.total_clp == 111_111
