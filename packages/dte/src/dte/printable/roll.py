"""A factura, nota or guía on an 80 mm roll, as blocks; boletas have `dte.printable.receipt`.

The order is the law's: box, SII office, issuer, receiver, date, references, detail, totals,
acuse, timbre, cedible mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from dte.blocks import (
    Align,
    Block,
    CopyMark,
    DocumentBox,
    ItemNote,
    Pair,
    Rule,
    RuleStyle,
    Stamp,
    StampRows,
    Text,
    TextRole,
    Total,
    as_copy,
    as_demonstration,
)
from dte.codes import PaymentMeans, TradeMeans
from dte.printable.column import Column, column
from dte.printable.detail import OUTSIDE_HEADING, detail_blocks
from dte.printable.facts import MEANS_LABEL, PAYMENT_LABELS, Fact, FactRow
from dte.printable.legal import PaperRefused
from dte.printable.page import ALL_OF_PERIOD, PageContent, ReferenceRow, page_content
from dte.printable.shop import Shop
from dte.printable.sums import outside_total, sums_above_total
from dte.xml.read import ReadDocument

# Source: Manual de muestras impresas v3.0: paper of 7.5 cm at least.
LEAST_PAPER_MM: Final = 75
_UNNAMED: Final = frozenset({PaymentMeans.OTHER, TradeMeans.OTHER})
FILL_IN: Final = "_" * 30


def roll_blocks(
    document: ReadDocument,
    *,
    shop: Shop,
    paper_mm: int = 80,
    cedible: bool = False,
    notes: Sequence[str] = (),
    means: str = "",
    copy: CopyMark | None = None,
) -> tuple[Block, ...]:
    """Turn a stored factura, nota or guía into blocks, top to bottom.

    `paper_mm` is the width of the roll. `means` names how its sale was paid where the document
    has only "other" to say. Raises PaperRefused (`paper_too_narrow`, `is_a_boleta`,
    `not_cedible`, `does_not_add_up`).
    Source: Manual de muestras impresas v3.0, impresión en rollo.
    """
    _check(document, paper_mm)
    page = page_content(document, shop=shop, cedible=cedible, notes=notes)
    right_column = column(document)
    sections = (
        _heading(page),
        _parties(page, means if document.draft.payment_means in _UNNAMED else ""),
        _references(page),
        _detail(document, page, right_column),
        _totals(document, page, right_column),
        _acuse(page),
        _stamp(page, shop),
    )
    blocks = tuple(block for section in sections for block in section)
    if shop.demonstration:
        blocks = as_demonstration(blocks)
    return blocks if copy is None else as_copy(blocks, reprinted_at=copy.reprinted_at)


def _check(document: ReadDocument, paper_mm: int) -> None:
    name = f"{document.kind.title} N° {document.folio}"
    if document.kind.is_boleta:
        raise PaperRefused("is_a_boleta", f"{name} se imprime como boleta. Usa su impresión.")
    if paper_mm < LEAST_PAPER_MM:
        raise PaperRefused(
            "paper_too_narrow",
            f"{name} no cabe en papel de {paper_mm} mm: la ley pide 75 mm o más. "
            "Imprímela en papel de 80 mm o en carta, o envía su PDF por correo.",
        )


def _centered(text: str, role: TextRole = TextRole.NORMAL) -> Text:
    return Text(text=text, role=role, align=Align.CENTER)


def _heading(page: PageContent) -> Iterator[Block]:
    yield DocumentBox(
        rut=page.box.rut,
        name=" ".join(page.box.title_lines),
        folio=page.box.folio,
        closed=True,
    )
    if page.sii_office:
        yield _centered(page.sii_office, TextRole.STRONG)
    yield _centered(page.issuer_name, TextRole.STRONG)
    for text in (page.shop_name, page.giro, *page.addresses, page.contact):
        if text:
            yield _centered(text)
    yield Rule(style=RuleStyle.LIGHT)


def _parties(page: PageContent, means: str) -> Iterator[Block]:
    # Who and where first, then what stands beside it on a page, and last how it is paid.
    lefts = [row.left for row in page.receiver]
    rights = [row.right for row in page.receiver if row.right is not None]
    for fact in sorted((*lefts, *rights), key=lambda fact: fact.label in PAYMENT_LABELS):
        yield _fact(replace(fact, words=means) if means and fact.label == MEANS_LABEL else fact)
    yield Text(text=f"Fecha de emisión: {page.issue_day_words}", role=TextRole.STRONG)
    if page.transport:
        yield Rule(style=RuleStyle.LIGHT)
        yield Text(text="Traslado y transporte", role=TextRole.STRONG)
        yield from _facts(page.transport)
    yield Rule(style=RuleStyle.LIGHT)


def _facts(rows: Sequence[FactRow]) -> Iterator[Block]:
    for row in rows:
        for fact in (row.left, row.right):
            if fact is not None:
                yield _fact(fact)


def _fact(fact: Fact) -> Text:
    return Text(text=f"{fact.label}: {fact.words}")


def _references(page: PageContent) -> Iterator[Block]:
    if not page.references:
        return
    yield Text(text="Documentos de referencia", role=TextRole.STRONG)
    for row in page.references:
        yield Text(text=" ".join(part for part in (row.document, *_which(row)) if part))
        if row.reason:
            yield Text(text=row.reason)
    yield Rule(style=RuleStyle.LIGHT)


def _which(row: ReferenceRow) -> Iterator[str]:
    if row.folio:
        yield row.folio.lower() if row.folio == ALL_OF_PERIOD else f"N° {row.folio}"
    if row.day:
        yield f"del {row.day}"


def _detail(document: ReadDocument, page: PageContent, right_column: Column) -> Iterator[Block]:
    if page.total_clp is None:
        for row in page.rows:
            counted = " ".join(part for part in (row.quantity, row.unit) if part)
            yield Pair(left=row.name, right=counted)
            if row.description:
                yield ItemNote(text=row.description)
    else:
        yield from detail_blocks(document, right_column.counted, labels={}, with_descriptions=True)
    yield Rule(style=RuleStyle.LIGHT)


def _totals(document: ReadDocument, page: PageContent, right_column: Column) -> Iterator[Block]:
    if page.total_clp is not None:
        yield from sums_above_total(document, right_column)
        yield Total(amount_clp=page.total_clp)
        if right_column.outside:
            yield Text(text=OUTSIDE_HEADING)
            yield from detail_blocks(
                document, right_column.outside, labels={}, with_descriptions=True
            )
        yield from outside_total(document, right_column)
    for note in page.notes:
        yield Text(text=note)


def _acuse(page: PageContent) -> Iterator[Block]:
    labels = page.signatures if page.acuse is None else page.acuse.fields
    if labels:
        yield Rule(style=RuleStyle.LIGHT)
    for label in labels:
        # A blank line: a hand needs more room than the printer.
        yield Text(text="")
        yield Pair(left=label, right=FILL_IN)
    if page.acuse is not None:
        yield Text(text="")
        yield Text(text=page.acuse.sentence)
        yield Rule(style=RuleStyle.LIGHT)


def _stamp(page: PageContent, shop: Shop) -> Iterator[Block]:
    yield Stamp(ted=page.ted, rows=StampRows.LOW if shop.low_stamp_rows else StampRows.FULL)
    for caption in page.stamp_captions:
        # As two lines: in one it is a sign longer than 80 mm of paper hold.
        yield from (_centered(part) for part in caption.split(" - "))
    if page.cedible_mark:
        yield _centered(page.cedible_mark, TextRole.MARK)
