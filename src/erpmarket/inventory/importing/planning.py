"""Compare what rows say with what is there: what would change, and what cannot be.

The same comparison makes the dry run and every batch of the real one, so that they cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from erpmarket.catalog.actions.products import EDITED_FIELDS, ProductFacts
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.queries import list_categories
from erpmarket.catalog.search import fold
from erpmarket.catalog.snapshots import ProductSnapshot, find_snapshots, list_snapshots
from erpmarket.inventory.importing.columns import heading_of
from erpmarket.inventory.importing.errors import Problem
from erpmarket.inventory.importing.rows import ImportRow
from erpmarket.inventory.ledger import moved_after
from erpmarket.inventory.models import ImportKind
from erpmarket.tenancy.scope import current_company
from erpmarket.ui.formats import clp
from erpmarket.ui.formats import quantity as shown_quantity

ZERO: Final = Decimal(0)
# Beyond this, reading the whole catalogue is quicker than asking for so many codes.
_MANY: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a row says lay there."""

    quantity: Decimal
    counted_at: datetime
    unit_cost: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one row would do; without product it makes one."""

    row: int
    product_id: int | None
    name: str
    words: str
    facts: ProductFacts | None = None
    price_clp: int | None = None
    counted: Counted | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What rows would do together."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    same: int
    new_categories: tuple[str, ...] = ()

    @property
    def new(self) -> int:
        """How many products would be added."""
        return sum(change.product_id is None for change in self.changes)


class _Wrong(Exception):
    def __init__(self, column: str, words: str) -> None:
        super().__init__(words)
        self.column, self.words = column, words


class _Known:
    """The products that rows speak of, and the company's categories."""

    def __init__(self, rows: Sequence[ImportRow], *, is_locked: bool) -> None:
        if len(rows) > _MANY and not is_locked:
            found = list_snapshots()
        else:
            codes = [code for row in rows for code in (row.key, *row.values.get("barcodes", ()))]
            plus = [row.values["plu"] for row in rows if row.values.get("plu") is not None]
            found = find_snapshots(codes=codes, plus=plus, is_locked=is_locked)
        self.by_code = {each.facts.code: each for each in found}
        self.by_barcode = {code: each for each in found for code in each.facts.barcodes}
        self.by_plu = {each.facts.plu: each for each in found if each.facts.plu is not None}
        self.categories = {
            fold(name): category_id
            for category_id, name in ((row.id, row.name) for row in list_categories())
        }
        self.category_names = {row.id: row.name for row in list_categories()}

    def find(self, row: ImportRow) -> ProductSnapshot | None:
        """Find a row's product by its code, else by what may be a barcode."""
        return self.by_code.get(row.key) or self.by_barcode.get(row.key)


def plan(
    rows: Sequence[ImportRow],
    *,
    kind: str,
    at: datetime,
    warehouse_id: int | None,
    is_real: bool,
) -> Plan:
    """Compare rows with the company's products; `at` is when the file came.

    When it is real the products are locked, for what is about to be written; else categories that
    are not there are proposed, and their products carry category 0.
    """
    known = _Known(rows, is_locked=is_real and kind != ImportKind.STOCK)
    planner = {
        ImportKind.CATALOGUE: _plan_product,
        ImportKind.PRICES: _plan_price,
        ImportKind.STOCK: _plan_count,
    }[ImportKind(kind)]
    scene = _Scene(
        kind=kind,
        known=known,
        at=at,
        may_add_categories=not is_real,
        on_hand=_on_hand(rows, known, at, warehouse_id) if kind == ImportKind.STOCK else {},
    )
    changes: list[Change] = []
    problems: list[Problem] = []
    same = 0
    for row in rows:
        product = known.find(row)
        try:
            _check_first(row, product, scene)
            change = planner(row, product, scene)
        except _Wrong as wrong:
            problems.append(Problem(row=row.number, column=wrong.column, words=wrong.words))
            continue
        if change is None:
            same += 1
        else:
            changes.append(change)
    return Plan(
        changes=tuple(changes),
        problems=tuple(problems),
        same=same,
        new_categories=tuple(scene.new_categories.values()),
    )


