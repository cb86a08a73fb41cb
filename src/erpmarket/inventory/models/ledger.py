"""The stock ledger: what happened to each product, in quantity and in value."""

from django.db import models
from django.db.models.functions import Now

from erpmarket.inventory.models.places import Warehouse, cost_methods
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class MoveKind(models.TextChoices):
    """Why stock or its value moved.

    All but the last two are events: replayed in the order (instant, id) they give the ledger. A
    settlement and a recosting are what another entry changed of an event.
    """

    RECEIPT = "receipt", "Recepción"
    SALE = "sale", "Venta"
    WASTE = "waste", "Merma"
    OWN_USE = "own_use", "Consumo propio"
    RETURN = "return", "Devolución"
    SUPPLIER_RETURN = "supplier_return", "Devolución a proveedor"
    COUNT = "count", "Conteo"
    TRANSFER_OUT = "transfer_out", "Traslado, salida"
    TRANSFER_IN = "transfer_in", "Traslado, llegada"
    CORRECTION = "correction", "Costo corregido"
    LATE_COST = "late_cost", "Costo posterior"
    CLOSING = "closing", "Cambio de método"
    SETTLEMENT = "settlement", "Ajuste de costo"
    RECOST = "recost", "Recálculo"


def move_kinds() -> list[tuple[str, str]]:
    return list(MoveKind.choices)


class Account(models.TextChoices):
    """The other side of a value that moved, as the costing names it."""

    PAYABLE = "payable", "Proveedores"
    COST_OF_SALES = "cost_of_sales", "Costo de ventas"
    WASTE = "waste", "Merma"
    OWN_USE = "own_use", "Consumo propio"
    COUNT_DIFFERENCE = "count_difference", "Diferencia de conteo"
    RETURN_DIFFERENCE = "return_difference", "Diferencia de devolución"
    TRANSFER_DIFFERENCE = "transfer_difference", "Diferencia de traslado"
    TRANSIT = "transit", "En tránsito"
    COST_ADJUSTMENT = "cost_adjustment", "Ajuste de costo"


def accounts() -> list[tuple[str, str]]:
    return list(Account.choices)


class StockMove(CompanyBoundModel):
    """One line of the ledger. Quantity and value are signed: into stock is plus.

    `refers_to`: a return points to the issue, a supplier return, a correction and a late cost to
    the receipt, an arrival to its departure; a settlement and a recosting to the event they
    change, and `account` says on which account (its amount there is minus `value`).
    `agreed_value` is what the other side books where that is not what stock gave or took: the
    supplier's credit, what left on a transfer, a late bill; the rest is a difference account's.
    `counted_quantity` and `given_unit_cost` belong to counts. `detail` is a short word of the
    kind: the reason of a waste, the method a closing changes to. `balance_*` is the cost pool
    after this entry; `on_hand` the warehouse's quantity where the pool is the company's.
    """

    warehouse = TenantForeignKey(Warehouse)
    product = TenantForeignKey("catalog.Product")
    kind = models.CharField(max_length=16, choices=move_kinds)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    value = models.DecimalField(max_digits=18, decimal_places=4)
    balance_quantity = models.DecimalField(max_digits=14, decimal_places=3)
    balance_value = models.DecimalField(max_digits=18, decimal_places=4)
    on_hand = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    is_cost_pending = models.BooleanField(default=False)
    refers_to = TenantForeignKey("self", null=True)
    account = models.CharField(max_length=20, blank=True, choices=accounts, db_default="")
    agreed_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    counted_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    given_unit_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    detail = models.CharField(max_length=30, blank=True, db_default="")
    cause_uid = models.UUIDField()
    cause_position = models.PositiveSmallIntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["settlement", "recost"], refers_to__isnull=False)
                & ~models.Q(account="")
                | ~models.Q(kind__in=["settlement", "recost"]) & models.Q(account=""),
                name="inventory_move_change_says_of_what",
            ),
            Ledger(name="inventory_stockmove_ledger"),
        ]
        indexes = [
            models.Index(
                fields=["company", "product", "warehouse", "id"], name="inventory_move_kardex"
            ),
            models.Index(
                fields=["company", "product", "happened_at", "id"], name="inventory_move_instant"
            ),
            models.Index(fields=["company", "cause_uid"], name="inventory_move_cause"),
            models.Index(
                fields=["company", "refers_to"],
                condition=models.Q(refers_to__isnull=False),
                name="inventory_move_refers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} of product {self.product_id}"


class ReplayTask(CompanyBoundModel):
    """A product whose ledger got a late fact: to be replayed from `since`, by a worker, once."""

    product = TenantForeignKey("catalog.Product")
    since = models.DateTimeField()
    asked_at = models.DateTimeField(db_default=Now())

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "product"], name="inventory_replay_one"),
        ]

    def __str__(self) -> str:
        return f"replay product {self.product_id} since {self.since:%Y-%m-%d %H:%M}"


class StockCheckpoint(CompanyBoundModel):
    """The state of a product just before an instant, so that a late fact replays little.

    A by-product of a replay, under its locks; a late fact dated before `at` deletes it with its own
    entry. `last_move` is the newest row that it knows of, `places` the warehouses it has looked at;
    `state` is costing's own text, `booked` what the issues that owe had come to by then.
    """

    product = TenantForeignKey("catalog.Product")
    at = models.DateTimeField()
    last_move = models.BigIntegerField()
    places = models.JSONField()
    state = models.TextField()
    booked = models.JSONField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "product"], name="inventory_checkpoint_one"),
        ]

    def __str__(self) -> str:
        return f"product {self.product_id} just before {self.at:%Y-%m-%d %H:%M}"


class MethodChange(CompanyBoundModel):
    """A change of the costing method by a dated closing: each product gets one, by a worker."""

    uid = models.UUIDField()
    method = models.CharField(max_length=8, choices=cost_methods)
    at = models.DateTimeField()
    asked_by = TenantForeignKey("tenancy.Membership")
    products = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    last_product = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_method_uid"),
            models.UniqueConstraint(
                fields=["company"],
                condition=models.Q(ended_at__isnull=True),
                name="inventory_method_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} since {self.at:%Y-%m-%d %H:%M}"


class RulesChange(CompanyBoundModel):
    """Who changed which rule of the stock, when, from what to what."""

    field = models.CharField(max_length=30)
    old = models.CharField(max_length=30)
    new = models.CharField(max_length=30)
    by = TenantForeignKey("tenancy.Membership")
    at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [Ledger(name="inventory_ruleschange_ledger")]
        indexes = [models.Index(fields=["company", "-at"], name="inventory_rules_latest")]

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"
