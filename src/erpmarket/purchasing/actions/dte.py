"""Receive a supplier's electronic paper: stock, debt, learned codes, prices, labels at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import uuid5

from django.db import IntegrityError, transaction

from dte.xml.read import ReadDocument
from erpmarket.catalog.actions.labels import request_labels
from erpmarket.catalog.actions.prices import NewPrice, change_prices
from erpmarket.catalog.actions.products import create_product
from erpmarket.catalog.matching_queries import get_products
from erpmarket.catalog.queries import list_categories
from erpmarket.common.clock import local_date
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.exchange_queries import get_received, read_received
from erpmarket.purchasing.actions.payables import (
    CreditNote,
    Invoice,
    enter_credit_note,
    enter_invoice,
    left_of,
)
from erpmarket.purchasing.actions.receive import INVOICE_NAMESPACE, Arrival, receive_purchase
from erpmarket.purchasing.actions.suppliers import register_supplier
from erpmarket.purchasing.costs import PaperTerms, PurchaseLine
from erpmarket.purchasing.dte_advice import document_advice
from erpmarket.purchasing.dte_answers import answers_to_json
from erpmarket.purchasing.dte_errors import (
    GoodsCameWithGuia,
    LinesOpen,
    NothingComesIn,
    NotReceivable,
    PaperIsIn,
)
from erpmarket.purchasing.dte_matching import learned_keys
from erpmarket.purchasing.dte_paper import SupplierDte, read_supplier_dte
from erpmarket.purchasing.dte_queries import (
    GUIA,
    NOTA,
    element_of,
    find_receipt_of_guia,
    find_receipt_of_paper,
    find_supplier,
)
from erpmarket.purchasing.dte_sheet import Answer, Mode, Sheet, SheetLine, build_sheet
from erpmarket.purchasing.due_days import due_by_paper, terms_of_paper
from erpmarket.purchasing.models import (
    DteDraft,
    DteState,
    PayableEntry,
    PayableKind,
    Supplier,
    SupplierCode,
)
from erpmarket.purchasing.payable_queries import list_open_returns

PURCHASE_REASON: Final = "purchase"
# How far, as a part, a nota may be from what a return should give back.
_REFUND_DRIFT: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class DteOrder:
    """All that a person says of a paper; `may_change_prices` is whether their role may.

    `effective_at` None changes prices at once.
    """

    received_id: int
    warehouse_id: int
    answers: Mapping[int, Answer] = field(default_factory=dict)
    extra_freight_clp: int = 0
    effective_at: datetime | None = None
    may_change_prices: bool = True
    by_id: int | None = None


def open_paper(
    received: Any,  # noqa: ANN401  (a row of another room)
    answers: Mapping[int, Answer],
) -> tuple[ReadDocument, SupplierDte]:
    """Read a received document and its goods; products already chosen tell of loose taxes."""
    paper = read_received(received)
    chosen = {position: one.product_id for position, one in answers.items() if one.product_id}
    products = get_products(chosen.values()) if chosen else {}
    known = {}
    for position, product_id in chosen.items():
        code = products[product_id].additional_tax_code if product_id in products else None
        if code is not None:
            known[position] = (int(code),)
    return paper, read_supplier_dte(paper, element_of(received), known)


@transaction.atomic
def save_answers(*, received_id: int, answers: Mapping[int, Answer]) -> DteDraft:
    """Keep what somebody answered so far; a paper that is in stays as it is."""
    draft = _lock_draft(received_id)
    if draft.state == DteState.OPEN:
        draft.choices = answers_to_json(answers)
        draft.save(update_fields=["choices"])
    return draft


@transaction.atomic
def receive_dte(order: DteOrder, *, at: datetime) -> DteDraft:
    """Receive a paper by the answers given, all or nothing; the second time returns the first.

    Raises NotReceivable, PaperIsIn, GoodsCameWithGuia, LinesOpen, NothingComesIn, and what the
    verbs it calls refuse: BadPrice, BarcodeTaken, CodeTaken, PaperOwedAlready, WrongCheckDigit.
    """
    draft, received = _begin(order.received_id)
    if draft.state == DteState.DONE:
        return draft
    _check_new(received)
    paper, goods = open_paper(received, order.answers)
    if received.kind == NOTA:
        _enter_nota(draft, paper, goods, by_id=order.by_id)
        return _end(draft, order, at=at)
    _check_guias(received, goods)
    supplier = _supplier(paper, goods)
    sheet = build_sheet(
        goods,
        order.answers,
        supplier_id=supplier.id,
        on=local_date(at),
        extra_freight_clp=order.extra_freight_clp,
    )
    _check_sheet(sheet)
    # Prices first: they lock products, then the catalogue's clock, which new products hold too.
    changed, planned = _change_prices(draft, order, sheet, at=at)
    created = _create_products(sheet, paper)
    ids = {
        line.paper.position: created.get(line.paper.position) or line.product.id
        for line in sheet.coming_in
    }
    draft.receipt = receive_purchase(
        uid=draft.uid,
        supplier_id=supplier.id,
        warehouse_id=order.warehouse_id,
        document_kind=received.kind,
        document_folio=received.folio,
        lines=[_purchase_line(line, ids[line.paper.position]) for line in sheet.coming_in],
        at=at,
        arrival=Arrival(terms=_terms(paper, sheet), by_id=order.by_id),
    )
    _learn(supplier, sheet.coming_in, ids, at=at, by_id=order.by_id)
    if created:
        request_labels(dict.fromkeys(created.values(), 1), at=at)
    draft.outcome = {
        "products": len(set(ids.values())),
        "created": len(set(created.values())),
        "changed": changed,
        "planned": planned,
        "differences": sum(line.differs for line in sheet.lines if line.is_in),
    }
    return _end(draft, order, at=at)


@transaction.atomic
def set_aside(*, received_id: int, owes: bool, by_id: int | None, at: datetime) -> DteDraft:
    """Take a paper off the list because it brings no goods; `owes` writes its debt down.

    The debt of a factura whose goods came with a guía names that receipt. Raises NotReceivable,
    PaperIsIn, PaperOwedAlready.
    """
    draft, received = _begin(received_id)
    if draft.state != DteState.OPEN:
        return draft
    _check_new(received)
    if owes and received.kind not in {GUIA, NOTA} and received.total_clp:
        paper, goods = open_paper(received, {})
        came = find_receipt_of_guia(received.issuer_rut, goods.guias)
        enter_invoice(
            Invoice(
                uid=uuid5(INVOICE_NAMESPACE, str(draft.uid)),
                supplier_id=_supplier(paper, goods).id,
                document_kind=received.kind,
                document_folio=received.folio,
                amount_clp=received.total_clp,
                issued_on=paper.issue_date,
                due_on=_due_on(paper, goods),
                receipt_id=None if came is None else came.id,
            ),
            by_id=by_id,
        )
        draft.note = "Solo la deuda"
    draft.state, draft.ended_at, draft.ended_by_id = DteState.SET_ASIDE, at, by_id
    draft.save()
    return draft


def _begin(received_id: int) -> tuple[DteDraft, Any]:
    received = get_received(received_id)
    advice = document_advice(received.state, received.kind, received.folio)
    if advice:
        raise NotReceivable(words=advice)
    return _lock_draft(received_id), received


def _lock_draft(received_id: int) -> DteDraft:
    """Lock the draft of a paper, made when it is not there: two clicks wait for each other."""
    rows = DteDraft.objects.select_for_update(of=("self",))
    draft: DteDraft | None = rows.filter(received_id=received_id).first()
    if draft is None:
        try:
            with transaction.atomic():
                DteDraft.objects.create(uid=uuid7(), received_id=received_id)
        except IntegrityError as error:
            if "purchasing_dtedraft_received" not in str(error):
                raise
        draft = rows.get(received_id=received_id)
    return draft


def _check_new(received: Any) -> None:  # noqa: ANN401  (a row of another room)
    known = find_receipt_of_paper(received.issuer_rut, received.kind, received.folio)
    if known is not None:
        raise PaperIsIn(kind=received.kind, folio=received.folio, receipt_id=known.id)


def _check_guias(received: Any, goods: SupplierDte) -> None:  # noqa: ANN401  (a row of another room)
    came = find_receipt_of_guia(received.issuer_rut, goods.guias) if goods.guias else None
    if came is not None:
        raise GoodsCameWithGuia(folio=came.document_folio, receipt_id=came.id)


def _check_sheet(sheet: Sheet) -> None:
    if sheet.open_count:
        raise LinesOpen(names=tuple(line.paper.name for line in sheet.lines if line.is_open))
    if not sheet.coming_in:
        raise NothingComesIn


def _supplier(paper: ReadDocument, goods: SupplierDte | None = None) -> Supplier:
    issuer = paper.issuer
    known = find_supplier(str(issuer.rut))
    if known is not None:
        return known
    return register_supplier(
        rut=str(issuer.rut),
        name=issuer.name[:100],
        business=issuer.giro[:80],
        address=issuer.address[:70],
        commune=issuer.commune[:20],
        payment_days=None
        if goods is None
        else terms_of_paper(paper.issue_date, _due_on(paper, goods)),
    )


def _change_prices(
    draft: DteDraft, order: DteOrder, sheet: Sheet, *, at: datetime
) -> tuple[int, int]:
    """Change the ticked prices; return how many changed and how many wait for their hour."""
    prices = sheet.price_changes if order.may_change_prices else {}
    outcome = change_prices(
        [NewPrice(product_id=one, price_clp=price_clp) for one, price_clp in prices.items()],
        at=at,
        effective_at=order.effective_at,
        reason=PURCHASE_REASON,
        cause_uid=draft.uid,
        by_id=order.by_id,
    )
    return len(outcome.changes), len(outcome.plans)


def _create_products(sheet: Sheet, paper: ReadDocument) -> dict[int, int]:
    """Create the products of new lines, position → product; the same one twice is created once."""
    created: dict[int, int] = {}
    by_what: dict[str, int] = {}
    for line in sheet.coming_in:
        if line.mode != Mode.NEW:
            continue
        what = line.barcode or line.name
        if what not in by_what:
            by_what[what] = _create_product(line, paper)
        created[line.paper.position] = by_what[what]
    return created


def _create_product(line: SheetLine, paper: ReadDocument) -> int:
    known = {row.id for row in list_categories()}
    if line.category_id is None or line.category_id not in known or line.price_clp is None:
        raise LinesOpen(names=(line.paper.name,))
    code = line.barcode or f"{paper.folio}.{line.paper.position}.{paper.issuer.rut.number % 10**5}"
    product = create_product(
        code=code[:20],
        name=line.name,
        unit=line.unit,  # type: ignore[arg-type]  # the column's own text
        category_id=line.category_id,
        price_clp=line.price_clp,
        barcodes=(line.barcode,) if line.barcode else (),
        is_exempt=line.paper.is_exempt,
        additional_tax_code=line.paper.tax_codes[0] if line.paper.tax_codes else None,
    )
    return int(product.id)


def _purchase_line(line: SheetLine, product_id: int) -> PurchaseLine:
    return PurchaseLine(
        product_id=product_id,
        packs=line.packs,
        units_per_pack=line.units,
        value=line.value,
        amount_clp=line.paper.net_clp,
        billed=line.paper.packs * line.units,
        tax_code=str(line.paper.tax_codes[0])[:6] if line.paper.tax_codes else "",
        is_exempt=line.paper.is_exempt,
        expires_on=line.paper.expires_on,
    )


def _terms(paper: ReadDocument, sheet: Sheet) -> PaperTerms:
    totals = sheet.paper.totals
    return PaperTerms(
        issued_on=paper.issue_date,
        total_clp=None if paper.kind == GUIA else totals.total_clp,
        vat_clp=totals.vat_clp,
        freight_clp=sheet.freight_clp,
        discounts_clp=(sheet.paper.discount_clp,) if sheet.paper.discount_clp else (),
        taxes=tuple((str(tax.code), tax.amount_clp) for tax in totals.taxes),
        due_on=_due_on(paper, sheet.paper),
    )


def _due_on(paper: ReadDocument, goods: SupplierDte) -> date | None:
    return due_by_paper(paper.issue_date, paper.draft.payment_terms, goods.due_on)


def _learn(
    supplier: Supplier,
    lines: Sequence[SheetLine],
    ids: Mapping[int, int],
    *,
    at: datetime,
    by_id: int | None,
) -> None:
    rows = {
        key: SupplierCode(
            supplier=supplier,
            key=key,
            product_id=ids[line.paper.position],
            units_per_pack=line.units,
            learned_at=at,
            learned_by_id=by_id,
        )
        for line in lines
        for key in learned_keys(line.paper)
    }
    SupplierCode.objects.bulk_create(
        [rows[key] for key in sorted(rows)],
        update_conflicts=True,
        unique_fields=["company", "supplier", "key"],
        update_fields=["product", "units_per_pack", "learned_at", "learned_by"],
    )


def _enter_nota(
    draft: DteDraft, paper: ReadDocument, goods: SupplierDte, *, by_id: int | None
) -> None:
    """Owe less by a nota: it pays the facturas that it names, as far as they are still owed."""
    supplier = _supplier(paper)
    named = [
        (int(one.kind), int(one.folio))
        for one in paper.references
        if one.kind.isdecimal() and one.folio.isdecimal() and not one.is_global
    ]
    owed = [
        row.id
        for row in PayableEntry.objects.filter(
            supplier=supplier,
            kind=PayableKind.INVOICE,
            document_folio__in=[folio for _, folio in named],
        ).order_by("due_on", "id")
        if (row.document_kind, row.document_folio) in named
    ]
    left, rest, pays = left_of(owed), paper.totals.total_clp, {}
    for row_id in owed:
        part = min(rest, max(left[row_id], 0))
        if part:
            pays[row_id] = part
            rest -= part
    enter_credit_note(
        CreditNote(
            uid=uuid5(INVOICE_NAMESPACE, str(draft.uid)),
            supplier_id=supplier.id,
            document_folio=paper.folio,
            amount_clp=paper.totals.total_clp,
            issued_on=paper.issue_date,
            pays=pays,
            return_id=_return_of(supplier.id, named, goods),
        ),
        by_id=by_id,
    )
    draft.outcome = {"credit": paper.totals.total_clp, "paid": sum(pays.values())}


def _return_of(
    supplier_id: int, named: Sequence[tuple[int, int]], goods: SupplierDte
) -> int | None:
    """Find the return that a nota pays back: of a factura that it names, and of the same money."""
    taxes = sum(tax.amount_clp for tax in goods.cost_taxes)
    refund = goods.totals.net_clp + goods.totals.exempt_clp + taxes
    found = [
        (abs(row.credit - refund), row.id)
        for row in list_open_returns(supplier_id)
        if (row.receipt.document_kind, row.receipt.document_folio) in named
        # Freight is part of what goods cost here and is seldom given back.
        and abs(row.credit - refund) <= row.credit * _REFUND_DRIFT
    ]
    return min(found)[1] if found else None


def _end(draft: DteDraft, order: DteOrder, *, at: datetime) -> DteDraft:
    draft.choices = answers_to_json(order.answers)
    draft.state, draft.ended_at, draft.ended_by_id = DteState.DONE, at, order.by_id
    draft.save()
    return draft
