"""What a till's device asks and tells, signed by its own key: docs/algorithms/offline.md."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from erpmarket.accounts.queries import list_cashiers
from erpmarket.catalog.queries import get_revision
from erpmarket.common.clock import now
from erpmarket.fiscal.actions.folio_leases import Holder, find_lease, return_lease
from erpmarket.fiscal.actions.hand_lease import hand_lease
from erpmarket.fiscal.receipts import till_look
from erpmarket.pos.actions.devices import enrol_device
from erpmarket.pos.actions.sync_journal import EventResult, sync_journal
from erpmarket.pos.catalogue_rows import catalogue_body
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_requests import check_device
from erpmarket.pos.journal_reading import (
    read_journal,
    read_lease_request,
    read_lease_return,
    read_new_device,
)
from erpmarket.pos.models import Till
from erpmarket.pos.queries import find_open_shift
from erpmarket.pos.shift_queries import get_shift_rules
from erpmarket.tenancy.scope import company_scope

P = ParamSpec("P")


def from_device(
    view: Callable[Concatenate[HttpRequest, TillDevice, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, int, P], HttpResponse]:
    """Let only a device of the address' company through, in one transaction of that company."""

    @csrf_exempt
    @wraps(view)
    def guarded(
        request: HttpRequest, company_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        with company_scope(company_id):
            return view(request, check_device(request, at=now()), *args, **kwargs)

    return guarded  # type: ignore[return-value]  # the names of arguments are no part of a view


@csrf_exempt
@require_POST
def enrol(request: HttpRequest, company_id: int) -> HttpResponse:
    """Let a browser to a till that shows a code."""
    code, device = read_new_device(request.body)
    with company_scope(company_id):
        enrolled = enrol_device(code=code, device=device, at=now())
        till = Till.objects.select_related("branch__company").get(id=enrolled.till_id)
        body = {"till": _till_json(till), "device_uid": str(enrolled.uid), "server_time": _now()}
    return JsonResponse(body)


@require_POST
@from_device
def folios(request: HttpRequest, device: TillDevice) -> HttpResponse:
    wanted = read_lease_request(request.body)
    lease = hand_lease(
        holder=Holder(uid=device.uid, name=device.till.name, branch_id=device.till.branch_id),
        wrap_key=bytes(device.wrap_key),
        kind=wanted.kind,
        count=wanted.count,
        request_uid=wanted.request_uid,
        at=now(),
    )
    return JsonResponse(
        {
            "uid": str(lease.uid),
            "kind": lease.kind,
            "first": lease.first_folio,
            "last": lease.last_folio,
            "caf": lease.caf,
            "key": lease.key,
            "wrapped_by": lease.wrapped_by,
        }
    )


@require_POST
@from_device
def give_back(request: HttpRequest, device: TillDevice) -> HttpResponse:
    lease_uid, used_up_to = read_lease_return(request.body)
    lease = find_lease(request_uid=lease_uid, holder_uid=device.uid)
    returned = return_lease(lease_id=lease.id, used_up_to=used_up_to, at=now())
    return JsonResponse({"returned_from": returned.returned_from})


@csrf_exempt
@require_POST
def journal(request: HttpRequest, company_id: int) -> HttpResponse:
    """Take the events of a device; each is a transaction of its own, so this opens no scope."""
    received_at = now()
    with company_scope(company_id):
        device = check_device(request, at=received_at, may_be_revoked=True)
        events = read_journal(request.body, device_uid=device.uid)
        TillDevice.objects.filter(id=device.id).update(last_seen_at=received_at)
    results = sync_journal(
        company_id=company_id, device_id=device.id, events=events, received_at=received_at
    )
    return JsonResponse(
        {"results": [_result_json(each) for each in results], "server_time": _now()}
    )


@require_GET
@from_device
def state(_request: HttpRequest, device: TillDevice) -> HttpResponse:
    shift = find_open_shift(device.till_id)
    TillDevice.objects.filter(id=device.id).update(last_seen_at=now())
    return JsonResponse(
        {
            "server_time": _now(),
            "till": _till_json(device.till),
            "last_seq": device.last_seq,
            "catalogue_rev": get_revision(),
            "cashiers": [
                {"id": person.membership_id, "name": person.display_name}
                for person in list_cashiers()
            ],
            "shift": None
            if shift is None
            else {
                "uid": str(shift.uid),
                "opened_at": shift.opened_at.isoformat(),
                "cashier": {"id": shift.at_till_id, "name": shift.at_till.display_name},
            },
            "rules": {"approval_above_clp": get_shift_rules().approval_above_clp},
        }
    )


@require_GET
@from_device
def catalogue(request: HttpRequest, _device: TillDevice) -> HttpResponse:
    body = catalogue_body(request.GET.get("desde", ""))
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


def _till_json(till: Till) -> dict[str, object]:
    company = till.branch.company
    return {
        "id": till.id,
        "name": till.name,
        "paper_mm": till.paper_mm,
        "look": till_look(till.branch),
        "environment": company.environment,
    }


def _result_json(result: EventResult) -> dict[str, object]:
    return {
        "seq": result.seq,
        "uid": str(result.uid),
        "state": result.state,
        "code": result.code,
        "words": result.words,
        "flags": list(result.flags),
    }


def _now() -> str:
    return now().isoformat()
