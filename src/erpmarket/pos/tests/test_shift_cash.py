"""The drawer of a shift: what must be in it, how it closes, and what a count says."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from erpmarket.common.clock import MIDNIGHT
from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.cash_moves import CashOrder, move_cash
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.return_sale import BackPart, ReturnRequest, return_sale
from erpmarket.pos.actions.sale_discounts import HandDiscount
from erpmarket.pos.actions.shift import (
    close_shift,
    explain_difference,
    open_shift,
    relieve,
)
from erpmarket.pos.actions.shift_rules import save_shift_rules
from erpmarket.pos.errors import BadCount, DrawerClosed, NoOpenShift, NotEnoughCash
from erpmarket.pos.models import CashMove, CashMoveKind, Sale, SaleReturn, Shift, Till
from erpmarket.pos.shift_errors import BadMove, NeedsApproval, NothingToExplain, ReasonMissing
from erpmarket.pos.shift_models import DeedKind, TillDeed
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    card,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.pricing.cash import PaidTender, Tender, settle_payment, settle_refund
from erpmarket.pricing.shift import Drawer
from erpmarket.tenancy.scope import company_scope, current_company


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any) -> Iterator[SellingShop]:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 56, 61))
        yield make_selling_shop(dona_rosa, caf_office)


def _order(selling: SellingShop, kind: CashMoveKind, amount_clp: int, **facts: Any) -> CashOrder:
    return CashOrder(
        uid=facts.pop("uid", None) or uuid7(),
        kind=kind,
        amount_clp=amount_clp,
        words=facts.pop("words", "Sencillo"),
        by_id=selling.shop.cashier.membership_id,
        **facts,
    )


def _move(selling: SellingShop, kind: CashMoveKind, amount_clp: int, **facts: Any) -> CashMove:
    order = _order(selling, kind, amount_clp, **facts)
    return move_cash(order, till_id=selling.till.id, at=AT)


def _sell(selling: SellingShop, product: Any) -> CommittedSale:
    tenders = [cash(-(-product.price_clp // 10) * 10)]
    request = make_request(cart_line(product), total_clp=product.price_clp, tenders=tenders)
    return commit_sale(till_id=selling.till.id, request=request, at=AT)


def _close(selling: SellingShop, counted_clp: int, **facts: Any) -> Shift:
    shift_id = Shift.objects.get(till=selling.till, closed_at=None).id
    return close_shift(
        till=selling.till, shift_id=shift_id, counted_clp=counted_clp, at=AT, **facts
    )


@dataclass(slots=True, kw_only=True)
class _History:
    """A till under the test, beside the drawer that the rules of the vectors keep of it."""

    selling: SellingShop
    till: Till
    drawer: Drawer
    dice: random.Random
    price_of: dict[int, Any]
    sold: list[tuple[CommittedSale, int, tuple[PaidTender, ...]]]

    def sell(self) -> None:
        total = self.dice.choice(sorted(self.price_of))
        part = self.dice.choice((0, 0, total, total // 2))
        tenders = [Tender(kind="card", amount_clp=part)] if part else []
        if part < total:
            tenders.append(Tender(kind="cash", amount_clp=-(-(total - part) // 1000) * 1000))
        given = [
            card(each.amount_clp) if each.kind == "card" else cash(each.amount_clp)
            for each in tenders
        ]
        request = make_request(cart_line(self.price_of[total]), total_clp=total, tenders=given)
        done = commit_sale(till_id=self.till.id, request=request, at=AT)
        payment = settle_payment(total, tenders)
        self.drawer = self.drawer.sell(payment)
        held = [PaidTender(kind="card", amount_clp=part)] if part else []
        self.sold.append((done, total, tuple(held)))

    def give_back(self) -> None:
        if not self.sold:
            return
        done, total, held = self.sold.pop()
        request = ReturnRequest(
            uid=uuid7(),
            sale_uid=done.sale.uid,
            parts=(BackPart(position=1, quantity=Decimal(1)),),
            goods_back=True,
            reason="Vencido",
            returned_by=self.selling.shop.owner.membership_id,
            till_id=self.till.id,
        )
        return_sale(request=request, at=AT)
        self.drawer = self.drawer.refund(settle_refund(total, held))

    def move(self) -> None:
        kind = self.dice.choice((CashMoveKind.IN, CashMoveKind.OUT, CashMoveKind.SAFE))
        amount = self.dice.randint(1, 900) * 10
        order = _order(self.selling, kind, amount)
        if kind != CashMoveKind.IN and amount > self.drawer.expected_clp:
            with pytest.raises(NotEnoughCash):
                move_cash(order, till_id=self.till.id, at=AT)
            return
        move_cash(order, till_id=self.till.id, at=AT)
        self.drawer = self.drawer.move(amount if kind == CashMoveKind.IN else -amount)


def _start(selling: SellingShop, till: Till, opening_clp: int, seed: object) -> _History:
    prices = (990, 1_350, 1_993, 4_995, 7_777)
    products = {
        clp: make_product(
            selling.category, f"P{till.id}-{clp}", price_clp=clp, name=f"{till.id} {clp}"
        )
        for clp in prices
    }
    shift = Shift.objects.get(till=till, closed_at=None)
    assert shift.opening_clp == opening_clp
    return _History(
        selling=selling,
        till=till,
        drawer=Drawer(opening_clp=opening_clp),
        dice=random.Random(f"{seed}-{till.name}"),
        price_of=products,
        sold=[],
    )


@pytest.mark.parametrize("seed", range(4))
def test_d5_expected_cash_of_random_shifts_is_that_of_the_vectors_rules(
    selling: SellingShop, seed: int
) -> None:
    _close(selling, 20_000)
    second = open_till(
        branch_id=selling.shop.branch_id, warehouse_id=selling.shop.warehouse_id, name="Caja 2"
    )
    histories = []
    for till, opening_clp in ((selling.till, 7_310), (second, 50_000)):
        # The last closing was 20,000: what counts is what was counted when it opened.
        open_shift(
            till=till,
            cashier_id=selling.shop.cashier.membership_id,
            opening_clp=opening_clp,
            at=AT,
        )
        histories.append(_start(selling, till, opening_clp, seed))

    for _ in range(14):
        for history in histories:
            deeds: list[Callable[[], None]] = [history.sell, history.sell, history.move]
            history.dice.choice([*deeds, history.give_back])()

    for history in histories:
        shift = Shift.objects.get(till=history.till, closed_at=None)
        assert shift.expected_clp == history.drawer.expected_clp, f"seed {seed}"
        counted = max(0, history.drawer.expected_clp + history.dice.choice((-1_000, 0, 30)))
        closed = close_shift(till=history.till, shift_id=shift.id, counted_clp=counted, at=AT)
        assert closed.difference_clp == history.drawer.difference_clp(counted), f"seed {seed}"
        gone = TillDeed.objects.filter(shift=shift).exclude(kind=DeedKind.CASHIER_SWITCHED)
        returns = SaleReturn.objects.filter(shift=shift).values_list("amount_clp", "cash_out_clp")
        told = gone.filter(kind=DeedKind.REFUND).values_list("amount_clp", flat=True)
        # Of a return the log tells all; what of it was cash left the drawer.
        assert sorted(told) == sorted(amount for amount, _ in returns)
        others = gone.exclude(kind=DeedKind.REFUND).values_list("amount_clp", flat=True)
        logged = sum(others) + sum(cash for _, cash in returns)
        entered = -sum(
            CashMove.objects.filter(shift=shift, kind="in").values_list("amount_clp", flat=True)
        )
        # All that left the drawer is in the owner's log.
        assert shift.opening_clp + shift.cash_clp + entered - logged == shift.expected_clp


def test_d6_an_exact_count_leaves_no_difference_to_explain(selling: SellingShop) -> None:
    _sell(selling, make_product(selling.category))

    closed = _close(selling, 21_350)

    assert (closed.difference_clp, closed.difference_reason) == (0, "")
    with pytest.raises(NothingToExplain):
        explain_difference(shift_id=closed.id, reason="Ninguna")
    assert Shift.objects.get(id=closed.id).difference_reason == ""


@pytest.mark.parametrize("counted", [0, 19_999, 20_001, 99_999_999])
def test_d7_any_count_closes_and_its_difference_is_kept_with_a_reason(
    selling: SellingShop, counted: int
) -> None:
    closed = _close(selling, counted, by_id=selling.shop.owner.membership_id)

    explained = explain_difference(shift_id=closed.id, reason="  No se   sabe ")

    assert explained.difference_clp == counted - 20_000
    assert explained.difference_reason == "No se sabe"
    assert explained.closed_by_id == selling.shop.owner.membership_id
    with pytest.raises(NothingToExplain):
        explain_difference(shift_id=closed.id, reason="Otra")
    assert Shift.objects.get(id=closed.id).difference_reason == "No se sabe"


@pytest.mark.parametrize("counted", [-1, 100_000_001])
def test_a_count_that_no_drawer_holds_closes_nothing(selling: SellingShop, counted: int) -> None:
    with pytest.raises(BadCount):
        _close(selling, counted)

    shift = Shift.objects.get()
    assert (shift.closed_at, shift.z_number) == (None, None)


def test_d8_a_shift_with_ten_thousand_sales_closes_with_as_many_statements_as_an_empty_one(
    selling: SellingShop,
) -> None:
    with CaptureQueriesContext(connection) as empty:
        _close(selling, 20_000)
    open_shift(
        till=selling.till,
        cashier_id=selling.shop.cashier.membership_id,
        opening_clp=20_000,
        at=AT,
    )
    shift = Shift.objects.get(closed_at=None)
    _write_sales(shift, count=10_000, total_clp=1_350)

    with CaptureQueriesContext(connection) as full:
        closed = _close(selling, 20_000)

    assert closed.sale_count == 10_000
    assert closed.difference_clp == -13_500_000
    assert len(full) == len(empty) <= 10
    assert not [each for each in full if "pos_sale" in each["sql"] or "pos_payment" in each["sql"]]


def _write_sales(shift: Shift, *, count: int, total_clp: int) -> None:
    """Write many cash sales without goods or papers: only their number matters here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO pos_sale (company_id, uid, request_hash, shift_id, sold_at,"
            " total_clp, rounding_clp, change_clp)"
            " SELECT %s, gen_random_uuid(), '', %s, %s, %s, 0, 0 FROM generate_series(1, %s)"
            " RETURNING id)"
            " INSERT INTO pos_payment (company_id, sale_id, position, kind, amount_clp,"
            " handed_clp, reference) SELECT %s, id, 1, 'cash', %s, %s, '' FROM made",
            [
                current_company(),
                shift.id,
                AT,
                total_clp,
                count,
                current_company(),
                total_clp,
                total_clp,
            ],
        )
    Shift.objects.filter(id=shift.id).update(
        sale_count=count, total_clp=count * total_clp, cash_clp=count * total_clp
    )


