"""Whom the shop buys from, and on what terms."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class Supplier(CompanyBoundModel):
    """Someone the shop buys from; `payment_days` 0 is cash on delivery, None is not known."""

    rut = models.CharField(max_length=10)
    name = models.CharField(max_length=100)
    business = models.CharField("giro", max_length=80)
    address = models.CharField(max_length=70, blank=True, db_default="")
    commune = models.CharField(max_length=20, blank=True, db_default="")
    contact = models.CharField(max_length=60, blank=True, db_default="")
    email = models.EmailField(max_length=80, blank=True, db_default="")
    phone = models.CharField(max_length=20, blank=True, db_default="")
    lead_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    payment_days = models.PositiveSmallIntegerField(null=True)
    minimum_order_clp = models.BigIntegerField(default=0, db_default=0)
    note = models.CharField(max_length=200, blank=True, db_default="")
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "rut"], name="purchasing_supplier_rut"),
            models.CheckConstraint(
                condition=Q(minimum_order_clp__gte=0), name="purchasing_supplier_minimum"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SupplierEdit(CompanyBoundModel):
    """Who changed what of a supplier: field → [before, after], as people read them."""

    supplier = TenantForeignKey(Supplier)
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()
    changes = models.JSONField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [Ledger(name="purchasing_supplieredit_ledger")]
        indexes = [
            models.Index(fields=["company", "supplier", "id"], name="purchasing_edit_supplier"),
        ]

    def __str__(self) -> str:
        return f"edit of supplier {self.supplier_id}"
