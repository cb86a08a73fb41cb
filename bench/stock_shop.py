"""A shop with 20,000 products in five warehouses, and one product with 200,000 moves."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

PRODUCTS = 20_000
MOVES = 200_000
YEARS_DAYS = 5 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class StockShop:
    """Ids that the figures need; `busy_id` is the product with all the moves."""

    company_id: int
    warehouse_ids: tuple[int, ...]
    product_ids: tuple[int, ...]
    busy_id: int
    first_at: datetime
    last_at: datetime
    last_move: int


def found_stock_shop() -> StockShop:
    """Build the shop; its rows are what the verbs would have written, put there in bulk."""
    from erpmarket.catalog.actions import create_category, create_product  # noqa: PLC0415
    from erpmarket.catalog.kinds import Unit  # noqa: PLC0415
    from erpmarket.inventory.actions import open_warehouse  # noqa: PLC0415
    from erpmarket.tenancy.actions import found_company, open_branch  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    company_id = found_company(
        rut="76123456-0",
        name="Comercial Banco de Pruebas SpA",
        shop_name="Banco de pruebas",
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        at=datetime.now(UTC),
    )
    with company_scope(company_id):
        branch = open_branch(name="Local", address="Uno 1", commune="Maipú", city="Santiago")
        places = [open_warehouse(branch_id=branch.id, name=f"Bodega {n}").id for n in range(1, 6)]
        categories = [
            create_category(name=f"Categoría {n}", color_index=n % 8, position=n)
            for n in range(1, 13)
        ]
        busy = create_product(
            code="BUSY",
            name="Pan batido",
            unit=Unit.PIECE,
            category_id=categories[0].id,
            price_clp=2000,
        )
        products = _make_products(company_id, busy.id, [row.id for row in categories])
        _make_stock(company_id, places, products)
        last_at = datetime.now(UTC) - timedelta(minutes=5)
        first_at = last_at - timedelta(days=YEARS_DAYS)
        last_move = _make_moves(company_id, places[0], busy.id, first_at)
    return StockShop(
        company_id=company_id,
        warehouse_ids=tuple(places),
        product_ids=products,
        busy_id=busy.id,
        first_at=first_at,
        last_at=last_at,
        last_move=last_move,
    )


def _make_products(company_id: int, like_id: int, categories: list[int]) -> tuple[int, ...]:
    """Copy a product in bulk: `create_product` is not what is measured."""
    from erpmarket.catalog.models import Product  # noqa: PLC0415

    like = Product.objects.get(id=like_id)
    columns = {
        field.attname: getattr(like, field.attname)
        for field in Product._meta.concrete_fields
        if field.attname not in {"id", "code", "name", "category_id", "company_id", "plu"}
    }
    rows = Product.objects.bulk_create(
        [
            Product(
                **columns,
                company_id=company_id,
                code=f"P{number}",
                name=f"Producto de banco {number}",
                category_id=categories[number % len(categories)],
            )
            for number in range(PRODUCTS)
        ],
        batch_size=1000,
    )
    return tuple(row.id for row in rows)


_STOCK = """
WITH moved AS (
  INSERT INTO inventory_stockmove (company_id, warehouse_id, product_id, kind, quantity, value,
         balance_quantity, balance_value, is_cost_pending, cause_uid, cause_position, happened_at)
  SELECT %(company)s, w, p, 'receipt', 1000, 300000 + p, 1000, 300000 + p, false,
         gen_random_uuid(), 1, now() - interval '30 days'
    FROM unnest(%(products)s::bigint[]) p, unnest(%(places)s::bigint[]) w)
INSERT INTO inventory_stock (company_id, warehouse_id, product_id, quantity, value, last_cost,
                             last_at)
SELECT %(company)s, w, p, 1000, 300000 + p, 300, now() - interval '30 days'
  FROM unnest(%(products)s::bigint[]) p, unnest(%(places)s::bigint[]) w
"""


def _make_stock(company_id: int, places: list[int], products: tuple[int, ...]) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            _STOCK, {"company": company_id, "places": places, "products": list(products)}
        )


_MOVES = """
INSERT INTO inventory_stockmove (company_id, warehouse_id, product_id, kind, quantity, value,
       balance_quantity, balance_value, is_cost_pending, cause_uid, cause_position, happened_at)
SELECT %s, %s, %s, n.kind, n.quantity, n.value, n.balance_quantity, n.balance_value, false,
       gen_random_uuid(), 1, n.at
  FROM unnest(%s::varchar[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
              %s::timestamptz[]) WITH ORDINALITY
       AS n (kind, quantity, value, balance_quantity, balance_value, at, place)
 ORDER BY n.place
RETURNING id
"""


def _make_moves(company_id: int, place: int, product_id: int, first_at: datetime) -> int:
    """Write five years of receipts and sales of one product, costed by costing itself."""
    from django.db import connection  # noqa: PLC0415

    from erpmarket.costing import Replay, events, start  # noqa: PLC0415
    from erpmarket.costing.book import Setting  # noqa: PLC0415

    replay = Replay(start(Setting()))
    step = timedelta(days=YEARS_DAYS) / MOVES
    rows = []
    for number in range(MOVES):
        at, warehouse = first_at + step * number, str(place)
        event: events.Event
        if number % 20 == 0:
            value = Decimal(24 * (800 + number % 97))
            event = events.Receipt(
                id=number, at=at, warehouse=warehouse, quantity=Decimal(24), value=value
            )
        else:
            event = events.Issue(
                id=number,
                at=at,
                warehouse=warehouse,
                quantity=Decimal(1),
                account=events.Account.COST_OF_SALES,
            )
        line = replay.apply(event).lines[0]
        kind = "receipt" if line.quantity > 0 else "sale"
        rows.append(
            (kind, line.quantity, line.value, line.balance_quantity, line.balance_value, at)
        )
    columns = [list(column) for column in zip(*rows, strict=True)]
    pool = replay.checkpoint(keep=()).pools[0].pool
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, [company_id, place, product_id, *columns])
        last_move: int = max(row[0] for row in cursor.fetchall())
        cursor.execute(
            "INSERT INTO inventory_stock (company_id, warehouse_id, product_id, quantity, value,"
            " last_cost, last_at) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [company_id, place, product_id, rows[-1][3], rows[-1][4], pool.last_cost, rows[-1][5]],
        )
    return last_move
