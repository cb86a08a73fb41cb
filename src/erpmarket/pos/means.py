"""Who buys and how they paid, in the words of the paper."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, TypeVar

from dte.codes import PaymentMeans, TradeMeans
from dte.rut import Rut
from erpmarket.fiscal.draft_maps import UNKNOWN_BUYER, BoletaBuyer
from erpmarket.pos.models import PaymentKind

Means = TypeVar("Means")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleBuyer:
    """Who buys: above 135 UF the boleta must say it."""

    rut: Rut
    name: str


def boleta_buyer(buyer: SaleBuyer | None, kinds: AbstractSet[str]) -> BoletaBuyer:
    """Say who buys and how they pay, as a large boleta must; nobody by default."""
    if buyer is None:
        return UNKNOWN_BUYER
    return BoletaBuyer(rut=buyer.rut, name=buyer.name, means=boleta_means(kinds))


# A food card is read by the same machines as any other card.
_ELECTRONIC: Final = frozenset({PaymentKind.CARD, PaymentKind.BAES})
_BOLETA_MEANS: Final = {
    PaymentKind.CASH: PaymentMeans.CASH,
    PaymentKind.TRANSFER: PaymentMeans.TRANSFER,
}
_TRADE_MEANS: Final = {
    PaymentKind.CASH: TradeMeans.CASH,
    PaymentKind.CARD: TradeMeans.CARD,
    PaymentKind.BAES: TradeMeans.CARD,
    PaymentKind.TRANSFER: TradeMeans.ACCOUNT_PAYMENT,
}


def boleta_means(kinds: AbstractSet[str]) -> PaymentMeans:
    """Name the means of a boleta that must state it."""
    if kinds and kinds <= _ELECTRONIC:
        return PaymentMeans.ELECTRONIC
    return _only(kinds, _BOLETA_MEANS) or PaymentMeans.OTHER


def factura_means(kinds: AbstractSet[str]) -> TradeMeans:
    """Name the means of a factura."""
    return _only(kinds, _TRADE_MEANS) or TradeMeans.OTHER


def _only(kinds: AbstractSet[str], named: Mapping[PaymentKind, Means]) -> Means | None:
    """Name the one kind that paid all of it; None when there were several, or it has no name."""
    return named.get(PaymentKind(next(iter(kinds)))) if len(kinds) == 1 else None
