"""Rows of the purchases: suppliers, orders, receipts, returns and what is owed."""

from erpmarket.purchasing.models.dte import DteDraft, DteState, SupplierCode
from erpmarket.purchasing.models.orders import OrderClock, OrderLine, OrderState, PurchaseOrder
from erpmarket.purchasing.models.payables import PaidBy, PayableEntry, PayableKind, Settlement
from erpmarket.purchasing.models.receipts import (
    CostChange,
    CostChangeKind,
    Receipt,
    ReceiptLine,
    SupplierReturn,
    SupplierReturnLine,
)
from erpmarket.purchasing.models.suppliers import Supplier, SupplierEdit

__all__ = [
    "CostChange",
    "CostChangeKind",
    "DteDraft",
    "DteState",
    "OrderClock",
    "OrderLine",
    "OrderState",
    "PaidBy",
    "PayableEntry",
    "PayableKind",
    "PurchaseOrder",
    "Receipt",
    "ReceiptLine",
    "Settlement",
    "Supplier",
    "SupplierCode",
    "SupplierEdit",
    "SupplierReturn",
    "SupplierReturnLine",
]
