from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.signals import class_prepared
from django.dispatch import receiver

from erpmarket.tenancy.rls import TenantPolicy, TenantReference
from erpmarket.tenancy.scope import current_company


class CompanyManager(models.Manager[Any]):
    """Filters by the bound company; raises NoCompany outside a scope.

    Row-level security would do alone; the literal company is what lets PostgreSQL prune partitions.
    """

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(company_id=current_company())


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key between rows of one company; the database constraint is composite."""

    def __init__(self, to: Any, **kwargs: Any) -> None:  # noqa: ANN401  (Django's signature)
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("related_name", "+")
        kwargs["db_constraint"] = False
        # Indexes start with the company and are written where a query needs them.
        kwargs["db_index"] = False
        super().__init__(to, **kwargs)


class CompanyField(models.ForeignKey[Any, Any]):
    """The company of a row; taken from the scope when it is not said, also by `bulk_create`."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: ANN401, FBT001  (Django's signature)
        if add and getattr(model_instance, self.attname) is None:
            setattr(model_instance, self.attname, current_company())
        return super().pre_save(model_instance, add)


class CompanyBoundModel(models.Model):
    """A row that belongs to one company. Policy, key and references are added to each subclass."""

    company = CompanyField(
        "tenancy.Company",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        editable=False,
    )

    objects = CompanyManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"


@receiver(class_prepared)
def _add_tenant_rules(sender: type[models.Model], **_kwargs: object) -> None:
    """Give every tenant model its key (company, id), its policy and its composite references."""
    if not issubclass(sender, CompanyBoundModel) or sender._meta.abstract:
        return
    table = sender._meta.db_table
    rules: list[models.BaseConstraint] = [
        models.UniqueConstraint(fields=["company", "id"], name=f"{table}_co_id"),
        TenantPolicy(name=f"{table}_rls"),
    ]
    rules += [
        TenantReference(name=f"{table}_{field.name}_cofk"[:63], field=field.name)
        for field in sender._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]
    sender._meta.constraints = [*sender._meta.constraints, *rules]
    sender._meta.original_attrs["constraints"] = sender._meta.constraints


class Environment(models.TextChoices):
    """Which SII a company's documents go to."""

    DEMO = "demo", "Demostración"
    CERTIFICATION = "certification", "Certificación"
    PRODUCTION = "production", "Producción"
    # The certification of a company in the demo, played against the simulated SII.
    REHEARSAL = "rehearsal", "Ensayo de certificación"


def environments() -> list[tuple[str, str]]:
    return list(Environment.choices)


class Company(models.Model):
    """A taxpayer with its shops."""

    rut = models.CharField(max_length=10)
    name = models.CharField("razón social", max_length=100)
    shop_name = models.CharField("nombre de fantasía", max_length=60)
    business = models.CharField("giro", max_length=80)
    # Codes of the SII's list of economic activities; facturas state up to four.
    activities = ArrayField(models.IntegerField(), default=list, blank=True)
    email = models.EmailField("correo", max_length=80, blank=True)
    phone = models.CharField("teléfono", max_length=20, blank=True)
    environment = models.CharField(max_length=15, choices=environments, default=Environment.DEMO)
    resolution_number = models.IntegerField(default=0)
    resolution_date = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [TenantPolicy(name="tenancy_company_rls", column="id")]

    def __str__(self) -> str:
        return self.shop_name


class Branch(CompanyBoundModel):
    """A shop with an address; documents carry the address of the branch that sells."""

    name = models.CharField(max_length=60)
    address = models.CharField(max_length=70)
    commune = models.CharField(max_length=20)
    city = models.CharField(max_length=20)
    sii_code = models.CharField("código de sucursal SII", max_length=9, blank=True)
    sii_office = models.CharField("oficina del SII", max_length=40, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="tenancy_branch_name"),
            # Each boleta carries it as a number: a word here would stop every sale.
            models.CheckConstraint(
                condition=models.Q(sii_code__regex=r"^([0-9]*[1-9][0-9]*)?$"),
                name="tenancy_branch_sii_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person may do in a company; the verbs are in `accounts.permissions`."""

    OWNER = "owner", "Dueña o dueño"
    CASHIER = "cashier", "Cajera o cajero"
    STOCK_KEEPER = "stock_keeper", "Bodega"
    ACCOUNTANT = "accountant", "Contadora o contador"


def roles() -> list[tuple[str, str]]:
    return list(Role.choices)


class Membership(CompanyBoundModel):
    """A person in a company. The name is here so that a login says nothing about a person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    role = models.CharField(max_length=15, choices=roles)
    display_name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "user"], name="tenancy_membership_user"),
        ]
        # For `app.places_of`: the one question that is asked before a company is bound.
        indexes = [models.Index(fields=["user"], name="tenancy_membership_across")]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.role})"
