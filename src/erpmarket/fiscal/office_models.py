"""What people choose in the back office: rules of law, filters they want again."""

from django.db import models
from django.db.models import Q

from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey
from erpmarket.tenancy.rls import Ledger

# The page takes no UF below this: `fiscal.law` relies on it to leave small boletas alone.
LOWEST_UF_CLP = 30_000


class RuleChoice(CompanyBoundModel):
    """How strictly a company wants doubtful rules judged, who chose it and why; the newest counts.

    `uf_clp` is the UF of 31 December before `uf_year`, for papers of that year alone; both or none.
    """

    identify_large_sales = models.BooleanField()
    require_transport = models.BooleanField()
    nota_to_consumer = models.BooleanField()
    uf_clp = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    uf_year = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=200)
    chosen_at = models.DateTimeField()
    chosen_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(uf_clp__isnull=True, uf_year__isnull=True)
                | Q(uf_clp__gte=LOWEST_UF_CLP, uf_year__gte=2025),
                name="fiscal_rule_choice_uf",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="fiscal_rule_choice_reason"),
            Ledger(name="fiscal_rulechoice_ledger"),
        ]

    def __str__(self) -> str:
        return f"rules of company {self.company_id} since {self.chosen_at:%Y-%m-%d}"


class SavedFilter(CompanyBoundModel):
    """A filter of the list of papers that a person wants again; `query` is the address's."""

    membership = TenantForeignKey("tenancy.Membership")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=300)
    saved_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "membership", "name"], name="fiscal_saved_filter_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
