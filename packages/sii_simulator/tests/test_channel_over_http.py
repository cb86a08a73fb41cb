"""The endpoints over real loopback HTTP, with a client of the standard library."""

import http.client
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from sii_simulator.app import Simulator
from sii_simulator.errors import BadOrder
from sii_simulator.faults import BadFault, Endpoint, Fault, FaultKind, FaultPlan
from sii_simulator.settings import Settings

Maker = Any
BASE = "/recursos/v1/boleta.electronica"
PROGRAM = "Mozilla/4.0 (compatible; PROG 1.0; Windows NT 5.0)"
SHOP, ROSA = "76918245-4", "12345678-5"


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body.decode("utf-8", "replace"))

    def leaf(self, name: str) -> str | None:
        return etree.fromstring(self.body).findtext(f".//{name}")


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


def log_in(call: Call, maker: Maker) -> str:
    seed = call("GET", f"{BASE}.semilla").leaf("SEMILLA")
    answer = call("POST", f"{BASE}.token", signed_seed(maker, seed))
    assert answer.leaf("ESTADO") == "00"
    return answer.leaf("TOKEN") or ""


def signed_seed(maker: Maker, seed: str | None) -> bytes:
    xml = f"<getToken><item><Semilla>{seed}</Semilla></item></getToken>"
    enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    return str(maker.person.sign(xml, "", enveloped)).encode()


def form(content: bytes, **changes: str) -> tuple[bytes, str]:
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
    file = '--XX\r\nContent-Disposition: form-data; name="archivo"; filename="envio.xml"\r\nContent-Type: text/xml\r\n\r\n'
    return (parts + file).encode() + content + b"\r\n--XX--\r\n", "multipart/form-data; boundary=XX"


def upload(
    call: Call, token: str, content: bytes, *, program: str = PROGRAM, **changes: str
) -> Answer:
    body, kind = form(content, **changes)
    return call(
        "POST",
        f"{BASE}.envio",
        body,
        {
            "Content-Type": kind,
            "User-Agent": program,
            "Cookie": f"TOKEN={token}",
            "Accept": "application/json",
        },
    )


def finish(simulator: Simulator) -> None:
    while simulator.worker.step():
        pass


def test_a_boleta_goes_all_the_way(simulator: Simulator, call: Call, maker: Maker) -> None:
    token = log_in(call, maker)

    sent = upload(call, token, maker.boleta(1))
    track = str(sent.json()["trackid"])
    states = []
    for _ in range(7):
        answer = call(
            "GET", f"{BASE}.envio/76918245-4-{track}", headers={"Cookie": f"TOKEN={token}"}
        )
        states.append(answer.json()["estado"])
        simulator.worker.step()

    assert (sent.status, sent.json()) == (
        200,
        {
            "rut_emisor": SHOP,
            "rut_envia": ROSA,
            "trackid": int(track),
            "fecha_recepcion": "2026-11-22 12:00:00",
            "estado": "REC",
            "file": "envio.xml",
        },
    )
    assert len(track) == 15
    assert states == ["REC", "SOK", "CRT", "FOK", "PRD", "EPR", "EPR"]
    assert answer.json() == {
        "rut_emisor": SHOP,
        "rut_envia": ROSA,
        "trackid": int(track),
        "fecha_recepcion": "22/11/2026 12:00:00",
        "estado": "EPR",
        "estadistica": [
            {"tipo": 39, "informados": 1, "aceptados": 1, "rechazados": 0, "reparos": 0}
        ],
        "detalle_rep_rech": [],
    }


