"""A boleta as the letter page shows it: rows with their running sum, facts, totals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP
from typing import Final

from dte.blocks import Amount, Block, Rule, RuleStyle
from dte.codes import DocumentType
from dte.document import CONSUMER, Line
from dte.receipt import (
    GRAM,
    KILOGRAM_UNITS,
    MEANS_LABELS,
    TENDER_LABELS,
    SaleFacts,
    Shop,
    decimal_text,
)
from dte.taxes import vat_percent
from dte.xml.read import ReadDocument

# Amounts from here on need wider columns; one line of the paper cannot pass the whole of it.
WIDE_FROM_CLP: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """One line of detail, written out; `carried_clp` is the sum of the column up to here."""

    mark: str
    name: str
    description: str
    quantity: str
    unit: str
    price: str
    adjustment_clp: int
    amount_clp: int
    carried_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label with its words."""

    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPaper:
    """Everything the letter template branches on, computed."""

    document: ReadDocument
    shop: Shop
    address: str
    facts: tuple[Fact, ...]
    rows: tuple[LetterRow, ...]
    adjustment_title: str
    has_exempt_marks: bool
    is_wide: bool
    exempt_label: str
    vat_percent: str
    payments: tuple[Amount, ...]


def letter_paper(
    document: ReadDocument, *, shop: Shop, sale: SaleFacts | None, blocks: Sequence[Block]
) -> LetterPaper:
    """Lay a boleta out for letter paper; `blocks` are its receipt's, for the payments.

    Source: Res. Ex. SII 74 of 2020, letter G; Formato Boletas Electrónicas v4.2, column I.
    """
    issuer, is_mixed = document.issuer, document.kind is DocumentType.BOLETA
    exempt_label = "Exento (E)" if is_mixed else "Exento"
    return LetterPaper(
        document=document,
        shop=shop,
        address=_joined(issuer.address, issuer.commune, issuer.city),
        facts=tuple(_facts(document, sale)),
        rows=tuple(_rows(document, marks_exempt=is_mixed)),
        adjustment_title=_adjustment_title(document.lines),
        has_exempt_marks=is_mixed and any(line.exempt for line in document.lines),
        is_wide=document.totals.total_clp >= WIDE_FROM_CLP,
        exempt_label=exempt_label if document.totals.exempt_clp else "",
        vat_percent=decimal_text(vat_percent(document.issue_date)) if is_mixed else "",
        payments=tuple(_payments(blocks)),
    )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _facts(document: ReadDocument, sale: SaleFacts | None) -> Iterator[Fact]:
    receiver = document.receiver
    # The consumer's placeholder RUT means "unknown": on paper it would only confuse.
    if receiver.rut != CONSUMER.rut:
        if receiver.name:
            yield Fact(label="Cliente", words=receiver.name)
        yield Fact(label="R.U.T. cliente", words=receiver.rut.dotted)
        address = _joined(receiver.address, receiver.commune, receiver.city)
        if address:
            yield Fact(label="Dirección", words=address)
    if sale is not None:
        yield Fact(label="Caja", words=sale.till)
    yield Fact(label="Hora", words=f"{document.stamped_at:%H:%M}")
    if sale is not None and sale.cashier:
        yield Fact(label="Atendido por", words=sale.cashier)
    means = _means(document, sale)
    if means:
        yield Fact(label="Medio de pago", words=means)


def _means(document: ReadDocument, sale: SaleFacts | None) -> str:
    # Source: Formato Boletas Electrónicas v4.2, MedioPago: printed when the sale passes 135 UF.
    if document.payment_means is not None:
        return MEANS_LABELS.get(document.payment_means, "Otro")
    tenders = () if sale is None else sale.tenders
    labels = dict.fromkeys(TENDER_LABELS[tender.kind] for tender in tenders)
    return " y ".join(labels).capitalize()


def _rows(document: ReadDocument, *, marks_exempt: bool) -> Iterator[LetterRow]:
    carried_clp = 0
    for line in document.lines:
        carried_clp += line.amount_clp
        yield LetterRow(
            mark="E" if marks_exempt and line.exempt else "",
            name=line.name,
            description=line.description,
            quantity=_quantity(line),
            unit=line.unit.strip().upper(),
            price="" if line.unit_price is None else decimal_text(line.unit_price),
            adjustment_clp=line.surcharge_clp - line.discount_clp,
            amount_clp=line.amount_clp,
            carried_clp=carried_clp,
        )


def _quantity(line: Line) -> str:
    if line.quantity is None:
        return ""
    in_grams = line.quantity.quantize(GRAM, rounding=ROUND_HALF_UP)
    if line.unit.strip().upper() in KILOGRAM_UNITS and line.quantity == in_grams:
        whole, _, fraction = f"{in_grams:,f}".partition(".")
        return whole.replace(",", ".") + f",{fraction}"
    return decimal_text(line.quantity)


def _adjustment_title(lines: Sequence[Line]) -> str:
    """Name the column of discounts; no name means no column."""
    if any(line.surcharge_clp for line in lines):
        return "Dcto. o recargo"
    return "Descuento" if any(line.discount_clp for line in lines) else ""


def _payments(blocks: Sequence[Block]) -> Iterator[Amount]:
    """Take what a receipt says about paying: the amounts after its first dashed rule."""
    is_payment = False
    for block in blocks:
        is_payment = is_payment or block == Rule(style=RuleStyle.DASHED)
        if is_payment and isinstance(block, Amount):
            yield block
