"""Write price lists; every change is another revision of the products it touches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar, Final
from uuid import UUID

from django.db import transaction

from erpmarket.catalog.actions.prices import check_price
from erpmarket.catalog.actions.revisions import next_revision
from erpmarket.catalog.errors import PRICE_LIMIT_CLP
from erpmarket.catalog.list_models import BranchPriceList, PriceList, PriceListRow
from erpmarket.catalog.models import Product
from erpmarket.common.errors import DomainError

MOST_LISTS: Final = 20
_NAME_MOST: Final = 40
_HUNDRED: Final = Decimal(100)
_LEAST_PERCENT: Final = Decimal(-99)
_MOST_PERCENT: Final = Decimal(900)


@dataclass(kw_only=True, eq=False)
class BadPriceList(DomainError):
    """A list, or a price in it, that cannot be."""

    field: str
    words: str

    code: ClassVar[str] = "bad_price_list"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """A gross price of a product in a list, from a day on and up to (without) another."""

    product_id: int
    price_clp: int
    valid_from: date | None = None
    valid_to: date | None = None


@transaction.atomic
def create_price_list(*, uid: UUID, name: str) -> PriceList:
    """Add a list without prices; the same uid again gives what was made. Raises BadPriceList."""
    known: PriceList | None = PriceList.objects.filter(uid=uid).first()
    if known is not None:
        return known
    _check_name(name, besides=None)
    if PriceList.objects.count() >= MOST_LISTS:
        words = f"Ya hay {MOST_LISTS} listas. Cambia una de las que tienes."
        raise BadPriceList(field="name", words=words)
    row: PriceList = PriceList.objects.create(uid=uid, name=name.strip())
    return row


@transaction.atomic
def change_price_list(*, list_id: int, name: str, is_active: bool) -> PriceList:
    """Call a list something else, or switch it on or off.

    Raises BadPriceList, and PriceList.DoesNotExist for strangers.
    """
    row = _lock(list_id)
    _check_name(name, besides=list_id)
    was_active = row.is_active
    row.name, row.is_active = name.strip(), is_active
    row.save(update_fields=["name", "is_active"])
    if was_active != is_active:
        _renew(PriceListRow.objects.filter(price_list=row).values_list("product_id", flat=True))
    return row


@transaction.atomic
def set_listed_prices(
    *, list_id: int, prices: Sequence[ListedPrice], by_id: int | None, at: datetime
) -> int:
    """Write prices into a list; one of the same product and first day is replaced. How many.

    All or none. Raises BadPriceList, BadPrice, and PriceList.DoesNotExist for strangers.
    """
    _lock(list_id)
    ids = {each.product_id for each in prices}
    if Product.objects.filter(id__in=ids).count() != len(ids):
        raise BadPriceList(field="product", words="Un producto ya no está. Elígelo de nuevo.")
    for each in prices:
        check_price(each.price_clp)
        if each.valid_from and each.valid_to and each.valid_from >= each.valid_to:
            words = "El último día no puede ser antes que el primero."
            raise BadPriceList(field="valid_to", words=words)
    rows = {
        (each.product_id, each.valid_from): PriceListRow(
            price_list_id=list_id,
            product_id=each.product_id,
            price_clp=each.price_clp,
            valid_from=each.valid_from,
            valid_to=each.valid_to,
            set_by_id=by_id,
            set_at=at,
        )
        for each in prices
    }
    _drop_same(list_id, rows)
    PriceListRow.objects.bulk_create(rows.values(), batch_size=500)
    _renew(ids)
    return len(rows)


@transaction.atomic
def save_page(
    *, list_id: int, typed: Mapping[int, int | None], by_id: int | None, at: datetime
) -> None:
    """Write what was typed of prices without days; None takes a product's out of the list.

    Raises what `set_listed_prices` raises.
    """
    _lock(list_id)
    emptied = [product_id for product_id, price in typed.items() if price is None]
    if emptied:
        PriceListRow.objects.filter(
            price_list_id=list_id,
            product_id__in=emptied,
            valid_from__isnull=True,
            valid_to__isnull=True,
        ).delete()
        _renew(emptied)
    prices = [
        ListedPrice(product_id=product_id, price_clp=price)
        for product_id, price in typed.items()
        if price is not None
    ]
    if prices:
        set_listed_prices(list_id=list_id, prices=prices, by_id=by_id, at=at)


def _drop_same(list_id: int, rows: Collection[tuple[int, date | None]]) -> None:
    """Take away what the new rows stand for."""
    wanted = set(rows)
    old = PriceListRow.objects.filter(
        price_list_id=list_id, product_id__in={product_id for product_id, _ in wanted}
    )
    same = [row.id for row in old if (row.product_id, row.valid_from) in wanted]
    PriceListRow.objects.filter(id__in=same).delete()


@transaction.atomic
def drop_listed_price(*, list_id: int, row_id: int) -> None:
    """Take a price out of a list; raises PriceListRow.DoesNotExist when it is not there."""
    _lock(list_id)
    row = PriceListRow.objects.get(price_list_id=list_id, id=row_id)
    row.delete()
    _renew([row.product_id])


@transaction.atomic
def copy_prices(
    *,
    list_id: int,
    from_list_id: int | None,
    percent: Decimal,
    by_id: int | None,
    at: datetime,
) -> int:
    """Fill a list with another's prices, or with those of all products, moved by a percent.

    To whole pesos, half up, never below one. Raises BadPriceList and BadPrice.
    """
    if not _LEAST_PERCENT <= percent <= _MOST_PERCENT:
        raise BadPriceList(field="percent", words="Escribe un porcentaje de -99 a 900.")
    if from_list_id is None:
        told = [
            ListedPrice(product_id=product_id, price_clp=price)
            for product_id, price in Product.objects.filter(is_active=True).values_list(
                "id", "price_clp"
            )
        ]
    else:
        source = PriceListRow.objects.filter(price_list_id=from_list_id, product__is_active=True)
        told = [
            ListedPrice(
                product_id=row.product_id,
                price_clp=row.price_clp,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
            for row in source
        ]
    moved = [
        ListedPrice(
            product_id=each.product_id,
            price_clp=_moved(each.price_clp, percent),
            valid_from=each.valid_from,
            valid_to=each.valid_to,
        )
        for each in told
    ]
    return set_listed_prices(list_id=list_id, prices=moved, by_id=by_id, at=at)


def _moved(price_clp: int, percent: Decimal) -> int:
    share = (price_clp * (_HUNDRED + percent) / _HUNDRED).quantize(
        Decimal(1), rounding=ROUND_HALF_UP
    )
    return min(max(1, int(share)), PRICE_LIMIT_CLP - 1)


@transaction.atomic
def set_branch_list(*, branch_id: int, list_id: int | None) -> None:
    """Say which list holds in a branch, or that none does; PriceList.DoesNotExist for strangers."""
    next_revision()
    if list_id is None:
        BranchPriceList.objects.filter(branch_id=branch_id).delete()
        return
    row = PriceList.objects.get(id=list_id)
    BranchPriceList.objects.update_or_create(branch_id=branch_id, defaults={"price_list": row})


def _check_name(name: str, *, besides: int | None) -> None:
    if not 1 <= len(name.strip()) <= _NAME_MOST:
        raise BadPriceList(field="name", words="Ponle un nombre corto, hasta 40 letras.")
    if PriceList.objects.filter(name__iexact=name.strip()).exclude(id=besides).exists():
        raise BadPriceList(field="name", words="Ya hay una lista con ese nombre.")


def _lock(list_id: int) -> PriceList:
    """Lock a list: before the products, which come before the counter of revisions."""
    row: PriceList = PriceList.objects.select_for_update(of=("self",)).get(id=list_id)
    return row


def _renew(product_ids: Collection[int]) -> None:
    """Let tills pull these products again."""
    wanted = Product.objects.filter(id__in=set(product_ids))
    # As everybody who changes products: by id, and the counter of revisions last.
    list(wanted.select_for_update(of=("self",)).order_by("id").values_list("id", flat=True))
    wanted.update(revision=next_revision())
