"""Rows of the exchange with other taxpayers: what came in, and the work it gives."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey, environments
from erpmarket.tenancy.rls import Ledger


class ReceivedFile(CompanyBoundModel):
    """A file that came in for us, byte for byte, and what we found of it.

    `digest` is SHA-256 of the bytes: the same file again is not taken twice. `state` is
    EstadoRecepEnv; `set_digest` the digest that its signature names; `sender` the mail's address,
    empty for an upload.
    """

    environment = models.CharField(max_length=15, choices=environments)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=80)
    sender = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    raw = models.BinaryField()
    state = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=256)
    issuer_rut = models.CharField(max_length=10, blank=True)
    set_id = models.CharField(max_length=80, blank=True)
    set_digest = models.CharField(max_length=64, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment", "digest"], name="fiscal_received_file_once"
            ),
            Ledger(name="fiscal_receivedfile_ledger"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"


class ReceivedDocument(CompanyBoundModel):
    """A document that somebody issued to us; `state` is EstadoRecepDTE, 0 is taken in.

    `position` is its place in the file. `said` are the actions that the SII's register holds for
    it. `sii_received_at` is when the SII got it: the eight days run from there. `accepted_at` is
    when we accepted it or gave a receipt.
    """

    file = TenantForeignKey(ReceivedFile)
    position = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=15, choices=environments)
    issuer_rut = models.CharField(max_length=10)
    issuer_name = models.CharField(max_length=100)
    kind = models.PositiveSmallIntegerField()
    folio = models.BigIntegerField()
    issue_date = models.DateField()
    net_clp = models.BigIntegerField()
    exempt_clp = models.BigIntegerField()
    vat_clp = models.BigIntegerField()
    total_clp = models.BigIntegerField()
    state = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=256)
    received_at = models.DateTimeField()
    sii_received_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    said = ArrayField(models.CharField(max_length=3), default=list, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "file", "position"], name="fiscal_received_position"
            ),
            # A forged one must not keep the true one out.
            models.UniqueConstraint(
                fields=["company", "environment", "issuer_rut", "kind", "folio"],
                condition=Q(state=0),
                name="fiscal_received_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "environment", "-received_at"], name="fiscal_received_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} N° {self.folio} of {self.issuer_rut}"


class JobKind(models.TextChoices):
    """What a worker has to do for the exchange; each needs the certificate."""

    RECEPTION = "reception", "Acuse de recibo del envío"
    RESULT = "result", "Respuesta al proveedor"
    RECEIPT = "receipt", "Recibo de mercaderías"
    CLAIM = "claim", "Registro en el SII"
    LOOK = "look", "Consulta al SII"
    SEND = "send", "Envío al cliente"


class JobState(models.TextChoices):
    """How far a job is."""

    PENDING = "pending", "En camino"
    DONE = "done", "Hecho"
    FAILED = "failed", "No se pudo"


def job_kinds() -> list[tuple[str, str]]:
    return list(JobKind.choices)


def job_states() -> list[tuple[str, str]]:
    return list(JobState.choices)


class ExchangeJob(CompanyBoundModel):
    """Work of the exchange. `key` says what it is about: the same work is not there twice.

    `uid` is that of the mail it ends in, `output` the signed file in it.
    """

    key = models.CharField(max_length=80)
    uid = models.UUIDField()
    kind = models.CharField(max_length=10, choices=job_kinds)
    file = TenantForeignKey(ReceivedFile, null=True)
    document = TenantForeignKey(ReceivedDocument, null=True)
    issued = TenantForeignKey("fiscal.IssuedDocument", null=True)
    action = models.CharField(max_length=3, blank=True)
    recipient = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=job_states, default=JobState.PENDING)
    words = models.CharField(max_length=500, blank=True)
    output = models.BinaryField(null=True)
    made_by = TenantForeignKey("tenancy.Membership", null=True)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="fiscal_exchange_job_key"),
            models.UniqueConstraint(fields=["company", "uid"], name="fiscal_exchange_job_uid"),
            models.CheckConstraint(
                condition=Q(state="pending", done_at__isnull=True)
                | (~Q(state="pending") & Q(done_at__isnull=False)),
                name="fiscal_exchange_job_done_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(state="pending"),
                name="fiscal_exchange_job_across",
            ),
            models.Index(
                fields=["company", "document"],
                condition=Q(document__isnull=False),
                name="fiscal_exchange_job_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"


class ExchangeEvent(CompanyBoundModel):
    """What was done and answered about a received document or file: appended only."""

    file = TenantForeignKey(ReceivedFile, null=True)
    document = TenantForeignKey(ReceivedDocument, null=True)
    happened_at = models.DateTimeField()
    name = models.CharField(max_length=40)
    words = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="fiscal_exchangeevent_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "document"], name="fiscal_exchange_event_doc"),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.happened_at:%Y-%m-%d %H:%M}"
