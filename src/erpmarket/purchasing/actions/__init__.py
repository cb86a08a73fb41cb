"""The verbs of purchasing."""

from erpmarket.purchasing.actions.receive import (
    EmptyReceipt,
    PaperAlreadyReceived,
    PurchaseLine,
    ReceiptUidConflict,
    receive_purchase,
    register_supplier,
)

__all__ = [
    "EmptyReceipt",
    "PaperAlreadyReceived",
    "PurchaseLine",
    "ReceiptUidConflict",
    "receive_purchase",
    "register_supplier",
]
