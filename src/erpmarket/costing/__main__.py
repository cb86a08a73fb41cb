"""Answer costing cases: `python -m erpmarket.costing < cases.json > results.json`."""

import sys

from erpmarket.costing.command import answer

sys.stdout.write(answer(sys.stdin.read()))
