"""What a device's journal says, read: its events, and what became of each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from erpmarket.common.errors import DomainError
from erpmarket.pos.actions.journal_cash import DrawerNews
from erpmarket.pos.actions.told_sales import TillSale
from erpmarket.pos.journal_answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOpening:
    """A shift that a till opened, with the cash counted in its drawer."""

    cashier_id: int
    opening_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleTold:
    """A sale, in a shift that the server may not know yet; `cashier_id` 0 is who stood there."""

    shift_uid: UUID
    sale: TillSale
    cashier_id: int = 0


Deed = ShiftOpening | DrawerNews | SaleTold


@dataclass(frozen=True, slots=True, kw_only=True)
class EventResult:
    """What became of an event, as the till reads it: taken, repeated, refused, conflict, later."""

    seq: int
    uid: UUID
    state: str
    code: str = ""
    words: str = ""
    flags: tuple[str, ...] = ()
    # What the till prints of it.
    answer: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEvent:
    """One event of a device; `deed` is None when its body could not be read, `fault` says why."""

    seq: int
    uid: UUID
    kind: str
    at: datetime
    raw_at: datetime | None
    digest: bytes
    told: object
    deed: Deed | None
    fault: DomainError | None = None

    def result(
        self, state: str, *, code: str = "", words: str = "", flags: tuple[str, ...] = ()
    ) -> EventResult:
        return EventResult(
            seq=self.seq, uid=self.uid, state=state, code=code, words=words, flags=flags
        )