@dataclass(slots=True, kw_only=True)
class _Scene:
    kind: str
    known: _Known
    at: datetime
    may_add_categories: bool
    on_hand: Mapping[int, Decimal]
    new_categories: dict[str, str] = field(default_factory=dict)
    touched: dict[int, int] = field(default_factory=dict)

    def wrong(self, name: str, words: str) -> _Wrong:
        return _Wrong(heading_of(self.kind, name), words)

    def category(self, name: str) -> int:
        known: int | None = self.known.categories.get(fold(name))
        if known is not None:
            return known
        if not self.may_add_categories:
            raise self.wrong(
                "category", f"La categoría {name} ya no está. Créala y vuelve a subir."
            )
        self.new_categories.setdefault(fold(name), name)
        return 0


def _check_first(row: ImportRow, product: ProductSnapshot | None, scene: _Scene) -> None:
    """Refuse a second row of one product, when each names it by another of its codes."""
    first = row.number if product is None else scene.touched.setdefault(product.id, row.number)
    if first != row.number:
        words = f"Es el mismo producto de la fila {first}. Deja una de las dos."
        raise scene.wrong("code", words)


def _plan_product(row: ImportRow, product: ProductSnapshot | None, scene: _Scene) -> Change | None:
    _check_codes(row, product, scene)
    values = row.values
    given = {name: values[name] for name in (*EDITED_FIELDS, "barcodes") if name in values}
    if "category" in values:
        given["category_id"] = scene.category(values["category"])
    if product is None:
        return _new_product(row, given, scene)
    given["code"] = product.facts.code
    if not product.facts.is_active:
        # Who lists an archived product without saying so wants it back.
        given.setdefault("is_active", True)
    facts = replace(product.facts, **given)
    price_clp = values.get("price", product.price_clp)
    differing = [
        name
        for name in (*EDITED_FIELDS, "barcodes")
        if getattr(facts, name) != getattr(product.facts, name)
    ]
    if not differing and price_clp == product.price_clp:
        return None
    before: dict[str, Any] = {name: _stored(getattr(product.facts, name)) for name in differing}
    after: dict[str, Any] = {name: _stored(getattr(facts, name)) for name in differing}
    if price_clp != product.price_clp:
        before["price_clp"], after["price_clp"] = product.price_clp, price_clp
    return Change(
        row=row.number,
        product_id=product.id,
        name=facts.name,
        words=_edit_words(before, after, scene, values),
        facts=facts if differing else None,
        price_clp=price_clp if "price_clp" in after else None,
        before=before,
        after=after,
    )


def _check_codes(row: ImportRow, product: ProductSnapshot | None, scene: _Scene) -> None:
    own = product.id if product is not None else None
    for code in row.values.get("barcodes", ()):
        other = scene.known.by_barcode.get(code)
        if other is not None and other.id != own:
            raise scene.wrong(
                "barcodes",
                f"El código {code} ya es de {other.facts.name} ({other.facts.code}). Quítalo de "
                f"esta fila, o pon {other.facts.code} como código interno.",
            )
    plu = row.values.get("plu")
    other = scene.known.by_plu.get(plu) if plu is not None else None
    if other is not None and other.id != own:
        raise scene.wrong("plu", f"El PLU {plu} ya es de {other.facts.name}. Usa otro.")


def _new_product(row: ImportRow, given: Mapping[str, Any], scene: _Scene) -> Change:
    for name, words in (
        ("name", "Es un producto nuevo: escribe su nombre."),
        ("category", "Es un producto nuevo: escribe su categoría."),
        ("price", "Es un producto nuevo: escribe su precio."),
    ):
        if name not in row.values:
            raise scene.wrong(name, words)
    facts = ProductFacts(
        **{
            "unit": Unit.PIECE,
            "barcodes": (),
            "is_exempt": False,
            "is_favourite": False,
            "plu": None,
            "additional_tax_code": None,
            "is_age_restricted": False,
            "content": "",
            "is_active": True,
            **given,
            "code": row.key,
        }
    )
    price_clp = row.values["price"]
    return Change(
        row=row.number,
        product_id=None,
        name=facts.name,
        words=f"Producto nuevo, {clp(price_clp)}",
        facts=facts,
        price_clp=price_clp,
        after={"price_clp": price_clp, "code": facts.code},
    )


def _plan_price(row: ImportRow, product: ProductSnapshot | None, scene: _Scene) -> Change | None:
    if product is None:
        raise _nobody(row, scene)
    price_clp = row.values["price"]
    if price_clp == product.price_clp:
        return None
    return Change(
        row=row.number,
        product_id=product.id,
        name=product.facts.name,
        words=f"{clp(product.price_clp)} → {clp(price_clp)}",
        price_clp=price_clp,
        before={"price_clp": product.price_clp},
        after={"price_clp": price_clp},
    )


