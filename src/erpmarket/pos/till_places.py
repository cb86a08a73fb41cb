"""Which warehouse a till sells from."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from erpmarket.accounts.permissions import SET_WAREHOUSES
from erpmarket.pos.actions.till_place import PlaceElsewhere, set_till_warehouse
from erpmarket.pos.models import Till
from erpmarket.tenancy.access import MemberRequest, member_required

ID_DIGITS = 18


def list_sellers() -> list[tuple[int, str, int, int]]:
    """List the tills by name: id, name, branch, warehouse."""
    return list(
        Till.objects.order_by("name", "id").values_list("id", "name", "branch_id", "warehouse_id")
    )


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
