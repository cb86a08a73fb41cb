"""The verbs of purchasing."""

from erpmarket.purchasing.actions.give_back import ReturnOrder, return_to_supplier
from erpmarket.purchasing.actions.orders import (
    AskedLine,
    OrderPlan,
    draft_order,
    edit_order,
    end_order,
    send_order,
)
from erpmarket.purchasing.actions.payables import (
    CreditNote,
    Invoice,
    SupplierPayment,
    enter_credit_note,
    enter_invoice,
    pay_supplier,
    reverse_payment,
    use_credit,
)
from erpmarket.purchasing.actions.rebill import NewCosts, change_costs
from erpmarket.purchasing.actions.receive import Arrival, receive_purchase
from erpmarket.purchasing.actions.suppliers import SupplierFacts, edit_supplier, register_supplier
from erpmarket.purchasing.costs import PaperTerms, PurchaseLine, TypedLine, cost_lines
from erpmarket.purchasing.errors import EmptyReceipt, PaperAlreadyReceived, ReceiptUidConflict

__all__ = [
    "Arrival",
    "AskedLine",
    "CreditNote",
    "EmptyReceipt",
    "Invoice",
    "NewCosts",
    "OrderPlan",
    "PaperAlreadyReceived",
    "PaperTerms",
    "PurchaseLine",
    "ReceiptUidConflict",
    "ReturnOrder",
    "SupplierFacts",
    "SupplierPayment",
    "TypedLine",
    "change_costs",
    "cost_lines",
    "draft_order",
    "edit_order",
    "edit_supplier",
    "end_order",
    "enter_credit_note",
    "enter_invoice",
    "pay_supplier",
    "receive_purchase",
    "register_supplier",
    "return_to_supplier",
    "reverse_payment",
    "send_order",
    "use_credit",
]
