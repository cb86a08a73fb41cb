"""Files of products, prices and stock that people bring, and what they changed."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class ImportKind(models.TextChoices):
    """What a file is about."""

    CATALOGUE = "catalogue", "Productos"
    PRICES = "prices", "Precios"
    STOCK = "stock", "Stock"


class ImportState(models.TextChoices):
    """How far a file is: nothing changes before it is applied."""

    UPLOADED = "uploaded", "Revisando"
    MAPPING = "mapping", "Faltan columnas"
    CHECKED = "checked", "Revisado"
    APPLYING = "applying", "Cargando"
    APPLIED = "applied", "Cargado"
    UNDOING = "undoing", "Deshaciendo"
    UNDONE = "undone", "Deshecho"
    FAILED = "failed", "No se pudo leer"


def import_kinds() -> list[tuple[str, str]]:
    return list(ImportKind.choices)


def import_states() -> list[tuple[str, str]]:
    return list(ImportState.choices)


class ImportRun(CompanyBoundModel):
    """One file on its way; `problems` are [row, column, words], `counts` what it would change.

    `mapping` says which field each column is, where its heading did not tell: column → field.
    `sample` shows some of the changes: [row, name, words].
    """

    uid = models.UUIDField()
    kind = models.CharField(max_length=10, choices=import_kinds)
    state = models.CharField(max_length=10, choices=import_states, default=ImportState.UPLOADED)
    file_name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    raw = models.BinaryField()
    warehouse = TenantForeignKey("inventory.Warehouse", null=True)
    rows_total = models.IntegerField(default=0)
    rows_done = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    words = models.CharField(max_length=300, blank=True)
    made_by = TenantForeignKey("tenancy.Membership")
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="inventory_import_uid"),
            models.CheckConstraint(
                condition=Q(rows_done__gte=0, rows_total__gte=0), name="inventory_import_rows"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at"], name="inventory_import_latest"),
            models.Index(
                fields=["id"],
                condition=Q(state__in=["uploaded", "applying", "undoing"]),
                name="inventory_import_across",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name}: {self.state}"


class ImportChange(CompanyBoundModel):
    """What one row changed of one product, so that it can be undone; `before` is None if new."""

    run = TenantForeignKey(ImportRun)
    row = models.IntegerField()
    product = TenantForeignKey("catalog.Product")
    before = models.JSONField(null=True)
    after = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    # Why it could not be undone, or not wholly.
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "run", "row"], name="inventory_import_row"),
        ]

    def __str__(self) -> str:
        return f"row {self.row} of import {self.run_id}"
