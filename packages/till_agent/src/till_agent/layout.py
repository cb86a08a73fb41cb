"""From blocks to printer lines: where text breaks, what stands right, how big it is.

Everything is counted in columns of font A (12 x 24 dots); pictures are rows of dots as wide as
the head. The rules come from the paper: nothing is cut, the amounts stand in one right column.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

import zxingcpp

from dte.amounts import pesos_text
from dte.blocks import (
    Align,
    Amount,
    Bitmap,
    Block,
    DocumentBox,
    ItemLine,
    ItemNote,
    Pair,
    Qr,
    Rule,
    RuleStyle,
    Stamp,
    StampRows,
    Text,
    TextRole,
    Total,
)
from dte.pdf417 import Symbol, module_rows, symbol, turned_symbol
from till_agent.box import box_rows
from till_agent.errors import AgentError
from till_agent.printers.profiles import Profile
from till_agent.text import fit, wrap, wrap_parts

# A longer amount gets a line of its own below its name.
AMOUNT_BESIDE_NAME = 12
INDENT = 2
EXEMPT_MARK = " E"
# A name of a document longer than this breaks before its last word ("ELECTRÓNICA N° 5").
ONE_LINE_NAME = 24
WIDE_HEAD_COLUMNS = 42
# Two dots of a 203 dpi head are 0.25 mm = 9.8 mil; one dot (4.9 mil) does not scan reliably.
STAMP_MODULE_DOTS = 2
STAMP_ROW_DOTS = 6
LOW_STAMP_ROW_DOTS = 5
STAMP_MARGIN_DOTS = 16
# The quiet zone of 0.25 inch at the ends of a turned symbol lies along the paper.
TURNED_STAMP_MARGIN_DOTS = 51
TURNED_STAMP_MAX_DOTS = 362
QR_MODULE_DOTS = 4
QR_QUIET_MODULES = 4


class DoesNotFit(AgentError):
    """A block is too wide for the head."""

    def __init__(self, message: str) -> None:
        super().__init__("does_not_fit", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a line; `wide` and `tall` are 1 or 2."""

    text: str
    wide: int = 1
    tall: int = 1
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    segments: tuple[Segment, ...]
    centered: bool = False

    @property
    def columns(self) -> int:
        return sum(len(segment.text) * segment.wide for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Rows of dots as wide as the head: eight dots per byte, 1 is black, left bit first."""

    rows: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    dots: int


Part = Line | Picture | Gap


def lay_out(blocks: Sequence[Block], profile: Profile) -> tuple[Part, ...]:
    """Break blocks into the lines, pictures and gaps of one roll.

    Raises StampDoesNotFit when the head cannot draw the timbre, DoesNotFit when a picture is too
    wide for it or broken.
    """
    return tuple(part for block in blocks for part in _parts(block, profile))


def _parts(block: Block, profile: Profile) -> Iterator[Part]:
    match block:
        case Text():
            yield from _text(block, profile)
        case DocumentBox():
            yield from _document_box(block, profile)
        case Rule() | Stamp() | Qr() | Bitmap():
            yield _drawn(block, profile)
        case Pair():
            yield from _pair(block, profile)
        case ItemLine():
            yield from _item(block, profile)
        case ItemNote():
            yield from _item_note(block, profile)
        case Amount():
            yield from _amount(block, profile)
        case Total():
            yield from _total(block, profile)
        case _:
            assert_never(block)


def _drawn(block: Rule | Stamp | Qr | Bitmap, profile: Profile) -> Picture:
    match block:
        case Rule():
            return _rule(block.style, profile)
        case Stamp():
            return _stamp(block, profile)
        case Qr():
            return _qr(block.content, profile)
        case Bitmap():
            return _bitmap(block, profile)
        case _:
            assert_never(block)


def _line(text: str, *, bold: bool = False, centered: bool = False) -> Line:
    return Line(segments=(Segment(text=text, bold=bold),), centered=centered)


def _text(block: Text, profile: Profile) -> Iterator[Part]:
    text = fit(block.text, profile.codec)
    wide, tall, bold = _text_size(block.role, text, profile)
    for row in wrap_parts(text, profile.columns // wide):
        segment = Segment(text=row, wide=wide, tall=tall, bold=bold)
        yield Line(segments=(segment,), centered=block.align is Align.CENTER)
    if tall > 1:
        yield Gap(dots=6)


def _text_size(role: TextRole, text: str, profile: Profile) -> tuple[int, int, bool]:
    match role:
        case TextRole.NORMAL:
            return 1, 1, False
        case TextRole.STRONG:
            return 1, 1, True
        case TextRole.SHOP_NAME:
            return (2 if profile.columns >= WIDE_HEAD_COLUMNS else 1), 2, True
        case TextRole.MARK:
            fits_wide = len(text) * 2 <= profile.columns
            return (2, 1, True) if fits_wide else (1, 2, True)
        case _:
            assert_never(role)


def _document_box(block: DocumentBox, profile: Profile) -> Iterator[Part]:
    if block.closed:
        yield Picture(rows=box_rows(block, dots=profile.dots))
        return
    yield _rule(RuleStyle.HEAVY, profile)
    for row in wrap(fit(f"R.U.T.: {block.rut}", profile.codec), profile.columns):
        yield _line(row, bold=True, centered=True)
    yield Gap(dots=2)
    name = fit(block.name, profile.codec)
    number = fit(f"N° {block.folio}", profile.codec)
    head, _, last = name.rpartition(" ")
    titles = [f"{name} {number}"] if len(name) <= ONE_LINE_NAME else [head, f"{last} {number}"]
    for title in titles:
        for row in wrap(title, profile.columns):
            yield Line(segments=(Segment(text=row, tall=2, bold=True),), centered=True)
    yield _rule(RuleStyle.HEAVY, profile)


def _pair(block: Pair, profile: Profile) -> Iterator[Part]:
    left, right = fit(block.left, profile.codec), fit(block.right, profile.codec)
    gap = profile.columns - len(left) - len(right)
    if right and gap >= 1:
        yield _line(left + " " * gap + right)
        return
    for row in wrap_parts(left, profile.columns) if left else ():
        yield _line(row)
    for row in wrap_parts(right, profile.columns) if right else ():
        yield _line(row.rjust(profile.columns))


def _ends(left: str, right: str, columns: int, *, indent: int = 0, hang: int = 0) -> list[str]:
    """Set a wrapping left text and a right one that stays on the first line while it is short.

    `indent` moves the whole left text, `hang` only the lines after its first.
    """
    pad, next_pad = " " * indent, " " * (indent + hang)
    width = columns - indent - hang
    if not right:
        rows = wrap(left, width, first=columns - indent)
        return [pad + rows[0], *(next_pad + row for row in rows[1:])]
    if len(right.removesuffix(EXEMPT_MARK)) > AMOUNT_BESIDE_NAME:
        return [*_ends(left, "", columns, indent=indent, hang=hang), right.rjust(columns)]
    first, *rest = wrap(left, width, first=columns - indent - 1 - len(right))
    top = (pad + first).ljust(columns - len(right)) + right
    return [top, *(next_pad + row for row in rest)]


def _item(block: ItemLine, profile: Profile) -> Iterator[Part]:
    amount = pesos_text(block.amount_clp) + (EXEMPT_MARK if block.exempt else "")
    name = fit(block.name, profile.codec)
    yield from (_line(row) for row in _ends(name, amount, profile.columns, hang=INDENT))


def _item_note(block: ItemNote, profile: Profile) -> Iterator[Part]:
    amount = "" if block.amount_clp is None else pesos_text(block.amount_clp)
    text = fit(block.text, profile.codec)
    yield from (_line(row) for row in _ends(text, amount, profile.columns, indent=INDENT))


def _amount(block: Amount, profile: Profile) -> Iterator[Part]:
    label = fit(block.label, profile.codec)
    amount = pesos_text(block.amount_clp, signed=block.signed)
    if block.narrow_label and len(label) + 1 + len(amount) > profile.columns:
        label = fit(block.narrow_label, profile.codec)
    for row in _ends(label, amount, profile.columns, hang=INDENT):
        yield _line(row, bold=block.strong)


def _total(block: Total, profile: Profile) -> Iterator[Part]:
    label, amount = fit(block.label, profile.codec), pesos_text(block.amount_clp)
    columns = profile.columns
    half = columns // 2
    if len(label) + 1 + len(amount) <= half:
        text = label.ljust(half - len(amount)) + amount
        yield Line(segments=(Segment(text=text, wide=2, tall=2, bold=True),))
    else:
        *above, last = wrap(label, half)
        for row in above:
            yield Line(segments=(Segment(text=row, wide=2, tall=2, bold=True),))
        big = Segment(text=last, wide=2, tall=2, bold=True)
        room = columns - 2 * len(last)
        if room >= 1 + len(amount):
            yield Line(segments=(big, Segment(text=amount.rjust(room), tall=2, bold=True)))
        else:
            yield Line(segments=(big,))
            yield Line(segments=(Segment(text=amount.rjust(columns), tall=2, bold=True),))
    yield Gap(dots=4)


def _rule(style: RuleStyle, profile: Profile) -> Picture:
    """Draw a rule as a strip; the white above and below is part of it, exact on every model."""
    width = profile.dots // 8
    blank, solid = bytes(width), b"\xff" * width
    match style:
        case RuleStyle.HEAVY:
            rows = [blank] * 6 + [solid] * 4 + [blank] * 10
        case RuleStyle.LIGHT:
            rows = [blank] * 4 + [solid] * 2 + [blank] * 8
        case RuleStyle.DASHED:
            dashes = (b"\xfc\x3f\x0f\xc3\xf0" * width)[:width]
            rows = [blank] * 4 + [dashes] * 2 + [blank] * 8
        case _:
            assert_never(style)
    return Picture(rows=tuple(rows))


def _stamp(block: Stamp, profile: Profile) -> Picture:
    """Draw the timbre upright, or turned by 90 degrees on a head too narrow for it.

    Source: SII, Instructivo técnico boleta electrónica (2021-10-28), annex A.2.5: rows three
    modules high, quiet zone of 0.25 inch at the ends; Res. Ex. SII 74 of 2020: at least 2 x 4.5 cm.
    """
    if profile.stamp_columns is not None:
        upright = symbol(block.ted, columns=profile.stamp_columns)
        row_dots = LOW_STAMP_ROW_DOTS if block.rows is StampRows.LOW else STAMP_ROW_DOTS
        return _picture(_upright_rows(upright, row_dots), profile, margin_dots=STAMP_MARGIN_DOTS)
    turned = turned_symbol(block.ted, max_rows=TURNED_STAMP_MAX_DOTS // STAMP_ROW_DOTS)
    return _picture(_turned_rows(turned), profile, margin_dots=TURNED_STAMP_MARGIN_DOTS)


def _upright_rows(drawn: Symbol, row_dots: int) -> Iterator[str]:
    for row in drawn.rows:
        dots = "".join(("1" if black else "0") * STAMP_MODULE_DOTS for black in row)
        yield from [dots] * row_dots


def _turned_rows(drawn: Symbol) -> Iterator[str]:
    for module in range(drawn.width_modules):
        dots = "".join(
            ("1" if row[module] else "0") * STAMP_ROW_DOTS for row in reversed(drawn.rows)
        )
        yield from [dots] * STAMP_MODULE_DOTS


def _qr(content: str, profile: Profile) -> Picture:
    try:
        code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    except ValueError as error:
        raise DoesNotFit("El código QR lleva demasiado texto. Acorta el enlace.") from error
    modules = module_rows(code)
    if (len(modules) + 2 * QR_QUIET_MODULES) * QR_MODULE_DOTS > profile.dots:
        raise DoesNotFit("El código QR no cabe en este papel. Acorta el enlace.")
    rows = (
        "".join(("1" if black else "0") * QR_MODULE_DOTS for black in row)
        for row in modules
        for _ in range(QR_MODULE_DOTS)
    )
    return _picture(rows, profile, margin_dots=QR_QUIET_MODULES * QR_MODULE_DOTS)


def _bitmap(block: Bitmap, profile: Profile) -> Picture:
    try:
        dots = base64.b64decode(block.dots_base64, validate=True)
    except ValueError as error:
        raise DoesNotFit("El dibujo llegó incompleto. Imprime de nuevo.") from error
    row_bytes = block.width_dots // 8
    if row_bytes < 1 or block.width_dots % 8 or not dots or len(dots) % row_bytes:
        raise DoesNotFit("El dibujo llegó incompleto. Imprime de nuevo.")
    if block.width_dots > profile.dots:
        raise DoesNotFit("El dibujo es más ancho que este papel. Usa el rollo de 80 mm.")
    rows = (
        f"{int.from_bytes(dots[start : start + row_bytes], 'big'):0{block.width_dots}b}"
        for start in range(0, len(dots), row_bytes)
    )
    return _picture(rows, profile, margin_dots=0)


def _picture(rows: Iterator[str], profile: Profile, *, margin_dots: int) -> Picture:
    """Center rows of "0" and "1" on the head, with white above and below."""
    blank = bytes(profile.dots // 8)
    packed: list[bytes] = []
    for row in rows:
        # An even shift keeps two-dot modules on whole bytes' pairs of bits.
        left = (profile.dots - len(row)) // 4 * 2
        bits = ("0" * left + row).ljust(profile.dots, "0")
        packed.append(int(bits, 2).to_bytes(profile.dots // 8, "big"))
    return Picture(rows=(*([blank] * margin_dots), *packed, *([blank] * margin_dots)))
