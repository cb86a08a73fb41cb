"""Add and edit many products at once, by the same rules as one: revision, history, labels.

Locks are taken in the order of the room: products by id, then the catalogue's clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from erpmarket.catalog.actions.labels import request_labels
from erpmarket.catalog.actions.prices import check_price
from erpmarket.catalog.actions.products import EDITED_FIELDS, ProductFacts
from erpmarket.catalog.actions.revisions import next_revision
from erpmarket.catalog.barcodes import has_gs1_form, has_right_check_digit, stored_form
from erpmarket.catalog.errors import BarcodeTaken, CodeTaken, WrongCheckDigit
from erpmarket.catalog.models import Barcode, Category, Product, ProductEdit
from erpmarket.catalog.search import fold
from erpmarket.tenancy.scope import current_company

_SEARCH_LIMIT: Final = 160
_COLOURS: Final = 10
_BATCH: Final = 500
_LABEL_FIELDS: Final = frozenset({"name", "unit", "content", "barcodes", "plu"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to add, with its first gross price."""

    facts: ProductFacts
    price_clp: int


@transaction.atomic
def add_categories(names: Iterable[str]) -> tuple[Category, ...]:
    """Add those categories whose names are not there, whatever their accents and capitals."""
    known = {fold(name) for name in Category.objects.values_list("name", flat=True)}
    added = []
    for name in names:
        if fold(name) not in known:
            place = len(known)
            known.add(fold(name))
            added.append(Category(name=name, color_index=place % _COLOURS, position=place))
    return tuple(Category.objects.bulk_create(added))


@transaction.atomic
def create_products(wanted: Sequence[NewProduct]) -> tuple[Product, ...]:
    """Add products with their barcodes, all or none, in the order given.

    Raises BadPrice, WrongCheckDigit, BarcodeTaken and CodeTaken.
    """
    if not wanted:
        return ()
    for each in wanted:
        check_price(each.price_clp)
        _check_digits(each.facts.barcodes)
    revision = next_revision()
    products = [
        Product(
            **{field: getattr(each.facts, field) for field in EDITED_FIELDS},
            search_name=_search_name(each.facts),
            price_clp=each.price_clp,
            revision=revision,
        )
        for each in wanted
    ]
    _write(lambda: Product.objects.bulk_create(products, batch_size=_BATCH))
    _add_barcodes(
        [(product, each.facts.barcodes) for product, each in zip(products, wanted, strict=True)]
    )
    return tuple(products)


@transaction.atomic
def edit_products(
    wanted: Mapping[int, ProductFacts], *, at: datetime, by_id: int | None = None
) -> Mapping[int, Mapping[str, list[Any]]]:
    """Change what products are, all or none; return product → field → [before, after].

    Products that are so already are left out. Raises WrongCheckDigit, BarcodeTaken, CodeTaken;
    Product.DoesNotExist for products of nobody here.
    """
    for facts in wanted.values():
        _check_digits(facts.barcodes)
    rows = Product.objects.select_for_update(of=("self",)).filter(id__in=wanted).order_by("id")
    products: dict[int, Product] = {row.id: row for row in rows}
    if missing := wanted.keys() - products.keys():
        raise Product.DoesNotExist(f"products {sorted(missing)[:5]}")
    former = _barcodes_of(products)
    changed = {
        product_id: changes
        for product_id, facts in wanted.items()
        if (changes := _differences(products[product_id], former.get(product_id, ()), facts))
    }
    if not changed:
        return {}
    revision = next_revision()
    for product_id, changes in changed.items():
        product = products[product_id]
        for field in changes.keys() & EDITED_FIELDS.keys():
            setattr(product, field, getattr(wanted[product_id], field))
        product.search_name = _search_name(wanted[product_id])
        product.revision = revision
    edited = [products[product_id] for product_id in changed]
    fields = [*EDITED_FIELDS, "search_name", "revision"]
    fields[fields.index("category_id")] = "category"
    _write(lambda: Product.objects.bulk_update(edited, fields, batch_size=_BATCH))
    _swap_barcodes(
        products, former, wanted, [each for each in changed if "barcodes" in changed[each]]
    )
    ProductEdit.objects.bulk_create(
        [
            ProductEdit(product_id=product_id, made_by_id=by_id, made_at=at, changes=changes)
            for product_id, changes in changed.items()
        ],
        batch_size=_BATCH,
    )
    labelled = [
        product_id
        for product_id, changes in changed.items()
        if _LABEL_FIELDS & changes.keys() and products[product_id].is_active
    ]
    if labelled:
        request_labels(dict.fromkeys(labelled, 1), at=at)
    return changed


