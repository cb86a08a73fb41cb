from django.db import models
from django.db.models import Q

from erpmarket.customers.store_credit_models import (  # noqa: F401  (Django finds models here)
    StoreCredit,
    StoreCreditMove,
)
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class Customer(CompanyBoundModel):
    """A neighbour or a firm; the alias is what the shop calls them.

    `balance_clp` is what they owe, the sum of their moves; below zero they paid ahead.
    """

    uid = models.UUIDField()
    rut = models.CharField(max_length=10, blank=True)
    name = models.CharField(max_length=100)
    alias = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=80, blank=True, default="", db_default="")
    notes = models.CharField(max_length=300, blank=True, default="", db_default="")
    credit_limit_clp = models.BigIntegerField(default=0)
    # What they pay for what stands in it; without it the branch's list, and then the product.
    price_list = TenantForeignKey("catalog.PriceList", null=True)
    balance_clp = models.BigIntegerField(default=0, db_default=0)
    is_active = models.BooleanField(default=True, db_default=True)
    # Grows with every change among the customers, so that a till can ask for what is new.
    revision = models.BigIntegerField(default=0, db_default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="customers_customer_uid"),
            # Nearly all have none: who gets a factura has one, and one account.
            models.UniqueConstraint(
                fields=["company", "rut"], condition=~Q(rut=""), name="customers_customer_rut"
            ),
            models.CheckConstraint(
                condition=Q(credit_limit_clp__gte=0), name="customers_limit_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "revision"], name="customers_revision"),
        ]

    def __str__(self) -> str:
        return self.alias or self.name

    @property
    def available_clp(self) -> int:
        """How much more they may take on credit, in pesos."""
        return max(0, int(self.credit_limit_clp - self.balance_clp))


class CustomerClock(CompanyBoundModel):
    """One row per company: the last revision given out."""

    revision = models.BigIntegerField(default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="customers_clock_one"),
        ]

    def __str__(self) -> str:
        return f"customers revision {self.revision}"


class MoveKind(models.TextChoices):
    """Why what a customer owes changed."""

    SALE = "sale", "Compra fiada"
    LOAN = "loan", "Préstamo en efectivo"
    PAYMENT = "payment", "Abono"
    RETURN = "return", "Devolución"
    CORRECTION = "correction", "Corrección"


MORE_DEBT = (MoveKind.SALE, MoveKind.LOAN)
LESS_DEBT = (MoveKind.PAYMENT, MoveKind.RETURN)


def move_kinds() -> list[tuple[str, str]]:
    return list(MoveKind.choices)


class PaidBy(models.TextChoices):
    """How a customer paid what they owe."""

    CASH = "cash", "Efectivo"
    CARD = "card", "Tarjeta"
    TRANSFER = "transfer", "Transferencia"


def paid_by() -> list[tuple[str, str]]:
    return list(PaidBy.choices)


class CustomerMove(CompanyBoundModel):
    """What a customer took on credit (plus) or paid back (minus).

    `balance_clp` is what they owed after it. The uid is that of its cause: the sale, the return,
    the form. Of a payment in cash `rounding_clp` is what rounding it gained the shop.
    """

    uid = models.UUIDField()
    customer = TenantForeignKey(Customer)
    kind = models.CharField(max_length=10, choices=move_kinds)
    amount_clp = models.BigIntegerField()
    balance_clp = models.BigIntegerField()
    means = models.CharField(max_length=8, blank=True, choices=paid_by, default="")
    rounding_clp = models.BigIntegerField(default=0)
    words = models.CharField(max_length=120, blank=True)
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    # Who let them above their limit.
    approved_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="customers_move_uid"),
            models.CheckConstraint(
                condition=Q(kind__in=MORE_DEBT, amount_clp__gt=0)
                | Q(kind__in=LESS_DEBT, amount_clp__lt=0)
                | (Q(kind=MoveKind.CORRECTION) & ~Q(amount_clp=0)),
                name="customers_move_sign",
            ),
            models.CheckConstraint(
                condition=(Q(kind=MoveKind.PAYMENT) & ~Q(means=""))
                | (~Q(kind=MoveKind.PAYMENT) & Q(means="")),
                name="customers_move_means",
            ),
            Ledger(name="customers_customermove_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "customer", "id"], name="customers_move_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_clp}"
