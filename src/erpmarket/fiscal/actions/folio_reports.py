"""The daily report of folios (ConsumoFolios): wished for, signed and sent by a worker, followed.

Nothing is wished for while the company has not chosen it. A day is sent whole; when it changes, or
nobody knows whether it arrived, it is sent again under the next sequence, which replaces the former
at the SII: so nothing needs to be asked before a resend.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Max, Q

from dte.envelope import Cover
from dte.errors import DteError
from dte.folio_usage import SEQUENCE_LIMIT, TypeUsage, sum_usage, write_folio_usage
from dte.rut import Rut
from dte.schemas import SchemasMissing
from dte.sii import EnvelopeStatus, NotSent, OutcomeUnknown, Refused, Unavailable, Uploaded
from erpmarket.common.clock import local_date
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.leases import Clock, LeaseLost, is_free, lease_end
from erpmarket.fiscal.books_models import FolioReport, FolioReportChoice, ReportState
from erpmarket.fiscal.clock_models import AheadClock
from erpmarket.fiscal.folio_report_queries import (
    LIST_DAYS,
    DayCount,
    count_days,
    find_report_choice,
    list_reports,
    list_used_folios,
    list_voided_folios,
)
from erpmarket.fiscal.models import Channel
from erpmarket.fiscal.outbox_queries import SealedCertificate, find_certificate
from erpmarket.fiscal.pace import HOLD, POLL, SEND
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed, clock_ahead, open_gateway
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

# Tills without a network bring sales of the days before; later than this nobody looks again.
CHANGE_DAYS: Final = 7
_OPEN: Final = (ReportState.WANTED, ReportState.SENDING, ReportState.SENT)
_WORDS_LIMIT: Final = 500
_ANSWER_LIMIT: Final = 20_000


class ReportsAreOff(DomainError):
    code: ClassVar[str] = "folio_reports_off"

    @property
    def message(self) -> str:
        return "El consumo de folios está apagado. Enciéndelo antes de enviar un día."


class DayNotOver(DomainError):
    code: ClassVar[str] = "folio_report_day"

    @property
    def message(self) -> str:
        return "Se informa un día que ya terminó: elige de ayer hacia atrás."


class ReportOnItsWay(DomainError):
    code: ClassVar[str] = "folio_report_on_its_way"

    @property
    def message(self) -> str:
        return "El informe de ese día va en camino. Espera la respuesta del SII."


class SequencesUsedUp(DomainError):
    code: ClassVar[str] = "folio_report_sequences"

    @property
    def message(self) -> str:
        return f"Ese día ya se envió {SEQUENCE_LIMIT} veces, que es lo máximo. Avisa al SII."


def choose_folio_reports(
    *, is_on: bool, since: date, chosen_by: int | None, at: datetime
) -> FolioReportChoice:
    """Let the bound company send the report of each day from `since` on, or stop sending."""
    row: FolioReportChoice = FolioReportChoice.objects.create(
        environment=get_company().environment,
        is_on=is_on,
        since=since,
        chosen_at=at,
        chosen_by_id=chosen_by,
    )
    return row


@transaction.atomic
def wish_report(*, day: date, wanted_by: int | None, at: datetime) -> FolioReport:
    """Ask the worker to send a day under its next sequence.

    Raises ReportsAreOff, DayNotOver, ReportOnItsWay and SequencesUsedUp.
    """
    choice = find_report_choice()
    if choice is None or not choice.is_on:
        raise ReportsAreOff
    if day >= local_date(at):
        raise DayNotOver
    environment = get_company().environment
    rows = FolioReport.objects.filter(environment=environment, day=day)
    if rows.filter(state__in=_OPEN).exists():
        raise ReportOnItsWay
    sequence = (rows.aggregate(last=Max("sequence"))["last"] or 0) + 1
    if sequence > SEQUENCE_LIMIT:
        raise SequencesUsedUp
    return _add(environment, day, sequence, wanted_by=wanted_by, wanted_at=at, available_at=at)


@transaction.atomic
def wish_due_reports(*, at: datetime) -> int:
    """Wish for each day that is over and was not sent, or changed since; return how many."""
    choice = find_report_choice()
    if choice is None or not choice.is_on:
        return 0
    environment, today = get_company().environment, local_date(at)
    first = max(choice.since, today - timedelta(days=LIST_DAYS))
    newest: dict[date, FolioReport] = {}
    for row in list_reports(environment, first=first):
        newest.setdefault(row.day, row)
    # Asked every minute: only the days that may still change are counted.
    recent = max(first, today - timedelta(days=CHANGE_DAYS))
    counts = count_days(environment, recent, today)
    wished = 0
    for past in range((today - first).days):
        day = first + timedelta(days=past)
        known = newest.get(day)
        if known is None or (day >= recent and _has_changed(known, counts.get(day))):
            sequence = 1 if known is None else known.sequence + 1
            _add(environment, day, sequence, wanted_by=None, wanted_at=at, available_at=at)
            wished += 1
    return wished


def work_on_report(*, company_id: int, clock: Clock) -> bool:
    """Send, or ask about, the report that waits longest; tell whether there was one.

    Call it outside a scope. Raises LeaseLost, and writes nothing, when another worker took it over.
    """
    at = clock()
    with company_scope(company_id):
        row = _claim(at)
    if row is None:
        return False
    # What cannot even be summed is held by then, and does not stop the other days.
    with company_scope(company_id):
        held = _prepare(row, at)
    outcome = _do(held, company_id=company_id, clock=clock)
    with company_scope(company_id):
        _write(_lock(held.row), outcome, at=clock())
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    row: FolioReport
    company: Company
    certificate: SealedCertificate | None
    is_clock_ahead: bool
    was_sent: bool
    usage: tuple[TypeUsage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    xml: bytes
    uploaded: Uploaded
    usage: tuple[TypeUsage, ...]


_Outcome = _Sent | EnvelopeStatus | DteError | GatewayClosed | None


def _add(
    environment: str,
    day: date,
    sequence: int,
    *,
    wanted_by: int | None,
    wanted_at: datetime,
    available_at: datetime,
) -> FolioReport:
    row: FolioReport
    # Two workers may find the same day: one row.
    row, _ = FolioReport.objects.get_or_create(
        environment=environment,
        day=day,
        sequence=sequence,
        defaults={
            "wanted_at": wanted_at,
            "wanted_by_id": wanted_by,
            "available_at": available_at,
        },
    )
    return row


def _has_changed(known: FolioReport, now: DayCount | None) -> bool:
    if known.state not in (ReportState.ACCEPTED, ReportState.REMARKS):
        return False
    said = DayCount(documents=known.issued_count or 0, total_clp=known.total_clp or 0)
    return said != (now or DayCount(documents=0, total_clp=0))


def _claim(at: datetime) -> FolioReport | None:
    """Take a report under a lease; one whose worker died while it sent is lost first."""
    choice = find_report_choice()
    states = (
        _OPEN if choice is not None and choice.is_on else (ReportState.SENDING, ReportState.SENT)
    )
    row: FolioReport | None = (
        FolioReport.objects.select_for_update(skip_locked=True)
        .filter(is_free(at) & Q(state__in=states, available_at__lte=at))
        .order_by("available_at", "id")
        .first()
    )
    if row is None:
        return None
    row.lease_token, row.lease_until = uuid4(), lease_end(at)
    row.attempts += 1
    row.save(update_fields=["lease_token", "lease_until", "attempts"])
    return row


def _prepare(row: FolioReport, at: datetime) -> _Held:
    usage: tuple[TypeUsage, ...] = ()
    if row.state == ReportState.WANTED:
        usage = sum_usage(
            list_used_folios(row.environment, row.day),
            row.day,
            voided=list_voided_folios(row.environment, row.day),
        )
    return _Held(
        row=row,
        company=get_company(),
        certificate=find_certificate(at=at),
        is_clock_ahead=AheadClock.objects.filter(environment=row.environment).exists(),
        was_sent=row.state == ReportState.SENT,
        usage=usage,
    )


def _do(held: _Held, *, company_id: int, clock: Clock) -> _Outcome:
    if held.row.state == ReportState.SENDING:
        return None
    at = clock()
    try:
        gateway = open_gateway(
            company_id=company_id,
            sealed=held.certificate,
            environment=held.row.environment,
            at=at,
        )
        if held.was_sent:
            return gateway.envelope_status(
                Channel.FACTURA,
                held.row.track_id,
                issuer=Rut.parse(held.company.rut),
                at=at,
                before_send=lambda: _keep(held.row, company_id=company_id, clock=clock),
            )
        if held.is_clock_ahead:
            # What waits beside it finds out when the clock was set.
            return clock_ahead()
        return _send(
            held,
            gateway,
            at=at,
            before_send=lambda: _keep(held.row, company_id=company_id, clock=clock, sends=True),
        )
    except SchemasMissing:
        raise
    except (GatewayClosed, DteError) as trouble:
        return trouble


def _send(held: _Held, gateway: Gateway, *, at: datetime, before_send: Callable[[], None]) -> _Sent:
    cover = Cover(
        issuer=Rut.parse(held.company.rut),
        sender=gateway.certificate.rut,
        resolution_date=held.company.resolution_date,
        resolution_number=held.company.resolution_number,
    )
    xml = write_folio_usage(
        held.usage,
        held.row.day,
        cover,
        gateway.certificate,
        at,
        sequence=held.row.sequence,
        check=True,
    )
    uploaded = gateway.upload(
        Channel.FACTURA, xml, issuer=cover.issuer, at=at, before_send=before_send
    )
    return _Sent(xml=xml, uploaded=uploaded, usage=held.usage)


def _keep(row: FolioReport, *, company_id: int, clock: Clock, sends: bool = False) -> None:
    """Hold on for another term; from before the upload on, the row says that it may arrive."""
    with company_scope(company_id):
        locked = _lock(row)
        locked.lease_until = lease_end(clock())
        if sends:
            locked.state = ReportState.SENDING
        locked.save(update_fields=["lease_until", "state"])


def _lock(row: FolioReport) -> FolioReport:
    found: FolioReport | None = (
        FolioReport.objects.select_for_update()
        .filter(id=row.id, lease_token=row.lease_token, state__in=_OPEN)
        .first()
    )
    if found is None:
        raise LeaseLost
    return found


def _write(row: FolioReport, outcome: _Outcome, *, at: datetime) -> None:
    if isinstance(outcome, _Sent):
        _write_sent(row, outcome, at=at)
    elif isinstance(outcome, EnvelopeStatus):
        _write_status(row, outcome, at=at)
    elif outcome is None or isinstance(outcome, OutcomeUnknown):
        _write_lost(row, at=at)
    elif row.state == ReportState.SENT or isinstance(
        outcome, GatewayClosed | NotSent | Unavailable | Refused
    ):
        # The SII does not have it, or only its answer is missing: the same again, later.
        pace = SEND if isinstance(outcome, NotSent | Unavailable) else HOLD
        if row.state == ReportState.SENDING:
            row.state = ReportState.WANTED
        row.words = _words(outcome)
        row.available_at = at + pace.wait(row.attempts)
    else:
        row.state, row.final_at, row.words = ReportState.REJECTED, at, _words(outcome)
    row.lease_until, row.lease_token = None, None
    row.save()


def _write_sent(row: FolioReport, sent: _Sent, *, at: datetime) -> None:
    row.state, row.sent_at, row.attempts = ReportState.SENT, at, 0
    row.xml, row.track_id, row.words = sent.xml, sent.uploaded.track_id, ""
    row.issued_count = sum(kind.issued_count for kind in sent.usage)
    row.voided_count = sum(kind.voided_count for kind in sent.usage)
    row.total_clp = sum(kind.total_clp for kind in sent.usage)
    row.available_at = at + POLL.wait(1)


def _write_status(row: FolioReport, status: EnvelopeStatus, *, at: datetime) -> None:
    row.words = f"{status.state.meaning}. {status.text}".strip()[:_WORDS_LIMIT]
    row.answer = status.raw[:_ANSWER_LIMIT].decode("iso-8859-1").replace("\x00", "")
    if not (status.final or status.state.is_rejection):
        row.available_at = at + POLL.wait(row.attempts)
        return
    row.final_at = at
    row.state = ReportState.ACCEPTED
    if status.state.is_rejection:
        row.state = ReportState.REJECTED
    elif status.code in ("RPR", "RLV", "LNC"):
        row.state = ReportState.REMARKS


def _write_lost(row: FolioReport, *, at: datetime) -> None:
    """Nobody can ask the SII about a day: send it again, the next sequence replaces this one."""
    row.state, row.final_at = ReportState.LOST, at
    row.words = "El SII no contestó: puede que lo tenga."
    choice = find_report_choice()
    if choice is not None and choice.is_on and row.sequence < SEQUENCE_LIMIT:
        row.words += " El día se envía de nuevo con la secuencia siguiente."
        _add(
            row.environment,
            row.day,
            row.sequence + 1,
            wanted_by=row.wanted_by_id,
            wanted_at=at,
            available_at=at + SEND.wait(row.sequence),
        )


def _words(outcome: DteError | GatewayClosed) -> str:
    words = outcome.words if isinstance(outcome, GatewayClosed) else outcome.message
    return str(words)[:_WORDS_LIMIT]
