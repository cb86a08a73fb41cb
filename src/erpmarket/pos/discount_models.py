"""What was taken off a sale, reason by reason."""

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
    """List what a cashier gives by hand; a migration names it."""
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
