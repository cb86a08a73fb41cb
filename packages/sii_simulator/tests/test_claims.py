"""The register of acceptances and claims: who may say what, until when, and what follows."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from sii_simulator.app import Simulator
from sii_simulator.claims import CLAIM_PATHS, NAMESPACE, Claims
from sii_simulator.facts import Facts
from sii_simulator.faults import Endpoint, Fault, FaultKind
from sii_simulator.login import Login
from sii_simulator.records import FACTURA, Forced, Judged, Target
from sii_simulator.routes import Request, route
from sii_simulator.settings import Settings

SUPPLIER, SHOP = "77211233-5", "76918245-4"
ROSA, SELLER = "12345678-5", "11111111-1"
Ask = Callable[..., str]


def file(
    simulator: Simulator,
    at: Any,
    *,
    kind: int = 33,
    folio: int = 1,
    sender: str = SELLER,
    targets: tuple[Target, ...] = (),
) -> None:
    """Put an accepted document of the supplier into the register."""
    received, _ = simulator.registry.receive(
        f"{kind}-{folio}-{at}".encode(),
        issuer=SUPPLIER,
        sender=sender,
        file_name="e.xml",
        at=at,
        first_step_at=at,
        repeat_since=at,
        forced=Forced(),
        channel=FACTURA,
    )
    facts = Facts(
        issuer=SUPPLIER,
        kind=kind,
        folio=folio,
        receiver=SHOP,
        issue_date="2026-11-22",
        total_clp=2380,
    )
    judged = Judged(facts=facts, state="DOK", findings=(), targets=targets)
    assert simulator.registry.advance(received, state="EPR", next_at=at, judged=(judged,))


@pytest.fixture
def ask(simulator: Simulator, clock: Any) -> Ask:
    """Call the service as a person and return what stands in `<return>`."""

    def call(
        operation: str,
        *,
        person: str = ROSA,
        kind: str = "33",
        folio: str = "1",
        issuer: str = SUPPLIER,
        action: str = "",
        path: str = CLAIM_PATHS[0],
    ) -> str:
        token = f"T{person}"
        simulator.registry.drop_tokens()
        simulator.registry.add_token(token, rut=person, channel=FACTURA, at=clock())
        number, check = issuer.split("-")
        said = f"<accionDoc>{action}</accionDoc>" if action else ""
        body = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            f' xmlns:ws="{NAMESPACE}"><soapenv:Header/><soapenv:Body><ws:{operation}>'
            f"<rutEmisor>{number}</rutEmisor><dvEmisor>{check}</dvEmisor><tipoDoc>{kind}</tipoDoc>"
            f"<folio>{folio}</folio>{said}</ws:{operation}></soapenv:Body></soapenv:Envelope>"
        )
        reply = route(
            simulator,
            Request(
                method="POST",
                path=path,
                query={},
                headers={"cookie": f"TOKEN={token}"},
                body=body.encode(),
            ),
        )
        assert reply is not None
        assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
        text = reply.body.decode("utf-8")
        found = re.search(rf"<ns2:{operation}Response [^>]*><return>(.*)</return>", text)
        assert found
        return found[1]

    return call


def code(returned: str) -> int:
    found = re.match(r"<codResp>(-?\d+)</codResp><descResp>[^<]+</descResp>", returned)
    assert found
    return int(found[1])


def say(ask: Ask, *actions: str) -> list[int]:
    """Register one action after another."""
    return [code(ask("ingresarAceptacionReclamoDoc", action=action)) for action in actions]


@pytest.mark.parametrize(
    ("actions", "codes"),
    [
        (("ACD", "ACD"), [0, 7]),
        (("ACD", "ERM"), [0, 0]),
        (("ERM", "ACD"), [0, 0]),
        (("ACD", "RCD"), [0, 11]),
        (("ERM", "RFT"), [0, 13]),
        (("RCD", "ACD"), [0, 12]),
        (("RCD", "ERM"), [0, 6]),
        (("RFP", "RFT"), [0, 19]),
        (("RCD", "RFP"), [0, 5]),
        (("ACD", "ERM", "RCD"), [0, 0, 11]),
        (("XYZ",), [4]),
    ],
)
def test_says_what_may_follow_what(
    simulator: Simulator, clock: Any, ask: Ask, actions: tuple[str, ...], codes: list[int]
) -> None:
    file(simulator, clock())

    assert say(ask, *actions) == codes
    kept = [claim.action for claim in simulator.registry.claims_on((SUPPLIER, 33, 1))]
    assert kept == [action for action, code in zip(actions, codes, strict=True) if code == 0]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"issuer": "77211233-6"}, 1),
        ({"folio": "0"}, 2),
        ({"folio": "uno"}, 2),
        ({"kind": "52"}, 3),
        ({"kind": "39"}, 3),
        ({"folio": "2"}, 18),
        ({"kind": "34"}, 18),
        ({"person": SELLER}, 17),
    ],
)
def test_refuses_who_may_not_or_asks_wrongly(
    simulator: Simulator, clock: Any, ask: Ask, changes: dict[str, str], wanted: int
) -> None:
    file(simulator, clock())

    assert code(ask("ingresarAceptacionReclamoDoc", action="ACD", **changes)) == wanted
    assert simulator.registry.claims_on((SUPPLIER, 33, 1)) == []


def test_eighth_day_at_the_same_hour_is_too_late(
    simulator: Simulator, clock: Any, ask: Ask
) -> None:
    """Silence counts as acceptance: a claim a second before the hour still counts."""
    file(simulator, clock())
    file(simulator, clock(), folio=2)
    clock.forward(days=8, seconds=-1)
    assert code(ask("ingresarAceptacionReclamoDoc", action="RCD")) == 0

    clock.forward(seconds=1)

    assert code(ask("ingresarAceptacionReclamoDoc", action="RCD", folio="2")) == 8
    assert simulator.registry.claims_on((SUPPLIER, 33, 2)) == []
    # Told twice it stays what it was, also when the time is over.
    assert code(ask("ingresarAceptacionReclamoDoc", action="RCD")) == 7


def test_eight_days_are_days_of_the_calendar_over_a_change_of_clocks(
    simulator: Simulator, clock: Any, ask: Ask
) -> None:
    """On 5 April 2026 Chile turns the clock back: those eight days last 193 hours."""
    clock.at = clock.at.replace(month=4, day=1)
    file(simulator, clock())
    clock.forward(hours=8 * 24)
    assert code(ask("ingresarAceptacionReclamoDoc", action="ACD")) == 0

    clock.forward(hours=1)

    assert code(ask("ingresarAceptacionReclamoDoc", action="ERM")) == 8


def test_lists_events_with_who_and_when(simulator: Simulator, clock: Any, ask: Ask) -> None:
    file(simulator, clock())
    assert code(ask("listarEventosHistDoc")) == 16
    say(ask, "ERM")
    clock.forward(minutes=5)
    say(ask, "ACD")

    listed = ask("listarEventosHistDoc", person=SELLER)

    assert listed == (
        "<codResp>15</codResp><descResp>Listado de eventos del documento</descResp>"
        "<listaEventosDoc><codEvento>ERM</codEvento>"
        "<descEvento>Otorga Recibo de Mercaderías o Servicios</descEvento>"
        "<rutResponsable>76918245</rutResponsable><dvResponsable>4</dvResponsable>"
        "<fechaEvento>22-11-2026 12:00:00</fechaEvento></listaEventosDoc>"
        "<listaEventosDoc><codEvento>ACD</codEvento>"
        "<descEvento>Acepta Contenido del Documento</descEvento>"
        "<rutResponsable>76918245</rutResponsable><dvResponsable>4</dvResponsable>"
        "<fechaEvento>22-11-2026 12:05:00</fechaEvento></listaEventosDoc>"
    )


@pytest.mark.parametrize(
    ("actions", "days", "wanted"),
    [((), 0, 22), ((), 8, 25), (("ERM",), 0, 23), (("ERM",), 8, 23), (("RFP",), 8, 24)],
)
def test_says_whether_a_factura_may_be_assigned(
    simulator: Simulator,
    clock: Any,
    ask: Ask,
    actions: tuple[str, ...],
    days: int,
    wanted: int,
) -> None:
    file(simulator, clock())
    say(ask, *actions)
    clock.forward(days=days)

    assert code(ask("consultarDocDteCedible")) == wanted


@pytest.mark.parametrize(("days", "wanted"), [(7, 21), (8, 25)])
def test_credit_note_stops_an_assignment_when_it_came_in_time(
    simulator: Simulator, clock: Any, ask: Ask, days: int, wanted: int
) -> None:
    file(simulator, clock())
    clock.forward(days=days)
    annuls = Target(issuer=SUPPLIER, kind=33, folio=1, reason="1")
    file(simulator, clock(), kind=61, targets=(annuls,))

    clock.forward(days=8)

    assert code(ask("consultarDocDteCedible")) == wanted


def test_knows_no_assignment_of_other_types(simulator: Simulator, clock: Any, ask: Ask) -> None:
    file(simulator, clock(), kind=61)

    assert code(ask("consultarDocDteCedible", kind="61")) == 20
    assert code(ask("consultarDocDteCedible", folio="9")) == 18


def test_tells_when_the_sii_received_a_document(simulator: Simulator, clock: Any, ask: Ask) -> None:
    file(simulator, clock())
    clock.forward(days=3)

    assert ask("consultarFechaRecepcionSii", path=CLAIM_PATHS[1]) == "22-11-2026 12:00:00"
    assert ask("consultarFechaRecepcionSii", folio="2") == ""


def test_company_with_a_list_takes_no_other_person(
    simulator: Simulator, clock: Any, ask: Ask
) -> None:
    file(simulator, clock(), sender=ROSA)
    assert code(ask("ingresarAceptacionReclamoDoc", action="ACD")) == 17
    settings = Settings(signers=((SHOP, ROSA), (SUPPLIER, ROSA)))
    login = Login(
        registry=simulator.registry,
        authority=simulator.office.certificate_authority,
        settings=settings,
    )
    simulator.claims = Claims(registry=simulator.registry, login=login, settings=settings)

    assert code(ask("ingresarAceptacionReclamoDoc", action="ACD")) == 0
    assert code(ask("ingresarAceptacionReclamoDoc", action="ERM", person=SELLER)) == 17
    assert code(ask("listarEventosHistDoc", person=SELLER)) == 14


@pytest.mark.parametrize("cookie", ["", "TOKEN=NADIE"])
def test_wants_the_token_of_the_factura_channel(
    simulator: Simulator, clock: Any, cookie: str
) -> None:
    simulator.registry.add_token("BOLETA", rut=ROSA, channel="boleta", at=clock())

    for header in (cookie, "TOKEN=BOLETA"):
        reply = simulator.claims.answer({"cookie": header}, b"<x/>", at=clock())
        assert (reply.status, reply.body) == (401, b"NO ESTA AUTENTICADO")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<no",
        b"<a/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><a>&a;</a>',
        f'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f'<w:borrarTodo xmlns:w="{NAMESPACE}"><rutEmisor>1</rutEmisor><dvEmisor>9</dvEmisor>'
        f"<tipoDoc>33</tipoDoc><folio>1</folio></w:borrarTodo></S:Body></S:Envelope>".encode(),
    ],
)
def test_answers_a_fault_to_what_is_no_call(simulator: Simulator, clock: Any, body: bytes) -> None:
    simulator.registry.add_token("T", rut=ROSA, channel=FACTURA, at=clock())

    reply = simulator.claims.answer({"cookie": "TOKEN=T"}, body, at=clock())

    assert reply.status == 500
    assert b"<faultcode>S:Client</faultcode>" in reply.body


def test_ordered_code_is_answered_whatever_was_asked(
    simulator: Simulator, clock: Any, ask: Ask
) -> None:
    file(simulator, clock())
    simulator.faults.add(Fault(endpoint=Endpoint.CLAIM, kind=FaultKind.REFUSE, code="-1"))

    assert code(ask("ingresarAceptacionReclamoDoc", action="ACD")) == -1
    assert simulator.registry.claims_on((SUPPLIER, 33, 1)) == []
    assert code(ask("ingresarAceptacionReclamoDoc", action="ACD")) == 0
