"""Send goods to another warehouse, and note what arrived there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID, uuid5

from django.db import transaction
from django.urls import reverse

from dte.codes import TransferReason
from dte.document import Transport
from erpmarket.catalog.queries import find_product
from erpmarket.common.errors import DomainError
from erpmarket.costing.method import check_quantity
from erpmarket.fiscal.actions.issue_guia import GuiaOrder, issue_guia
from erpmarket.fiscal.draft_maps import TradeLine
from erpmarket.inventory.actions.lots import (
    add_lot,
    lock_place,
    read_dated_units,
    take_from_lots,
)
from erpmarket.inventory.actions.move import Cause
from erpmarket.inventory.actions.ship import ShippedLine, arrive, send
from erpmarket.inventory.lot_fefo import take_first
from erpmarket.inventory.models import Stock, Transfer, TransferLine, TransferState, Warehouse
from erpmarket.inventory.transfer_reasons import DIFFERENCE_WORDS
from erpmarket.notifications.actions.notices import notify
from erpmarket.notifications.levels import Level
from erpmarket.tenancy.models import Role

if TYPE_CHECKING:
    from erpmarket.catalog.models import Product

ZERO = Decimal(0)
SHORT_NOTICE: Final = "inventory_transfer_short"
_GUIAS: Final = UUID("5f8a4f3a-52d7-5c0e-8a5b-0b1a6a0f52e1")


class NothingSent(DomainError):
    code: ClassVar[str] = "nothing_sent"
    message = "Agrega al menos un producto: escanéalo o búscalo por su nombre."


class UnknownProduct(DomainError):
    code: ClassVar[str] = "transfer_unknown_product"
    message = "Uno de los productos ya no existe. Quítalo de la lista y agrégalo de nuevo."


class PlacesUnfit(DomainError):
    code: ClassVar[str] = "transfer_places_unfit"
    message = "Elige dos bodegas distintas que estén abiertas."


@dataclass(kw_only=True, eq=False)
class NotThere(DomainError):
    """More of a product is to be sent than lies in the warehouse."""

    product_name: str
    on_hand: Decimal

    code: ClassVar[str] = "transfer_not_there"

    @property
    def message(self) -> str:
        there = f"{self.on_hand.normalize():f}".replace(".", ",")
        return (
            f"De {self.product_name} quedan {there} en la bodega."
            " Baja la cantidad, o cuenta el producto si hay más."
        )


class TransferClosed(DomainError):
    code: ClassVar[str] = "transfer_closed"
    message = "Este traslado ya se recibió. Si algo no calza, haz un conteo de esos productos."


@dataclass(kw_only=True, eq=False)
class DifferenceUnexplained(DomainError):
    """Less arrived than left, and nobody says why; or more, which cannot be."""

    product_name: str

    code: ClassVar[str] = "transfer_difference_unexplained"

    @property
    def message(self) -> str:
        return f"De {self.product_name} llegó menos de lo que salió: elige el motivo."


@dataclass(kw_only=True, eq=False)
class ArrivalUnfit(DomainError):
    """A quantity that cannot have arrived, or a line without one."""

    product_name: str

    code: ClassVar[str] = "transfer_arrival_unfit"

    @property
    def message(self) -> str:
        return (
            f"Revisa cuánto llegó de {self.product_name}: va de cero a lo que salió."
            " Si llegó más, recibe lo que salió y haz un conteo."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """Units of a product that leave; without a lot what expires first is taken."""

    product_id: int
    quantity: Decimal
    lot_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOrder:
    """What a person sends; `transport` goes on the guía when the goods go by road."""

    uid: UUID
    origin_id: int
    target_id: int
    lines: Sequence[SentLine]
    note: str = ""
    transport: Transport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What arrived of one line, and why it is less than what left."""

    quantity: Decimal
    reason: str = ""


