from typing import TYPE_CHECKING

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q

from erpmarket.pos.device_models import TillDevice  # noqa: F401  (Django finds models here)
from erpmarket.pos.discount_models import SaleDiscount  # noqa: F401  (Django finds models here)
from erpmarket.pos.note_models import SaleNote  # noqa: F401  (Django finds models here)
from erpmarket.pos.shift_models import TillDeed  # noqa: F401  (Django finds models here)
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger

if TYPE_CHECKING:
    from erpmarket.tenancy.models import Membership


class Till(CompanyBoundModel):
    """A place where money is taken: a branch, the warehouse it sells from, a printer."""

    branch = TenantForeignKey("tenancy.Branch")
    warehouse = TenantForeignKey("inventory.Warehouse")
    name = models.CharField(max_length=30)
    paper_mm = models.PositiveSmallIntegerField(default=80)
    agent_url = models.URLField(blank=True)
    agent_token = models.CharField(max_length=64, blank=True)
    # Its card terminal's voucher is the boleta of what the card pays, as the shop told the SII.
    card_is_boleta = models.BooleanField(default=False, db_default=False)
    # The number of its last Z report.
    last_z = models.PositiveIntegerField(default=0, db_default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="pos_till_name"),
            models.CheckConstraint(condition=Q(paper_mm__in=[58, 80]), name="pos_till_paper"),
        ]

    def __str__(self) -> str:
        return self.name


class Shift(CompanyBoundModel):
    """A cashier's turn at a till. The totals run with each sale, so closing takes constant time."""

    # The till's own name for it: it may be opened where the server does not hear it.
    uid = models.UUIDField(db_default=RandomUUID())
    till = TenantForeignKey(Till)
    cashier = TenantForeignKey("tenancy.Membership")
    # Who took over and stands there now; None while it is the cashier who opened.
    relieved_by = TenantForeignKey("tenancy.Membership", null=True)
    opened_at = models.DateTimeField()
    opening_clp = models.BigIntegerField()
    sale_count = models.IntegerField(default=0)
    total_clp = models.BigIntegerField(default=0)
    cash_clp = models.BigIntegerField(default=0)
    card_clp = models.BigIntegerField(default=0)
    transfer_clp = models.BigIntegerField(default=0, db_default=0)
    credit_clp = models.BigIntegerField(default=0, db_default=0)
    store_credit_clp = models.BigIntegerField(default=0, db_default=0)
    baes_clp = models.BigIntegerField(default=0, db_default=0)
    rounding_clp = models.BigIntegerField(default=0)
    refund_cash_clp = models.BigIntegerField(default=0, db_default=0)
    reprint_count = models.IntegerField(default=0, db_default=0)
    # What was taken out for other things than sales, less what was put in.
    taken_clp = models.BigIntegerField(default=0, db_default=0)
    closed_at = models.DateTimeField(null=True)
    counted_clp = models.BigIntegerField(null=True)
    difference_clp = models.BigIntegerField(null=True)
    # How many of each note and coin, when they were counted so: {"20000": 3, ...}.
    counts = models.JSONField(null=True)
    # Why the count is not what it should be, said after it is known.
    difference_reason = models.CharField(max_length=160, blank=True, db_default="")
    closed_by = TenantForeignKey("tenancy.Membership", null=True)
    # Which closing of its till it was, from one, without holes; None while it is open.
    z_number = models.PositiveIntegerField(null=True)
    # The paper on which its Z was handed out first, by the till or here; any other is a copy.
    z_paper_uid = models.UUIDField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_shift_uid"),
            models.UniqueConstraint(fields=["company", "till", "z_number"], name="pos_shift_z"),
            models.UniqueConstraint(
                fields=["company", "till"],
                condition=Q(closed_at__isnull=True),
                name="pos_shift_one_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_clp=F("cash_clp")
                    + F("card_clp")
                    + F("transfer_clp")
                    + F("credit_clp")
                    + F("store_credit_clp")
                    + F("baes_clp")
                    - F("rounding_clp")
                ),
                name="pos_shift_tenders_cover_sales",
            ),
            models.CheckConstraint(condition=Q(opening_clp__gte=0), name="pos_shift_opening"),
        ]
        indexes = [
            models.Index(fields=["company", "opened_at", "id"], name="pos_shift_opened"),
        ]

    def __str__(self) -> str:
        return f"shift of {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def expected_clp(self) -> int:
        """What must be in the drawer: opening and cash of sales, less what left it, in pesos."""
        return int(self.opening_clp + self.cash_clp - self.refund_cash_clp - self.taken_clp)

    @property
    def at_till(self) -> "Membership":
        """Who stands at the till: the cashier, or who relieved them."""
        person: Membership = self.relieved_by or self.cashier
        return person

    @property
    def at_till_id(self) -> int:
        return int(self.relieved_by_id or self.cashier_id)


