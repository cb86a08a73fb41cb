"""The log as a file that any spreadsheet opens."""

from collections.abc import Iterator
from typing import Final

from django.http import StreamingHttpResponse

from erpmarket.common.clock import SANTIAGO
from erpmarket.inventory.downloads import rows_file
from erpmarket.inventory.importing.cells import Cell
from erpmarket.inventory.importing.sheets import Heading
from erpmarket.pos.shift_models import TillDeed
from erpmarket.pos.shift_queries import DeedFilter, list_deeds

MOST_ROWS: Final = 50_000
_HEADINGS: Final = tuple(
    Heading(words=words)
    for words in ("Día", "Hora", "Caja", "Qué", "Detalle", "Monto", "Quién", "Autorizó")
)


def deeds_csv(wanted: DeedFilter, *, name: str) -> StreamingHttpResponse:
    """Answer with the deeds of a filter, newest first; read at once, in this request's company."""
    rows = [tuple(_cells(deed)) for deed in list_deeds(wanted, limit=MOST_ROWS)]
    return rows_file(_HEADINGS, rows, title="Bitácora", name=name, is_excel=False)


def _cells(deed: TillDeed) -> Iterator[Cell]:
    local = deed.made_at.astimezone(SANTIAGO)
    yield local.date()
    yield f"{local:%H:%M:%S}"
    yield deed.shift.till.name
    yield deed.get_kind_display()
    yield deed.words
    yield deed.amount_clp
    yield deed.made_by.display_name
    yield "" if deed.approved_by is None else deed.approved_by.display_name