def _plan_count(row: ImportRow, product: ProductSnapshot | None, scene: _Scene) -> Change | None:
    if product is None:
        raise _nobody(row, scene)
    quantity: Decimal = row.values["quantity"]
    on_hand = scene.on_hand.get(product.id, ZERO)
    if quantity == on_hand:
        return None
    if quantity < 0:
        raise scene.wrong("quantity", "No se puede contar menos que cero. Si no hay nada, pon 0.")
    if product.facts.unit == Unit.PIECE and quantity != quantity.to_integral_value():
        raise scene.wrong("quantity", "Se vende por unidad: escribe un número entero.")
    counted_at = row.values.get("counted_at", scene.at)
    if counted_at > scene.at + timedelta(days=1):
        raise scene.wrong("counted_at", "Ese día todavía no llega: escribe cuándo lo contaste.")
    return Change(
        row=row.number,
        product_id=product.id,
        name=product.facts.name,
        words=f"{shown_quantity(on_hand)} → {shown_quantity(quantity, product.facts.unit)}",
        counted=Counted(
            quantity=quantity,
            # The last minute of today has not come: what is counted today is counted by now.
            counted_at=min(counted_at, scene.at),
            unit_cost=row.values.get("unit_cost"),
        ),
        before={"quantity": str(on_hand)},
        after={"quantity": str(quantity)},
    )


def _nobody(row: ImportRow, scene: _Scene) -> _Wrong:
    return scene.wrong(
        "code", f"No hay ningún producto con el código {row.key}. Cárgalo antes en Productos."
    )


def _stored(value: Any) -> Any:  # noqa: ANN401  (what JSON keeps of any field)
    return list(value) if isinstance(value, tuple) else value


def _edit_words(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    scene: _Scene,
    values: Mapping[str, Any],
) -> str:
    """Tell a person what becomes of a product, shortly."""
    told = []
    for name, value in after.items():
        if name == "price_clp":
            told.append(f"Precio {clp(before[name])} → {clp(value)}")
        elif name == "category_id":
            told.append(
                f"Categoría {scene.known.category_names.get(before[name], '')} → "
                f"{values['category']}"
            )
        elif name == "is_active":
            told.append("Vuelve a la venta" if value else "Sale de la venta")
        elif name == "barcodes":
            told.append(f"Códigos de barra {_shown(before[name])} → {_shown(value)}")
        else:
            told.append(f"{EDITED_FIELDS[name]} {_shown(before[name])} → {_shown(value)}")
    return "; ".join(told)[:200]


def _shown(value: Any) -> str:  # noqa: ANN401  (as above)
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, list):
        return " ".join(value) or "ninguno"
    return str(value) if value not in (None, "") else "ninguno"


_ON_HAND = f"""
SELECT n.product_id,
       coalesce((SELECT s.quantity FROM inventory_stock s
                  WHERE s.company_id = %(company)s AND s.warehouse_id = %(warehouse)s
                    AND s.product_id = n.product_id), 0)
     - coalesce((SELECT sum(m.quantity) FROM inventory_stockmove m
                  WHERE m.company_id = %(company)s AND m.warehouse_id = %(warehouse)s
                    AND m.product_id = n.product_id AND {moved_after("m", "n.counted_at")}), 0)
  FROM unnest(%(products)s::bigint[], %(instants)s::timestamptz[]) AS n (product_id, counted_at)
"""  # noqa: S608  (names of columns)


def _on_hand(
    rows: Iterable[ImportRow], known: _Known, at: datetime, warehouse_id: int | None
) -> dict[int, Decimal]:
    """Say what the ledger has in a warehouse at the instant each product was counted."""
    instants: dict[int, datetime] = {}
    for row in rows:
        product = known.find(row)
        if product is not None:
            instants.setdefault(product.id, min(row.values.get("counted_at", at), at))
    with connection.cursor() as cursor:
        cursor.execute(
            _ON_HAND,
            {
                "company": current_company(),
                "warehouse": warehouse_id,
                "products": list(instants),
                "instants": list(instants.values()),
            },
        )
        return dict(cursor.fetchall())
