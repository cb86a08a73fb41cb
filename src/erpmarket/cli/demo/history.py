"""Let a demo shop live through its past days: goods come in, shifts open, sell and close.

Each day is one transaction and one random stream of its own, so a creation that was cut goes on
with the first day that is missing and ends like one that was not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

from erpmarket.accounts.queries import list_cashiers
from erpmarket.catalog.models import Product
from erpmarket.cli.demo.billing import bill_of
from erpmarket.cli.demo.catalogue import DemoProduct, DemoUnit
from erpmarket.cli.demo.people import DemoCompany, demo_suppliers
from erpmarket.cli.demo.restocking import (
    Delivery,
    Supply,
    choose_reserved,
    day_deliveries,
    opening_deliveries,
    refills,
    reserve_deliveries,
)
from erpmarket.cli.demo.shopping import (
    Goods,
    Pace,
    PlannedSale,
    PlannedTender,
    closing_of,
    opening_of,
    plan_day,
    units_per_day,
)
from erpmarket.common.clock import local_date
from erpmarket.common.ids import Uuid7Source
from erpmarket.inventory.actions.transfers import (
    Arrival,
    SendOrder,
    SentLine,
    receive_transfer,
    send_transfer,
)
from erpmarket.inventory.models import Stock, TransferLine, Warehouse
from erpmarket.pos.actions.commit_sale import CartLine, SaleRequest, Tender, commit_sale
from erpmarket.pos.actions.shift import close_shift, open_shift
from erpmarket.pos.models import PaymentKind, Shift, Till
from erpmarket.purchasing.actions import receive_purchase
from erpmarket.purchasing.actions.receive import Arrival as PurchaseArrival
from erpmarket.purchasing.models import Supplier
from erpmarket.tenancy.models import Membership, Role
from erpmarket.tenancy.scope import company_scope

FACTURA: Final = 33
OPENING_CLP: Final = (40_000, 30_000)
RESERVED_PRODUCTS: Final = 60
PACES: Final = {
    "dona_rosa": Pace(sales_per_day=68, till_weights=(62, 38)),
    "el_vecino": Pace(sales_per_day=10, till_weights=(1,)),
}
_SUPPLIER_COMES_BEFORE: Final = timedelta(minutes=45)
# Most drawers are right; a coin or a note goes wrong now and then.
_DIFFERENCES_CLP: Final = (0,) * 16 + (10, -10, 50, -100, -200, 500, -1_000, 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingShop:
    """A founded shop with what its days need; the first warehouse is the one it sells from."""

    company_id: int
    key: str
    seed: str
    pace: Pace
    tills: tuple[Till, ...]
    cashier_ids: tuple[int, ...]
    warehouse_ids: tuple[int, ...]
    supplier_ids: Mapping[str, int]
    keeper_id: int
    products: Mapping[int, DemoProduct]
    goods: tuple[Goods, ...]
    supplies: tuple[Supply, ...]

    def dice(self, day: date, what: str) -> Random:
        """Return the random stream of one day and purpose."""
        return Random(f"{self.seed} {self.key} {day} {what}")  # noqa: S311 - repeatable on purpose


def wake_shop(
    company_id: int, company: DemoCompany, *, products: Sequence[DemoProduct], seed: str
) -> LivingShop:
    """Read a founded shop from the database."""
    pace = PACES[company.key]
    with company_scope(company_id):
        ids = dict(Product.objects.values_list("code", "id"))
        goods = tuple(_goods(ids[product.code], product) for product in products)
        per_day = units_per_day(goods, pace)
        suppliers = dict(Supplier.objects.values_list("rut", "id"))
        return LivingShop(
            company_id=company_id,
            key=company.key,
            seed=seed,
            pace=pace,
            tills=tuple(Till.objects.select_related("branch__company").order_by("id")),
            cashier_ids=tuple(cashier.membership_id for cashier in list_cashiers()),
            warehouse_ids=tuple(Warehouse.objects.order_by("id").values_list("id", flat=True)),
            supplier_ids={each.key: suppliers[each.rut] for each in demo_suppliers()},
            keeper_id=Membership.objects.filter(role=Role.STOCK_KEEPER).order_by("id")[0].id,
            products={ids[product.code]: product for product in products},
            goods=goods,
            supplies=tuple(
                Supply(
                    product_id=ids[product.code],
                    supplier_key=product.supplier_key,
                    pack_size=product.pack_size,
                    unit_cost=product.unit_cost,
                    units_per_day=per_day[ids[product.code]],
                )
                for product in products
            ),
        )


def find_last_day(shop: LivingShop) -> date | None:
    """Return the last day the shop has lived through; None for a new one."""
    with company_scope(shop.company_id):
        last = Shift.objects.order_by("-opened_at").values_list("opened_at", flat=True).first()
    return None if last is None else local_date(last)


def live_day(shop: LivingShop, day: date, *, is_first: bool = False) -> int:
    """Live through one past day and return how many sales it had."""
    ids = _Ids(shop.dice(day, "ids"))
    with company_scope(shop.company_id):
        _receive_goods(shop, day, ids, is_first=is_first)
        sales = plan_day(shop.dice(day, "sales"), day=day, goods=shop.goods, pace=shop.pace)
        tills = shop.tills[: len(shop.pace.till_weights)]
        for place, till in enumerate(tills):
            open_shift(
                till=till,
                cashier_id=shop.cashier_ids[(place + day.toordinal()) % len(shop.cashier_ids)],
                opening_clp=OPENING_CLP[place],
                at=opening_of(day) - timedelta(minutes=5 - place),
            )
        for sale in sales:
            commit_sale(till_id=tills[sale.till].id, request=_request(sale, ids), at=sale.at)
        _close_shifts(shop, tills, day)
    return len(sales)


def _receive_goods(shop: LivingShop, day: date, ids: "_Ids", *, is_first: bool) -> None:
    dice, at = shop.dice(day, "goods"), opening_of(day) - _SUPPLIER_COMES_BEFORE
    floor, back_room = shop.warehouse_ids[:2]
    if is_first:
        reserved = choose_reserved(shop.supplies, count=RESERVED_PRODUCTS)
        deliveries = opening_deliveries(dice, day=day, supplies=shop.supplies, reserved=reserved)
        reserve = reserve_deliveries(dice, day=day, reserved=reserved)
        _receive(shop, reserve, warehouse_id=back_room, at=at, ids=ids)
    else:
        _carry_to_the_floor(shop, at=at, ids=ids)
        on_hand = _on_hand(floor)
        deliveries = day_deliveries(dice, day=day, supplies=shop.supplies, on_hand=on_hand)
    _receive(shop, deliveries, warehouse_id=floor, at=at, ids=ids)


def _on_hand(warehouse_id: int) -> dict[int, Decimal]:
    stock = Stock.objects.filter(warehouse_id=warehouse_id)
    return dict(stock.values_list("product_id", "quantity"))


def _carry_to_the_floor(shop: LivingShop, *, at: datetime, ids: "_Ids") -> None:
    """Fill the shelf out of the back room before any supplier comes."""
    floor, back_room = shop.warehouse_ids[:2]
    wanted = refills(shop.supplies, floor=_on_hand(floor), back_room=_on_hand(back_room))
    if not wanted:
        return
    sent_at = at - timedelta(minutes=30)
    transfer = send_transfer(
        SendOrder(
            uid=ids.make(sent_at),
            origin_id=back_room,
            target_id=floor,
            lines=[
                SentLine(product_id=product_id, quantity=quantity)
                for product_id, quantity in wanted.items()
            ],
        ),
        at=sent_at,
        by_id=shop.keeper_id,
    )
    receive_transfer(
        transfer_id=transfer.id,
        uid=ids.make(sent_at + timedelta(minutes=10)),
        arrivals={
            line.position: Arrival(quantity=line.quantity)
            for line in TransferLine.objects.filter(transfer=transfer)
        },
        at=sent_at + timedelta(minutes=10),
        by_id=shop.keeper_id,
    )


def _receive(
    shop: LivingShop,
    deliveries: Sequence[Delivery],
    *,
    warehouse_id: int,
    at: datetime,
    ids: "_Ids",
) -> None:
    for place, delivery in enumerate(deliveries):
        moment = at + timedelta(minutes=2 * place)
        bill = bill_of(delivery, shop.products, on=local_date(moment))
        receive_purchase(
            uid=ids.make(moment),
            supplier_id=shop.supplier_ids[delivery.supplier_key],
            warehouse_id=warehouse_id,
            document_kind=FACTURA,
            document_folio=delivery.folio,
            lines=bill.lines,
            at=moment,
            arrival=PurchaseArrival(terms=bill.terms, by_id=shop.keeper_id),
        )


def _request(sale: PlannedSale, ids: "_Ids") -> SaleRequest:
    return SaleRequest(
        uid=ids.make(sale.at),
        lines=tuple(
            CartLine(
                product_id=line.goods.product_id,
                quantity=line.quantity,
                price_clp=line.goods.price_clp,
            )
            for line in sale.lines
        ),
        tenders=tuple(_tender(tender) for tender in sale.tenders),
        total_clp=sale.total_clp,
        device_sold_at=sale.at,
    )


def _tender(tender: PlannedTender) -> Tender:
    kind = PaymentKind.CASH if tender.is_cash else PaymentKind.CARD
    return Tender(kind=kind, amount_clp=tender.amount_clp, reference=tender.reference)


def _close_shifts(shop: LivingShop, tills: Sequence[Till], day: date) -> None:
    dice = shop.dice(day, "drawers")
    for place, till in enumerate(tills):
        shift = Shift.objects.get(till=till, closed_at__isnull=True)
        close_shift(
            till=till,
            shift_id=shift.id,
            counted_clp=max(0, shift.expected_clp + dice.choice(_DIFFERENCES_CLP)),
            at=closing_of(day) + timedelta(minutes=8 + 6 * place),
        )


def _goods(product_id: int, product: DemoProduct) -> Goods:
    return Goods(
        product_id=product_id,
        price_clp=product.price_clp,
        is_kilo=product.unit is DemoUnit.KILO,
        # Squared: a third of the baskets hold bread, and most of the shelf hardly moves.
        weight=product.popularity**2,
    )


class _Ids:
    """UUIDs of version 7 as a till would have made them at that instant, the same for one seed."""

    def __init__(self, dice: Random) -> None:
        self._unix_ms = 0
        self._source = Uuid7Source(unix_ms=lambda: self._unix_ms, random_bits=dice.getrandbits)

    def make(self, at: datetime) -> UUID:
        self._unix_ms = int(at.timestamp() * 1000)
        return self._source()
