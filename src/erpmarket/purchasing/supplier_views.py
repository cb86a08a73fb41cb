"""Suppliers in the office: who they are, their terms, what was changed."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from erpmarket.accounts.permissions import EDIT_SUPPLIERS, SEE_PURCHASES
from erpmarket.common.clock import now
from erpmarket.common.errors import DomainError
from erpmarket.purchasing.actions.suppliers import (
    EDITED_FIELDS,
    edit_supplier,
    register_supplier,
)
from erpmarket.purchasing.forms import NewSupplierForm, SupplierEditForm
from erpmarket.purchasing.lists import supplier_rows
from erpmarket.purchasing.models import Supplier, SupplierEdit
from erpmarket.purchasing.queries import (
    count_receipts_by_supplier,
    get_supplier,
    list_supplier_edits,
    list_suppliers,
)
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422


def access_supplier(supplier_id: int) -> Supplier:
    """Return a supplier of the member's company, or 404."""
    try:
        return get_supplier(supplier_id)
    except Supplier.DoesNotExist as error:
        raise Http404 from error


@require_safe
@member_required(SEE_PURCHASES)
def suppliers(request: MemberRequest) -> HttpResponse:
    rows = supplier_rows(list_suppliers(), count_receipts_by_supplier())
    return render(request, "purchasing/suppliers.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(EDIT_SUPPLIERS)
def new_supplier(request: MemberRequest) -> HttpResponse:
    form = NewSupplierForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        try:
            row = register_supplier(
                rut=str(form.cleaned_data["rut"]),
                **{name: getattr(facts, name) for name in EDITED_FIELDS},
            )
            return redirect("purchasing:supplier", row.id)
        except DomainError as refusal:
            form.add_error("rut", refusal.message)
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "purchasing/supplier.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(EDIT_SUPPLIERS)
def supplier(request: MemberRequest, supplier_id: int) -> HttpResponse:
    row = access_supplier(supplier_id)
    data = request.POST if request.method == "POST" else None
    form = SupplierEditForm(data, initial={name: getattr(row, name) for name in EDITED_FIELDS})
    if form.is_bound and form.is_valid():
        facts = form.facts(is_active=form.cleaned_data["is_active"])
        edit_supplier(supplier_id=row.id, facts=facts, at=now(), by_id=request.member.membership_id)
        return redirect("purchasing:supplier", row.id)
    context = {
        "form": form,
        "supplier": row,
        "history": [(edit, _told(edit)) for edit in list_supplier_edits(row.id)],
    }
    status = UNPROCESSABLE if form.is_bound else None
    return render(request, "purchasing/supplier.html", context, status=status)


def _told(edit: SupplierEdit) -> list[tuple[str, str, str]]:
    return [
        (EDITED_FIELDS[name], _word(before), _word(after))
        for name, (before, after) in edit.changes.items()
    ]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    return "nada" if value in ("", None) else str(value)
