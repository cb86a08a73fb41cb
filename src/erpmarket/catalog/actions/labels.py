"""Shelf labels: the queue, and what goes to print together."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from erpmarket.catalog.errors import NothingToPrint, TooManyLabels
from erpmarket.catalog.label_paper import LabelForm, label_json, shelf_label
from erpmarket.catalog.models import LabelRequest, LabelSheet, Product
from erpmarket.catalog.queries import get_first_barcodes
from erpmarket.common.clock import local_date

MOST_COPIES: Final = 50
MOST_LABELS: Final = 480
KEPT_FOR: Final = timedelta(days=30)


@transaction.atomic
def request_labels(copies: Mapping[int, int], *, at: datetime, by_hand: bool = False) -> None:
    """Queue labels of products, product → copies; one that waits already only changes copies.

    A label asked for by hand stays when its price goes back.
    """
    LabelRequest.objects.bulk_create(
        [
            LabelRequest(product_id=product_id, copies=count, is_by_hand=by_hand, requested_at=at)
            for product_id, count in sorted(copies.items())
        ],
        ignore_conflicts=True,
    )
    waiting = LabelRequest.objects.filter(product_id__in=copies, printed_at__isnull=True)
    for count in set(copies.values()):
        ids = [product_id for product_id, wanted in copies.items() if wanted == count]
        waiting.filter(product_id__in=ids, copies__lt=count).update(copies=count)
    if by_hand:
        waiting.update(is_by_hand=True)


def queue_labels_of_prices(prices: Mapping[int, int], *, at: datetime) -> None:
    """Queue the labels of changed prices, product → price; call it where prices are written.

    Where the label on the shelf shows the price already, nothing must be printed.
    """
    newest = LabelRequest.objects.filter(
        product_id=OuterRef("id"), printed_at__isnull=False
    ).order_by("-id")
    rows = (
        Product.objects.filter(id__in=prices)
        .annotate(shown_clp=Subquery(newest.values("price_clp")[:1]))
        .values_list("id", "shown_clp", "is_active")
    )
    right = {row[0] for row in rows if row[1] == prices[row[0]] or not row[2]}
    LabelRequest.objects.filter(
        product_id__in=right, printed_at__isnull=True, is_by_hand=False
    ).delete()
    request_labels({product_id: 1 for product_id in prices if product_id not in right}, at=at)


def drop_labels(request_ids: Sequence[int]) -> int:
    """Take labels out of the queue unprinted; return how many."""
    waiting = LabelRequest.objects.filter(id__in=request_ids, printed_at__isnull=True)
    return int(waiting.delete()[0])


@transaction.atomic
def print_labels(
    copies: Mapping[int, int],
    *,
    form: LabelForm,
    uid: UUID,
    at: datetime,
    by_id: int | None = None,
) -> LabelSheet:
    """Take labels off the queue, request → copies, as one sheet with what they show now.

    The same uid again gives the sheet of the first time. Raises NothingToPrint, TooManyLabels.
    """
    known: LabelSheet | None = LabelSheet.objects.defer("pdf").filter(uid=uid).first()
    if known is not None:
        return known
    requests = list(
        LabelRequest.objects.select_for_update(of=("self",))
        .select_related("product")
        .filter(id__in=copies, printed_at__isnull=True)
        .order_by("product__search_name", "product_id")
    )
    if not requests:
        raise NothingToPrint
    if sum(copies[each.id] for each in requests) > MOST_LABELS:
        raise TooManyLabels(limit=MOST_LABELS)
    codes = get_first_barcodes([each.product_id for each in requests])
    labels = [
        label_json(
            shelf_label(each.product, codes.get(each.product_id, ""), on=local_date(at)),
            product_id=each.product_id,
            copies=copies[each.id],
        )
        for each in requests
    ]
    sheet: LabelSheet = LabelSheet.objects.create(
        uid=uid,
        form=form,
        labels=labels,
        wanted_by_id=by_id,
        wanted_at=at,
        available_at=at,
        made_at=at if form.is_of_till else None,
    )
    for each in requests:
        each.printed_at, each.sheet, each.copies = at, sheet, copies[each.id]
        each.price_clp = each.product.price_clp
    LabelRequest.objects.bulk_update(requests, ["printed_at", "sheet", "copies", "price_clp"])
    LabelSheet.objects.filter(wanted_at__lt=at - KEPT_FOR, pdf__isnull=False).update(pdf=None)
    return sheet


@transaction.atomic
def return_sheet(*, sheet_id: int, at: datetime) -> int:
    """Put the labels of a sheet back into the queue: it did not come out; return how many.

    They count as never printed. Raises LabelSheet.DoesNotExist.
    """
    sheet: LabelSheet = (
        LabelSheet.objects.defer("pdf").select_for_update(of=("self",)).get(id=sheet_id)
    )
    if sheet.returned_at is not None:
        return 0
    sheet.returned_at = at
    sheet.save(update_fields=["returned_at"])
    printed = LabelRequest.objects.filter(sheet=sheet)
    copies = dict(printed.values_list("product_id", "copies"))
    printed.delete()
    request_labels(copies, at=at, by_hand=True)
    return len(copies)
