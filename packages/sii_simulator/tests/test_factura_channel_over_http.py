"""The factura channel over real loopback HTTP, with `dte` and the standard library as clients."""

import http.client
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
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
from dte.folio_usage import sum_usage, write_folio_usage
from dte.rut import Rut
from dte.sealing import open_file, seal_file
from dte.signer import sign_document, sign_seed
from dte.sii import (
    DocumentCode,
    EnvelopeState,
    FacturaChannel,
    FacturaTokenSource,
    HttpTransport,
    OutcomeUnknown,
    Refused,
    Unavailable,
    demo_hosts,
)
from sii_simulator.app import Simulator
from sii_simulator.faults import Endpoint, Fault, FaultKind
from sii_simulator.registry import Forced, Registry
from sii_simulator.settings import Settings
from sii_simulator.tables import TABLES

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


Call = Callable[..., Answer]


@pytest.fixture
def call(simulator: Simulator) -> Call:
    def run(
        method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Content-Type") or "", answer.read())
        finally:
            connection.close()

    return run


def soap(call: Call, path: str, operation: str, *values: str) -> Answer:
    inside = "".join(f"<p>{value}</p>" for value in values)
    body = (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><n:{operation} xmlns:n="x">{inside}'
        f"</n:{operation}></s:Body></s:Envelope>"
    )
    return call("POST", path, body.encode(), {"SOAPAction": "", "Content-Type": "text/xml"})


def form(content: bytes, **changes: str) -> bytes:
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
    call: Call, token: str, content: bytes, *, program: str = PROGRAM, **changes: str
) -> Answer:
    headers = {
        "Content-Type": "multipart/form-data; boundary=XX",
        "User-Agent": program,
        "Cookie": f"TOKEN={token}",
    }
    return call("POST", UPLOAD, form(content, **changes), headers)


def test_a_factura_goes_all_the_way(shop: Shop) -> None:
    factura = shop.document(33, 1)
    receipt = shop.upload(shop.envelope(factura))
    states = []
    for _ in range(7):
        answer = shop.status(receipt.track_id)
        states.append(answer.code)
        shop.simulator.worker.step()

    assert (len(receipt.track_id), receipt.repeated) == (10, False)
    assert states == ["REC", "SOK", "CRT", "FOK", "PDR", "EPR", "EPR"]
    assert [
        (c.kind, c.informed, c.accepted, c.rejected, c.with_remarks) for c in answer.counts
    ] == [(33, 1, 1, 0, 0)]
    assert shop.ask(factura) is DocumentCode.DOK


def test_counts_each_type_of_an_envelope(shop: Shop) -> None:
    factura = shop.document(33, 1)
    track_id = shop.deliver(factura, shop.document(33, 2), shop.note(61, 1, factura))

    counts = shop.status(track_id).counts

    assert [(c.kind, c.informed, c.accepted) for c in counts] == [(33, 2, 2), (61, 1, 1)]


def test_answers_in_the_shape_of_axis(shop: Shop, call: Call) -> None:
    answer = soap(call, "/DTEWS/CrSeed.jws", "getSeed")

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


def test_refuses_calls_that_are_none(call: Call, simulator: Simulator) -> None:
    path = "/DTEWS/QueryEstUp.jws"
    good = soap(call, path, "getEstUp", "76918245", "4", "1", "T")
    answers = {
        "a parameter more": soap(call, path, "getEstUp", "1", "9", "76918245", "4", "1", "T"),
        "another operation": soap(call, path, "getEstDte", "76918245", "4", "1", "T"),
        "no XML": call("POST", path, b"no", {"SOAPAction": ""}),
        "no SOAP": call("POST", path, b"<a/>", {"SOAPAction": ""}),
        "no SOAPAction": call("POST", path, b"<a/>", {}),
    }

    assert good.status == 200
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(answers, 500)
    assert all(answer.leaf("faultstring") for answer in answers.values())
    assert b"no SOAPAction" in answers["no SOAPAction"].body


