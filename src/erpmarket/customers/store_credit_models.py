"""Vales: what the shop owes who brought goods back, on a paper with a code."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class StoreCredit(CompanyBoundModel):
    """A vale: who has its code buys with it. `balance_clp` is what is left, the sum of its moves.

    The uid is that of the return it was given for.
    """

    uid = models.UUIDField()
    code = models.CharField(max_length=9)
    issued_clp = models.BigIntegerField()
    balance_clp = models.BigIntegerField()
    customer = TenantForeignKey("customers.Customer", null=True)
    issued_by = TenantForeignKey("tenancy.Membership", null=True)
    issued_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="customers_vale_uid"),
            models.UniqueConstraint(fields=["company", "code"], name="customers_vale_code"),
            models.CheckConstraint(
                condition=Q(issued_clp__gt=0, balance_clp__gte=0), name="customers_vale_signs"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def shown_code(self) -> str:
        """The code in groups of three, as the paper shows it."""
        return "-".join(self.code[at : at + 3] for at in range(0, len(self.code), 3))


class StoreCreditMove(CompanyBoundModel):
    """Pesos put on a vale (plus) or spent (minus); its uid is that of the return or the sale."""

    uid = models.UUIDField()
    store_credit = TenantForeignKey(StoreCredit)
    amount_clp = models.BigIntegerField()
    balance_clp = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "store_credit", "uid"], name="customers_valemove_uid"
            ),
            models.CheckConstraint(
                condition=~Q(amount_clp=0) & Q(balance_clp__gte=0), name="customers_valemove_signs"
            ),
            Ledger(name="customers_storecreditmove_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "store_credit", "id"], name="customers_valemove_of"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_clp} of a vale"
