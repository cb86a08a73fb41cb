"""The door to a till: whether this browser is its device, and how it becomes one."""

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from erpmarket.accounts.permissions import LOAD_FOLIOS, SELL
from erpmarket.common.clock import now
from erpmarket.pos.actions.devices import make_enrolment_code, revoke_device
from erpmarket.pos.device_queries import find_device_of
from erpmarket.pos.reading import read_json
from erpmarket.pos.views import access_till
from erpmarket.tenancy.access import MemberRequest, member_required

_REPLACED = "Otro equipo tomó su lugar en la caja."


@require_GET
@ensure_csrf_cookie
@member_required(SELL)
def entry(request: MemberRequest, till_id: int) -> HttpResponse:
    """Ask once whether this browser is the till; the page that sells opens without this one."""
    till = access_till(till_id)
    may_enrol = LOAD_FOLIOS in request.member.verbs
    config = {
        "company_id": request.member.company_id,
        "till_id": till.id,
        "till_name": till.name,
        "shop": request.member.shop_name,
        "csrf": get_token(request),
        "may_enrol": may_enrol,
        "urls": {"code": reverse("pos:enrol_here", args=[till.id])},
    }
    device = find_device_of(till.id)
    context = {"till": till, "device": device, "config": config, "may_enrol": may_enrol}
    return render(request, "pos/entry.html", context)


@require_POST
@member_required(LOAD_FOLIOS)
def enrol_here(request: MemberRequest, till_id: int) -> HttpResponse:
    """Make a code for the browser that asks; `replaces` takes the device off that is there."""
    till, at = access_till(till_id), now()
    device = find_device_of(till.id)
    if device is not None and read_json(request.body).get("replaces") is True:
        revoke_device(device_id=device.id, reason=_REPLACED, by=request.member.membership_id, at=at)
    code = make_enrolment_code(till_id=till.id, made_by=request.member.membership_id, at=at)
    return JsonResponse({"code": code})
