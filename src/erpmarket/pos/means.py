"""How a sale was paid, in the words of its paper."""

from collections.abc import Set as AbstractSet

from dte.codes import PaymentMeans, TradeMeans
from erpmarket.pos.models import PaymentKind


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
