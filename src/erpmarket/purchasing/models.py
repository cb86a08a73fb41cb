from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class Supplier(CompanyBoundModel):
    """Someone the shop buys from."""

    rut = models.CharField(max_length=10)
    name = models.CharField(max_length=100)
    business = models.CharField("giro", max_length=80)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "rut"], name="purchasing_supplier_rut"),
        ]

    def __str__(self) -> str:
        return self.name


class Receipt(CompanyBoundModel):
    """Goods that came in with a supplier's paper; the same paper comes in once."""

    uid = models.UUIDField()
    supplier = TenantForeignKey(Supplier)
    warehouse = TenantForeignKey("inventory.Warehouse")
    document_kind = models.PositiveSmallIntegerField()
    document_folio = models.BigIntegerField()
    net_clp = models.BigIntegerField()
    received_at = models.DateTimeField()

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
        ]

    def __str__(self) -> str:
        return f"{self.document_kind} N° {self.document_folio}"


class ReceiptLine(CompanyBoundModel):
    """One product of a receipt: packs turned into units, and what they cost net of IVA."""

    receipt = TenantForeignKey(Receipt)
    position = models.PositiveSmallIntegerField()
    product = TenantForeignKey("catalog.Product")
    packs = models.DecimalField(max_digits=14, decimal_places=3)
    units_per_pack = models.DecimalField(max_digits=14, decimal_places=3)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    value = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "receipt", "position"], name="purchasing_line_position"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, value__gte=0), name="purchasing_line_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
