"""Take a sale back, whole or in part: money, goods and nota de crédito in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from dte.taxes import vat_percent
from erpmarket.common.clock import local_date
from erpmarket.customers.actions import issue_vale, lock_debt, lower_debt
from erpmarket.customers.queries import find_vale_of
from erpmarket.fiscal.actions.issue_nota import NotaOrder, credit_lines
from erpmarket.fiscal.corrections import Part
from erpmarket.fiscal.queries import find_paper
from erpmarket.fiscal.words import paper_words
from erpmarket.inventory.actions import BackLine, find_issue_warehouse, take_back
from erpmarket.inventory.actions.move import Cause
from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.actions.refunds import RefundOrder, RefundPlan, plan_refund
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
from erpmarket.pos.refund_words import refund_words
from erpmarket.pos.returning import words_against_return
from erpmarket.pos.shift_models import DeedKind
from erpmarket.pricing.amounts import thousandths
from erpmarket.pricing.cash import CASH
from erpmarket.pricing.errors import BadQuantity, NothingLeft, OverReturn, UnknownReference
from erpmarket.pricing.returns import CreditNote, Returns, SoldLine
from erpmarket.pricing.returns import credit_lines as work_out
from erpmarket.pricing.vouchers import VoucherLine, VoucherTender, split_vouchers
from erpmarket.tenancy.scope import current_company

if TYPE_CHECKING:
    from erpmarket.customers.store_credit_models import StoreCredit
    from erpmarket.fiscal.models import IssuedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class BackPart:
    """How much of a line of the sale comes back."""

    position: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequest:
    """What comes back of a sale and why; `uid` is the form's own.

    `returned_by` answers for it, `made_by` took the goods back (None: the same person). `till_id`
    is the till whose drawer pays cash out; None when no drawer does. `as_vale` gives a vale where
    money would go back.
    """

    uid: UUID
    sale_uid: UUID
    parts: tuple[BackPart, ...]
    goods_back: bool
    reason: str
    returned_by: int
    made_by: int | None = None
    till_id: int | None = None
    as_vale: bool = False

    @property
    def taken_by(self) -> int:
        """Who took the goods back."""
        return self.returned_by if self.made_by is None else self.made_by


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedSale:
    """A return that is in the books; `nota` is None when a card voucher was the whole boleta.

    `vale` is what the customer took, or gets back of one they paid with.
    """

    row: SaleReturn
    nota: "IssuedDocument | None"
    is_repeated: bool
    vale: "StoreCredit | None" = None


@transaction.atomic
def return_sale(*, request: ReturnRequest, at: datetime) -> ReturnedSale:
    """Give money back for goods of a sale, with its nota; the same uid twice is the same return.

    To what paid, debt first, the rest in cash; what a voucher-boleta covers goes back to that card,
    beside the nota. Locks: the sale's returns, the shift, stock by product id, the customer, the
    paper, the folio range. Raises Sale.DoesNotExist and Till.DoesNotExist for strangers,
    ReturnRefused, NoOpenShift, CorrectionRefused, PaperRefused and CafExhausted.
    """
    sale = get_sale(request.sale_uid)
    _lock_returns(sale)
    known = find_return(request.uid)
    if known is not None:
        return _known(known, sale)
    words = words_against_return(find_live_paper(sale.uid))
    if words:
        raise ReturnRefused(reason="guia", words=words)
    lines, payments = list_sale_lines(sale.id), list_payments(sale.id)
    sold = _sold_lines(sale, lines, payments)
    note = _work_out(sale, sold, request)
    shift_id = _lock_drawer(request)
    if request.goods_back:
        _put_back(request, at)
    order = RefundOrder(
        amount_clp=sum(line.amount_clp for line in note.lines) + note.voucher_refund_clp,
        voucher_clp=note.voucher_refund_clp,
        debt_clp=0 if sale.customer_id is None else lock_debt(sale.customer_id),
        as_vale=request.as_vale,
    )
    plan = plan_refund(order, payments, list_returns(sale.id))
    vale = _pay_back(request, sale, plan, shift_id=shift_id, at=at)
    nota = _issue_nota(request, sold, note, at) if note.has_paper else None
    row = _write(request, sale, lines, note, plan, shift_id=shift_id, at=at)
    if shift_id is not None:
        _log(row, request, nota, shift_id=shift_id)
    return ReturnedSale(row=row, nota=nota, is_repeated=False, vale=vale)


def find_done_return(uid: UUID, *, sale_uid: UUID) -> ReturnedSale | None:
    """Find a return that is in the books, for who asks again; raises ReturnRefused."""
    known = find_return(uid)
    return None if known is None else _known(known, get_sale(sale_uid))


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
    return ReturnedSale(
        row=known,
        nota=find_paper(known.uid),
        is_repeated=True,
        vale=find_vale_of(known.uid),
    )


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


def _lock_drawer(request: ReturnRequest) -> int | None:
    """Lock the shift that pays cash out; None when no drawer does."""
    if request.till_id is None:
        return None
    shift = lock_selling_shift(request.till_id)
    if shift is None:
        raise NoOpenShift(till_name=get_till(request.till_id).name)
    return shift.id


def _pay_back(
    request: ReturnRequest, sale: Sale, plan: RefundPlan, *, shift_id: int | None, at: datetime
) -> "StoreCredit | None":
    """Lower the debt, count the cash of the drawer, and give a vale for what goes back on one."""
    if plan.cash_out_clp and shift_id is not None:
        Shift.objects.filter(id=shift_id).update(
            refund_cash_clp=F("refund_cash_clp") + plan.cash_out_clp
        )
    if plan.credit_clp:
        assert sale.customer_id is not None, "who bought on credit is known"
        lower_debt(
            customer_id=sale.customer_id,
            uid=request.uid,
            amount_clp=plan.credit_clp,
            by_id=request.returned_by,
            at=at,
            words=request.reason,
        )
    if not plan.store_credit_clp:
        return None
    return issue_vale(
        uid=request.uid,
        amount_clp=plan.store_credit_clp,
        by_id=request.returned_by,
        at=at,
        customer_id=sale.customer_id,
    )


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
    plan: RefundPlan,
    *,
    shift_id: int | None,
    at: datetime,
) -> SaleReturn:
    row: SaleReturn = SaleReturn.objects.create(
        uid=request.uid,
        sale=sale,
        shift_id=shift_id,
        returned_at=at,
        returned_by_id=request.returned_by,
        made_by_id=request.taken_by,
        goods_back=request.goods_back,
        amount_clp=plan.amount_clp,
        **asdict(plan),
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
    return row


def _log(
    row: SaleReturn, request: ReturnRequest, nota: "IssuedDocument | None", *, shift_id: int
) -> None:
    """Write each return at a till into the owner's log: its paper, and how all of it went back."""
    paper = "Voucher de tarjeta" if nota is None else paper_words(nota.kind, nota.folio)
    deed = Deed(
        uid=row.uid,
        shift_id=shift_id,
        kind=DeedKind.REFUND,
        by_id=request.taken_by,
        approved_by_id=None if request.taken_by == request.returned_by else request.returned_by,
        words=f"{paper}: {refund_words(row)}. {request.reason}",
        amount_clp=row.amount_clp,
    )
    record_deed(deed, at=row.returned_at)
