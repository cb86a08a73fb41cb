"""Reads about folios: how long they last, what became of each, what a person must do."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef

from erpmarket.common.clock import local_date
from erpmarket.fiscal.folio_account import Claim, FolioFate, account, unused_of
from erpmarket.fiscal.folio_pace import days_of_folios, weekday_rates
from erpmarket.fiscal.models import Caf, FolioLease, FolioRange, FolioVoid, IssuedDocument
from erpmarket.fiscal.queries import count_folios_left
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.scope import current_company

RATE_DAYS: Final = 28
SOON_DAYS: Final = 7
URGENT_DAYS: Final = 2
# Without a single paper in four weeks there is no rate; then the bare count is judged.
FEW_WITHOUT_RATE: Final = 5
EXPIRES_SOON_DAYS: Final = 30
_TENTH: Final = Decimal("0.1")


class FolioLevel(IntEnum):
    """How soon a type runs out; the higher the graver."""

    FINE = 0
    SOON = 1
    URGENT = 2
    OUT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioForecast:
    """How long the folios of a type last; `per_day` in tenths, None when none was used lately."""

    kind: int
    left: int
    per_day: Decimal | None
    days_left: int | None
    ends_on: date | None

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)

    @property
    def per_day_words(self) -> str:
        """The rate as people write it: `2,5`."""
        if self.per_day is None:
            return "0"
        return str(self.per_day).removesuffix(".0").replace(".", ",")

    @property
    def level(self) -> FolioLevel:
        """How soon a person must ask the SII for more."""
        if self.left == 0:
            return FolioLevel.OUT
        if self.days_left is None:
            return FolioLevel.SOON if self.left <= FEW_WITHOUT_RATE else FolioLevel.FINE
        if self.days_left <= URGENT_DAYS:
            return FolioLevel.URGENT
        return FolioLevel.SOON if self.days_left <= SOON_DAYS else FolioLevel.FINE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringFolios:
    """Folios still to give of a range that expires, on that day or before today."""

    kind: int
    first: int
    last: int
    expires_on: date
    is_expired: bool

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)

    @property
    def count(self) -> int:
        """How many folios are lost with it."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CafAccount:
    """Every folio of one CAF, in blocks of one fate each."""

    caf_id: int
    kind: int
    first: int
    last: int
    authorized_on: date
    blocks: tuple[Claim, ...]

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)

    def count(self, fate: FolioFate) -> int:
        """Count the folios of one fate."""
        return sum(block.last - block.first + 1 for block in self.blocks if block.fate is fate)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoliosToAnnul:
    """A block to annul at the SII; `void_id` when it is void here and the SII does not know yet."""

    kind: int
    first: int
    last: int
    fate: FolioFate
    words: str
    void_id: int | None

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)

    @property
    def count(self) -> int:
        """How many folios it holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """A block that a till has, or had when it was lost."""

    id: int
    kind: int
    first: int
    last: int
    holder_uid: UUID
    holder_name: str
    leased_at: datetime
    is_lost: bool

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)


def forecast_folios(environment: str, *, at: datetime) -> Sequence[FolioForecast]:
    """Say for each type with folios how long they last, by type.

    Each day to come is expected to use what its weekday used in the last 28 days with today, or in
    the days since the type's first paper when that is less: a shop that rests on Sundays, or sells
    most on Saturdays, is told the right day. Blocks at tills count as used: nobody else can sell
    with them.
    """
    on = local_date(at)
    left = count_folios_left(environment, on=on)
    used = _used_lately(environment, on)
    start = on - timedelta(days=RATE_DAYS - 1)
    sold_before = IssuedDocument.objects.filter(
        environment=environment, kind=OuterRef("kind"), issue_date__lt=start
    )
    kinds = (
        Caf.objects.filter(environment=environment)
        .values_list("kind", Exists(sold_before))
        .distinct()
        .order_by("kind")
    )
    return [
        # Who sold before the window has the whole window; a new shop only its own days.
        _forecast(kind, left.get(kind, 0), used.get(kind), start if is_old else None, on=on)
        for kind, is_old in kinds
    ]


def list_expiring_folios(environment: str, *, at: datetime) -> Sequence[ExpiringFolios]:
    """List what is left of ranges that expired, or do within a month: the earliest first."""
    on = local_date(at)
    rows = FolioRange.objects.filter(
        environment=environment,
        next_folio__lte=F("last_folio"),
        expires_on__lte=on + timedelta(days=EXPIRES_SOON_DAYS),
    ).order_by("expires_on", "kind", "next_folio")
    return [
        ExpiringFolios(
            kind=row.kind,
            first=row.next_folio,
            last=row.last_folio,
            expires_on=row.expires_on,
            is_expired=row.expires_on <= on,
        )
        for row in rows
    ]


def account_folios(
    environment: str, *, at: datetime, caf_ids: Collection[int] | None = None
) -> Sequence[CafAccount]:
    """Say of every folio of some CAFs, or of all, where it is, by type and number."""
    cafs = Caf.objects.filter(environment=environment).defer("public_xml", "sealed_private_key")
    if caf_ids is not None:
        cafs = cafs.filter(id__in=caf_ids)
    claims: dict[int, list[Claim]] = defaultdict(list)
    for kind, claim in (
        *_issued(environment, [caf.id for caf in cafs]),
        *_voided(environment),
        *_leased(environment),
        *_still_to_give(environment, local_date(at)),
    ):
        claims[kind].append(claim)
    return [
        CafAccount(
            caf_id=caf.id,
            kind=caf.kind,
            first=caf.first_folio,
            last=caf.last_folio,
            authorized_on=caf.authorized_on,
            blocks=tuple(account(caf.first_folio, caf.last_folio, claims[caf.kind])),
        )
        for caf in cafs.order_by("kind", "first_folio")
    ]


def list_caf_ids(
    environment: str, *, before_id: int | None = None, limit: int | None = None
) -> Sequence[int]:
    """List the CAFs, the last loaded first; `before_id` continues a page."""
    rows = Caf.objects.filter(environment=environment).order_by("-id")
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows.values_list("id", flat=True)[:limit])


def list_unsettled_cafs(environment: str) -> Sequence[int]:
    """List the CAFs of which not every folio is on a paper: only they can have something to do."""
    issued = dict(
        IssuedDocument.objects.filter(environment=environment)
        .values_list("caf_id")
        .annotate(count=Count("id"))
    )
    cafs = Caf.objects.filter(environment=environment)
    return [
        caf_id
        for caf_id, first, last in cafs.values_list("id", "first_folio", "last_folio")
        if issued.get(caf_id, 0) < last - first + 1
    ]


def list_folios_to_annul(accounts: Iterable[CafAccount]) -> Sequence[FoliosToAnnul]:
    """List the blocks that the SII must be told are void: expired, lost, or void here only."""
    confirmed = set(
        FolioVoid.objects.filter(confirmed_at__isnull=False).values_list("id", flat=True)
    )
    wanted = {FolioFate.EXPIRED, FolioFate.LOST, FolioFate.VOID}
    return [
        FoliosToAnnul(
            kind=caf.kind,
            first=block.first,
            last=block.last,
            fate=block.fate,
            words=block.words,
            void_id=block.row_id if block.fate is FolioFate.VOID else None,
        )
        for caf in accounts
        for block in caf.blocks
        if block.fate in wanted and not (block.fate is FolioFate.VOID and block.row_id in confirmed)
    ]


def list_leases_out(environment: str) -> Sequence[LeaseRow]:
    """List the blocks at tills, and those of lost devices, the newest first."""
    rows = FolioLease.objects.filter(environment=environment, returned_at__isnull=True)
    return [
        LeaseRow(
            id=row.id,
            kind=row.kind,
            first=row.first_folio,
            last=row.last_folio,
            holder_uid=row.holder_uid,
            holder_name=row.holder_name,
            leased_at=row.leased_at,
            is_lost=row.revoked_at is not None,
        )
        for row in rows.order_by("-leased_at", "-id")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFolios:
    """Folios `first` to `last` of a lost device: nobody knows whether a customer holds one."""

    kind: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """What people call the type."""
        return paper_name(self.kind)

    @property
    def count(self) -> int:
        """How many folios these are."""
        return self.last - self.first + 1


def list_lost_folios(
    holder_uid: UUID, *, told: AbstractSet[tuple[int, int]] = frozenset()
) -> Sequence[LostFolios]:
    """List the folios of a lost device that were neither issued nor written off, in order.

    Without those of `told`, types and folios of papers that came and may yet get into the books.
    """
    leases = FolioLease.objects.filter(
        holder_uid=holder_uid, returned_at__isnull=True, revoked_at__isnull=False
    ).order_by("kind", "first_folio")
    return [found for lease in leases for found in _lost_of(lease, told)]


def _lost_of(lease: FolioLease, told: AbstractSet[tuple[int, int]]) -> Sequence[LostFolios]:
    settled = {
        folio
        for kind, folio in told
        if kind == lease.kind and lease.first_folio <= folio <= lease.last_folio
    }
    settled.update(IssuedDocument.objects.filter(lease_id=lease.id).values_list("folio", flat=True))
    voids = FolioVoid.objects.filter(
        kind=lease.kind,
        environment=lease.environment,
        first_folio__lte=lease.last_folio,
        last_folio__gte=lease.first_folio,
    )
    for first, last in voids.values_list("first_folio", "last_folio"):
        settled.update(range(max(first, lease.first_folio), min(last, lease.last_folio) + 1))
    return [
        LostFolios(kind=lease.kind, first=span.first, last=span.last)
        for span in unused_of(lease.first_folio, lease.last_folio, settled)
    ]


def _used_lately(environment: str, on: date) -> Mapping[int, Mapping[date, int]]:
    rows = (
        IssuedDocument.objects.filter(
            environment=environment,
            issue_date__gt=on - timedelta(days=RATE_DAYS),
            issue_date__lte=on,
        )
        .values_list("kind", "issue_date")
        .annotate(count=Count("id"))
    )
    used: dict[int, dict[date, int]] = defaultdict(dict)
    for kind, day, count in rows:
        used[kind][day] = count
    return used


def _forecast(
    kind: int, left: int, used: Mapping[date, int] | None, start: date | None, *, on: date
) -> FolioForecast:
    if not used:
        return FolioForecast(kind=kind, left=left, per_day=None, days_left=None, ends_on=None)
    first = start or min(used)
    days = (on - first).days + 1
    days_left = days_of_folios(left, weekday_rates(used, first=first, last=on), after=on)
    return FolioForecast(
        kind=kind,
        left=left,
        per_day=(Decimal(sum(used.values())) / days).quantize(_TENTH, rounding=ROUND_HALF_UP),
        days_left=days_left,
        ends_on=on + timedelta(days=min(days_left, 10_000)),
    )


# Runs of numbers: in a run, folio minus rank does not change.
_ISSUED = """
SELECT kind, min(folio), max(folio)
  FROM (SELECT kind, folio, folio - row_number() OVER (PARTITION BY kind ORDER BY folio) AS run
          FROM fiscal_issueddocument
         WHERE company_id = %s AND environment = %s AND caf_id = ANY(%s)) numbered
 GROUP BY kind, run
