"""Open a place for stock."""

from erpmarket.inventory.models import Warehouse


def open_warehouse(*, branch_id: int, name: str) -> Warehouse:
    """Add a warehouse to a branch."""
    warehouse: Warehouse = Warehouse.objects.create(branch_id=branch_id, name=name)
    return warehouse
