"""What people counted, while the shop went on selling."""

from django.db import models
from django.db.models import Q

from erpmarket.inventory.models.places import Warehouse
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class CountKind(models.TextChoices):
    """How much of a warehouse is counted."""

    FULL = "full", "Toda la bodega"
    CATEGORY = "category", "Una categoría"
    CYCLIC = "cyclic", "Los que toca hoy"
    FREE = "free", "Lo que escanees"


class CountState(models.TextChoices):
    """How far a count is."""

    OPEN = "open", "Contando"
    REVIEW = "review", "Por aprobar"
    APPROVED = "approved", "Aprobado"
    DISCARDED = "discarded", "Descartado"


def count_kinds() -> list[tuple[str, str]]:
    return list(CountKind.choices)


def count_states() -> list[tuple[str, str]]:
    return list(CountState.choices)


class Count(CompanyBoundModel):
    """A count of a warehouse; approving it writes its differences to the ledger."""

    uid = models.UUIDField()
    warehouse = TenantForeignKey(Warehouse)
    kind = models.CharField(max_length=8, choices=count_kinds)
    category = TenantForeignKey("catalog.Category", null=True)
    state = models.CharField(max_length=10, choices=count_states, default=CountState.OPEN)
    is_blind = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    opened_by = TenantForeignKey("tenancy.Membership")
    closed_at = models.DateTimeField(null=True)
    closed_by = TenantForeignKey("tenancy.Membership", null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_count_uid"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "review"], closed_at__isnull=True)
                | Q(state__in=["approved", "discarded"], closed_at__isnull=False),
                name="inventory_count_closed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-opened_at"], name="inventory_count_latest"),
        ]

    def __str__(self) -> str:
        return f"count of {self.opened_at:%Y-%m-%d %H:%M}"


class CountLine(CompanyBoundModel):
    """A product as it was counted: the difference is against the ledger at `counted_at`.

    Two shelves of one product are one line: the first count is carried to the second's instant.
    """

    count = TenantForeignKey(Count)
    product = TenantForeignKey("catalog.Product")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    counted_at = models.DateTimeField()
    counted_by = TenantForeignKey("tenancy.Membership")
    unit_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    reason = models.CharField(max_length=30, blank=True)
    is_accepted = models.BooleanField(default=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "count", "product"], name="inventory_count_product"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="inventory_count_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
