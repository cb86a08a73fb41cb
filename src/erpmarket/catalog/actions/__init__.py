"""The verbs of the catalogue: what other rooms may ask of it."""

from erpmarket.catalog.actions.labels import request_labels
from erpmarket.catalog.actions.prices import (
    NewPrice,
    PriceOutcome,
    change_price,
    change_prices,
    undo_price_change,
    undo_price_changes,
)
from erpmarket.catalog.actions.products import create_category, create_product, edit_product
from erpmarket.catalog.errors import (
    PRICE_LIMIT_CLP,
    BadPrice,
    BarcodeTaken,
    CodeTaken,
    WrongCheckDigit,
)

__all__ = [
    "PRICE_LIMIT_CLP",
    "BadPrice",
    "BarcodeTaken",
    "CodeTaken",
    "NewPrice",
    "PriceOutcome",
    "WrongCheckDigit",
    "change_price",
    "change_prices",
    "create_category",
    "create_product",
    "edit_product",
    "request_labels",
    "undo_price_change",
    "undo_price_changes",
]
