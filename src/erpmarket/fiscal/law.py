"""The switches over doubtful rules of law: the instance's, unless a company chose its own."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.conf import settings

from dte.codes import DocumentType
from dte.document import Draft
from dte.rules import Rules
from erpmarket.fiscal.office_models import LOWEST_UF_CLP, RuleChoice

CHOICES_SHOWN: Final = 20
_BOLETAS: Final = (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA)
# Half of 135 UF at the lowest UF that can be chosen: no rule asks anything of a boleta below it.
_SMALL_SALE_CLP: Final = 135 * LOWEST_UF_CLP // 2


def instance_rules() -> Rules:
    """Return the rules of whoever runs the instance; the defaults are what `dte` recommends."""
    return Rules(
        identify_large_sales=settings.DTE_IDENTIFY_LARGE_SALES,
        require_transport=settings.DTE_REQUIRE_TRANSPORT,
        nota_to_consumer=settings.DTE_NOTA_TO_CONSUMER,
    )


def paper_rules(draft: Draft) -> Rules:
    """Return how strictly a paper of the bound company is judged.

    A small boleta asks the database nothing: the sale's path stays as short as it is.
    """
    if draft.kind in _BOLETAS and sum(each.amount_clp for each in draft.lines) < _SMALL_SALE_CLP:
        return instance_rules()
    return rules_of(find_rule_choice(), draft.issue_date.year)


def rules_of(choice: RuleChoice | None, year: int) -> Rules:
    """Return the rules that a choice sets for the papers of a year; a UF is of its own year."""
    if choice is None:
        return instance_rules()
    return Rules(
        uf_clp=choice.uf_clp if choice.uf_year == year else None,
        identify_large_sales=choice.identify_large_sales,
        require_transport=choice.require_transport,
        nota_to_consumer=choice.nota_to_consumer,
    )


def find_buyer_limit_clp(on: date) -> int | None:
    """Return the sum above which a boleta of the bound company names its buyer; None: never."""
    return rules_of(find_rule_choice(), on.year).identified_above_clp(on)


def find_rule_choice() -> RuleChoice | None:
    """Find what the bound company chose last."""
    row: RuleChoice | None = RuleChoice.objects.order_by("-id").first()
    return row


def list_rule_choices() -> Sequence[RuleChoice]:
    """List what the bound company chose, newest first, with who chose it."""
    rows = RuleChoice.objects.select_related("chosen_by").order_by("-id")
    return list(rows[:CHOICES_SHOWN])
