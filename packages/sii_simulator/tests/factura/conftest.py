"""A shop that talks to the simulator with `dte`, and a bare wire of the standard library."""

import http.client
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from dte.build import build
from dte.caf import Caf, load_caf
from dte.certificate import Certificate, load_certificate
from dte.codes import DocumentType
from dte.document import CONSUMER, Document, Draft, Issuer, Line, Receiver, Reference
from dte.envelope import Cover, pack_boletas, pack_documents
from dte.rut import Rut
from dte.signer import sign_document
from dte.sii import (
    DocumentCode,
    FacturaChannel,
    FacturaTokenSource,
    HttpTransport,
    demo_hosts,
)
from sii_simulator.app import Simulator

SHOP, BUYER, ROSA = Rut.parse("76918245-4"), Rut.parse("77211233-5"), Rut.parse("12345678-5")
ISSUER = Issuer(
    rut=SHOP,
    name="Almacén Doña Rosa",
    giro="Minimarket",
    address="Calle Norte 1",
    commune="Curicó",
    activities=(472101,),
)
CUSTOMER = Receiver(
    rut=BUYER, name="Cliente Uno SpA", giro="Restaurante", address="Calle Sur 2", commune="Talca"
)
PROGRAM = "Mozilla/4.0 (compatible; PROG 1.0; Windows NT 5.0)"
UPLOAD = "/cgi_dte/UPL/DTEUpload"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    body: bytes

    def leaf(self, name: str) -> str | None:
        return etree.fromstring(self.body).findtext(f".//{name}")

    def returned(self) -> etree._Element:
        """The XML that came escaped as the operation's string."""
        text = next(
            element.text or ""
            for element in etree.fromstring(self.body).iter(etree.Element)
            if etree.QName(element).localname.endswith("Return")
        )
        return etree.fromstring(text.encode())


class Shop:
    """A shop with folios of every type, and its line to the simulated SII."""

    issuer = SHOP

    def __init__(self, simulator: Simulator, clock: Any) -> None:
        self.simulator = simulator
        self.clock = clock
        self.pfx = simulator.office.issue_certificate(rut=str(ROSA), name="Rosa", password="clave")
        self.certificate: Certificate = load_certificate(self.pfx, "clave")
        self.cafs: dict[int, Caf] = {}
        self.session = FacturaTokenSource(
            hosts=demo_hosts(simulator.url),
            transport=HttpTransport(),
            certificate=self.certificate,
        )
        self.channel = FacturaChannel(
            hosts=demo_hosts(simulator.url), transport=HttpTransport(), session=self.session
        )

    def caf(self, kind: int) -> Caf:
        if kind not in self.cafs:
            self.cafs[kind] = load_caf(
                self.simulator.office.issue_caf(
                    rut=str(SHOP), name="Almacén Doña Rosa", kind=kind, quantity=100
                )
            )
        return self.cafs[kind]

    def document(
        self, kind: int, folio: int, *references: Reference, price: int = 1000
    ) -> Document:
        draft = Draft(
            kind=DocumentType(kind),
            issuer=ISSUER,
            receiver=CONSUMER if kind == 39 else CUSTOMER,
            lines=(Line(name="Pan & café", quantity=Decimal(2), unit_price=Decimal(price)),),
            references=references,
            issue_date=date(2026, 11, 22),
        )
        return build(draft=draft, folio=folio, caf=self.caf(kind), at=self.clock())

    def note(self, kind: int, folio: int, of: Document, *, code: str = "1") -> Document:
        reference = Reference(
            kind=str(int(of.kind)),
            folio=str(of.folio),
            issue_date=of.issue_date,
            code=code,
            reason="Devuelve lo comprado",
        )
        return self.document(kind, folio, reference, price=1000 if code == "1" else 10)

    def signed(self, document: Document) -> bytes:
        return sign_document(document.xml, self.certificate)

    def envelope(self, *documents: Document) -> bytes:
        signed = [self.signed(document) for document in documents]
        pack = pack_boletas if documents[0].kind.is_boleta else pack_documents
        return pack(signed, COVER, self.certificate, self.clock())

    def upload(self, xml: bytes) -> Any:
        return self.channel.upload(xml, issuer=SHOP, at=self.clock())

    def deliver(self, *documents: Document) -> str:
        """Send an envelope and let the SII finish with it; answers the track id."""
        track_id = str(self.upload(self.envelope(*documents)).track_id)
        self.finish()
        return track_id

    def finish(self) -> None:
        while self.simulator.worker.step():
            pass

    def status(self, track_id: str) -> Any:
        return self.channel.envelope_status(SHOP, track_id, at=self.clock())

    def ask(self, document: Document, **other: Any) -> DocumentCode:
        return self.channel.document_status(**self._facts(document), **other).code

    def ask_signed(self, document: Document, signature: str) -> Any:
        return self.channel.signed_document_status(**self._facts(document), signature=signature)

    def _facts(self, document: Document) -> Any:
        return {
            "issuer": SHOP,
            "kind": int(document.kind),
            "folio": document.folio,
            "receiver": document.receiver,
            "total_clp": document.totals.total_clp,
            "issue_date": document.issue_date,
            "at": self.clock(),
        }


COVER = Cover(issuer=SHOP, sender=ROSA, resolution_date=date(2014, 8, 22), resolution_number=0)


@pytest.fixture
def shop(simulator: Simulator, clock: Any) -> Shop:
    made = Shop(simulator, clock)
    made.caf(33)
    return made


@pytest.fixture
def new_shop() -> type[Shop]:
    return Shop


class Wire:
    """Requests as they are, without a client's good manners."""

    program = PROGRAM
    upload_path = UPLOAD

    def __init__(self, url: str) -> None:
        self._url = url

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self._url).netloc, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Content-Type") or "", answer.read())
        finally:
            connection.close()

    def soap(self, path: str, operation: str, *values: str) -> Answer:
        inside = "".join(f"<p>{value}</p>" for value in values)
        body = (
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body><n:{operation} xmlns:n="x">{inside}'
            f"</n:{operation}></s:Body></s:Envelope>"
        )
        return self.call(
            "POST", path, body.encode(), {"SOAPAction": "", "Content-Type": "text/xml"}
        )

    def form(self, content: bytes, **changes: str) -> bytes:
        fields = {
            "rutSender": "12345678",
            "dvSender": "5",
            "rutCompany": "76918245",
            "dvCompany": "4",
        } | changes
        parts = "".join(
            f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        file = (
            '--XX\r\nContent-Disposition: form-data; name="archivo"; filename="envio.xml"\r\n'
            "Content-Type: text/xml\r\n\r\n"
        )
        return (parts + file).encode() + content + b"\r\n--XX--\r\n"

    def post_file(
        self, token: str, content: bytes, *, program: str = PROGRAM, **changes: str
    ) -> Answer:
        headers = {
            "Content-Type": "multipart/form-data; boundary=XX",
            "User-Agent": program,
            "Cookie": f"TOKEN={token}",
        }
        return self.call("POST", UPLOAD, self.form(content, **changes), headers)


@pytest.fixture
def wire(simulator: Simulator) -> Wire:
    return Wire(simulator.url)
