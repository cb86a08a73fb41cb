"""What people counted, while the shop went on selling."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from erpmarket.inventory.models.places import Warehouse
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


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
    APPROVING = "approving", "Ajustando el stock"
    APPROVED = "approved", "Aprobado"
    DISCARDED = "discarded", "Descartado"


def count_kinds() -> list[tuple[str, str]]:
    return list(CountKind.choices)


def count_states() -> list[tuple[str, str]]:
    return list(CountState.choices)


class CountDeed(models.TextChoices):
    """What a person did to a product of a count."""

    ADD = "add", "Sumó"
    SET = "set", "Contó de nuevo"
    DROP = "drop", "Quitó"


def count_deeds() -> list[tuple[str, str]]:
    return list(CountDeed.choices)


class Count(CompanyBoundModel):
    """A count of a warehouse; approving it writes its differences to the ledger, in batches.

    While it is `approving` a worker may find it half written: its lines know which half.
    """

    uid = models.UUIDField()
    warehouse = TenantForeignKey(Warehouse)
    kind = models.CharField(max_length=8, choices=count_kinds)
    category = TenantForeignKey("catalog.Category", null=True)
    state = models.CharField(max_length=10, choices=count_states, default=CountState.OPEN)
    is_blind = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    opened_by = TenantForeignKey("tenancy.Membership")
    approved_at = models.DateTimeField(null=True)
    approved_by = TenantForeignKey("tenancy.Membership", null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = TenantForeignKey("tenancy.Membership", null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_count_uid"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "review", "approving"], closed_at__isnull=True)
                | Q(state__in=["approved", "discarded"], closed_at__isnull=False),
                name="inventory_count_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approving", "approved"], approved_at__isnull=False)
                | Q(state__in=["open", "review", "discarded"], approved_at__isnull=True),
                name="inventory_count_approved_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company"],
                condition=Q(state="approving"),
                name="inventory_count_approving",
            ),
            models.Index(fields=["company", "-opened_at"], name="inventory_count_latest"),
        ]

    def __str__(self) -> str:
        return f"count of {self.opened_at:%Y-%m-%d %H:%M}"


class CountTarget(CompanyBoundModel):
    """A product that a count wants counted; a free count has none."""

    count = TenantForeignKey(Count)
    product = TenantForeignKey("catalog.Product")

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "count", "product"], name="inventory_counttarget_one"
            ),
        ]

    def __str__(self) -> str:
        return f"product {self.product_id} is to be counted"


class CountEntry(CompanyBoundModel):
    """What one person counted at one instant: a product's line is the sum of its entries."""

    uid = models.UUIDField()
    count = TenantForeignKey(Count)
    product = TenantForeignKey("catalog.Product")
    deed = models.CharField(max_length=4, choices=count_deeds)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    counted_at = models.DateTimeField()
    counted_by = TenantForeignKey("tenancy.Membership")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_countentry_uid"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="inventory_countentry_quantity"
            ),
            Ledger(name="inventory_countentry_ledger"),
        ]
        indexes = [
            models.Index(
                fields=["company", "count", "product", "counted_at", "id"],
                name="inventory_countentry_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.quantity} of product {self.product_id}"


class CountLine(CompanyBoundModel):
    """A product as it was counted: the difference is against the ledger at `counted_at`.

    Two shelves of one product are one line: the first count is carried to the second's instant;
    `carried` is what moved between them. `booked_*` is the difference that approval wrote.
    """

    count = TenantForeignKey(Count)
    product = TenantForeignKey("catalog.Product")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    counted_at = models.DateTimeField()
    counted_by = TenantForeignKey("tenancy.Membership")
    carried = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    reason = models.CharField(max_length=30, blank=True)
    is_accepted = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(null=True)
    booked_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    booked_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    written_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "count", "product"], name="inventory_count_product"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="inventory_count_quantity"),
        ]
        indexes = [
            models.Index(
                fields=["company", "product", "-counted_at"], name="inventory_countline_last"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
