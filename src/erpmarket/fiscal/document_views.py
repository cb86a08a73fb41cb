"""The list of issued papers: narrowed by the address, with filters that people keep."""

from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from erpmarket.accounts.permissions import SEE_DOCUMENTS
from erpmarket.common.clock import now
from erpmarket.fiscal.actions.save_filter import TooManyFilters, forget_filter, save_filter
from erpmarket.fiscal.forms import FILTER_LIMIT, FILTER_WORDS, DocumentFilterForm, SavedFilterForm
from erpmarket.fiscal.office_models import SavedFilter
from erpmarket.fiscal.office_queries import list_documents
from erpmarket.fiscal.queries import get_outbox_summary
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.queries import list_branches
from erpmarket.ui.paging import PAGE_ROWS, asks_for_rows, cut_page

UNPROCESSABLE: Final = 422


@require_safe
@member_required(SEE_DOCUMENTS)
def documents(request: MemberRequest) -> HttpResponse:
    return _page(request, request.GET)


def _page(request: MemberRequest, address: QueryDict, *, refusal: str = "") -> HttpResponse:
    branches = list_branches()
    form = DocumentFilterForm(address, branches=branches)
    is_right = form.is_valid()
    before_id = form.cleaned_data.get("antes")
    found = (
        list_documents(form.wanted(), before_id=before_id, limit=PAGE_ROWS + 1) if is_right else ()
    )
    shown, next_id = cut_page(found)
    query = _filter_of(address)
    context = {"form": form, "rows": shown, "next_id": next_id, "query": query}
    if asks_for_rows(request):
        return render(request, "fiscal/_document_rows.html", context)
    saved = SavedFilter.objects.filter(membership_id=request.member.membership_id)
    context |= {
        "outbox": get_outbox_summary(),
        "branches": branches,
        "errors": [error for word in FILTER_WORDS for error in form.errors.get(word, ())],
        "saved": [(row, row.query == query) for row in saved.order_by("name")],
        "refusal": refusal,
    }
    status = UNPROCESSABLE if refusal else None
    return render(request, "fiscal/documents.html", context, status=status)


@require_POST
@member_required(SEE_DOCUMENTS)
def keep_filter(request: MemberRequest) -> HttpResponse:
    form = SavedFilterForm(request.POST)
    if not form.is_valid():
        # What was looked at stays on the screen, with what is wrong above it.
        address = QueryDict(request.POST.get("filtro", "")[:FILTER_LIMIT])
        return _page(request, address, refusal=str(next(iter(form.errors.values()))[0]))
    query = form.cleaned_data["filtro"]
    try:
        save_filter(
            membership_id=request.member.membership_id,
            name=form.cleaned_data["nombre"],
            query=query,
            at=now(),
        )
    except TooManyFilters as refusal:
        return _page(request, QueryDict(query), refusal=refusal.message)
    return redirect(f"{reverse('fiscal:documents')}?{query}")


@require_POST
@member_required(SEE_DOCUMENTS)
def drop_filter(request: MemberRequest, filter_id: int) -> HttpResponse:
    if not forget_filter(membership_id=request.member.membership_id, filter_id=filter_id):
        raise Http404
    return redirect("fiscal:documents")


def _filter_of(address: QueryDict) -> str:
    """Return what the address narrows by, in the order that a saved filter keeps."""
    return urlencode({word: address[word] for word in FILTER_WORDS if address.get(word)})
