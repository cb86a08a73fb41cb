"""The one door: draft, folio, authorization and instant in; stamped document out."""

from dataclasses import dataclass
from datetime import datetime

from dte.caf import Caf
from dte.document import Document, Draft, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft that passed every rule, its texts cleaned and cut, with its totals.

    Prepare before taking a folio: after this only the folio, the CAF and the clock can refuse.
    """

    draft: Draft
    totals: Totals


def prepare(draft: Draft) -> Prepared:
    """Check and clean a draft. Raises DraftRefused and TextRefused."""
    raise NotImplementedError


def build(*, draft: Draft | Prepared, folio: int, caf: Caf, at: datetime) -> Document:
    """Stamp a draft. `at` is aware; it is written as Chilean local time."""
    raise NotImplementedError
