"""The catalogue as tills pull it: whole, or what changed since the revision they have."""

import re

from erpmarket.catalog.promotions import list_till_promotions
from erpmarket.catalog.queries import get_till_news, list_categories
from erpmarket.common.clock import local_date, now

_REVISION = re.compile(r"[0-9]{1,18}")


def catalogue_body(since: str) -> dict[str, object]:
    """Give the rows since a revision, as text; everything for what is no revision.

    Promotions are few and always all of them, in the form that `pricing.reading` reads.
    """
    news = get_till_news(int(since) if _REVISION.fullmatch(since) else None)
    return {
        "rev": news.revision,
        "base": news.base,
        "categories": [[row.id, row.name, row.color_index] for row in list_categories()],
        "products": news.rows,
        "gone": news.gone,
        "promotions": list_till_promotions(on=local_date(now())),
    }