class _Killed(Exception):
    """The database went away in the middle of a closing."""


def test_d9_a_closing_killed_at_any_step_leaves_the_shift_open_and_its_number_free(
    selling: SellingShop,
) -> None:
    steps = 0
    while _close_killed_at(selling, steps):
        shift = Shift.objects.get()
        assert (shift.closed_at, shift.counted_clp, shift.z_number) == (None, None, None)
        assert Till.objects.get(id=selling.till.id).last_z == 0
        _sell(selling, make_product(selling.category, f"K{steps}", name=f"Prueba {steps}"))
        steps += 1

    shift = Shift.objects.get()
    assert steps > 3
    assert (shift.closed_at, shift.counted_clp, shift.z_number) == (AT, 20_000, 1)
    with pytest.raises(NoOpenShift), transaction.atomic():
        _sell(selling, make_product(selling.category, "FIN", name="Después"))
    assert Sale.objects.count() == steps


def _close_killed_at(selling: SellingShop, step: int) -> bool:
    """Close, with the statement after so many killed; tell whether it was."""
    seen = 0

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if "SAVEPOINT" not in sql:
            if seen == step:
                raise _Killed
            seen += 1
        return execute(sql, params, many, context)

    try:
        with transaction.atomic(), connection.execute_wrapper(kill):
            _close(selling, 20_000)
    except _Killed:
        return True
    return False


