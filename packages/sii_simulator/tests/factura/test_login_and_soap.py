"""Seeds, tokens and the SOAP of the factura channel over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from dte.certificate import Certificate
from dte.rut import Rut
from dte.signer import sign_seed
from dte.sii import (
    EnvelopeState,
)
from sii_simulator.app import Simulator

ROSA = Rut.parse("12345678-5")


def test_answers_in_the_shape_of_axis(shop: Any, wire: Any) -> None:
    answer = wire.soap("/DTEWS/CrSeed.jws", "getSeed")

    root = etree.fromstring(answer.body)
    assert answer.status == 200
    assert [etree.QName(e).localname for e in root.iter(etree.Element)] == [
        "Envelope",
        "Body",
        "getSeedResponse",
        "getSeedReturn",
    ]
    found = answer.returned()
    assert found.tag == "{http://www.sii.cl/XMLSchema}RESPUESTA"
    assert found.findtext(".//ESTADO") == "00"
    assert (found.findtext(".//SEMILLA") or "").isdigit()


def test_refuses_calls_that_are_none(wire: Any, simulator: Simulator) -> None:
    path = "/DTEWS/QueryEstUp.jws"
    good = wire.soap(path, "getEstUp", "76918245", "4", "1", "T")
    answers = {
        "a parameter more": wire.soap(path, "getEstUp", "1", "9", "76918245", "4", "1", "T"),
        "another operation": wire.soap(path, "getEstDte", "76918245", "4", "1", "T"),
        "no XML": wire.call("POST", path, b"no", {"SOAPAction": ""}),
        "no SOAP": wire.call("POST", path, b"<a/>", {"SOAPAction": ""}),
        "no SOAPAction": wire.call("POST", path, b"<a/>", {}),
    }

    assert good.status == 200
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(answers, 500)
    assert all(answer.leaf("faultstring") for answer in answers.values())
    assert b"no SOAPAction" in answers["no SOAPAction"].body


def test_describes_its_services(wire: Any, simulator: Simulator) -> None:
    answer = wire.call("GET", "/DTEWS/QueryEstUp.jws?wsdl")

    assert b'parameterOrder="RutCompania DvCompania TrackId Token"' in answer.body
    assert wire.call("GET", "/DTEWS/QueryEstUp.jws").status == 404


def login(wire: Any, certificate: Certificate, change: Callable[[bytes], bytes]) -> str:
    seed = wire.soap("/DTEWS/CrSeed.jws", "getSeed").returned().findtext(".//SEMILLA")
    assert seed
    signed = change(sign_seed(seed, certificate)).decode()
    quoted = signed.replace("&", "&amp;").replace("<", "&lt;")
    answer = wire.soap("/DTEWS/GetTokenFromSeed.jws", "getToken", quoted)
    return answer.returned().findtext(".//ESTADO") or ""


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("00", lambda xml: xml),
        ("01", lambda xml: xml[:-3]),
        ("04", lambda xml: xml[: xml.index(b"<Signature")] + b"</getToken>"),
        ("05", lambda xml: xml.replace(b"<DigestValue>", b"<DigestValue>AA")),
        ("06", lambda xml: xml.replace(b"Semilla>", b"Otra>")),
        (
            "11",
            lambda xml: xml[: xml.index(b"<X509Data")] + xml[xml.index(b"</X509Data>") + 11 :],
        ),
        ("21", lambda xml: xml.replace(b"<Exponent>AQAB", b"<Exponent>AQAD")),
    ],
)
def test_a_login_says_what_is_wrong(
    shop: Any, wire: Any, state: str, change: Callable[[bytes], bytes]
) -> None:
    assert login(wire, shop.certificate, change) == state


def test_knows_only_the_seeds_it_gave(shop: Any, wire: Any) -> None:
    unknown = sign_seed("000000000001", shop.certificate)

    assert login(wire, shop.certificate, lambda _: unknown) == "10"


def test_a_seed_lives_two_minutes(shop: Any, wire: Any, clock: Any) -> None:
    def wait(xml: bytes) -> bytes:
        clock.forward(seconds=121)
        return xml

    assert login(wire, shop.certificate, wait) == "08"


def test_tokens_of_one_side_do_not_count_on_the_other(shop: Any, wire: Any) -> None:
    soap_token = shop.session.token(shop.clock())
    shop.simulator.registry.add_token("REST", rut=str(ROSA), channel="boleta", at=shop.clock())

    rest = wire.call(
        "GET",
        "/recursos/v1/boleta.electronica.envio/76918245-4-1",
        headers={"Cookie": f"TOKEN={soap_token}"},
    )
    factura = wire.post_file("REST", b"<a/>")
    query = wire.soap("/DTEWS/QueryEstUp.jws", "getEstUp", "76918245", "4", "1", "REST")

    assert rest.status == 401
    assert factura.leaf("STATUS") == "5"
    assert query.returned().findtext(".//ESTADO") == "003"


def test_an_old_token_is_inactive_and_the_client_gets_a_new_one(shop: Any, wire: Any) -> None:
    track_id = shop.deliver(shop.document(33, 1))
    token = shop.session.token(shop.clock())
    shop.clock.forward(seconds=3601)
    asked = wire.soap("/DTEWS/QueryEstUp.jws", "getEstUp", "76918245", "4", track_id, token)
    shop.simulator.registry.drop_tokens()

    assert asked.returned().findtext(".//ESTADO") == "001"
    assert shop.status(track_id).state is EnvelopeState.EPR
