"""The factura channel byte by byte: what goes out, and what each answer is taken for."""

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from lxml import etree

from dte.rut import Rut
from dte.sii import (
    DocumentCode,
    DocumentErrorCode,
    DocumentState,
    EnvelopeState,
    LoginRefused,
    MailCode,
    OutcomeUnknown,
    Refused,
    Response,
    Unavailable,
)
from dte.sii.factura_channel import DASHED_DATE

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
SHOP, BUYER = Rut.parse("76918245-4"), Rut.parse("76543210-3")
TRACK = "251000000007919"
Answer = Callable[..., Response]
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def reply(head: str, body: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><SII:RESPUESTA'
        ' xmlns:SII="http://www.sii.cl/XMLSchema">'
        f"<SII:RESP_HDR>{head}</SII:RESP_HDR><SII:RESP_BODY>{body}</SII:RESP_BODY></SII:RESPUESTA>"
    )


def counts(kind: int, *numbers: int) -> str:
    names = ("INFORMADOS", "ACEPTADOS", "RECHAZADOS", "REPAROS")
    return f"<TIPO_DOCTO>{kind}</TIPO_DOCTO>" + "".join(
        f"<{name}>{number}</{name}>" for name, number in zip(names, numbers, strict=True)
    )


def status(soap_canned: Any, *answers: Response) -> Any:
    channel, _, _ = soap_canned(*answers)
    return channel.envelope_status(SHOP, TRACK, at=NOON)


def ask(channel: Any, **other: Any) -> Any:
    facts = {
        "issuer": SHOP,
        "kind": 33,
        "folio": 170,
        "receiver": BUYER,
        "total_clp": 119000,
        "issue_date": date(2026, 2, 9),
        "at": NOON,
    }
    return channel.document_status(**(facts | other))


def ask_signed(channel: Any, signature: str = "QUJD\nREVG") -> Any:
    return channel.signed_document_status(
        issuer=SHOP,
        kind=33,
        folio=170,
        receiver=BUYER,
        total_clp=119000,
        issue_date=date(2026, 2, 9),
        signature=signature,
        at=NOON,
    )


def sent_call(body: bytes) -> tuple[str, list[tuple[str, str]]]:
    """Read a call as the other side would: its operation, its parts in order."""
    call = etree.fromstring(body).find(f"{SOAP}Body")[0]  # type: ignore[index]  # always there
    assert {part.get("{http://www.w3.org/2001/XMLSchema-instance}type") for part in call} <= {
        "xsd:string"
    }
    return etree.QName(call).localname, [(str(part.tag), part.text or "") for part in call]


# What goes out


def test_every_door_has_the_path_of_its_wsdl(
    soap_canned: Any, returned: Answer, answer: Answer
) -> None:
    channel, _, transport = soap_canned(
        returned("getEstUp", reply("<ESTADO>REC</ESTADO>")),
        returned("getEstDte", reply("<ESTADO>FAU</ESTADO>")),
        returned("getEstDteAv", reply("<ESTADO>0</ESTADO>", "<ESTADO>DOK</ESTADO>")),
        returned("reenvioCorreo", reply("<ESTADO>0</ESTADO>")),
    )
    channel.envelope_status(SHOP, TRACK, at=NOON)
    ask(channel)
    ask_signed(channel)
    channel.resend_mail(SHOP, TRACK, at=NOON)

    assert [url.removeprefix("http://sii.example") for _, url, _, _ in transport.asked] == [
        "/DTEWS/CrSeed.jws",
        "/DTEWS/GetTokenFromSeed.jws",
        "/DTEWS/QueryEstUp.jws",
        "/DTEWS/QueryEstDte.jws",
        "/DTEWS/services/QueryEstDteAv",
        "/DTEWS/services/wsDTECorreo",
    ]
    for method, _, headers, _ in transport.asked:
        assert (method, headers["SOAPAction"]) == ("POST", '""')
        assert headers["Content-Type"] == "text/xml; charset=utf-8"