def test_describes_its_services(call: Call, simulator: Simulator) -> None:
    answer = call("GET", "/DTEWS/QueryEstUp.jws?wsdl")

    assert b'parameterOrder="RutCompania DvCompania TrackId Token"' in answer.body
    assert call("GET", "/DTEWS/QueryEstUp.jws").status == 404


def login(call: Call, certificate: Certificate, change: Callable[[bytes], bytes]) -> str:
    seed = soap(call, "/DTEWS/CrSeed.jws", "getSeed").returned().findtext(".//SEMILLA")
    assert seed
    signed = change(sign_seed(seed, certificate)).decode()
    quoted = signed.replace("&", "&amp;").replace("<", "&lt;")
    answer = soap(call, "/DTEWS/GetTokenFromSeed.jws", "getToken", quoted)
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
    shop: Shop, call: Call, state: str, change: Callable[[bytes], bytes]
) -> None:
    assert login(call, shop.certificate, change) == state


def test_knows_only_the_seeds_it_gave(shop: Shop, call: Call) -> None:
    unknown = sign_seed("000000000001", shop.certificate)

    assert login(call, shop.certificate, lambda _: unknown) == "10"


def test_a_seed_lives_two_minutes(shop: Shop, call: Call, clock: Any) -> None:
    def wait(xml: bytes) -> bytes:
        clock.forward(seconds=121)
        return xml

    assert login(call, shop.certificate, wait) == "08"


def test_tokens_of_one_side_do_not_count_on_the_other(shop: Shop, call: Call) -> None:
    soap_token = shop.session.token(shop.clock())
    shop.simulator.registry.add_token("REST", rut=str(ROSA), channel="boleta", at=shop.clock())

    rest = call(
        "GET",
        "/recursos/v1/boleta.electronica.envio/76918245-4-1",
        headers={"Cookie": f"TOKEN={soap_token}"},
    )
    factura = post_file(call, "REST", b"<a/>")
    query = soap(call, "/DTEWS/QueryEstUp.jws", "getEstUp", "76918245", "4", "1", "REST")

    assert rest.status == 401
    assert factura.leaf("STATUS") == "5"
    assert query.returned().findtext(".//ESTADO") == "003"


def test_an_old_token_is_inactive_and_the_client_gets_a_new_one(shop: Shop, call: Call) -> None:
    track_id = shop.deliver(shop.document(33, 1))
    token = shop.session.token(shop.clock())
    shop.clock.forward(seconds=3601)
    asked = soap(call, "/DTEWS/QueryEstUp.jws", "getEstUp", "76918245", "4", track_id, token)
    shop.simulator.registry.drop_tokens()

    assert asked.returned().findtext(".//ESTADO") == "001"
    assert shop.status(track_id).state is EnvelopeState.EPR


def test_another_program_gets_a_page(shop: Shop, call: Call) -> None:
    token = shop.session.token(shop.clock())

    answer = post_file(call, token, shop.envelope(shop.document(33, 1)), program="python/3")

    assert (answer.status, answer.kind) == (200, "text/html")
    assert shop.simulator.registry.list_latest(limit=1) == []


def test_refuses_uploads_with_a_status(shop: Shop, call: Call, clock: Any) -> None:
    token = shop.session.token(shop.clock())
    xml = shop.envelope(shop.document(33, 1))
    long_line = xml.replace(b"<SetDTE", b" " * 4090 + b"<SetDTE", 1)

    answers = {
        "no token": post_file(call, "", xml),
        "another person": post_file(call, token, xml, rutSender="11111111", dvSender="1"),
        "a company without folios": post_file(
            call, token, xml, rutCompany="77211233", dvCompany="5"
        ),
        "cut XML": post_file(call, token, xml[:-40]),
        "a long line": post_file(call, token, long_line),
        "another root": post_file(call, token, xml.replace(b"EnvioDTE", b"EnvioDTX")),
        "no form": call("POST", UPLOAD, b"x", {"User-Agent": PROGRAM}),
    }

    assert {name: answer.leaf("STATUS") for name, answer in answers.items()} == {
        "no token": "5",
        "another person": "1",
        "a company without folios": "6",
        "cut XML": "7",
        "a long line": "7",
        "another root": "7",
        "no form": "3",
    }
    assert "LPX-00007" in (answers["cut XML"].leaf("ERROR") or "")
    assert "CHR-00002 Line too long" in (answers["a long line"].leaf("ERROR") or "")
    assert (answers["cut XML"].leaf("FILE"), answers["cut XML"].leaf("TRACKID")) == (
        "envio.xml",
        None,
    )
    assert shop.simulator.registry.list_latest(limit=1) == []


