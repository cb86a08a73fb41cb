"""Who buys and how they paid, in the words of the paper."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dte.codes import PaymentMeans, TradeMeans
from dte.rut import Rut
from erpmarket.fiscal.draft_maps import UNKNOWN_BUYER, BoletaBuyer
from erpmarket.pos.models import PaymentKind


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


def boleta_means(kinds: AbstractSet[str]) -> PaymentMeans:
    """Name the means of a boleta that must state it."""
    if kinds == {PaymentKind.CASH}:
        return PaymentMeans.CASH
    return PaymentMeans.ELECTRONIC if kinds == {PaymentKind.CARD} else PaymentMeans.OTHER


def factura_means(kinds: AbstractSet[str]) -> TradeMeans:
    """Name the means of a factura."""
    if kinds == {PaymentKind.CASH}:
        return TradeMeans.CASH
    return TradeMeans.CARD if kinds == {PaymentKind.CARD} else TradeMeans.OTHER
