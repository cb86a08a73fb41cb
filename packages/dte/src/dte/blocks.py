"""Blocks: what a paper says, in order, with no device in sight.

`dte.printable` makes them from a stored document, the till agent turns them into printer bytes, a
page or a PDF template may draw the same ones. They travel as JSON (`blocks_to_json`), and what
comes back from outside is read strictly (`blocks_from_json`), because a web page sends it.
Amounts are whole pesos and stay numbers, so that "the right column adds up" can be tested.
"""

import enum
import types
import typing
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from typing import ClassVar

from dte.clock import chile_time
from dte.errors import DteError

COPY_MARK = "COPIA"
COPY_MARK_AT_STAMP = "* * *  COPIA  * * *"
DEMONSTRATION_MARK = "DEMOSTRACIÓN - SIN VALIDEZ"
# A boleta has at most 1,000 lines (EnvioBOLETA_v11, Detalle), each of up to four blocks.
MAX_BLOCKS = 5_000
MAX_TEXT = 1_000
# 928 codewords of PDF417 carry at most 1,108 bytes.
MAX_TED_BYTES = 1_108
MAX_AMOUNT_CLP = 999_999_999_999
MAX_FOLIO = 9_999_999_999
# A shelf label of 48 x 34 mm is 13 kilobytes of dots at 203 dpi; base64 makes four signs of three.
MAX_BITMAP_TEXT = 24_000


class BadBlocks(DteError):
    """A list of blocks that does not follow the format; the message says which one and why."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_blocks", message)


class TextRole(enum.StrEnum):
    """What a text is for; each device chooses its own size."""

    NORMAL = "normal"
    STRONG = "strong"
    SHOP_NAME = "shop_name"
    MARK = "mark"


class Align(enum.StrEnum):
    """Where a text stands on its line."""

    LEFT = "left"
    CENTER = "center"


class RuleStyle(enum.StrEnum):
    """How strong a line across the paper is."""

    HEAVY = "heavy"
    LIGHT = "light"
    DASHED = "dashed"


class StampRows(enum.StrEnum):
    """How high a printer draws a row of the stamp: three modules, or two and a half."""

    FULL = "full"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Free text; it breaks at " · " first, then between words."""

    kind: ClassVar[str] = "text"
    text: str
    role: TextRole = TextRole.NORMAL
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBox:
    """Issuer's RUT with dots, name of the document in capitals, folio.

    `closed` asks for the frame that the law wants on all but boletas.
    """

    kind: ClassVar[str] = "document_box"
    rut: str
    name: str
    folio: int
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line across the paper."""

    kind: ClassVar[str] = "rule"
    style: RuleStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two texts at both ends of a line."""

    kind: ClassVar[str] = "pair"
    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """A product; `amount_clp` is price times quantity before its discounts."""

    kind: ClassVar[str] = "item"
    name: str
    amount_clp: int
    exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemNote:
    """A line below a product: its quantity (no amount), a discount or a surcharge."""

    kind: ClassVar[str] = "item_note"
    text: str
    amount_clp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A label with an amount; `narrow_label` replaces the label where it would not fit."""

    kind: ClassVar[str] = "amount"
    label: str
    amount_clp: int
    narrow_label: str = ""
    strong: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The total of the document, in pesos."""

    kind: ClassVar[str] = "total"
    amount_clp: int
    label: str = "TOTAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The flat TED, the very bytes that go into the barcode."""

    kind: ClassVar[str] = "stamp"
    ted: bytes
    rows: StampRows = StampRows.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Qr:
    """A square code with a text or an address."""

    kind: ClassVar[str] = "qr"
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitmap:
    """A picture in dots: rows of whole bytes, 1 is black, left bit first, as base64."""

    kind: ClassVar[str] = "bitmap"
    width_dots: int
    dots_base64: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMark:
    """The paper is a reprint, made at this instant (aware)."""

    reprinted_at: datetime


Block = (
    Text | DocumentBox | Rule | Pair | ItemLine | ItemNote | Amount | Total | Stamp | Qr | Bitmap
)
BLOCK_TYPES: Mapping[str, type[Block]] = {
    block_type.kind: block_type for block_type in typing.get_args(Block)
}

Json = str | int | bool | None
JsonBlock = dict[str, Json]


def instant_text(at: datetime) -> str:
    """Write an aware instant in Chile's local time: `22-11-2026 18:42`."""
    return chile_time(at).strftime("%d-%m-%Y %H:%M")


def as_copy(blocks: Sequence[Block], *, reprinted_at: datetime) -> tuple[Block, ...]:
    """Mark the blocks as a reprint at the top and above the stamp; marked ones stay as they are.

    Twice, because the top of a roll can be torn off.
    """
    mark = Text(text=COPY_MARK, role=TextRole.MARK, align=Align.CENTER)
    if mark in blocks:
        return tuple(blocks)
    when = Text(text=f"Reimpresa {instant_text(reprinted_at)}", align=Align.CENTER)
    return _marked(blocks, (mark, when), COPY_MARK_AT_STAMP)


