"""The home of the SII: whether all is well, what waits, what to mend, how long things last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from erpmarket.accounts.permissions import ISSUE_PAPERS, SEE_DOCUMENTS
from erpmarket.common.clock import now
from erpmarket.fiscal.actions.release_held import release_held
from erpmarket.fiscal.folio_queries import FolioForecast, FolioLevel
from erpmarket.fiscal.lights import boleta_forecast, find_all
from erpmarket.fiscal.standing import count_month, list_rejected, list_waiting, read_standing
from erpmarket.fiscal.troubles import LEGAL_WAIT
from erpmarket.notifications.queries import mail_troubles
from erpmarket.tenancy.access import MemberRequest, member_required

NO_CONTENT = 204
_MINUTE = timedelta(minutes=1)
_TONES = {
    FolioLevel.FINE: ("ok", ""),
    FolioLevel.SOON: ("warn", "Pide esta semana"),
    FolioLevel.URGENT: ("danger", "Pide hoy"),
    FolioLevel.OUT: ("danger", "No quedan"),
}
# The meter is full with two months of folios; who uses none has enough of them.
_FULL_DAYS = 60
_FULL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioLine:
    """A line of the folios' table: the forecast, its chip, and the meter beside the number."""

    forecast: FolioForecast
    tone: str
    words: str
    percent: int


@require_safe
@member_required(SEE_DOCUMENTS)
def home(request: MemberRequest) -> HttpResponse:
    at = now()
    context = _light_context(at)
    part = _draw(request, context)
    context |= {
        "part": part,
        "mark": _mark(part),
        "rejected": list_rejected(),
        "waiting": list_waiting(at),
        "month": count_month(at),
        "folios": [_line(row) for row in context["standing"].facts.folios],
        "mail_troubles": mail_troubles(at) if "see_notices" in request.member.verbs else (),
    }
    return render(request, "fiscal/home.html", context)


@never_cache
@require_safe
@member_required(SEE_DOCUMENTS)
def light(request: MemberRequest) -> HttpResponse:
    """Draw the light again; 204 when it would look the same, so that nothing on screen moves."""
    part = _draw(request, _light_context(now()))
    if request.GET.get("visto") == _mark(part):
        return HttpResponse(status=NO_CONTENT)
    return render(request, "fiscal/_light.html", {"part": part, "mark": _mark(part)})


@require_POST
@member_required(ISSUE_PAPERS)
def send_now(request: MemberRequest) -> HttpResponse:  # noqa: ARG001  (a view)
    release_held(at=now())
    return redirect("fiscal:home")


def _light_context(at: datetime) -> dict[str, Any]:
    standing = read_standing(at)
    first, *others = find_all(standing.facts, at)
    outbox, certificate = standing.facts.outbox, standing.certificate
    boletas = boleta_forecast(standing.facts.folios)
    minutes_left = None
    if outbox.boleta_at is not None:
        minutes_left = (outbox.boleta_at + LEGAL_WAIT - at) // _MINUTE
    return {
        "standing": standing,
        "light": first,
        "others": others,
        "outbox": outbox,
        "minutes_left": minutes_left,
        "certificate_days": None
        if certificate is None
        else max(certificate.valid_to - at, timedelta()).days,
        "boletas": None if boletas is None else _line(boletas),
    }


def _draw(request: MemberRequest, context: Mapping[str, object]) -> str:
    return render_to_string("fiscal/_light_body.html", {**context, "member": request.member})


def _mark(part: str) -> str:
    """Tell two drawings apart; the page sends back the mark of what it shows."""
    return blake2s(part.encode(), digest_size=8).hexdigest()


def _line(forecast: FolioForecast) -> FolioLine:
    tone, words = _TONES[forecast.level]
    if forecast.left == 0:
        percent = 0
    elif forecast.days_left is None:
        percent = _FULL
    else:
        percent = min(_FULL * forecast.days_left // _FULL_DAYS, _FULL)
    return FolioLine(forecast=forecast, tone=tone, words=words, percent=percent)
