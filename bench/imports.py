"""A file of 20,000 products: looked through and loaded, beside SQL that writes the same rows.

Runs inside a prepared database; `bench.inventory` calls `import20k`.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from bench.figures import Figure

ROWS = 20_000
OLD = 10_000
RUT = "77654321-9"
FLOOR_RUT = "78123456-1"


def import20k() -> Sequence[Figure]:
    """Load 20,000 rows of Excel, half of them products that change, half of them new."""
    from erpmarket.common.ids import uuid7  # noqa: PLC0415  (after Django is ready)
    from erpmarket.inventory.actions.imports import bring_file  # noqa: PLC0415
    from erpmarket.inventory.models import ImportKind  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    company_id, member_id = _found(RUT)
    before, after = _excel(OLD, price_clp=1000), _excel(ROWS, price_clp=1090)
    taken: list[float] = []
    for raw in (before, after):
        with company_scope(company_id):
            run = bring_file(
                uid=uuid7(),
                kind=ImportKind.CATALOGUE,
                file_name="productos.xlsx",
                raw=raw,
                warehouse_id=None,
                at=datetime.now(UTC),
                by_id=member_id,
            )
        taken = list(_steps(company_id, run.id))
    dry, real = taken
    floor = _floor(_found(FLOOR_RUT)[0])
    total = dry + real
    return (
        Figure(
            name="inventory.import20k_s",
            value=total,
            unit="s",
            floor=floor,
            ratio=total / floor,
            goal="≤ 30",
        ),
        Figure(name="inventory.import20k_dry_s", value=dry, unit="s"),
    )


def _steps(company_id: int, run_id: int) -> Iterator[float]:
    """Give the seconds of the dry run, then those of the real one, and check that it was whole."""
    from erpmarket.inventory.actions.imports import begin_apply  # noqa: PLC0415
    from erpmarket.inventory.import_queries import get_run  # noqa: PLC0415
    from erpmarket.inventory.import_tasks import work_on_imports  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    begun = time.perf_counter()
    work_on_imports()
    yield time.perf_counter() - begun
    with company_scope(company_id):
        begin_apply(run_id, at=datetime.now(UTC))
    begun = time.perf_counter()
    work_on_imports()
    yield time.perf_counter() - begun
    with company_scope(company_id):
        run = get_run(run_id)
    assert run.state == "applied", run.state
    assert run.counts["done"] == run.rows_total, run.counts


def _excel(count: int, *, price_clp: int) -> bytes:
    from erpmarket.catalog.barcodes import ean_check_digit  # noqa: PLC0415
    from erpmarket.inventory.importing.columns import COLUMNS  # noqa: PLC0415
    from erpmarket.inventory.importing.sheets import headings_of, write_excel  # noqa: PLC0415

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            body = f"{780_000_000_000 + n}"
            code = f"{body}{ean_check_digit(body)}"
            yield (
                f"P{n:05d}", f"Producto de prueba {n}", code, f"Categoría {n % 20}", "unidad",
                price_clp + n % 500, "no", "ninguno", None, "400 g", "no", "no", "sí",
            )  # fmt: skip

    columns = COLUMNS["catalogue"]
    return b"".join(write_excel(headings_of(columns), rows(), title="Productos"))  # type: ignore[arg-type]  # cells of one kind each


def _found(rut: str) -> tuple[int, int]:
    from erpmarket.accounts.actions import create_user  # noqa: PLC0415
    from erpmarket.tenancy.actions import admit_member, found_company  # noqa: PLC0415
    from erpmarket.tenancy.models import Role  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    company_id = found_company(
        rut=rut,
        name="Comercial Planillas SpA",
        shop_name="Planillas",
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        at=datetime.now(UTC),
    )
    with company_scope(company_id):
        user_id = create_user(email=f"ana@{rut}.example", password="una-clave-de-banco")
        return company_id, admit_member(user_id=user_id, role=Role.OWNER, display_name="Ana").id


_PRODUCTS = """
INSERT INTO catalog_product (company_id, code, name, search_name, unit, category_id, price_clp,
                             is_exempt, is_active, is_favourite, is_age_restricted, content,
                             revision)
SELECT %s, 'P' || n, 'Producto de prueba ' || n, 'producto de prueba ' || n, 'un', %s, 1000 + n,
       false, true, false, false, '400 g', 1
  FROM generate_series(1, %s) n
"""
_CODES = """
INSERT INTO catalog_barcode (company_id, product_id, code)
SELECT company_id, id, '78' || id FROM catalog_product WHERE company_id = %s
"""
_CHANGES = """
INSERT INTO catalog_pricechange (company_id, product_id, new_clp, reason, made_at, effective_at,
                                 old_clp, applied_at)
SELECT company_id, id, price_clp + 90, 'import', now(), now(), price_clp, now()
  FROM catalog_product WHERE company_id = %s ORDER BY id LIMIT %s
"""
_PRICES = """
UPDATE catalog_product SET price_clp = price_clp + 90, revision = 2
 WHERE company_id = %s
   AND id < (SELECT min(id) + %s FROM catalog_product WHERE company_id = %s)
"""


def _floor(company_id: int) -> float:
    """Write the same rows by four statements that know no rule and read no file."""
    from django.db import connection  # noqa: PLC0415

    from erpmarket.catalog.actions import create_category  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(company_id), connection.cursor() as cursor:
        category = create_category(name="Todo", color_index=0, position=0)
        begun = time.perf_counter()
        cursor.execute(_PRODUCTS, [company_id, category.id, ROWS])
        cursor.execute(_CODES, [company_id])
        cursor.execute(_CHANGES, [company_id, ROWS - OLD])
        cursor.execute(_PRICES, [company_id, ROWS - OLD, company_id])
        return time.perf_counter() - begun