def test_refuses_a_schema_error_at_once(shop: Shop) -> None:
    xml = shop.envelope(shop.document(33, 1)).replace(b"<TipoDTE>33<", b"<TipoDTE>99<")

    with pytest.raises(Refused) as refusal:
        shop.upload(xml)

    assert refusal.value.status == "7"
    assert "TipoDTE" in str(refusal.value)


def test_a_chunked_upload_is_read_to_four_kilobytes_and_called_cut(
    shop: Shop, call: Call, simulator: Simulator
) -> None:
    token = shop.session.token(shop.clock())
    body = form(shop.envelope(shop.document(33, 1)))
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
    pieces = (body[at : at + 3000] for at in range(0, len(body), 3000))
    headers = {
        "Content-Type": "multipart/form-data; boundary=XX",
        "User-Agent": PROGRAM,
        "Cookie": f"TOKEN={token}",
    }

    connection.request("POST", UPLOAD, pieces, headers, encode_chunked=True)
    answer = etree.fromstring(connection.getresponse().read())
    connection.close()

    assert answer.findtext("STATUS") == "3"
    assert simulator.registry.list_latest(limit=1) == []


def test_says_no_to_a_body_too_large_or_cut_in_its_own_xml(
    tmp_path: Path, clock: Any, simulator: Simulator
) -> None:
    settings = Settings(factura_upload_limit_bytes=10)
    with Simulator(tmp_path / "small", settings=settings, clock=clock) as small:
        host, port = urlsplit(small.url).netloc.split(":")
        said = []
        for length, body in (("11", b"x" * 11), ("9", b"x")):
            with socket.create_connection((host, int(port)), timeout=10) as link:
                head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
                link.sendall(head.encode() + body)
                link.shutdown(socket.SHUT_WR)
                said.append(b"".join(iter(lambda: link.recv(4096), b"")))

    assert [b"<STATUS>2<" in said[0], b"<STATUS>3<" in said[1]] == [True, True]


def test_the_same_file_within_900_seconds_gets_the_former_track(shop: Shop) -> None:
    xml = shop.envelope(shop.document(33, 1))
    first = shop.upload(xml)
    shop.clock.forward(seconds=899)

    again = shop.upload(xml)
    shop.finish()
    shop.clock.forward(seconds=2)
    late = shop.upload(xml)
    shop.finish()

    assert (again.track_id, again.repeated) == (first.track_id, True)
    assert (
        f"Archivo ya fue enviado 2 veces con Trackid {first.track_id}. Debe esperar 900 segundos"
        in again.raw.decode()
    )
    assert late.track_id != first.track_id
    assert shop.status(late.track_id).state is EnvelopeState.RFR
    assert shop.status(first.track_id).state is EnvelopeState.EPR


def test_boletas_may_come_here_too_and_do_not_clash_with_the_other_channel(shop: Shop) -> None:
    boleta = shop.document(39, 1)
    xml = shop.envelope(boleta)
    registry, at = shop.simulator.registry, shop.clock()
    there, _ = registry.receive(
        xml, issuer=str(SHOP), sender=str(ROSA), file_name="e.xml", at=at, first_step_at=at,
        repeat_since=at, forced=Forced(),
    )  # fmt: skip
    here = shop.upload(xml)
    shop.finish()

    found = registry.find(there.track_id)
    assert found
    assert found.state == "EPR"
    assert shop.status(here.track_id).counts[0].accepted == 1


