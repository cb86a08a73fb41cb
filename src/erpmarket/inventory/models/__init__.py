"""Rows of the stock: the ledger and its projections, and the deeds that move it."""

from erpmarket.inventory.models.counts import (
    Count,
    CountDeed,
    CountEntry,
    CountKind,
    CountLine,
    CountState,
    CountTarget,
)
from erpmarket.inventory.models.imports import ImportChange, ImportKind, ImportRun, ImportState
from erpmarket.inventory.models.ledger import (
    Account,
    MethodChange,
    MoveKind,
    ReplayTask,
    RulesChange,
    StockCheckpoint,
    StockMove,
    move_kinds,
)
from erpmarket.inventory.models.lots import ExpiryWatch, Lot
from erpmarket.inventory.models.places import (
    CostScope,
    InventoryRules,
    RateRun,
    ReorderRule,
    SalesRate,
    Warehouse,
)
from erpmarket.inventory.models.removals import Removal, RemovalKind, RemovalLine
from erpmarket.inventory.models.stock import CompanyPool, CostLayer, Stock, StockDebt
from erpmarket.inventory.models.transfers import Transfer, TransferLine, TransferState

__all__ = [
    "Account",
    "CompanyPool",
    "CostLayer",
    "CostScope",
    "Count",
    "CountDeed",
    "CountEntry",
    "CountKind",
    "CountLine",
    "CountState",
    "CountTarget",
    "ExpiryWatch",
    "ImportChange",
    "ImportKind",
    "ImportRun",
    "ImportState",
    "InventoryRules",
    "Lot",
    "MethodChange",
    "MoveKind",
    "RateRun",
    "Removal",
    "RemovalKind",
    "RemovalLine",
    "ReorderRule",
    "ReplayTask",
    "RulesChange",
    "SalesRate",
    "Stock",
    "StockCheckpoint",
    "StockDebt",
    "StockMove",
    "Transfer",
    "TransferLine",
    "TransferState",
    "Warehouse",
    "move_kinds",
]
