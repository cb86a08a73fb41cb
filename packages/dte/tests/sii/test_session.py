"""The login against the simulator: who gets a token, and what happens when the SII is off."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dte.certificate import CertificateExpired, load_certificate
from dte.sii import NotSent, Refused, Response, TokenSource, Unavailable, demo_hosts
from sii_simulator.caf_office import CafOffice
from sii_simulator.faults import Endpoint, FaultKind

Shop = Any


def source(shop: Shop, certificate: Any = None, transport: Any = None) -> TokenSource:
    return TokenSource(
        hosts=demo_hosts(shop.simulator.url),
        transport=transport or shop.diary,
        certificate=certificate or shop.certificate,
    )


def test_many_threads_log_in_once(shop: Shop) -> None:
    session = source(shop)
    tokens: list[str] = []
    threads = [
        threading.Thread(target=lambda: tokens.append(session.token(shop.clock())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(tokens)) == 1
    assert len(tokens) == 8
    assert shop.diary.calls == [".semilla", ".token"]


def test_renewing_takes_the_newer_token_of_a_colleague(shop: Shop) -> None:
    session = source(shop)
    old = session.token(shop.clock())

    first = session.renew(shop.clock(), refused=old)
    second = session.renew(shop.clock(), refused=old)

    assert first == second != old
    assert shop.diary.calls.count(".token") == 2


@pytest.mark.parametrize("place", ["subject", "san"])
def test_the_rut_may_stand_in_either_place(shop: Shop, place: Any) -> None:
    pfx = shop.simulator.office.issue_certificate(
        rut="12345678-5", name="Rosa", password="x", rut_place=place
    )

    assert source(shop, load_certificate(pfx, "x")).token(shop.clock())


def test_an_expired_certificate_never_reaches_the_network(shop: Shop) -> None:
    pfx = shop.simulator.office.issue_certificate(
        rut="12345678-5", name="Rosa", password="x", valid_to=shop.clock() - timedelta(days=1)
    )

    with pytest.raises(CertificateExpired):
        source(shop, load_certificate(pfx, "x")).token(shop.clock())

    assert shop.diary.calls == []


def test_a_strangers_certificate_is_refused(shop: Shop, tmp_path: Any) -> None:
    office = CafOffice(tmp_path, clock=shop.clock)
    pfx = office.issue_certificate(rut="12345678-5", name="Rosa", password="x")

    with pytest.raises(Refused) as refusal:
        source(shop, load_certificate(pfx, "x")).token(shop.clock())

    assert refusal.value.status == "-3"


@pytest.mark.parametrize("endpoint", [Endpoint.SEED, Endpoint.TOKEN])
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
def test_a_login_that_fails_is_unavailable_and_the_next_one_works(
    shop: Shop, endpoint: Endpoint, fault: dict[str, Any]
) -> None:
    session = source(shop)
    shop.break_next(endpoint=endpoint, **fault)

    with pytest.raises(Unavailable):
        session.token(shop.clock())

    assert session.token(shop.clock())


def test_no_server_at_all_is_not_sent(shop: Shop) -> None:
    session = TokenSource(
        hosts=demo_hosts("http://127.0.0.1:1"),
        transport=shop.diary,
        certificate=shop.certificate,
    )

    with pytest.raises(NotSent):
        session.token(shop.clock())


def reply(state: str, token: str = "") -> str:
    return (
        f"<RESPUESTA><RESP_HDR><ESTADO>{state}</ESTADO><GLOSA>dicho</GLOSA></RESP_HDR>"
        f"<RESP_BODY><TOKEN>{token}</TOKEN></RESP_BODY></RESPUESTA>"
    )


SEED = "<R><ESTADO>00</ESTADO><SEMILLA>12</SEMILLA></R>"


@pytest.mark.parametrize("state", ["08", "10"])
def test_a_seed_lost_at_the_sii_is_asked_for_once_more(
    shop: Shop, canned: Any, answer: Callable[..., Response], state: str
) -> None:
    _, transport = canned()
    transport.answers[:] = [
        answer(SEED),
        answer(reply(state)),
        answer(SEED),
        answer(reply("00", "T")),
    ]

    assert source(shop, transport=transport).token(shop.clock()) == "T"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([SEED, reply("05")], Refused),
        ([SEED, reply("10"), SEED, reply("10")], Refused),
        ([SEED, reply("00", "")], Refused),
        ([SEED, "<html>hola</html>"], Unavailable),
        ([SEED, "{}"], Unavailable),
        (["<R><ESTADO>-1</ESTADO></R>"], Unavailable),
        (["<R><ESTADO>00</ESTADO><SEMILLA>x</SEMILLA></R>"], Unavailable),
        (
            ['<!DOCTYPE r [<!ENTITY e "1">]><R><ESTADO>00</ESTADO><SEMILLA>&e;</SEMILLA></R>'],
            Unavailable,
        ),
        ([""], Unavailable),
    ],
)
def test_answers_that_are_no_token(
    shop: Shop, canned: Any, answer: Callable[..., Response], answers: list[str], error: Any
) -> None:
    _, transport = canned()
    transport.answers[:] = [answer(body) for body in answers]

    with pytest.raises(error):
        source(shop, transport=transport).token(shop.clock())

    assert transport.answers == []
