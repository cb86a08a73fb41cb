from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from erpmarket.accounts.permissions import SEE_PURCHASES
from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.lists import receipt_lines, receipt_rows, supplier_rows
from erpmarket.purchasing.models import Receipt
from erpmarket.purchasing.queries import (
    count_receipts_by_supplier,
    get_receipt,
    list_receipt_lines,
    list_receipts,
    list_suppliers,
)
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.ui.paging import PAGE_ROWS, BeforeForm, asks_for_rows, cut_page


def access_receipt(receipt_id: int) -> Receipt:
    """Return a receipt of the member's company, or 404."""
    try:
        return get_receipt(receipt_id)
    except Receipt.DoesNotExist as error:
        raise Http404 from error


@require_safe
@member_required(SEE_PURCHASES)
def receipts(request: MemberRequest) -> HttpResponse:
    wanted = BeforeForm(request.GET)
    if not wanted.is_valid():
        raise Http404
    before_id = wanted.cleaned_data["antes"]
    shown, next_id = cut_page(list_receipts(before_id=before_id, limit=PAGE_ROWS + 1))
    context = {"rows": receipt_rows(shown), "next_id": next_id}
    part = "_receipt_rows" if asks_for_rows(request) else "receipts"
    return render(request, f"purchasing/{part}.html", context)


@require_safe
@member_required(SEE_PURCHASES)
def receipt(request: MemberRequest, receipt_id: int) -> HttpResponse:
    row = access_receipt(receipt_id)
    lines = receipt_lines(list_receipt_lines(row.id))
    context = {
        "receipt": row,
        "words": paper_words(row.document_kind, row.document_folio),
        "lines": lines,
    }
    return render(request, "purchasing/receipt.html", context)


@require_safe
@member_required(SEE_PURCHASES)
def suppliers(request: MemberRequest) -> HttpResponse:
    rows = supplier_rows(list_suppliers(), count_receipts_by_supplier())
    return render(request, "purchasing/suppliers.html", {"rows": rows})