def as_demonstration(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Mark the blocks of a test company or of practice mode at the two places of a copy."""
    mark = Text(text=DEMONSTRATION_MARK, role=TextRole.MARK, align=Align.CENTER)
    return _marked(blocks, (mark,), DEMONSTRATION_MARK)


def _marked(blocks: Sequence[Block], top: tuple[Text, ...], at_stamp: str) -> tuple[Block, ...]:
    above = Text(text=at_stamp, role=TextRole.STRONG, align=Align.CENTER)
    marked: list[Block] = [*top, Rule(style=RuleStyle.LIGHT)]
    for block in blocks:
        if isinstance(block, Stamp):
            marked.append(above)
        marked.append(block)
    return tuple(marked)


def blocks_to_json(blocks: Sequence[Block]) -> list[JsonBlock]:
    """Turn blocks into plain JSON values; the TED becomes a Latin-1 string."""
    return [_block_to_json(block) for block in blocks]


def _block_to_json(block: Block) -> JsonBlock:
    written: JsonBlock = {"kind": block.kind}
    for field in fields(block):
        value = getattr(block, field.name)
        if isinstance(value, bytes):
            written[field.name] = value.decode("latin-1")
        else:
            written[field.name] = value.value if isinstance(value, enum.StrEnum) else value
    return written


def blocks_from_json(value: object) -> tuple[Block, ...]:
    """Read blocks back from JSON values, or raise BadBlocks for anything not exactly right.

    An empty list is none: whether that makes sense is for who asked.
    """
    if not isinstance(value, list):
        raise BadBlocks("Los bloques deben venir en una lista.")
    if len(value) > MAX_BLOCKS:
        raise BadBlocks(f"Un papel lleva hasta {MAX_BLOCKS} bloques; este trae {len(value)}.")
    return tuple(_block_from_json(index, item) for index, item in enumerate(value))


def _block_from_json(index: int, item: object) -> Block:
    if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
        raise BadBlocks(f"El bloque {index} no dice de qué tipo es.")
    block_type = BLOCK_TYPES.get(item["kind"])
    if block_type is None:
        raise BadBlocks(f"El bloque {index} es de un tipo desconocido.")
    hints = _field_types(block_type.kind)
    if not set(item) <= {"kind", *hints}:
        raise BadBlocks(f"El bloque {index} trae campos que no existen.")
    read: dict[str, object] = {}
    for field in fields(block_type):
        if field.name in item:
            read[field.name] = _field_from_json(
                index, field.name, hints[field.name], item[field.name]
            )
        elif field.default is MISSING:
            raise BadBlocks(f"Al bloque {index} le falta {field.name}.")
    # The loop above checked names and types; mypy cannot follow values read by field name.
    construct = typing.cast("Callable[..., Block]", block_type)
    return construct(**read)


@cache
def _field_types(kind: str) -> dict[str, object]:
    block_type = BLOCK_TYPES[kind]
    hints = typing.get_type_hints(block_type)
    return {field.name: hints[field.name] for field in fields(block_type)}


def _field_from_json(index: int, name: str, wanted: object, value: object) -> object:
    where = f"En el bloque {index}, {name}"
    if wanted is bytes:
        return _ted_from_json(where, value)
    if wanted is str:
        return _text_from_json(where, value, MAX_BITMAP_TEXT if name == "dots_base64" else MAX_TEXT)
    if wanted is bool:
        if not isinstance(value, bool):
            raise BadBlocks(f"{where} debe ser verdadero o falso.")
        return value
    if isinstance(wanted, type) and issubclass(wanted, enum.StrEnum):
        if value not in [member.value for member in wanted]:
            raise BadBlocks(f"{where} no es un valor conocido.")
        return wanted(value)
    if value is None and isinstance(wanted, types.UnionType):
        return None
    limit = MAX_FOLIO if name == "folio" else MAX_AMOUNT_CLP
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > limit:
        raise BadBlocks(f"{where} debe ser un número entero de hasta {limit}.")
    return value


def _text_from_json(where: str, value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise BadBlocks(f"{where} debe ser un texto de hasta {limit} caracteres.")
    # A control byte would be a printer command.
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        raise BadBlocks(f"{where} trae caracteres de control.")
    return value


def _ted_from_json(where: str, value: object) -> bytes:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TED_BYTES:
        raise BadBlocks(f"{where} debe tener entre 1 y {MAX_TED_BYTES} caracteres.")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise BadBlocks(f"{where} sólo admite caracteres ISO-8859-1.") from None
