"""The paper of a document as a page shows it: the blocks that were printed, the stamp as a path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from dte.blocks import Block, Stamp
from dte.codes import DocumentType
from dte.errors import DteError
from dte.pdf417 import MODULES_PER_ROW, Symbol, symbol
from dte.printable.receipt import Shop, receipt_blocks
from dte.printable.roll import roll_blocks
from dte.xml.read import read_document
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.paper_queries import current_xml, find_paper_look
from erpmarket.fiscal.qr import qr_path
from erpmarket.fiscal.receipts import find_sale_facts, paper_shop
from erpmarket.tenancy.models import Company

# As on the 80 mm roll.
STAMP_COLUMNS: Final = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class StampDrawing:
    """A PDF417 as one SVG path; the unit is a module."""

    width: int
    height: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facsimile:
    """What the paper says, top to bottom."""

    blocks: tuple[Block, ...]
    stamp: StampDrawing


def draw_facsimile(document: IssuedDocument, company: Company) -> Facsimile | None:
    """Draw a stored document of any type from its XML; None when we cannot print it."""
    shop = paper_shop(document, company, find_paper_look(document.branch_id))
    document_xml = current_xml(document)
    try:
        blocks = _blocks(document, document_xml, shop)
        ted = next(block.ted for block in blocks if isinstance(block, Stamp))
        return Facsimile(blocks=blocks, stamp=draw_stamp(symbol(ted, columns=STAMP_COLUMNS)))
    except DteError:
        return None


def draw_link(url: str) -> StampDrawing:
    """Draw the QR of an address as one path, with its quiet zone."""
    side, path = qr_path(url)
    return StampDrawing(width=side, height=side, path=path)


def _blocks(document: IssuedDocument, document_xml: bytes, shop: Shop) -> tuple[Block, ...]:
    if DocumentType(document.kind).is_boleta:
        return receipt_blocks(document_xml, shop=shop, sale=find_sale_facts(document))
    return roll_blocks(read_document(document_xml), shop=shop)


def draw_stamp(drawn: Symbol) -> StampDrawing:
    """Turn the black modules of each row into rectangles of one path."""
    return StampDrawing(
        width=drawn.width_modules,
        height=len(drawn.rows) * MODULES_PER_ROW,
        path="".join(
            f"M{start} {y * MODULES_PER_ROW}h{length}v{MODULES_PER_ROW}h-{length}z"
            for y, row in enumerate(drawn.rows)
            for start, length in _black_runs(row)
        ),
    )


def _black_runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield where each run of black modules starts and how long it is."""
    place = 0
    for is_black, run in groupby(row):
        length = sum(1 for _ in run)
        if is_black:
            yield place, length
        place += length
