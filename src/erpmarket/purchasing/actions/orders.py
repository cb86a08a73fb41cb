"""Ask suppliers for goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.queries import list_warehouses
from erpmarket.notifications.actions.outbox import FileReference, enqueue_mail
from erpmarket.purchasing.costs import PurchaseLine
from erpmarket.purchasing.errors import EmptyOrder, OrderChanged, OrderNotOpen, UidTaken
from erpmarket.purchasing.models import OrderClock, OrderLine, OrderState, PurchaseOrder, Supplier
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import current_company

PDF_SOURCE: Final = "purchasing.order_pdf"
OPEN_STATES: Final = (OrderState.SENT, OrderState.PARTLY)
ZERO: Final = Decimal(0)
# Locks the company's row, so that orders are numbered one after the other, without gaps.
_LOCK_CLOCK: Final = """
INSERT INTO purchasing_orderclock (company_id, last_number) VALUES (%s, 0)
ON CONFLICT (company_id) DO UPDATE SET last_number = purchasing_orderclock.last_number
RETURNING last_number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLine:
    """Packs of a product to ask for; `pack_cost` is what one should cost, net, None if unknown."""

    product_id: int
    packs: Decimal
    units_per_pack: int = 1
    pack_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlan:
    """What an order says besides its goods; the day is the supplier's own when None."""

    warehouse_id: int | None = None
    expected_on: date | None = None
    note: str = ""


NO_PLAN: Final = OrderPlan()


@transaction.atomic
def draft_order(
    supplier_id: int,
    lines: Sequence[AskedLine],
    *,
    uid: UUID | None = None,
    plan: OrderPlan = NO_PLAN,
    at: datetime | None = None,
    by_id: int | None = None,
) -> PurchaseOrder:
    """Write an order down as a draft with the company's next number; the same uid is the same one.

    Lines of one product are summed. Raises EmptyOrder, UidTaken, Supplier.DoesNotExist.
    """
    wanted = uid or uuid7()
    if not lines:
        raise EmptyOrder
    supplier: Supplier = Supplier.objects.get(id=supplier_id)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CLOCK, [current_company()])
        number = cursor.fetchone()[0] + 1
    known: PurchaseOrder | None = PurchaseOrder.objects.filter(uid=wanted).first()
    if known is not None:
        if known.supplier_id != supplier_id:
            raise UidTaken(uid=wanted)
        return known
    OrderClock.objects.update(last_number=number)
    instant = at or now()
    order: PurchaseOrder = PurchaseOrder.objects.create(
        uid=wanted,
        number=number,
        supplier=supplier,
        warehouse_id=plan.warehouse_id or list_warehouses()[0].id,
        expected_on=plan.expected_on,
        note=plan.note,
        created_at=instant,
        created_by_id=by_id,
    )
    _write_lines(order, lines)
    return order


@transaction.atomic
def edit_order(
    *,
    order_id: int,
    lines: Sequence[AskedLine],
    plan: OrderPlan,
    version: int,
) -> PurchaseOrder:
    """Replace the lines of a draft. Raises EmptyOrder, OrderNotOpen, OrderChanged."""
    order = lock_order(order_id)
    if order.state != OrderState.DRAFT:
        raise OrderNotOpen(number=order.number, state=order.state)
    if order.version != version:
        raise OrderChanged(number=order.number)
    if not lines:
        raise EmptyOrder
    order.warehouse_id = plan.warehouse_id or order.warehouse_id
    order.expected_on = plan.expected_on
    order.note = plan.note
    order.version += 1
    order.save()
    OrderLine.objects.filter(order=order).delete()
    _write_lines(order, lines)
    return order


