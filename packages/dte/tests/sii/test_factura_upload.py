"""Uploads of the factura channel byte by byte: what goes out, what each answer is taken for."""

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dte.sii
from dte.rut import Rut
from dte.sii import (
    LoginRefused,
    NotSent,
    OutcomeUnknown,
    Refused,
    Response,
    SenderMismatch,
    Unavailable,
)
from dte.sii.factura_channel import UPLOAD_LIMIT_BYTES

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
SHOP = Rut.parse("76918245-4")
Answer = Callable[..., Response]


def receipt(inside: str) -> str:
    return f'<?xml version="1.0"?>\n<RECEPCIONDTE>\n <FILE>e.xml</FILE>\n {inside}\n</RECEPCIONDTE>'


def upload(soap_canned: Any, *answers: Response, xml: bytes = b"<x/>") -> Any:
    channel, _, _ = soap_canned(*answers)
    return channel.upload(xml, issuer=SHOP, at=NOON)


LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Autenticación</title></head><body/></html>"


def test_the_upload_is_one_form_from_the_certificates_person_and_never_chunked(
    soap_canned: Any, answer: Answer, certificate: Any
) -> None:
    channel, _, transport = soap_canned(answer(receipt("<STATUS>0</STATUS><TRACKID>39</TRACKID>")))

    channel.upload(b"<a>\xf1</a>", issuer=SHOP, at=NOON)

    method, url, headers, body = transport.asked[-1]
    boundary = headers["Content-Type"].split("boundary=")[1]
    me = certificate.rut
    assert (method, url) == ("POST", "http://sii.example/cgi_dte/UPL/DTEUpload")
    assert headers["Cookie"] == "TOKEN=SOAPTOKEN"
    assert headers["User-Agent"].startswith("Mozilla/4.0 (compatible; PROG 1.0; ")
    assert "Transfer-Encoding" not in headers
    assert body.split(f"--{boundary}".encode())[1:5] == [
        f'\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (
            ("rutSender", me.number),
            ("dvSender", me.check),
            ("rutCompany", 76918245),
            ("dvCompany", 4),
        )
    ]
    assert body.endswith(f"\r\n\r\n<a>\xf1</a>\r\n--{boundary}--\r\n".encode("latin-1"))


def test_a_file_too_large_never_leaves(soap_canned: Any) -> None:
    channel, _, transport = soap_canned()

    with pytest.raises(Refused):
        channel.upload(b" " * (UPLOAD_LIMIT_BYTES + 1), issuer=SHOP, at=NOON)

    assert transport.asked == []


def test_a_file_that_names_another_sender_never_leaves(soap_canned: Any, certificate: Any) -> None:
    """RutEnvia other than the uploader's RUT turns a whole envelope down (CRT error 11)."""
    channel, _, transport = soap_canned()

    with pytest.raises(SenderMismatch) as mismatch:
        channel.upload(b"<C><RutEnvia>11111111-1</RutEnvia></C>", issuer=SHOP, at=NOON)

    assert mismatch.value.code == "sii_sender_mismatch"
    assert (mismatch.value.named, mismatch.value.certificate) == (
        "11111111-1",
        str(certificate.rut),
    )
    assert transport.asked == []


def test_a_file_that_names_the_certificates_person_goes_out(
    soap_canned: Any, answer: Answer, certificate: Any
) -> None:
    xml = f"<C><RutEnvia> {str(certificate.rut).lower()} </RutEnvia></C>".encode()

    found = upload(soap_canned, answer(receipt("<STATUS>0</STATUS><TRACKID>7</TRACKID>")), xml=xml)

    assert found.track_id == "7"


