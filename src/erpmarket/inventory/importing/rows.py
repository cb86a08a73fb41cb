"""From cells to what a row says of a product, and what is wrong within the file itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from erpmarket.inventory.importing.cells import text_of
from erpmarket.inventory.importing.columns import COLUMNS, heading_of
from erpmarket.inventory.importing.errors import BadCell, Problem
from erpmarket.inventory.importing.reading import Table
from erpmarket.inventory.models import ImportKind

_CODE_LIMIT: Final = 20
# What a row is about, and what to write when it is not there.
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    ImportKind.PRICES: ("price", "Escribe el precio nuevo."),
    ImportKind.STOCK: ("quantity", "Escribe cuánto hay. Si no queda nada, escribe 0."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """What a row says: field → value; a cell that is empty says nothing."""

    number: int
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The code by which the product is known: its own, or its first barcode."""
        code = self.values.get("code", "")
        codes = self.values.get("barcodes", ())
        return str(code or (codes[0] if codes else ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The rows that can be compared with what is there, and what is wrong with the others."""

    rows: tuple[ImportRow, ...]
    problems: tuple[Problem, ...]


def understand(table: Table, mapping: Mapping[int, str], *, kind: str) -> Understood:
    """Read every cell; a row with anything wrong in it is not loaded."""
    columns = {each.field: each for each in COLUMNS[kind]}
    placed = [(place, columns[field]) for place, field in sorted(mapping.items())]
    rows: list[ImportRow] = []
    problems: list[Problem] = []
    for number, cells in table.rows:
        values: dict[str, Any] = {}
        wrong: list[Problem] = []
        for place, column in placed:
            cell = cells[place] if place < len(cells) else None
            if cell is None or not text_of(cell):
                continue
            try:
                values[column.field] = column.read(cell)
            except BadCell as bad:
                wrong.append(Problem(row=number, column=column.heading, words=str(bad)))
        row = ImportRow(number=number, values=values)
        wrong += _incomplete(row, kind, has_wrong=bool(wrong))
        if wrong:
            problems += wrong
        else:
            rows.append(row)
    repeated = _repeated(rows, kind)
    wrong_rows = {problem.row for problem in repeated}
    return Understood(
        rows=tuple(row for row in rows if row.number not in wrong_rows),
        problems=tuple(sorted((*problems, *repeated), key=lambda problem: problem.row)),
    )


def _incomplete(row: ImportRow, kind: str, *, has_wrong: bool) -> list[Problem]:
    """Say what a row needs and has not; where a cell is wrong anyway, that is told alone."""
    if has_wrong:
        return []
    wrong = []
    if not row.key:
        wrong.append(
            Problem(
                row=row.number,
                column=heading_of(kind, "code"),
                words="Escribe el código interno o un código de barra.",
            )
        )
    elif len(row.key) > _CODE_LIMIT:
        wrong.append(
            Problem(
                row=row.number,
                column=heading_of(kind, "code"),
                words="Usa un código de hasta 20 letras o números.",
            )
        )
    field, words = _SAID.get(kind, ("", ""))
    if field and field not in row.values:
        wrong.append(Problem(row=row.number, column=heading_of(kind, field), words=words))
    return wrong


def _repeated(rows: Sequence[ImportRow], kind: str) -> list[Problem]:
    """Find codes that stand in two rows: the second one is wrong, and says where the first is."""
    wrong: list[Problem] = []
    seen: dict[str, dict[Any, int]] = {"code": {}, "barcodes": {}, "plu": {}}
    for row in rows:
        for field, known in seen.items():
            if field not in row.values and field != "code":
                continue
            value = row.key if field == "code" else row.values[field]
            for each in value if isinstance(value, tuple) else (value,):
                first = known.setdefault(each, row.number) if each is not None else row.number
                if first != row.number:
                    words = f"«{each}» ya está en la fila {first}. Deja una de las dos."
                    column = heading_of(kind, field)
                    wrong.append(Problem(row=row.number, column=column, words=words))
    return wrong
