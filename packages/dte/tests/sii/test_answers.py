"""Answers that only the real SII gives: old XML receipts, odd codes, either encoding."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from dte.rut import Rut
from dte.sii import (
    DocumentCode,
    DocumentState,
    EnvelopeState,
    OutcomeUnknown,
    Refused,
    Response,
    Unavailable,
)

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
SHOP, ROSA = Rut.parse("76918245-4"), Rut.parse("12345678-5")
Answer = Callable[..., Response]


def receipt(inside: str) -> str:
    return f'<?xml version="1.0"?>\n<RECEPCIONDTE>\n <FILE>e.xml</FILE>\n {inside}\n</RECEPCIONDTE>'


def upload(canned: Any, *answers: Response) -> Any:
    channel, _ = canned(*answers)
    return channel.upload(b"<x/>", sender=ROSA, issuer=SHOP, at=NOON)


def status(canned: Any, *answers: Response) -> Any:
    channel, _ = canned(*answers)
    return channel.envelope_status(SHOP, "251000000007919", at=NOON)


def test_the_request_is_what_the_gateway_wants(canned: Any, answer: Answer) -> None:
    channel, transport = canned(answer('{"trackid": 1014, "estado": "REC"}'))

    channel.upload(b"<a>\xf1</a>", sender=ROSA, issuer=SHOP, at=NOON)

    method, url, headers, body = transport.asked[-1]
    boundary = headers["Content-Type"].split("boundary=")[1]
    assert (method, url) == ("POST", "http://sii.example/recursos/v1/boleta.electronica.envio")
    assert headers["User-Agent"].startswith("Mozilla/4.0 (compatible; PROG 1.0; ")
    assert (headers["Cookie"], headers["Accept"]) == ("TOKEN=PRIMERO", "application/json")
    assert body.split(f"--{boundary}".encode())[1:5] == [
        b'\r\nContent-Disposition: form-data; name="rutSender"\r\n\r\n12345678\r\n',
        b'\r\nContent-Disposition: form-data; name="dvSender"\r\n\r\n5\r\n',
        b'\r\nContent-Disposition: form-data; name="rutCompany"\r\n\r\n76918245\r\n',
        b'\r\nContent-Disposition: form-data; name="dvCompany"\r\n\r\n4\r\n',
    ]
    assert b'filename="envio_' in body
    assert body.endswith(f"\r\n\r\n<a>\xf1</a>\r\n--{boundary}--\r\n".encode("latin-1"))


def test_the_boundary_never_occurs_in_the_file(canned: Any, answer: Answer) -> None:
    receipt_json = '{"trackid": 1, "estado": "REC"}'
    channel, transport = canned(answer(receipt_json), answer(receipt_json))
    channel.upload(b"x", sender=ROSA, issuer=SHOP, at=NOON)
    # The boundary comes from the content's hash, so only a collision can be tested by its guard.
    boundary = transport.asked[-1][2]["Content-Type"].split("boundary=")[1]

    channel.upload(boundary.encode(), sender=ROSA, issuer=SHOP, at=NOON)

    assert transport.asked[-1][2]["Content-Type"].split("boundary=")[1] != boundary


@pytest.mark.parametrize(
    ("body", "track_id", "repeated"),
    [
        ('{"trackid": 251000000007919, "estado": "REC"}', "251000000007919", False),
        ('{"trackid": "000123456789012", "estado": "REC"}', "000123456789012", False),
        (receipt("<STATUS>0</STATUS><TRACKID>39</TRACKID>"), "39", False),
        (
            receipt(
                "<STATUS>99</STATUS> Archivo ya fue enviado 2 veces con Trackid 251550580."
                " Debe esperar 900 segundos antes de reintentar"
            ),
            "251550580",
            True,
        ),
        (
            '{"codigo":"99","descripcion":"Archivo ya fue enviado 3 veces con Trackid 77."}',
            "77",
            True,
        ),
    ],
)
def test_reads_each_receipt(
    canned: Any, answer: Answer, body: str, track_id: str, repeated: bool
) -> None:
    uploaded = upload(canned, answer(body))

    assert (uploaded.track_id, uploaded.repeated) == (track_id, repeated)
    assert uploaded.raw == body.encode()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (("", 200), OutcomeUnknown),
        (("[]", 200), OutcomeUnknown),
        (("listo", 200), OutcomeUnknown),
        (("<html>trackid 12 ya fue enviado con Trackid 12</html>", 200), OutcomeUnknown),
        (("<R/>", 200), OutcomeUnknown),
        (("{}", 200), Refused),
        (('{"trackid": null, "estado": "RSC"}', 200), Refused),
        (('{"trackid": 1.5}', 200), Refused),
        ((receipt("<STATUS>7 </STATUS><DETAIL><ERROR>LSX-00265</ERROR></DETAIL>"), 200), Refused),
        ((receipt("<STATUS>9</STATUS>"), 200), Unavailable),
        (("", 302), OutcomeUnknown),
        (("", 204), OutcomeUnknown),
        (("<html>Acceso Denegado</html>", 403), Unavailable),
        (("<html>no hay</html>", 404), Unavailable),
        (("lento", 429), Unavailable),
        (("ocupado", 503), OutcomeUnknown),
        (("roto", 500), OutcomeUnknown),
        (('{"codigo": "2", "descripcion": "grande"}', 413), Refused),
        (("malo", 400), Refused),
    ],
)
def test_sorts_what_is_no_receipt_by_what_to_do_next(
    canned: Any, answer: Answer, response: tuple[str, int], error: Any
) -> None:
    with pytest.raises(error) as raised:
        upload(canned, answer(*response, content_type="text/plain"))

    assert type(raised.value) is error


def test_a_refusal_keeps_the_words_of_the_sii(canned: Any, answer: Answer) -> None:
    body = receipt(
        "<STATUS>7 </STATUS><DETAIL><ERROR>LSX-00265: uno.</ERROR><ERROR>dos</ERROR></DETAIL>"
    )

    with pytest.raises(Refused) as refusal:
        upload(canned, answer(body))

    assert (refusal.value.status, refusal.value.text) == ("7", "LSX-00265: uno.; dos")
    assert refusal.value.code == "sii_refused"


@pytest.mark.parametrize(
    "body", ['{"estado": "001"}', "<R><ESTADO>003</ESTADO></R>", receipt("<STATUS>5</STATUS>")]
)
def test_a_token_refused_inside_a_200_is_renewed(canned: Any, answer: Answer, body: str) -> None:
    seed, token = (
        "<R><ESTADO>0</ESTADO><SEMILLA>1</SEMILLA></R>",
        "<R><ESTADO>0</ESTADO><TOKEN>B</TOKEN></R>",
    )
    channel, transport = canned(
        answer(body), answer(seed), answer(token), answer('{"trackid": 5, "estado": "REC"}')
    )

    assert channel.upload(b"x", sender=ROSA, issuer=SHOP, at=NOON).track_id == "5"
    assert transport.asked[-1][2]["Cookie"] == "TOKEN=B"


def test_reads_a_processed_envelope_with_details_in_latin_1(canned: Any, answer: Answer) -> None:
    body = (
        '{"rut_emisor":"76918245-4","trackid":1014,"estado":"EPR",'
        '"estadistica":[{"tipo":39,"informados":3,"aceptados":2,"rechazados":1,"reparos":0},'
        '{"tipo":41,"informados":1,"aceptados":0,"rechazados":0,"reparos":1}],'
        '"detalle_rep_rech":[{"tipo":39,"folio":1202,"estado":"RCH","descripcion":"Señal",'
        '"error":[{"seccion":"HED","linea":222,"nivel":3,"codigo":100,"descripcion":"Valor","detalle":null}]},'
        '{"tipo":41,"folio":3500,"estado":"RPR","descripcion":"Dte con Reparo","error":[]}]}'
    ).encode("latin-1")

    found = status(canned, answer(body))

    assert found.details[0].text == "Señal"
    assert found.details[0].errors[0].detail == ""
    assert found.state_of(39, 1202) is DocumentState.RCH
    assert found.state_of(39, 1203) is DocumentState.DOK
    assert found.state_of(41, 3500) is DocumentState.RPR
    assert found.raw == body


@pytest.mark.parametrize(
    "statistics",
    [
        "[]",
        '[{"tipo":39,"informados":3,"aceptados":2,"rechazados":1}]',
        '[{"tipo":39,"informados":3,"aceptados":0,"rechazados":0}]',
        '[{"tipo":41,"informados":3,"aceptados":3,"rechazados":0}]',
        "null",
    ],
)
def test_silence_is_no_acceptance_when_the_counters_do_not_bear_it_out(
    canned: Any, answer: Answer, statistics: str
) -> None:
    found = status(canned, answer(f'{{"estado":"EPR","estadistica":{statistics}}}'))

    assert found.final
    assert found.state_of(39, 1) is None


@pytest.mark.parametrize(
    ("code", "state", "final"),
    [
        ("XYZ", EnvelopeState.UNKNOWN, False),
        ("-11", EnvelopeState.UNKNOWN, False),
        ("?", EnvelopeState.UNKNOWN, False),
        ("106", EnvelopeState.NO_PERMISSION, False),
        ("107", EnvelopeState.NOT_AUTHORIZED, False),
        ("PDR", EnvelopeState.PDR, False),
        ("RPT", EnvelopeState.RPT, True),
        ("RPR", EnvelopeState.RPR, True),
    ],
)
def test_unlisted_codes_survive_as_text_and_are_not_an_end(
    canned: Any, answer: Answer, code: str, state: EnvelopeState, final: bool
) -> None:
    found = status(canned, answer(f'{{"estado": "{code}"}}'))

    assert (found.state, found.code, found.final) == (state, code, final)
    assert found.state.needs_person == (code in ("106", "107"))


def test_unlisted_document_codes_survive_too(canned: Any, answer: Answer) -> None:
    channel, transport = canned(answer('{"codigo": "ZZZ", "descripcion": "raro"}'))

    found = channel.document_status(
        issuer=SHOP, kind=39, folio=7, receiver=Rut.parse("66666666-6"),
        total_clp=29800, issue_date=date(2026, 2, 9), at=NOON,
    )  # fmt: skip

    assert (found.code, found.raw_code, found.text) == (DocumentCode.UNKNOWN, "ZZZ", "raro")
    assert not found.code.is_final
    assert transport.asked[-1][1] == (
        "http://sii.example/recursos/v1/boleta.electronica/76918245-4-39-7/estado"
        "?rut_receptor=66666666&dv_receptor=6&monto=29800&fechaEmision=09-02-2026"
    )


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (("<html>entra</html>", 200), Unavailable),
        (("<html>no</html>", 404), Unavailable),
        (("[]", 200), Unavailable),
        (('{"estado": ""}', 200), Unavailable),
        (('{"estado": "REC"}', 500), Unavailable),
        (('{"codigo": "10", "descripcion": "mal"}', 400), Refused),
    ],
)
def test_a_page_or_an_empty_answer_is_no_state(
    canned: Any, answer: Answer, response: tuple[str, int], error: Any
) -> None:
    with pytest.raises(error):
        status(canned, answer(*response))


def test_a_document_answer_without_a_code_is_no_verdict(canned: Any, answer: Answer) -> None:
    channel, _ = canned(answer('{"descripcion": "sin codigo"}'))

    with pytest.raises(Unavailable):
        channel.document_status(
            issuer=SHOP, kind=39, folio=7, receiver=ROSA, total_clp=1,
            issue_date=date(2026, 2, 9), at=NOON,
        )  # fmt: skip


def test_every_code_has_a_meaning_in_spanish() -> None:
    for enum in (EnvelopeState, DocumentState, DocumentCode):
        meanings = [member.meaning for member in enum]
        assert all(len(meaning) > 5 for meaning in meanings)


def test_track_ids_are_digits(canned: Any) -> None:
    channel, transport = canned()

    with pytest.raises(ValueError, match="digits"):
        channel.envelope_status(SHOP, "../x", at=NOON)

    assert transport.asked == []
