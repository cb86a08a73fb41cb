"""Projections of the ledger: what is there now, and what it cost."""

from django.db import models

from erpmarket.inventory.models.ledger import StockMove
from erpmarket.inventory.models.places import Warehouse, cost_methods
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class Stock(CompanyBoundModel):
    """A product in a warehouse. Value is the truth, the average is derived.

    Where the company pools its cost, value and last cost are in `CompanyPool` and zero here.
    `last_at` is the instant of the newest event, to tell a late one; `method` is the costing method
    since the last closing, here so that a sale reads it under its lock.
    """

    warehouse = TenantForeignKey(Warehouse)
    product = TenantForeignKey("catalog.Product")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    value = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    last_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    last_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=8, choices=cost_methods, default="ppp", db_default="ppp")

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product", "warehouse"], name="inventory_stock_one"
            ),
            models.CheckConstraint(
                condition=~models.Q(quantity=0) | models.Q(value=0),
                name="inventory_stock_nothing_costs_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class CompanyPool(CompanyBoundModel):
    """A product over all warehouses, where the company pools its cost."""

    product = TenantForeignKey("catalog.Product")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    value = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    last_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    last_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "product"], name="inventory_pool_one"),
            models.CheckConstraint(
                condition=~models.Q(quantity=0) | models.Q(value=0),
                name="inventory_pool_nothing_costs_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id} in the company"


class CostLayer(CompanyBoundModel):
    """Goods that came together and are still there, under FIFO; lowest `rank` leaves first.

    `warehouse` is None in a company pool; `source` is the receipt, None after a closing.
    """

    warehouse = TenantForeignKey(Warehouse, null=True)
    product = TenantForeignKey("catalog.Product")
    rank = models.BigIntegerField()
    source = TenantForeignKey(StockMove, null=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    value = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product", "warehouse", "rank"],
                nulls_distinct=False,
                name="inventory_layer_rank",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, value__gte=0), name="inventory_layer_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class StockDebt(CompanyBoundModel):
    """Units that were taken and were not there, until a receipt settles them; oldest issue first.

    `warehouse` is where the issue took them; in a company pool all debts of the product are one
    list.
    """

    warehouse = TenantForeignKey(Warehouse)
    product = TenantForeignKey("catalog.Product")
    issue = TenantForeignKey(StockMove)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    provisional_value = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "issue"], name="inventory_debt_issue"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, provisional_value__gte=0),
                name="inventory_debt_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product", "warehouse"], name="inventory_debt_pool"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} owed of product {self.product_id}"
