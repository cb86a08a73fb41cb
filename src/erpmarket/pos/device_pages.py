"""The office's page of the devices at the tills: who sells where, a code for a new one, a loss."""

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from erpmarket.accounts.permissions import LOAD_FOLIOS
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.void_folios import VoidRefused, void_lost_folios
from erpmarket.fiscal.folio_queries import list_lost_folios
from erpmarket.fiscal.lease_holes import list_lease_holes, mark_told
from erpmarket.pos.actions.devices import make_enrolment_code, mark_flags_seen, revoke_device
from erpmarket.pos.actions.review_event import book_event_again, note_event_seen
from erpmarket.pos.device_models import DeviceEvent
from erpmarket.pos.device_queries import (
    DeviceCard,
    find_device,
    find_lost_event,
    list_booked_events,
    list_devices,
    list_lost_events,
    list_seen_events,
    list_told_folios,
    list_unseen_flags,
)
from erpmarket.pos.forms import RevokeDeviceForm
from erpmarket.pos.journal_reading import read_kept_event
from erpmarket.pos.queries import list_tills
from erpmarket.pos.views import access_till
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import get_company

# More digits than any row of ours has.
_ID_SIGNS = 18
UNPROCESSABLE = 422
# One that still talks may still sell: what it prints on void folios would be in nobody's books.
QUIET_BEFORE_VOID = timedelta(minutes=10)
STILL_TALKS = (
    "Este equipo habló con nosotros hace menos de 10 minutos y puede estar vendiendo. Ciérralo, o"
    " ábrelo para que envíe lo que tiene, y anula sus folios cuando lleve 10 minutos callado."
)


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
    _card(device_id)
    form = RevokeDeviceForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, faulty=(device_id, form))
    revoke_device(
        device_id=device_id,
        reason=form.cleaned_data["reason"],
        by=request.member.membership_id,
        at=now(),
    )
    return redirect("pos:device_lost", device_id)


@require_GET
@member_required(LOAD_FOLIOS)
def lost(request: MemberRequest, device_id: int) -> HttpResponse:
    """Lead through what to do when a device is gone: wait, take it off, write its folios off."""
    return _lost_page(request, _card(device_id))


@require_POST
@member_required(LOAD_FOLIOS)
def void_lost(request: MemberRequest, device_id: int) -> HttpResponse:
    card, at = _card(device_id), now()
    if at - card.device.last_seen_at < QUIET_BEFORE_VOID:
        return _lost_page(request, card, trouble=STILL_TALKS, status=UNPROCESSABLE)
    try:
        void_lost_folios(
            holder_uid=card.device.uid,
            reason=f"Equipo de baja en {card.device.till.name}: {card.device.revoke_reason}",
            recorded_by=request.member.membership_id,
            at=at,
            told=list_told_folios().get(card.device.uid, frozenset()),
        )
    except VoidRefused as refusal:
        return _lost_page(request, card, trouble=refusal.message, status=422)
    return redirect("pos:device_lost", device_id)


def _card(device_id: int) -> DeviceCard:
    card = find_device(device_id)
    if card is None:
        raise Http404
    return card


def _lost_page(
    request: MemberRequest, card: DeviceCard, *, trouble: str = "", status: int = 200
) -> HttpResponse:
    told = list_told_folios().get(card.device.uid, frozenset())
    unknown = list_lost_folios(card.device.uid, told=told)
    context = {
        "card": card,
        "unknown": unknown,
        "unknown_count": sum(each.count for each in unknown),
        "told_count": len(told),
        "form": RevokeDeviceForm(),
        "trouble": trouble,
    }
    return render(request, "pos/device_lost.html", context, status=status)


@require_POST
@member_required(LOAD_FOLIOS)
def seen(request: MemberRequest) -> HttpResponse:
    """Note that the flags on the page were looked at."""
    texts = request.POST.getlist("flag")
    flag_ids = [int(text) for text in texts if text.isdecimal() and len(text) <= _ID_SIGNS]
    mark_flags_seen(flag_ids=flag_ids, by=request.member.membership_id, at=now())
    return redirect("pos:devices")


@require_POST
@member_required(LOAD_FOLIOS)
def book_event(request: MemberRequest, event_id: int) -> HttpResponse:
    """Take an event into the books whose cause was mended meanwhile."""
    row, at = _access_event(event_id), now()
    try:
        event = read_kept_event(row.told or {}, device_uid=row.device.uid)
        book_event_again(row, event, by=request.member.membership_id, at=at)
    except DomainError as refusal:
        return _page(request, status=UNPROCESSABLE, trouble=f"Todavía no: {refusal.message}")
    return redirect("pos:devices")


@require_POST
@member_required(LOAD_FOLIOS)
def event_seen(request: MemberRequest, event_id: int) -> HttpResponse:
    """Note why an event stays out of the books."""
    row, reason = _access_event(event_id), request.POST.get("reason", "")
    try:
        note_event_seen(row, reason=reason, by=request.member.membership_id, at=now())
    except DomainError as refusal:
        return _page(request, status=UNPROCESSABLE, trouble=refusal.message)
    return redirect("pos:devices")


def _access_event(event_id: int) -> DeviceEvent:
    row = find_lost_event(event_id)
    if row is None:
        raise Http404
    return row


def _page(
    request: MemberRequest,
    *,
    status: int = 200,
    trouble: str = "",
    shown: dict[str, str] | None = None,
    faulty: tuple[int, RevokeDeviceForm] | None = None,
) -> HttpResponse:
    holes = list_lease_holes(get_company().environment, at=now())
    cards = list_devices()
    live = [card for card in cards if card.device.revoked_at is None]
    taken = {card.device.till_id for card in live}
    context = {
        # A till has one device: with one there, its page asks nobody for a code.
        "free_tills": [till for till in list_tills() if till.id not in taken],
        "live": live,
        "devices": cards,
        "lost": list_lost_events(),
        "seen": list_seen_events(),
        "booked": list_booked_events(),
        "holes": mark_told(holes, list_told_folios()),
        "trouble": trouble,
        "flags": list_unseen_flags(),
        "shown": shown,
        "faulty_id": None if faulty is None else faulty[0],
        "faulty": None if faulty is None else faulty[1],
        "company_id": request.member.company_id,
    }
    return render(request, "pos/devices.html", context, status=status)
