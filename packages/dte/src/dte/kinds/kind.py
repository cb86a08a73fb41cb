"""What every document type has to say about itself."""

from collections.abc import Callable
from dataclasses import dataclass

from dte.codes import DocumentType, PriceBasis
from dte.document import Draft, Totals
from dte.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """Longest texts, in characters; longer ones are cut. 0 where the type has no such element."""

    issuer_name: int
    issuer_giro: int
    issuer_phone: int
    issuer_email: int
    branch_name: int
    seller_code: int
    receiver_name: int
    receiver_giro: int
    receiver_code: int
    receiver_phone: int
    contact: int
    email: int
    address: int
    commune: int
    city: int
    item_name: int
    item_description: int
    unit: int
    reference_unit: int
    code_kind: int
    code_value: int
    adjustment_reason: int
    reference_kind: int
    reference_folio: int
    reference_code: int
    reference_reason: int
    reference_seller_code: int
    reference_till_code: int
    plate: int
    driver_name: int
    instalment_note: int
    account_kind: int
    account: int
    bank: int
    term_code: int
    term_text: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One document type: limits, rules and arithmetic.

    `usual_basis` is what its prices are unless the draft says otherwise. `check` raises
    DraftRefused on a draft whose texts are clean and which is complete; `totals` may then rely on
    it, and raises DraftRefused itself for adjustments larger than what they adjust.
    `check_totals` judges the result. `write_header` and `write_lines` are the type's XML.
    """

    type: DocumentType
    usual_basis: PriceBasis
    max_lines: int
    max_references: int
    limits: TextLimits
    check: Callable[[Draft, Rules], None]
    totals: Callable[[Draft], Totals]
    check_totals: Callable[[Draft, Totals, Rules], None]
    write_header: Callable[[Draft, int, Totals], str]
    write_lines: Callable[[Draft], str]