def test_parts_are_positional_and_the_consultant_is_only_where_it_belongs(
    soap_canned: Any, returned: Answer, certificate: Any
) -> None:
    """One part too many ends in HTTP 500: the services count, they do not read names."""
    channel, _, transport = soap_canned(
        returned("getEstUp", reply("<ESTADO>REC</ESTADO>")),
        returned("getEstDte", reply("<ESTADO>FAU</ESTADO>")),
        returned("getEstDteAv", reply("<ESTADO>0</ESTADO>", "<ESTADO>DOK</ESTADO>")),
        returned("reenvioCorreo", reply("<ESTADO>0</ESTADO>")),
    )
    channel.envelope_status(SHOP, TRACK, at=NOON)
    ask(channel)
    ask_signed(channel)
    channel.resend_mail(SHOP, TRACK, at=NOON)

    me = certificate.rut
    facts = [
        ("RutReceptor", "76543210"),
        ("DvReceptor", "3"),
        ("TipoDte", "33"),
        ("FolioDte", "170"),
        ("FechaEmisionDte", "09022026"),
        ("MontoDte", "119000"),
    ]
    assert [sent_call(body) for _, _, _, body in transport.asked[2:]] == [
        (
            "getEstUp",
            [
                ("RutCompania", "76918245"),
                ("DvCompania", "4"),
                ("TrackId", TRACK),
                ("Token", "SOAPTOKEN"),
            ],
        ),
        (
            "getEstDte",
            [
                ("RutConsultante", str(me.number)),
                ("DvConsultante", me.check),
                ("RutCompania", "76918245"),
                ("DvCompania", "4"),
                *facts,
                ("Token", "SOAPTOKEN"),
            ],
        ),
        (
            "getEstDteAv",
            [
                ("RutEmpresa", "76918245"),
                ("DvEmpresa", "4"),
                *facts,
                ("FirmaDte", "QUJDREVG"),
                ("Token", "SOAPTOKEN"),
            ],
        ),
        (
            "reenvioCorreo",
            [
                ("Token", "SOAPTOKEN"),
                ("RutEmpresa", "76918245"),
                ("DvEmpresa", "4"),
                ("TrackId", TRACK),
            ],
        ),
    ]


def test_the_date_of_the_signed_question_is_a_setting(soap_canned: Any, returned: Answer) -> None:
    channel, _, transport = soap_canned(
        returned("getEstDteAv", reply("<ESTADO>0</ESTADO>", "<ESTADO>DOK</ESTADO>")),
        signed_status_date=DASHED_DATE,
    )

    ask_signed(channel)

    assert ("FechaEmisionDte", "09-02-2026") in sent_call(transport.asked[-1][3])[1]


def test_what_is_no_markup_cannot_become_markup_in_a_call(
    soap_canned: Any, returned: Answer
) -> None:
    channel, _, transport = soap_canned(
        returned("getEstDteAv", reply("<ESTADO>0</ESTADO>", "<ESTADO>DOK</ESTADO>"))
    )

    ask_signed(channel, "</FirmaDte><Token>&x")

    assert ("FirmaDte", "</FirmaDte><Token>&x") in sent_call(transport.asked[-1][3])[1]


def test_track_ids_are_digits(soap_canned: Any) -> None:
    channel, _, transport = soap_canned()

    with pytest.raises(ValueError, match="digits"):
        channel.envelope_status(SHOP, "1</TrackId>", at=NOON)

    assert transport.asked == []


def test_the_caller_is_asked_between_the_login_and_each_request(
    soap_canned: Any, returned: Answer
) -> None:
    channel, _, transport = soap_canned(returned("getEstUp", reply("<ESTADO>REC</ESTADO>")))
    asked: list[int] = []

    channel.envelope_status(
        SHOP, TRACK, at=NOON, before_send=lambda: asked.append(len(transport.asked))
    )

    assert asked == [2]


LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Autenticación</title></head><body/></html>"


# The token


@pytest.mark.parametrize("state", ["001", "002", "003"])
def test_a_query_renews_its_token_on_001_to_003(
    soap_canned: Any, returned: Answer, soap_login: list[Response], state: str
) -> None:
    channel, _, transport = soap_canned(
        returned("getEstUp", reply(f"<ESTADO>{state}</ESTADO>")),
        *soap_login,
        returned("getEstUp", reply("<ESTADO>REC</ESTADO>")),
    )

    assert channel.envelope_status(SHOP, TRACK, at=NOON).state is EnvelopeState.REC
    assert sent_call(transport.asked[-1][3])[1][-1] == ("Token", "SEGUNDO")


def test_a_query_renews_its_token_on_401(
    soap_canned: Any, returned: Answer, answer: Answer, soap_login: list[Response]
) -> None:
    channel, _, _ = soap_canned(
        answer("", 401), *soap_login, returned("getEstUp", reply("<ESTADO>REC</ESTADO>"))
    )

    assert channel.envelope_status(SHOP, TRACK, at=NOON).state is EnvelopeState.REC


