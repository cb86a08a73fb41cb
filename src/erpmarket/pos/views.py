from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from erpmarket.accounts.permissions import SELL
from erpmarket.pos.models import Till
from erpmarket.pos.queries import get_till, list_tills
from erpmarket.tenancy.access import MemberRequest, member_required


def access_till(till_id: int) -> Till:
    """Return a till of the member's company, or 404."""
    try:
        return get_till(till_id)
    except Till.DoesNotExist as error:
        raise Http404 from error


@require_GET
@member_required(SELL)
def choose_till(request: MemberRequest) -> HttpResponse:
    return render(request, "pos/choose_till.html", {"tills": list_tills()})
