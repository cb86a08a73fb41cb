"""Why goods leave without being sold, as the shop says it."""

from dataclasses import dataclass
from typing import Final

from erpmarket.inventory.models import RemovalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of the list; `code` is what the ledger keeps."""

    code: str
    words: str
    kind: RemovalKind
    needs_note: bool = False


REASONS: Final = (
    Reason(code="expired", words="Vencido", kind=RemovalKind.WASTE),
    Reason(code="broken", words="Roto o derramado", kind=RemovalKind.WASTE),
    Reason(code="spoiled", words="En mal estado", kind=RemovalKind.WASTE),
    Reason(code="stolen", words="Robo", kind=RemovalKind.WASTE),
    Reason(code="tasting", words="Degustación", kind=RemovalKind.WASTE),
    Reason(code="other", words="Otra merma", kind=RemovalKind.WASTE, needs_note=True),
    Reason(code="home", words="Para la casa", kind=RemovalKind.OWN_USE),
    Reason(code="staff", words="Para el personal", kind=RemovalKind.OWN_USE),
    Reason(code="shop", words="Para usar en el local", kind=RemovalKind.OWN_USE),
)
BY_CODE: Final = {reason.code: reason for reason in REASONS}


def reason_words(code: str) -> str:
    """Name a reason; one that nobody knows is shown as it was written."""
    return BY_CODE[code].words if code in BY_CODE else code
