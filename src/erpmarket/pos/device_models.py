"""The device that sells at a till by itself, and what it told: docs/algorithms/offline.md."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger


class TillDevice(CompanyBoundModel):
    """A browser that was let to a till: its public keys, and how far its journal has come.

    `sign_key` is an SPKI (DER), `wrap_key` an uncompressed point, both P-256. A till has one device
    at a time; a revoked one stays, with what it told.
    """

    till = TenantForeignKey("pos.Till")
    uid = models.UUIDField()
    name = models.CharField(max_length=60)
    sign_key = models.BinaryField(max_length=200)
    wrap_key = models.BinaryField(max_length=65)
    enrolled_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    last_seq = models.BigIntegerField(default=0)
    # How many events of its journal came, conflicts apart: below `last_seq` some may be lost.
    told_count = models.BigIntegerField(default=0, db_default=0)
    app_version = models.CharField(max_length=40, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = TenantForeignKey("tenancy.Membership", null=True)
    revoke_reason = models.CharField(max_length=200, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="pos_device_uid"),
            models.UniqueConstraint(
                fields=["company", "till"],
                condition=Q(revoked_at__isnull=True),
                name="pos_device_one_live",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EnrolmentCode(CompanyBoundModel):
    """A code that lets one device to a till, once and for some minutes; only its hash is kept."""

    till = TenantForeignKey("pos.Till")
    code_hash = models.BinaryField(max_length=32)
    made_by = TenantForeignKey("tenancy.Membership")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = TenantForeignKey(TillDevice, null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "code_hash"], name="pos_enrolment_code"),
        ]

    def __str__(self) -> str:
        return f"code of {self.made_at:%Y-%m-%d %H:%M}"


class EventOutcome(models.TextChoices):
    """What became of an event of a device's journal."""

    TAKEN = "taken", "Registrado"
    REFUSED = "refused", "Rechazado"
    CONFLICT = "conflict", "En conflicto"


def event_outcomes() -> list[tuple[str, str]]:
    return list(EventOutcome.choices)


class DeviceEvent(CompanyBoundModel):
    """One event as a device told it, and what became of it; a hole in `seq` is lost news.

    `told` is the event itself, kept when it did not get into the books.
    """

    device = TenantForeignKey(TillDevice)
    seq = models.BigIntegerField()
    uid = models.UUIDField()
    kind = models.CharField(max_length=20)
    body_hash = models.BinaryField(max_length=32)
    happened_at = models.DateTimeField()
    raw_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=event_outcomes)
    code = models.CharField(max_length=40, blank=True)
    words = models.CharField(max_length=300, blank=True)
    told = models.JSONField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            # What conflicts has the number or the uid of another; what counts has its own.
            models.UniqueConstraint(
                fields=["company", "device", "seq"],
                condition=~Q(outcome="conflict"),
                name="pos_event_seq",
            ),
            models.UniqueConstraint(
                fields=["company", "uid"],
                condition=~Q(outcome="conflict"),
                name="pos_event_uid",
            ),
            Ledger(name="pos_deviceevent_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq} of device {self.device_id}"


class EventReview(CompanyBoundModel):
    """What a person did about an event that had not got into the books, and why; each once.

    `is_booked`: its cause was mended and it is in the books now; it may have been let be before.
    """

    event = TenantForeignKey(DeviceEvent)
    is_booked = models.BooleanField()
    words = models.CharField(max_length=200, blank=True)
    made_by = TenantForeignKey("tenancy.Membership")
    made_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "event", "is_booked"], name="pos_eventreview_one"
            ),
            models.CheckConstraint(
                condition=Q(is_booked=True) | ~Q(words=""), name="pos_eventreview_reason"
            ),
            Ledger(name="pos_eventreview_ledger"),
        ]

    def __str__(self) -> str:
        return f"review of event {self.event_id}"


class FlagKind(models.TextChoices):
    """What a person should look at in a sale that a till made by itself."""

    PRICE = "price", "Precio distinto"
    OFF = "off", "Producto retirado"
    SHIFT = "shift", "Turno ya cerrado"
    CLOCK = "clock", "Hora del equipo"
    STOCK = "stock", "Sin stock"
    REVOKED = "revoked", "Equipo de baja"
    OFFER = "offer", "Oferta no vigente"
    ACCOUNT = "account", "Fiado o vale"
    DISCOUNT = "discount", "Descuento sin autorizar"
    VOUCHER = "voucher", "Voucher como boleta"


def flag_kinds() -> list[tuple[str, str]]:
    return list(FlagKind.choices)


class SaleFlag(CompanyBoundModel):
    """Something odd about a sale that is a fact all the same; somebody looks at it once."""

    sale = TenantForeignKey("pos.Sale")
    kind = models.CharField(max_length=8, choices=flag_kinds)
    words = models.CharField(max_length=200)
    flagged_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="pos_saleflag_ledger", written_once=["seen_at", "seen_by_id"]),
        ]
        indexes = [
            models.Index(
                fields=["company", "id"], condition=Q(seen_at__isnull=True), name="pos_flag_unseen"
            ),
        ]

    def __str__(self) -> str:
        return self.words
