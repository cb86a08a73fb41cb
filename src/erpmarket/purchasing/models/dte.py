"""What people decide about a supplier's electronic paper, and what the shop learns from it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from erpmarket.purchasing.models.receipts import Receipt
from erpmarket.purchasing.models.suppliers import Supplier
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class DteState(models.TextChoices):
    """How far the reception of an electronic paper is."""

    OPEN = "open", "Por recibir"
    DONE = "done", "Recibida"
    SET_ASIDE = "set_aside", "Sin recepción"


def dte_states() -> list[tuple[str, str]]:
    return list(DteState.choices)


class DteDraft(CompanyBoundModel):
    """Answers of people about one received paper, kept until they receive it.

    Its lines are always read from the file as it came in: `choices` holds only what somebody
    decided, by position of the line. `receipt` is what came in; a nota has none. `outcome` counts
    what the one motion did: products, created, learned, changed, planned.
    """

    uid = models.UUIDField()
    received = TenantForeignKey("fiscal.ReceivedDocument")
    state = models.CharField(max_length=10, choices=dte_states, default=DteState.OPEN)
    choices = models.JSONField(default=dict)
    receipt = TenantForeignKey(Receipt, null=True)
    outcome = models.JSONField(default=dict)
    note = models.CharField(max_length=120, blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="purchasing_dtedraft_uid"),
            models.UniqueConstraint(
                fields=["company", "received"], name="purchasing_dtedraft_received"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="purchasing_dtedraft_ended_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "receipt"],
                condition=Q(receipt__isnull=False),
                name="purchasing_dtedraft_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} reception of document {self.received_id}"


class SupplierCode(CompanyBoundModel):
    """What a supplier's own code or wording means here, learned from a reception.

    `key` is the code as the paper writes it after `c:`, or the folded name after `n:` when its
    lines carry no code. `units_per_pack` is how many units of the product one of theirs holds.
    """

    supplier = TenantForeignKey(Supplier)
    key = models.CharField(max_length=100)
    product = TenantForeignKey("catalog.Product")
    units_per_pack = models.DecimalField(max_digits=14, decimal_places=3)
    learned_at = models.DateTimeField()
    learned_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "supplier", "key"], name="purchasing_suppliercode_key"
            ),
            models.CheckConstraint(
                condition=Q(units_per_pack__gt=0), name="purchasing_suppliercode_units"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product"], name="purchasing_suppliercode_of"),
        ]

    def __str__(self) -> str:
        return f"{self.key} is {self.units_per_pack} of product {self.product_id}"