@transaction.atomic
def send_transfer(order: SendOrder, *, at: datetime, by_id: int) -> Transfer:
    """Book goods out of a warehouse, under way; the same uid twice is the same transfer.

    Between branches a guía goes with them, in this transaction. Locks stock by product, then
    folios, as a sale does. Raises PlacesUnfit, NothingSent, NotThere, LotUsedUp, BadQuantity, and
    what a guía raises: PaperRefused, CafExhausted. Lot.DoesNotExist for lots of elsewhere.
    """
    known = _find(order.uid)
    if known is not None:
        return known
    origin, target = _places(order)
    wanted = _merge(order.lines)
    names = {product_id: row.name for product_id, row in _products(wanted).items()}
    on_hand = lock_place(origin.id, names)
    # Whoever clicked twice waits for the first click's locks, and then finds its transfer.
    known = _find(order.uid)
    if known is not None:
        return known
    for product_id, name in names.items():
        total = sum((line.quantity for line in wanted if line.product_id == product_id), ZERO)
        if total > on_hand.get(product_id, ZERO):
            raise NotThere(product_name=name, on_hand=on_hand.get(product_id, ZERO))
    lines = _name_lots(wanted, origin.id, on_hand)
    send(
        lines=[
            ShippedLine(position=place, product_id=line.product_id, quantity=line.quantity)
            for place, line in enumerate(lines, start=1)
        ],
        cause=Cause(uid=order.uid, warehouse_id=origin.id, at=at),
    )
    guia_id = None
    if origin.branch_id != target.branch_id:
        guia = _guia(order, lines, target)
        guia_id = issue_guia(order=guia, branch=origin.branch, issued_by=by_id, at=at).row.id
    return _write(order, lines, guia_id=guia_id, at=at, by_id=by_id)


@transaction.atomic
def receive_transfer(
    *, transfer_id: int, uid: UUID, arrivals: Mapping[int, Arrival], at: datetime, by_id: int
) -> Transfer:
    """Book what arrived, by line position; what is missing is a difference and told to the owner.

    The same uid twice is the same arrival. Raises TransferClosed, ArrivalUnfit and
    DifferenceUnexplained; Transfer.DoesNotExist.
    """
    transfer: Transfer = Transfer.objects.select_for_update(of=("self",)).get(id=transfer_id)
    if transfer.state == TransferState.RECEIVED:
        if transfer.received_uid != uid:
            raise TransferClosed
        return transfer
    at = max(at, transfer.sent_at)
    rows = list(
        TransferLine.objects.select_related("product", "lot")
        .filter(transfer=transfer)
        .order_by("position")
    )
    _note_arrivals(rows, arrivals)
    arrive(
        sent_uid=transfer.uid,
        lines=[
            ShippedLine(position=row.position, product_id=row.product_id, quantity=row.received)
            for row in rows
        ],
        cause=Cause(uid=uid, warehouse_id=transfer.target_id, at=at),
    )
    TransferLine.objects.bulk_update(rows, ["received", "reason"])
    _carry_lots(rows, transfer, uid, at)
    transfer.state = TransferState.RECEIVED
    transfer.received_at, transfer.received_by_id, transfer.received_uid = at, by_id, uid
    transfer.save(update_fields=["state", "received_at", "received_by_id", "received_uid"])
    _tell_difference(transfer, rows, at)
    return transfer


def _find(uid: UUID) -> Transfer | None:
    found: Transfer | None = Transfer.objects.filter(uid=uid).first()
    return found


def _places(order: SendOrder) -> tuple[Warehouse, Warehouse]:
    open_ones = {
        row.id: row
        for row in Warehouse.objects.select_related("branch", "branch__company").filter(
            id__in=(order.origin_id, order.target_id), is_active=True
        )
    }
    if len(open_ones) != 2:  # noqa: PLR2004  (a transfer has two ends)
        raise PlacesUnfit
    return open_ones[order.origin_id], open_ones[order.target_id]


def _merge(lines: Sequence[SentLine]) -> tuple[SentLine, ...]:
    """Make one line of what was scanned twice, in the order of the first scan."""
    totals: dict[tuple[int, int | None], Decimal] = {}
    for line in lines:
        check_quantity(line.quantity)
        key = (line.product_id, line.lot_id)
        totals[key] = totals.get(key, ZERO) + line.quantity
    if not totals:
        raise NothingSent
    return tuple(
        SentLine(product_id=product_id, lot_id=lot_id, quantity=quantity)
        for (product_id, lot_id), quantity in totals.items()
    )


def _products(lines: Sequence[SentLine]) -> "Mapping[int, Product]":
    """Load the products of the lines, also those no longer sold; raises UnknownProduct."""
    wanted = {line.product_id for line in lines}
    stocked = Stock.objects.select_related("product").filter(product_id__in=wanted)
    found = {row.product_id: row.product for row in stocked}
    for product_id in wanted - found.keys():
        product = find_product(product_id)
        if product is None:
            raise UnknownProduct
        found[product_id] = product
    return found


