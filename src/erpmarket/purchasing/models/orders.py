"""What was asked of a supplier, and how much of it came."""

from django.db import models
from django.db.models import Q

from erpmarket.purchasing.models.suppliers import Supplier
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class OrderState(models.TextChoices):
    """How far an order is."""

    DRAFT = "draft", "Borrador"
    SENT = "sent", "Enviado"
    PARTLY = "partly", "Llegó en parte"
    RECEIVED = "received", "Recibido"
    CLOSED = "closed", "Cerrado"
    CANCELLED = "cancelled", "Anulado"


def order_states() -> list[tuple[str, str]]:
    return list(OrderState.choices)


class OrderClock(CompanyBoundModel):
    """One row per company: the last number given to an order."""

    last_number = models.IntegerField(default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="purchasing_orderclock_one"),
        ]

    def __str__(self) -> str:
        return f"orders up to {self.last_number}"


class PurchaseOrder(CompanyBoundModel):
    """An order to a supplier; closed is one whose rest will not come any more."""

    uid = models.UUIDField()
    number = models.IntegerField()
    supplier = TenantForeignKey(Supplier)
    warehouse = TenantForeignKey("inventory.Warehouse")
    state = models.CharField(max_length=10, choices=order_states, default=OrderState.DRAFT)
    expected_on = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = TenantForeignKey("tenancy.Membership", null=True)
    sent_at = models.DateTimeField(null=True)
    sent_to = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)
    # Grows with each change of a draft: two people who edit one order do not overwrite each other.
    version = models.IntegerField(default=1)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="purchasing_order_uid"),
            models.UniqueConstraint(fields=["company", "number"], name="purchasing_order_number"),
            models.CheckConstraint(
                condition=Q(state="draft", sent_at__isnull=True)
                | Q(state="cancelled")
                | Q(state__in=["sent", "partly", "received", "closed"], sent_at__isnull=False),
                name="purchasing_order_sent_at",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="purchasing_order_latest"),
            models.Index(fields=["company", "supplier", "-id"], name="purchasing_order_supplier"),
        ]

    def __str__(self) -> str:
        return f"order {self.number}"


class OrderLine(CompanyBoundModel):
    """One product of an order; `pack_cost` is what a pack should cost, net of IVA."""

    order = TenantForeignKey(PurchaseOrder)
    position = models.PositiveSmallIntegerField()
    product = TenantForeignKey("catalog.Product")
    packs = models.DecimalField(max_digits=14, decimal_places=3)
    units_per_pack = models.IntegerField(default=1)
    pack_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # Units that came in so far, of all receipts against the order.
    received = models.DecimalField(max_digits=14, decimal_places=3, default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "order", "position"], name="purchasing_orderline_position"
            ),
            models.UniqueConstraint(
                fields=["company", "order", "product"], name="purchasing_orderline_product"
            ),
            models.CheckConstraint(
                condition=Q(packs__gt=0, units_per_pack__gt=0, received__gte=0),
                name="purchasing_orderline_signs",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product"], name="purchasing_orderline_of"),
        ]

    def __str__(self) -> str:
        return f"{self.packs} × {self.units_per_pack} of product {self.product_id}"
