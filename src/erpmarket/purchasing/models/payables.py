"""What the shop owes its suppliers: nothing here is changed, only followed by others."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from erpmarket.purchasing.models.receipts import Receipt, SupplierReturn
from erpmarket.purchasing.models.suppliers import Supplier
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class PayableKind(models.TextChoices):
    """Why a debt grew or shrank."""

    INVOICE = "invoice", "Factura"
    CREDIT_NOTE = "credit_note", "Nota de crédito"
    PAYMENT = "payment", "Pago"
    REVERSAL = "reversal", "Anulación"


def payable_kinds() -> list[tuple[str, str]]:
    return list(PayableKind.choices)


class PaidBy(models.TextChoices):
    """How a supplier was paid."""

    DRAWER = "drawer", "Efectivo del cajón"
    TRANSFER = "transfer", "Transferencia"
    CASH = "cash", "Efectivo de la caja chica"
    CHECK = "check", "Cheque"


def paid_by() -> list[tuple[str, str]]:
    return list(PaidBy.choices)


class PayableEntry(CompanyBoundModel):
    """One line of the account with a supplier; `amount_clp` is signed: plus is owed.

    `due_on` is when an invoice is due, None when neither paper nor terms told it by then; a payment
    says how; a reversal names what it undoes.
    """

    uid = models.UUIDField()
    supplier = TenantForeignKey(Supplier)
    kind = models.CharField(max_length=12, choices=payable_kinds)
    amount_clp = models.BigIntegerField()
    document_kind = models.PositiveSmallIntegerField(null=True)
    document_folio = models.BigIntegerField(null=True)
    happened_on = models.DateField()
    due_on = models.DateField(null=True)
    method = models.CharField(max_length=10, choices=paid_by, blank=True, db_default="")
    reference = models.CharField(max_length=40, blank=True, db_default="")
    note = models.CharField(max_length=120, blank=True, db_default="")
    receipt = TenantForeignKey(Receipt, null=True)
    supplier_return = TenantForeignKey(SupplierReturn, null=True)
    reverses = TenantForeignKey("self", null=True)
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="purchasing_payable_uid"),
            models.UniqueConstraint(
                fields=["company", "supplier", "document_kind", "document_folio"],
                condition=Q(kind__in=["invoice", "credit_note"]),
                name="purchasing_payable_paper",
            ),
            models.UniqueConstraint(
                fields=["company", "reverses"],
                condition=Q(reverses__isnull=False),
                name="purchasing_payable_reversed_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", amount_clp__gt=0)
                | Q(kind__in=["credit_note", "payment"], amount_clp__lt=0)
                | Q(kind="reversal", reverses__isnull=False),
                name="purchasing_payable_signs",
            ),
            Ledger(name="purchasing_payableentry_ledger"),
        ]
        indexes = [
            models.Index(
                fields=["company", "supplier", "happened_on", "id"],
                name="purchasing_payable_account",
            ),
            models.Index(
                fields=["company", "due_on"],
                condition=Q(kind="invoice"),
                name="purchasing_payable_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_clp}"


class Settlement(CompanyBoundModel):
    """What a payment or a nota pays of an invoice, in pesos; below zero when it was undone."""

    payment = TenantForeignKey(PayableEntry)
    invoice = TenantForeignKey(PayableEntry)
    amount_clp = models.BigIntegerField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(amount_clp=0), name="purchasing_settlement_not_zero"
            ),
            Ledger(name="purchasing_settlement_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "invoice"], name="purchasing_settlement_of"),
            # No unique key: what is left of a nota may go to one paper in several steps.
            models.Index(fields=["company", "payment"], name="purchasing_settlement_by"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_clp} of {self.invoice_id} by {self.payment_id}"
