"""What every document type has to say about itself."""

from collections.abc import Callable
from dataclasses import dataclass

from dte.codes import DocumentType
from dte.document import Draft, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """Longest texts, in characters; longer ones are cut."""

    issuer_name: int
    issuer_giro: int
    receiver_name: int
    receiver_giro: int
    email: int
    address: int
    commune: int
    city: int
    item_name: int
    item_description: int
    unit: int
    code_kind: int
    code_value: int
    reference_kind: int
    reference_folio: int
    reference_code: int
    reference_reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One document type: limits, rules and arithmetic.

    `check` raises DraftRefused on a draft whose texts are already clean; `totals` may then rely
    on it. `write_header` and `write_lines` are the type's part of the XML.
    """

    type: DocumentType
    max_lines: int
    max_references: int
    limits: TextLimits
    check: Callable[[Draft], None]
    totals: Callable[[Draft], Totals]
    write_header: Callable[[Draft, int, Totals], str]
    write_lines: Callable[[Draft], str]
