"""A document on a letter page: everything the template shows, computed from the stored XML.

What the XML does not carry (SII office, other addresses, bank notes) comes in `Shop` and `notes`.
Pages break where the template says; each row knows the sum before and after it, so that
"Suma hasta aquí" and "Viene de la página anterior" agree wherever that is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from dte.amounts import pesos_text
from dte.blocks import Amount
from dte.codes import DocumentType, PriceBasis
from dte.document import Line
from dte.printable import words
from dte.printable.column import Column, column
from dte.printable.facts import (
    Fact,
    FactRow,
    boleta_facts,
    issuer_addresses,
    issuer_contact,
    receiver_facts,
    transport_facts,
)
from dte.printable.legal import (
    STAMP_CAPTION,
    Acuse,
    is_guia_of_sale,
    resolution_caption,
    title_lines,
    wanted_mark,
)
from dte.printable.shop import Shop
from dte.printable.sums import (
    boleta_exempt,
    boleta_vat,
    line_mark,
    outside_total,
    sums_above_total,
)
from dte.xml.read import ReadDocument

# Amounts from here on need wider columns; one line of the paper cannot pass the whole of it.
WIDE_FROM_CLP = 100_000_000
# As many signs as "99.999.999"; a unit price may have six decimals besides.
NARROW_PRICE = 10
# What stands for a folio when a reference means every document of a period.
ALL_OF_PERIOD = "Todos los del período"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBox:
    """The box of the corner; red is the color of the documents between companies."""

    rut: str
    title_lines: tuple[str, ...]
    folio: int
    is_red: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow:
    """A paper referred to: its name, folio, day and why."""

    document: str
    folio: str
    day: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One line of detail, written out.

    `mark` is that of `sums.line_mark`; `adjustment` its discount or surcharge in pesos, after
    the percentage; `brought_clp` and `carried_clp` are the sums of the column before and after.
    """

    code: str
    mark: str
    name: str
    description: str
    quantity: str
    unit: str
    price: str
    adjustment: str
    amount_clp: int
    brought_clp: int
    carried_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """All that one page, or several, show; nothing is left to the template to compute.

    `addresses` come with their words ("Sucursal: …"). `sums` stand above TOTAL, `below_total`
    under it; `total_clp` None means that no values are shown (a guía without any).
    `adjustment_title` "" means no such column. `acuse` and `cedible_mark` are those of the
    cedible copy. `signatures` are lines for people to sign, outside the legal part. `heading`
    and `footing` repeat on the following pages.
    """

    title: str
    box: PageBox
    sii_office: str
    issuer_name: str
    shop_name: str
    giro: str
    addresses: tuple[str, ...]
    contact: str
    issue_date: date
    issue_day_words: str
    receiver: tuple[FactRow, ...]
    transport: tuple[FactRow, ...]
    references: tuple[ReferenceRow, ...]
    rows: tuple[PageRow, ...]
    has_codes: bool
    has_marks: bool
    adjustment_title: str
    is_wide: bool
    sums: tuple[Amount, ...]
    total_clp: int | None
    below_total: tuple[Amount, ...]
    notes: tuple[str, ...]
    ted: bytes = field(repr=False)
    stamp_captions: tuple[str, str]
    acuse: Acuse | None
    cedible_mark: str
    signatures: tuple[str, ...]
    is_demonstration: bool
    heading: str
    footing: str