def test_tells_what_it_knows_of_a_folio(shop: Shop) -> None:
    known, other = shop.document(33, 1), shop.document(33, 2)
    shop.deliver(known)
    outside = replace(other, folio=101)
    shop.simulator.office.annul(rut=str(SHOP), kind=33, first=50, last=50)

    assert shop.ask(known) is DocumentCode.DOK
    assert shop.ask(replace(known, receiver=ROSA)) is DocumentCode.DNK
    assert shop.ask(replace(known, issue_date=date(2026, 11, 21))) is DocumentCode.DNK
    assert shop.ask(other) is DocumentCode.FAU
    assert shop.ask(outside) is DocumentCode.FNA
    assert shop.ask(replace(other, folio=50)) is DocumentCode.FAN


def test_knows_no_company_without_folios(shop: Shop) -> None:
    answer = shop.channel.document_status(
        issuer=BUYER, kind=33, folio=1, receiver=SHOP, total_clp=1,
        issue_date=date(2026, 11, 22), at=shop.clock(),
    )  # fmt: skip

    assert answer.code is DocumentCode.EMP
    assert answer.error is not None
    assert answer.error == "6"


def test_compares_the_signature_when_it_is_told(shop: Shop) -> None:
    factura = shop.document(33, 1)
    signed = etree.fromstring(shop.signed(factura).decode("iso-8859-1"))
    signature = signed.findtext(".//{http://www.w3.org/2000/09/xmldsig#}SignatureValue") or ""
    track_id = shop.deliver(factura)

    same = shop.ask_signed(factura, signature)
    other = shop.ask_signed(factura, signature[:-8] + "AAAAAAA=")

    assert (same.code, same.track_id) == (DocumentCode.DOK, track_id)
    assert other.code is DocumentCode.DNK


@pytest.mark.parametrize(
    ("kind", "code", "wanted"),
    [(61, "1", DocumentCode.ANC), (61, "3", DocumentCode.MMC), (56, "3", DocumentCode.MMD)],
)
def test_a_later_note_changes_the_answer(
    shop: Shop, kind: int, code: str, wanted: DocumentCode
) -> None:
    factura = shop.document(33, 1)
    shop.deliver(factura)
    shop.deliver(shop.note(kind, 1, factura, code=code))

    assert shop.ask(factura) is wanted


def test_an_annulled_note_changes_nothing(shop: Shop) -> None:
    factura = shop.document(33, 1)
    credit = shop.note(61, 1, factura)
    shop.deliver(factura)
    shop.deliver(credit)
    shop.deliver(shop.note(56, 1, credit))

    assert shop.ask(credit) is DocumentCode.AND
    assert shop.ask(factura) is DocumentCode.DOK


def test_another_companys_track_is_a_wrong_question(shop: Shop, call: Call) -> None:
    track_id = shop.deliver(shop.document(33, 1))
    token = shop.session.token(shop.clock())

    answer = soap(call, "/DTEWS/QueryEstUp.jws", "getEstUp", "77211233", "5", track_id, token)

    found = answer.returned()
    assert [found.findtext(f".//{name}") for name in ("ESTADO", "ERR_CODE")] == ["-11", "1"]
    assert shop.status("9999999999").state is EnvelopeState.NOT_KNOWN


def test_sends_the_mail_again_once_the_envelope_is_done(shop: Shop) -> None:
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    early = shop.channel.resend_mail(SHOP, track_id, at=shop.clock())
    shop.finish()

    assert early.name == "NOT_FINISHED"
    assert shop.channel.resend_mail(SHOP, track_id, at=shop.clock()).name == "ACCEPTED"
    with pytest.raises(Refused):
        shop.channel.resend_mail(SHOP, "1", at=shop.clock())


def test_takes_consumption_of_folios(shop: Shop) -> None:
    day = date(2026, 11, 22)
    xml = write_folio_usage(sum_usage([], day), day, COVER, shop.certificate, shop.clock())
    good = shop.upload(xml)
    bad = shop.upload(xml.replace(b"<SecEnvio>1<", b"<SecEnvio>2<"))
    shop.finish()

    assert shop.status(good.track_id).code == "EPR"
    assert shop.status(bad.track_id).code == "RFR"