def test_each_till_numbers_its_z_from_one_without_holes(selling: SellingShop) -> None:
    cashier_id = selling.shop.cashier.membership_id
    other = open_till(
        branch_id=selling.shop.branch_id, warehouse_id=selling.shop.warehouse_id, name="Caja 2"
    )
    numbers = [_close(selling, 0).z_number]
    for _ in range(2):
        open_shift(till=selling.till, cashier_id=cashier_id, opening_clp=0, at=AT)
        numbers.append(_close(selling, 0).z_number)
    shift = open_shift(till=other, cashier_id=cashier_id, opening_clp=0, at=AT)

    closed = close_shift(till=other, shift_id=shift.id, counted_clp=0, at=AT)

    assert numbers == [1, 2, 3]
    assert closed.z_number == 1


def test_money_in_out_and_to_the_safe_moves_what_must_be_there(selling: SellingShop) -> None:
    _move(selling, CashMoveKind.IN, 10_000, words="Sencillo del banco")
    _move(selling, CashMoveKind.OUT, 4_500, words="Hielo")
    safe = _move(selling, CashMoveKind.SAFE, 20_000, words="Retiro de la tarde")

    assert Shift.objects.get().expected_clp == 5_500
    kinds = list(CashMove.objects.order_by("id").values_list("kind", "amount_clp"))
    assert kinds == [("in", -10_000), ("out", 4_500), ("safe", 20_000)]
    deeds = TillDeed.objects.order_by("id").values_list("kind", "amount_clp", "words")
    assert list(deeds) == [
        ("cash_out", 4_500, "Salida de efectivo: Hielo"),
        ("cash_out", 20_000, "Retiro a caja fuerte: Retiro de la tarde"),
    ]
    assert safe.get_kind_display() == "Retiro a caja fuerte"