def test_lists_remarks_and_rejections_with_their_errors(
    simulator: Simulator, call: Call, maker: Maker
) -> None:
    token = log_in(call, maker)
    wrong = maker.document(2, change_stamp=lambda dd: dd.replace("<MNT>3000", "<MNT>1"))
    remark = maker.document(3, change=lambda xml: xml.replace("<PrcItem>1500", "<PrcItem>1501"))
    sent = upload(
        call, token, maker.envelope(*(maker.dte(d) for d in (maker.document(1), wrong, remark)))
    )
    finish(simulator)

    answer = call(
        "GET",
        f"{BASE}.envio/76918245-4-{sent.json()['trackid']}",
        headers={"Cookie": f"TOKEN={token}"},
    )

    shape = answer.json()
    assert shape["estadistica"] == [
        {"tipo": 39, "informados": 3, "aceptados": 1, "rechazados": 1, "reparos": 1}
    ]
    assert [(d["folio"], d["estado"], d["descripcion"]) for d in shape["detalle_rep_rech"]] == [
        (2, "RCH", "Dte Rechazado"),
        (3, "RPR", "Dte con Reparo"),
    ]
    error = shape["detalle_rep_rech"][0]["error"][0]
    assert error.pop("linea") > 0
    assert error == {
        "seccion": "TED",
        "nivel": 3,
        "codigo": 640,
        "descripcion": "Monto del TED distinto al del documento",
        "detalle": "[1] <> [3000]",
    }


def test_the_same_file_within_900_seconds_gets_the_former_track(
    simulator: Simulator, call: Call, maker: Maker, clock: Any
) -> None:
    token, xml = log_in(call, maker), maker.boleta(1)
    first = upload(call, token, xml).json()["trackid"]
    clock.forward(seconds=899)

    again = upload(call, token, xml)
    finish(simulator)
    clock.forward(seconds=2)
    late = upload(call, token, xml)
    finish(simulator)

    assert (
        f"Archivo ya fue enviado 2 veces con Trackid {first}. Debe esperar 900 segundos"
        in again.body.decode()
    )
    assert again.leaf("STATUS") == "99"
    assert late.json()["trackid"] != first
    assert [(e.state, e.copies) for e in simulator.registry.list_latest(limit=9)] == [
        ("RFR", 1),
        ("EPR", 2),
    ]


@pytest.mark.parametrize(
    ("folio", "facts", "code"),
    [
        (1, "rut_receptor=66666666&dv_receptor=6&monto=3000&fechaEmision=22-11-2026", "DOK"),
        (1, "rut_receptor=66666666&dv_receptor=6&monto=3001&fechaEmision=22-11-2026", "DNK"),
        (1, "rut_receptor=66666666&dv_receptor=6&monto=3000&fechaEmision=21-11-2026", "DNK"),
        (1, "rut_receptor=76918245&dv_receptor=4&monto=3000&fechaEmision=22-11-2026", "DNK"),
        (2, "rut_receptor=66666666&dv_receptor=6&monto=3000&fechaEmision=22-11-2026", "FAU"),
        (101, "rut_receptor=66666666&dv_receptor=6&monto=3000&fechaEmision=22-11-2026", "FNA"),
    ],
)
def test_tells_what_it_knows_of_a_folio(
    simulator: Simulator, call: Call, maker: Maker, folio: int, facts: str, code: str
) -> None:
    token = log_in(call, maker)
    upload(call, token, maker.boleta(1))
    finish(simulator)

    answer = call(
        "GET", f"{BASE}/76918245-4-39-{folio}/estado?{facts}", headers={"Cookie": f"TOKEN={token}"}
    )

    assert (answer.status, answer.json()["codigo"]) == (200, code)


def test_knows_no_company_without_folios_and_refuses_half_a_question(
    call: Call, maker: Maker
) -> None:
    headers = {"Cookie": f"TOKEN={log_in(call, maker)}"}
    facts = "rut_receptor=66666666&dv_receptor=6&monto=3000&fechaEmision=22-11-2026"

    assert (
        call("GET", f"{BASE}/11111111-1-39-1/estado?{facts}", headers=headers).json()["codigo"]
        == "EMP"
    )
    assert call("GET", f"{BASE}/76918245-4-39-1/estado?monto=1", headers=headers).status == 400
    assert call("GET", f"{BASE}.envio/76918245-4-1", headers=headers).status == 404


