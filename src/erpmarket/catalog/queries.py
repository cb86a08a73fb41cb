"""Reads of the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, connections
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from erpmarket.catalog.barcodes import stored_form
from erpmarket.catalog.models import (
    Barcode,
    CatalogueClock,
    Category,
    LabelRequest,
    LabelSheet,
    MarginRule,
    PriceChange,
    PricePlan,
    Product,
    ProductEdit,
)
from erpmarket.catalog.price_lists import list_till_prices
from erpmarket.catalog.search import fold
from erpmarket.common.columns import array_text
from erpmarket.tenancy.scope import current_company


@dataclass(frozen=True, slots=True)
class ProductForSale:
    """What a sale must know of a product; the columns of `_FOR_SALE`."""

    id: int
    code: str
    name: str
    unit: str
    price_clp: int
    is_exempt: bool
    category_id: int
    is_never_discounted: bool
    takes_baes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsForSale:
    """Active products by id, and the revision of the catalogue that was read."""

    products: Mapping[int, ProductForSale]
    revision: int


# On the path of every sale, so in plain SQL.
_FOR_SALE = """
SELECT p.id, p.code, p.name, p.unit, p.price_clp, p.is_exempt, p.category_id,
       p.is_never_discounted, p.takes_baes, coalesce(c.revision, 0)
  FROM catalog_product p LEFT JOIN catalog_catalogueclock c ON c.company_id = p.company_id
 WHERE p.company_id = %s AND p.id = ANY(%s::bigint[]) AND p.is_active
"""


def get_goods_for_sale(product_ids: Iterable[int]) -> GoodsForSale:
    """Return the active products among the ids, in one query; absent ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FOR_SALE, [current_company(), list(product_ids)])
        rows = cursor.fetchall()
    return GoodsForSale(
        products={row[0]: ProductForSale(*row[:-1]) for row in rows},
        revision=rows[0][-1] if rows else 0,
    )


@dataclass(frozen=True, slots=True)
class SoldProduct:
    """What the books must know of a product that was sold, also one that no longer is."""

    id: int
    code: str
    name: str
    price_clp: int
    is_active: bool
    takes_baes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldGoods:
    """Products that were sold, by id, and the revision of the catalogue that was read."""

    products: Mapping[int, SoldProduct]
    revision: int


_SOLD = """
SELECT p.id, p.code, p.name, p.price_clp, p.is_active, p.takes_baes, coalesce(c.revision, 0)
  FROM catalog_product p LEFT JOIN catalog_catalogueclock c ON c.company_id = p.company_id
 WHERE p.company_id = %s AND p.id = ANY((SELECT %s::bigint[])::bigint[])
"""


def get_sold_goods(product_ids: Iterable[int]) -> SoldGoods:
    """Return the company's products among the ids, whether they are still sold or not."""
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, [current_company(), array_text(product_ids)])
        rows = cursor.fetchall()
    return SoldGoods(
        products={row[0]: SoldProduct(*row[:-1]) for row in rows},
        revision=rows[0][-1] if rows else 0,
    )


def get_revision() -> int:
    """Return the last revision of the company's catalogue; 0 when it is empty."""
    return CatalogueClock.objects.values_list("revision", flat=True).first() or 0