def test_the_same_move_twice_is_one(selling: SellingShop) -> None:
    uid = uuid7()

    rows = [_move(selling, CashMoveKind.OUT, 4_500, uid=uid) for _ in range(2)]

    assert rows[0].id == rows[1].id
    assert Shift.objects.get().expected_clp == 15_500
    assert TillDeed.objects.count() == 1


def test_a_large_amount_leaves_only_with_approval_and_nobody_learns_the_expected_cash(
    selling: SellingShop,
) -> None:
    save_shift_rules(approval_above_clp=10_000, day_cutoff=MIDNIGHT)
    for amount_clp in (10_010, 90_000):
        with pytest.raises(NeedsApproval) as refused:
            _move(selling, CashMoveKind.SAFE, amount_clp)
        assert "$10.000" in refused.value.message
    assert not CashMove.objects.exists()

    owner_id = selling.shop.owner.membership_id
    _move(selling, CashMoveKind.SAFE, 10_010, approved_by_id=owner_id)

    assert TillDeed.objects.get().approved_by_id == owner_id
    _move(selling, CashMoveKind.IN, 90_000)
    assert Shift.objects.get().expected_clp == 20_000 - 10_010 + 90_000


@pytest.mark.parametrize(
    ("kind", "amount_clp", "words", "refusal"),
    [
        (CashMoveKind.OUT, 0, "Hielo", BadMove),
        (CashMoveKind.OUT, -5, "Hielo", BadMove),
        (CashMoveKind.SUPPLIER, 500, "Factura 3", BadMove),
        (CashMoveKind.OUT, 500, "  ", ReasonMissing),
        (CashMoveKind.OUT, 20_001, "Hielo", NotEnoughCash),
    ],
)
def test_money_that_cannot_move_changes_nothing(
    selling: SellingShop,
    kind: CashMoveKind,
    amount_clp: int,
    words: str,
    refusal: type[DomainError],
) -> None:
    with pytest.raises(refusal):
        _move(selling, kind, amount_clp, words=words)

    assert not CashMove.objects.exists()
    assert not TillDeed.objects.exists()
    assert Shift.objects.get().expected_clp == 20_000


def test_no_money_leaves_a_closed_drawer(selling: SellingShop) -> None:
    _close(selling, 20_000)

    with pytest.raises(DrawerClosed):
        _move(selling, CashMoveKind.OUT, 500)

    assert not CashMove.objects.exists()


def _relieve(cashier_id: int) -> None:
    relieve(
        Shift.objects.select_for_update(of=("self",)).get(),
        cashier_id=cashier_id,
        uid=uuid7(),
        at=AT,
    )


def test_each_sale_stays_with_who_made_it_when_the_cashier_changes(selling: SellingShop) -> None:
    sugar = make_product(selling.category)
    cashier, owner = selling.shop.cashier, selling.shop.owner
    _sell(selling, sugar)

    _relieve(owner.membership_id)
    _sell(selling, sugar)
    _relieve(cashier.membership_id)
    _sell(selling, sugar)

    sellers = list(Sale.objects.order_by("id").values_list("cashier_id", flat=True))
    assert sellers == [cashier.membership_id, owner.membership_id, cashier.membership_id]
    shift = Shift.objects.get()
    assert (shift.cashier_id, shift.relieved_by_id) == (cashier.membership_id, None)
    assert shift.sale_count == 3
    assert TillDeed.objects.filter(kind=DeedKind.CASHIER_SWITCHED).count() == 2


def test_who_stands_there_already_is_no_relief(selling: SellingShop) -> None:
    cashier_id = selling.shop.cashier.membership_id

    _relieve(cashier_id)

    assert not TillDeed.objects.exists()


def test_a_discount_over_the_limit_is_logged_with_who_let_it_be(selling: SellingShop) -> None:
    sugar, owner_id = make_product(selling.category), selling.shop.owner.membership_id
    half = HandDiscount(percent=Decimal(50), approved_by_id=owner_id)
    cheap = replace(cart_line(sugar), discount=half)
    request = make_request(cheap, total_clp=675, tenders=[cash(680)])

    commit_sale(till_id=selling.till.id, request=request, at=AT)
    commit_sale(till_id=selling.till.id, request=request, at=AT)

    deed = TillDeed.objects.get()
    assert (deed.kind, deed.amount_clp, deed.approved_by_id) == ("discount_over", 675, owner_id)
    assert deed.made_by_id == selling.shop.cashier.membership_id
