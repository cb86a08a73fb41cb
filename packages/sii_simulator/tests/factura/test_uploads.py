"""The upload gateway of the factura channel: what it takes, and what becomes of it."""

import http.client
import socket
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from dte.envelope import Cover
from dte.folio_usage import sum_usage, write_folio_usage
from dte.rut import Rut
from dte.sealing import open_file, seal_file
from dte.sii import (
    DocumentCode,
    EnvelopeState,
    Refused,
)
from sii_simulator.app import Simulator
from sii_simulator.records import Forced
from sii_simulator.registry import Registry
from sii_simulator.settings import Settings
from sii_simulator.tables import TABLES

SHOP = Rut.parse("76918245-4")
ROSA = Rut.parse("12345678-5")
COVER = Cover(issuer=SHOP, sender=ROSA, resolution_date=date(2014, 8, 22), resolution_number=0)
PROGRAM = "Mozilla/4.0 (compatible; PROG 1.0; Windows NT 5.0)"
UPLOAD = "/cgi_dte/UPL/DTEUpload"


def test_a_factura_goes_all_the_way(shop: Any) -> None:
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


def test_counts_each_type_of_an_envelope(shop: Any) -> None:
    factura = shop.document(33, 1)
    track_id = shop.deliver(factura, shop.document(33, 2), shop.note(61, 1, factura))

    counts = shop.status(track_id).counts

    assert [(c.kind, c.informed, c.accepted) for c in counts] == [(33, 2, 2), (61, 1, 1)]


def test_another_program_gets_a_page(shop: Any, wire: Any) -> None:
    token = shop.session.token(shop.clock())

    answer = wire.post_file(token, shop.envelope(shop.document(33, 1)), program="python/3")

    assert (answer.status, answer.kind) == (200, "text/html")
    assert shop.simulator.registry.list_latest(limit=1) == []


def test_refuses_uploads_with_a_status(shop: Any, wire: Any, clock: Any) -> None:
    token = shop.session.token(shop.clock())
    xml = shop.envelope(shop.document(33, 1))
    long_line = xml.replace(b"<SetDTE", b" " * 4090 + b"<SetDTE", 1)

    answers = {
        "no token": wire.post_file("", xml),
        "another person": wire.post_file(token, xml, rutSender="11111111", dvSender="1"),
        "a company without folios": wire.post_file(
            token, xml, rutCompany="77211233", dvCompany="5"
        ),
        "cut XML": wire.post_file(token, xml[:-40]),
        "a long line": wire.post_file(token, long_line),
        "another root": wire.post_file(token, xml.replace(b"EnvioDTE", b"EnvioDTX")),
        "no form": wire.call("POST", UPLOAD, b"x", {"User-Agent": PROGRAM}),
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


def test_refuses_a_schema_error_at_once(shop: Any) -> None:
    xml = shop.envelope(shop.document(33, 1)).replace(b"<TipoDTE>33<", b"<TipoDTE>99<")

    with pytest.raises(Refused) as refusal:
        shop.upload(xml)

    assert refusal.value.status == "7"
    assert "TipoDTE" in str(refusal.value)


def test_a_chunked_upload_is_read_to_four_kilobytes_and_called_cut(
    shop: Any, wire: Any, simulator: Simulator
) -> None:
    token = shop.session.token(shop.clock())
    body = wire.form(shop.envelope(shop.document(33, 1)))
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


def test_the_same_file_within_900_seconds_gets_the_former_track(shop: Any) -> None:
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


def test_boletas_may_come_here_too_and_do_not_clash_with_the_other_channel(shop: Any) -> None:
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


def test_takes_consumption_of_folios(shop: Any) -> None:
    day = date(2026, 11, 22)
    xml = write_folio_usage(sum_usage([], day), day, COVER, shop.certificate, shop.clock())
    good = shop.upload(xml)
    bad = shop.upload(xml.replace(b"<SecEnvio>1<", b"<SecEnvio>2<"))
    shop.finish()

    assert shop.status(good.track_id).code == "EPR"
    assert shop.status(bad.track_id).code == "RFR"


def guia_book(shop: Any, *, resolution: int = 0) -> bytes:
    content = (
        '<EnvioLibro ID="Libro">\n<Caratula>\n'
        f"<RutEmisorLibro>{SHOP}</RutEmisorLibro>\n<RutEnvia>{ROSA}</RutEnvia>\n"
        "<PeriodoTributario>2026-11</PeriodoTributario>\n<FchResol>2014-08-22</FchResol>\n"
        f"<NroResol>{resolution}</NroResol>\n<TipoLibro>ESPECIAL</TipoLibro>\n"
        "<TipoEnvio>TOTAL</TipoEnvio>\n<FolioNotificacion>1</FolioNotificacion>\n</Caratula>\n"
        "<TmstFirma>2026-11-22T12:00:00</TmstFirma>\n</EnvioLibro>"
    )
    return seal_file(open_file("LibroGuia", content), shop.certificate)


def test_takes_a_book_and_judges_its_cover_and_signature(shop: Any) -> None:
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
    tmp_path: Path, clock: Any, new_shop: Any
) -> None:
    settings = Settings(stage_ms=0, schema_at_upload=False)
    made = Simulator(tmp_path / "later", settings=settings, clock=clock)
    made.worker.start = lambda: None  # type: ignore[method-assign]  # steps are taken by hand
    with made:
        shop = new_shop(made, clock)
        envelope = shop.envelope(shop.document(33, 1)).replace(b"<TipoDTE>33<", b"<TipoDTE>99<")
        tracks = [
            shop.upload(xml).track_id
            for xml in (envelope, guia_book(shop).replace(b">TOTAL<", b">NADA<"), envelope[:-9])
        ]
        shop.finish()

        assert [shop.status(track).code for track in tracks] == ["RSC", "LRH", "RSC"]


def test_only_listed_persons_may_send_for_a_company(
    tmp_path: Path, clock: Any, new_shop: Any
) -> None:
    settings = Settings(stage_ms=0, signers=((str(SHOP), "11111111-1"),))
    with Simulator(tmp_path / "closed", settings=settings, clock=clock) as closed:
        shop = new_shop(closed, clock)
        xml = shop.envelope(shop.document(33, 1))

        with pytest.raises(Refused) as refusal:
            shop.upload(xml)

    assert refusal.value.status == "1"


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
