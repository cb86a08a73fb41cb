"""A boleta on paper: the stored XML and the facts of its sale become printable blocks.

Fiscal content comes from the XML alone, never from the cart. What the XML does not know (till,
cashier, tenders, rounding, change, card voucher) comes in `SaleFacts` and stands on its own.
The order of the blocks follows Res. Ex. SII 74 of 2020, letter G, and Formato Boletas
Electrónicas v4.2 (2025-09-08), column I (what must be printed).
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dte.amounts import pesos_text
from dte.blocks import (
    Align,
    Amount,
    Block,
    CopyMark,
    DocumentBox,
    Pair,
    Qr,
    Rule,
    RuleStyle,
    Stamp,
    Text,
    TextRole,
    Total,
    as_copy,
    as_demonstration,
    blocks_from_json,
    blocks_to_json,
    instant_text,
)
from dte.document import CONSUMER
from dte.printable.column import Column, column
from dte.printable.detail import OUTSIDE_HEADING, detail_blocks
from dte.printable.legal import STAMP_CAPTION, PaperRefused, resolution_caption
from dte.printable.shop import Shop
from dte.printable.sums import boleta_exempt, boleta_vat, due_clp, outside_total, sums_above_total
from dte.printable.words import MEANS_WORDS, place_text
from dte.xml.read import ReadDocument, read_document

__all__ = [
    "CardVoucher",
    "CopyMark",
    "DiscountLabel",
    "ReceiptRefused",
    "SaleFacts",
    "Shop",
    "Tender",
    "TenderKind",
    "blocks_from_json",
    "blocks_to_json",
    "payment_amounts",
    "receipt_blocks",
]

MAX_CLOSING_LINES = 3
CASH_ROUNDING_LABEL = "Redondeo (Ley 20.956)"
# Of the document or of the facts of its sale: `not_a_boleta`, `does_not_add_up`.
ReceiptRefused = PaperRefused


class TenderKind(enum.StrEnum):
    """How a customer paid, as the paper names it; on credit is on the shop's own account."""

    CASH = "cash"
    CARD = "card"
    DEBIT = "debit_card"
    CREDIT = "credit_card"
    TRANSFER = "transfer"
    ACCOUNT = "credit"
    STORE_CREDIT = "store_credit"
    FOOD_CARD = "baes"


