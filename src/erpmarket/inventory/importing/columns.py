"""The columns of each kind of file: headings, what else people call them, and what they mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from erpmarket.catalog.search import fold
from erpmarket.inventory.importing import cells
from erpmarket.inventory.models import ImportKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `synonyms` are folded, `words` explain it in the template's second sheet."""

    field: str
    heading: str
    read: Callable[[cells.Cell], Any]
    words: str
    examples: tuple[cells.Cell, cells.Cell]
    synonyms: tuple[str, ...] = ()
    width: int = 14
    number_format: str = ""


_CODE: Final = Column(
    field="code",
    heading="Código interno",
    read=cells.code,
    words="Con él reconocemos el producto. Si va vacío, usamos el primer código de barra.",
    examples=("ACE-1", "PAN-1"),
    synonyms=("codigo", "cod", "cod interno", "sku", "codigo producto", "id producto", "item"),
    width=16,
)
_BARCODES: Final = Column(
    field="barcodes",
    heading="Códigos de barra",
    read=cells.barcodes,
    words="Uno o varios, separados por un espacio. Escribe ninguno para quitarlos todos.",
    examples=("7801234567894", None),
    synonyms=(
        "codigo de barra", "codigo de barras", "codigos de barras", "codigo barra",
        "codigo barras", "barcode", "ean", "ean13", "ean 13", "gtin", "upc",
    ),
    width=22,
)  # fmt: skip
_SHOWN_NAME: Final = Column(
    field="shown_name",
    heading="Nombre",
    read=cells.anything,
    words="Solo para que sepas qué fila es. Aquí no cambia nada.",
    examples=("Aceite maravilla 1 L", "Marraqueta"),
    synonyms=("producto", "descripcion", "articulo", "detalle", "nombre producto"),
    width=36,
)
_PRICE: Final = Column(
    field="price",
    heading="Precio",
    read=cells.price,
    words="Lo que paga la gente, con IVA, en pesos enteros: 1990 o 1.990.",
    examples=(2190, 1990),
    synonyms=(
        "precio venta", "precio de venta", "precio con iva", "precio final", "precio nuevo",
        "nuevo precio", "precio bruto", "valor", "precio publico", "pvp", "p venta",
    ),
    width=12,
    number_format="#,##0",
)  # fmt: skip
_CATALOGUE: Final = (
    _CODE,
    Column(
        field="name",
        heading="Nombre",
        read=cells.name,
        words="Como lo buscas en la caja y como sale en la boleta. Hasta 80 letras.",
        examples=("Aceite maravilla 1 L", "Marraqueta"),
        synonyms=_SHOWN_NAME.synonyms,
        width=36,
    ),
    _BARCODES,
    Column(
        field="category",
        heading="Categoría",
        read=cells.category,
        words="Si todavía no existe, te proponemos crearla antes de cargar.",
        examples=("Abarrotes", "Panadería"),
        synonyms=("familia", "rubro", "departamento", "linea", "seccion", "grupo"),
        width=18,
    ),
    Column(
        field="unit",
        heading="Se vende por",
        read=cells.unit,
        words="unidad o kilo. Vacío: unidad.",
        examples=("unidad", "kilo"),
        synonyms=("unidad", "unidad de medida", "um", "medida", "formato de venta", "tipo venta"),
    ),
    _PRICE,
    Column(
        field="is_exempt",
        heading="Exento de IVA",
        read=cells.flag,
        words="sí o no. Vacío: no.",
        examples=("no", "no"),
        synonyms=("exento", "exento iva", "es exento"),
    ),
    Column(
        field="additional_tax_code",
        heading="Impuesto adicional",
        read=cells.tax,
        words="El código del impuesto que paga tu proveedor, o ninguno: "
        + ", ".join(f"{code} {words}" for code, words in cells.list_taxes())
        + ".",
        examples=("ninguno", "ninguno"),
        synonyms=("ila", "impuesto", "codigo impuesto", "imp adicional"),
    ),
    Column(
        field="plu",
        heading="PLU",
        read=cells.plu,
        words="El número que imprime la pesa, de 1 a 999.999. Escribe ninguno para quitarlo.",
        examples=(None, 101),
        synonyms=("plu de la pesa", "plu balanza", "codigo pesa", "codigo balanza"),
        width=8,
    ),
    Column(
        field="content",
        heading="Contenido",
        read=cells.content,
        words="Cuánto trae, para el precio por litro o kilo: 400 g, 1,5 L, 6 x 350 ml.",
        examples=("1 L", None),
        synonyms=("contenido neto", "formato", "tamano"),
    ),
    Column(
        field="is_age_restricted",
        heading="Solo mayores de 18",
        read=cells.flag,
        words="sí o no. Vacío: no.",
        examples=("no", "no"),
        synonyms=("mayores de 18", "solo adultos", "restringido"),
        width=18,
    ),
    Column(
        field="takes_baes",
        heading="Se paga con BAES",
        read=cells.flag,
        words="sí o no: si la tarjeta de alimentación lo puede pagar. Vacío: no.",
        examples=("sí", "sí"),
        synonyms=("baes", "paga con baes", "tarjeta baes", "alimento baes"),
        width=18,
    ),
    Column(
        field="is_favourite",
        heading="Favorito en la caja",
        read=cells.flag,
        words="sí o no. Vacío: no.",
        examples=("no", "sí"),
        synonyms=("favorito", "favoritos"),
        width=18,
    ),
    Column(
        field="is_active",
        heading="En venta",
        read=cells.flag,
        words="sí o no. Vacío: sí. Con no, el producto queda archivado.",
        examples=("sí", "sí"),
        synonyms=("activo", "vigente", "habilitado", "a la venta"),
    ),
)
_STOCK: Final = (
    _CODE,
    _SHOWN_NAME,
    _BARCODES,
    Column(
        field="quantity",
        heading="Cantidad contada",
        read=cells.quantity,
        words="Lo que hay en la bodega, no lo que entra. En kilos con coma: 12,5.",
        examples=(24, 12.5),
        synonyms=(
            "cantidad", "stock", "stock actual", "existencia", "existencias", "conteo", "contado",
            "stock inicial", "saldo", "inventario", "unidades",
        ),
        width=18,
        number_format="#,##0.###",
    ),
    Column(
        field="unit_cost",
        heading="Costo unitario",
        read=cells.cost,
        words="Lo que te costó uno, sin IVA. Solo hace falta para lo que entra por primera vez.",
        examples=(1450, 890.5),
        synonyms=(
            "costo", "costo neto", "costo promedio", "precio costo", "precio de costo", "costo un",
            "costo compra", "precio compra", "precio de compra",
        ),
        number_format="#,##0.####",
    ),
    Column(
        field="counted_at",
        heading="Contado el",
        read=cells.instant,
        words="El día, como 20-11-2026, o con hora. Vacío: cuando subes la planilla.",
        examples=(None, None),
        synonyms=("fecha", "fecha conteo", "dia", "fecha de conteo", "contado"),
        width=18,
    ),
)  # fmt: skip
COLUMNS: Final[Mapping[str, Sequence[Column]]] = {
    ImportKind.CATALOGUE: _CATALOGUE,
    ImportKind.PRICES: (_CODE, _SHOWN_NAME, _BARCODES, _PRICE),
    ImportKind.STOCK: _STOCK,
}
# What must be among the columns: one of each group.
NEEDED: Final[Mapping[str, Sequence[tuple[str, ...]]]] = {
    ImportKind.CATALOGUE: (("code", "barcodes"), ("name",)),
    ImportKind.PRICES: (("code", "barcodes"), ("price",)),
    ImportKind.STOCK: (("code", "barcodes"), ("quantity",)),
}


def heading_of(kind: str, field: str) -> str:
    """Give the heading of a field; empty for none."""
    return next((each.heading for each in COLUMNS[kind] if each.field == field), "")


def match_headings(kind: str, headings: Sequence[str]) -> dict[int, str]:
    """Say which field each heading names, by place; the first of two alike counts."""
    known: dict[str, str] = {}
    for column in COLUMNS[kind]:
        for words in (column.heading, *column.synonyms):
            known.setdefault(_key(words), column.field)
    # A column's own heading goes before another's nickname.
    known.update({_key(column.heading): column.field for column in COLUMNS[kind]})
    found: dict[int, str] = {}
    for place, heading in enumerate(headings):
        field = known.get(_key(heading))
        if field is not None and field not in found.values():
            found[place] = field
    return found


def missing_groups(kind: str, fields: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """List what is needed and not there."""
    return tuple(group for group in NEEDED[kind] if not set(group) & set(fields))


def _key(words: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in fold(words)).split())
