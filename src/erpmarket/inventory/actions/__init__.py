"""The verbs of the stock: only `move` writes the ledger and its projections."""

from erpmarket.inventory.actions.issue import IssuedCost, IssueLine, issue
from erpmarket.inventory.actions.receive import ReceivedLine, receive
from erpmarket.inventory.actions.warehouse import open_warehouse

__all__ = [
    "IssueLine",
    "IssuedCost",
    "ReceivedLine",
    "issue",
    "open_warehouse",
    "receive",
]