class CashMoveKind(models.TextChoices):
    """Why money left or entered a drawer without a sale."""

    SUPPLIER = "supplier", "Pago a proveedor"
    SUPPLIER_BACK = "supplier_back", "Pago a proveedor anulado"
    IN = "in", "Ingreso de efectivo"
    OUT = "out", "Salida de efectivo"
    SAFE = "safe", "Retiro a caja fuerte"
    CREDIT_PAYMENT = "credit_payment", "Abono de fiado"


MONEY_OUT = (CashMoveKind.SUPPLIER, CashMoveKind.OUT, CashMoveKind.SAFE)
MONEY_IN = (CashMoveKind.SUPPLIER_BACK, CashMoveKind.IN, CashMoveKind.CREDIT_PAYMENT)


def cash_move_kinds() -> list[tuple[str, str]]:
    return list(CashMoveKind.choices)


class CashMove(CompanyBoundModel):
    """Money out of a drawer (plus) or into it (minus) that no sale explains.

    The uid is that of its cause, a payment to a supplier for one; `words` name its paper or say
    why.
    """

    uid = models.UUIDField()
    shift = TenantForeignKey(Shift)
    kind = models.CharField(max_length=14, choices=cash_move_kinds)
    amount_clp = models.BigIntegerField()
    words = models.CharField(max_length=120)
    made_by = TenantForeignKey("tenancy.Membership")
    approved_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_cashmove_uid"),
            models.CheckConstraint(
                condition=Q(kind__in=MONEY_OUT, amount_clp__gt=0)
                | Q(kind__in=MONEY_IN, amount_clp__lt=0),
                name="pos_cashmove_sign",
            ),
            Ledger(name="pos_cashmove_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "shift", "id"], name="pos_cashmove_shift"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_clp}"

    @property
    def back_clp(self) -> int:
        """What came back into the drawer, in pesos."""
        return int(-self.amount_clp)


class Sale(CompanyBoundModel):
    """A paid sale is a fact: it is never changed, only followed by others."""

    uid = models.UUIDField()
    request_hash = models.BinaryField(max_length=32)
    shift = TenantForeignKey(Shift)
    # Who sold it; None is the cashier who opened the shift.
    cashier = TenantForeignKey("tenancy.Membership", null=True)
    # Who bought, when the shop knows them.
    customer = TenantForeignKey("customers.Customer", null=True)
    sold_at = models.DateTimeField()
    device_sold_at = models.DateTimeField(null=True)
    total_clp = models.BigIntegerField()
    rounding_clp = models.BigIntegerField()
    change_clp = models.BigIntegerField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_sale_uid"),
            models.CheckConstraint(condition=Q(total_clp__gt=0), name="pos_sale_total_positive"),
            Ledger(name="pos_sale_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "sold_at"], name="pos_sale_at"),
            models.Index(fields=["company", "shift"], name="pos_sale_shift"),
        ]

    def __str__(self) -> str:
        return f"sale {self.uid}"


class SaleLine(CompanyBoundModel):
    """One line as it was sold: gross pesos, price and discount frozen."""

    sale = TenantForeignKey(Sale)
    position = models.PositiveSmallIntegerField()
    product = TenantForeignKey("catalog.Product")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    price_clp = models.BigIntegerField()
    discount_clp = models.BigIntegerField(default=0)
    amount_clp = models.BigIntegerField()
    is_exempt = models.BooleanField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sale", "position"], name="pos_line_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount_clp__gte=0, discount_clp__gte=0),
                name="pos_line_signs",
            ),
            Ledger(name="pos_saleline_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class PaymentKind(models.TextChoices):
    """How money came in."""

    CASH = "cash", "Efectivo"
    CARD = "card", "Tarjeta"
    TRANSFER = "transfer", "Transferencia"
    CREDIT = "credit", "Fiado"
    STORE_CREDIT = "store_credit", "Vale"
    # Becas for students: a food card that pays some goods only.
    BAES = "baes", "Tarjeta BAES"


def payment_kinds() -> list[tuple[str, str]]:
    return list(PaymentKind.choices)


class Payment(CompanyBoundModel):
    """What a tender paid. Cash is what stays in the drawer, never what was handed over.

    `voucher_exempt_clp` is None unless the card's voucher is itself the boleta of this part; then
    it is what of the part is exempt.
    """

    sale = TenantForeignKey(Sale)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=payment_kinds)
    amount_clp = models.BigIntegerField()
    handed_clp = models.BigIntegerField()
    reference = models.CharField(max_length=30, blank=True)
    voucher_exempt_clp = models.BigIntegerField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sale", "position"], name="pos_payment_position"
            ),
            models.CheckConstraint(
                condition=Q(amount_clp__gte=0, handed_clp__gte=F("amount_clp")),
                name="pos_payment_signs",
            ),
            Ledger(name="pos_payment_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_clp}"


class SaleReturn(CompanyBoundModel):
    """Goods and money of a sale that went back; its nota has the uid as its source.

    Amount = what went back by each means + rounding (the shop's gain); `credit_clp` is debt that
    was lowered, `store_credit_clp` a vale. Without `shift` no drawer was opened.
    """

    uid = models.UUIDField()
    sale = TenantForeignKey(Sale)
    shift = TenantForeignKey(Shift, null=True)
    returned_at = models.DateTimeField()
    # Who answers for it: who may, or who approved it with their PIN.
    returned_by = TenantForeignKey("tenancy.Membership")
    # Who took the goods back; None in rows written before it was noted.
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    goods_back = models.BooleanField()
    amount_clp = models.BigIntegerField()
    card_clp = models.BigIntegerField()
    transfer_clp = models.BigIntegerField(default=0, db_default=0)
    credit_clp = models.BigIntegerField(default=0, db_default=0)
    store_credit_clp = models.BigIntegerField(default=0, db_default=0)
    baes_clp = models.BigIntegerField(default=0, db_default=0)
    cash_out_clp = models.BigIntegerField()
    rounding_clp = models.BigIntegerField()
    reason = models.CharField(max_length=90)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_return_uid"),
            models.CheckConstraint(
                condition=Q(
                    amount_clp=F("card_clp")
                    + F("transfer_clp")
                    + F("credit_clp")
                    + F("store_credit_clp")
                    + F("baes_clp")
                    + F("cash_out_clp")
                    + F("rounding_clp")
                )
                & Q(amount_clp__gte=0, card_clp__gte=0, cash_out_clp__gte=0)
                & Q(transfer_clp__gte=0, credit_clp__gte=0)
                & Q(store_credit_clp__gte=0, baes_clp__gte=0),
                name="pos_return_money",
            ),
            Ledger(name="pos_salereturn_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "sale"], name="pos_return_sale"),
        ]

    def __str__(self) -> str:
        return f"return {self.uid}"


class SaleReturnLine(CompanyBoundModel):
    """How much of a line of a sale came back, and what was paid back for it."""

    sale_return = TenantForeignKey(SaleReturn)
    sale_line = TenantForeignKey(SaleLine)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    amount_clp = models.BigIntegerField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sale_return", "sale_line"], name="pos_return_line_one"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount_clp__gte=0), name="pos_return_line_signs"
            ),
            Ledger(name="pos_salereturnline_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "sale_line"], name="pos_return_line_of"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} back of line {self.sale_line_id}"
