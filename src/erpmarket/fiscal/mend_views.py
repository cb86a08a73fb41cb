"""The page that mends a rejected paper: proposals before and after, sent under its own folio."""

from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dte.document import Draft
from erpmarket.accounts.permissions import ISSUE_PAPERS
from erpmarket.common.clock import now
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.resend import ResendRefused, read_draft_in_force, resend_corrected
from erpmarket.fiscal.draft_maps import trade_issuer
from erpmarket.fiscal.mend_forms import MendForm
from erpmarket.fiscal.models import DocumentReference, IssuedDocument, SubmissionState
from erpmarket.fiscal.nota_queries import find_buyer
from erpmarket.fiscal.office_queries import NOBODY_RUT, get_submission
from erpmarket.fiscal.proposals import BUYER_FIELDS, KnownFacts, point_at, propose
from erpmarket.fiscal.rejections import Cure, explain
from erpmarket.fiscal.views import UNPROCESSABLE, access_document
from erpmarket.fiscal.words import paper_words
from erpmarket.tenancy.access import MemberRequest, member_required

_SECTION_AT: Final = 1


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(ISSUE_PAPERS)
def mend(request: MemberRequest, document_id: int) -> HttpResponse:
    row, submission = access_document(document_id), get_submission(document_id)
    why = explain(submission.said_code)
    if submission.state != SubmissionState.REJECTED or why.cure is not Cure.CORRECT:
        raise Http404
    draft = read_draft_in_force(document_id)
    known = _known_facts(row, draft)
    proposals = propose(draft, known, has_buyer=row.receiver_rut != NOBODY_RUT)
    is_sent = request.method == "POST"
    form = MendForm(draft, proposals, issuer=known.issuer, data=request.POST if is_sent else None)
    refusal = ""
    if is_sent and form.is_valid():
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
    form.focus(point_at(submission.words))
    context = {
        "document": row,
        "words": paper_words(row.kind, row.folio),
        "why": why,
        "said": submission.words,
        "form": form,
        "groups": form.groups(_section(submission.said_code)),
        "proposals": proposals,
        "refusal": refusal,
    }
    status = UNPROCESSABLE if refusal or form.errors else None
    return render(request, "fiscal/mend.html", context, status=status)


def _known_facts(row: IssuedDocument, draft: Draft) -> KnownFacts:
    buyer = find_buyer(row.receiver_rut)
    targets = {
        (found.kind, found.folio): found.target.issue_date
        for found in DocumentReference.objects.select_related("target").filter(
            document_id=row.id, target__isnull=False
        )
    }
    return KnownFacts(
        issuer=trade_issuer(row.branch),
        buyer={} if buyer is None else {name: str(getattr(buyer, name)) for name in BUYER_FIELDS},
        issued_on={
            number: targets[each.kind, each.folio]
            for number, each in enumerate(draft.references, start=1)
            if (each.kind, each.folio) in targets
        },
    )


def _section(said_code: str) -> str:
    """Return which part of the paper the SII's code is about: `RCH DET-3-601` is about DET."""
    state_and_rule = said_code.split(" ")
    if len(state_and_rule) <= _SECTION_AT:
        return ""
    return state_and_rule[_SECTION_AT].partition("-")[0]