def test_a_seed_serves_once_and_for_two_minutes(call: Call, maker: Maker, clock: Any) -> None:
    seed = call("GET", f"{BASE}.semilla").leaf("SEMILLA")
    late = call("GET", f"{BASE}.semilla").leaf("SEMILLA")

    first = call("POST", f"{BASE}.token", signed_seed(maker, seed)).leaf("ESTADO")
    second = call("POST", f"{BASE}.token", signed_seed(maker, seed)).leaf("ESTADO")
    clock.forward(seconds=121)
    third = call("POST", f"{BASE}.token", signed_seed(maker, late)).leaf("ESTADO")

    assert (first, second, third) == ("00", "10", "08")


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        (b"<getToken>", b"<getToken", "01"),
        (b"</Semilla>", b"0</Semilla>", "05"),
        (b"<Semilla>", b"<Semilla/><x>", "01"),
        (b"Signature xmlns", b"Firma xmlns", "01"),
        (b"xmldsig#sha1", b"xmldsig#sha256", "05"),
        (b'URI=""', b'URI="#x"', "05"),
        (b"<X509Certificate>", b"<X509Certificate>AA", "11"),
        (b"<Modulus>", b"<Modulus>AA", "21"),
    ],
)
def test_refuses_a_seed_signed_wrongly(
    call: Call, maker: Maker, old: bytes, new: bytes, state: str
) -> None:
    good = signed_seed(maker, call("GET", f"{BASE}.semilla").leaf("SEMILLA"))
    assert old in good

    answer = call("POST", f"{BASE}.token", good.replace(old, new, 1))

    assert answer.leaf("ESTADO") == state
    assert answer.leaf("TOKEN") is None


def test_refuses_an_unsigned_seed_and_one_without_a_rut(
    simulator: Simulator, call: Call, maker: Maker
) -> None:
    bare = b"<getToken><item><Semilla>000000000000</Semilla></item></getToken>"
    assert call("POST", f"{BASE}.token", bare).leaf("ESTADO") == "04"
    assert call("POST", f"{BASE}.token", b"<getToken/>").leaf("ESTADO") == "06"
    maker.person = type(maker.person)(
        simulator.office.issue_certificate(
            rut=ROSA, name="Rosa", password="clave", rut_place="none"
        )
    )
    seed = call("GET", f"{BASE}.semilla").leaf("SEMILLA")
    assert call("POST", f"{BASE}.token", signed_seed(maker, seed)).leaf("ESTADO") == "-07"


def test_a_token_expires_and_is_needed(call: Call, maker: Maker, clock: Any) -> None:
    token, xml = log_in(call, maker), maker.boleta(1)
    clock.forward(seconds=3601)

    for cookie in (token, "INVENTADO"):
        answer = upload(call, cookie, xml)
        assert (answer.status, answer.body) == (401, b"NO ESTA AUTENTICADO")
    assert call("GET", f"{BASE}.envio/76918245-4-1").status == 401


def test_refuses_another_program_name(call: Call, maker: Maker) -> None:
    answer = upload(call, log_in(call, maker), maker.boleta(1), program="curl/8")

    assert answer.status == 401


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"rutSender": "11111111", "dvSender": "1"}, 403, "1"),
        ({"rutCompany": "11111111", "dvCompany": "1"}, 403, "6"),
        ({"otro": "1"}, 400, "3"),
    ],
)
def test_refuses_forms_that_do_not_fit_the_login(
    simulator: Simulator, call: Call, maker: Maker, changes: dict[str, str], status: int, code: str
) -> None:
    answer = upload(call, log_in(call, maker), maker.boleta(1), **changes)

    assert (answer.status, answer.json()["codigo"]) == (status, code)
    assert simulator.registry.list_latest(limit=9) == []


