"""`manage.py accounts`: what customers owe and what vales hold, proven equal to their moves."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from erpmarket.customers.queries import list_wrong_balances
from erpmarket.tenancy.queries import list_company_ids
from erpmarket.tenancy.scope import company_scope

_WORDS = {"customer": "cliente", "vale": "vale"}


class Command(BaseCommand):
    """Reads only; an account that is being written to is read before or after it."""

    help = "Proves the accounts of customers and the vales of every company equal to their moves."

    def handle(self, *_arguments: Any, **_options: Any) -> None:  # noqa: ANN401  (Django's signature)
        """Go through the companies; raises CommandError when a proof fails."""
        wrong = 0
        for company_id in list_company_ids():
            with company_scope(company_id):
                found = list_wrong_balances()
            for row in found:
                wrong += 1
                self.stderr.write(
                    f"empresa {company_id}, {_WORDS[row.what]} {row.id}:"
                    f" dice {row.balance_clp}, sus movimientos suman {row.moves_clp}"
                )
        if wrong:
            raise CommandError(f"{wrong} cuentas no calzan con sus movimientos. Avisa a soporte.")
        self.stdout.write("Listo: las cuentas y los vales calzan con sus movimientos.")
