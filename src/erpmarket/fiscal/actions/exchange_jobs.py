"""The work of the exchange: wished for in a transaction, held under a lease, told in a ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.leases import LeaseLost, is_free, lease_end
from erpmarket.fiscal.exchange_models import (
    ExchangeEvent,
    ExchangeJob,
    JobKind,
    JobState,
    ReceivedDocument,
    ReceivedFile,
)
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.tenancy.scope import company_scope

WORDS_LIMIT: Final = 500
ANSWER_LIMIT: Final = 20_000


class ExchangeEventName(StrEnum):
    """What happened to something we received; stable, for programs."""

    RECEIVED = "received"
    WANTED = "wanted"
    ANSWERED = "answered"
    REGISTERED = "registered"
    NOT_REGISTERED = "not_registered"
    NO_ANSWER = "no_answer"
    LOOKED_UP = "looked_up"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWish:
    """Work to do: about a received file, a received document or one of our own.

    `action` is what the SII's register is told; `note` what the person says of it.
    """

    kind: JobKind
    file: ReceivedFile | None = None
    document: ReceivedDocument | None = None
    issued: IssuedDocument | None = None
    action: str = ""
    recipient: str = ""
    note: str = ""
    uid: UUID | None = None
    made_by_id: int | None = None

    @property
    def key(self) -> str:
        """Name the work: the same twice is one."""
        about = self.document or self.file
        end = f":{self.action}" if self.kind == JobKind.CLAIM else ""
        return f"{self.kind}:{about.id if about else self.uid}{end}"


def wish(wanted: JobWish, *, at: datetime) -> ExchangeJob:
    """Put work into the outbox of the exchange; what failed before is tried anew."""
    row, is_new = ExchangeJob.objects.get_or_create(
        key=wanted.key,
        defaults={
            "uid": wanted.uid or uuid7(),
            "kind": wanted.kind,
            "file": wanted.file,
            "document": wanted.document,
            "issued": wanted.issued,
            "action": wanted.action,
            "recipient": wanted.recipient,
            "note": wanted.note,
            "made_by_id": wanted.made_by_id,
            "created_at": at,
            "available_at": at,
        },
    )
    found: ExchangeJob = row
    if not is_new and found.state == JobState.FAILED:
        ExchangeJob.objects.filter(id=found.id, state=JobState.FAILED).update(
            state=JobState.PENDING,
            action=wanted.action,
            note=wanted.note,
            words="",
            created_at=at,
            available_at=at,
            attempts=0,
            done_at=None,
        )
        found.refresh_from_db()
    return found


def claim_job(*, at: datetime) -> ExchangeJob | None:
    """Take the job that waits longest under a lease of our own; None when nothing is due."""
    row: ExchangeJob | None = (
        ExchangeJob.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("file", "document__file", "issued")
        .filter(is_free(at), state=JobState.PENDING, available_at__lte=at)
        .order_by("available_at", "id")
        .first()
    )
    if row is None:
        return None
    row.lease_token = uuid4()
    row.lease_until = lease_end(at)
    row.attempts += 1
    row.save(update_fields=["lease_token", "lease_until", "attempts"])
    return row


def lock_job(job: ExchangeJob) -> ExchangeJob:
    """Lock a job for writing; raises LeaseLost when it is no longer ours."""
    row: ExchangeJob | None = (
        ExchangeJob.objects.select_for_update()
        .filter(id=job.id, lease_token=job.lease_token, state=JobState.PENDING)
        .first()
    )
    if row is None:
        raise LeaseLost
    return row


def keep_job(job: ExchangeJob, *, company_id: int, at: datetime) -> None:
    """Hold on for another term, in a transaction of its own; raises LeaseLost."""
    with company_scope(company_id):
        row = lock_job(job)
        row.lease_until = lease_end(at)
        row.save(update_fields=["lease_until"])


def put_off(row: ExchangeJob, *, words: str, until: datetime) -> None:
    """Let a locked job wait."""
    row.words = words[:WORDS_LIMIT]
    row.available_at = until
    _let_go(row)


def close_job(row: ExchangeJob, *, state: JobState, words: str, at: datetime) -> None:
    """End a locked job for good."""
    row.state = state
    row.words = words[:WORDS_LIMIT]
    row.done_at = at
    _let_go(row)


def _let_go(row: ExchangeJob) -> None:
    row.lease_until = None
    row.lease_token = None
    row.save()


def tell(
    name: ExchangeEventName,
    words: str,
    *,
    file_id: int | None = None,
    document_id: int | None = None,
    answer: bytes = b"",
    at: datetime,
) -> None:
    """Append to the ledger of what was done and answered."""
    ExchangeEvent.objects.create(
        file_id=file_id,
        document_id=document_id,
        happened_at=at,
        name=name,
        words=words[:WORDS_LIMIT],
        answer=_text(answer),
    )


def tell_of(
    job: ExchangeJob, name: ExchangeEventName, words: str, *, answer: bytes = b"", at: datetime
) -> None:
    """Append about what a job is for."""
    tell(name, words, file_id=job.file_id, document_id=job.document_id, answer=answer, at=at)


def claims_on_their_way(document_id: int) -> Sequence[str]:
    """List the actions that wait to be registered."""
    return list(
        ExchangeJob.objects.filter(
            document_id=document_id, kind=JobKind.CLAIM, state=JobState.PENDING
        ).values_list("action", flat=True)
    )


def look_again(document: ReceivedDocument, *, at: datetime) -> None:
    """Ask the SII anew what was said of a document."""
    looks = ExchangeJob.objects.filter(document=document, kind=JobKind.LOOK)
    looks.exclude(state=JobState.PENDING).update(
        state=JobState.PENDING, words="", created_at=at, available_at=at, attempts=0, done_at=None
    )


def _text(answer: bytes) -> str:
    # PostgreSQL's text holds everything but NUL.
    return answer[:ANSWER_LIMIT].decode("iso-8859-1").replace("\x00", "")
