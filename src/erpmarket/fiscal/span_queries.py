"""Which papers a set of causes brought forth, summed by type."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Min, Sum

from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.words import ISSUED_KINDS, paper_name, signed_total


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioSpan:
    """The papers of one type: how many, from which folio to which, and what they add up to."""

    kind: int
    first: int
    last: int
    count: int
    total_clp: int

    @property
    def name(self) -> str:
        return paper_name(self.kind)

    @property
    def signed_clp(self) -> int:
        """What they add to what was sold: a nota de crédito takes back."""
        return signed_total(self.kind, self.total_clp)

    @property
    def has_others_between(self) -> bool:
        """Tell whether some folios between first and last went to somebody else."""
        return self.last - self.first + 1 != self.count


def list_folio_spans(source_uids: Collection[UUID]) -> Sequence[FolioSpan]:
    """List the papers issued for some causes, a row for each type, boletas first."""
    rows = (
        IssuedDocument.objects.filter(source_uid__in=source_uids)
        .values("kind")
        .annotate(first=Min("folio"), last=Max("folio"), count=Count("id"), sum=Sum("total_clp"))
    )
    spans = [
        FolioSpan(
            kind=row["kind"],
            first=row["first"],
            last=row["last"],
            count=row["count"],
            total_clp=row["sum"],
        )
        for row in rows
    ]
    order = {int(kind): place for place, kind in enumerate(ISSUED_KINDS)}
    return sorted(spans, key=lambda span: (order.get(span.kind, len(order)), span.kind))
