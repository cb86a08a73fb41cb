"""What a till asks about past sales: the list, one of them, its copy, its mail; and who buys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from dte.errors import DteError
from dte.rut import Rut
from erpmarket.accounts.permissions import ISSUE_PAPERS, SELL
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.mail_document import mail_document
from erpmarket.fiscal.nota_queries import find_buyer
from erpmarket.fiscal.paper_forms import MailForm
from erpmarket.fiscal.public_links import public_url
from erpmarket.fiscal.qr import qr_path
from erpmarket.fiscal.queries import map_live_papers
from erpmarket.fiscal.words import buyer_name, paper_words
from erpmarket.pos.actions.reprint_sale import reprint_sale
from erpmarket.pos.errors import NothingToReprint
from erpmarket.pos.forms import RECEIVER_LIMITS, BadRequest, read_json
from erpmarket.pos.models import PaymentKind, Sale
from erpmarket.pos.queries import (
    SoldRow,
    factura_uid,
    find_live_paper,
    list_payments,
    list_returns,
    list_till_sales,
    search_sales,
)
from erpmarket.pos.return_views import access_sale
from erpmarket.pos.returning import can_be_invoiced, has_goods_left
from erpmarket.pos.views import access_till
from erpmarket.tenancy.access import MemberRequest, member_required

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument

VOUCHER_WORDS: Final = "Voucher como boleta"
_NUMBER_SIGNS: Final = 10
UNPROCESSABLE: Final = 422


@require_GET
@member_required(SELL)
def buyer(request: MemberRequest, till_id: int) -> HttpResponse:
    """Give what our last factura to a RUT said of them; no content when there was none."""
    access_till(till_id)
    try:
        rut = Rut.parse(request.GET.get("rut", ""))
    except DteError as error:
        raise BadRequest(field="rut") from error
    known = find_buyer(str(rut))
    if known is None:
        return HttpResponse(status=204)
    return JsonResponse({name: getattr(known, name) for name in RECEIVER_LIMITS})


@require_GET
@member_required(SELL)
def sold(request: MemberRequest, till_id: int) -> HttpResponse:
    """List the till's last sales, or those of the company with a folio or a total."""
    till = access_till(till_id)
    text = request.GET.get("q", "").replace(".", "").replace("$", "").strip()
    if not text:
        rows = list_till_sales(till.id)
    elif text.isascii() and text.isdecimal() and len(text) <= _NUMBER_SIGNS:
        environment = till.branch.company.environment
        rows = search_sales(int(text), environment=environment, at=now())
    else:
        rows = ()
    facturas = map_live_papers([factura_uid(row.sale.uid) for row in rows])
    return JsonResponse({"sales": [_row(row, facturas) for row in rows]})


def _row(row: SoldRow, facturas: Mapping[UUID, "IssuedDocument"]) -> dict[str, object]:
    # A boleta that became a factura is known to its buyer by the factura.
    paper = facturas.get(factura_uid(row.sale.uid), row.paper)
    return {
        "uid": str(row.sale.uid),
        "sold_at": row.sale.sold_at.isoformat(),
        "total_clp": row.sale.total_clp,
        "words": paper_words(paper.kind, paper.folio) if paper else VOUCHER_WORDS,
        "means": " y ".join(str(PaymentKind(kind).label) for kind in dict.fromkeys(row.kinds)),
    }


@require_GET
@member_required(SELL)
def sold_one(request: MemberRequest, till_id: int, sale_uid: UUID) -> HttpResponse:
    """Tell what can be handed out and done for one past sale."""
    access_till(till_id)
    sale = access_sale(sale_uid)
    paper = find_live_paper(sale.uid)
    kinds = dict.fromkeys(payment.kind for payment in list_payments(sale.id))
    body: dict[str, object] = {
        "uid": str(sale.uid),
        "sold_at": sale.sold_at.isoformat(),
        "total_clp": sale.total_clp,
        "returned_clp": sum(row.amount_clp for row in list_returns(sale.id)),
        "means": " y ".join(str(PaymentKind(kind).label) for kind in kinds),
        "words": VOUCHER_WORDS if paper is None else paper_words(paper.kind, paper.folio),
        "buyer": "" if paper is None else buyer_name(paper.receiver_rut, paper.receiver_name),
        "urls": _urls(request, sale, paper),
        "mail_uid": str(uuid7()),
        "mail_to": "",
        "qr": None,
    }
    if paper is not None:
        url = public_url(paper)
        side, path = qr_path(url)
        known = find_buyer(paper.receiver_rut) if paper.receiver_name else None
        body |= {
            "qr": {"side": side, "path": path, "url": url},
            "mail_to": "" if known is None else known.email,
        }
    return JsonResponse(body)


def _urls(request: MemberRequest, sale: Sale, paper: "IssuedDocument | None") -> dict[str, str]:
    """Give the pages of what this person may do with a sale; empty where nothing can be done."""
    may_issue = ISSUE_PAPERS in request.member.verbs
    document = "" if paper is None else reverse("fiscal:document", args=[paper.id])
    back = reverse("pos:return", args=[sale.uid]) if has_goods_left(sale) else ""
    invoice, guia = "", ""
    if may_issue and paper is not None:
        guia = f"{reverse('fiscal:new_guia')}?de={paper.id}"
    if paper is not None and can_be_invoiced(sale, paper):
        # A cashier is asked there for the PIN of who may.
        invoice = reverse("pos:invoice", args=[sale.uid])
    return {"document": document, "back": back, "invoice": invoice, "guia": guia}


@require_POST
@member_required(SELL)
def copy(request: MemberRequest, till_id: int, sale_uid: UUID) -> HttpResponse:
    till = access_till(till_id)
    paper, blocks = reprint_sale(
        till=till,
        sale=access_sale(sale_uid),
        by_id=request.member.membership_id,
        by_name=request.member.display_name,
        at=now(),
    )
    return JsonResponse({"receipt": blocks, "words": paper_words(paper.kind, paper.folio)})


@require_POST
@member_required(SELL)
def mail(request: MemberRequest, till_id: int, sale_uid: UUID) -> HttpResponse:
    access_till(till_id)
    paper = find_live_paper(access_sale(sale_uid).uid)
    if paper is None:
        raise NothingToReprint
    form = MailForm(read_json(request.body))
    if not form.is_valid():
        words = next(iter(form.errors.values()))[0]
        return JsonResponse({"code": "bad_address", "message": words}, status=UNPROCESSABLE)
    to = form.cleaned_data["correo"]
    mail_document(paper, to=to, uid=form.cleaned_data["uid"], at=now())
    return JsonResponse({"words": f"Va en camino a {to}."})
