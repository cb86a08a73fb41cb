"""The catalogue as tills pull it: whole, or what changed since the revision they have."""

import re

from erpmarket.catalog.counter import counter_body, find_product_of_label, read_scale_label
from erpmarket.catalog.promotions import list_till_promotions
from erpmarket.catalog.queries import (
    find_by_code,
    get_till_news,
    get_till_row,
    list_categories,
)
from erpmarket.common.clock import local_date, now

_REVISION = re.compile(r"[0-9]{1,18}")


def catalogue_body(since: str) -> dict[str, object]:
    """Give the rows since a revision, as text; everything for what is no revision.

    Promotions are few and always all of them, in the form that `pricing.reading` reads; so are
    the layouts of scale labels and the hours of alcohol.
    """
    news = get_till_news(int(since) if _REVISION.fullmatch(since) else None)
    return {
        "rev": news.revision,
        "base": news.base,
        "products": news.rows,
        "gone": news.gone,
        **_around(),
    }


def product_body(code: str) -> dict[str, object] | None:
    """Give what a scanned code is, in the form of a catalogue of one; None when nothing is.

    A till asks while its first catalogue is still on the way.
    """
    if not code.isprintable():
        return None
    product = find_by_code(code)
    if product is None and (label := read_scale_label(code)) is not None:
        product = find_product_of_label(label)
    row = get_till_row(product.id) if product is not None else None
    return None if row is None else {"products": [row], **_around()}


def _around() -> dict[str, object]:
    """Give what every catalogue says besides its products."""
    return {
        "categories": [[row.id, row.name, row.color_index] for row in list_categories()],
        "promotions": list_till_promotions(on=local_date(now())),
        **counter_body(),
    }
