from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class Warehouse(CompanyBoundModel):
    """A place with stock and an average cost of its own."""

    branch = TenantForeignKey("tenancy.Branch")
    name = models.CharField(max_length=40)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="inventory_warehouse_name"),
        ]

    def __str__(self) -> str:
        return self.name


class MoveKind(models.TextChoices):
    """Why stock or its value moved; each is one account of the costing."""

    RECEIPT = "receipt", "Recepción"
    SALE = "sale", "Venta"
    SETTLEMENT = "settlement", "Ajuste de costo"
    RETURN = "return", "Devolución"


def move_kinds() -> list[tuple[str, str]]:
    return list(MoveKind.choices)


class StockMove(CompanyBoundModel):
    """One line of the ledger. Quantity and value are signed: into stock is plus.

    A settlement moves no quantity: it is the difference between what an issue was booked at and
    what the goods that covered it turned out to cost, and it points to that issue. A return takes
    units of an issue back, and points to it too.
    """

    warehouse = TenantForeignKey(Warehouse)
    product = TenantForeignKey("catalog.Product")
    kind = models.CharField(max_length=12, choices=move_kinds)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    value = models.DecimalField(max_digits=18, decimal_places=4)
    balance_quantity = models.DecimalField(max_digits=14, decimal_places=3)
    balance_value = models.DecimalField(max_digits=18, decimal_places=4)
    is_cost_pending = models.BooleanField(default=False)
    settles = TenantForeignKey("self", null=True)
    cause_uid = models.UUIDField()
    cause_position = models.PositiveSmallIntegerField()
    happened_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="inventory_stockmove_ledger"),
        ]
        indexes = [
            models.Index(
                fields=["company", "product", "warehouse", "id"], name="inventory_move_kardex"
            ),
            models.Index(fields=["company", "cause_uid"], name="inventory_move_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} of product {self.product_id}"


class Stock(CompanyBoundModel):
    """Projection of the ledger: what is there now. Value is the truth, the average is derived."""

    warehouse = TenantForeignKey(Warehouse)
    product = TenantForeignKey("catalog.Product")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    value = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    last_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)

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


class StockDebt(CompanyBoundModel):
    """Projection: units that were sold and were not there, until a receipt settles them."""

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
