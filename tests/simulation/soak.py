"""A seeded run of the outbox through every kind of trouble, and its verdict."""

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.simulation.world import World

from sii_simulator.faults import Endpoint, Fault, FaultKind

KILL_EVERY = 60
OUTAGE_EVERY = 500
STUCK_EVERY = 45
BROKER_EVERY = 70
SKEWS_SECONDS = (-45, 0, 45)
# Many small envelopes meet more trouble than few large ones.
PAUSE_EVERY = 8
LONGEST_PAUSE_SECONDS = 0.4
SETTLE_SECONDS = 420
# A person presses "ask again" this often once the trouble is over.
IMPATIENCE_SECONDS = 3.0
CORRECTED_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it went; `faults` is empty when nothing was lost and nothing came twice."""

    documents: int
    kills: int
    stuck: int
    broker_losses: int
    corrected: int
    states: dict[str, int]
    kinds: dict[int, int]
    faults: tuple[str, ...]


def run_soak(world: World, *, documents: int, seed: int) -> Verdict:
    """Issue, break, kill, mend, and compare both registries."""
    from tests.simulation.audit import count_kinds, count_states, find_faults  # noqa: PLC0415
    from tests.simulation.papers import Desk  # noqa: PLC0415

    rng = random.Random(seed)
    desk = Desk(company_id=world.company_id, branch_id=world.branch_id, rng=rng)
    world.simulator.faults.roll(seed=seed, chances=_CHANCES)
    world.start()
    trouble = _Trouble(world, rng)
    for number in range(1, documents + 1):
        desk.issue()
        if number % PAUSE_EVERY == 0:
            time.sleep(rng.uniform(0, LONGEST_PAUSE_SECONDS))
        trouble.after(number)
    _say(f"{desk.issued} papers issued, {trouble.words()}; {count_states(world)}")
    # The trouble goes on until all has its word, or is mended by a person in the calm after it.
    _settle(world)
    _say(f"settled in trouble: {count_states(world)}")
    world.simulator.faults.clear()
    corrected = _mend(world, rng)
    _settle(world)
    return Verdict(
        documents=desk.issued,
        kills=trouble.kills,
        stuck=trouble.stuck,
        broker_losses=trouble.broker_losses,
        corrected=corrected,
        states=dict(count_states(world)),
        kinds=dict(count_kinds(world)),
        faults=tuple(find_faults(world)),
    )


class _Trouble:
    """What happens to the programs while the shop sells."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world, self._rng = world, rng
        self.kills = self.stuck = self.broker_losses = 0

    def after(self, number: int) -> None:
        """Do what is due after so many papers."""
        if number % KILL_EVERY == 0:
            self._kill()
        if number % STUCK_EVERY == 0:
            self._die_half_way()
        if number % BROKER_EVERY == 0:
            self._lose_messages()
        if number % OUTAGE_EVERY == 0:
            self._break_for_a_while()

    def words(self) -> str:
        """Say what happened."""
        return (
            f"{self.kills} workers killed, {self.stuck} died half way,"
            f" {self.broker_losses} times the broker lost all"
        )

    def _kill(self) -> None:
        self.kills += 1
        worker = self._rng.choice(self._world.workers)
        worker.kill()
        # The next one's clock is wrong by more than a lease, before or after, or right.
        worker.start(skew_seconds=self._rng.choice(SKEWS_SECONDS))

    def _die_half_way(self) -> None:
        """Leave what a worker leaves that dies between signing and sending, or while sending."""
        from erpmarket.fiscal.actions.leases import LeaseLost, claim_to_send  # noqa: PLC0415
        from erpmarket.fiscal.actions.pack_pending import pack_pending  # noqa: PLC0415

        self.stuck += 1
        company_id = self._world.company_id
        try:
            pack_pending(company_id=company_id, clock=lambda: datetime.now(UTC))
        except LeaseLost:
            # A worker whose clock goes before took it over: then that one may die of it.
            return
        if self.stuck % 2:
            claim_to_send(company_id=company_id, at=datetime.now(UTC))

    def _lose_messages(self) -> None:
        self.broker_losses += 1
        if self.broker_losses % 2:
            self._world.broker.flush()
        else:
            self._world.broker.kill()
            self._world.broker.start()

    def _break_for_a_while(self) -> None:
        count = self._rng.randint(10, 25)
        self._world.simulator.faults.add(
            Fault(endpoint=Endpoint.ANY, kind=FaultKind.STATUS, status=503, count=count)
        )


