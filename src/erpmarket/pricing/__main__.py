"""Answer pricing cases: `python -m erpmarket.pricing < cases.json > results.json`."""

import sys

from erpmarket.pricing.command import answer

sys.stdout.write(answer(sys.stdin.read()))