def page_content(
    document: ReadDocument,
    *,
    shop: Shop,
    cedible: bool = False,
    facts: Sequence[Fact] = (),
    payments: Sequence[Amount] = (),
    notes: Sequence[str] = (),
) -> PageContent:
    """Compute the letter page of a stored document, of any type.

    `facts` (till, cashier) and `payments` are what the sale of a boleta knows; `notes` are free
    lines (bank, how money went back). Raises PaperRefused (`not_cedible`, `does_not_add_up`).
    Source: Manual de muestras impresas v3.0; Res. Ex. SII 74 of 2020, letter G (boletas).
    """
    issuer, kind = document.issuer, document.kind
    mark = wanted_mark(document, cedible=cedible)
    right_column = column(document)
    rows = tuple(_rows(document, right_column))
    has_values = _has_values(document)
    return PageContent(
        title=f"{kind.title} N° {document.folio}",
        box=_box(document),
        sii_office=sii_office(document, shop),
        issuer_name=issuer.name,
        shop_name="" if shop.name == issuer.name else shop.name,
        giro=issuer.giro,
        addresses=tuple(issuer_addresses(document, shop)),
        contact=issuer_contact(document),
        issue_date=document.issue_date,
        issue_day_words=words.day_in_words(document.issue_date),
        receiver=boleta_facts(document, facts) if kind.is_boleta else receiver_facts(document),
        transport=transport_facts(document),
        references=reference_rows(document),
        rows=rows,
        has_codes=not kind.is_boleta and any(row.code for row in rows),
        has_marks=any(row.mark for row in rows),
        adjustment_title=_adjustment_title(document.lines),
        is_wide=document.totals.total_clp >= WIDE_FROM_CLP
        or any(len(row.price) > NARROW_PRICE for row in rows),
        sums=_sums(document, right_column) if has_values else (),
        total_clp=document.totals.total_clp if has_values else None,
        below_total=(
            *boleta_vat(document),
            *outside_total(document, right_column),
            *payments,
        ),
        notes=(*own_notes(document, shop), *shop.closing_lines, *notes),
        ted=document.ted,
        stamp_captions=(
            STAMP_CAPTION,
            resolution_caption(number=shop.resolution_number, year=shop.resolution_year),
        ),
        acuse=Acuse() if mark else None,
        cedible_mark=mark,
        signatures=_signatures(document),
        is_demonstration=shop.demonstration,
        heading=f"{kind.title.upper()} N° {document.folio} · R.U.T. {issuer.rut.dotted} · "
        f"{words.day_text(document.issue_date)}",
        footing=f"{issuer.name} · R.U.T. {issuer.rut.dotted}",
    )


def _box(document: ReadDocument) -> PageBox:
    return PageBox(
        rut=document.issuer.rut.dotted,
        title_lines=title_lines(document.kind),
        folio=document.folio,
        is_red=not document.kind.is_boleta,
    )


def sii_office(document: ReadDocument, shop: Shop) -> str:
    """Return the line below the box: `S.I.I. - SANTIAGO PONIENTE`; boletas have none.

    Source: Manual de muestras impresas v3.0, recuadro.
    """
    if document.kind.is_boleta or not shop.sii_office:
        return ""
    return f"S.I.I. - {shop.sii_office.upper()}"


def reference_rows(document: ReadDocument) -> tuple[ReferenceRow, ...]:
    """Return the papers referred to, in words.

    Source: Manual de muestras impresas v3.0, referencias.
    """
    return tuple(
        ReferenceRow(
            document=words.reference_document(reference),
            folio=ALL_OF_PERIOD if reference.is_global else reference.folio,
            day="" if reference.issue_date is None else words.day_text(reference.issue_date),
            reason=words.reference_reason(reference),
        )
        for reference in document.references
    )


def _rows(document: ReadDocument, right_column: Column) -> Iterator[PageRow]:
    carried_clp = 0
    # What is outside the total comes last, so that the sums before it are those of the total.
    for counted in (*right_column.counted, *right_column.outside):
        line, brought_clp = counted.line, carried_clp
        carried_clp += counted.amount_clp
        yield PageRow(
            code=line.codes[0].value if line.codes else "",
            mark=line_mark(document, line.exemption),
            name=line.name,
            description=line.description,
            quantity=words.quantity_text(line),
            unit=line.unit.strip().upper(),
            price="" if line.unit_price is None else words.decimal_text(line.unit_price),
            adjustment=_adjustment(line),
            amount_clp=counted.amount_clp,
            brought_clp=brought_clp,
            carried_clp=carried_clp,
        )