def _name_lots(
    lines: Sequence[SentLine], origin_id: int, on_hand: Mapping[int, Decimal]
) -> tuple[SentLine, ...]:
    """Say of which lot each unit comes, and take it from there: what expires first leaves first."""
    dated = read_dated_units(origin_id, {line.product_id for line in lines})
    named = [line for line in lines if line.lot_id is not None]
    taken = Counter({line.lot_id: line.quantity for line in named})
    for line in lines:
        if line.lot_id is not None:
            continue
        chosen = sum((each.quantity for each in named if each.product_id == line.product_id), ZERO)
        rest = [
            replace(lot, quantity=lot.quantity - taken[lot.lot_id])
            for lot in dated[line.product_id]
        ]
        named += [
            SentLine(product_id=line.product_id, lot_id=part.lot_id, quantity=part.quantity)
            for part in take_first(rest, on_hand[line.product_id] - chosen, line.quantity)
        ]
    merged = _merge(named)
    quantities = {line.lot_id: line.quantity for line in merged if line.lot_id is not None}
    take_from_lots(origin_id, quantities, on_hand)
    return merged


def _guia(order: SendOrder, lines: Sequence[SentLine], target: Warehouse) -> GuiaOrder:
    """Draft the guía of a transfer between branches: one line by product, without a price."""
    totals: dict[int, Decimal] = {}
    for line in lines:
        totals[line.product_id] = totals.get(line.product_id, ZERO) + line.quantity
    products = _products(lines)
    return GuiaOrder(
        uid=uuid5(_GUIAS, str(order.uid)),
        reason=TransferReason.INTERNAL,
        lines=tuple(
            TradeLine(
                name=products[product_id].name,
                code=products[product_id].code,
                unit=products[product_id].unit,
                quantity=quantity,
                unit_price=ZERO,
                is_exempt=products[product_id].is_exempt,
            )
            for product_id, quantity in totals.items()
        ),
        transport=order.transport or Transport(),
        destination=target.branch,
    )


def _write(
    order: SendOrder, lines: Sequence[SentLine], *, guia_id: int | None, at: datetime, by_id: int
) -> Transfer:
    transfer: Transfer = Transfer.objects.create(
        uid=order.uid,
        origin_id=order.origin_id,
        target_id=order.target_id,
        guia_id=guia_id,
        note=order.note.strip(),
        sent_at=at,
        sent_by_id=by_id,
    )
    TransferLine.objects.bulk_create(
        TransferLine(
            transfer=transfer,
            position=place,
            product_id=line.product_id,
            lot_id=line.lot_id,
            quantity=line.quantity,
        )
        for place, line in enumerate(lines, start=1)
    )
    return transfer


def _note_arrivals(rows: Sequence[TransferLine], arrivals: Mapping[int, Arrival]) -> None:
    for row in rows:
        arrival = arrivals.get(row.position)
        if arrival is None or not ZERO <= arrival.quantity <= row.quantity:
            raise ArrivalUnfit(product_name=row.product.name)
        row.received, row.reason = arrival.quantity, ""
        if arrival.quantity < row.quantity:
            if arrival.reason not in DIFFERENCE_WORDS:
                raise DifferenceUnexplained(product_name=row.product.name)
            row.reason = arrival.reason


def _carry_lots(rows: Sequence[TransferLine], transfer: Transfer, uid: UUID, at: datetime) -> None:
    """Give what arrived its date again, in its new place."""
    for row in rows:
        if row.lot is not None and row.received:
            add_lot(
                product_id=row.product_id,
                warehouse_id=transfer.target_id,
                quantity=row.received,
                expires_on=row.lot.expires_on,
                code=row.lot.code,
                cause_uid=uid,
                position=row.position,
                at=at,
            )


def _tell_difference(transfer: Transfer, rows: Sequence[TransferLine], at: datetime) -> None:
    missing = [(row, row.quantity - (row.received or ZERO)) for row in rows if row.reason]
    if not missing:
        return
    first, units = missing[0]
    gone = f"{units.normalize():f}".replace(".", ",")
    others = f" y {len(missing) - 1} más" if len(missing) > 1 else ""
    notify(
        kind=SHORT_NOTICE,
        key=str(transfer.id),
        level=Level.WARNING,
        title="Llegó menos de lo que salió en un traslado",
        words=(
            f"Faltan {gone} de {first.product.name}{others}"
            f" ({DIFFERENCE_WORDS[first.reason].lower()}). Revisa el traslado y, si aparece,"
            " haz un conteo."
        ),
        link=reverse("inventory:transfer", args=[transfer.id]),
        roles=(Role.OWNER,),
        at=at,
    )
