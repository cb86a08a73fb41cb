"""Open, rename and close places for stock."""

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from erpmarket.common.errors import DomainError
from erpmarket.inventory.models import Stock, Transfer, TransferState, Warehouse

NAME_LIMIT = 40


class WarehouseNameTaken(DomainError):
    code: ClassVar[str] = "warehouse_name_taken"
    message = "Ya hay una bodega con ese nombre. Elige otro."


class WarehouseNameMissing(DomainError):
    code: ClassVar[str] = "warehouse_name_missing"
    message = "Escribe un nombre de hasta 40 letras, por ejemplo «Bodega de atrás»."


@dataclass(kw_only=True, eq=False)
class WarehouseInUse(DomainError):
    """A place that still has goods, waits for some, or sells through a till."""

    words: str

    code: ClassVar[str] = "warehouse_in_use"

    @property
    def message(self) -> str:
        return self.words


def open_warehouse(*, branch_id: int, name: str) -> Warehouse:
    """Add a warehouse to a branch; raises WarehouseNameMissing and WarehouseNameTaken."""
    words = _check_name(name)
    try:
        with transaction.atomic():
            warehouse: Warehouse = Warehouse.objects.create(branch_id=branch_id, name=words)
    except IntegrityError as error:
        raise _name_trouble(error) from error
    return warehouse


def rename_warehouse(*, warehouse_id: int, name: str) -> None:
    """Give a warehouse another name; raises WarehouseNameMissing and WarehouseNameTaken."""
    words = _check_name(name)
    try:
        with transaction.atomic():
            Warehouse.objects.filter(id=warehouse_id).update(name=words)
    except IntegrityError as error:
        raise _name_trouble(error) from error


@transaction.atomic
def close_warehouse(*, warehouse_id: int) -> None:
    """Close an empty warehouse: nothing is received or sent there any more. Raises WarehouseInUse.

    Its history stays, and it can be opened again. Safe to repeat.
    """
    warehouse = Warehouse.objects.select_for_update(of=("self",)).get(id=warehouse_id)
    if Stock.objects.filter(warehouse=warehouse).exclude(quantity=0).exists():
        raise WarehouseInUse(
            words="Todavía hay productos en esta bodega. Trasládalos o cuéntala en cero primero."
        )
    ends = Q(origin=warehouse) | Q(target=warehouse)
    if Transfer.objects.filter(ends, state=TransferState.SENT).exists():
        raise WarehouseInUse(words="Hay un traslado en camino. Recíbelo antes de cerrar la bodega.")
    sellers = [till for till in list_sellers() if till.warehouse_id == warehouse_id]
    if sellers:
        raise WarehouseInUse(
            words=f"{sellers[0].name} vende desde esta bodega. Elige otra para esa caja primero."
        )
    warehouse.is_active = False
    warehouse.save(update_fields=["is_active"])


def reopen_warehouse(*, warehouse_id: int) -> None:
    """Open a closed warehouse again. Safe to repeat."""
    Warehouse.objects.filter(id=warehouse_id).update(is_active=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A till and the warehouse it sells from."""

    id: int
    name: str
    branch_id: int
    warehouse_id: int


def list_sellers() -> list[Seller]:
    """List who sells from which warehouse; the tills sit above us and are asked by name."""
    return [
        Seller(id=row[0], name=row[1], branch_id=row[2], warehouse_id=row[3])
        for row in import_string(settings.STOCK_SELLERS)()
    ]


def _check_name(name: str) -> str:
    words = " ".join(name.split())
    if not 0 < len(words) <= NAME_LIMIT:
        raise WarehouseNameMissing
    return words


def _name_trouble(error: IntegrityError) -> Exception:
    return WarehouseNameTaken() if "inventory_warehouse_name" in str(error) else error