TENDER_LABELS = {
    TenderKind.CASH: "Efectivo",
    TenderKind.CARD: "Tarjeta",
    TenderKind.DEBIT: "Tarjeta de débito",
    TenderKind.CREDIT: "Tarjeta de crédito",
    TenderKind.TRANSFER: "Transferencia",
    TenderKind.ACCOUNT: "Fiado",
    TenderKind.STORE_CREDIT: "Vale",
    TenderKind.FOOD_CARD: "Tarjeta BAES",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """One way of paying. Cash `amount_clp` is what was handed over, before change.

    `account_balance_clp` is what the customer owes after this sale (only TenderKind.ACCOUNT).
    """

    kind: TenderKind
    amount_clp: int
    account_balance_clp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVoucher:
    """The customer's copy of a card payment; `ready_lines` replace all else when present."""

    card: str
    amount_clp: int
    operation: str = ""
    authorization: str = ""
    terminal: str = ""
    instalments: int = 0
    paid_at: datetime | None = None
    ready_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountLabel:
    """The words for the discount of a line, counted from 1: "Promoción lleva 3, paga 2"."""

    line_number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleFacts:
    """What the paper shows and the XML does not know.

    `saved_clp` None means the sum of the document's own discounts. `lookup_url` becomes the QR.
    """

    till: str
    cashier: str = ""
    tenders: tuple[Tender, ...] = ()
    rounding_clp: int = 0
    change_clp: int = 0
    discount_labels: tuple[DiscountLabel, ...] = ()
    saved_clp: int | None = None
    voucher: CardVoucher | None = None
    lookup_url: str = ""


def receipt_blocks(
    document_xml: bytes, *, shop: Shop, sale: SaleFacts | None, copy: CopyMark | None = None
) -> tuple[Block, ...]:
    """Turn a stored boleta (39 or 41) into blocks, top to bottom.

    Raises ReceiptRefused when it is no boleta, when its lines do not add up to its total, or
    when the tenders do not pay it; XmlRefused when it cannot be read.
    Source: Res. Ex. SII 74 of 2020, letter G; Formato Boletas Electrónicas v4.2, column I.
    """
    document = read_document(document_xml)
    if not document.kind.is_boleta:
        raise ReceiptRefused(
            "not_a_boleta",
            f"El documento tipo {document.kind.value} no se imprime como boleta. "
            "Ábrelo en la oficina e imprime su PDF.",
        )
    right_column = column(document)
    sections = (
        _heading(document, shop),
        _moment(document, sale),
        _buyer(document),
        _detail(document, sale, right_column),
        _totals(document, right_column),
        _payments(document, sale),
        _savings(document, sale, right_column),
        _stamp(document, shop),
        _voucher(sale),
        _closing(shop, sale),
    )
    blocks = tuple(block for section in sections for block in section)
    if shop.demonstration:
        blocks = as_demonstration(blocks)
    return blocks if copy is None else as_copy(blocks, reprinted_at=copy.reprinted_at)


def _centered(text: str, role: TextRole = TextRole.NORMAL) -> Text:
    return Text(text=text, role=role, align=Align.CENTER)


def _heading(document: ReadDocument, shop: Shop) -> Iterator[Block]:
    issuer = document.issuer
    yield _centered(shop.name or issuer.name, TextRole.SHOP_NAME)
    if issuer.name and issuer.name != shop.name:
        yield _centered(issuer.name)
    if issuer.giro:
        yield _centered(issuer.giro)
    address = place_text(issuer.address, issuer.commune, issuer.city)
    if address:
        yield _centered(f"Sucursal: {address}" if shop.is_branch else address)
    yield DocumentBox(rut=issuer.rut.dotted, name=document.kind.title.upper(), folio=document.folio)


def _moment(document: ReadDocument, sale: SaleFacts | None) -> Iterator[Block]:
    when = f"{document.issue_date:%d-%m-%Y} {document.stamped_at:%H:%M}"
    who = "" if sale is None else " · ".join(part for part in (sale.till, sale.cashier) if part)
    yield Pair(left=when, right=who)


def _buyer(document: ReadDocument) -> Iterator[Block]:
    receiver = document.receiver
    # The consumer's placeholder RUT means "unknown": on paper it would only confuse.
    if receiver.rut != CONSUMER.rut:
        if receiver.name:
            yield Text(text=f"Cliente: {receiver.name}")
        yield Text(text=f"R.U.T. cliente: {receiver.rut.dotted}")
    # Source: Formato Boletas Electrónicas v4.2, MedioPago: printed when the sale passes 135 UF.
    if document.payment_means is not None:
        yield Text(text=f"Medio de pago: {MEANS_WORDS[document.payment_means]}")
    yield Rule(style=RuleStyle.LIGHT)


def _detail(
    document: ReadDocument, sale: SaleFacts | None, right_column: Column
) -> Iterator[Block]:
    labels = {} if sale is None else {each.line_number: each.text for each in sale.discount_labels}
    yield from detail_blocks(document, right_column.counted, labels=labels)
    yield Rule(style=RuleStyle.LIGHT)


def _totals(document: ReadDocument, right_column: Column) -> Iterator[Block]:
    yield from sums_above_total(document, right_column)
    yield Total(amount_clp=document.totals.total_clp)
    yield from boleta_vat(document)
    yield from boleta_exempt(document)
    # Below TOTAL: the column above it adds up to what the stamp says.
    if right_column.outside:
        yield Text(text=OUTSIDE_HEADING)
        yield from detail_blocks(document, right_column.outside, labels={})
    yield from outside_total(document, right_column)


def _payments(document: ReadDocument, sale: SaleFacts | None) -> Iterator[Block]:
    amounts = payment_amounts(document, sale)
    if amounts:
        yield Rule(style=RuleStyle.DASHED)
        yield from amounts


def payment_amounts(document: ReadDocument, sale: SaleFacts | None) -> tuple[Amount, ...]:
    """Return how a boleta was paid: tenders, cash rounding, change; empty when nobody knows.

    Raises ReceiptRefused (`does_not_add_up`) when the tenders do not pay what is due.
    Source: Ley 20.956, art. 13 (only what is paid in cash is rounded, to the ten).
    """
    return () if sale is None or not sale.tenders else tuple(_paid(document, sale))


def _paid(document: ReadDocument, sale: SaleFacts) -> Iterator[Amount]:
    others = [tender for tender in sale.tenders if tender.kind is not TenderKind.CASH]
    cash = [tender for tender in sale.tenders if tender.kind is TenderKind.CASH]
    for tender in others:
        yield Amount(label=_tender_label(tender), amount_clp=tender.amount_clp)
    left_clp = due_clp(document) - sum(tender.amount_clp for tender in others)
    cash_to_pay_clp = left_clp + sale.rounding_clp
    handed_clp = sum(tender.amount_clp for tender in cash)
    if handed_clp - cash_to_pay_clp != sale.change_clp or (not cash and sale.rounding_clp):
        raise ReceiptRefused(
            "does_not_add_up",
            f"Los pagos no calzan con el total: faltan o sobran "
            f"{pesos_text(handed_clp - cash_to_pay_clp - sale.change_clp)}. Revisa la venta.",
        )
    if not cash:
        return
    if others and sale.rounding_clp:
        yield Amount(label="Saldo en efectivo", amount_clp=left_clp)
    if sale.rounding_clp:
        yield Amount(label=CASH_ROUNDING_LABEL, amount_clp=sale.rounding_clp, signed=True)
    label = "Efectivo a pagar" if others else "Total a pagar en efectivo"
    yield Amount(
        label=label, narrow_label="Efectivo a pagar", amount_clp=cash_to_pay_clp, strong=True
    )
    yield Amount(label="Efectivo", amount_clp=handed_clp)
    yield Amount(label="Vuelto", amount_clp=sale.change_clp, strong=True)


def _tender_label(tender: Tender) -> str:
    label = TENDER_LABELS[tender.kind]
    if tender.account_balance_clp is None:
        return label
    return f"{label} · saldo nuevo {pesos_text(tender.account_balance_clp)}"


def _savings(
    document: ReadDocument, sale: SaleFacts | None, right_column: Column
) -> Iterator[Block]:
    saved_clp = None if sale is None else sale.saved_clp
    if saved_clp is None:
        saved_clp = sum(line.discount_clp for line in document.lines) - sum(
            adjustment.amount_clp
            for adjustment in right_column.adjustments
            if adjustment.amount_clp < 0
        )
    if saved_clp > 0:
        count = len(document.lines)
        products = "1 producto" if count == 1 else f"{count} productos"
        yield _centered(f"{products} · Hoy ahorró {pesos_text(saved_clp)}")


def _stamp(document: ReadDocument, shop: Shop) -> Iterator[Block]:
    yield Stamp(ted=document.ted)
    yield _centered(STAMP_CAPTION)
    yield _centered(
        resolution_caption(
            number=shop.resolution_number, year=shop.resolution_year, is_boleta_roll=True
        )
    )


def _voucher(sale: SaleFacts | None) -> Iterator[Block]:
    if sale is None or sale.voucher is None:
        return
    voucher = sale.voucher
    yield Rule(style=RuleStyle.DASHED)
    yield _centered("COMPROBANTE DE TARJETA", TextRole.STRONG)
    yield _centered("No es boleta")
    if voucher.ready_lines:
        yield from (Text(text=line) for line in voucher.ready_lines)
        return
    yield Pair(left=voucher.card, right=pesos_text(voucher.amount_clp))
    if voucher.instalments > 1:
        yield Pair(left="Cuotas", right=str(voucher.instalments))
    operation = f"Operación {voucher.operation}" if voucher.operation else ""
    authorization = f"Aut. {voucher.authorization}" if voucher.authorization else ""
    if operation or authorization:
        yield Pair(left=operation, right=authorization)
    terminal = f"Terminal {voucher.terminal}" if voucher.terminal else ""
    paid_at = "" if voucher.paid_at is None else instant_text(voucher.paid_at)
    if terminal or paid_at:
        yield Pair(left=terminal, right=paid_at)
    yield _centered("Copia cliente")


def _closing(shop: Shop, sale: SaleFacts | None) -> Iterator[Block]:
    has_qr = sale is not None and bool(sale.lookup_url)
    if has_qr or shop.site or shop.closing_lines:
        yield Rule(style=RuleStyle.DASHED)
    if sale is not None and sale.lookup_url:
        yield Qr(content=sale.lookup_url)
    if shop.site:
        # Source: Formato Boletas Electrónicas v4.2: the look-up site keeps boletas three months.
        yield _centered("Su boleta en el teléfono, por 3 meses:")
        yield _centered(shop.site)
    for line in shop.closing_lines[:MAX_CLOSING_LINES]:
        yield _centered(line)
