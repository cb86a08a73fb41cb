from django.db import models

from erpmarket.catalog.counter_models import (  # noqa: F401  (Django finds models here)
    AlcoholHours,
    ScaleRule,
)
from erpmarket.catalog.kinds import DEFAULT_DISCOUNT_LIMIT, PriceReason, PromotionKind, Unit
from erpmarket.catalog.list_models import (  # noqa: F401  (Django finds models here)
    BranchPriceList,
    PriceList,
    PriceListRow,
)
from erpmarket.pricing.proposal import MOST_MOVE_PERCENT
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


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
    # Cigarettes, by law: no promotion and no discount by hand touches it.
    is_never_discounted = models.BooleanField(default=False, db_default=False)
    # Food that the card of a student grant (BAES) may pay.
    takes_baes = models.BooleanField(default=False, db_default=False)
    # What one unit holds ("1 L", "400 g"), for the price per litre; empty: the name tells.
    content = models.CharField(max_length=20, blank=True, default="", db_default="")
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


class ProductEdit(CompanyBoundModel):
    """Who changed what of a product: field → [before, after], as people read them."""

    product = TenantForeignKey(Product)
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()
    changes = models.JSONField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [Ledger(name="catalog_productedit_ledger")]
        indexes = [
            models.Index(fields=["company", "product", "id"], name="catalog_edit_product"),
        ]

    def __str__(self) -> str:
        return f"edit of {self.product_id}: {', '.join(self.changes)}"


class CatalogueClock(CompanyBoundModel):
    """One row per company: the last revision given out."""

    revision = models.BigIntegerField(default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="catalog_clock_one"),
        ]

    def __str__(self) -> str:
        return f"catalogue revision {self.revision}"


class MarginRule(CompanyBoundModel):
    """What a category should earn; the row without category is for all the others."""

    category = TenantForeignKey(Category, null=True)
    target_percent = models.DecimalField(max_digits=4, decimal_places=1)
    floor_percent = models.DecimalField(max_digits=4, decimal_places=1)
    ending = models.PositiveSmallIntegerField()
    # A proposal that moves the price further than this is shown and not ticked.
    most_move_percent = models.DecimalField(
        max_digits=4, decimal_places=1, default=MOST_MOVE_PERCENT, db_default=MOST_MOVE_PERCENT
    )

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "category"], name="catalog_margin_one", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_percent} % of {self.category_id or 'all others'}"


def price_reasons() -> list[tuple[str, str]]:
    return list(PriceReason.choices)


class PriceOrder(CompanyBoundModel):
    """What every price change carries, whether it waits or was made."""

    product = TenantForeignKey(Product)
    new_clp = models.BigIntegerField()
    reason = models.CharField(max_length=10, choices=price_reasons)
    cause_uid = models.UUIDField(null=True)
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()
    effective_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        abstract = True


class PricePlan(PriceOrder):
    """A price that begins later; ended by being applied or called off, once."""

    done_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(cancelled_at__isnull=True),
                name="catalog_plan_one_end",
            ),
            Ledger(name="catalog_priceplan_ledger", written_once=("done_at", "cancelled_at")),
        ]
        indexes = [
            models.Index(
                fields=["effective_at"],
                condition=models.Q(done_at__isnull=True, cancelled_at__isnull=True),
                name="catalog_plan_across",
            ),
            models.Index(
                fields=["company", "effective_at", "id"],
                condition=models.Q(done_at__isnull=True, cancelled_at__isnull=True),
                name="catalog_plan_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} to {self.new_clp} at {self.effective_at}"


class PriceChange(PriceOrder):
    """A price that changed; `applied_at` is when the tills could know it."""

    old_clp = models.BigIntegerField()
    applied_at = models.DateTimeField()
    plan = TenantForeignKey(PricePlan, null=True)
    undoes = TenantForeignKey("self", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "plan"], name="catalog_change_plan_once"),
            models.UniqueConstraint(
                fields=["company", "undoes"], name="catalog_change_undone_once"
            ),
            Ledger(name="catalog_pricechange_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "product", "id"], name="catalog_change_product"),
            models.Index(fields=["company", "cause_uid"], name="catalog_change_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.old_clp} to {self.new_clp}"


class LabelSheet(CompanyBoundModel):
    """Labels that went to print together, as they were then; the PDF is a cache of them."""

    uid = models.UUIDField()
    form = models.CharField(max_length=10)
    labels = models.JSONField()
    wanted_by = TenantForeignKey("tenancy.Membership", null=True)
    wanted_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    pdf = models.BinaryField(null=True)
    # Papers of the till's printer are done when they are asked for: the agent draws no PDF.
    made_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=500, blank=True)
    returned_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="catalog_sheet_uid"),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=models.Q(made_at__isnull=True),
                name="catalog_sheet_across",
            ),
            models.Index(fields=["company", "wanted_at"], name="catalog_sheet_wanted"),
        ]

    def __str__(self) -> str:
        return f"{len(self.labels)} labels as {self.form}"


class LabelRequest(CompanyBoundModel):
    """A product whose shelf label must be printed; `price_clp` is what was printed."""

    product = TenantForeignKey(Product)
    copies = models.PositiveSmallIntegerField(default=1)
    is_by_hand = models.BooleanField(default=False)
    requested_at = models.DateTimeField()
    price_clp = models.BigIntegerField(null=True)
    printed_at = models.DateTimeField(null=True)
    sheet = TenantForeignKey(LabelSheet, null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product"],
                condition=models.Q(printed_at__isnull=True),
                name="catalog_label_waits_once",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "product", "id"], name="catalog_label_product"),
            models.Index(fields=["company", "sheet"], name="catalog_label_sheet"),
        ]

    def __str__(self) -> str:
        return f"label of {self.product_id}"


def promotion_kinds() -> list[tuple[str, str]]:
    return list(PromotionKind.choices)


class Promotion(CompanyBoundModel):
    """An offer that tills apply by themselves; what it says is its last version."""

    uid = models.UUIDField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="catalog_promotion_uid"),
        ]

    def __str__(self) -> str:
        return f"promotion {self.uid}"


class PromotionVersion(CompanyBoundModel):
    """What a promotion says from a moment on, who wrote it; a change is another version.

    `terms` are those of its kind as `pricing.reading.read_promotion` takes them.
    """

    promotion = TenantForeignKey(Promotion)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=16, choices=promotion_kinds)
    terms = models.JSONField()
    priority = models.PositiveSmallIntegerField()
    # ISO days, 1 for Monday; null: every day.
    weekdays = models.JSONField(null=True)
    begins_at = models.TimeField(null=True)
    ends_at = models.TimeField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    max_applications = models.PositiveSmallIntegerField(null=True)
    is_active = models.BooleanField()
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "promotion", "number"], name="catalog_promotion_version"
            ),
            models.CheckConstraint(
                condition=models.Q(begins_at__isnull=True, ends_at__isnull=True)
                | models.Q(begins_at__isnull=False, ends_at__isnull=False),
                name="catalog_promotion_hours",
            ),
            Ledger(name="catalog_promotionversion_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"


class DiscountRule(CompanyBoundModel):
    """How far a cashier may go with discounts by hand without asking; one row per company."""

    cashier_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=DEFAULT_DISCOUNT_LIMIT
    )

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="catalog_discount_rule_one"),
            models.CheckConstraint(
                condition=models.Q(cashier_percent__gte=0, cashier_percent__lte=100),
                name="catalog_discount_rule_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"cashiers up to {self.cashier_percent} %"
