"""What is on the shelves, and what it cost.

Owns Warehouse, StockMove (the ledger, appended only by `actions/move.py`), Stock and StockDebt
(projections). Public verbs: `open_warehouse`, `receive`, `issue`. Arithmetic is in `costing`.
"""