def raw_call(simulator: Simulator, text: bytes) -> bytes:
    address = urlsplit(simulator.url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as link:
        link.sendall(text)
        link.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := link.recv(65536):
            answer += piece
    return answer


def test_refuses_chunked_missing_length_and_cut_bodies(simulator: Simulator, maker: Maker) -> None:
    head = f"POST {BASE}.envio HTTP/1.1\r\nHost: x\r\nUser-Agent: {PROGRAM}\r\n".encode()

    chunked = raw_call(
        simulator, head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    unmeasured = raw_call(simulator, head + b"\r\n")
    cut = raw_call(simulator, head + b"Content-Length: 100\r\n\r\nhello")

    assert [answer.split()[1] for answer in (chunked, unmeasured, cut)] == [b"411", b"411", b"400"]
    assert simulator.registry.list_latest(limit=9) == []


def test_refuses_a_file_over_the_limit(simulator: Simulator, call: Call, maker: Maker) -> None:
    token = log_in(call, maker)

    answer = upload(call, token, b" " * (simulator.settings.upload_limit_bytes + 1))

    assert (answer.status, answer.json()["codigo"]) == (413, "2")


@pytest.mark.parametrize(
    ("fault", "status", "stored"),
    [
        (Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.STATUS, status=502), 502, 0),
        (Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.STATUS, status=500, stored=True), 500, 1),
        (Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.HTML), 200, 0),
        (Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.HTML, stored=True), 200, 1),
        (Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.DROP_TOKENS), 401, 0),
        (Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.SLOW, seconds=0), 200, 1),
    ],
)
def test_breaks_the_answer_as_ordered_and_only_once(
    simulator: Simulator, call: Call, maker: Maker, fault: Fault, status: int, stored: int
) -> None:
    token = log_in(call, maker)
    simulator.faults.add(fault)

    answer = upload(call, token, maker.boleta(1))

    assert answer.status == status
    assert (b"<html" in answer.body.lower()) == (fault.kind in (FaultKind.HTML, FaultKind.STATUS))
    assert len(simulator.registry.list_latest(limit=9)) == stored
    assert simulator.faults.pending() == ()


@pytest.mark.parametrize(
    ("kind", "stored"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1)]
)
def test_drops_the_connection_before_or_after_storing(
    simulator: Simulator, call: Call, maker: Maker, kind: FaultKind, stored: int
) -> None:
    token = log_in(call, maker)
    simulator.faults.add(Fault(endpoint=Endpoint.UPLOAD, kind=kind))

    with pytest.raises((ConnectionError, http.client.BadStatusLine)):
        upload(call, token, maker.boleta(1))

    assert len(simulator.registry.list_latest(limit=9)) == stored


@pytest.mark.parametrize(
    ("state", "end", "documents"),
    [
        ("RSC", "RSC", []),
        ("RCT", "RCT", []),
        ("RFR", "RFR", []),
        ("RCH", "EPR", ["RCH"]),
        ("RPR", "EPR", ["RPR"]),
    ],
)
def test_rejects_as_ordered(
    simulator: Simulator, call: Call, maker: Maker, state: str, end: str, documents: list[str]
) -> None:
    simulator.faults.add(
        Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.REJECT, state=state, text="porque sí")
    )
    upload(call, log_in(call, maker), maker.boleta(1))
    finish(simulator)

    envelope = simulator.registry.list_latest(limit=1)[0]
    judged = simulator.registry.documents_of(envelope.id)
    assert (envelope.state, [document.state for document in judged]) == (end, documents)
    words = [finding.text for document in judged for finding in document.findings]
    assert [envelope.glosa, *words] in (["porque sí"], ["", "porque sí"])


def test_never_finishes_when_ordered(
    simulator: Simulator, call: Call, maker: Maker, clock: Any
) -> None:
    simulator.faults.add(Fault(endpoint=Endpoint.UPLOAD, kind=FaultKind.STUCK))
    upload(call, log_in(call, maker), maker.boleta(1))
    finish(simulator)
    clock.forward(days=30)
    finish(simulator)

    assert simulator.registry.list_latest(limit=1)[0].state == "REC"


def order(call: Call, path: str, shape: object) -> Answer:
    return call("POST", path, json.dumps(shape).encode(), {"Content-Type": "application/json"})


def test_takes_fault_scripts_over_http(simulator: Simulator, call: Call) -> None:
    answer = order(
        call,
        "/simulador/fallas",
        {"faults": [{"endpoint": "semilla", "kind": "status", "count": 2}]},
    )

    codes = [call("GET", f"{BASE}.semilla").status for _ in range(3)]
    assert answer.json()["faults"][0]["count"] == 2
    assert codes == [503, 503, 200]
    assert call("GET", "/simulador/fallas").json() == {"faults": []}