@pytest.mark.parametrize("state", ["-1", "-3", "-6", "-11", "106", "107", "EPR", "1", "2", "104"])
def test_no_other_state_makes_a_query_log_in_again(
    soap_canned: Any, returned: Answer, state: str
) -> None:
    """The SII limits sessions: a login per odd answer makes it worse."""
    channel, _, transport = soap_canned(returned("getEstUp", reply(f"<ESTADO>{state}</ESTADO>")))

    with contextlib.suppress(Unavailable):
        channel.envelope_status(SHOP, TRACK, at=NOON)

    assert len(transport.asked) == 3


@pytest.mark.parametrize("state", ["1", "2", "001"])
def test_the_signed_question_has_token_codes_of_its_own(
    soap_canned: Any, returned: Answer, soap_login: list[Response], state: str
) -> None:
    channel, _, _ = soap_canned(
        returned("getEstDteAv", reply(f"<ESTADO>{state}</ESTADO>")),
        *soap_login,
        returned("getEstDteAv", reply("<ESTADO>0</ESTADO>", "<ESTADO>DOK</ESTADO>")),
    )

    assert ask_signed(channel).code is DocumentCode.DOK


def test_the_mail_has_a_token_code_of_its_own(
    soap_canned: Any, returned: Answer, soap_login: list[Response]
) -> None:
    channel, _, _ = soap_canned(
        returned("reenvioCorreo", reply("<ESTADO>104</ESTADO>")),
        *soap_login,
        returned("reenvioCorreo", reply("<ESTADO>0</ESTADO>")),
    )

    assert channel.resend_mail(SHOP, TRACK, at=NOON) is MailCode.ACCEPTED


# How an upload is going


def test_reads_the_counters_of_every_type(soap_canned: Any, returned: Answer) -> None:
    head = (
        "<TRACKID>53292</TRACKID><ESTADO>EPR</ESTADO><GLOSA>Envio Procesado</GLOSA>"
        "<NUM_ATENCION>532 ( 2004/06/14 16:44:20)</NUM_ATENCION>"
    )
    body = counts(33, 3, 3, 0, 0) + counts(56, 1, 0, 1, 0) + counts(52, 2, 0, 0, 2)
    found = status(soap_canned, returned("getEstUp", reply(head, body)))

    assert (found.state, found.code, found.text) == (EnvelopeState.EPR, "EPR", "Envio Procesado")
    assert [(c.kind, c.informed, c.accepted, c.rejected, c.with_remarks) for c in found.counts] == [
        (33, 3, 3, 0, 0),
        (56, 1, 0, 1, 0),
        (52, 2, 0, 0, 2),
    ]
    assert found.details == ()
    assert [found.state_of(kind, 1) for kind in (33, 56, 52)] == [
        DocumentState.DOK,
        DocumentState.RCH,
        DocumentState.RPR,
    ]


@pytest.mark.parametrize(
    "body",
    [
        # The live answer leaves a type out at times: silence is no failure and no success.
        counts(33, 1, 1, 0, 0),
        "",
        # Rejected and accepted ones mixed: nobody says which.
        counts(61, 3, 2, 1, 0),
        # Remarks on some: a remark must not be lost by calling all of them accepted.
        counts(61, 3, 2, 0, 1),
        counts(61, 3, 0, 1, 2),
        # Counters that do not add up.
        counts(61, 3, 0, 1, 0),
        counts(61, 0, 0, 0, 0),
    ],
)
def test_processed_is_not_accepted_when_the_counters_do_not_tell(
    soap_canned: Any, returned: Answer, body: str
) -> None:
    found = status(soap_canned, returned("getEstUp", reply("<ESTADO>EPR</ESTADO>", body)))

    assert found.final
    assert found.state_of(61, 1) is None


@pytest.mark.parametrize("state", ["RSC", "RFR", "RCT", "RPT", "RCH", "RCO", "VOF", "LRH"])
def test_a_rejected_envelope_rejects_its_documents(
    soap_canned: Any, returned: Answer, state: str
) -> None:
    found = status(soap_canned, returned("getEstUp", reply(f"<ESTADO>{state}</ESTADO>")))

    assert (found.final, found.state.is_rejection) == (True, True)
    assert found.state_of(33, 1) is DocumentState.RCH


@pytest.mark.parametrize("state", ["REC", "SOK", "CRT", "FOK", "PDR", "PRD", "LSO", "RDC", "ZZZ"])
def test_a_state_on_the_way_or_unknown_is_no_end(
    soap_canned: Any, returned: Answer, state: str
) -> None:
    found = status(soap_canned, returned("getEstUp", reply(f"<ESTADO>{state}</ESTADO>")))

    assert (found.code, found.final, found.state.is_rejection) == (state, False, False)
    assert found.state_of(33, 1) is None


