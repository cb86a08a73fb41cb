"""Answer costing cases: `python -m erpmarket.costing < cases.json > results.json`."""

import sys

from erpmarket.costing.command import answer

try:
    answered = answer(sys.stdin.read())
except (KeyError, TypeError, ValueError) as unreadable:
    sys.exit(f"No es un documento de casos: {unreadable!r}")
sys.stdout.write(answered)