@pytest.mark.parametrize(
    "fault",
    [
        {"endpoint": "nada", "kind": "slow"},
        {"endpoint": "envio", "kind": "nada"},
        {"endpoint": "semilla", "kind": "reject"},
        {"endpoint": "envio", "kind": "slow", "seconds": 100000},
        {"endpoint": "envio", "kind": "status", "status": 200},
        {"endpoint": "envio", "kind": "reject", "state": "EPR"},
        {"endpoint": "envio", "kind": "slow", "count": 0},
        {"endpoint": "envio", "kind": "slow", "otro": 1},
        7,
    ],
)
def test_refuses_meaningless_fault_scripts(simulator: Simulator, call: Call, fault: object) -> None:
    answer = order(call, "/simulador/fallas", {"faults": [fault]})

    assert answer.status == 422
    assert simulator.faults.pending() == ()


def test_random_faults_repeat_with_their_seed() -> None:
    def draw(seed: int) -> list[bool]:
        plan = FaultPlan()
        plan.roll(seed=seed, chances=((30, Fault(endpoint=Endpoint.ANY, kind=FaultKind.STATUS)),))
        return [plan.take(Endpoint.UPLOAD) is not None for _ in range(200)]

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert 30 < sum(draw(7)) < 90
    with pytest.raises(BadFault):
        FaultPlan().roll(
            seed=1, chances=((101, Fault(endpoint=Endpoint.ANY, kind=FaultKind.SLOW)),)
        )


def test_issues_cafs_certificates_and_the_key_over_http(simulator: Simulator, call: Call) -> None:
    caf = order(
        call,
        "/simulador/caf",
        {"rut": SHOP, "name": "Rosa", "kind": 39, "quantity": 7, "authorized_on": "2026-01-02"},
    )
    pfx = order(call, "/simulador/certificado", {"rut": ROSA, "name": "Rosa", "password": "x"})
    key = call("GET", "/simulador/clave").json()

    assert (caf.leaf("H"), caf.leaf("FA"), caf.leaf("IDK")) == ("7", "2026-01-02", "900")
    assert (pfx.status, pfx.kind) == (200, "application/x-pkcs12")
    assert (key["idk"], key["exponent"]) == (900, 65537)
    assert int(key["modulus_hex"], 16) == simulator.office.authority_key.modulus
    assert (key["resolution_number"], key["resolution_date"]) == (0, "2014-08-22")


