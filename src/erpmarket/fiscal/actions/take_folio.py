"""The one allocator of folios: nothing else writes a range. See docs/adr/0009-folios-and-keys.md.

Locks: a sale locks one range, last of all. Blocks and voids lock every range of their type, in the
same order. Whoever takes folios of two types in one transaction takes the lower type first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import ClassVar, TypeVar

from django.db import connection

from dte.caf import Caf as DteCaf
from dte.caf import PublicCaf, join_caf, read_caf_element
from erpmarket.common.errors import DomainError
from erpmarket.fiscal import vault
from erpmarket.fiscal.models import Caf, FolioRange
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.scope import current_company

_PLURALS = {
    33: "facturas",
    34: "facturas exentas",
    39: "boletas",
    41: "boletas exentas",
    52: "guías de despacho",
    56: "notas de débito",
    61: "notas de crédito",
}


@dataclass(kw_only=True, eq=False)
class CafExhausted(DomainError):
    """There is no folio left to give out."""

    kind: int

    code: ClassVar[str] = "caf_exhausted"

    @property
    def message(self) -> str:
        name = _PLURALS.get(self.kind, paper_name(self.kind).lower())
        return f"Se acabaron los folios de {name}. Pide más al SII y cárgalos en SII, Folios."


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFolio:
    """A folio that is ours until the transaction ends, and the CAF that stamps it."""

    folio: int
    caf_id: int
    caf: DteCaf


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioBlock:
    """Folios `first` to `last`, both included, cut from one range."""

    range_id: int
    first: int
    last: int


# What may be given out: of this type, to this branch, on this day. A branch's own come first.
_OPEN = """
      company_id = %(company)s AND environment = %(environment)s AND kind = %(kind)s
  AND next_folio <= last_folio
  AND (branch_id IS NULL OR branch_id = %(branch)s)
  AND (expires_on IS NULL OR expires_on > %(on)s)
"""
_ORDER = "ORDER BY branch_id IS NULL, next_folio, id"
# One statement, the last lock of a sale: a rollback gives the number back, so there are no holes.
_TAKE = f"""
UPDATE fiscal_foliorange SET next_folio = next_folio + 1
 WHERE company_id = %(company)s
   AND id = (SELECT id FROM fiscal_foliorange WHERE {_OPEN} {_ORDER} LIMIT 1 FOR UPDATE)
RETURNING next_folio - 1, caf_id
"""  # noqa: S608  (our own words)
_LOCK_ONE = f"""
SELECT id, next_folio, last_folio FROM fiscal_foliorange WHERE {_OPEN} {_ORDER} LIMIT 1 FOR UPDATE
"""  # noqa: S608
_IS_OPEN = f"SELECT EXISTS (SELECT FROM fiscal_foliorange WHERE {_OPEN})"  # noqa: S608
_LOCK_ALL = f"""
SELECT id, caf_id, branch_id, next_folio, last_folio, expires_on FROM fiscal_foliorange
 WHERE company_id = %(company)s AND environment = %(environment)s AND kind = %(kind)s
 {_ORDER} FOR UPDATE
"""  # noqa: S608
_SET_NEXT = "UPDATE fiscal_foliorange SET next_folio = %s WHERE company_id = %s AND id = %s"
_SET_LAST = "UPDATE fiscal_foliorange SET last_folio = %s WHERE company_id = %s AND id = %s"

_Found = TypeVar("_Found")
# id, CAF, branch, next folio, last folio, expires on
_LockedRange = tuple[int, int, int | None, int, int, date | None]
_Parameters = dict[str, int | str | date | None]


def take_folio(*, kind: int, environment: str, branch_id: int | None, on: date) -> TakenFolio:
    """Take the next folio of a type and lock its range; `on` is the day of the paper.

    Folios of the branch's own ranges go first, then those of all; expired ones are passed over.
    Raises CafExhausted.
    """
    parameters = _parameters(kind, environment, branch_id, on)

    def take() -> tuple[int, int] | None:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, parameters)
            row: tuple[int, int] | None = cursor.fetchone()
            return row

    folio, caf_id = _until_none_is_open(take, parameters)
    return TakenFolio(folio=folio, caf_id=caf_id, caf=_open_caf(current_company(), caf_id))


def cut_block(
    *, kind: int, environment: str, branch_id: int | None, on: date, count: int
) -> FolioBlock:
    """Take up to `count` folios that follow each other, fewer when the range ends before.

    Call it inside a transaction: the range stays locked until its end. Raises CafExhausted.
    """
    parameters = _parameters(kind, environment, branch_id, on)

    def cut() -> FolioBlock | None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_ONE, parameters)
            row = cursor.fetchone()
            if row is None:
                return None
            last = min(row[1] + count - 1, row[2])
            cursor.execute(_SET_NEXT, [last + 1, current_company(), row[0]])
        return FolioBlock(range_id=row[0], first=row[1], last=last)

    return _until_none_is_open(cut, parameters)


def open_range(*, caf: Caf, branch_id: int | None, expires_on: date | None) -> FolioRange:
    """Open a new CAF's folios to be given out."""
    row: FolioRange = FolioRange.objects.create(
        caf=caf,
        branch_id=branch_id,
        kind=caf.kind,
        environment=caf.environment,
        next_folio=caf.first_folio,
        last_folio=caf.last_folio,
        expires_on=expires_on,
    )
    return row


