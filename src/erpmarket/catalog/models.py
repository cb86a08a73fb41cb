from django.db import models

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class Unit(models.TextChoices):
    """How a product is counted."""

    PIECE = "un", "unidad"
    KILO = "kg", "kilo"


def units() -> list[tuple[str, str]]:
    return list(Unit.choices)


class Category(CompanyBoundModel):
    """A tab of the till's grid, with its colour."""

    name = models.CharField(max_length=30)
    color_index = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="catalog_category_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(CompanyBoundModel):
    """Something with a price. `search_name` is folded in Python so that a plain index serves it."""

    code = models.CharField("código interno", max_length=20)
    name = models.CharField(max_length=80)
    search_name = models.CharField(max_length=160)
    unit = models.CharField(max_length=2, choices=units)
    category = TenantForeignKey(Category)
    price_clp = models.BigIntegerField()
    is_exempt = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_favourite = models.BooleanField(default=False)
    plu = models.PositiveIntegerField(null=True)
    additional_tax_code = models.PositiveSmallIntegerField(null=True)
    is_age_restricted = models.BooleanField(default=False)
    # Grows with every change in the company, so that a till can ask for what is new.
    revision = models.BigIntegerField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="catalog_product_code"),
            models.UniqueConstraint(fields=["company", "plu"], name="catalog_product_plu"),
            models.CheckConstraint(
                condition=models.Q(price_clp__gt=0), name="catalog_product_price_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "search_name"],
                include=["id", "price_clp"],
                name="catalog_product_search",
            ),
            models.Index(fields=["company", "revision"], name="catalog_product_revision"),
        ]

    def __str__(self) -> str:
        return self.name


class Barcode(CompanyBoundModel):
    """One of a product's codes; a code means one product in a company."""

    product = TenantForeignKey(Product)
    code = models.CharField(max_length=20)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="catalog_barcode_code"),
        ]
        indexes = [
            models.Index(fields=["company", "product"], name="catalog_barcode_product"),
        ]

    def __str__(self) -> str:
        return self.code


class CatalogueClock(CompanyBoundModel):
    """One row per company: the last revision given out."""

    revision = models.BigIntegerField(default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="catalog_clock_one"),
        ]

    def __str__(self) -> str:
        return f"catalogue revision {self.revision}"