@pytest.mark.parametrize("state", ["LOK", "LNC"])
def test_books_have_ends_of_their_own(soap_canned: Any, returned: Answer, state: str) -> None:
    found = status(soap_canned, returned("getEstUp", reply(f"<ESTADO>{state}</ESTADO>")))

    assert (found.state, found.final) == (EnvelopeState.read(state), True)


@pytest.mark.parametrize(
    ("head", "state"),
    [
        ("<ESTADO>-11</ESTADO><ERR_CODE>1</ERR_CODE>", EnvelopeState.NOT_KNOWN),
        ("<ESTADO>-6</ESTADO>", EnvelopeState.NOT_AUTHORIZED),
        ("<ESTADO>106</ESTADO>", EnvelopeState.NO_PERMISSION),
        ("<ESTADO>107</ESTADO>", EnvelopeState.NOT_AUTHORIZED),
    ],
)
def test_what_waiting_cannot_help_is_not_pending(
    soap_canned: Any, returned: Answer, head: str, state: EnvelopeState
) -> None:
    """106 and 107 look like "in process" for ever unless a person is told."""
    found = status(soap_canned, returned("getEstUp", reply(head)))

    assert (found.state, found.final) == (state, False)
    assert found.state.needs_person == (state is not EnvelopeState.NOT_KNOWN)


def test_a_query_error_is_unavailable_and_says_its_numbers(
    soap_canned: Any, returned: Answer
) -> None:
    head = "<ESTADO>-11</ESTADO><ERR_CODE>2</ERR_CODE><SQL_CODE>0</SQL_CODE><SRV_CODE>0</SRV_CODE>"

    with pytest.raises(Unavailable) as error:
        status(soap_canned, returned("getEstUp", reply(head)))

    assert error.value.reason.endswith("(ERR_CODE 2, SQL_CODE 0, SRV_CODE 0)")


FAULT = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    "<soapenv:Fault><faultstring>No such operation</faultstring></soapenv:Fault></soapenv:Body>"
    "</soapenv:Envelope>"
)


@pytest.mark.parametrize(
    "response",
    [
        (LOGIN_PAGE, 200),
        ("<script>alert('x')</script>", 200),
        ("", 200),
        (FAULT, 500),
        (FAULT, 200),
        ("ocupado", 503),
        ("", 302),
        ('<!DOCTYPE r [<!ENTITY e "EPR">]><r><ESTADO>&e;</ESTADO></r>', 200),
    ],
)
def test_a_question_without_an_answer_is_unavailable(
    soap_canned: Any, answer: Answer, response: tuple[str, int]
) -> None:
    with pytest.raises(Unavailable):
        status(soap_canned, answer(*response, content_type="text/xml"))


@pytest.mark.parametrize("inner", ["", "<html>entra</html>", "<roto", "Acceso Denegado", "<R/>"])
def test_an_answer_that_holds_no_answer_is_unavailable(
    soap_canned: Any, returned: Answer, inner: str
) -> None:
    with pytest.raises(Unavailable):
        status(soap_canned, returned("getEstUp", inner))


def test_an_answer_that_came_unescaped_is_read_all_the_same(
    soap_canned: Any, answer: Answer
) -> None:
    body = f"<E><getEstUpReturn>{reply('<ESTADO>SOK</ESTADO>').split('?>')[1]}</getEstUpReturn></E>"

    assert status(soap_canned, answer(body)).state is EnvelopeState.SOK