def give_back(*, range_id: int, first: int, last: int) -> None:
    """Let unused folios that were cut from a range be given out again.

    At the range's end they are its next ones; otherwise they become a range of their own. The
    database refuses folios that are issued, leased, void or open elsewhere.
    """
    row: FolioRange = FolioRange.objects.select_for_update().get(id=range_id)
    if row.next_folio == last + 1:
        _write(_SET_NEXT, first, row.id)
        return
    FolioRange.objects.create(
        caf_id=row.caf_id,
        branch_id=row.branch_id,
        kind=row.kind,
        environment=row.environment,
        next_folio=first,
        last_folio=last,
        expires_on=row.expires_on,
    )


def withdraw(*, kind: int, environment: str, first: int, last: int) -> None:
    """Take folios out of whatever ranges would give them out; those stay locked.

    What a range still has behind the block becomes a range of its own.
    """
    for range_id, caf_id, branch_id, next_folio, range_last, expires_on in _lock_all(
        _parameters(kind, environment, None, date.min)
    ):
        if next_folio > last or range_last < first or next_folio > range_last:
            continue
        if next_folio >= first:
            _write(_SET_NEXT, min(last, range_last) + 1, range_id)
            continue
        _write(_SET_LAST, first - 1, range_id)
        if range_last > last:
            FolioRange.objects.create(
                caf_id=caf_id,
                branch_id=branch_id,
                kind=kind,
                environment=environment,
                next_folio=last + 1,
                last_folio=range_last,
                expires_on=expires_on,
            )


def key_context(company_id: int, caf: DteCaf | Caf) -> str:
    """Name the secret of a CAF, so that a sealed key cannot be moved to another row."""
    first = caf.first if isinstance(caf, DteCaf) else caf.first_folio
    return f"caf:{company_id}:{int(caf.kind)}:{first}"


def open_caf(caf_id: int) -> DteCaf:
    """Open a CAF of the bound company to stamp again, under a folio that was taken before."""
    return _open_caf(current_company(), caf_id)


def public_caf(caf_id: int) -> PublicCaf:
    """Read the public part of a CAF of the bound company, to check what others stamped."""
    return _read_caf(current_company(), caf_id)


def forget_keys() -> None:
    """Drop the CAFs this process read: another database may number its CAFs alike."""
    _open_caf.cache_clear()
    _read_caf.cache_clear()


def _until_none_is_open(attempt: Callable[[], _Found | None], parameters: _Parameters) -> _Found:
    """Attempt until it succeeds, or one look at the ranges finds none open: CafExhausted.

    An attempt that waits for a range's lock looks on with the eyes of its start: ranges that were
    loaded or came back meanwhile are invisible to it, and those it knew may have been used up. So
    its failure proves nothing, and only a fresh look does: at that instant there was no folio.
    The loop ends, because each failed attempt means that others used up every range it knew.
    """
    while (found := attempt()) is None:
        with connection.cursor() as cursor:
            cursor.execute(_IS_OPEN, parameters)
            row = cursor.fetchone()
        if not row[0]:
            raise CafExhausted(kind=int(str(parameters["kind"])))
    return found


def _lock_all(parameters: _Parameters) -> Sequence[_LockedRange]:
    """Lock every range of a type, also those that others split off while we waited.

    New ones come of ranges that we hold, so two looks that see the same ranges see all.
    """
    known: set[int] | None = None
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_LOCK_ALL, parameters)
            rows: Sequence[_LockedRange] = cursor.fetchall()
            found = {row[0] for row in rows}
            if found == known:
                return rows
            known = found


def _parameters(kind: int, environment: str, branch_id: int | None, on: date) -> _Parameters:
    return {
        "company": current_company(),
        "environment": environment,
        "kind": int(kind),
        "branch": branch_id,
        "on": on,
    }


def _write(sql: str, folio: int, range_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [folio, current_company(), range_id])


@lru_cache(maxsize=256)
def _open_caf(company_id: int, caf_id: int) -> DteCaf:
    """Open a CAF's key once per process; the key of the cache names the company on purpose."""
    row = Caf.objects.get(id=caf_id, company_id=company_id)
    pem = vault.open_sealed(row.sealed_private_key, context=key_context(company_id, row))
    return join_caf(bytes(row.public_xml), pem)


@lru_cache(maxsize=256)
def _read_caf(company_id: int, caf_id: int) -> PublicCaf:
    """Read a CAF's public part once per process; what it says never changes."""
    row = Caf.objects.get(id=caf_id, company_id=company_id)
    return read_caf_element(bytes(row.public_xml).decode("iso-8859-1"))
