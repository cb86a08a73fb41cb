"""A draft that already knows its folio: what every stage of certification hands out."""

from dataclasses import dataclass

from dte.document import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundDraft:
    """A draft and the folio it will bear.

    `case_number` is the case of the set ("4352553-1", or "1" to "5" of boletas); "" in a
    simulation, which has none.
    """

    folio: int
    draft: Draft
    case_number: str = ""
