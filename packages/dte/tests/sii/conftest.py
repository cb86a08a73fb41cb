"""A real simulator on loopback, a shop that talks to it, and a transport that keeps a diary."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dte.build import build
from dte.caf import Caf, load_caf
from dte.certificate import Certificate, load_certificate
from dte.codes import DocumentType, Exemption
from dte.document import CONSUMER, Document, Draft, Issuer, Line
from dte.envelope import Cover, pack_boletas
from dte.rut import Rut
from dte.signer import sign_document
from dte.sii import (
    BoletaChannel,
    ClaimRegister,
    FacturaChannel,
    FacturaTokenSource,
    HttpTransport,
    Response,
    TokenSource,
    demo_hosts,
)
from sii_simulator.app import Simulator
from sii_simulator.faults import Fault
from sii_simulator.settings import Settings

SHOP = Rut.parse("76918245-4")
ROSA = Rut.parse("12345678-5")
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
_folios = itertools.count(1)


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: int) -> None:
        self.at += timedelta(**amount)


@dataclass
class Diary:
    """The real transport, with a note of each request and, if wished, a shorter patience."""

    inner: HttpTransport = field(default_factory=HttpTransport)
    calls: list[str] = field(default_factory=list)
    timeout_seconds: int | None = None

    def request(self, **facts: Any) -> Response:
        self.calls.append(facts["url"].rsplit("/boleta.electronica", 1)[1].split("?")[0])
        if self.timeout_seconds is not None:
            facts["timeout_seconds"] = self.timeout_seconds
        return self.inner.request(**facts)


@dataclass
class Canned:
    """A transport that answers from a list, for answers the simulator never gives."""

    answers: list[Response]
    asked: list[tuple[str, str, Mapping[str, str], bytes | None]] = field(default_factory=list)

    def request(self, **facts: Any) -> Response:
        self.asked.append((facts["method"], facts["url"], facts["headers"], facts["body"]))
        return self.answers.pop(0)


@dataclass(kw_only=True)
class Shop:
    """Everything a shop needs to talk to its simulated SII."""

    simulator: Simulator
    clock: SettableClock
    certificate: Certificate
    caf: Caf
    diary: Diary
    channel: BoletaChannel

    def boleta(self, *lines: tuple[str, str, str], folio: int | None = None) -> Document:
        draft = Draft(
            kind=DocumentType.BOLETA,
            issuer=Issuer(rut=SHOP, name="Almacén Doña Rosa", giro="Minimarket"),
            receiver=CONSUMER,
            lines=tuple(
                Line(
                    name=name,
                    quantity=Decimal(quantity),
                    unit_price=Decimal(price),
                    exemption=Exemption.EXEMPT if name.startswith("Exento") else None,
                )
                for name, quantity, price in lines or (("Pan & café", "2", "1500"),)
            ),
            issue_date=date(2026, 11, 22),
        )
        return build(draft=draft, folio=folio or next(_folios), caf=self.caf, at=NOON)

    def envelope(self, *documents: Document) -> bytes:
        signed = [sign_document(document.xml, self.certificate) for document in documents]
        return self.pack(*signed)

    def pack(self, *signed: bytes) -> bytes:
        cover = Cover(
            issuer=SHOP,
            sender=ROSA,
            resolution_date=date(2014, 8, 22),
            resolution_number=0,
        )
        return pack_boletas(signed, cover, self.certificate, NOON)

    def upload(self, xml: bytes, **more: Any) -> Any:
        return self.channel.upload(xml, sender=ROSA, issuer=SHOP, at=self.clock(), **more)

    def status(self, track_id: str) -> Any:
        return self.channel.envelope_status(SHOP, track_id, at=self.clock())

    def ask(self, document: Document, **other: Any) -> Any:
        facts = {
            "issuer": SHOP,
            "kind": 39,
            "folio": document.folio,
            "receiver": document.receiver,
            "total_clp": document.totals.total_clp,
            "issue_date": document.issue_date,
            "at": self.clock(),
        }
        return self.channel.document_status(**(facts | other))  # type: ignore[arg-type]  # overrides

    def finish(self) -> None:
        while self.simulator.worker.step():
            pass

    def break_next(self, **fault: Any) -> None:
        self.simulator.faults.add(Fault(**fault))

    def received(self) -> int:
        return len(self.simulator.registry.list_latest(limit=10_000))

    def log_in_again(self, certificate: Certificate | None = None) -> None:
        hosts = demo_hosts(self.simulator.url)
        session = TokenSource(
            hosts=hosts, transport=self.diary, certificate=certificate or self.certificate
        )
        self.channel = BoletaChannel(hosts=hosts, transport=self.diary, session=session)


@dataclass(frozen=True, kw_only=True)
class Premises:
    simulator: Simulator
    clock: SettableClock
    certificate: Certificate
    caf: Caf


@pytest.fixture(scope="session")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    clock = SettableClock(NOON)
    folder = tmp_path_factory.mktemp("sii")
    simulator = Simulator(folder, settings=Settings(stage_ms=0), clock=clock)
    # Envelopes move when a test says so: no test waits, none depends on timing.
    simulator.worker.start = lambda: None  # type: ignore[method-assign]  # see above
    pfx = simulator.office.issue_certificate(rut=str(ROSA), name="Rosa Pérez", password="clave")
    caf = simulator.office.issue_caf(rut=str(SHOP), name="Doña Rosa", quantity=5000)
    with simulator:
        yield Premises(
            simulator=simulator,
            clock=clock,
            certificate=load_certificate(pfx, "clave"),
            caf=load_caf(caf),
        )


@pytest.fixture
def shop(premises: Premises) -> Iterator[Shop]:
    premises.clock.at = NOON
    made = Shop(
        simulator=premises.simulator,
        clock=premises.clock,
        certificate=premises.certificate,
        caf=premises.caf,
        diary=Diary(),
        channel=None,  # type: ignore[arg-type]  # set by the next line
    )
    made.log_in_again()
    yield made
    made.simulator.faults.clear()
    made.finish()


@pytest.fixture
def canned(premises: Premises) -> Callable[..., tuple[BoletaChannel, Canned]]:
    """Make a channel whose login is good and whose next answers are given."""

    def make(*answers: Response) -> tuple[BoletaChannel, Canned]:
        transport = Canned([answer_of(_SEED), answer_of(_TOKEN), *answers])
        hosts = demo_hosts("http://sii.example")
        session = TokenSource(hosts=hosts, transport=transport, certificate=premises.certificate)
        return BoletaChannel(hosts=hosts, transport=transport, session=session), transport

    return make


@pytest.fixture
def answer() -> Callable[..., Response]:
    return answer_of


@pytest.fixture
def returned() -> Callable[..., Response]:
    return soap_of


@pytest.fixture
def soap_login() -> list[Response]:
    return soap_login_of("SEGUNDO")


@pytest.fixture
def soap_canned(
    certificate: Certificate,
) -> Callable[..., tuple[FacturaChannel, ClaimRegister, Canned]]:
    """Make the SOAP side with a good login and given answers; no simulator is behind it."""

    def make(
        *answers: Response, login: bool = True, **settings: Any
    ) -> tuple[FacturaChannel, ClaimRegister, Canned]:
        transport = Canned([*(soap_login_of("SOAPTOKEN") if login else ()), *answers])
        hosts = demo_hosts("http://sii.example")
        session = FacturaTokenSource(hosts=hosts, transport=transport, certificate=certificate)
        return (
            FacturaChannel(hosts=hosts, transport=transport, session=session, **settings),
            ClaimRegister(hosts=hosts, transport=transport, session=session),
            transport,
        )

    return make


def answer_of(
    body: str | bytes, status: int = 200, content_type: str = "application/json"
) -> Response:
    content = body.encode() if isinstance(body, str) else body
    return Response(status=status, headers=(("content-type", content_type),), body=content)


def soap_of(operation: str, inner: str) -> Response:
    """Wrap an answer as the SII's Axis does: XML escaped inside XML."""
    quoted = inner.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return answer_of(
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        f'<ns1:{operation}Response xmlns:ns1="https://maullin.sii.cl/DTEWS">'
        f'<{operation}Return xsi:type="xsd:string" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"{quoted}</{operation}Return></ns1:{operation}Response></soapenv:Body>"
        "</soapenv:Envelope>",
        content_type="text/xml; charset=utf-8",
    )


def soap_login_of(token: str) -> list[Response]:
    return [
        soap_of("getSeed", _SEED),
        soap_of("getToken", _TOKEN.replace("PRIMERO", token)),
    ]


# Both spellings circulate: with and without prefix on the leaves, ESTADO 0 and 00.
_SEED = (
    '<SII:RESPUESTA xmlns:SII="http://www.sii.cl/XMLSchema"><SII:RESP_HDR><SII:ESTADO>0'
    "</SII:ESTADO></SII:RESP_HDR><SII:RESP_BODY><SII:SEMILLA>030530912644</SII:SEMILLA>"
    "</SII:RESP_BODY></SII:RESPUESTA>"
)
_TOKEN = (
    '<?xml version="1.0" encoding="UTF-8"?><SII:RESPUESTA xmlns:SII="http://www.sii.cl/XMLSchema">'
    "<SII:RESP_HDR><ESTADO>00</ESTADO><GLOSA>Token Creado</GLOSA></SII:RESP_HDR>"
    "<SII:RESP_BODY><TOKEN>PRIMERO</TOKEN></SII:RESP_BODY></SII:RESPUESTA>"
)