def test_refuses_orders_that_are_wrong_or_not_json(call: Call) -> None:
    wrong = order(call, "/simulador/caf", {"rut": "1-1", "name": "Rosa"})
    foreign = call(
        "POST", "/simulador/caf", b"rut=1", {"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert (wrong.status, wrong.json()["code"]) == (422, "bad_rut")
    assert (foreign.status, foreign.json()["code"]) == (422, "not_json")


def test_shows_people_what_came_in(simulator: Simulator, call: Call, maker: Maker) -> None:
    empty = call("GET", "/")
    spoiled = maker.document(2, change_stamp=lambda dd: dd.replace("<MNT>3000", "<MNT>1"))
    sent = upload(
        call, log_in(call, maker), maker.envelope(maker.dte(maker.document(1)), maker.dte(spoiled))
    )
    finish(simulator)
    track = sent.json()["trackid"]

    listed = call("GET", "/").body.decode()
    detail = call("GET", f"/envio/{track}").body.decode()

    assert "Todavía no llega ningún envío" in empty.body.decode()
    assert str(track) in listed
    assert "1 aceptado<" in listed
    assert "76.918.245-4" in listed
    assert "TED-3-640" in detail
    assert "$3.000" in detail
    for html in (listed, detail):
        assert "<script" not in html
        assert "style=" not in html
    assert call("GET", "/estilo.css").kind.startswith("text/css")
    assert call("GET", "/icono.svg").kind == "image/svg+xml"
    assert '<link rel="icon" href="/icono.svg">' in listed
    assert call("GET", f"/envio/{track}.xml").body.startswith(b"<?xml")
    assert call("GET", "/envio/1").status == 404


def test_register_lists_documents_for_machines(
    simulator: Simulator, call: Call, maker: Maker
) -> None:
    upload(call, log_in(call, maker), maker.boleta(1))
    finish(simulator)

    envelope = call("GET", f"/simulador/registro?issuer={SHOP}").json()["envelopes"][0]

    assert (envelope["state"], envelope["copies"]) == ("EPR", 1)
    assert envelope["documents"] == [
        {
            "issuer": SHOP,
            "kind": 39,
            "folio": 1,
            "receiver": "66666666-6",
            "issue_date": "2026-11-22",
            "total_clp": 3000,
            "state": "DOK",
            "errors": [],
        }
    ]
    assert call("GET", f"/simulador/registro?issuer={ROSA}").json() == {"envelopes": []}


def test_lists_every_document_page_by_page(simulator: Simulator, call: Call, maker: Maker) -> None:
    wrong = maker.document(2, change_stamp=lambda dd: dd.replace("<MNT>3000", "<MNT>1"))
    sent = upload(
        call,
        log_in(call, maker),
        maker.envelope(*(maker.dte(d) for d in (maker.document(1), wrong, maker.document(3)))),
    )
    finish(simulator)

    first = call("GET", f"/simulador/documentos?issuer={SHOP}&limit=2").json()
    rest = call("GET", f"/simulador/documentos?kind=39&limit=2&after={first['next']}").json()
    other = call("GET", "/simulador/documentos?kind=33").json()

    rows = first["documents"] + rest["documents"]
    track = str(sent.json()["trackid"])
    assert [(r["folio"], r["state"], r["channel"], r["track_id"]) for r in rows] == [
        (1, "DOK", "boleta", track),
        (2, "RCH", "boleta", track),
        (3, "DOK", "boleta", track),
    ]
    assert [error["code"] for error in rows[1]["errors"]] == [640]
    assert rest["next"] is None
    assert other == {"documents": [], "next": None}


def test_annuls_only_folios_that_were_granted_and_never_issued(
    simulator: Simulator, call: Call, maker: Maker
) -> None:
    upload(call, log_in(call, maker), maker.boleta(1))
    finish(simulator)
    path, folios = "/simulador/anulacion", {"rut": SHOP, "kind": 39}

    used = order(call, path, {**folios, "first": 1, "last": 3})
    beyond = order(call, path, {**folios, "first": 100, "last": 101})
    backwards = order(call, path, {**folios, "first": 9, "last": 8})
    done = order(call, path, {**folios, "first": 2, "last": 3})
    again = order(call, path, {**folios, "first": 3})

    assert [a.json()["code"] for a in (used, beyond, backwards)] == [
        "folio_used",
        "not_granted",
        "bad_range",
    ]
    assert done.json() == {
        "folios_disp": 97,
        "max_autor": None,
        "ranges": [
            {
                "first": 1,
                "last": 100,
                "authorized_on": "2026-11-22",
                "lapses_on": None,
                "annulled": 2,
            }
        ],
    }
    assert again.json() == done.json()


def test_says_when_folios_lapse_and_gives_a_caf_again(simulator: Simulator, call: Call) -> None:
    asked = {"rut": SHOP, "name": "Rosa", "kind": 33, "quantity": 5, "authorized_on": "2026-08-31"}
    first = order(call, "/simulador/caf", asked)

    again = order(call, "/simulador/reobtencion", {"rut": SHOP, "kind": 33, "folio": 4})
    unknown = order(call, "/simulador/reobtencion", {"rut": SHOP, "kind": 33, "folio": 6})
    folios = call("GET", f"/simulador/folios?issuer={SHOP}&kind=33").json()

    assert again.body == first.body
    assert unknown.json()["code"] == "not_granted"
    assert folios["ranges"][0]["lapses_on"] == "2027-02-28"


def test_grants_no_more_folios_than_the_stock_allows(tmp_path: Path, clock: Any) -> None:
    settings = Settings(unused_folio_limit=10)
    asked: dict[str, object] = {"rut": SHOP, "name": "Rosa", "kind": 33, "quantity": 7}
    with Simulator(tmp_path / "office", settings=settings, clock=clock) as limited:
        limited.control.caf(asked)

        with pytest.raises(BadOrder) as refusal:
            limited.control.caf(asked)

        left = json.loads(limited.control.folios(issuer=SHOP, kind=33).body)
    assert refusal.value.code == "too_many_folios"
    assert "hasta 3." in refusal.value.message
    assert (left["folios_disp"], left["max_autor"]) == (7, 3)