def _differences(
    product: Product, former: Sequence[str], facts: ProductFacts
) -> dict[str, list[Any]]:
    changes = {
        field: [getattr(product, field), getattr(facts, field)]
        for field in EDITED_FIELDS
        if getattr(product, field) != getattr(facts, field)
    }
    codes = _stored(facts.barcodes)
    if codes != tuple(former):
        changes["barcodes"] = [" ".join(former), " ".join(codes)]
    return changes


def _swap_barcodes(
    products: Mapping[int, Product],
    former: Mapping[int, Sequence[str]],
    wanted: Mapping[int, ProductFacts],
    changed: Sequence[int],
) -> None:
    """Make the codes theirs, in their order: the oldest one stands on labels."""
    gone: list[str] = []
    added: list[tuple[Product, Sequence[str]]] = []
    for product_id in changed:
        codes, before = _stored(wanted[product_id].barcodes), former.get(product_id, ())
        staying = tuple(code for code in before if code in codes)
        kept = staying if codes[: len(staying)] == staying else ()
        gone += [code for code in before if code not in kept]
        added.append((products[product_id], [code for code in codes if code not in kept]))
    Barcode.objects.filter(product_id__in=changed, code__in=gone).delete()
    _add_barcodes(added)


def _barcodes_of(product_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    rows = Barcode.objects.filter(product_id__in=list(product_ids)).order_by("id")
    for product_id, code in rows.values_list("product_id", "code"):
        found[product_id] = (*found.get(product_id, ()), code)
    return found


def _add_barcodes(wanted: Sequence[tuple[Product, Sequence[str]]]) -> None:
    rows = [
        Barcode(product=product, code=code) for product, codes in wanted for code in _stored(codes)
    ]
    _check_free([row.code for row in rows])
    try:
        with transaction.atomic():
            Barcode.objects.bulk_create(rows, batch_size=_BATCH)
    except IntegrityError as error:
        _check_free([row.code for row in rows])
        # Two of the products that are added together want one code.
        codes = [row.code for row in rows]
        twice = next((row for row in rows if codes.count(row.code) > 1), None)
        if twice is None:
            raise
        raise BarcodeTaken(barcode=twice.code, product_name=twice.product.name) from error


def _write(write: Any) -> None:  # noqa: ANN401  (a call without arguments)
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        for name in ("catalog_product_plu", "catalog_product_code"):
            if name in str(error):
                # PostgreSQL tells the row: "Key (company_id, code)=(1, ABC) already exists."
                told = str(error).rpartition("=(")[2].partition(")")[0].partition(", ")[2]
                raise CodeTaken(product_code=told) from error
        raise


# An array is one parameter, however many codes: see `snapshots`.
_TAKEN = """
SELECT b.code, p.name FROM catalog_barcode b
  JOIN catalog_product p ON p.company_id = b.company_id AND p.id = b.product_id
 WHERE b.company_id = %s AND b.code = ANY(%s::varchar[])
 ORDER BY b.id LIMIT 1
"""


def _check_free(codes: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [current_company(), list(codes)])
        taken = cursor.fetchone()
    if taken is not None:
        raise BarcodeTaken(barcode=taken[0], product_name=taken[1])


def _check_digits(barcodes: Sequence[str]) -> None:
    for barcode in barcodes:
        if has_gs1_form(barcode) and not has_right_check_digit(barcode):
            raise WrongCheckDigit(barcode=barcode)


def _stored(barcodes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(stored_form, barcodes)))


def _search_name(facts: ProductFacts) -> str:
    return fold(f"{facts.name} {facts.code}")[:_SEARCH_LIMIT]
