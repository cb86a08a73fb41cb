"""Totals of a draft, by the arithmetic of its document type."""

from dte.document import Draft, Totals
from dte.kinds import get_kind
from dte.kinds.complete import complete_draft


def totals(draft: Draft) -> Totals:
    """Return net, exempt, VAT, taxes and total in pesos.

    The draft may be incomplete: percentages are worked out first. It is expected to keep the
    rules of its type, which `prepare` checks. Raises DraftRefused for a type not issued and for
    adjustments larger than what they adjust.
    Source: Formato DTE v2.4.2 (2024-02) and Formato Boletas Electrónicas v4.2 (2025-09-08),
    Totales.
    """
    kind = get_kind(draft.kind)
    return kind.totals(complete_draft(draft, usual_basis=kind.usual_basis))
