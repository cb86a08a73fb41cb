from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from dte.codes import DocumentType
from erpmarket.accounts.permissions import SELL
from erpmarket.accounts.queries import list_price_approvers
from erpmarket.catalog.queries import get_revision
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.issue_nota import MAX_LINES
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.queries import count_folios_left, get_outbox_summary
from erpmarket.fiscal.receipts import PaidWith, ReceiptFacts, TillPaper, receipt_json, slip_json
from erpmarket.fiscal.words import paper_words
from erpmarket.pos.actions.commit_sale import CommittedSale, commit_sale
from erpmarket.pos.actions.sale_discounts import limit_of_shift
from erpmarket.pos.catalogue_rows import catalogue_body
from erpmarket.pos.forms import read_sale
from erpmarket.pos.models import Till
from erpmarket.pos.queries import find_open_shift, get_till, list_tills
from erpmarket.pos.receipts import find_discount_names, join_names
from erpmarket.pricing.amounts import hundredths
from erpmarket.tenancy.access import MemberRequest, member_required

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument

_URLS = (
    "catalogue",
    "sales",
    "state",
    "shift",
    "cash",
    "relief",
    "deed",
    "buyer",
    "sold",
    "stock",
    "approve",
)
QUICK_NOTES_CLP = (1000, 2000, 5000, 10_000, 20_000)
CREATED, OK, UNPROCESSABLE = 201, 200, 422


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


@require_GET
@ensure_csrf_cookie
@member_required(SELL)
def till(request: MemberRequest, till_id: int) -> HttpResponse:
    till = access_till(till_id)
    shift = find_open_shift(till_id)
    config = {
        "till_id": till.id,
        "till_name": till.name,
        "shop": request.member.shop_name,
        "cashier": shift.at_till.display_name if shift else request.member.display_name,
        "shift": {"opened_at": shift.opened_at.isoformat()} if shift else None,
        "urls": {name: reverse(f"pos:{name}", args=[till.id]) for name in _URLS},
        "agent": {"url": till.agent_url, "token": till.agent_token, "paper": till.paper_mm}
        if till.agent_url
        else None,
        "csrf": get_token(request),
        "quick_notes": QUICK_NOTES_CLP,
        "factura_lines": MAX_LINES,
        "card_is_boleta": till.card_is_boleta,
        "approvers": [[each.membership_id, each.display_name] for each in list_price_approvers()],
        "poll_ms": settings.TILL_POLL_SECONDS * 1000,
    }
    response = render(request, "pos/till.html", {"till": till, "shift": shift, "config": config})
    if till.agent_url:
        origin = urlsplit(till.agent_url)
        response.agent_origins = [f"{origin.scheme}://{origin.netloc}"]  # type: ignore[attr-defined]  # read by the CSP middleware
    return response


@require_GET
@member_required(SELL)
def catalogue(request: HttpRequest, till_id: int) -> HttpResponse:
    """Answer the whole catalogue, or what changed since the revision a till has (`?desde=`)."""
    access_till(till_id)
    body = catalogue_body(request.GET.get("desde", ""))
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


@require_POST
@member_required(SELL)
def sales(request: MemberRequest, till_id: int) -> HttpResponse:
    try:
        committed = commit_sale(till_id=till_id, request=read_sale(request.body), at=now())
    except Till.DoesNotExist as error:
        raise Http404 from error
    status = OK if committed.is_repeated else CREATED
    return JsonResponse(_sale_answer(committed), status=status)


def _sale_answer(committed: CommittedSale) -> dict[str, object]:
    sale, paper = committed.sale, committed.issued
    receipt, fits = ([], True) if paper is None else _receipt(committed, paper)
    cash_kept = sum(part.amount_clp for part in committed.payments if part.kind == "cash")
    return {
        "uid": str(sale.uid),
        "repeated": committed.is_repeated,
        # Without a paper of ours the card's voucher is the boleta.
        "kind": None if paper is None else paper.kind,
        "folio": None if paper is None else paper.folio,
        "total_clp": sale.total_clp,
        "payment": {
            "cash_due": cash_kept - sale.rounding_clp,
            "rounding": sale.rounding_clp,
            "cash_to_pay": cash_kept,
            "change": sale.change_clp,
        },
        "issued_at": sale.sold_at.isoformat() if paper is None else paper.issued_at.isoformat(),
        "receipt": receipt,
        "fits": fits,
        "words": "" if paper is None else paper_words(paper.kind, paper.folio),
        "document_url": "" if paper is None else reverse("fiscal:document", args=[paper.id]),
        "public_url": "" if paper is None else public_url(paper),
    }


def _receipt(
    committed: CommittedSale, paper: "IssuedDocument"
) -> tuple[list[dict[str, object]], bool]:
    """Return what the till prints, and whether it is the paper: not all fit on a narrow roll."""
    sale = committed.sale
    facts = ReceiptFacts(
        till_name=committed.till_name,
        cashier_name=committed.cashier_name,
        tenders=[
            PaidWith(kind=part.kind, amount_clp=part.handed_clp) for part in committed.payments
        ],
        rounding_clp=sale.rounding_clp,
        change_clp=sale.change_clp,
        discount_names=_discount_names(committed),
    )
    try:
        blocks = receipt_json(
            document=paper,
            company=committed.branch.company,
            facts=facts,
            paper=TillPaper(width_mm=committed.paper_mm),
        )
    except PaperRefused as refusal:
        if refusal.reason != "paper_too_narrow":
            raise
        return slip_json(paper), False
    return blocks, True


def _discount_names(committed: CommittedSale) -> Mapping[int, str]:
    """Say how each line's discount is called, without asking the database for a new sale."""
    if committed.is_repeated:
        return find_discount_names(committed.sale.id)
    if any(part.voucher_exempt_clp is not None for part in committed.payments):
        return {}
    return join_names((each.position, each.name) for each in committed.discounts)


@require_GET
@member_required(SELL)
def state(_request: MemberRequest, till_id: int) -> HttpResponse:
    till = access_till(till_id)
    outbox, at = get_outbox_summary(), now()
    left = count_folios_left(till.branch.company.environment, on=local_date(at))
    folios = left.get(DocumentType.BOLETA, 0)
    shift = find_open_shift(till_id)
    waiting = _minutes_between(outbox.oldest_pending_at, at)
    return JsonResponse(
        {
            "pending": outbox.pending,
            "rejected": outbox.rejected,
            "oldest_pending_minutes": waiting,
            "folios_left": folios,
            "facturas_left": left.get(DocumentType.FACTURA, 0)
            + left.get(DocumentType.FACTURA_EXENTA, 0),
            "catalogue_rev": get_revision(),
            # In hundredths, as the till counts percents.
            "discount_limit": hundredths(limit_of_shift(shift.id)) if shift else 0,
            # A till prices by the hour: its clock may be wrong.
            "server_time": at.isoformat(),
            "sii": "attention" if outbox.rejected else "waiting" if outbox.pending else "ok",
            "shift": {"opened_at": shift.opened_at.isoformat()} if shift else None,
        }
    )


def _minutes_between(since: datetime | None, at: datetime) -> int | None:
    return None if since is None else int((at - since).total_seconds() // 60)