def guia_book(shop: Shop, *, resolution: int = 0) -> bytes:
    content = (
        '<EnvioLibro ID="Libro">\n<Caratula>\n'
        f"<RutEmisorLibro>{SHOP}</RutEmisorLibro>\n<RutEnvia>{ROSA}</RutEnvia>\n"
        "<PeriodoTributario>2026-11</PeriodoTributario>\n<FchResol>2014-08-22</FchResol>\n"
        f"<NroResol>{resolution}</NroResol>\n<TipoLibro>ESPECIAL</TipoLibro>\n"
        "<TipoEnvio>TOTAL</TipoEnvio>\n<FolioNotificacion>1</FolioNotificacion>\n</Caratula>\n"
        "<TmstFirma>2026-11-22T12:00:00</TmstFirma>\n</EnvioLibro>"
    )
    return seal_file(open_file("LibroGuia", content), shop.certificate)


def test_takes_a_book_and_judges_its_cover_and_signature(shop: Shop) -> None:
    good = guia_book(shop)
    tracks = [
        shop.upload(xml).track_id
        for xml in (
            good,
            good.replace(b"2026-11<", b"2026-10<"),
            guia_book(shop, resolution=80),
        )
    ]
    shop.simulator.worker.step()
    first = shop.status(tracks[0]).code
    shop.finish()

    assert first == "LSO"
    assert [shop.status(track).code for track in tracks] == ["LOK", "LRH", "LRH"]
    found = [shop.simulator.registry.find(track) for track in tracks]
    assert [("Firma" in e.glosa, "resolucion" in e.glosa) for e in found if e] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_a_file_with_a_wrong_schema_is_turned_down_later_if_so_set(
    tmp_path: Path, clock: Any
) -> None:
    settings = Settings(stage_ms=0, schema_at_upload=False)
    made = Simulator(tmp_path / "later", settings=settings, clock=clock)
    made.worker.start = lambda: None  # type: ignore[method-assign]  # steps are taken by hand
    with made:
        shop = Shop(made, clock)
        envelope = shop.envelope(shop.document(33, 1)).replace(b"<TipoDTE>33<", b"<TipoDTE>99<")
        tracks = [
            shop.upload(xml).track_id
            for xml in (envelope, guia_book(shop).replace(b">TOTAL<", b">NADA<"), envelope[:-9])
        ]
        shop.finish()

        assert [shop.status(track).code for track in tracks] == ["RSC", "LRH", "RSC"]


@pytest.mark.parametrize("state", ["RSC", "RCT", "RFR", "RPT", "RCO", "VOF"])
def test_turns_an_envelope_down_as_ordered(shop: Shop, state: str) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REJECT, state=state)
    )
    factura = shop.document(33, 1)

    track_id = shop.deliver(factura)

    assert shop.status(track_id).code == state
    assert shop.ask(factura) is DocumentCode.FAU


@pytest.mark.parametrize("stage", ["REC", "SOK", "CRT", "FOK", "PRD"])
def test_stays_at_a_stage_as_ordered(shop: Shop, stage: str) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.STUCK, stage=stage)
    )

    track_id = shop.deliver(shop.document(33, 1))

    assert shop.status(track_id).code == stage.replace("PRD", "PDR")


def test_leaves_a_type_out_of_the_counters_as_ordered(shop: Shop) -> None:
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.HIDE_KIND, document_kind=61)
    )
    factura = shop.document(33, 1)
    track_id = shop.deliver(factura, shop.note(61, 1, factura))

    assert [count.kind for count in shop.status(track_id).counts] == [33]


