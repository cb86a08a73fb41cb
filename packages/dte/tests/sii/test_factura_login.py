"""The login of the SOAP side, and that its token is never the REST side's."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from dte.certificate import CertificateExpired
from dte.rut import Rut
from dte.sii import (
    BoletaChannel,
    FacturaChannel,
    FacturaTokenSource,
    LoginRefused,
    OutcomeUnknown,
    Response,
    SessionLimit,
    TokenSource,
    TokenState,
    Unavailable,
    demo_hosts,
)

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
SHOP, ROSA = Rut.parse("76918245-4"), Rut.parse("12345678-5")
Answer = Callable[..., Response]


def reply(head: str, body: str = "") -> str:
    return f"<R><RESP_HDR>{head}</RESP_HDR><RESP_BODY>{body}</RESP_BODY></R>"


def seed(returned: Answer) -> Response:
    return returned("getSeed", reply("<ESTADO>00</ESTADO>", "<SEMILLA>0305309</SEMILLA>"))


def token(returned: Answer, state: str, value: str = "", words: str = "") -> Response:
    glosa = f"<GLOSA>{words}</GLOSA>" if words else ""
    body = f"<TOKEN>{value}</TOKEN>" if value else ""
    return returned("getToken", reply(f"<ESTADO>{state}</ESTADO>{glosa}", body))


def source(soap_canned: Any, certificate: Any, *answers: Response) -> tuple[Any, Any]:
    _, _, transport = soap_canned(*answers, login=False)
    hosts = demo_hosts("http://sii.example")
    session = FacturaTokenSource(hosts=hosts, transport=transport, certificate=certificate)
    return session, transport


def test_the_seed_travels_back_signed_inside_the_call(
    soap_canned: Any, certificate: Any, returned: Answer
) -> None:
    session, transport = source(
        soap_canned, certificate, seed(returned), token(returned, "00", "T")
    )

    assert session.token(NOON) == "T"

    asked, signed = (etree.fromstring(body) for _, _, _, body in transport.asked)
    assert [etree.QName(asked[0][0]).localname, len(asked[0][0])] == ["getSeed", 0]
    inside = etree.fromstring(signed[0][0].findtext("pszXml", "").encode("latin-1"))
    assert inside.findtext("item/Semilla") == "0305309"
    assert inside.find("{http://www.w3.org/2000/09/xmldsig#}Signature") is not None


def test_many_threads_log_in_once(soap_canned: Any, certificate: Any, returned: Answer) -> None:
    session, transport = source(
        soap_canned, certificate, seed(returned), token(returned, "00", "T")
    )
    tokens: list[str] = []
    threads = [
        threading.Thread(target=lambda: tokens.append(session.token(NOON))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tokens == ["T"] * 8
    assert len(transport.asked) == 2


def test_a_token_is_kept_for_half_an_hour_and_not_for_a_clock_set_back(
    soap_canned: Any, certificate: Any, returned: Answer
) -> None:
    logins = [(seed(returned), token(returned, "00", name)) for name in ("A", "B", "C")]
    session, _ = source(soap_canned, certificate, *sum(logins, ()))

    found = [session.token(NOON + timedelta(minutes=minutes)) for minutes in (0, 29, 30, 31, 5)]

    assert found == ["A", "A", "B", "B", "C"]


@pytest.mark.parametrize("state", ["08", "10", "8"])
def test_a_seed_lost_at_the_sii_is_asked_for_once_more(
    soap_canned: Any, certificate: Any, returned: Answer, state: str
) -> None:
    session, transport = source(
        soap_canned,
        certificate,
        seed(returned),
        token(returned, state),
        seed(returned),
        token(returned, "00", "T"),
    )

    assert session.token(NOON) == "T"
    assert transport.answers == []


@pytest.mark.parametrize("state", [state for state in TokenState if state.is_final])
def test_a_refused_login_says_what_to_do(
    soap_canned: Any, certificate: Any, returned: Answer, state: TokenState
) -> None:
    session, transport = source(
        soap_canned, certificate, seed(returned), token(returned, state.value)
    )

    with pytest.raises(LoginRefused) as refusal:
        session.token(NOON)

    assert (refusal.value.status, refusal.value.text) == (state.value, state.meaning)
    assert transport.answers == []


def test_the_words_of_the_sii_come_first(
    soap_canned: Any, certificate: Any, returned: Answer
) -> None:
    session, _ = source(
        soap_canned, certificate, seed(returned), token(returned, "05", words="firma invalida")
    )

    with pytest.raises(LoginRefused) as refusal:
        session.token(NOON)

    assert refusal.value.text == "firma invalida"


@pytest.mark.parametrize("state", ["12", "99", "ABC"])
def test_an_error_of_theirs_or_an_unknown_state_is_no_end(
    soap_canned: Any, certificate: Any, returned: Answer, state: str
) -> None:
    session, _ = source(soap_canned, certificate, seed(returned), token(returned, state))

    with pytest.raises(Unavailable):
        session.token(NOON)


@pytest.mark.parametrize("state", ["-1", "-2", "x"])
def test_no_seed_is_unavailable(
    soap_canned: Any, certificate: Any, returned: Answer, state: str
) -> None:
    body = reply(f"<ESTADO>{state}</ESTADO>", "<SEMILLA>1</SEMILLA>")
    session, _ = source(soap_canned, certificate, returned("getSeed", body))

    with pytest.raises(Unavailable):
        session.token(NOON)


@pytest.mark.parametrize("body", ["", "<html><body>entra</body></html>", "<R/>"])
def test_a_page_instead_of_a_seed_is_unavailable(
    soap_canned: Any, certificate: Any, answer: Answer, body: str
) -> None:
    session, _ = source(soap_canned, certificate, answer(body))

    with pytest.raises(Unavailable):
        session.token(NOON)


def test_a_login_lost_on_the_way_is_unavailable(certificate: Any) -> None:
    class Cut:
        def request(self, **_facts: Any) -> Response:
            raise OutcomeUnknown("cut")

    session = FacturaTokenSource(
        hosts=demo_hosts("http://sii.example"), transport=Cut(), certificate=certificate
    )

    with pytest.raises(Unavailable):
        session.token(NOON)


def test_an_expired_certificate_never_reaches_the_network(
    soap_canned: Any, certificate: Any
) -> None:
    session, transport = source(soap_canned, certificate)

    with pytest.raises(CertificateExpired):
        session.token(certificate.valid_to + timedelta(days=1))

    assert transport.asked == []


@pytest.mark.parametrize("page", [True, False])
def test_too_many_sessions_keeps_everybody_from_logging_in_for_a_while(
    soap_canned: Any, certificate: Any, returned: Answer, answer: Answer, page: bool
) -> None:
    """Each further login adds a session; retrying at once makes it worse."""
    words = "Ha alcanzado el máximo de sesiones autenticadas"
    limited = (
        answer(f"<html><script>alert('{words}')</script></html>")
        if page
        else token(returned, "12", words=words)
    )
    session, transport = source(
        soap_canned,
        certificate,
        seed(returned),
        limited,
        seed(returned),
        token(returned, "00", "T"),
    )

    for minutes in (0, 1, 9):
        with pytest.raises(SessionLimit) as limit:
            session.token(NOON + timedelta(minutes=minutes))
        assert limit.value.code == "sii_session_limit"
    assert len(transport.asked) == 2

    assert session.token(NOON + timedelta(minutes=10)) == "T"


def test_the_two_sides_never_see_each_others_token(
    certificate: Any, soap_login: list[Response], answer: Answer
) -> None:
    """A SOAP token on the REST side, or the reverse, is answered 401."""
    cookies: list[tuple[str, str]] = []
    rest = [
        answer("<R><ESTADO>00</ESTADO><SEMILLA>1</SEMILLA></R>"),
        answer("<R><ESTADO>00</ESTADO><TOKEN>DELREST</TOKEN></R>"),
    ]
    received = answer("<RECEPCIONDTE><STATUS>0</STATUS><TRACKID>7</TRACKID></RECEPCIONDTE>")

    class Both:
        def request(self, **facts: Any) -> Response:
            if "Cookie" in facts["headers"]:
                cookies.append((facts["url"], facts["headers"]["Cookie"]))
                return received
            return (soap_login if "/DTEWS/" in facts["url"] else rest).pop(0)

    hosts, transport = demo_hosts("http://sii.example"), Both()
    facturas = FacturaChannel(
        hosts=hosts,
        transport=transport,
        session=FacturaTokenSource(hosts=hosts, transport=transport, certificate=certificate),
    )
    boletas = BoletaChannel(
        hosts=hosts,
        transport=transport,
        session=TokenSource(hosts=hosts, transport=transport, certificate=certificate),
    )
    for _ in range(2):
        facturas.upload(b"<x/>", issuer=SHOP, at=NOON)
        boletas.upload(b"<x/>", sender=ROSA, issuer=SHOP, at=NOON)

    assert (
        cookies
        == [
            ("http://sii.example/cgi_dte/UPL/DTEUpload", "TOKEN=SEGUNDO"),
            ("http://sii.example/recursos/v1/boleta.electronica.envio", "TOKEN=DELREST"),
        ]
        * 2
    )
    assert not issubclass(FacturaTokenSource, TokenSource)
    assert not issubclass(TokenSource, FacturaTokenSource)
