"""Rows of the certification assistant: how far a company is in becoming an electronic issuer."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey, environments
from erpmarket.tenancy.rls import Ledger


class CertificationRun(CompanyBoundModel):
    """A company's way through certification; one is open at most.

    Number and day of the resolution are those of the SII's certification site. Plate and driver
    are written into every guía of it: all three, or none while nobody has said them.
    """

    environment = models.CharField(max_length=15, choices=environments)
    resolution_number = models.IntegerField(default=0)
    resolution_date = models.DateField()
    started_at = models.DateTimeField()
    started_by = TenantForeignKey("tenancy.Membership", null=True)
    ended_at = models.DateTimeField(null=True)
    plate = models.CharField(max_length=8, blank=True)
    driver_rut = models.CharField(max_length=10, blank=True)
    driver_name = models.CharField(max_length=30, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(ended_at__isnull=True),
                name="fiscal_certification_one_open",
            ),
            models.CheckConstraint(
                condition=Q(plate="", driver_rut="", driver_name="")
                | ~Q(plate="") & ~Q(driver_rut="") & ~Q(driver_name=""),
                name="fiscal_certification_carriage_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"certification since {self.started_at:%Y-%m-%d}"


class CertificationSet(CompanyBoundModel):
    """A file of test cases, byte for byte as the SII gave it; the newest one counts."""

    run = TenantForeignKey(CertificationRun)
    name = models.CharField(max_length=80)
    text = models.BinaryField()
    loaded_at = models.DateTimeField()
    loaded_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="fiscal_certificationset_ledger"),
        ]

    def __str__(self) -> str:
        return self.name


class Step(models.TextChoices):
    """What a stage brings to the SII."""

    DOCUMENTS = "documents", "Documentos del set"
    BOLETAS = "boletas", "Set de boletas"
    SALES_BOOK = "sales_book", "Libro de ventas"
    PURCHASE_BOOK = "purchase_book", "Libro de compras"
    GUIA_BOOK = "guia_book", "Libro de guías"
    SIMULATION = "simulation", "Simulación"
    EXCHANGE = "exchange", "Intercambio"


def steps() -> list[tuple[str, str]]:
    return list(Step.choices)


class StageVerdict(models.TextChoices):
    """What the SII's mail said after the stage was declared; a person writes it down."""

    PASSED = "passed", "Aprobado"
    FAILED = "failed", "Rechazado"


def stage_verdicts() -> list[tuple[str, str]]:
    return list(StageVerdict.choices)


class CertificationStage(CompanyBoundModel):
    """One try at a step. A replaced one stays with its papers; the try in force has no end.

    `parcel` names its envelope in the outbox: all of it goes together or not at all. `attention` is
    the SII's number of the section it answers.
    """

    run = TenantForeignKey(CertificationRun)
    test_set = TenantForeignKey(CertificationSet, null=True)
    step = models.CharField(max_length=20, choices=steps)
    attention = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=100)
    parcel = models.UUIDField()
    prepared_at = models.DateTimeField()
    prepared_by = TenantForeignKey("tenancy.Membership", null=True)
    sent_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, blank=True, choices=stage_verdicts)
    verdict_words = models.CharField(max_length=500, blank=True)
    verdict_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "run", "step", "attention"],
                condition=Q(replaced_at__isnull=True),
                name="fiscal_certification_stage_one",
            ),
            models.UniqueConstraint(
                fields=["company", "parcel"], name="fiscal_certification_parcel"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CertificationDocument(CompanyBoundModel):
    """A paper of a stage in its place, and the case it answers; empty in a simulation."""

    stage = TenantForeignKey(CertificationStage)
    document = TenantForeignKey("fiscal.IssuedDocument")
    position = models.PositiveSmallIntegerField()
    case_number = models.CharField(max_length=20, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document"], name="fiscal_certification_document_once"
            ),
            models.UniqueConstraint(
                fields=["company", "stage", "position"], name="fiscal_certification_place"
            ),
            Ledger(name="fiscal_certificationdocument_ledger"),
        ]

    def __str__(self) -> str:
        return self.case_number or str(self.position)


class FileKind(models.TextChoices):
    """A file that only the worker can sign."""

    SALES_BOOK = "sales_book", "Libro de ventas"
    PURCHASE_BOOK = "purchase_book", "Libro de compras"
    GUIA_BOOK = "guia_book", "Libro de guías"
    RECEPTION = "reception", "Respuesta de recepción"
    RECEIPTS = "receipts", "Recibo de mercaderías"
    RESULT = "result", "Resultado comercial"


def file_kinds() -> list[tuple[str, str]]:
    return list(FileKind.choices)


class CertificationFile(CompanyBoundModel):
    """A book or an answer of a stage: wanted by a person, signed later by the worker.

    `source` is the envelope that the SII gave to be answered. `refusal` says why it cannot be
    made; then nobody tries again.
    """

    stage = TenantForeignKey(CertificationStage)
    kind = models.CharField(max_length=20, choices=file_kinds)
    source = models.BinaryField(null=True)
    source_name = models.CharField(max_length=80, blank=True)
    wanted_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    xml = models.BinaryField(null=True)
    made_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=500, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "stage", "kind"], name="fiscal_certification_file_one"
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(made_at__isnull=True),
                name="fiscal_certification_across",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of stage {self.stage_id}"
