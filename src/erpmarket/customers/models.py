from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel


class Customer(CompanyBoundModel):
    """A neighbour or a firm; the alias is what the shop calls them."""

    uid = models.UUIDField()
    rut = models.CharField(max_length=10, blank=True)
    name = models.CharField(max_length=100)
    alias = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    credit_limit_clp = models.BigIntegerField(default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="customers_customer_uid"),
            models.CheckConstraint(
                condition=models.Q(credit_limit_clp__gte=0), name="customers_limit_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.alias or self.name
