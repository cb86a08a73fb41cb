"""What was taken off a sale, and who let a cashier take off more than a cashier may."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class DiscountKind(models.TextChoices):
    """Why a line cost less than its price."""

    PROMOTION = "promotion", "Oferta"
    LINE = "line", "Descuento a un producto"
    TICKET = "ticket", "Descuento a la venta"


def discount_kinds() -> list[tuple[str, str]]:
    return list(DiscountKind.choices)


def hand_kinds() -> list[tuple[str, str]]:
    return [
        (value, label)
        for value, label in discount_kinds()
        if value in (DiscountKind.LINE, DiscountKind.TICKET)
    ]


class SaleDiscount(CompanyBoundModel):
    """One reason why a line of a sale cost less; those of a line sum to its discount.

    A discount on the whole ticket is in each line with its share. `promotion` is None for a
    promotion that a till told of and this company never had.
    """

    sale = TenantForeignKey("pos.Sale")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=discount_kinds)
    promotion = TenantForeignKey("catalog.Promotion", null=True)
    name = models.CharField(max_length=40)
    amount_clp = models.BigIntegerField()
    approved_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount_clp__gt=0), name="pos_discount_positive"),
            Ledger(name="pos_salediscount_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "sale", "position"], name="pos_discount_sale"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.amount_clp}"


class DiscountApproval(CompanyBoundModel):
    """A supervisor's PIN for one discount above the cashier's limit, good for one sale."""

    uid = models.UUIDField()
    till = TenantForeignKey("pos.Till")
    approved_by = TenantForeignKey("tenancy.Membership")
    approved_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=hand_kinds)
    # None for a discount on the ticket.
    product = TenantForeignKey("catalog.Product", null=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount_clp = models.BigIntegerField(null=True)
    sale_uid = models.UUIDField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_approval_uid"),
            models.CheckConstraint(
                condition=Q(percent__isnull=False, amount_clp__isnull=True)
                | Q(percent__isnull=True, amount_clp__isnull=False),
                name="pos_approval_terms",
            ),
            models.CheckConstraint(
                condition=Q(kind="line", product__isnull=False)
                | Q(kind="ticket", product__isnull=True),
                name="pos_approval_of",
            ),
            Ledger(name="pos_discountapproval_ledger", written_once=("sale_uid",)),
        ]

    def __str__(self) -> str:
        return f"approval {self.uid}"
