"""Do one job of the exchange: hold it, build and sign or ask outside any transaction, then write.

Signed files leave as mails under the job's own uid: a job that is done twice is one mail. The SII's
register takes the same action twice without harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dte.errors import DteError
from dte.schemas import SchemasMissing
from dte.sii import NotSent, OutcomeUnknown, Refused, Unavailable
from dte.sii.errors import ClaimRefused
from erpmarket.common.pace import Pace
from erpmarket.fiscal.actions.exchange_files import file_work
from erpmarket.fiscal.actions.exchange_jobs import (
    ExchangeEventName,
    claim_job,
    close_job,
    keep_job,
    lock_job,
    look_again,
    put_off,
    tell_of,
)
from erpmarket.fiscal.actions.exchange_register import register_work
from erpmarket.fiscal.actions.exchange_steps import Done, NotYet, Work
from erpmarket.fiscal.actions.leases import Clock
from erpmarket.fiscal.exchange_models import ExchangeJob, JobKind, JobState
from erpmarket.fiscal.outbox_queries import SealedCertificate, find_certificate
from erpmarket.fiscal.pace import HOLD, SEND
from erpmarket.fiscal.sii_gateway import GatewayClosed, open_gateway
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

# The SII gets a factura within hours of its issue; asking more often finds nothing new.
WAIT: Final = Pace(base=timedelta(seconds=30), cap=timedelta(hours=3))
GIVE_UP_AFTER: Final = timedelta(days=30)
_Trouble = NotSent | Unavailable | OutcomeUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    job: ExchangeJob
    environment: str
    certificate: SealedCertificate | None
    work: Work


def work_on_exchange(*, company_id: int, clock: Clock) -> bool:
    """Do the next due job of a company; tell whether there was one. Call it outside a scope.

    Raises LeaseLost, and writes nothing, when another worker took the job over meanwhile.
    """
    at = clock()
    with company_scope(company_id):
        job = claim_job(at=at)
    if job is None:
        return False
    # What cannot even be prepared is held by then, and does not stop the rest.
    with company_scope(company_id):
        held = _prepare(job, at=at)
    outcome = _do(held, company_id=company_id, clock=clock)
    at = clock()
    with company_scope(company_id):
        row = lock_job(held.job)
        _write(row, outcome, at=at)
    return True


def _prepare(job: ExchangeJob, *, at: datetime) -> _Held:
    prepare = register_work if job.kind in (JobKind.CLAIM, JobKind.LOOK) else file_work
    about = job.document or job.file or job.issued
    return _Held(
        job=job,
        # Not that of the company: what came in the demo is never said to the real SII.
        environment=about.environment,
        certificate=find_certificate(at=at),
        work=prepare(job),
    )


_Outcome = Done | NotYet | DteError | GatewayClosed


def _do(held: _Held, *, company_id: int, clock: Clock) -> _Outcome:
    at = clock()
    try:
        gateway = open_gateway(
            company_id=company_id,
            sealed=held.certificate,
            environment=held.environment,
            at=at,
        )
        return held.work(gateway, at, lambda: keep_job(held.job, company_id=company_id, at=clock()))
    except SchemasMissing:
        raise
    except (GatewayClosed, DteError) as trouble:
        return trouble


def _write(row: ExchangeJob, outcome: _Outcome, *, at: datetime) -> None:
    if isinstance(outcome, Done):
        outcome.apply(row, at)
        close_job(row, state=JobState.DONE, words=outcome.words, at=at)
        return
    wait = _wait_for(outcome)
    words = outcome.words if isinstance(outcome, NotYet | GatewayClosed) else outcome.message
    if wait is None or at - row.created_at > GIVE_UP_AFTER:
        name = (
            ExchangeEventName.NOT_REGISTERED
            if row.kind == JobKind.CLAIM
            else ExchangeEventName.GIVEN_UP
        )
        tell_of(row, name, words, at=at)
        close_job(row, state=JobState.FAILED, words=words, at=at)
        if row.kind == JobKind.CLAIM:
            # Somebody else may have said something there.
            look_again(row.document, at=at)
        return
    if words[:500] != row.words:
        tell_of(row, ExchangeEventName.NO_ANSWER, words, at=at)
    put_off(row, words=words, until=at + wait(row.attempts))


def _wait_for(outcome: NotYet | DteError | GatewayClosed) -> Callable[[int], timedelta] | None:
    """Tell how long to wait; None when the same again gives the same answer."""
    if isinstance(outcome, GatewayClosed):
        return HOLD.wait
    if isinstance(outcome, NotYet):
        return WAIT.wait
    if isinstance(outcome, ClaimRefused):
        return None if outcome.claim_code.is_final else WAIT.wait
    if isinstance(outcome, _Trouble):
        return SEND.wait
    # The SII did not let us in: a person must look at the permissions of the certificate.
    return HOLD.wait if isinstance(outcome, Refused) else None
