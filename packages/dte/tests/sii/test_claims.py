"""The register of claims: its words on the wire, its deadline and what may follow what."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from dte.rut import Rut
from dte.sii import (
    AssignabilityCode,
    ClaimAction,
    ClaimCode,
    ClaimRefused,
    OutcomeUnknown,
    ReceivedDocument,
    Response,
    Unavailable,
    claim_deadline,
    find_claim_obstacle,
)

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
CHILE = ZoneInfo("America/Santiago")
BILL = ReceivedDocument(issuer=Rut.parse("76543210-3"), kind=33, folio=170)
WS = "http://ws.registroreclamodte.diii.sdi.sii.cl"
ACD, ERM, RCD, RFP, RFT = list(ClaimAction)[:5]
Answer = Callable[..., Response]


def said(operation: str, inside: str) -> str:
    return (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f'<ns2:{operation}Response xmlns:ns2="{WS}"><return>{inside}</return>'
        f"</ns2:{operation}Response></S:Body></S:Envelope>"
    )


def code(number: int | str, words: str = "dicho") -> str:
    return said("x", f"<codResp>{number}</codResp><descResp>{words}</descResp>")


def event(name: str, at: str = "29-09-2026 12:05:36", rut: str = "76918245", dv: str = "4") -> str:
    return (
        f"<listaEventosDoc><codEvento>{name}</codEvento><descEvento>dicho</descEvento>"
        f"<rutResponsable>{rut}</rutResponsable><dvResponsable>{dv}</dvResponsable>"
        f"<fechaEvento>{at}</fechaEvento></listaEventosDoc>"
    )


# On the wire


@pytest.mark.parametrize("action", [ACD, ERM, RCD, RFP, RFT])
def test_an_action_goes_out_as_the_manual_writes_it(
    soap_canned: Any, answer: Answer, action: ClaimAction
) -> None:
    _, register, transport = soap_canned(answer(code(0, "Acción Completada OK")))

    found = register.register(action, BILL, at=NOON)

    method, url, headers, body = transport.asked[-1]
    call = etree.fromstring(body)[1][0]
    assert (found.repeated, found.text) == (False, "Acción Completada OK")
    assert (method, url) == (
        "POST",
        "http://sii.example/WSREGISTRORECLAMODTE/registroreclamodteservice",
    )
    assert (headers["Cookie"], headers["SOAPAction"]) == ("TOKEN=SOAPTOKEN", '""')
    assert call.tag == f"{{{WS}}}ingresarAceptacionReclamoDoc"
    assert [(part.tag, part.text) for part in call] == [
        ("rutEmisor", "76543210"),
        ("dvEmisor", "3"),
        ("tipoDoc", "33"),
        ("folio", "170"),
        ("accionDoc", action.value),
    ]


def test_registering_twice_is_harmless(soap_canned: Any, answer: Answer) -> None:
    _, register, _ = soap_canned(answer(code(7, "Evento registrado previamente")))

    assert register.register(ACD, BILL, at=NOON).repeated


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 27])
def test_a_refused_action_says_why(soap_canned: Any, answer: Answer, number: int) -> None:
    _, register, _ = soap_canned(answer(code(number, "")))

    with pytest.raises(ClaimRefused) as refusal:
        register.register(RCD, BILL, at=NOON)

    assert refusal.value.claim_code is ClaimCode.read(str(number))
    assert refusal.value.code == "sii_claim_refused"
    assert refusal.value.text == refusal.value.claim_code.meaning
    assert refusal.value.text in refusal.value.message


@pytest.mark.parametrize("kind", [34, 43])
def test_other_kinds_that_can_be_claimed(soap_canned: Any, answer: Answer, kind: int) -> None:
    _, register, _ = soap_canned(answer(code(0)))
    other = ReceivedDocument(issuer=BILL.issuer, kind=kind, folio=1)

    assert not register.register(ACD, other, at=NOON).repeated


@pytest.mark.parametrize(
    ("action", "kind", "reason"),
    [
        (ACD, 39, ClaimCode.WRONG_KIND),
        (RCD, 61, ClaimCode.WRONG_KIND),
        (ClaimAction.ANNULLED_BY_NOTE, 33, ClaimCode.WRONG_ACTION),
        (ClaimAction.UNKNOWN, 33, ClaimCode.WRONG_ACTION),
    ],
)
def test_what_can_never_be_registered_is_not_asked(
    soap_canned: Any, action: ClaimAction, kind: int, reason: ClaimCode
) -> None:
    _, register, transport = soap_canned()

    with pytest.raises(ClaimRefused) as refusal:
        register.register(action, ReceivedDocument(issuer=BILL.issuer, kind=kind, folio=1), at=NOON)

    assert refusal.value.claim_code is reason
    assert transport.asked == []


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ((code(-1), 200), Unavailable),
        ((code(77), 200), OutcomeUnknown),
        ((said("x", "<descResp>sin codigo</descResp>"), 200), OutcomeUnknown),
        (("", 200), OutcomeUnknown),
        (("<html><body>entra</body></html>", 200), OutcomeUnknown),
        (("roto", 500), OutcomeUnknown),
        ((code(0), 500), OutcomeUnknown),
    ],
)
def test_an_action_without_a_readable_answer_may_have_been_registered(
    soap_canned: Any, answer: Answer, response: tuple[str, int], error: Any
) -> None:
    _, register, _ = soap_canned(answer(*response))

    with pytest.raises(error) as raised:
        register.register(ACD, BILL, at=NOON)

    assert type(raised.value) is error


@pytest.mark.parametrize("stale", [("", 401), ("<R><ESTADO>002</ESTADO></R>", 200)])
def test_a_stale_token_is_renewed_once(
    soap_canned: Any, answer: Answer, soap_login: list[Response], stale: tuple[str, int]
) -> None:
    _, register, transport = soap_canned(answer(*stale), *soap_login, answer(code(0)))

    assert not register.register(ACD, BILL, at=NOON).repeated
    assert transport.asked[-1][2]["Cookie"] == "TOKEN=SEGUNDO"


def test_the_caller_is_asked_before_each_request(soap_canned: Any) -> None:
    class LeaseOver(Exception):
        pass

    def refuse() -> None:
        raise LeaseOver

    _, register, transport = soap_canned()

    with pytest.raises(LeaseOver):
        register.register(ACD, BILL, at=NOON, before_send=refuse)

    assert len(transport.asked) == 2


def test_reads_a_history(soap_canned: Any, answer: Answer) -> None:
    inside = (
        "<codResp>15</codResp><descResp>Listado de eventos del documento</descResp>"
        + event("ACD")
        + event("NCA", "01-10-2026 00:00:00", "11111111", "1")
        + event("XXX", "ayer", "5", "x")
    )
    _, register, _ = soap_canned(answer(said("listarEventosHistDoc", inside)))

    found = register.list_events(BILL, at=NOON)

    assert found.actions == (ACD, ClaimAction.ANNULLED_BY_NOTE, ClaimAction.UNKNOWN)
    assert [(e.raw_code, e.text, str(e.responsible), e.at) for e in found.events] == [
        ("ACD", "dicho", "76918245-4", datetime(2026, 9, 29, 15, 5, 36, tzinfo=UTC)),
        ("NCA", "dicho", "11111111-1", datetime(2026, 10, 1, 3, tzinfo=UTC)),
        ("XXX", "dicho", "5-x", None),
    ]


def test_an_empty_history_is_no_refusal(soap_canned: Any, answer: Answer) -> None:
    _, register, _ = soap_canned(answer(code(16)))

    assert register.list_events(BILL, at=NOON).events == ()


@pytest.mark.parametrize(
    ("number", "error"), [(14, ClaimRefused), (18, ClaimRefused), (-1, Unavailable)]
)
def test_a_history_that_is_not_given_says_why(
    soap_canned: Any, answer: Answer, number: int, error: Any
) -> None:
    _, register, _ = soap_canned(answer(code(number)))

    with pytest.raises(error):
        register.list_events(BILL, at=NOON)


@pytest.mark.parametrize("number", [1, 2, 10, 18, 20, 21, 22, 23, 24, 25, 99])
def test_reads_whether_a_document_can_be_assigned(
    soap_canned: Any, answer: Answer, number: int
) -> None:
    _, register, _ = soap_canned(answer(code(number, "")))

    found = register.ask_assignability(BILL, at=NOON)

    assert found.code is AssignabilityCode.read(str(number))
    assert (found.raw_code, found.text) == (str(number), found.code.meaning)


def test_an_error_of_theirs_is_no_word_on_assignability(soap_canned: Any, answer: Answer) -> None:
    _, register, _ = soap_canned(answer(code(-1)))

    with pytest.raises(Unavailable):
        register.ask_assignability(BILL, at=NOON)


@pytest.mark.parametrize(
    ("stamp", "received_at"),
    [
        ("21-02-2017 19:02:03", datetime(2017, 2, 21, 22, 2, 3, tzinfo=UTC)),
        ("21-07-2026 19:02:03", datetime(2026, 7, 21, 23, 2, 3, tzinfo=UTC)),
        # The hour that happens twice when winter time begins: the first one.
        ("04-04-2026 23:30:00", datetime(2026, 4, 5, 2, 30, tzinfo=UTC)),
        ("", None),
        (" ", None),
    ],
)
def test_reads_when_the_sii_received_a_document(
    soap_canned: Any, answer: Answer, stamp: str, received_at: datetime | None
) -> None:
    _, register, _ = soap_canned(answer(said("consultarFechaRecepcionSii", stamp)))

    assert register.find_reception(BILL, at=NOON) == received_at


@pytest.mark.parametrize(
    "response",
    [
        (said("consultarFechaRecepcionSii", "2026-02-21"), 200),
        (said("consultarFechaRecepcionSii", "<fecha>21-02-2017 19:02:03</fecha>"), 200),
        (said("consultarFechaRecepcionSii", ""), 500),
        ("", 200),
        ("<html><body>entra</body></html>", 200),
    ],
)
def test_a_reception_that_cannot_be_read_is_not_taken_for_none(
    soap_canned: Any, answer: Answer, response: tuple[str, int]
) -> None:
    _, register, _ = soap_canned(answer(*response))

    with pytest.raises(Unavailable):
        register.find_reception(BILL, at=NOON)


def test_a_question_lost_on_the_way_is_unavailable_but_an_action_is_unknown(
    soap_canned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, register, transport = soap_canned()
    inner = transport.request

    def lose(**facts: Any) -> Response:
        if facts["url"].endswith("registroreclamodteservice"):
            raise OutcomeUnknown("cut")
        found: Response = inner(**facts)
        return found

    monkeypatch.setattr(transport, "request", lose)

    with pytest.raises(Unavailable):
        register.list_events(BILL, at=NOON)
    with pytest.raises(OutcomeUnknown):
        register.register(ACD, BILL, at=NOON)


# Until when


@pytest.mark.parametrize(
    ("received", "until"),
    [
        ((2026, 11, 2, 10, 30), (2026, 11, 10, 10, 30)),
        ((2026, 12, 28, 23, 59), (2027, 1, 5, 23, 59)),
        ((2028, 2, 25, 8, 0), (2028, 3, 4, 8, 0)),
        # Summer time begins on 2026-09-06 and ends on 2026-04-05: the clock on the wall counts.
        ((2026, 9, 1, 9, 0), (2026, 9, 9, 9, 0)),
        ((2026, 3, 30, 9, 0), (2026, 4, 7, 9, 0)),
    ],
)
def test_the_deadline_is_eight_days_later_at_the_same_hour_in_chile(
    received: tuple[int, ...], until: tuple[int, ...]
) -> None:
    at = datetime(*received, tzinfo=CHILE)  # type: ignore[misc, arg-type]  # five numbers
    expected = datetime(*until, tzinfo=CHILE)  # type: ignore[misc, arg-type]  # five numbers

    found = claim_deadline(at.astimezone(UTC))

    assert found.astimezone(CHILE).replace(tzinfo=None) == expected.replace(tzinfo=None)
    assert found.tzinfo is UTC


def test_a_deadline_in_the_hour_that_does_not_exist_is_still_an_instant() -> None:
    received_at = datetime(2026, 8, 29, 0, 30, tzinfo=CHILE)

    assert claim_deadline(received_at) == datetime(2026, 9, 6, 4, 30, tzinfo=UTC)


def test_a_reception_without_zone_has_no_deadline() -> None:
    with pytest.raises(ValueError, match="zone"):
        claim_deadline(datetime(2026, 11, 2))  # noqa: DTZ001 - that is the point


# What may follow what


@pytest.mark.parametrize(
    ("history", "action", "obstacle"),
    [
        ((), ACD, None),
        ((), ERM, None),
        ((), RCD, None),
        ((), RFP, None),
        ((), RFT, None),
        ((ACD,), ERM, None),
        ((ERM,), ACD, None),
        ((ACD,), ACD, ClaimCode.REGISTERED_ALREADY),
        ((ACD,), RCD, ClaimCode.ACCEPTED_NO_CLAIM),
        ((ACD,), RFT, ClaimCode.ACCEPTED_NO_CLAIM),
        ((ERM,), RCD, ClaimCode.RECEIPT_NO_CLAIM),
        ((ERM, ACD), RFP, ClaimCode.ACCEPTED_NO_CLAIM),
        ((RCD,), ACD, ClaimCode.CLAIMED_NO_ACCEPTANCE),
        ((RFT,), ACD, ClaimCode.CLAIMED_NO_ACCEPTANCE),
        ((RCD,), ERM, ClaimCode.CLAIMED_NO_RECEIPT),
        ((RFP,), ERM, ClaimCode.CLAIMED_NO_RECEIPT),
        ((RFP,), RFT, ClaimCode.GOODS_CLAIMED_ALREADY),
        ((RFP,), RCD, ClaimCode.CLAIMED_ALREADY),
        ((RCD,), RFP, ClaimCode.CLAIMED_ALREADY),
        ((RCD,), RCD, ClaimCode.REGISTERED_ALREADY),
        ((ClaimAction.OTHER_NOTE,), RCD, None),
        ((), ClaimAction.OTHER_NOTE, ClaimCode.WRONG_ACTION),
    ],
)
def test_what_may_follow_what(
    history: tuple[ClaimAction, ...], action: ClaimAction, obstacle: ClaimCode | None
) -> None:
    assert find_claim_obstacle(action, history) is obstacle


def test_no_way_through_the_rules_both_accepts_and_claims() -> None:
    for actions in itertools.permutations((ACD, ERM, RCD, RFP, RFT)):
        history: tuple[ClaimAction, ...] = ()
        for action in actions:
            if find_claim_obstacle(action, history) is None:
                history += (action,)
        assert history in {(ACD, ERM), (ERM, ACD), (RCD,), (RFP,), (RFT,)}
