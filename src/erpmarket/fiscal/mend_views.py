"""The page that mends the texts of a rejected paper and sends it under its own folio."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dte.document import Draft
from erpmarket.accounts.permissions import ISSUE_PAPERS
from erpmarket.common.clock import now
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.resend import ResendRefused, read_draft_in_force, resend_corrected
from erpmarket.fiscal.models import SubmissionState
from erpmarket.fiscal.office_queries import NOBODY_RUT, get_submission
from erpmarket.fiscal.rejections import Cure, explain
from erpmarket.fiscal.trade_forms import text_field
from erpmarket.fiscal.views import UNPROCESSABLE, access_document
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.access import MemberRequest, member_required

_BUYER: Final = {
    "name": ("Razón social", 100),
    "giro": ("Giro", 40),
    "address": ("Dirección", 70),
    "commune": ("Comuna", 20),
    "city": ("Ciudad", 20),
}


class MendForm(forms.Form):
    """The texts of a paper as it stands; RUT, date and amounts stay as they were issued."""

    def __init__(self, draft: Draft, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self._draft = draft
        if str(draft.receiver.rut) != NOBODY_RUT:
            for name, (label, limit) in _BUYER.items():
                self._add(name, label, limit, getattr(draft.receiver, name), required=False)
        for number, line in enumerate(draft.lines, start=1):
            self._add(f"line{number}", f"Línea {number}", 80, line.name, required=True)
        self._add("reason", "Qué corregiste", 200, "", required=True)

    def mended(self) -> Draft:
        """Give the paper with the texts of a valid form."""
        found = self.cleaned_data
        texts = {name: found[name] for name in _BUYER if name in found}
        lines = (
            replace(line, name=found[f"line{number}"])
            for number, line in enumerate(self._draft.lines, start=1)
        )
        receiver = replace(self._draft.receiver, **texts)
        return replace(self._draft, receiver=receiver, lines=tuple(lines))

    def _add(self, name: str, label: str, limit: int, value: str, *, required: bool) -> None:
        self.fields[name] = text_field(label, limit, required=required)
        self.initial[name] = value


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ISSUE_PAPERS)
def mend(request: MemberRequest, document_id: int) -> HttpResponse:
    row, submission = access_document(document_id), get_submission(document_id)
    why = explain(submission.said_code)
    if submission.state != SubmissionState.REJECTED or why.cure is not Cure.CORRECT:
        raise Http404
    form, refusal = MendForm(read_draft_in_force(document_id)), ""
    if request.method == "POST":
        form = MendForm(read_draft_in_force(document_id), request.POST)
        if form.is_valid():
            try:
                resend_corrected(
                    document_id=document_id,
                    draft=form.mended(),
                    reason=form.cleaned_data["reason"],
                    made_by=request.member.membership_id,
                    at=now(),
                )
            except (PaperRefused, ResendRefused) as refused:
                refusal = refused.message
            else:
                return redirect("fiscal:document", document_id)
    context = {
        "document": row,
        "words": paper_words(row.kind, row.folio),
        "why": why,
        "said": submission.words,
        "form": form,
        "refusal": refusal,
    }
    status = UNPROCESSABLE if refusal or form.errors else None
    return render(request, "fiscal/mend.html", context, status=status)
