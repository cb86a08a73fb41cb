"""What the goods cost: weighted average (PPP) and first in, first out, to 0.0001 of a peso.

Pure: state in, rows and state out; no clock, no database. Value is the truth, the average is
derived.

`METHODS`       name -> Method: `take` and `put`, the two primitives every event is made of.
`Pool`          the state of one product in one place: layers, debts, last cost.
`Replay`        events of a product applied from a `Checkpoint` on, with the rows each one makes.
`revalue`       what an entry in the past changes: rows to append, or to show before.
`History`       (history.py) everything entered so far, in any order, refusals included.
`receipt_cost`  what a supplier's lines cost with discounts, additional taxes and freight.

The rules are told in docs/algorithms/costing.md.
"""

from erpmarket.costing.checkpoint import Checkpoint, checkpoint_text, read_checkpoint, start
from erpmarket.costing.errors import CostingRefused
from erpmarket.costing.fifo import Fifo
from erpmarket.costing.method import Method
from erpmarket.costing.methods import METHODS
from erpmarket.costing.receipt_cost import SupplierLine, SupplierPaper, receipt_cost
from erpmarket.costing.replay import Applied, Replay, StockLine
from erpmarket.costing.revaluation import Correction, Revaluation, revalue
from erpmarket.costing.types import Debt, Entry, Layer, Pool, Put, Settlement, Taken
from erpmarket.costing.weighted_average import WeightedAverage

__all__ = [
    "METHODS",
    "Applied",
    "Checkpoint",
    "Correction",
    "CostingRefused",
    "Debt",
    "Entry",
    "Fifo",
    "Layer",
    "Method",
    "Pool",
    "Put",
    "Replay",
    "Revaluation",
    "Settlement",
    "StockLine",
    "SupplierLine",
    "SupplierPaper",
    "Taken",
    "WeightedAverage",
    "checkpoint_text",
    "read_checkpoint",
    "receipt_cost",
    "revalue",
    "start",
]
