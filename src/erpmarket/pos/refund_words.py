"""Say where the money of a return went."""

from typing import Final

from erpmarket.pos.models import SaleReturn
from erpmarket.ui.formats import clp

_WAYS: Final = (
    ("credit_clp", "menos en su cuenta"),
    ("card_clp", "a la tarjeta"),
    ("baes_clp", "a la tarjeta BAES"),
    ("transfer_clp", "por transferencia"),
    ("store_credit_clp", "en un vale"),
    ("cash_out_clp", "en efectivo"),
)


def refund_words(row: SaleReturn) -> str:
    """Name each way money went back: `$1.000 a la tarjeta y $990 en efectivo`."""
    parts = [f"{clp(amount)} {words}" for name, words in _WAYS if (amount := getattr(row, name))]
    if not parts:
        return "nada de dinero"
    *first, last = parts
    return f"{', '.join(first)} y {last}" if first else last
