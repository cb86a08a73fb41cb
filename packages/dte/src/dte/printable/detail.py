"""The detail of a roll: each product with its quantity, discount and surcharge on own lines."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from dte.blocks import Block, ItemLine, ItemNote
from dte.printable import words
from dte.printable.column import CountedLine
from dte.printable.sums import line_mark
from dte.xml.read import ReadDocument

OUTSIDE_HEADING = "No facturable, fuera del total:"


def detail_blocks(
    document: ReadDocument,
    counted: Sequence[CountedLine],
    *,
    labels: Mapping[int, str],
    with_descriptions: bool = False,
) -> Iterator[Block]:
    """Yield price x quantity of each line and its movements, so that the column adds up.

    `labels` are words for the discounts of lines, by number from 1.
    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), column I; Manual de muestras
    impresas v3.0: discounts are shown as amounts.
    """
    for each in counted:
        line = each.line
        # MontoItem is net of the line's discount and surcharge, which get their own lines here.
        gross_clp = each.amount_clp + line.discount_clp - line.surcharge_clp
        is_marked = line_mark(document, line.exemption) == "E"
        yield ItemLine(name=line.name, amount_clp=gross_clp, exempt=is_marked)
        if with_descriptions and line.description:
            yield ItemNote(text=line.description)
        quantity = words.counted_text(line)
        if quantity:
            yield ItemNote(text=quantity)
        if line.discount_clp:
            label = labels.get(each.number, _percent("Descuento", line.discount_percent))
            yield ItemNote(text=label, amount_clp=-line.discount_clp)
        if line.surcharge_clp:
            label = _percent("Recargo", line.surcharge_percent)
            yield ItemNote(text=label, amount_clp=line.surcharge_clp)


def _percent(word: str, percent: Decimal | None) -> str:
    return word if percent is None else f"{word} {words.decimal_text(percent)}%"
