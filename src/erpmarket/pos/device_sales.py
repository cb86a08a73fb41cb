"""What a till's device asks of the books: buyers, stock, past sales; signed, without a session."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from erpmarket.common.clock import now
from erpmarket.fiscal.words import paper_words
from erpmarket.pos.actions.reprint_sale import reprint_sale
from erpmarket.pos.catalogue_rows import product_body
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_people import who_asks
from erpmarket.pos.device_views import from_device
from erpmarket.pos.past_sales import (
    access_sale,
    buyer_body,
    mail_sale,
    page_urls,
    sale_body,
    sold_body,
    stock_body,
)
from erpmarket.pos.queries import find_live_paper
from erpmarket.pos.reading import read_json


@require_GET
@from_device
def buyer(request: HttpRequest, _device: TillDevice) -> HttpResponse:
    """Give what our last factura to a RUT said of them; no content when there was none."""
    body = buyer_body(request.GET.get("rut", ""))
    return HttpResponse(status=204) if body is None else JsonResponse(body)


@require_GET
@from_device
def product(request: HttpRequest, _device: TillDevice) -> HttpResponse:
    """Say what a code is, for a till whose first catalogue is still on the way."""
    body = product_body(request.GET.get("codigo", ""))
    return HttpResponse(status=204) if body is None else JsonResponse(body)


@require_GET
@from_device
def stock(request: HttpRequest, device: TillDevice) -> HttpResponse:
    return JsonResponse(stock_body(device.till, request.GET.get("producto", "")))


@require_GET
@from_device
def sold(request: HttpRequest, device: TillDevice) -> HttpResponse:
    """List the till's last sales, or those of the company that a text finds."""
    return JsonResponse(sold_body(device.till, request.GET.get("q", ""), at=now()))


@require_GET
@from_device
def sold_one(_request: HttpRequest, _device: TillDevice, sale_uid: UUID) -> HttpResponse:
    """Tell what a past sale was and what can still be done for it."""
    sale = access_sale(sale_uid)
    paper = find_live_paper(sale.uid)
    body = sale_body(sale, paper)
    return JsonResponse(body | {"urls": page_urls(sale, paper, body)})


@require_POST
@from_device
def copy(request: HttpRequest, device: TillDevice, sale_uid: UUID) -> HttpResponse:
    """Give the blocks of a copy; it is counted, and who asked for it is in the log."""
    person = who_asks(read_json(request.body))
    paper, blocks = reprint_sale(
        till=device.till,
        sale=access_sale(sale_uid),
        by_id=person.membership_id,
        by_name=person.display_name,
        at=now(),
    )
    return JsonResponse({"receipt": blocks, "words": paper_words(paper.kind, paper.folio)})


@require_POST
@from_device
def mail(request: HttpRequest, _device: TillDevice, sale_uid: UUID) -> HttpResponse:
    return JsonResponse(mail_sale(access_sale(sale_uid), read_json(request.body), at=now()))
