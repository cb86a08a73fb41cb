"""Rows of books and duties: reports of folios, backups that were made, credit that is not taken."""

from django.db import models
from django.db.models import F, Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey, environments
from erpmarket.tenancy.rls import Ledger


class FolioReportChoice(CompanyBoundModel):
    """Whether a company sends the daily report of folios; the newest counts, no row: it does not.

    `since` is the first day reported. What was chosen in one environment says nothing of another:
    the real SII gets no days of the demo.
    """

    environment = models.CharField(max_length=15, choices=environments)
    is_on = models.BooleanField()
    since = models.DateField()
    chosen_at = models.DateTimeField()
    chosen_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="fiscal_folioreportchoice_ledger"),
        ]

    def __str__(self) -> str:
        return f"folio reports {'on' if self.is_on else 'off'} since {self.since:%Y-%m-%d}"


class ReportState(models.TextChoices):
    """How far a report of folios is; `lost` when nobody knows whether the SII got it."""

    WANTED = "wanted", "Por enviar"
    SENDING = "sending", "Enviando"
    SENT = "sent", "Enviado"
    LOST = "lost", "Sin respuesta"
    ACCEPTED = "accepted", "Aceptado"
    REMARKS = "remarks", "Aceptado con reparos"
    REJECTED = "rejected", "Rechazado"


def report_states() -> list[tuple[str, str]]:
    return list(ReportState.choices)


class FolioReport(CompanyBoundModel):
    """One ConsumoFolios: the folios of a day, whole; a higher `sequence` replaces the former.

    What is `sending` without a lease may have arrived: nobody can ask by day, so it is `lost`, and
    the day is sent again under the next sequence.
    """

    environment = models.CharField(max_length=15, choices=environments)
    day = models.DateField()
    sequence = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=report_states, default=ReportState.WANTED)
    xml = models.BinaryField(null=True)
    issued_count = models.PositiveIntegerField(null=True)
    voided_count = models.PositiveIntegerField(null=True)
    total_clp = models.BigIntegerField(null=True)
    track_id = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)
    wanted_at = models.DateTimeField()
    wanted_by = TenantForeignKey("tenancy.Membership", null=True)
    sent_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment", "day", "sequence"],
                name="fiscal_folio_report_sequence",
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1, sequence__lte=999), name="fiscal_folio_report_range"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["wanted", "sending", "sent"], final_at__isnull=True)
                | Q(state__in=["lost", "accepted", "remarks", "rejected"], final_at__isnull=False),
                name="fiscal_folio_report_final_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(track_id=""), name="fiscal_folio_report_track"
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(state__in=["wanted", "sending", "sent"]),
                name="fiscal_folio_report_across",
            ),
        ]

    def __str__(self) -> str:
        return f"folios of {self.day:%Y-%m-%d}, {self.sequence}: {self.state}"


class MadeArchive(CompanyBoundModel):
    """A backup that somebody took away whole; the hash is that of its manifest.

    `until` is the first day after it.
    """

    environment = models.CharField(max_length=15, choices=environments)
    first = models.DateField()
    until = models.DateField()
    document_count = models.PositiveIntegerField()
    manifest_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("first")), name="fiscal_made_archive_period"
            ),
            Ledger(name="fiscal_madearchive_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.first:%Y-%m-%d} to {self.until:%Y-%m-%d}: {self.manifest_sha256[:12]}"


class CreditReason(models.TextChoices):
    """Why the VAT of a received document is no credit; `yes` takes an earlier mark back.

    Source: DL 825 de 1974, Art. 23; the codes of IVA no recuperable of the books.
    """

    YES = "yes", "Sirve para crédito"
    EXEMPT_SALES = "exempt", "Se usó para ventas exentas"
    LATE = "late", "Se registró fuera de plazo"
    REFUSED_COST = "cost", "No es un gasto del negocio"
    GIVEN_AWAY = "gift", "Se recibió gratis"
    OTHER = "other", "Otro motivo"


def credit_reasons() -> list[tuple[str, str]]:
    return list(CreditReason.choices)


class CreditMark(CompanyBoundModel):
    """What a person says of the VAT of a received document; the newest counts."""

    document = TenantForeignKey("fiscal.ReceivedDocument")
    reason = models.CharField(max_length=8, choices=credit_reasons)
    marked_at = models.DateTimeField()
    marked_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="fiscal_creditmark_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "document"], name="fiscal_credit_mark_document"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} for document {self.document_id}"


class CarriedCredit(CompanyBoundModel):
    """VAT credit left over from the month before, as a person read it in that month's F29.

    What was practised in the demo is no money of the shop's: each environment has its own.
    """

    environment = models.CharField(max_length=15, choices=environments)
    month = models.DateField()
    amount_clp = models.BigIntegerField()
    entered_at = models.DateTimeField()
    entered_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment", "month"], name="fiscal_carried_month"
            ),
            models.CheckConstraint(
                condition=Q(amount_clp__gte=0, month__day=1), name="fiscal_carried_credit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_clp} carried into {self.month:%Y-%m}"
