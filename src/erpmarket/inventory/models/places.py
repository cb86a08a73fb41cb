"""Where stock lies, and the rules a company keeps it by."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from erpmarket.costing import METHODS
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class Warehouse(CompanyBoundModel):
    """A place with stock and, unless the company pools its cost, an average of its own."""

    branch = TenantForeignKey("tenancy.Branch")
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="inventory_warehouse_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CostScope(models.TextChoices):
    """Over what a cost is averaged or layered."""

    WAREHOUSE = "warehouse", "Cada bodega por su cuenta"
    COMPANY = "company", "Toda la empresa junta"


def cost_scopes() -> list[tuple[str, str]]:
    return list(CostScope.choices)


def cost_methods() -> list[tuple[str, str]]:
    words = {"ppp": "Promedio ponderado (PPP)", "fifo": "Primero en entrar, primero en salir"}
    return [(name, words.get(name, name)) for name in METHODS]


class InventoryRules(CompanyBoundModel):
    """How a company keeps its stock; without a row the defaults hold.

    The scope is fixed once stock has moved; the method changes by a dated closing.
    """

    method = models.CharField(max_length=8, choices=cost_methods, default="ppp")
    scope = models.CharField(max_length=10, choices=cost_scopes, default=CostScope.WAREHOUSE)
    refuse_below_zero = models.BooleanField("no vender bajo cero", default=False)
    cost_jump_percent = models.PositiveSmallIntegerField("salto de costo que avisa", default=30)
    count_notice_clp = models.PositiveIntegerField(
        "diferencia de conteo que avisa, pesos", default=20_000, db_default=20_000
    )
    expiry_days = models.PositiveSmallIntegerField("avisar antes de vencer, días", default=7)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="inventory_rules_one"),
        ]

    def __str__(self) -> str:
        return f"{self.method} by {self.scope}"


class ReorderRule(CompanyBoundModel):
    """When a product is low: below a quantity, or below so many days of its sales rate.

    Without a warehouse it is about all of them together.
    """

    product = TenantForeignKey("catalog.Product")
    warehouse = TenantForeignKey(Warehouse, null=True)
    minimum = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    minimum_days = models.PositiveSmallIntegerField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product", "warehouse"],
                nulls_distinct=False,
                name="inventory_reorder_one",
            ),
            models.CheckConstraint(
                condition=models.Q(minimum__isnull=False, minimum__gte=0)
                | models.Q(minimum_days__isnull=False),
                name="inventory_reorder_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"minimum of product {self.product_id}"


class SalesRate(CompanyBoundModel):
    """How much of a product leaves by sale from a warehouse on each weekday: a daily projection.

    `by_weekday` has seven averages of units, Monday first. Without a row nothing was sold in the
    weeks that were looked at.
    """

    product = TenantForeignKey("catalog.Product")
    warehouse = TenantForeignKey(Warehouse)
    by_weekday = ArrayField(models.DecimalField(max_digits=14, decimal_places=4), size=7)
    day = models.DateField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product", "warehouse"], name="inventory_salesrate_one"
            ),
        ]

    def __str__(self) -> str:
        return f"rate of product {self.product_id} on {self.day}"


class RateRun(CompanyBoundModel):
    """One row per company: the last day whose morning has its sales rates."""

    day = models.DateField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="inventory_raterun_one"),
        ]

    def __str__(self) -> str:
        return f"rates of {self.day}"
