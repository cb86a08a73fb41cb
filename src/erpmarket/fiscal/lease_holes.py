"""Folios that a till used and the server does not hold: a till takes them one after another."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from erpmarket.common.clock import SANTIAGO
from erpmarket.fiscal.folio_account import unused_of
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.scope import current_company

LOOK_BACK: Final = timedelta(days=60)
MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseHole:
    """Folios `first` to `last` of a till's block, passed over by the papers that came.

    `day` is that of the paper after them, or when the till gave the rest of its block back.
    `is_told`: a paper with this folio came, and is not in the books.
    """

    kind: int
    first: int
    last: int
    holder_uid: UUID
    holder_name: str
    day: date
    is_told: bool = False

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)

    @property
    def count(self) -> int:
        """How many folios it holds."""
        return self.last - self.first + 1


# What came, what is void, and where the till stopped when it gave the rest back; between two of
# them, or before the first, no folio may be missing. What is after the last one is not used yet.
# By type and folio, which has an index; the lease of a paper has none.
_HOLES: Final = """
WITH lease AS (
  SELECT id, kind, environment, first_folio, last_folio, holder_uid, holder_name, returned_from,
         returned_at
    FROM fiscal_foliolease
   WHERE company_id = %(company)s AND environment = %(environment)s AND leased_at >= %(since)s),
reached AS (
  SELECT l.id, GREATEST(MAX(d.folio), MAX(l.returned_from) - 1) AS top
    FROM lease l
    LEFT JOIN fiscal_issueddocument d
      ON d.company_id = %(company)s AND d.environment = l.environment AND d.kind = l.kind
     AND d.folio BETWEEN l.first_folio AND l.last_folio AND d.lease_id = l.id
   GROUP BY l.id),
settled AS (
  SELECT l.id, d.folio AS first, d.folio AS last, d.issue_date AS day
    FROM lease l JOIN fiscal_issueddocument d
      ON d.company_id = %(company)s AND d.environment = l.environment AND d.kind = l.kind
     AND d.folio BETWEEN l.first_folio AND l.last_folio AND d.lease_id = l.id
  UNION ALL
  SELECT l.id, GREATEST(v.first_folio, l.first_folio), LEAST(v.last_folio, l.last_folio), NULL
    FROM lease l JOIN fiscal_foliovoid v
      ON v.company_id = %(company)s AND v.environment = l.environment AND v.kind = l.kind
     AND v.first_folio <= l.last_folio AND v.last_folio >= l.first_folio
  UNION ALL
  SELECT l.id, l.returned_from, l.last_folio, (l.returned_at AT TIME ZONE %(zone)s)::date
    FROM lease l WHERE l.returned_from IS NOT NULL AND l.returned_from <= l.last_folio),
edged AS (
  SELECT id, first, day,
         COALESCE(MAX(last) OVER (PARTITION BY id ORDER BY first, last
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                  0) AS before
    FROM settled)
SELECT l.kind, GREATEST(e.before + 1, l.first_folio), e.first - 1, l.holder_uid, l.holder_name,
       COALESCE(e.day, (%(at)s AT TIME ZONE %(zone)s)::date)
  FROM edged e JOIN lease l USING (id) JOIN reached r USING (id)
 WHERE e.first > GREATEST(e.before + 1, l.first_folio) AND e.first - 1 <= r.top
 ORDER BY 6 DESC, l.holder_name, 2
 LIMIT %(most)s
"""


def list_lease_holes(environment: str, *, at: datetime) -> Sequence[LeaseHole]:
    """List what tills used of blocks of the last two months and never told, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLES,
            {
                "company": current_company(),
                "environment": environment,
                "since": at - LOOK_BACK,
                "at": at,
                "zone": str(SANTIAGO),
                "most": MOST,
            },
        )
        return [
            LeaseHole(kind=kind, first=first, last=last, holder_uid=uid, holder_name=name, day=day)
            for kind, first, last, uid, name, day in cursor.fetchall()
        ]


def mark_told(
    holes: Sequence[LeaseHole], told: Mapping[UUID, AbstractSet[tuple[int, int]]]
) -> Sequence[LeaseHole]:
    """Set apart what came and is not in the books: `told` has, by holder, types and folios."""
    return [part for hole in holes for part in _cut(hole, told.get(hole.holder_uid, frozenset()))]


def _cut(hole: LeaseHole, told: AbstractSet[tuple[int, int]]) -> Sequence[LeaseHole]:
    came = {folio for kind, folio in told if kind == hole.kind and hole.first <= folio <= hole.last}
    parts = [replace(hole, first=folio, last=folio, is_told=True) for folio in came]
    rest = unused_of(hole.first, hole.last, came)
    parts += [replace(hole, first=span.first, last=span.last) for span in rest]
    return sorted(parts, key=lambda part: part.first)
