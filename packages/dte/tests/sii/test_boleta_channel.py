"""The client against a strict simulator over real HTTP: each path and each fault."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from dte.rut import Rut
from dte.sii import (
    DocumentCode,
    DocumentState,
    EnvelopeState,
    OutcomeUnknown,
    Refused,
    Unavailable,
    VerdictError,
)
from dte.sii.boleta_channel import UPLOAD_LIMIT_BYTES
from sii_simulator.faults import Endpoint, FaultKind

# The fixtures live in conftest.py; their classes are only shapes here.
Shop = Any


def test_a_boleta_is_received_and_accepted(shop: Shop) -> None:
    boleta = shop.boleta()

    before = shop.ask(boleta)
    uploaded = shop.upload(shop.envelope(boleta))
    waiting = shop.status(uploaded.track_id)
    shop.finish()
    done = shop.status(uploaded.track_id)

    assert (len(uploaded.track_id), uploaded.repeated) == (15, False)
    assert uploaded.received_at == "2026-11-22 12:00:00"
    assert (before.code, before.code.is_final) == (DocumentCode.FAU, False)
    assert (waiting.state, waiting.final) == (EnvelopeState.REC, False)
    assert waiting.state_of(39, boleta.folio) is None
    assert (done.state, done.final) == (EnvelopeState.EPR, True)
    assert done.state_of(39, boleta.folio) is DocumentState.DOK
    assert [dataclasses.astuple(count) for count in done.counts] == [(39, 1, 1, 0, 0)]
    assert shop.ask(boleta).code is DocumentCode.DOK


def test_every_state_on_the_way_is_read_and_not_final(shop: Shop) -> None:
    track_id = shop.upload(shop.envelope(shop.boleta())).track_id
    seen = []
    while not (status := shop.status(track_id)).final:
        seen.append(status.state)
        shop.simulator.worker.step()

    assert seen == [
        EnvelopeState.REC,
        EnvelopeState.SOK,
        EnvelopeState.CRT,
        EnvelopeState.FOK,
        EnvelopeState.PRD,
    ]


@pytest.mark.parametrize(
    ("lines", "net", "exempt", "vat", "total"),
    [
        ((("Cambio de aceite", "1", "19900"), ("Alineación", "1", "9900")), 25042, 0, 4758, 29800),
        ((("Papel de regalo", "17", "120"),), 1714, 0, 326, 2040),
        ((("Sandwich", "2", "1500"), ("Bebida", "2", "550")), 3445, 0, 655, 4100),
        ((("Ítem afecto", "8", "1590"), ("Exento", "2", "1000")), 10689, 2000, 2031, 14720),
        ((("Arroz", "5", "700"),), 2941, 0, 559, 3500),
        ((("Queso por kilo", "0.385", "5990"),), 1938, 0, 368, 2306),
    ],
)
def test_the_cases_of_the_test_set_are_accepted_without_remarks(
    shop: Shop, lines: Any, net: int, exempt: int, vat: int, total: int
) -> None:
    boleta = shop.boleta(*lines)
    track_id = shop.upload(shop.envelope(boleta)).track_id
    shop.finish()

    totals = boleta.totals
    assert (totals.net_clp, totals.exempt_clp, totals.vat_clp, totals.total_clp) == (
        net,
        exempt,
        vat,
        total,
    )
    assert shop.status(track_id).state_of(39, boleta.folio) is DocumentState.DOK


def test_a_remark_on_one_document_leaves_the_others_alone(shop: Shop) -> None:
    good, spoiled = shop.boleta(), shop.boleta()
    other = dataclasses.replace(
        spoiled, xml=spoiled.xml.replace(b"<PrcItem>1500<", b"<PrcItem>1500.5<")
    )
    track_id = shop.upload(shop.envelope(good, other)).track_id
    shop.finish()

    status = shop.status(track_id)

    assert status.state_of(39, good.folio) is DocumentState.DOK
    assert status.state_of(39, spoiled.folio) is DocumentState.RPR
    verdict = status.verdict_of(39, spoiled.folio)
    assert verdict.errors == (
        VerdictError(
            section="DET",
            line=verdict.errors[0].line,
            level=2,
            code="100",
            text="Valor Detalle Distinto a Precio * Cantidad",
            detail="[3000] <> [3001]",
        ),
    )
    assert verdict.state.is_accepted


def test_a_rejected_document_is_rejected_and_its_folio_not_received(shop: Shop) -> None:
    boleta = shop.boleta()
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.REJECT, state="RCH", text="no cuadra")
    track_id = shop.upload(shop.envelope(boleta)).track_id
    shop.finish()

    status = shop.status(track_id)

    assert status.state is EnvelopeState.EPR
    assert status.state_of(39, boleta.folio) is DocumentState.RCH
    assert status.verdict_of(39, boleta.folio).errors[0].text == "no cuadra"
    assert shop.ask(boleta).code is DocumentCode.FAU


@pytest.mark.parametrize("state", ["RSC", "RCT", "RFR"])
def test_a_rejected_envelope_is_final_and_rejects_its_documents(shop: Shop, state: str) -> None:
    boleta = shop.boleta()
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.REJECT, state=state, text="por algo")
    track_id = shop.upload(shop.envelope(boleta)).track_id
    shop.finish()

    status = shop.status(track_id)

    assert (status.state, status.code, status.text) == (
        EnvelopeState.read(state),
        state,
        "por algo",
    )
    assert status.final
    assert status.state.is_rejection
    assert status.state_of(39, boleta.folio) is DocumentState.RCH


def test_a_folio_sent_in_another_envelope_turns_that_one_down(shop: Shop) -> None:
    boleta, fresh = shop.boleta(), shop.boleta()
    shop.upload(shop.envelope(boleta))
    shop.finish()

    second = shop.upload(shop.envelope(fresh, boleta))
    shop.finish()

    assert shop.status(second.track_id).state is EnvelopeState.RFR
    assert shop.ask(boleta).code is DocumentCode.DOK
    assert shop.ask(fresh).code is DocumentCode.FAU


def test_the_same_bytes_again_give_the_former_track(shop: Shop) -> None:
    xml = shop.envelope(shop.boleta())

    first, again = shop.upload(xml), shop.upload(xml)

    assert (again.track_id, again.repeated) == (first.track_id, True)


def test_a_lost_answer_is_unknown_and_sending_again_finds_the_track(shop: Shop) -> None:
    boleta = shop.boleta()
    xml, received = shop.envelope(boleta), shop.received()
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_AFTER)

    with pytest.raises(OutcomeUnknown):
        shop.upload(xml)
    assert shop.received() == received + 1
    again = shop.upload(xml)
    shop.finish()

    assert again.repeated
    assert shop.received() == received + 1
    assert shop.status(again.track_id).state_of(39, boleta.folio) is DocumentState.DOK
    assert shop.ask(boleta).code is DocumentCode.DOK


def test_a_connection_dropped_before_storing_is_just_as_unknown(shop: Shop) -> None:
    xml, received = shop.envelope(shop.boleta()), shop.received()
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_BEFORE)

    with pytest.raises(OutcomeUnknown):
        shop.upload(xml)
    assert shop.received() == received

    assert not shop.upload(xml).repeated


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.STATUS, "status": 500},
        {"kind": FaultKind.STATUS, "status": 502},
        {"kind": FaultKind.STATUS, "status": 503},
        {"kind": FaultKind.STATUS, "status": 504},
        {"kind": FaultKind.HTML},
    ],
)
def test_a_gateways_page_after_an_upload_says_nothing(
    shop: Shop, fault: dict[str, Any], stored: bool
) -> None:
    xml = shop.envelope(shop.boleta())
    shop.break_next(endpoint=Endpoint.UPLOAD, stored=stored, **fault)

    with pytest.raises(OutcomeUnknown):
        shop.upload(xml)

    assert shop.upload(xml).repeated is stored


def test_a_slow_upload_is_unknown_after_the_time_limit(shop: Shop) -> None:
    xml = shop.envelope(shop.boleta())
    shop.upload(xml)
    shop.diary.timeout_seconds = 1
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.SLOW, seconds=3)

    with pytest.raises(OutcomeUnknown):
        shop.upload(xml)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.STATUS, "status": 500},
        {"kind": FaultKind.STATUS, "status": 503},
        {"kind": FaultKind.HTML},
        {"kind": FaultKind.DROP_BEFORE},
        {"kind": FaultKind.DROP_AFTER},
    ],
)
@pytest.mark.parametrize("endpoint", [Endpoint.ENVELOPE_STATUS, Endpoint.DOCUMENT_STATUS])
def test_a_question_without_an_answer_is_unavailable(
    shop: Shop, endpoint: Endpoint, fault: dict[str, Any]
) -> None:
    boleta = shop.boleta()
    track_id = shop.upload(shop.envelope(boleta)).track_id
    shop.break_next(endpoint=endpoint, **fault)

    with pytest.raises(Unavailable):
        _ = shop.status(track_id) if endpoint is Endpoint.ENVELOPE_STATUS else shop.ask(boleta)

    assert shop.status(track_id).state is EnvelopeState.REC


def test_an_envelope_that_never_finishes_stays_not_final(shop: Shop) -> None:
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.STUCK)
    track_id = shop.upload(shop.envelope(shop.boleta())).track_id
    shop.finish()

    assert (shop.status(track_id).state, shop.status(track_id).final) == (EnvelopeState.REC, False)


def test_an_unknown_track_is_not_known_yet(shop: Shop) -> None:
    status = shop.status("999999999999999")

    assert (status.state, status.code, status.final) == (EnvelopeState.NOT_KNOWN, "404", False)


def test_a_folio_with_other_facts_does_not_match(shop: Shop) -> None:
    boleta = shop.boleta()
    shop.upload(shop.envelope(boleta))
    shop.finish()

    assert shop.ask(boleta, total_clp=2999).code is DocumentCode.DNK
    assert shop.ask(boleta, issue_date=date(2026, 11, 21)).code is DocumentCode.DNK
    assert shop.ask(boleta, receiver=Rut.parse("11111111-1")).code is DocumentCode.DNK
    assert shop.ask(boleta, folio=9_000_000).code is DocumentCode.FNA
    assert shop.ask(boleta, issuer=Rut.parse("11111111-1")).code is DocumentCode.EMP


@pytest.mark.parametrize(
    ("sender", "issuer", "status"),
    [("11111111-1", "76918245-4", "1"), ("12345678-5", "11111111-1", "6")],
)
def test_a_refused_upload_says_why_and_stores_nothing(
    shop: Shop, sender: str, issuer: str, status: str
) -> None:
    received = shop.received()

    with pytest.raises(Refused) as refusal:
        shop.channel.upload(
            shop.envelope(shop.boleta()),
            sender=Rut.parse(sender),
            issuer=Rut.parse(issuer),
            at=shop.clock(),
        )

    assert refusal.value.status == status
    assert refusal.value.text in refusal.value.message
    assert shop.received() == received


def test_a_file_too_large_never_leaves(shop: Shop) -> None:
    with pytest.raises(Refused):
        shop.upload(b" " * (UPLOAD_LIMIT_BYTES + 1))

    assert shop.diary.calls == []


def test_one_login_serves_many_requests(shop: Shop) -> None:
    track_id = shop.upload(shop.envelope(shop.boleta())).track_id
    for _ in range(3):
        shop.status(track_id)

    assert shop.diary.calls[:3] == [".semilla", ".token", ".envio"]
    assert shop.diary.calls.count(".semilla") == 1


def test_a_forgotten_token_is_renewed_once_and_the_upload_goes_through(shop: Shop) -> None:
    shop.upload(shop.envelope(shop.boleta()))
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_TOKENS)

    uploaded = shop.upload(shop.envelope(shop.boleta()))

    assert not uploaded.repeated
    assert shop.diary.calls == [
        ".semilla",
        ".token",
        ".envio",
        ".envio",
        ".semilla",
        ".token",
        ".envio",
    ]


def test_the_caller_is_asked_between_each_login_and_the_upload(shop: Shop) -> None:
    shop.upload(shop.envelope(shop.boleta()))
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_TOKENS)
    del shop.diary.calls[:]

    shop.upload(shop.envelope(shop.boleta()), before_send=lambda: shop.diary.calls.append("asked"))

    assert shop.diary.calls == ["asked", ".envio", ".semilla", ".token", "asked", ".envio"]


def test_a_caller_who_may_no_longer_send_stops_the_upload_after_the_login(shop: Shop) -> None:
    class LeaseOver(Exception):
        pass

    def refuse() -> None:
        raise LeaseOver

    before = shop.received()

    with pytest.raises(LeaseOver):
        shop.upload(shop.envelope(shop.boleta()), before_send=refuse)

    assert shop.diary.calls == [".semilla", ".token"]
    assert shop.received() == before


def test_a_token_refused_twice_is_refused(shop: Shop) -> None:
    shop.break_next(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_TOKENS, count=2)

    with pytest.raises(Refused) as refusal:
        shop.upload(shop.envelope(shop.boleta()))

    assert (refusal.value.status, refusal.value.text) == ("401", "NO ESTA AUTENTICADO")
    assert shop.diary.calls.count(".envio") == 2


def test_an_old_token_is_renewed_before_it_expires(shop: Shop) -> None:
    track_id = shop.upload(shop.envelope(shop.boleta())).track_id
    shop.clock.forward(minutes=29)
    shop.status(track_id)
    shop.clock.forward(minutes=2)
    shop.status(track_id)

    assert shop.diary.calls.count(".token") == 2


def test_full_days_work_in_one_envelope(shop: Shop) -> None:
    boletas = [shop.boleta() for _ in range(60)]
    track_id = shop.upload(shop.envelope(*boletas)).track_id
    shop.finish()

    status = shop.status(track_id)

    assert {status.state_of(39, boleta.folio) for boleta in boletas} == {DocumentState.DOK}
