"""The verbs of the stock: only `move` writes the ledger and its projections."""

from erpmarket.inventory.actions.issue import IssuedCost, IssueLine, SoldOut, issue, issue_sold
from erpmarket.inventory.actions.receive import ReceivedLine, receive
from erpmarket.inventory.actions.take_back import BackLine, find_issue_warehouse, take_back
from erpmarket.inventory.actions.warehouse import open_warehouse

__all__ = [
    "BackLine",
    "IssueLine",
    "IssuedCost",
    "ReceivedLine",
    "SoldOut",
    "find_issue_warehouse",
    "issue",
    "issue_sold",
    "open_warehouse",
    "receive",
    "take_back",
]
