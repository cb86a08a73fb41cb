"""What the counter must know of goods beside their price: scale labels, and when alcohol sells."""

from datetime import time

from django.db import models

from erpmarket.catalog.scale_labels import LabelKind
from erpmarket.tenancy.models import CompanyBoundModel


def label_kinds() -> list[tuple[str, str]]:
    return list(LabelKind.choices)


class ScaleRule(CompanyBoundModel):
    """One layout of the labels that the shop's scale prints; the oldest that fits reads them."""

    kind = models.CharField(max_length=6, choices=label_kinds)
    layout = models.CharField(max_length=12)
    made_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "layout"], name="catalog_scalerule_layout"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.layout}"


class AlcoholHours(CompanyBoundModel):
    """When the shop's licence lets it sell alcohol, one row at most; without it the law's hours.

    Source: Ley 19.925, art. 21: from 9:00 to 1:00, two hours more in the small hours of Saturdays
    and holidays. Holidays are not known here: the shop moves `until` by hand for one.
    """

    opens = models.TimeField(default=time(9))
    until = models.TimeField(default=time(1))
    saturday_until = models.TimeField(default=time(3))

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="catalog_alcoholhours_one"),
            models.CheckConstraint(
                condition=models.Q(until__lt=models.F("opens"))
                & models.Q(saturday_until__lt=models.F("opens")),
                name="catalog_alcoholhours_order",
            ),
        ]

    def __str__(self) -> str:
        return f"alcohol from {self.opens:%H:%M} to {self.until:%H:%M}"
