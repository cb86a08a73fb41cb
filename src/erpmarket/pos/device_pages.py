"""The office's page of the devices at the tills: who sells where, a code for a new one, a loss."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from erpmarket.accounts.permissions import LOAD_FOLIOS
from erpmarket.common.clock import now
from erpmarket.pos.actions.devices import make_enrolment_code, mark_flags_seen, revoke_device
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_queries import list_devices, list_lost_events, list_unseen_flags
from erpmarket.pos.forms import RevokeDeviceForm
from erpmarket.pos.queries import list_tills
from erpmarket.pos.views import access_till
from erpmarket.tenancy.access import MemberRequest, member_required


@require_GET
@member_required(LOAD_FOLIOS)
def devices(request: MemberRequest) -> HttpResponse:
    return _page(request)


@require_POST
@member_required(LOAD_FOLIOS)
def code(request: MemberRequest, till_id: int) -> HttpResponse:
    till = access_till(till_id)
    made = make_enrolment_code(till_id=till.id, made_by=request.member.membership_id, at=now())
    shown = {"till": till.name, "code": f"{made[:4]}-{made[4:]}"}
    return _page(request, shown=shown)


@require_POST
@member_required(LOAD_FOLIOS)
def revoke(request: MemberRequest, device_id: int) -> HttpResponse:
    if not TillDevice.objects.filter(id=device_id).exists():
        raise Http404
    form = RevokeDeviceForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, faulty=(device_id, form))
    revoke_device(
        device_id=device_id,
        reason=form.cleaned_data["reason"],
        by=request.member.membership_id,
        at=now(),
    )
    return redirect("pos:devices")


@require_POST
@member_required(LOAD_FOLIOS)
def seen(request: MemberRequest) -> HttpResponse:
    """Note that the flags on the page were looked at."""
    flag_ids = [int(text) for text in request.POST.getlist("flag") if text.isdecimal()]
    mark_flags_seen(flag_ids=flag_ids, by=request.member.membership_id, at=now())
    return redirect("pos:devices")


def _page(
    request: MemberRequest,
    *,
    status: int = 200,
    shown: dict[str, str] | None = None,
    faulty: tuple[int, RevokeDeviceForm] | None = None,
) -> HttpResponse:
    context = {
        "tills": list_tills(),
        "devices": list_devices(),
        "lost": list_lost_events(),
        "flags": list_unseen_flags(),
        "shown": shown,
        "faulty_id": None if faulty is None else faulty[0],
        "faulty": None if faulty is None else faulty[1],
        "company_id": request.member.company_id,
    }
    return render(request, "pos/devices.html", context, status=status)
