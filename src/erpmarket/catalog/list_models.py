"""Price lists: other prices of some goods, for some customers or a branch."""

from django.db import models
from django.db.models import F, Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class PriceList(CompanyBoundModel):
    """A list of prices by name; switched off it holds for nobody, and nothing of it is lost."""

    uid = models.UUIDField()
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="catalog_pricelist_uid"),
            models.UniqueConstraint(fields=["company", "name"], name="catalog_pricelist_name"),
        ]

    def __str__(self) -> str:
        return self.name


class PriceListRow(CompanyBoundModel):
    """A product's gross price in a list, from a day on and up to (without) another."""

    price_list = TenantForeignKey(PriceList)
    product = TenantForeignKey("catalog.Product")
    price_clp = models.BigIntegerField()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    set_by = TenantForeignKey("tenancy.Membership", null=True)
    set_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "price_list", "product", "valid_from"],
                name="catalog_listrow_one",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(price_clp__gt=0), name="catalog_listrow_price"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lt=F("valid_to")),
                name="catalog_listrow_days",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product"], name="catalog_listrow_product"),
        ]

    def __str__(self) -> str:
        return f"product {self.product_id} at {self.price_clp}"


class BranchPriceList(CompanyBoundModel):
    """The list that holds in a branch for who has none of their own."""

    branch = TenantForeignKey("tenancy.Branch")
    price_list = TenantForeignKey(PriceList)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "branch"], name="catalog_branchlist_one"),
        ]

    def __str__(self) -> str:
        return f"list {self.price_list_id} in branch {self.branch_id}"