@transaction.atomic
def send_order(*, order_id: int, uid: UUID, to: str, at: datetime) -> PurchaseOrder:
    """Call an order sent; with an address its PDF goes by mail, once per uid.

    Without one it was told by telephone or on paper. An order that was sent can be sent again.
    Raises OrderNotOpen and BadAddress.
    """
    order = lock_order(order_id)
    if order.state not in (OrderState.DRAFT, *OPEN_STATES):
        raise OrderNotOpen(number=order.number, state=order.state)
    if to:
        _mail(order, uid=uid, to=to, at=at)
        order.sent_to = to
    if order.state == OrderState.DRAFT:
        order.state = OrderState.SENT
        order.sent_at = at
        if order.expected_on is None:
            order.expected_on = local_date(at) + timedelta(days=order.supplier.lead_days)
    order.save()
    return order


@transaction.atomic
def end_order(*, order_id: int, at: datetime) -> PurchaseOrder:
    """End an order whose rest will not come: closed when some came, cancelled when nothing did.

    The second time it is as it was. Raises OrderNotOpen for one that came whole.
    """
    order = lock_order(order_id)
    if order.state in (OrderState.CLOSED, OrderState.CANCELLED):
        return order
    if order.state == OrderState.RECEIVED:
        raise OrderNotOpen(number=order.number, state=order.state)
    is_touched = order.state == OrderState.PARTLY
    order.state = OrderState.CLOSED if is_touched else OrderState.CANCELLED
    order.ended_at = at
    order.save(update_fields=["state", "ended_at"])
    return order


def lock_order(order_id: int) -> PurchaseOrder:
    """Lock an order until the transaction ends. Raises PurchaseOrder.DoesNotExist."""
    order: PurchaseOrder = (
        PurchaseOrder.objects.select_for_update(of=("self",))
        .select_related("supplier")
        .get(id=order_id)
    )
    return order


def note_arrival(
    order: PurchaseOrder, lines: Sequence[PurchaseLine], *, at: datetime
) -> dict[int, OrderLine]:
    """Add what came to a locked order's lines; return its lines by id. Raises OrderNotOpen."""
    if order.state not in OPEN_STATES:
        raise OrderNotOpen(number=order.number, state=order.state)
    asked = {line.id: line for line in OrderLine.objects.filter(order=order)}
    for line in lines:
        if line.order_line_id in asked:
            asked[line.order_line_id].received += line.quantity
    OrderLine.objects.bulk_update(asked.values(), ["received"])
    is_whole = all(line.received >= line.packs * line.units_per_pack for line in asked.values())
    order.state = OrderState.RECEIVED if is_whole else OrderState.PARTLY
    order.ended_at = at if is_whole else None
    order.save(update_fields=["state", "ended_at"])
    return asked


def _write_lines(order: PurchaseOrder, lines: Sequence[AskedLine]) -> None:
    merged: dict[int, AskedLine] = {}
    for line in lines:
        first = merged.get(line.product_id)
        packs = line.packs
        if first is not None:
            packs = first.packs + line.packs * line.units_per_pack / first.units_per_pack
        merged[line.product_id] = AskedLine(
            product_id=line.product_id,
            packs=packs.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP),
            units_per_pack=(first or line).units_per_pack,
            pack_cost=(first or line).pack_cost,
        )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            product_id=line.product_id,
            packs=line.packs,
            units_per_pack=line.units_per_pack,
            pack_cost=line.pack_cost,
        )
        for position, line in enumerate(merged.values(), start=1)
    )


def _mail(order: PurchaseOrder, *, uid: UUID, to: str, at: datetime) -> None:
    company = get_company()
    who = order.supplier.contact or order.supplier.name
    enqueue_mail(
        uid=uid,
        recipient=to,
        subject=f"Pedido {order.number} de {company.shop_name}",
        text=(
            f"Hola {who}:\n\nVa adjunto nuestro pedido {order.number}."
            " Responde este correo si algo no hay o cambió de precio.\n\n"
            f"{company.name}\nR.U.T. {company.rut}\n"
        ),
        attachments=(
            FileReference(
                name=f"pedido-{order.number}.pdf",
                media_type="application/pdf",
                source=PDF_SOURCE,
                key=str(order.id),
            ),
        ),
        about=f"purchasing.order:{order.id}",
        at=at,
    )
