"""Goods that leave without being sold."""

from django.db import models

from erpmarket.inventory.models.lots import Lot
from erpmarket.inventory.models.places import Warehouse
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class RemovalKind(models.TextChoices):
    """Who bears it: the shop loses goods, or its people use them."""

    WASTE = "waste", "Merma"
    OWN_USE = "own_use", "Consumo propio"


def removal_kinds() -> list[tuple[str, str]]:
    return list(RemovalKind.choices)


class Removal(CompanyBoundModel):
    """Goods written off with a reason; its moves have the uid as their cause."""

    uid = models.UUIDField()
    warehouse = TenantForeignKey(Warehouse)
    kind = models.CharField(max_length=8, choices=removal_kinds)
    reason = models.CharField(max_length=30)
    note = models.CharField(max_length=200, blank=True)
    removed_at = models.DateTimeField()
    removed_by = TenantForeignKey("tenancy.Membership")

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_removal_uid"),
            Ledger(name="inventory_removal_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "removed_at"], name="inventory_removal_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class RemovalLine(CompanyBoundModel):
    """One product of a removal."""

    removal = TenantForeignKey(Removal)
    position = models.PositiveSmallIntegerField()
    product = TenantForeignKey("catalog.Product")
    lot = TenantForeignKey(Lot, null=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "removal", "position"], name="inventory_removal_position"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="inventory_removal_positive"
            ),
            Ledger(name="inventory_removalline_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
