"""X and Z on paper: blocks for the till's roll, a page as PDF. Neither is a tax document."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from dte.blocks import (
    COPY_MARK,
    COPY_MARK_AT_STAMP,
    Align,
    Amount,
    Block,
    Pair,
    Rule,
    RuleStyle,
    Text,
    TextRole,
    Total,
    blocks_to_json,
    instant_text,
)
from erpmarket.pos.shift_report import ShiftReport
from erpmarket.ui.formats import whole

PRINT_FOLDER: Final = Path(__file__).parent / "templates" / "pos" / "print"
_MOST_TEXT: Final = 200
# The page and the PDF say the same.
GAINED: Final = "Ganado al redondear, con las devoluciones"
COPIES: Final = "Copias reimpresas"


def shift_pdf(report: ShiftReport, *, is_copy: bool) -> bytes:
    """Draw a report as a letter page, or as many as it needs."""
    context = {"report": report, "shift": report.shift, "mark": COPY_MARK if is_copy else ""}
    sheet = import_string(f"{settings.PDF_ENGINE}.Sheet")(
        html=render_to_string("pos/print/shift.html", context),
        css=_css(),
        pictures={},
        weights=(400, 700),
    )
    pdf: bytes = import_string(f"{settings.PDF_ENGINE}.write_pdf")([sheet])
    return pdf


@cache
def _css() -> str:
    return (PRINT_FOLDER / "shift.css").read_text(encoding="utf-8")


def shift_roll(report: ShiftReport, *, is_copy: bool = False) -> list[dict[str, object]]:
    """Return a report as device-free blocks in JSON values, for the till's printer."""
    blocks = shift_blocks(report)
    return blocks_to_json(_as_copy(blocks, report) if is_copy else blocks)  # type: ignore[return-value]  # JSON values are plain objects here


def shift_blocks(report: ShiftReport) -> tuple[Block, ...]:
    """Return a report as blocks: head, sales, papers, drawer, log."""
    return (
        *_head(report),
        *_sales(report),
        *_papers(report),
        *_drawer(report),
        *_log(report),
        Rule(style=RuleStyle.LIGHT),
        Text(text=f"Impreso {instant_text(report.made_at)}", align=Align.CENTER),
        Text(text="No es un documento tributario.", align=Align.CENTER),
    )


def _as_copy(blocks: tuple[Block, ...], report: ShiftReport) -> tuple[Block, ...]:
    """Mark a report at both ends, as papers of sales are: the top of a roll can be torn off."""
    return (
        Text(text=COPY_MARK, role=TextRole.MARK, align=Align.CENTER),
        Text(text=f"Reimpreso {instant_text(report.made_at)}", align=Align.CENTER),
        Rule(style=RuleStyle.LIGHT),
        *blocks,
        Text(text=COPY_MARK_AT_STAMP, role=TextRole.STRONG, align=Align.CENTER),
    )


def _head(report: ShiftReport) -> Iterator[Block]:
    shift = report.shift
    company = shift.till.branch.company
    yield Text(text=company.shop_name, role=TextRole.SHOP_NAME, align=Align.CENTER)
    yield Text(text=report.title, role=TextRole.STRONG, align=Align.CENTER)
    yield Text(text=f"{shift.till.name} · {shift.till.branch.name}", align=Align.CENTER)
    yield Rule(style=RuleStyle.HEAVY)
    yield Pair(left="Cajero", right=shift.cashier.display_name)
    yield Pair(left="Abrió", right=instant_text(shift.opened_at))
    if shift.closed_at is not None:
        yield Pair(left="Cerró", right=instant_text(shift.closed_at))
    if shift.closed_by is not None and shift.closed_by_id != shift.cashier_id:
        yield Pair(left="Contó", right=shift.closed_by.display_name)


