"""Bring every secret of every company under the current master key; may be killed at any time."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from erpmarket.tenancy.queries import list_company_ids
from erpmarket.tenancy.scope import company_scope


def reseal_everything(told: Callable[[int, int], None]) -> int:
    """Reseal batch by batch, each in a transaction of its own; returns how many rows changed.

    `told` hears the company and the rows of each batch. Needs the `sys` role. Raises the vault's
    SealBroken when neither key opens a secret: what was done until then stays.
    """
    total = 0
    for company_id in list_company_ids():
        for name in settings.RESEAL_BATCHES:
            reseal_batch: Callable[[], int] = import_string(name)
            while True:
                with company_scope(company_id):
                    count = reseal_batch()
                if not count:
                    break
                total += count
                told(company_id, count)
    return total
