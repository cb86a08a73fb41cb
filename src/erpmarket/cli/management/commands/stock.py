"""`manage.py stock verify|rebuild`: projections proven equal to the ledger, or built anew."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from erpmarket.common.clock import now
from erpmarket.inventory.actions.rebuild import (
    list_moved_products,
    rebuild_product,
    verify_product,
)
from erpmarket.tenancy.queries import list_company_ids
from erpmarket.tenancy.scope import company_scope


class Command(BaseCommand):
    """One product at a time, each in a transaction of its own: the shop goes on selling."""

    help = "Proves the stock of every company equal to its ledger, or builds it anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what to do, and for whom."""
        parser.add_argument("deed", choices=["verify", "rebuild"])
        parser.add_argument("--company", type=int, help="una sola empresa, por su número")

    def handle(self, *_arguments: Any, **options: Any) -> None:  # noqa: ANN401  (Django's signature)
        """Go through the companies; raises CommandError when a proof fails."""
        wrong = products = 0
        for company_id in _companies(options["company"]):
            with company_scope(company_id):
                found = list_moved_products()
            for product_id in found:
                products += 1
                if options["deed"] == "rebuild":
                    self._rebuild(company_id, product_id)
                else:
                    wrong += self._verify(company_id, product_id)
        if wrong:
            raise CommandError(
                f"{wrong} de {products} productos no calzan con su kárdex. Corre `stock rebuild`."
            )
        self.stdout.write(f"Listo: {products} productos calzan con su kárdex.")

    def _verify(self, company_id: int, product_id: int) -> bool:
        with company_scope(company_id):
            faults = verify_product(product_id, at=now())
        for fault in faults:
            self.stderr.write(
                f"empresa {company_id}, producto {product_id}, {fault.what}:"
                f" dice {fault.projected}, es {fault.right}"
            )
        return bool(faults)

    def _rebuild(self, company_id: int, product_id: int) -> None:
        with company_scope(company_id):
            done = rebuild_product(product_id, at=now())
        if done.rows:
            self.stdout.write(
                f"empresa {company_id}, producto {product_id}: {done.rows} filas nuevas"
            )


def _companies(only: int | None) -> list[int]:
    if only is not None:
        return [only]
    if "sys" not in settings.DATABASES:
        raise CommandError("Falta ERP_SYS_ROLE: recorrer las empresas necesita el rol erp_sys.")
    return list(list_company_ids())