def _adjustment(line: Line) -> str:
    """Write a line's discount and surcharge as `10% -5.037`."""
    parts = []
    for percent, amount_clp in (
        (line.discount_percent, -line.discount_clp),
        (line.surcharge_percent, line.surcharge_clp),
    ):
        if amount_clp:
            rate = "" if percent is None else f"{words.decimal_text(percent)}% "
            parts.append(rate + pesos_text(amount_clp).replace("$", ""))
    return " ".join(parts)


def _adjustment_title(lines: Sequence[Line]) -> str:
    """Name the column of discounts; no name means no column."""
    if any(line.surcharge_clp for line in lines):
        return "Dcto. o recargo"
    return "Descuento" if any(line.discount_clp for line in lines) else ""


def _has_values(document: ReadDocument) -> bool:
    """Say whether values are shown: always, but in a guía that has none."""
    if document.kind is not DocumentType.GUIA or is_guia_of_sale(document):
        return True
    has_prices = any(line.amount_clp or line.unit_price for line in document.lines)
    return has_prices or document.totals.total_clp != 0


def _sums(document: ReadDocument, right_column: Column) -> tuple[Amount, ...]:
    return (*sums_above_total(document, right_column), *boleta_exempt(document))


def _signatures(document: ReadDocument) -> tuple[str, ...]:
    is_sale = is_guia_of_sale(document) or document.kind is not DocumentType.GUIA
    return () if is_sale else ("Despachado", "Recibido")


def own_notes(document: ReadDocument, shop: Shop) -> tuple[str, ...]:
    """Return what the paper says of itself: lines, price basis, period, instalments, bank."""
    is_kept_on_line = document.kind.is_boleta and bool(shop.site)
    return (
        _basis_note(document),
        *_period_note(document),
        *_terms_notes(document),
        *([] if document.draft.lowers_vat else ["No da derecho a rebajar el débito fiscal."]),
        # Source: Formato Boletas Electrónicas v4.2: the look-up site keeps boletas three months.
        *([f"Consulta esta boleta por 3 meses en {shop.site}."] if is_kept_on_line else []),
    )


def _basis_note(document: ReadDocument) -> str:
    count = len(document.lines)
    lines = "1 línea" if count == 1 else f"{count} líneas"
    if not _has_values(document):
        return f"{lines}."
    if document.kind.is_wholly_exempt:
        basis = "Precios exentos"
    elif document.draft.price_basis is PriceBasis.GROSS:
        basis = "Precios con IVA incluido"
    else:
        basis = "Precios netos"
    marks = {line_mark(document, line.exemption) for line in document.lines}
    legend = {"E": "E = exento de IVA", "NF": "NF = no facturable", "NV": "NV = no es venta"}
    said = [text for mark, text in legend.items() if mark in marks]
    return " ".join(f"{text}." for text in (lines, basis, *said))


def _period_note(document: ReadDocument) -> Iterator[str]:
    since, until = document.draft.period_from, document.draft.period_to
    if since is not None and until is not None:
        yield f"Período: {words.day_text(since)} al {words.day_text(until)}."


def _terms_notes(document: ReadDocument) -> Iterator[str]:
    terms = document.draft.payment_terms
    for number, part in enumerate(terms.instalments, start=1):
        note = f" ({part.note})" if part.note else ""
        amount = pesos_text(part.amount_clp)
        yield f"Pago {number}: {amount} el {words.day_text(part.due_date)}{note}."
    if terms.bank or terms.account:
        kind = words.ACCOUNT_WORDS.get(terms.account_kind, "cuenta")
        account = f"{kind} {terms.account}" if terms.account else ""
        yield ", ".join(part for part in (terms.bank, account) if part) + "."
