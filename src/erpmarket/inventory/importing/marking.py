"""A person's own file, with one more column: what is wrong in each row."""

from collections.abc import Iterator, Sequence
from typing import Final

from erpmarket.inventory.importing.cells import Cell
from erpmarket.inventory.importing.columns import match_headings
from erpmarket.inventory.importing.reading import read_table
from erpmarket.inventory.importing.sheets import Heading
from erpmarket.inventory.models import ImportRun

MARK: Final = "Qué corregir"


def mark_rows(run: ImportRun) -> tuple[tuple[Heading, ...], Iterator[Sequence[Cell]], bool]:
    """Give headings and rows of a file with its problems, and whether it was Excel.

    A column of marks from the time before is written anew. Raises FileRefused.
    """
    table = read_table(bytes(run.raw), kind=run.kind)
    words: dict[int, list[str]] = {}
    for row, column, told in (*run.problems, *run.counts.get("refused", ())):
        words.setdefault(row, []).append(f"{column}: {told}" if column else told)
    kept = [place for place, heading in enumerate(table.headings) if heading != MARK]
    named = match_headings(run.kind, table.headings)
    headings = [
        Heading(words=table.headings[place], width=36 if named.get(place) == "name" else 16)
        for place in kept
    ]
    rows = (
        [
            *(cells[place] if place < len(cells) else None for place in kept),
            " ".join(words.get(number, ())),
        ]
        for number, cells in table.rows
    )
    return (*headings, Heading(words=MARK, width=80)), rows, table.is_excel
