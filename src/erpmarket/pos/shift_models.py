"""What the shop wants of its shifts, and the log of what took money or lines away."""

from datetime import time

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger

APPROVAL_ABOVE_CLP = 50_000


class ShiftRules(CompanyBoundModel):
    """A company's choices, one row at most; without it the defaults hold."""

    # Above this, money leaves a drawer only with the PIN of who may approve it.
    approval_above_clp = models.BigIntegerField(default=APPROVAL_ABOVE_CLP)
    # Before this hour it is still yesterday in the reports: for shops that close late.
    day_cutoff = models.TimeField(default=time(0, 0))

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="pos_shiftrules_one"),
            models.CheckConstraint(
                condition=Q(approval_above_clp__gte=0), name="pos_shiftrules_amount"
            ),
            models.CheckConstraint(
                condition=Q(day_cutoff__lte=time(6, 0)), name="pos_shiftrules_cutoff"
            ),
        ]

    def __str__(self) -> str:
        return f"rules of shifts of company {self.company_id}"


class ShiftClosing(CompanyBoundModel):
    """The figures of a Z as it was closed: what comes later changes the shift, and not these.

    Written before the first late fact is booked; until then they are what the shift says.
    """

    shift = TenantForeignKey("pos.Shift")
    # A shift that a lost opening had closed at once is closed anew when it arrives.
    closed_at = models.DateTimeField()
    figures = models.JSONField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "shift", "closed_at"], name="pos_shiftclosing_one"
            ),
            Ledger(name="pos_shiftclosing_ledger"),
        ]

    def __str__(self) -> str:
        return f"closing of shift {self.shift_id}"


class DeedKind(models.TextChoices):
    """What a person did at a till that the owner may ask about."""

    TICKET_VOIDED = "ticket_voided", "Venta anulada"
    LINE_REMOVED = "line_removed", "Línea quitada"
    PRICE_CHANGED = "price_changed", "Precio a mano"
    DISCOUNT_OVER = "discount_over", "Descuento sobre el límite"
    DRAWER_OPENED = "drawer_opened", "Cajón abierto sin venta"
    CASH_OUT = "cash_out", "Salida de efectivo"
    CASH_OVER = "cash_over", "Salió más de lo que había"
    REFUND = "refund", "Devolución"
    REPRINT = "reprint", "Copia reimpresa"
    CASHIER_SWITCHED = "cashier_switched", "Relevo de cajero"


def deed_kinds() -> list[tuple[str, str]]:
    return list(DeedKind.choices)


class TillDeed(CompanyBoundModel):
    """One thing that took money or lines away, or opened the drawer: who, when, how much, why.

    The uid is that of its cause: the event of a journal, the form, the cash move.
    """

    uid = models.UUIDField()
    shift = TenantForeignKey("pos.Shift")
    kind = models.CharField(max_length=20, choices=deed_kinds)
    made_by = TenantForeignKey("tenancy.Membership")
    approved_by = TenantForeignKey("tenancy.Membership", null=True)
    made_at = models.DateTimeField()
    words = models.CharField(max_length=160, blank=True)
    amount_clp = models.BigIntegerField(default=0)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_tilldeed_uid"),
            models.CheckConstraint(condition=Q(amount_clp__gte=0), name="pos_tilldeed_amount"),
            Ledger(name="pos_tilldeed_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "made_at", "id"], name="pos_tilldeed_at"),
            models.Index(fields=["company", "shift", "kind"], name="pos_tilldeed_shift"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_clp}"
