"""Goods on the way from one warehouse to another."""

from django.db import models
from django.db.models import F, Q

from erpmarket.inventory.models.lots import Lot
from erpmarket.inventory.models.places import Warehouse
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class TransferState(models.TextChoices):
    """How far a transfer is."""

    SENT = "sent", "En camino"
    RECEIVED = "received", "Recibido"


def transfer_states() -> list[tuple[str, str]]:
    return list(TransferState.choices)


class Transfer(CompanyBoundModel):
    """Two steps: what left, and what arrived. `guia` goes with the goods on the road.

    What left has the uid as its cause, what arrived `received_uid`, the reception form's own.
    """

    uid = models.UUIDField()
    origin = TenantForeignKey(Warehouse)
    target = TenantForeignKey(Warehouse)
    state = models.CharField(max_length=8, choices=transfer_states, default=TransferState.SENT)
    guia = TenantForeignKey("fiscal.IssuedDocument", null=True)
    note = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField()
    sent_by = TenantForeignKey("tenancy.Membership")
    received_at = models.DateTimeField(null=True)
    received_by = TenantForeignKey("tenancy.Membership", null=True)
    received_uid = models.UUIDField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_transfer_uid"),
            models.UniqueConstraint(
                fields=["company", "received_uid"], name="inventory_transfer_received_uid"
            ),
            models.CheckConstraint(
                condition=~Q(origin=F("target")), name="inventory_transfer_two_places"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", received_at__isnull=True, received_uid__isnull=True)
                | Q(state="received", received_at__isnull=False, received_uid__isnull=False),
                name="inventory_transfer_received_at",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-sent_at"], name="inventory_transfer_latest"),
            models.Index(
                fields=["company", "sent_at"],
                condition=Q(state="sent"),
                name="inventory_transfer_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"transfer of {self.sent_at:%Y-%m-%d %H:%M}"


class TransferLine(CompanyBoundModel):
    """One product of a transfer; `received` is unknown until it arrives."""

    transfer = TenantForeignKey(Transfer)
    position = models.PositiveSmallIntegerField()
    product = TenantForeignKey("catalog.Product")
    lot = TenantForeignKey(Lot, null=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    received = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    # Why less arrived than left; empty when all did.
    reason = models.CharField(max_length=30, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "transfer", "position"], name="inventory_transfer_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & (Q(received__isnull=True) | Q(received__gte=0, received__lte=F("quantity"))),
                name="inventory_transfer_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
