"""Write down how strictly a company wants doubtful rules of law judged."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from erpmarket.common.clock import local_date
from erpmarket.fiscal.office_models import RuleChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRules:
    """The rules a person chose and why; `uf_clp` is the UF of last 31 December, None for ours."""

    identify_large_sales: bool
    require_transport: bool
    nota_to_consumer: bool
    uf_clp: Decimal | None
    reason: str


def choose_rules(wanted: WantedRules, *, chosen_by: int | None, at: datetime) -> RuleChoice:
    """Let these rules hold for the bound company's papers from now on; former choices stay written.

    A UF holds for the papers of this year alone: the next one has its own.
    """
    row: RuleChoice = RuleChoice.objects.create(
        identify_large_sales=wanted.identify_large_sales,
        require_transport=wanted.require_transport,
        nota_to_consumer=wanted.nota_to_consumer,
        uf_clp=wanted.uf_clp,
        uf_year=None if wanted.uf_clp is None else local_date(at).year,
        reason=wanted.reason,
        chosen_at=at,
        chosen_by_id=chosen_by,
    )
    return row
