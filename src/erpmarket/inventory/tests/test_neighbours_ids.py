"""Forms of the stock with ids of another company: they change nothing, here or there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from erpmarket.catalog.models import PriceChange
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.clock import local_date, now
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.lots import add_lot
from erpmarket.inventory.models import (
    Count,
    ExpiryWatch,
    ImportRun,
    Lot,
    Removal,
    ReorderRule,
    Stock,
    StockMove,
    Transfer,
    Warehouse,
)
from erpmarket.inventory.tests.factories import make_stock
from erpmarket.tenancy.scope import company_scope

TABLES = (
    Count, ExpiryWatch, ImportRun, Lot, PriceChange, Removal, ReorderRule, Stock, StockMove, Transfer, Warehouse,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What a shop has: a product with stock and a lot, in one of two warehouses."""

    warehouse_id: int
    other_id: int
    product_id: int
    lot_id: int
    category_id: int
    branch_id: int


def _stocked(shop: Any) -> Shelf:
    with company_scope(shop.company_id):
        milk = make_product("Leche", code="L1")
        uid = make_stock(shop.warehouse_id, milk, quantity="10", value="1000", at=now())
        lot = add_lot(
            product_id=milk.id,
            warehouse_id=shop.warehouse_id,
            quantity=Decimal(5),
            expires_on=local_date(now()) + timedelta(days=3),
            code="",
            cause_uid=uid,
            position=1,
            at=now(),
        )
        other = open_warehouse(branch_id=shop.branch_id, name="Bodega").id
        return Shelf(
            warehouse_id=shop.warehouse_id,
            other_id=other,
            product_id=milk.id,
            lot_id=lot.id,
            category_id=milk.category_id,
            branch_id=shop.branch_id,
        )


def _rows(shop: Any) -> list[list[dict[str, Any]]]:
    with company_scope(shop.company_id):
        return [list(model.objects.order_by("id").values()) for model in TABLES]


Form = Callable[[Shelf, Shelf], tuple[str, dict[str, Any]]]


def _transfer(own: Shelf, **facts: Any) -> tuple[str, dict[str, Any]]:
    return "traslados/nuevo/", {
        "uid": uuid7(),
        "deed": "send",
        "origin": own.warehouse_id,
        "target": own.other_id,
        "producto": own.product_id,
        "cantidad": "1",
        **facts,
    }


def _removal(own: Shelf, product_id: int, warehouse_id: int, lot_id: object = "") -> Any:
    del own
    return f"mermas/nueva/?producto={product_id}&bodega={warehouse_id}", {
        "uid": uuid7(), "cantidad": "1", "motivo": "expired", "lote": lot_id,
    }  # fmt: skip


def _count(**facts: Any) -> tuple[str, dict[str, Any]]:
    return "conteos/nuevo/", {"uid": uuid7(), "tipo": "full", **facts}


def _file(warehouse_id: int) -> tuple[str, dict[str, Any]]:
    raw = SimpleUploadedFile("stock.csv", b"Codigo;Cantidad contada\nL1;5\n")
    return "importar/", {
        "uid": uuid7(), "kind": "stock", "warehouse_id": warehouse_id, "file": raw,
    }  # fmt: skip


FORMS: dict[str, Form] = {
    "transfer of their product": lambda me, they: _transfer(me, producto=they.product_id),
    "transfer from their warehouse": lambda me, they: _transfer(me, origin=they.warehouse_id),
    "transfer to their warehouse": lambda me, they: _transfer(me, target=they.other_id),
    "waste of their product": lambda me, they: _removal(me, they.product_id, me.warehouse_id),
    "waste of their lot": lambda me, they: _removal(
        me, me.product_id, me.warehouse_id, they.lot_id
    ),
    "count in their warehouse": lambda _me, they: _count(bodega=they.warehouse_id),
    "count of their category": lambda me, they: _count(
        bodega=me.warehouse_id, tipo="category", categoria=they.category_id
    ),
    "warehouse in their branch": lambda _me, they: (
        "bodegas/", {"branch": they.branch_id, "name": "Ajena"},
    ),
    "their warehouse closed": lambda _me, they: (
        f"bodegas/{they.other_id}/", {"deed": "close"},
    ),
    "their lot marked down": lambda _me, they: (
        f"vencimientos/rebaja/{they.lot_id}/", {"uid": uuid7(), "price_clp": "100", "starts": "now"},
    ),
    "their product watched": lambda _me, they: (
        f"{they.product_id}/vencimiento/", {"vigilar": "si"},
    ),
    "their minimum": lambda _me, they: (f"{they.product_id}/minimo/", {"units": "5"}),
    "file for their warehouse": lambda _me, they: _file(they.warehouse_id),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_ids_of_a_neighbour_changes_nothing(
    dona_rosa: Any, el_vecino: Any, name: str
) -> None:
    own, theirs = _stocked(dona_rosa), _stocked(el_vecino)
    before = _rows(dona_rosa), _rows(el_vecino)
    path, form = FORMS[name](own, theirs)

    answer = dona_rosa.client(dona_rosa.owner).post(f"/productos/{path}", form)

    assert answer.status_code in {404, 422}
    assert (_rows(dona_rosa), _rows(el_vecino)) == before


@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_with_ones_own_ids_does_change_something(dona_rosa: Any, name: str) -> None:
    """The test above would prove nothing if its forms were wrong anyway."""
    own = _stocked(dona_rosa)
    before = _rows(dona_rosa)
    path, form = FORMS[name](own, own)

    answer = dona_rosa.client(dona_rosa.owner).post(f"/productos/{path}", form)

    assert answer.status_code == 302
    assert _rows(dona_rosa) != before


@pytest.mark.parametrize("model", TABLES)
def test_raw_sql_of_one_company_sees_no_row_of_another(
    dona_rosa: Any, el_vecino: Any, model: Any
) -> None:
    _stocked(dona_rosa)
    _stocked(el_vecino)
    with company_scope(dona_rosa.company_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT company_id FROM {model._meta.db_table}")
        assert {row[0] for row in cursor.fetchall()} <= {dona_rosa.company_id}
