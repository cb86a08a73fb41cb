"""The methods a company may choose; a new one is a file and a line here."""

from collections.abc import Mapping

from erpmarket.costing.fifo import Fifo
from erpmarket.costing.method import Method
from erpmarket.costing.weighted_average import WeightedAverage

METHODS: Mapping[str, Method] = {method.name: method for method in (WeightedAverage(), Fifo())}
