"""What came in, with which paper, and what was learned of its cost later."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from erpmarket.purchasing.models.orders import OrderLine, PurchaseOrder
from erpmarket.purchasing.models.suppliers import Supplier
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class Receipt(CompanyBoundModel):
    """Goods that came in with a supplier's paper; the same paper comes in once.

    `net_clp` is what the goods cost when they came in. `total_clp` is the paper's own total, what
    is owed for it; None for papers that owe nothing yet (a guía). `taxes` is additional taxes as
    [code, pesos], `discounts` global discounts in pesos: what the paper told once for all lines.
    """

    uid = models.UUIDField()
    supplier = TenantForeignKey(Supplier)
    warehouse = TenantForeignKey("inventory.Warehouse")
    order = TenantForeignKey(PurchaseOrder, null=True)
    document_kind = models.PositiveSmallIntegerField()
    document_folio = models.BigIntegerField()
    issued_on = models.DateField(null=True)
    net_clp = models.BigIntegerField()
    freight_clp = models.BigIntegerField(default=0, db_default=0)
    vat_clp = models.BigIntegerField(default=0, db_default=0)
    total_clp = models.BigIntegerField(null=True)
    discounts = models.JSONField(default=list)
    taxes = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True, db_default="")
    received_at = models.DateTimeField()
    received_by = TenantForeignKey("tenancy.Membership", null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="purchasing_receipt_uid"),
            models.UniqueConstraint(
                fields=["company", "supplier", "document_kind", "document_folio"],
                name="purchasing_receipt_paper",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "received_at"], name="purchasing_receipt_at"),
            models.Index(
                fields=["company", "order"],
                condition=Q(order__isnull=False),
                name="purchasing_receipt_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_kind} N° {self.document_folio}"


class ReceiptLine(CompanyBoundModel):
    """One product of a receipt: packs turned into units, and what they cost net of IVA.

    `value` is the cost with its share of all that the paper tells once; `amount_clp` the paper's
    own net for the line. `billed` and `ordered` are units as the paper and the order say: what
    differs from `quantity` is shown and kept.
    """

    receipt = TenantForeignKey(Receipt)
    position = models.PositiveSmallIntegerField()
    product = TenantForeignKey("catalog.Product")
    packs = models.DecimalField(max_digits=14, decimal_places=3)
    units_per_pack = models.DecimalField(max_digits=14, decimal_places=3)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    value = models.DecimalField(max_digits=18, decimal_places=4)
    amount_clp = models.BigIntegerField(null=True)
    billed = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    ordered = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    order_line = TenantForeignKey(OrderLine, null=True)
    tax_code = models.CharField(max_length=6, blank=True, db_default="")
    is_exempt = models.BooleanField(default=False, db_default=False)
    expires_on = models.DateField(null=True)
    lot_code = models.CharField(max_length=30, blank=True, db_default="")

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "receipt", "position"], name="purchasing_line_position"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, value__gte=0), name="purchasing_line_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product", "-id"], name="purchasing_line_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class CostChangeKind(models.TextChoices):
    """How a bill that came later changes a receipt's cost."""

    CORRECTION = "correction", "Costo corregido"
    LATE_COST = "late_cost", "Costo agregado"


def cost_change_kinds() -> list[tuple[str, str]]:
    return list(CostChangeKind.choices)


class CostChange(CompanyBoundModel):
    """A bill that came after the goods: `lines` is [position, value before, value after], texts."""

    uid = models.UUIDField()
    receipt = TenantForeignKey(Receipt)
    kind = models.CharField(max_length=10, choices=cost_change_kinds)
    reason = models.CharField(max_length=90)
    document_kind = models.PositiveSmallIntegerField(null=True)
    document_folio = models.BigIntegerField(null=True)
    lines = models.JSONField()
    made_at = models.DateTimeField()
    made_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="purchasing_costchange_uid"),
            Ledger(name="purchasing_costchange_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "receipt", "id"], name="purchasing_costchange_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of receipt {self.receipt_id}"


class SupplierReturn(CompanyBoundModel):
    """Goods of a receipt that went back; `credit` is what the supplier should credit, net.

    `cost` is what they cost in stock; the rest is a difference. `guia_id` is the paper they
    travelled with. The nota that came for it is an entry of the payables that names the return.
    """

    uid = models.UUIDField()
    receipt = TenantForeignKey(Receipt)
    reason = models.CharField(max_length=90)
    credit = models.DecimalField(max_digits=18, decimal_places=4)
    cost = models.DecimalField(max_digits=18, decimal_places=4)
    guia = TenantForeignKey("fiscal.IssuedDocument", null=True)
    returned_at = models.DateTimeField()
    returned_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="purchasing_return_uid"),
            Ledger(name="purchasing_supplierreturn_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "receipt", "id"], name="purchasing_return_receipt"),
        ]

    def __str__(self) -> str:
        return f"return of receipt {self.receipt_id}"


class SupplierReturnLine(CompanyBoundModel):
    """Units of one line of a receipt that went back."""

    supplier_return = TenantForeignKey(SupplierReturn)
    receipt_line = TenantForeignKey(ReceiptLine)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    credit = models.DecimalField(max_digits=18, decimal_places=4)
    cost = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "supplier_return", "receipt_line"],
                name="purchasing_returnline_one",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="purchasing_returnline_quantity"
            ),
            Ledger(name="purchasing_supplierreturnline_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "receipt_line"], name="purchasing_returnline_of"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} back of line {self.receipt_line_id}"
