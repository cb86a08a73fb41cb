"""Take a sale back, whole or in part: money, goods and nota de crédito in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from dte.taxes import vat_percent
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.issue_nota import NotaOrder, credit_lines
from erpmarket.fiscal.corrections import Part
from erpmarket.fiscal.queries import find_paper
from erpmarket.inventory.actions import BackLine, find_issue_warehouse, take_back
from erpmarket.inventory.actions.move import Cause
from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.errors import NoOpenShift, ReturnRefused
from erpmarket.pos.models import Payment, Sale, SaleLine, SaleReturn, SaleReturnLine, Shift
from erpmarket.pos.queries import (
    find_live_paper,
    find_return,
    get_sale,
    get_till,
    list_payments,
    list_returns,
    list_sale_lines,
    lock_selling_shift,
    sum_returned,
)
from erpmarket.pos.shift_models import DeedKind
from erpmarket.pricing.amounts import thousandths
from erpmarket.pricing.cash import CASH, PaidTender, Refund, settle_refund
from erpmarket.pricing.cash import Tender as PricedTender
from erpmarket.pricing.errors import BadQuantity, NothingLeft, OverReturn, UnknownReference
from erpmarket.pricing.returns import CreditNote, Returns, SoldLine
from erpmarket.pricing.returns import credit_lines as work_out
from erpmarket.pricing.vouchers import VoucherLine, VoucherTender, split_vouchers
from erpmarket.tenancy.scope import current_company

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument

CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackPart:
    """How much of a line of the sale comes back."""

    position: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequest:
    """What comes back of a sale and why; `uid` is the form's own.

    `till_id` is the till whose drawer pays cash out; None when no drawer does.
    """

    uid: UUID
    sale_uid: UUID
    parts: tuple[BackPart, ...]
    goods_back: bool
    reason: str
    returned_by: int
    till_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedSale:
    """A return that is in the books; `nota` is None when a card voucher was the whole boleta."""

    row: SaleReturn
    nota: "IssuedDocument | None"
    is_repeated: bool


@transaction.atomic
def return_sale(*, request: ReturnRequest, at: datetime) -> ReturnedSale:
    """Give money back for goods of a sale, with its nota; the same uid twice is the same return.

    Card first, up to what the card paid, the rest in cash; what a voucher-boleta covers goes back
    to that card, beside the nota. Locks: the sale's returns, the shift, stock by product id, the
    paper, the folio range. Raises Sale.DoesNotExist and Till.DoesNotExist for strangers,
    ReturnRefused, NoOpenShift, CorrectionRefused, PaperRefused and CafExhausted.
    """
    sale = get_sale(request.sale_uid)
    _lock_returns(sale)
    known = find_return(request.uid)
    if known is not None:
        return _known(known, sale)
    lines, payments = list_sale_lines(sale.id), list_payments(sale.id)
    sold = _sold_lines(sale, lines, payments)
    note = _work_out(sale, sold, request)
    refund = _refund(note, payments, list_returns(sale.id))
    shift_id = _open_drawer(request, refund)
    if request.goods_back:
        _put_back(request, at)
    nota = _issue_nota(request, sold, note, at) if note.has_paper else None
    row = _write(request, sale, lines, note, refund, shift_id=shift_id, at=at)
    return ReturnedSale(row=row, nota=nota, is_repeated=False)


def _lock_returns(sale: Sale) -> None:
    """Let one return of a sale wait for another: the sale's own row is a fact, and never locked."""
    key = (sale.uid.int ^ current_company()) & (2**63 - 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _known(known: SaleReturn, sale: Sale) -> ReturnedSale:
    if known.sale_id != sale.id:
        raise ReturnRefused(
            reason="conflict",
            words="Este formulario ya se usó en otra venta. Ábrela de nuevo y empieza otra vez.",
        )
    return ReturnedSale(row=known, nota=find_paper(known.uid), is_repeated=True)


def _sold_lines(
    sale: Sale, lines: Sequence[SaleLine], payments: Sequence[Payment]
) -> tuple[SoldLine, ...]:
    """Return the lines as sold, with what of each stands in the boleta."""
    boleta = tuple(line.amount_clp for line in lines)
    if any(payment.voucher_exempt_clp is not None for payment in payments):
        boleta = split_vouchers(
            [VoucherLine(amount_clp=line.amount_clp) for line in lines],
            [
                VoucherTender(
                    amount_clp=payment.amount_clp
                    - (sale.rounding_clp if payment.kind == CASH else 0),
                    is_voucher=payment.voucher_exempt_clp is not None,
                )
                for payment in payments
            ],
        ).boleta_clp
    return tuple(
        SoldLine(
            id=str(line.position),
            quantity=line.quantity,
            price_clp=line.price_clp,
            amount_clp=line.amount_clp,
            boleta_clp=boleta_clp,
            is_exempt=line.is_exempt,
        )
        for line, boleta_clp in zip(lines, boleta, strict=True)
    )


def _work_out(sale: Sale, sold: tuple[SoldLine, ...], request: ReturnRequest) -> CreditNote:
    before = {str(place): thousandths(back) for place, back in sum_returned(sale.id).items()}
    returns = Returns(lines=sold, returned=before)
    if not any(returns.left(line) for line in sold):
        raise ReturnRefused(reason="nothing_left", words="De esta venta ya se devolvió todo.")
    try:
        return work_out(
            returns,
            [(str(part.position), part.quantity) for part in request.parts],
            vat_percent=vat_percent(local_date(sale.sold_at)),
        )
    except (BadQuantity, NothingLeft, UnknownReference) as error:
        raise ReturnRefused(
            reason="no_lines", words="Elige qué se devuelve y cuánto, con tres decimales a lo más."
        ) from error
    except OverReturn as error:
        raise ReturnRefused(
            reason="over_return",
            words="Es más de lo que queda por devolver. Mira las cantidades y escribe menos.",
        ) from error


def _refund(note: CreditNote, payments: Sequence[Payment], earlier: Sequence[SaleReturn]) -> Refund:
    card = sum(payment.amount_clp for payment in payments if payment.kind == CARD)
    paid = PaidTender(kind=CARD, amount_clp=card, refunded_clp=sum(row.card_clp for row in earlier))
    amount = sum(line.amount_clp for line in note.lines) + note.voucher_refund_clp
    if note.voucher_refund_clp:
        chosen = [PricedTender(kind=CARD, amount_clp=note.voucher_refund_clp)]
        return settle_refund(amount, [paid], chosen)
    return settle_refund(amount, [paid])


def _open_drawer(request: ReturnRequest, refund: Refund) -> int | None:
    """Lock the shift that pays cash out and count it there."""
    if request.till_id is None:
        return None
    shift = lock_selling_shift(request.till_id)
    if shift is None:
        raise NoOpenShift(till_name=get_till(request.till_id).name)
    if refund.cash_out_clp:
        Shift.objects.filter(id=shift.id).update(
            refund_cash_clp=F("refund_cash_clp") + refund.cash_out_clp
        )
    return shift.id


def _put_back(request: ReturnRequest, at: datetime) -> None:
    warehouse_id = find_issue_warehouse(request.sale_uid)
    assert warehouse_id is not None, "every sale takes goods from a warehouse"
    quantities: dict[int, Decimal] = {}
    for part in request.parts:
        quantities[part.position] = quantities.get(part.position, Decimal(0)) + part.quantity
    take_back(
        issue_uid=request.sale_uid,
        lines=[
            BackLine(position=position, quantity=quantity)
            for position, quantity in sorted(quantities.items())
        ],
        cause=Cause(uid=request.uid, warehouse_id=warehouse_id, at=at),
    )


def _issue_nota(
    request: ReturnRequest, sold: tuple[SoldLine, ...], note: CreditNote, at: datetime
) -> "IssuedDocument":
    paper = find_live_paper(request.sale_uid)
    assert paper is not None, "what stands in a boleta has one"
    places = _places(sold)
    quantities = {part.position: Decimal(0) for part in request.parts}
    for part in request.parts:
        quantities[part.position] += part.quantity
    by_position = {int(line.id): line for line in sold}
    parts = [
        Part(
            position=places[position],
            quantity=quantity,
            sold=by_position[position].quantity,
        )
        for position, quantity in quantities.items()
        if position in places
    ]
    order = NotaOrder(
        uid=request.uid,
        document_id=paper.id,
        reason=request.reason,
        issued_by=request.returned_by,
    )
    nota = credit_lines(order=order, parts=parts, at=at).row
    if nota.total_clp != sum(line.amount_clp for line in note.lines):
        # A nota from the back office took something of the paper that the sale does not know.
        raise ReturnRefused(
            reason="conflict",
            words="El documento ya tiene notas hechas fuera de la caja. Devuelve el resto desde"
            " Documentos.",
        )
    return nota


def _places(sold: tuple[SoldLine, ...]) -> Mapping[int, int]:
    """Map the sale's lines to those of its boleta, which leaves out what a voucher covers whole."""
    has_voucher = any(line.boleta_clp < line.amount_clp for line in sold)
    written = [int(line.id) for line in sold if line.boleta_clp or not has_voucher]
    return {position: place for place, position in enumerate(written, start=1)}


def _write(
    request: ReturnRequest,
    sale: Sale,
    lines: Sequence[SaleLine],
    note: CreditNote,
    refund: Refund,
    *,
    shift_id: int | None,
    at: datetime,
) -> SaleReturn:
    card = sum(part.amount_clp for part in refund.parts if part.kind == CARD)
    row: SaleReturn = SaleReturn.objects.create(
        uid=request.uid,
        sale=sale,
        shift_id=shift_id,
        returned_at=at,
        returned_by_id=request.returned_by,
        goods_back=request.goods_back,
        amount_clp=card + refund.cash_due_clp,
        card_clp=card,
        cash_out_clp=refund.cash_out_clp,
        rounding_clp=refund.rounding_clp,
        reason=request.reason,
    )
    amounts = {int(line.id): line.amount_clp for line in note.lines}
    quantities: dict[int, Decimal] = {}
    for part in request.parts:
        quantities[part.position] = quantities.get(part.position, Decimal(0)) + part.quantity
    SaleReturnLine.objects.bulk_create(
        SaleReturnLine(
            sale_return=row,
            sale_line=line,
            quantity=quantities[line.position],
            amount_clp=amounts[line.position],
        )
        for line in lines
        if line.position in quantities
    )
    if row.shift_id is not None and row.cash_out_clp:
        record_deed(
            Deed(
                uid=row.uid,
                shift_id=row.shift_id,
                kind=DeedKind.REFUND,
                by_id=request.returned_by,
                words=request.reason,
                amount_clp=row.cash_out_clp,
            ),
            at=at,
        )
    return row
