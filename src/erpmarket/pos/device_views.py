"""What a till's device asks and tells, signed by its own key: docs/algorithms/offline.md."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from erpmarket.common.clock import now
from erpmarket.fiscal.actions.folio_leases import Holder, find_lease, return_lease
from erpmarket.fiscal.actions.hand_lease import hand_lease
from erpmarket.pos.actions.devices import enrol_device
from erpmarket.pos.actions.journal_events import EventResult
from erpmarket.pos.actions.sync_journal import sync_journal
from erpmarket.pos.catalogue_rows import catalogue_body
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_reading import (
    read_lease_request,
    read_lease_return,
    read_lost_device,
    read_new_device,
)
from erpmarket.pos.device_requests import (
    SEEN_EVERY,
    Teller,
    check_device,
    check_teller,
    find_teller,
    remember_teller,
)
from erpmarket.pos.device_state import state_body, till_body
from erpmarket.pos.journal_reading import read_journal
from erpmarket.pos.models import Till
from erpmarket.pos.reading import read_json
from erpmarket.tenancy.scope import company_scope

P = ParamSpec("P")
_NOT_FOUND: Final = "Eso ya no está, o no es de esta empresa. Búscalo de nuevo."


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
            device = check_device(request, at=now())
            try:
                return view(request, device, *args, **kwargs)
            except Http404:
                return _not_found()

    return guarded  # type: ignore[return-value]  # the names of arguments are no part of a view


@csrf_exempt
@require_POST
def enrol(request: HttpRequest, company_id: int) -> HttpResponse:
    """Let a browser to a till that shows a code."""
    code, device = read_new_device(request.body)
    with company_scope(company_id):
        enrolled = enrol_device(code=code, device=device, at=now())
        till = Till.objects.select_related("branch__company").get(id=enrolled.till_id)
        body = {"till": till_body(till), "device_uid": str(enrolled.uid), "server_time": _now()}
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
    device: Teller | TillDevice | None = find_teller(request, company_id, at=received_at)
    if device is None:
        with company_scope(company_id):
            device = _heard(check_teller(request, at=received_at), at=received_at)
    told = read_json(request.body)
    lost_uid = read_lost_device(told)
    if lost_uid is not None:
        try:
            with company_scope(company_id):
                device = _left_behind(device.id, lost_uid)
        except Http404:
            return _not_found()
    results = sync_journal(
        company_id=company_id,
        device_id=device.id,
        events=read_journal(told, device_uid=device.uid),
        received_at=received_at,
    )
    return JsonResponse(
        {"results": [_result_json(each) for each in results], "server_time": _now()}
    )


def _heard(device: TillDevice, *, at: datetime) -> Teller:
    """Note that a device tells its journal, and know it for the next minute."""
    return remember_teller(device, seen_at=_note_seen(device, at=at))


def _left_behind(teller_id: int, lost_uid: UUID) -> TillDevice:
    """Say whose journal it is that a device tells: what another of its till left behind.

    Raises Http404 for a device of another till, or none, and for a teller that was taken off.
    """
    device = TillDevice.objects.get(id=teller_id)
    lost: TillDevice | None = TillDevice.objects.filter(
        uid=lost_uid, till_id=device.till_id
    ).first()
    if lost is None or device.revoked_at is not None:
        raise Http404
    return lost


def _note_seen(device: TillDevice, *, at: datetime) -> datetime:
    """Note that a device was heard, once a minute; give the instant that is noted."""
    if at - device.last_seen_at < SEEN_EVERY:
        return device.last_seen_at
    TillDevice.objects.filter(id=device.id).update(last_seen_at=at)
    return at


@require_GET
@from_device
def state(_request: HttpRequest, device: TillDevice) -> HttpResponse:
    at = now()
    _note_seen(device, at=at)
    return JsonResponse({"server_time": at.isoformat(), **state_body(device, at=at)})


@require_GET
@from_device
def catalogue(request: HttpRequest, _device: TillDevice) -> HttpResponse:
    body = catalogue_body(request.GET.get("desde", ""))
    answer = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
    # A till that waits for its first catalogue says how much of it came; a proxy may pack it.
    answer["X-Bytes"] = str(len(answer.content))
    return answer


def _result_json(result: EventResult) -> dict[str, object]:
    return {
        "seq": result.seq,
        "uid": str(result.uid),
        "state": result.state,
        "code": result.code,
        "words": result.words,
        "flags": list(result.flags),
        "answer": result.answer,
    }


def _not_found() -> JsonResponse:
    """Say it in JSON: a program asks, and a page would look to it as if the network were away."""
    return JsonResponse({"code": "not_found", "message": _NOT_FOUND}, status=404)


def _now() -> str:
    return now().isoformat()