def list_categories() -> Sequence[Category]:
    """List the categories in the order of the till's tabs."""
    return list(Category.objects.order_by("position", "id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TillNews:
    """What a till must know: rows of active products, and products no longer sold.

    `base` is the revision that the rows build on; None when they are the whole catalogue.
    """

    revision: int
    base: int | None
    rows: list[list[object]]
    gone: list[int]


# A till with less to keep than to replace pulls the whole catalogue.
MOST_NEWS = 2_000


def get_till_news(since: int | None = None) -> TillNews:
    """Return what changed after a revision, or everything: no revision, too much, one of nobody.

    Revisions become visible in their order, so that what comes later is never missed.
    """
    # First: a change that lands in between is then told twice, never skipped.
    revision = get_revision()
    if since is None or not 0 < since <= revision:
        return TillNews(revision=revision, base=None, rows=_till_rows(), gone=[])
    changed = Product.objects.filter(revision__gt=since)
    states = dict(changed.values_list("id", "is_active")[: MOST_NEWS + 1])
    if len(states) > MOST_NEWS:
        return TillNews(revision=revision, base=None, rows=_till_rows(), gone=[])
    return TillNews(
        revision=revision,
        base=since,
        rows=_till_rows(list(states)),
        gone=sorted(product_id for product_id, is_active in states.items() if not is_active),
    )


def get_till_row(product_id: int) -> list[object] | None:
    """Give one product as a till's catalogue has it; None when it is not sold any more."""
    rows = _till_rows([product_id])
    return rows[0] if rows else None


def _till_rows(product_ids: Sequence[int] | None = None) -> list[list[object]]:
    """List active products as rows for a till, by name.

    Row shape: id, name, code, barcodes, price_clp, unit, category_id, exempt 0/1, favourite 0/1,
    plu, never discounted 0/1, restriction: 1 only for adults, 2 alcohol, also by the hour; then,
    where price lists name it or it takes BAES, its prices in them: list, pesos, from and to; then 1
    when it takes BAES.
    """
    wanted = Product.objects.filter(is_active=True)
    if product_ids is not None:
        wanted = wanted.filter(id__in=product_ids)
    codes, listed = _barcodes_by_product(product_ids), list_till_prices(product_ids)
    rows = wanted.order_by("search_name", "id").values_list(
        "id",
        "name",
        "code",
        "price_clp",
        "unit",
        "category_id",
        "is_exempt",
        "is_favourite",
        "plu",
        "is_never_discounted",
        "is_age_restricted",
        "additional_tax_code",
        "takes_baes",
    )
    return [
        [row[0], row[1], row[2], codes.get(row[0], []), row[3], row[4], row[5], int(row[6]),
         int(row[7]), row[8], int(row[9]), _restriction(is_adult=row[10], tax_code=row[11]),
         *_seldom(listed.get(row[0], []), takes_baes=row[12])]
        for row in rows
    ]  # fmt: skip


def _seldom(listed: list[list[object]], *, takes_baes: bool) -> list[object]:
    """Give the end of a row, which most products have not."""
    if takes_baes:
        return [listed, 1]
    return [listed] if listed else []


# Distilled drinks, wines, beers. Source: DL 825, art. 42 b) and c).
_ALCOHOL_TAXES = frozenset({24, 25, 26})


def _restriction(*, is_adult: bool, tax_code: int | None) -> int:
    """Say how a product is sold: 0 to everybody, 1 to adults, 2 to adults within alcohol hours."""
    if tax_code in _ALCOHOL_TAXES:
        return 2
    return int(is_adult)


def _barcodes_by_product(product_ids: Sequence[int] | None) -> dict[int, list[str]]:
    rows = Barcode.objects.order_by("id")
    if product_ids is not None:
        rows = rows.filter(product_id__in=product_ids)
    found: dict[int, list[str]] = {}
    for product_id, code in rows.values_list("product_id", "code"):
        found.setdefault(product_id, []).append(code)
    return found


def find_by_code(code: str) -> Product | None:
    """Find a product by barcode, internal code or PLU, in that order."""
    barcode = Barcode.objects.select_related("product").filter(code=stored_form(code)).first()
    if barcode is not None:
        return barcode.product  # type: ignore[no-any-return]  # TenantForeignKey is untyped
    by_plu = Q(plu=int(code)) if code.isdecimal() and len(code) <= 9 else Q(pk__in=[])  # noqa: PLR2004  (int4)
    found: Product | None = Product.objects.filter(Q(code=code) | by_plu).order_by("id").first()
    return found


def search_products(text: str, *, category_id: int | None = None) -> "QuerySet[Product]":
    """Find active products whose folded name holds every word, or that have the code; by name."""
    found = Product.objects.select_related("category").filter(is_active=True)
    if category_id is not None:
        found = found.filter(category_id=category_id)
    if text.strip():
        words = Q()
        for word in fold(text).split():
            words &= Q(search_name__contains=word)
        has_code = Barcode.objects.filter(code=stored_form(text.strip())).values("product_id")
        found = found.filter(words | Q(id__in=has_code))
    return found.order_by("search_name", "id")


def get_product(product_id: int) -> Product:
    """Return one product with its category; raises Product.DoesNotExist for strangers."""
    found: Product = Product.objects.select_related("category").get(id=product_id)
    return found


def find_product(product_id: int) -> Product | None:
    """Find one product with its category; None when the company has no such product."""
    found: Product | None = Product.objects.select_related("category").filter(id=product_id).first()
    return found


def list_barcodes(product_id: int) -> Sequence[str]:
    """List a product's codes, oldest first."""
    return list(
        Barcode.objects.filter(product_id=product_id).order_by("id").values_list("code", flat=True)
    )


def list_product_page(
    text: str, *, category_id: int | None = None, after_id: int | None = None, limit: int = 50
) -> Sequence[Product]:
    """List active products that match, by name; `after_id` continues after that product."""
    found = search_products(text, category_id=category_id)
    if after_id is not None:
        last = Product.objects.filter(id=after_id).values_list("search_name", flat=True).first()
        if last is not None:
            found = found.filter(Q(search_name__gt=last) | Q(search_name=last, id__gt=after_id))
    return list(found[:limit])


def count_products_by_category() -> Mapping[int, int]:
    """Count the active products of each category; empty categories are left out."""
    rows = Product.objects.filter(is_active=True).values("category_id").annotate(n=Count("id"))
    return {row["category_id"]: row["n"] for row in rows}


def get_first_barcodes(product_ids: Sequence[int]) -> Mapping[int, str]:
    """Return the oldest code of each product; products without one are left out."""
    rows = Barcode.objects.filter(product_id__in=product_ids).order_by("-id")
    return dict(rows.values_list("product_id", "code"))


def get_codes(product_ids: Sequence[int]) -> Mapping[str, str]:
    """Return the internal code of products, by the text of their id."""
    rows = Product.objects.filter(id__in=product_ids).values_list("id", "code")
    return {str(product_id): code for product_id, code in rows}


def list_margin_rules() -> Sequence[MarginRule]:
    """List the margin rules that the company wrote down; the general one has no category."""
    return list(MarginRule.objects.order_by("id"))


def list_price_changes(
    *, product_id: int | None = None, before_id: int | None = None, limit: int = 50
) -> Sequence[PriceChange]:
    """List price changes, newest first, with `is_undone`; `before_id` continues a page."""
    rows = PriceChange.objects.select_related("product", "made_by").annotate(
        is_undone=Exists(PriceChange.objects.filter(undoes=OuterRef("id")))
    )
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.order_by("-id")[:limit])


def find_last_price_change(product_id: int) -> PriceChange | None:
    """Find the newest change of a product's price; None when it never changed."""
    rows = PriceChange.objects.filter(product_id=product_id).order_by("-id")
    found: PriceChange | None = rows.first()
    return found


def list_open_plans(*, product_id: int | None = None) -> Sequence[PricePlan]:
    """List the prices that have not begun, the next one first."""
    rows = PricePlan.objects.select_related("product", "made_by").filter(
        done_at__isnull=True, cancelled_at__isnull=True
    )
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    return list(rows.order_by("effective_at", "id"))


def list_product_edits(product_id: int, *, limit: int = 20) -> Sequence[ProductEdit]:
    """List the last edits of a product, newest first."""
    rows = ProductEdit.objects.select_related("made_by").filter(product_id=product_id)
    return list(rows.order_by("-id")[:limit])


def list_waiting_labels(*, limit: int = 500) -> Sequence[LabelRequest]:
    """List the labels to print, by product name."""
    rows = LabelRequest.objects.select_related("product", "product__category").filter(
        printed_at__isnull=True
    )
    return list(rows.order_by("product__search_name", "id")[:limit])


def count_waiting_labels() -> int:
    """Count the products whose label must be printed."""
    return int(LabelRequest.objects.filter(printed_at__isnull=True).count())


def list_recent_sheets(*, limit: int = 8) -> Sequence[LabelSheet]:
    """List the label sheets that were printed last, newest first, without their PDFs."""
    rows = LabelSheet.objects.defer("pdf").select_related("wanted_by")
    return list(rows.filter(returned_at__isnull=True).order_by("-id")[:limit])


def get_sheet(sheet_id: int) -> LabelSheet:
    """Return a label sheet without its PDF; raises LabelSheet.DoesNotExist for strangers."""
    found: LabelSheet = LabelSheet.objects.defer("pdf").get(id=sheet_id)
    return found


_DUE_PLANS = """
SELECT DISTINCT company_id FROM catalog_priceplan
 WHERE done_at IS NULL AND cancelled_at IS NULL AND effective_at <= %s
 ORDER BY company_id
"""
_DUE_SHEETS = """
SELECT DISTINCT company_id FROM catalog_labelsheet
 WHERE made_at IS NULL AND available_at <= %s
 ORDER BY company_id
"""


def list_companies_with_plans_due(at: datetime) -> Sequence[int]:
    """List the companies with prices to begin; needs the `sys` role, outside any scope."""
    return _list_companies(_DUE_PLANS, at)


def list_companies_with_sheets_due(at: datetime) -> Sequence[int]:
    """List the companies that wait for labels; needs the `sys` role, outside any scope."""
    return _list_companies(_DUE_SHEETS, at)


def _list_companies(sql: str, at: datetime) -> Sequence[int]:
    with connections["sys"].cursor() as cursor:
        cursor.execute(sql, [at])
        return [row[0] for row in cursor.fetchall()]
