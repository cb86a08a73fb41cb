"""Which warehouse a till sells from."""

from typing import ClassVar

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from erpmarket.accounts.permissions import SELL, SET_WAREHOUSES
from erpmarket.catalog.queries import find_product
from erpmarket.common.errors import DomainError
from erpmarket.inventory.queries import list_stock, list_warehouses
from erpmarket.pos.models import Till
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.formats import quantity

ID_DIGITS = 18


class PlaceElsewhere(DomainError):
    code: ClassVar[str] = "till_place_elsewhere"
    message = "La caja vende desde una bodega abierta de su mismo local. Elige otra."


def list_sellers() -> list[tuple[int, str, int, int]]:
    """List the tills by name: id, name, branch, warehouse."""
    return list(
        Till.objects.order_by("name", "id").values_list("id", "name", "branch_id", "warehouse_id")
    )


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


def _id(text: str) -> int:
    """Read an id, or 404."""
    if not (text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS):
        raise Http404
    return int(text)


@require_POST
@member_required(SET_WAREHOUSES)
def till_warehouse(request: MemberRequest, till_id: int) -> HttpResponse:
    wanted = _id(request.POST.get("bodega", ""))
    if not Till.objects.filter(id=till_id).exists():
        raise Http404
    try:
        set_till_warehouse(till_id=till_id, warehouse_id=wanted)
    except PlaceElsewhere as refusal:
        raise Http404 from refusal
    return redirect("inventory:warehouses")


@require_safe
@member_required(SELL)
def stock(request: MemberRequest, till_id: int) -> JsonResponse:
    """Tell an open till what of a product lies where, its own warehouse first."""
    till = Till.objects.filter(id=till_id).first()
    product = find_product(_id(request.GET.get("producto", "")))
    if till is None or product is None:
        raise Http404
    rows = [row for row in list_stock(product.id) if row.warehouse.is_active]
    return JsonResponse(
        {
            "unit": product.unit,
            "places": [
                {
                    "name": row.warehouse.name,
                    "words": quantity(row.quantity, product.unit),
                    "is_own": row.warehouse_id == till.warehouse_id,
                }
                for row in sorted(rows, key=lambda row: row.warehouse_id != till.warehouse_id)
            ],
        }
    )
