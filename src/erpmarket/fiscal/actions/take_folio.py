"""The one allocator of folios."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from django.db import connection

from dte.caf import Caf as DteCaf
from dte.caf import join_caf
from erpmarket.common.errors import DomainError
from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.load_caf import key_context
from erpmarket.fiscal.models import Caf
from erpmarket.tenancy.scope import current_company

_NAMES = {39: "boletas", 41: "boletas exentas"}


@dataclass(kw_only=True, eq=False)
class CafExhausted(DomainError):
    """There is no folio left to give out."""

    kind: int

    code: ClassVar[str] = "caf_exhausted"

    @property
    def message(self) -> str:
        name = _NAMES.get(self.kind, "documentos")
        return f"Se acabaron los folios de {name}. Pide más al SII y cárgalos en SII, Folios."


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFolio:
    """A folio that is ours until the transaction ends, and the CAF that stamps it."""

    folio: int
    caf_id: int
    caf: DteCaf


# One statement, the last lock of a sale: a rollback gives the number back, so there are no holes.
_TAKE = """
UPDATE fiscal_foliorange SET next_folio = next_folio + 1
 WHERE company_id = %(company)s
   AND id = (SELECT id FROM fiscal_foliorange
              WHERE company_id = %(company)s AND environment = %(environment)s AND kind = %(kind)s
                AND next_folio <= last_folio
              ORDER BY next_folio LIMIT 1 FOR UPDATE)
RETURNING next_folio - 1, caf_id
"""


def take_folio(*, kind: int, environment: str) -> TakenFolio:
    """Take the next folio of a type and lock its range; raises CafExhausted."""
    parameters: dict[str, int | str] = {
        "company": current_company(),
        "environment": environment,
        "kind": kind,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        row = cursor.fetchone()
        if row is None:
            # Another sale may have taken the last number of a range while we waited for its lock.
            cursor.execute(_TAKE, parameters)
            row = cursor.fetchone()
    if row is None:
        raise CafExhausted(kind=kind)
    return TakenFolio(folio=row[0], caf_id=row[1], caf=_open_caf(current_company(), row[1]))


def forget_keys() -> None:
    """Drop the opened keys of this process: another database may number its CAFs alike."""
    _open_caf.cache_clear()


@lru_cache(maxsize=256)
def _open_caf(company_id: int, caf_id: int) -> DteCaf:
    """Open a CAF's key once per process; the key of the cache names the company on purpose."""
    row = Caf.objects.get(id=caf_id, company_id=company_id)
    pem = vault.open_sealed(row.sealed_private_key, context=key_context(company_id, row))
    return join_caf(bytes(row.public_xml), pem)
