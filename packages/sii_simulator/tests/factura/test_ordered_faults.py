"""What goes wrong on the factura channel when it is ordered to."""

from typing import Any

import pytest

from dte.sii import (
    DocumentCode,
    EnvelopeState,
    OutcomeUnknown,
    Refused,
    SessionLimit,
    Unavailable,
)
from sii_simulator.faults import BadFault, Endpoint, Fault, FaultKind


@pytest.mark.parametrize("state", ["RSC", "RCT", "RFR", "RPT", "RCO", "VOF"])
def test_turns_an_envelope_down_as_ordered(shop: Any, state: str) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REJECT, state=state)
    )
    factura = shop.document(33, 1)

    track_id = shop.deliver(factura)

    assert shop.status(track_id).code == state
    assert shop.ask(factura) is DocumentCode.FAU


@pytest.mark.parametrize("stage", ["REC", "SOK", "CRT", "FOK", "PRD"])
def test_stays_at_a_stage_as_ordered(shop: Any, stage: str) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.STUCK, stage=stage)
    )

    track_id = shop.deliver(shop.document(33, 1))

    assert shop.status(track_id).code == stage.replace("PRD", "PDR")


def test_leaves_a_type_out_of_the_counters_as_ordered(shop: Any) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.HIDE_KIND, document_kind=61)
    )
    factura = shop.document(33, 1)
    track_id = shop.deliver(factura, shop.note(61, 1, factura))

    assert [count.kind for count in shop.status(track_id).counts] == [33]


def test_a_lost_answer_was_stored_and_the_second_try_gets_its_track(shop: Any) -> None:
    xml = shop.envelope(shop.document(33, 1))
    shop.session.token(shop.clock())
    shop.simulator.faults.add(Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.DROP_AFTER))

    with pytest.raises(OutcomeUnknown):
        shop.upload(xml)
    again = shop.upload(xml)

    (stored,) = shop.simulator.registry.list_latest(limit=9)
    assert (again.track_id, again.repeated) == (stored.track_id, True)


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.ALERT, FaultKind.EMPTY])
def test_a_page_or_nothing_instead_of_an_answer(shop: Any, kind: FaultKind) -> None:
    shop.session.token(shop.clock())
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=kind, stored=True),
        Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=kind),
    )

    with pytest.raises(OutcomeUnknown):
        shop.upload(shop.envelope(shop.document(33, 1)))
    (stored,) = shop.simulator.registry.list_latest(limit=9)
    with pytest.raises(Unavailable):
        shop.status(stored.track_id)

    assert shop.status(stored.track_id).code == "REC"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("106", EnvelopeState.NO_PERMISSION),
        ("107", EnvelopeState.NOT_AUTHORIZED),
        ("001", EnvelopeState.REC),
    ],
)
def test_answers_an_ordered_state(shop: Any, code: str, state: EnvelopeState) -> None:
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.REFUSE, code=code)
    )

    # An inactive token makes the client log in again and ask once more.
    assert shop.status(track_id).state is state


@pytest.mark.parametrize("code", ["1", "2", "3", "6", "7", "8"])
def test_refuses_an_upload_with_the_ordered_status(shop: Any, code: str) -> None:
    shop.simulator.faults.add(Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REFUSE, code=code))

    with pytest.raises(Refused) as refusal:
        shop.upload(shop.envelope(shop.document(33, 1)))

    assert refusal.value.status == code
    assert shop.simulator.registry.list_latest(limit=1) == []


def test_a_fault_can_wait_for_the_nth_call(shop: Any) -> None:
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.STATUS, after=1, count=1)
    )

    first = shop.status(track_id).code
    with pytest.raises(Unavailable):
        shop.status(track_id)

    assert [first, shop.status(track_id).code] == ["REC", "REC"]


def test_random_faults_of_this_channel_repeat_with_their_seed(shop: Any) -> None:
    fault = Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.STATUS)
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    runs = []
    for _ in range(2):
        shop.simulator.faults.roll(seed=7, chances=((50, fault),))
        runs.append([answers(shop, track_id) for _ in range(12)])

    assert runs[0] == runs[1]
    assert 0 < sum(runs[0]) < 12


def answers(shop: Any, track_id: str) -> bool:
    try:
        shop.status(track_id)
    except Unavailable:
        return False
    return True


def test_a_login_can_be_refused_with_words(shop: Any) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_SEED, kind=FaultKind.REFUSE, code="-1"),
        Fault(
            endpoint=Endpoint.DTE_TOKEN,
            kind=FaultKind.REFUSE,
            code="12",
            text="Se ha alcanzado el máximo de sesiones",
        ),
    )

    with pytest.raises(Unavailable):
        shop.session.token(shop.clock())
    with pytest.raises(SessionLimit):
        shop.session.token(shop.clock())


def test_the_other_questions_can_be_refused_in_their_own_codes(shop: Any) -> None:
    factura = shop.document(33, 1)
    track_id = shop.deliver(factura)
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_DOCUMENT_STATUS, kind=FaultKind.REFUSE, code="-4"),
        Fault(endpoint=Endpoint.DTE_ADVANCED_STATUS, kind=FaultKind.REFUSE, code="9"),
        Fault(endpoint=Endpoint.DTE_MAIL, kind=FaultKind.REFUSE, code="106"),
    )

    with pytest.raises(Unavailable):
        shop.ask(factura)
    with pytest.raises(Refused) as advanced:
        shop.ask_signed(factura, "x")
    with pytest.raises(Refused) as mail:
        shop.channel.resend_mail(shop.issuer, track_id, at=shop.clock())

    assert (advanced.value.status, mail.value.status) == ("9", "106")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "envio", "kind": "refuse"},
        {"endpoint": "dte_estado_envio", "kind": "hide_kind"},
        {"endpoint": "dte_envio", "kind": "stuck", "stage": "EPR"},
        {"endpoint": "dte_envio", "kind": "refuse", "code": "ninguno"},
        {"endpoint": "dte_envio", "kind": "status", "after": -1},
    ],
)
def test_refuses_faults_that_mean_nothing(wrong: dict[str, object]) -> None:
    with pytest.raises(BadFault):
        Fault.read(wrong)