def test_a_query_lost_on_the_way_is_unavailable_and_changes_nothing(
    soap_canned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, _, transport = soap_canned()
    inner = transport.request

    def lose(**facts: Any) -> Response:
        if facts["url"].endswith("QueryEstUp.jws"):
            raise OutcomeUnknown("cut")
        found: Response = inner(**facts)
        return found

    monkeypatch.setattr(transport, "request", lose)

    with pytest.raises(Unavailable):
        channel.envelope_status(SHOP, TRACK, at=NOON)


# One document


@pytest.mark.parametrize("code", [code for code in DocumentCode if code.value != "?"])
def test_reads_each_verdict_on_a_document(
    soap_canned: Any, returned: Answer, code: DocumentCode
) -> None:
    number = DocumentErrorCode[code.name]
    head = (
        f"<ESTADO>{code}</ESTADO><GLOSA>DTE</GLOSA><ERR_CODE>{number}</ERR_CODE>"
        "<GLOSA_ERR>Señal</GLOSA_ERR><NUM_ATENCION>532 ( 2004/06/14 16:44:20)</NUM_ATENCION>"
    )
    channel, _, _ = soap_canned(returned("getEstDte", reply(head)))

    found = ask(channel)

    assert (found.code, found.raw_code, found.text) == (code, code.value, "Señal")
    assert found.error is number
    assert found.error.document_code is code
    assert found.attention == "532 ( 2004/06/14 16:44:20)"


def test_an_unlisted_verdict_survives_as_text_and_is_no_end(
    soap_canned: Any, returned: Answer
) -> None:
    head = "<ESTADO>ZZZ</ESTADO><GLOSA>raro</GLOSA>"
    channel, _, _ = soap_canned(returned("getEstDte", reply(head)))

    found = ask(channel)

    assert (found.code, found.raw_code, found.text) == (DocumentCode.UNKNOWN, "ZZZ", "raro")
    assert (found.code.is_final, found.error) == (False, None)


def test_a_person_without_permission_is_told_so(soap_canned: Any, returned: Answer) -> None:
    channel, _, _ = soap_canned(returned("getEstDte", reply("<ESTADO>-6</ESTADO>")))

    with pytest.raises(LoginRefused) as refusal:
        ask(channel)

    assert (refusal.value.status, refusal.value.text) == (
        "-6",
        "El certificado no puede consultar por esta empresa: dale permiso en sii.cl",
    )


def test_a_failed_question_about_a_document_is_unavailable(
    soap_canned: Any, returned: Answer
) -> None:
    channel, _, _ = soap_canned(returned("getEstDte", reply("<ESTADO>-4</ESTADO>")))

    with pytest.raises(Unavailable):
        ask(channel)


def test_the_signed_question_reads_the_verdict_and_not_the_header(
    soap_canned: Any, returned: Answer
) -> None:
    body = (
        "<RECIBIDO>SI</RECIBIDO><ESTADO>DNK</ESTADO><GLOSA>No coincide</GLOSA>"
        "<TRACKID>253772832</TRACKID><NUMATENCION>123</NUMATENCION>"
    )
    channel, _, _ = soap_canned(
        returned("getEstDteAv", reply("<ESTADO>0</ESTADO><GLOSA>OK</GLOSA>", body))
    )

    found = ask_signed(channel)

    assert (found.code, found.raw_code, found.text) == (DocumentCode.DNK, "DNK", "No coincide")
    assert (found.track_id, found.attention) == ("253772832", "123")


@pytest.mark.parametrize(
    ("head", "body", "error"),
    [
        ("<ESTADO>5</ESTADO><GLOSA>folio malo</GLOSA>", "", Refused),
        ("<ESTADO>9</ESTADO>", "", Refused),
        ("<ESTADO>3</ESTADO>", "", Unavailable),
        ("<ESTADO>99</ESTADO>", "<ESTADO>DOK</ESTADO>", Unavailable),
        ("<ESTADO>0</ESTADO>", "", Unavailable),
        ("", "", Unavailable),
        ("<GLOSA>raro</GLOSA>", "<ESTADO>DOK</ESTADO>", Unavailable),
    ],
)
def test_a_signed_question_that_failed_gives_no_verdict(
    soap_canned: Any, returned: Answer, head: str, body: str, error: Any
) -> None:
    channel, _, _ = soap_canned(returned("getEstDteAv", reply(head, body)))

    with pytest.raises(error):
        ask_signed(channel)


# The mail


@pytest.mark.parametrize(("state", "code"), [("0", "ACCEPTED"), ("114", "NOT_FINISHED")])
def test_the_mail_is_on_its_way_or_not_written_yet(
    soap_canned: Any, returned: Answer, state: str, code: str
) -> None:
    channel, _, _ = soap_canned(returned("reenvioCorreo", reply(f"<ESTADO>{state}</ESTADO>")))

    assert channel.resend_mail(SHOP, TRACK, at=NOON) is MailCode[code]


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("101", Refused),
        ("105", Refused),
        ("106", Refused),
        ("103", Unavailable),
        ("7", Unavailable),
    ],
)
def test_a_mail_that_is_not_sent_says_why(
    soap_canned: Any, returned: Answer, state: str, error: Any
) -> None:
    channel, _, _ = soap_canned(returned("reenvioCorreo", reply(f"<ESTADO>{state}</ESTADO>")))

    with pytest.raises(error):
        channel.resend_mail(SHOP, TRACK, at=NOON)
