"""What a company has, as rows for a file: read batch by batch, each in a scope of its own.

No transaction stays open while somebody's slow line takes the file. What is exported can be brought
back, and then changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db import connection

from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.queries import list_categories
from erpmarket.catalog.snapshots import ProductSnapshot, list_snapshots
from erpmarket.inventory.importing.cells import Cell
from erpmarket.inventory.importing.columns import COLUMNS
from erpmarket.inventory.importing.sheets import Heading, headings_of
from erpmarket.inventory.models import ImportKind, MoveKind
from erpmarket.tenancy.scope import company_scope, current_company

BATCH: Final = 1_000
KARDEX: Final = "kardex"
_COST_QUANTUM: Final = Decimal("0.0001")
_MOVE_WORDS: Final = {kind.value: kind.label for kind in MoveKind}
_UNITS: Final = {Unit.PIECE: "unidad", Unit.KILO: "kilo"}
_QUANTITY: Final = "#,##0.###"
_MONEY: Final = "#,##0.####"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file to be written: `rows` are read while it is taken."""

    title: str
    headings: tuple[Heading, ...]
    rows: Iterator[Sequence[Cell]]


def export(
    company_id: int, kind: str, *, warehouse_id: int | None, product_id: int | None = None
) -> Export:
    """Prepare the export of a kind; the kardex of one product, or of all."""
    if kind == KARDEX:
        return Export(
            title="Kardex",
            headings=_KARDEX_HEADINGS,
            rows=_batches(company_id, lambda after: _kardex(after, warehouse_id, product_id)),
        )
    readers: Mapping[str, Callable[[int], list[_Keyed]]] = {
        ImportKind.CATALOGUE: _catalogue,
        ImportKind.PRICES: _prices,
        ImportKind.STOCK: lambda after: _stock(after, warehouse_id),
    }
    return Export(
        title=ImportKind(kind).label,
        headings=headings_of(COLUMNS[kind]),
        rows=_batches(company_id, readers[kind]),
    )


_Keyed = tuple[int, Sequence[Cell]]


def _batches(company_id: int, read: Callable[[int], list[_Keyed]]) -> Iterator[Sequence[Cell]]:
    after = 0
    while True:
        # Never across a yield: whoever stops reading would leave the company bound.
        with company_scope(company_id):
            found = read(after)
        for _, row in found:
            yield row
        if len(found) < BATCH:
            return
        after = found[-1][0]


def _catalogue(after: int) -> list[_Keyed]:
    categories = {row.id: row.name for row in list_categories()}
    return [
        (each.id, _product_cells(each, categories))
        for each in list_snapshots(after_id=after, limit=BATCH)
    ]


def _product_cells(product: ProductSnapshot, categories: Mapping[int, str]) -> list[Cell]:
    facts = product.facts
    cells: dict[str, Cell] = {
        "code": facts.code,
        "name": facts.name,
        "barcodes": " ".join(facts.barcodes),
        "category": categories.get(facts.category_id, ""),
        "unit": _UNITS[facts.unit],
        "price": product.price_clp,
        "is_exempt": facts.is_exempt,
        "additional_tax_code": facts.additional_tax_code,
        "plu": facts.plu,
        "content": facts.content,
        "is_age_restricted": facts.is_age_restricted,
        "takes_baes": facts.takes_baes,
        "is_favourite": facts.is_favourite,
        "is_active": facts.is_active,
    }
    return [cells[column.field] for column in COLUMNS[ImportKind.CATALOGUE]]


def _prices(after: int) -> list[_Keyed]:
    return [
        (each.id, [each.facts.code, each.facts.name, " ".join(each.facts.barcodes), each.price_clp])
        for each in list_snapshots(after_id=after, limit=BATCH)
    ]


_STOCK = """
SELECT p.id, p.code, p.name,
       coalesce((SELECT string_agg(b.code, ' ' ORDER BY b.id) FROM catalog_barcode b
                  WHERE b.company_id = p.company_id AND b.product_id = p.id), ''),
       coalesce(s.quantity, 0), s.quantity, s.value, s.last_cost
  FROM catalog_product p
  LEFT JOIN inventory_stock s
    ON s.company_id = p.company_id AND s.product_id = p.id AND s.warehouse_id = %s
 WHERE p.company_id = %s AND p.id > %s AND (p.is_active OR s.quantity <> 0)
 ORDER BY p.id LIMIT %s
"""


def _stock(after: int, warehouse_id: int | None) -> list[_Keyed]:
    rows = _select(_STOCK, [warehouse_id, current_company(), after, BATCH])
    return [
        (row[0], [row[1], row[2], row[3], row[4], _average(row[5], row[6], row[7]), None])
        for row in rows
    ]


def _average(
    quantity: Decimal | None, value: Decimal | None, last_cost: Decimal | None
) -> Decimal | None:
    """Give what one costs: the average where there is some, else what the last one cost."""
    if quantity is None or value is None or quantity <= 0:
        return last_cost
    # A pool of the whole company keeps its value elsewhere.
    return (value / quantity).quantize(_COST_QUANTUM, ROUND_HALF_UP) if value else last_cost


_KARDEX_HEADINGS: Final = (
    Heading(words="Fecha", width=18),
    Heading(words="Código interno", width=16),
    Heading(words="Producto", width=36),
    Heading(words="Bodega", width=18),
    Heading(words="Movimiento", width=22),
    Heading(words="Cantidad", number_format=_QUANTITY),
    Heading(words="Valor", number_format=_MONEY),
    Heading(words="Saldo cantidad", number_format=_QUANTITY),
    Heading(words="Saldo valor", number_format=_MONEY),
    Heading(words="Detalle", width=24),
)
_KARDEX = """
SELECT m.id, m.happened_at, p.code, p.name, w.name, m.kind, m.quantity, m.value,
       m.balance_quantity, m.balance_value, m.detail
  FROM inventory_stockmove m
  JOIN catalog_product p ON p.company_id = m.company_id AND p.id = m.product_id
  JOIN inventory_warehouse w ON w.company_id = m.company_id AND w.id = m.warehouse_id
 WHERE m.company_id = %(company)s AND m.id > %(after)s
   AND (%(warehouse)s::bigint IS NULL OR m.warehouse_id = %(warehouse)s)
   AND (%(product)s::bigint IS NULL OR m.product_id = %(product)s)
 ORDER BY m.id LIMIT %(limit)s
"""


def _kardex(after: int, warehouse_id: int | None, product_id: int | None) -> list[_Keyed]:
    rows = _select(
        _KARDEX,
        {
            "company": current_company(),
            "after": after,
            "warehouse": warehouse_id,
            "product": product_id,
            "limit": BATCH,
        },
    )
    return [(row[0], [*row[1:5], _MOVE_WORDS.get(row[5], row[5]), *row[6:]]) for row in rows]


def _select(sql: str, parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401  (as Django takes them)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
