# One command each. Everything real happens in scripts/ and in erpmarket.cli.
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: help run test check fmt bench bench-dte docs-dte bench-outbox bench-inventory bench-till kill-till simulate demo-reset setup lock contact-sheet screenshots
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## install what is missing and start the demo shop
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m erpmarket.cli up

test: ## all checks and all tests, with a real browser
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(PY) scripts/check.py $(ARGS)

check: test ## what CI runs: the same as test

fmt: ## put the source in the house's form
	@$(PYTHON) scripts/bootstrap.py run
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench: ## sales per second beside the raw-SQL floor
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m bench $(ARGS)

bench-dte: ## boletas per second beside bare cryptography and a peer (needs the network once)
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m bench.dte $(ARGS)

docs-dte: ## the reference of the fiscal library, into build/docs/dte
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(PY) -W error scripts/docs_dte.py $(ARGS)

bench-outbox: ## documents per minute to the simulated SII, drain after an outage, PDFs
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m bench.outbox $(ARGS)

bench-inventory: ## stock: replays, kardex, valuation, a sale's stock work, beside bare SQL
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m bench.inventory $(ARGS)

bench-till: ## the till in a slow Chromium with 20,000 and 100,000 products
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(PY) -m bench.till $(ARGS)

kill-till: ## the till's browser killed 300 times after "pay", the server too; prints what is left
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(PY) -m tests.kills $(ARGS)

simulate: ## 2,000 papers through a SII in trouble, with workers and broker killed; prints seed and verdict
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m tests.simulation $(ARGS)

demo-reset: ## delete the demo shop and all it sold (asks first)
	@$(PYTHON) scripts/bootstrap.py run
	@exec $(PY) -m erpmarket.cli demo-reset $(ARGS)

setup: ## prepare the machine for the tests without running them
	@$(PYTHON) scripts/bootstrap.py test

lock: ## choose package versions anew (after a change in pyproject.toml)
	@exec $(PY) scripts/lock.py

contact-sheet: ## photograph every sheet of the till at both sizes
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(PY) scripts/contact_sheet.py

screenshots: ## take the README's pictures anew
	@$(PYTHON) scripts/bootstrap.py test
	@exec $(PY) scripts/screenshots.py