def test_a_lost_answer_was_stored_and_the_second_try_gets_its_track(shop: Shop) -> None:
    xml = shop.envelope(shop.document(33, 1))
    shop.session.token(shop.clock())
    shop.simulator.faults.add(Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.DROP_AFTER))

    with pytest.raises(OutcomeUnknown):
        shop.upload(xml)
    again = shop.upload(xml)

    (stored,) = shop.simulator.registry.list_latest(limit=9)
    assert (again.track_id, again.repeated) == (stored.track_id, True)


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.ALERT, FaultKind.EMPTY])
def test_a_page_or_nothing_instead_of_an_answer(shop: Shop, kind: FaultKind) -> None:
    shop.session.token(shop.clock())
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_UPLOAD, kind=kind, stored=True),
        Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=kind),
    )

    with pytest.raises(OutcomeUnknown):
        shop.upload(shop.envelope(shop.document(33, 1)))
    (stored,) = shop.simulator.registry.list_latest(limit=9)
    with pytest.raises(Unavailable):
        shop.status(stored.track_id)

    assert shop.status(stored.track_id).code == "REC"


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("106", EnvelopeState.NO_PERMISSION),
        ("107", EnvelopeState.NOT_AUTHORIZED),
        ("001", EnvelopeState.REC),
    ],
)
def test_answers_an_ordered_state(shop: Shop, code: str, state: EnvelopeState) -> None:
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.REFUSE, code=code)
    )

    # An inactive token makes the client log in again and ask once more.
    assert shop.status(track_id).state is state


@pytest.mark.parametrize("code", ["1", "2", "3", "6", "7", "8"])
def test_refuses_an_upload_with_the_ordered_status(shop: Shop, code: str) -> None:
    shop.simulator.faults.add(Fault(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REFUSE, code=code))

    with pytest.raises(Refused) as refusal:
        shop.upload(shop.envelope(shop.document(33, 1)))

    assert refusal.value.status == code
    assert shop.simulator.registry.list_latest(limit=1) == []


def test_a_fault_can_wait_for_the_nth_call(shop: Shop) -> None:
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    shop.simulator.faults.add(
        Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.STATUS, after=1, count=1)
    )

    first = shop.status(track_id).code
    with pytest.raises(Unavailable):
        shop.status(track_id)

    assert [first, shop.status(track_id).code] == ["REC", "REC"]


def test_only_listed_persons_may_send_for_a_company(tmp_path: Path, clock: Any) -> None:
    settings = Settings(stage_ms=0, signers=((str(SHOP), "11111111-1"),))
    with Simulator(tmp_path / "closed", settings=settings, clock=clock) as closed:
        shop = Shop(closed, clock)
        xml = shop.envelope(shop.document(33, 1))

        with pytest.raises(Refused) as refusal:
            shop.upload(xml)

    assert refusal.value.status == "1"


def test_random_faults_of_this_channel_repeat_with_their_seed(shop: Shop) -> None:
    fault = Fault(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.STATUS)
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    runs = []
    for _ in range(2):
        shop.simulator.faults.roll(seed=7, chances=((50, fault),))
        runs.append([answers(shop, track_id) for _ in range(12)])

    assert runs[0] == runs[1]
    assert 0 < sum(runs[0]) < 12


def answers(shop: Shop, track_id: str) -> bool:
    try:
        shop.status(track_id)
    except Unavailable:
        return False
    return True


def test_knows_what_an_earlier_version_stored(tmp_path: Path, clock: Any) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "registro.sqlite3")) as database:
        database.executescript(TABLES)
        database.execute("INSERT INTO token VALUES ('T', '12345678-5', 0)")
        database.execute(
            "INSERT INTO envelope (track_id, issuer, sender, file_name, xml, sha256, received_ms,"
            " state, next_ms) VALUES ('1', '76918245-4', '12345678-5', 'e.xml', x'00', 'x', 0,"
            " 'EPR', 0)"
        )
        database.commit()

    registry = Registry(folder)

    (found,) = registry.list_latest(limit=9)
    assert (found.track_id, found.channel, found.hidden_kind) == ("1", "boleta", 0)
    assert registry.find_token("T", channel="boleta") is not None
    assert registry.find_token("T", channel="factura") is None
