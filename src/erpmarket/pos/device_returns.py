"""Goods that come back, a factura for a boleta, the X: asked by a till's device, made here."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from erpmarket.common.clock import now
from erpmarket.fiscal.receipts import ReceiptFacts
from erpmarket.pos.actions.invoice_sale import invoice_sale
from erpmarket.pos.actions.return_sale import (
    BackPart,
    ReturnedSale,
    ReturnRequest,
    find_done_return,
    return_sale,
)
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_people import who_answers, who_asks
from erpmarket.pos.device_views import from_device
from erpmarket.pos.errors import NoOpenShift
from erpmarket.pos.models import PaymentKind
from erpmarket.pos.past_sales import access_sale
from erpmarket.pos.queries import find_open_shift
from erpmarket.pos.reading import (
    MOST_NUMBER,
    BadRequest,
    Json,
    read_flag,
    read_integer,
    read_json,
    read_list,
    read_quantity,
    read_receiver,
    read_text,
    read_uuid,
)
from erpmarket.pos.receipts import printed_paper, receipt_facts
from erpmarket.pos.refund_words import refund_words
from erpmarket.pos.shift_paper import list_drawer, shift_roll
from erpmarket.pos.shift_queries import get_shift
from erpmarket.pos.shift_report import read_shift_report

_MOST_REASON: Final = 90
_MOST_LINES: Final = 1000
_AS_VALE: Final = {"paid": False, "vale": True}


@require_POST
@from_device
def back(request: HttpRequest, device: TillDevice, sale_uid: UUID) -> HttpResponse:
    """Take goods of a sale back, once for a uid, and give what the till prints and pays out."""
    raw = read_json(request.body)
    sale = access_sale(sale_uid)
    # Who asks again after a lost answer may have lost the right meanwhile: it is in the books.
    done = find_done_return(read_uuid(raw, "uid"), sale_uid=sale.uid)
    if done is None:
        person, answers = who_asks(raw), who_answers(raw)
        wanted = _read_return(raw, sale.uid, answers=answers, till_id=device.till_id)
        done = return_sale(request=replace(wanted, made_by=person.membership_id), at=now())
    who = done.row.made_by or done.row.returned_by
    body: dict[str, object] = {
        "uid": str(done.row.uid),
        "amount_clp": done.row.amount_clp,
        "rounding_clp": done.row.rounding_clp,
        "money": _money(done),
        "says": f"Devuelve {refund_words(done.row)}.",
        "vale": None
        if done.vale is None
        else {"code": done.vale.code, "amount_clp": done.vale.issued_clp},
    }
    # How the sale was paid is not how this was: a nota names no tenders.
    facts = ReceiptFacts(
        till_name=device.till.name,
        cashier_name=who.display_name,
        tenders=[],
        rounding_clp=0,
        change_clp=0,
    )
    return JsonResponse(body | printed_paper(done.nota, device.till, facts))


def _read_return(raw: Json, sale_uid: UUID, *, answers: int, till_id: int) -> ReturnRequest:
    means = raw.get("means", "paid")
    if means not in _AS_VALE:
        raise BadRequest(field="means")
    # That nothing comes back is for the action to refuse, in words.
    lines = read_list(raw, "lines", _MOST_LINES) if raw.get("lines") != [] else ()
    return ReturnRequest(
        uid=read_uuid(raw, "uid"),
        sale_uid=sale_uid,
        parts=tuple(
            BackPart(
                position=read_integer(line, "position", 1, MOST_NUMBER),
                quantity=read_quantity(line, whole=False),
            )
            for line in lines
        ),
        goods_back=read_flag(raw, "goods_back", default=True),
        reason=read_text(raw, "reason", _MOST_REASON),
        returned_by=answers,
        till_id=till_id,
        as_vale=_AS_VALE[str(means)],
    )


def _money(done: ReturnedSale) -> dict[str, int]:
    """Tell what each means gets back, in pesos; cash is what leaves the drawer."""
    row = done.row
    return {
        PaymentKind.CASH.value: row.cash_out_clp,
        PaymentKind.CARD.value: row.card_clp,
        PaymentKind.TRANSFER.value: row.transfer_clp,
        PaymentKind.CREDIT.value: row.credit_clp,
        PaymentKind.STORE_CREDIT.value: row.store_credit_clp,
        PaymentKind.BAES.value: row.baes_clp,
    }


@require_POST
@from_device
def invoice(request: HttpRequest, device: TillDevice, sale_uid: UUID) -> HttpResponse:
    """Make the boleta of a sale a factura; asked again, the same one comes back."""
    raw = read_json(request.body)
    sale = access_sale(sale_uid)
    receiver = read_receiver(raw.get("invoice_to"))
    if receiver is None:
        raise BadRequest(field="invoice_to")
    answers = who_answers(raw)
    factura, _ = invoice_sale(sale_uid=sale.uid, receiver=receiver, issued_by=answers, at=now())
    return JsonResponse(printed_paper(factura.row, device.till, receipt_facts(sale)))


@require_GET
@from_device
def x_report(request: HttpRequest, device: TillDevice) -> HttpResponse:
    """Give the X of the open shift, to who may see what the drawer must hold before it is counted.

    Raises NoOpenShift, StrangerAtTill and ApprovalMissing.
    """
    who_answers({name: _number(request, name) for name in ("made_by", "approved_by")})
    shift = find_open_shift(device.till_id)
    if shift is None:
        raise NoOpenShift(till_name=device.till.name)
    report = read_shift_report(get_shift(shift.id), at=now())
    body = {
        "shift_uid": str(shift.uid),
        "title": report.title,
        "sale_count": report.shift.sale_count,
        "total_clp": report.shift.total_clp,
        "expected_clp": report.shift.expected_clp,
        "means": [[row.words, row.count, row.amount_clp] for row in report.means],
        # How `expected_clp` comes about.
        "drawer": list_drawer(report),
        "receipt": shift_roll(report),
        "fits": True,
    }
    return JsonResponse(body)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else None
