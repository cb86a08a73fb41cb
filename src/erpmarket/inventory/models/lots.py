"""Goods with a date on them."""

from django.db import models

from erpmarket.inventory.models.places import Warehouse
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class ExpiryWatch(CompanyBoundModel):
    """A product whose expiry is watched: receptions ask for its date, lists tell what is due."""

    product = TenantForeignKey("catalog.Product")
    since = models.DateTimeField()
    set_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product"], name="inventory_expirywatch_one"
            ),
        ]

    def __str__(self) -> str:
        return f"expiry of product {self.product_id} is watched"


class Lot(CompanyBoundModel):
    """Units that came together and expire together; only for products whose expiry is watched.

    The till does not ask for lots: what expires first is taken to have left first. What is left of
    a lot is therefore what stock is on hand beyond the lots that expire later; `removed` are units
    that left by name: waste, supplier returns, transfers.
    """

    warehouse = TenantForeignKey(Warehouse)
    product = TenantForeignKey("catalog.Product")
    code = models.CharField(max_length=30, blank=True)
    expires_on = models.DateField()
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    removed = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    cause_uid = models.UUIDField()
    cause_position = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "cause_uid", "cause_position"], name="inventory_lot_cause"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    quantity__gt=0, removed__gte=0, removed__lte=models.F("quantity")
                ),
                name="inventory_lot_quantities",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "product", "warehouse", "expires_on"],
                name="inventory_lot_fefo",
            ),
            models.Index(fields=["company", "expires_on"], name="inventory_lot_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id} until {self.expires_on}"