def _settle(world: World) -> None:
    """Wait until nothing is on its way, as an impatient shop does."""
    from tests.simulation.audit import list_unsettled  # noqa: PLC0415

    deadline = time.monotonic() + SETTLE_SECONDS
    while waiting := list_unsettled(world):
        if time.monotonic() > deadline:
            _say(f"not settled in {SETTLE_SECONDS} s: {len(waiting)} papers")
            return
        time.sleep(IMPATIENCE_SECONDS)
        _ask_about(world, waiting)


def _ask_about(world: World, waiting: Sequence[int]) -> None:
    from erpmarket.fiscal.actions.resend import ResendRefused, ask_again  # noqa: PLC0415
    from erpmarket.fiscal.models import Submission  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(world.company_id):
        rows = Submission.objects.filter(document_id__in=waiting, final_at=None)
        seen: dict[int | None, int] = dict(rows.values_list("envelope_id", "document_id"))
    for document_id in seen.values():
        with company_scope(world.company_id):
            try:
                ask_again(document_id=document_id, at=datetime.now(UTC))
            except ResendRefused:
                continue


def _mend(world: World, rng: random.Random) -> int:
    """Do what the rejected papers ask for, with most of them; the others stay for a person."""
    from erpmarket.fiscal.actions.resend import (  # noqa: PLC0415
        read_draft_in_force,
        resend_corrected,
        send_again,
    )
    from erpmarket.fiscal.models import Submission, SubmissionState  # noqa: PLC0415
    from erpmarket.fiscal.rejections import Cure, explain  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    mended = 0
    with company_scope(world.company_id):
        rows = list(
            Submission.objects.filter(state=SubmissionState.REJECTED).order_by("document_id")
        )
    for row in rows:
        if rng.random() > CORRECTED_SHARE:
            continue
        at = datetime.now(UTC)
        with company_scope(world.company_id):
            if explain(row.said_code).cure is Cure.SEND_AGAIN:
                send_again(document_id=row.document_id, at=at)
            else:
                resend_corrected(
                    document_id=row.document_id,
                    draft=read_draft_in_force(row.document_id),
                    reason="Se revisó en la simulación",
                    made_by=None,
                    at=at,
                )
        mended += 1
    return mended


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _uploads(percent: int, kind: FaultKind, **more: object) -> tuple[tuple[int, Fault], ...]:
    return tuple(
        (percent, Fault.read({"endpoint": str(door), "kind": str(kind), **more}))
        for door in (Endpoint.UPLOAD, Endpoint.DTE_UPLOAD)
    )


_CHANCES = (
    *_uploads(4, FaultKind.DROP_BEFORE),
    *_uploads(6, FaultKind.DROP_AFTER),
    *_uploads(4, FaultKind.STATUS, status=503),
    *_uploads(2, FaultKind.STATUS, status=502, stored=True),
    *_uploads(2, FaultKind.STATUS, status=503, stored=True),
    *_uploads(2, FaultKind.STATUS, status=504, stored=True),
    *_uploads(3, FaultKind.SLOW, seconds=3),
    *_uploads(3, FaultKind.HTML, stored=True),
    *_uploads(3, FaultKind.REJECT, state="RSC", text="[7] LSX-00213"),
    *_uploads(3, FaultKind.REJECT, state="RFR", text="Firma"),
    *_uploads(2, FaultKind.REJECT, state="RCT", text="Caratula"),
    *_uploads(4, FaultKind.REJECT, state="RCH", text="Totales no cuadran"),
    *_uploads(4, FaultKind.REJECT, state="RPR", text="Giro no informado"),
    *_uploads(2, FaultKind.HIDE_KIND, document_kind=33),
    (3, Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REFUSE, code="7")),
    (3, Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REFUSE, code="99", stored=True)),
    (4, Fault(endpoint=Endpoint.ENVELOPE_STATUS, kind=FaultKind.HTML)),
    (4, Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.STATUS, status=500)),
    (3, Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.DROP_TOKENS)),
    (3, Fault(endpoint=Endpoint.DOCUMENT_STATUS, kind=FaultKind.DROP_AFTER)),
    (3, Fault(endpoint=Endpoint.DTE_DOCUMENT_STATUS, kind=FaultKind.DROP_AFTER)),
    (3, Fault(endpoint=Endpoint.TOKEN, kind=FaultKind.STATUS, status=503)),
    (3, Fault(endpoint=Endpoint.DTE_TOKEN, kind=FaultKind.STATUS, status=503)),
)
