"""Keep a filter of the list of papers for the person who wants it again, or forget it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.office_models import SavedFilter

FILTER_LIMIT: Final = 12


@dataclass(kw_only=True, eq=False)
class TooManyFilters(DomainError):
    """A person has as many filters as fit on a page."""

    code: ClassVar[str] = "too_many_filters"

    @property
    def message(self) -> str:
        return f"Ya tienes {FILTER_LIMIT} filtros guardados. Borra uno que no uses."


@transaction.atomic
def save_filter(*, membership_id: int, name: str, query: str, at: datetime) -> SavedFilter:
    """Keep a filter under a name; the same name is replaced. Raises TooManyFilters."""
    mine = SavedFilter.objects.filter(membership_id=membership_id)
    if mine.exclude(name=name).count() >= FILTER_LIMIT:
        raise TooManyFilters
    row: SavedFilter = SavedFilter.objects.update_or_create(
        membership_id=membership_id, name=name, defaults={"query": query, "saved_at": at}
    )[0]
    return row


def forget_filter(*, membership_id: int, filter_id: int) -> bool:
    """Forget one of a person's filters; False when they have none such."""
    return bool(SavedFilter.objects.filter(membership_id=membership_id, id=filter_id).delete()[0])
