"""What is wrong with the hour of the machine that signs."""

from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel, environments


class AheadClock(CompanyBoundModel):
    """The worker's clock goes ahead of the SII's, so nothing is signed; no row: they agree."""

    environment = models.CharField(max_length=15, choices=environments)
    ahead_seconds = models.PositiveIntegerField()
    seen_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment"], name="fiscal_ahead_clock_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ahead_seconds} s ahead of the SII of {self.environment}"
