"""Totals of a draft, by the arithmetic of its document type."""

from dte.document import Draft, Totals
from dte.kinds import get_kind


def totals(draft: Draft) -> Totals:
    """Return net, exempt, VAT and total in pesos. Raises DraftRefused for a type not issued.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), Totales (39 and 41).
    """
    return get_kind(draft.kind).totals(draft)
