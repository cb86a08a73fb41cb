"""A supervisor's PIN for one discount above what the cashier may give."""

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from erpmarket.accounts.actions import check_pin
from erpmarket.accounts.permissions import SELL
from erpmarket.accounts.queries import list_price_approvers
from erpmarket.catalog.queries import find_product
from erpmarket.common.clock import now
from erpmarket.pos.actions.sale_discounts import keep_approval
from erpmarket.pos.forms import BadRequest, read_approval
from erpmarket.pos.models import Till
from erpmarket.pos.queries import get_till
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422


@sensitive_variables("asked")
@require_POST
@member_required(SELL)
def approve(request: MemberRequest, till_id: int) -> HttpResponse:
    """Try the PIN; right, its uid goes with the sale and lets the discount through once."""
    try:
        till = get_till(till_id)
    except Till.DoesNotExist as error:
        raise Http404 from error
    asked = read_approval(request.body)
    people = {person.membership_id: person.display_name for person in list_price_approvers()}
    if asked.approver_id not in people:
        raise BadRequest(field="approver")
    if asked.product_id is not None and find_product(asked.product_id) is None:
        raise BadRequest(field="product_id")
    at = now()
    check = check_pin(membership_id=asked.approver_id, pin=asked.pin, at=at)
    if check.refusal is not None:
        # Answered, not raised: the wrong try has to count.
        body = {"code": check.refusal.code, "message": check.refusal.message}
        return JsonResponse(body, status=UNPROCESSABLE)
    row = keep_approval(
        uid=asked.uid,
        till_id=till.id,
        approved_by=asked.approver_id,
        product_id=asked.product_id,
        discount=asked.discount,
        at=at,
    )
    return JsonResponse({"approval": str(row.uid), "by": people[asked.approver_id]})