@pytest.mark.parametrize(
    ("body", "track_id", "repeated", "received_at"),
    [
        (
            receipt(
                "<TIMESTAMP>2002-11-25 18:51:44</TIMESTAMP><STATUS>0</STATUS><TRACKID>39</TRACKID>"
            ),
            "39",
            False,
            "2002-11-25 18:51:44",
        ),
        (receipt("<STATUS>0 </STATUS><TRACKID>0012345678</TRACKID>"), "0012345678", False, ""),
        (
            receipt(
                "<STATUS>99</STATUS>\n Archivo ya fue enviado 2 veces con Trackid 251550580."
                " Debe esperar 900 segundos antes de reintentar"
            ),
            "251550580",
            True,
            "",
        ),
    ],
)
@pytest.mark.parametrize("content_type", ["text/xml", "text/html", "text/plain"])
def test_reads_each_receipt_whatever_it_is_labelled(
    soap_canned: Any,
    answer: Answer,
    body: str,
    track_id: str,
    repeated: bool,
    received_at: str,
    content_type: str,
) -> None:
    uploaded = upload(soap_canned, answer(body, content_type=content_type))

    assert (uploaded.track_id, uploaded.repeated, uploaded.received_at) == (
        track_id,
        repeated,
        received_at,
    )
    assert uploaded.raw == body.encode()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        # A 200 is no success: a login page, an alert, nothing at all, something else.
        ((LOGIN_PAGE, 200), OutcomeUnknown),
        (("<script>alert('Su sesion ha expirado');</script>", 200), OutcomeUnknown),
        (("<html><body>alert</body></html>", 200), OutcomeUnknown),
        (("", 200), OutcomeUnknown),
        (("<RECEPCIONDTE>", 200), OutcomeUnknown),
        (("<RECEPCIONDTE/>", 200), OutcomeUnknown),
        (("ORA-12154", 200), OutcomeUnknown),
        # It has the file, but the number got lost; or nobody knows.
        ((receipt("<STATUS>0</STATUS>"), 200), OutcomeUnknown),
        ((receipt("<STATUS>99</STATUS> Error Interno"), 200), OutcomeUnknown),
        ((receipt("<STATUS>4</STATUS>"), 200), OutcomeUnknown),
        ((receipt("<STATUS>77</STATUS>"), 200), OutcomeUnknown),
        ((receipt("<STATUS>x</STATUS>"), 200), OutcomeUnknown),
        (("mal", 500), OutcomeUnknown),
        (("mal", 502), OutcomeUnknown),
        (("mal", 504), OutcomeUnknown),
        # It certainly did not take it.
        ((receipt("<STATUS>9</STATUS>"), 200), Unavailable),
        (("ocupado", 503), OutcomeUnknown),
        (("ocupado", 429), Unavailable),
        (("", 302), OutcomeUnknown),
        (("", 204), OutcomeUnknown),
        ((LOGIN_PAGE, 403), Unavailable),
        # It looked and said no.
        ((receipt("<STATUS>1</STATUS>"), 200), Refused),
        ((receipt("<STATUS>2</STATUS>"), 200), Refused),
        ((receipt("<STATUS>3</STATUS>"), 200), Refused),
        ((receipt("<STATUS>6</STATUS>"), 200), Refused),
        ((receipt("<STATUS>7 </STATUS>"), 200), Refused),
        ((receipt("<STATUS>8</STATUS>"), 200), Refused),
    ],
)
def test_sorts_what_is_no_receipt_by_what_to_do_next(
    soap_canned: Any, answer: Answer, response: tuple[str, int], error: Any
) -> None:
    with pytest.raises(error) as raised:
        upload(soap_canned, answer(*response, content_type="text/xml"))

    assert type(raised.value) is error


def test_a_refusal_keeps_the_words_of_the_sii_or_says_its_own(
    soap_canned: Any, answer: Answer
) -> None:
    words = "<DETAIL><ERROR>LSX-00265: uno</ERROR><ERROR>dos</ERROR></DETAIL>"

    with pytest.raises(Refused) as told:
        upload(soap_canned, answer(receipt(f"<STATUS>7 </STATUS>{words}")))
    with pytest.raises(Refused) as bare:
        upload(soap_canned, answer(receipt("<STATUS>6</STATUS>")))

    assert (told.value.status, told.value.text) == ("7", "LSX-00265: uno; dos")
    assert (bare.value.status, bare.value.text) == (
        "6",
        "La empresa no está autorizada en el SII a enviar archivos",
    )


def test_the_same_bytes_after_a_crash_find_their_track_again(
    soap_canned: Any, answer: Answer
) -> None:
    """A crash between upload and storing the track id: the second answer brings the first track."""
    channel, _, transport = soap_canned(
        answer(receipt("<STATUS>0</STATUS><TRACKID>251550580</TRACKID>")),
        answer(receipt("<STATUS>99</STATUS> Archivo ya fue enviado 1 veces con Trackid 251550580")),
    )
    first = channel.upload(b"<x/>", issuer=SHOP, at=NOON)
    again = channel.upload(b"<x/>", issuer=SHOP, at=NOON)

    assert first.track_id == again.track_id
    assert (first.repeated, again.repeated) == (False, True)
    assert transport.asked[-1][3] == transport.asked[-2][3]


@pytest.mark.parametrize("stale", [(receipt("<STATUS>5</STATUS>"), 200), ("", 401)])
def test_a_token_refused_at_the_upload_is_renewed_once(
    soap_canned: Any, answer: Answer, soap_login: list[Response], stale: tuple[str, int]
) -> None:
    channel, _, transport = soap_canned(
        answer(*stale),
        *soap_login,
        answer(receipt("<STATUS>0</STATUS><TRACKID>5</TRACKID>")),
    )

    assert channel.upload(b"<x/>", issuer=SHOP, at=NOON).track_id == "5"

    cookies = [headers.get("Cookie") for _, _, headers, _ in transport.asked]
    assert cookies == [None, None, "TOKEN=SOAPTOKEN", None, None, "TOKEN=SEGUNDO"]


def test_a_token_refused_twice_is_refused(
    soap_canned: Any, answer: Answer, soap_login: list[Response]
) -> None:
    channel, _, transport = soap_canned(answer("", 401), *soap_login, answer("", 401))

    with pytest.raises(LoginRefused):
        channel.upload(b"<x/>", issuer=SHOP, at=NOON)

    assert transport.answers == []


def test_a_reset_before_the_body_is_not_sent(
    soap_canned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, _, transport = soap_canned()
    inner = transport.request

    def reset(**facts: Any) -> Response:
        if facts["url"].endswith("DTEUpload"):
            raise NotSent("ConnectionResetError")
        found: Response = inner(**facts)
        return found

    monkeypatch.setattr(transport, "request", reset)

    with pytest.raises(NotSent):
        channel.upload(b"<x/>", issuer=SHOP, at=NOON)


def test_nothing_of_the_client_asks_for_a_chunked_body() -> None:
    """The gateway reads only the first chunk: about 4 KB of the file arrive, and it is rejected."""
    folder = Path(dte.sii.__file__).parent
    for file in folder.glob("*.py"):
        words = {
            node.value
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not any(re.fullmatch("(?i)transfer-encoding|chunked", word) for word in words)
