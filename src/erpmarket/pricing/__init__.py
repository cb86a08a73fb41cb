"""What the customer pays, and why: prices, promotions, discounts, tax, cash, returns.

Pure: frozen values in and out, pesos are integers, no clock, no database. The till's JavaScript
computes the same from `vectors/*.json`.

`price_cart`      one ticket at one local minute: bases, promotions, discounts, document lines.
`settle_payment`  tenders against a total, with the rounding of cash; `settle_refund` the way back.
`Drawer`          what a shift's drawer must hold.
`promotions` `tax` `vouchers` `returns`   modules with what their names say.

The rules are told in docs/algorithms/pricing.md.
"""

from erpmarket.pricing.cart import price_cart
from erpmarket.pricing.cash import (
    CASH,
    PaidTender,
    Payment,
    Refund,
    Tender,
    round_cash,
    settle_payment,
    settle_refund,
)
from erpmarket.pricing.errors import PricingRefused
from erpmarket.pricing.shift import Drawer
from erpmarket.pricing.types import (
    CartLine,
    Discount,
    DocumentLine,
    Limits,
    PricedCart,
    PricedLine,
    PriceRow,
    Unit,
)

__all__ = [
    "CASH",
    "CartLine",
    "Discount",
    "DocumentLine",
    "Drawer",
    "Limits",
    "PaidTender",
    "Payment",
    "PriceRow",
    "PricedCart",
    "PricedLine",
    "PricingRefused",
    "Refund",
    "Tender",
    "Unit",
    "price_cart",
    "round_cash",
    "settle_payment",
    "settle_refund",
]
