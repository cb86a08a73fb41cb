"""Bring the secrets of a company under the current master key, a batch at a time."""

from typing import Final

from django.db import connection, transaction

from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.store_certificate import certificate_context
from erpmarket.fiscal.actions.take_folio import key_context
from erpmarket.fiscal.models import Caf, Certificate
from erpmarket.tenancy.scope import current_company

BATCH_ROWS: Final = 100

# Rows whose secret begins otherwise than all that is sealed under the current key; an empty one is
# a certificate of the past, of which only facts are kept.
_OLD_CAFS = """
SELECT id FROM fiscal_caf
 WHERE company_id = %s AND substring(sealed_private_key FROM 1 FOR %s) <> %s
 ORDER BY id LIMIT %s FOR UPDATE
"""
_OLD_CERTIFICATES = """
SELECT id FROM fiscal_certificate
 WHERE company_id = %s AND length(sealed_pfx) > 0
   AND (substring(sealed_pfx FROM 1 FOR %s) <> %s OR substring(sealed_password FROM 1 FOR %s) <> %s)
 ORDER BY id LIMIT %s FOR UPDATE
"""


@transaction.atomic
def reseal_batch(*, limit: int = BATCH_ROWS) -> int:
    """Bring up to `limit` CAFs and certificates under the current key; 0 when all are.

    What is done is told by the secret itself, so that any number of calls, killed anywhere, end in
    the same place. Raises the vault's SealBroken when neither key opens a secret; then none of the
    batch is changed.
    """
    company, header = current_company(), vault.current_header()
    cafs = _ids(_OLD_CAFS, [company, vault.HEADER_BYTES, header, limit])
    for caf in Caf.objects.filter(id__in=cafs).order_by("id"):
        caf.sealed_private_key = vault.reseal(
            caf.sealed_private_key, context=key_context(company, caf)
        )
        caf.save(update_fields=["sealed_private_key"])
    beginning: list[int | bytes] = [vault.HEADER_BYTES, header]
    found = _ids(_OLD_CERTIFICATES, [company, *beginning, *beginning, limit])
    context = certificate_context(company)
    for row in Certificate.objects.filter(id__in=found).order_by("id"):
        row.sealed_pfx = vault.reseal(row.sealed_pfx, context=context)
        row.sealed_password = vault.reseal(row.sealed_password, context=context)
        row.save(update_fields=["sealed_pfx", "sealed_password"])
    return len(cafs) + len(found)


def _ids(sql: str, parameters: list[int | bytes]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]
