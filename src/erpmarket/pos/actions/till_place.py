"""Say which warehouse a till sells from."""

from typing import ClassVar

from erpmarket.common.errors import DomainError
from erpmarket.inventory.queries import list_warehouses
from erpmarket.pos.models import Till


class PlaceElsewhere(DomainError):
    code: ClassVar[str] = "till_place_elsewhere"
    message = "La caja vende desde una bodega abierta de su mismo local. Elige otra."


def set_till_warehouse(*, till_id: int, warehouse_id: int) -> None:
    """Let a till sell from an open warehouse of its branch, from its next sale on.

    Raises PlaceElsewhere; Till.DoesNotExist.
    """
    till = Till.objects.get(id=till_id)
    open_here = {
        row.id for row in list_warehouses() if row.is_active and row.branch_id == till.branch_id
    }
    if warehouse_id not in open_here:
        raise PlaceElsewhere
    till.warehouse_id = warehouse_id
    till.save(update_fields=["warehouse"])