"""


def _issued(environment: str, caf_ids: Sequence[int]) -> Iterable[tuple[int, Claim]]:
    with connection.cursor() as cursor:
        cursor.execute(_ISSUED, [current_company(), environment, list(caf_ids)])
        return [
            (kind, Claim(first=first, last=last, fate=FolioFate.ISSUED))
            for kind, first, last in cursor.fetchall()
        ]


def _voided(environment: str) -> Iterable[tuple[int, Claim]]:
    for row in FolioVoid.objects.filter(environment=environment).order_by("id"):
        yield (
            row.kind,
            Claim(
                first=row.first_folio,
                last=row.last_folio,
                fate=FolioFate.VOID,
                words=row.reason,
                row_id=row.id,
            ),
        )


def _leased(environment: str) -> Iterable[tuple[int, Claim]]:
    """Give what is out or lost; what a returned lease used and did not issue stays unexplained."""
    rows = FolioLease.objects.filter(environment=environment, returned_at__isnull=True)
    for row in rows.order_by("id"):
        is_lost = row.revoked_at is not None
        yield (
            row.kind,
            Claim(
                first=row.first_folio,
                last=row.last_folio,
                fate=FolioFate.LOST if is_lost else FolioFate.LEASED,
                words=f"{row.holder_name}: {row.revoke_reason}" if is_lost else row.holder_name,
                row_id=row.id,
            ),
        )


def _still_to_give(environment: str, on: date) -> Iterable[tuple[int, Claim]]:
    rows = FolioRange.objects.filter(
        environment=environment, next_folio__lte=F("last_folio")
    ).select_related("branch")
    for row in rows.order_by("id"):
        is_expired = row.expires_on is not None and row.expires_on <= on
        words = f"vencieron el {row.expires_on:%d-%m-%Y}" if is_expired else ""
        yield (
            row.kind,
            Claim(
                first=row.next_folio,
                last=row.last_folio,
                fate=FolioFate.EXPIRED if is_expired else FolioFate.OPEN,
                words=words or ("" if row.branch is None else row.branch.name),
            ),
        )