def _sales(report: ShiftReport) -> Iterator[Block]:
    shift = report.shift
    yield from _section("Ventas")
    for row in report.means:
        yield Amount(label=f"{row.words} ({whole(row.count)})", amount_clp=row.amount_clp)
    if report.rounded_off_clp:
        yield Amount(label="Redondeo a decenas", amount_clp=report.rounded_off_clp, signed=True)
    yield Total(amount_clp=shift.total_clp, label=f"{whole(shift.sale_count)} VENTAS")
    if report.rounding_clp:
        yield Amount(label=GAINED, amount_clp=report.rounding_clp, signed=True)
    if report.discounts.count:
        words = f"Descuentos dados ({whole(report.discounts.count)})"
        yield Amount(label=words, amount_clp=report.discounts.amount_clp)
    if report.refunds.count:
        words = f"Devoluciones ({whole(report.refunds.count)})"
        yield Amount(label=words, amount_clp=-report.refunds.amount_clp, signed=True)
        for way, amount in report.refunds.ways:
            yield Amount(label=way, amount_clp=amount, signed=True)
    if len(report.sellers) > 1:
        for row in report.sellers:
            yield Amount(label=f"{row.words} ({whole(row.count)})", amount_clp=row.amount_clp)


def _papers(report: ShiftReport) -> Iterator[Block]:
    if not report.has_papers:
        return
    yield from _section("Documentos")
    for span in report.papers:
        yield Amount(label=f"{span.name} ({whole(span.count)})", amount_clp=span.signed_clp)
        between = ", con otras entre medio" if span.has_others_between else ""
        yield Text(text=f"Folio {whole(span.first)} a {whole(span.last)}{between}")
    if report.vouchers.count:
        words = f"{report.vouchers.words} ({whole(report.vouchers.count)})"
        yield Amount(label=words, amount_clp=report.vouchers.amount_clp)


def list_drawer(report: ShiftReport) -> list[tuple[str, int]]:
    """Name what came into the drawer and left it, in pesos; together what must be in it."""
    shift = report.shift
    rows = [("Al abrir", shift.opening_clp), ("Ventas en efectivo", shift.cash_clp)]
    if shift.refund_cash_clp:
        rows.append(("Devuelto en efectivo", -shift.refund_cash_clp))
    return rows + [(str(move.get_kind_display()), -move.amount_clp) for move in report.moves]


def _drawer(report: ShiftReport) -> Iterator[Block]:
    shift = report.shift
    yield from _section("Efectivo en el cajón")
    rows = list_drawer(report)
    first_move = len(rows) - len(report.moves)
    for place, (label, amount) in enumerate(rows[:first_move]):
        yield Amount(label=label, amount_clp=amount, signed=place > 0)
    for (label, amount), move in zip(rows[first_move:], report.moves, strict=True):
        yield Amount(label=label, amount_clp=amount, signed=True)
        approved = f", autorizó {move.approved_by.display_name}" if move.approved_by else ""
        yield Text(text=f"{move.words} · {move.made_by.display_name}{approved}"[:_MOST_TEXT])
    yield Amount(label="Debe haber", amount_clp=shift.expected_clp, strong=True)
    if shift.counted_clp is None:
        if report.is_closed:
            yield Text(text="Se cerró sin contar.")
        return
    yield Amount(label="Contado", amount_clp=shift.counted_clp, strong=True)
    yield Amount(label="Diferencia", amount_clp=shift.difference_clp or 0, strong=True, signed=True)
    if shift.difference_reason:
        yield Text(text=f"Motivo: {shift.difference_reason}"[:_MOST_TEXT])
    for row in report.pieces:
        yield Pair(
            left=f"{whole(row.pieces)} de ${whole(row.value_clp)}", right=f"${whole(row.sum_clp)}"
        )


def _log(report: ShiftReport) -> Iterator[Block]:
    copies = report.shift.reprint_count
    if not report.deeds and not copies:
        return
    yield from _section("Bitácora")
    for row in report.deeds:
        yield Amount(label=f"{row.words} ({whole(row.count)})", amount_clp=row.amount_clp)
    if copies:
        yield Pair(left=COPIES, right=whole(copies))


def _section(words: str) -> Iterator[Block]:
    yield Rule(style=RuleStyle.DASHED)
    yield Text(text=words, role=TextRole.STRONG)
