"""What a cashier wrote about a sale."""

from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger

NOTE_SIGNS = 120


class SaleNote(CompanyBoundModel):
    """Words about a sale that is paid; few sales have one, so it is a row of its own."""

    sale = TenantForeignKey("pos.Sale")
    words = models.CharField(max_length=NOTE_SIGNS)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "sale"], name="pos_salenote_sale"),
            Ledger(name="pos_salenote_ledger"),
        ]

    def __str__(self) -> str:
        return self.words
