"""Each mistake gets the verdict that the SII gives it, and a good boleta gets none."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sii_simulator.app import Simulator
from sii_simulator.caf_office import CafOffice
from sii_simulator.records import Forced

# The fixtures live in conftest.py; their classes are only shapes here.
Maker = Any
Submit = Callable[[bytes], Any]


@pytest.mark.parametrize("form", ["default", "none", "portal"])
def test_accepts_each_signature_form_that_the_sii_accepts(
    maker: Maker, submit: Submit, form: str
) -> None:
    outcome = submit(maker.envelope(maker.dte(maker.document(1), form=form)))

    assert (outcome.state, outcome.documents) == ("EPR", {1: ("DOK", ())})


def test_accepts_accents_entities_and_quotes(maker: Maker, submit: Submit) -> None:
    lines = (('Ñandú "PLC\'S" <B&W> 30°', "1", "3000", 3000),)

    outcome = submit(maker.boleta(1, lines=lines))

    assert outcome.documents == {1: ("DOK", ())}


def test_accepts_the_mixed_case_of_affected_and_exempt_lines(maker: Maker, submit: Submit) -> None:
    # Case 4 of the SII's boleta test set: 8 x 1590 affected and 2 x 1000 exempt.
    document = maker.document(
        1,
        lines=(("Afecto", "8", "1590", 12720), ("Exento", "2", "1000", 2000)),
        totals="<MntNeto>10689</MntNeto><MntExe>2000</MntExe><IVA>2031</IVA><MntTotal>14720</MntTotal>",
        total=14720,
        change=lambda xml: xml.replace(
            "<NroLinDet>2</NroLinDet>", "<NroLinDet>2</NroLinDet><IndExe>1</IndExe>"
        ),
    )

    outcome = submit(maker.envelope(maker.dte(document)))

    assert outcome.documents == {1: ("DOK", ())}


def test_accepts_an_exempt_boleta(maker: Maker, submit: Submit) -> None:
    caf = maker.new_caf(kind=41)
    document = maker.document(
        1,
        caf=caf,
        totals="<MntExe>3000</MntExe><MntTotal>3000</MntTotal>",
        change=lambda xml: xml.replace("<TipoDTE>39<", "<TipoDTE>41<"),
        change_stamp=lambda dd: dd.replace("<TD>39</TD><F>", "<TD>41</TD><F>"),
    )

    outcome = submit(
        maker.envelope(
            maker.dte(document), change=lambda xml: xml.replace("<TpoDTE>39", "<TpoDTE>41")
        )
    )

    assert outcome.documents == {1: ("DOK", ())}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<IndServicio>3</IndServicio>\n", ""),
        ("<IVA>", "<TasaIVA>19</TasaIVA><IVA>"),
        ("<RznSocEmisor>", "<RznSoc>"),
        ("<QtyItem>2<", "<QtyItem>0<"),
        ("<FchEmis>2026-11-22<", "<FchEmis>2026-11-22-03:00<"),
        ("T12:00:00</TmstFirma>", "T12:00:00.5</TmstFirma>"),
        ("<NmbItem>Pan", "<!-- nota --><NmbItem>Pan"),
        ("<NmbItem>Pan", "<NmbItem>" + "a" * 4100),
    ],
)
def test_rejects_the_envelope_by_schema(maker: Maker, submit: Submit, old: str, new: str) -> None:
    def spoil(xml: str) -> str:
        return xml.replace(old, new).replace(
            "</RznSocEmisor>", "</RznSoc>" if "RznSoc>" in new else "</RznSocEmisor>"
        )

    document = maker.document(1, change=spoil)
    assert old not in document or new in document

    outcome = submit(maker.envelope(maker.dte(document)))

    assert outcome.state == "RSC"
    assert outcome.glosa
    assert outcome.documents == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'encoding="ISO-8859-1"', b'encoding="UTF-8"'),
        (b"?>\n<EnvioBOLETA", b"?>\n<!DOCTYPE x []>\n<EnvioBOLETA"),
        (b"</SetDTE>", b""),
        (b"EnvioBOLETA", b"EnvioDTE"),
    ],
)
def test_rejects_files_that_are_no_envelope(
    maker: Maker, submit: Submit, old: bytes, new: bytes
) -> None:
    outcome = submit(maker.boleta(1).replace(old, new))

    assert outcome.state == "RSC"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<RutReceptor>60803000-K", "<RutReceptor>76918245-4", "receptor"),
        ("<NroResol>0", "<NroResol>80", "Numero de resolucion"),
        ("<FchResol>2014-08-22", "<FchResol>2014-08-23", "Fecha de resolucion"),
        ("<NroDTE>1", "<NroDTE>2", "SubTotDTE"),
        ("<TpoDTE>39", "<TpoDTE>41", "SubTotDTE"),
        ("<RutEnvia>12345678-5", "<RutEnvia>11111111-1", "RUT envia diferente al Upload"),
        ("<RutEmisor>76918245-4", "<RutEmisor>11111111-1", "RUT emisor diferente"),
        ("<TmstFirmaEnv>2026-11-22T12:00", "<TmstFirmaEnv>2026-11-22T12:30", "futuro"),
    ],
)
def test_rejects_the_envelope_by_its_cover(
    maker: Maker, submit: Submit, old: str, new: str, words: str
) -> None:
    def spoil(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, 1)

    outcome = submit(maker.envelope(maker.dte(maker.document(1)), change=spoil))

    assert outcome.state == "RCT"
    assert words in outcome.glosa
    assert outcome.documents == {}


def test_rejects_an_envelope_changed_after_signing(maker: Maker, submit: Submit) -> None:
    outcome = submit(maker.boleta(1).replace(b"Rosa</RznSocEmisor>", b"Rusa</RznSocEmisor>"))

    assert outcome.state == "RFR"
    assert "Firma del envio incorrecta" in outcome.glosa


def test_rejects_a_set_signed_without_its_context(maker: Maker, submit: Submit) -> None:
    # The digest of SetDTE covers the root's xmlns:xsi; a root that loses it is another text.
    xml = maker.boleta(1)
    bare = re.sub(rb' xmlns:xsi="[^"]*"\s*xsi:schemaLocation="[^"]*"', b"", xml, count=1)
    assert bare != xml

    assert submit(bare).state == "RFR"


def test_rejects_a_sender_who_is_not_the_signer(
    simulator: Simulator, maker: Maker, submit: Submit
) -> None:
    other = type(maker.person)(
        simulator.office.issue_certificate(rut="11111111-1", name="Otra", password="clave")
    )

    outcome = submit(maker.envelope(maker.dte(maker.document(1)), signer=other))

    assert (outcome.state, outcome.glosa) == ("RFR", "RUT del certificado distinto a RutEnvia")


def test_rejects_strangers_and_expired_certificates(
    simulator: Simulator, maker: Maker, submit: Submit, tmp_path: Path, clock: Any
) -> None:
    stranger = type(maker.person)(
        CafOffice(tmp_path / "x", clock=clock).issue_certificate(
            rut="12345678-5", name="Rosa", password="clave"
        )
    )
    expired = type(maker.person)(
        simulator.office.issue_certificate(
            rut="12345678-5", name="Rosa", password="clave", valid_to=clock() - timedelta(days=1)
        )
    )
    dte = maker.dte(maker.document(1))

    assert submit(maker.envelope(dte, signer=stranger)).glosa == "Certificado no autorizado"
    assert submit(maker.envelope(dte, signer=expired)).glosa == "Certificado no vigente"
    assert submit(maker.envelope(maker.dte(maker.document(2), signer=expired))).documents == {
        2: ("RCH", ("DTE-3-507",))
    }


def test_rejects_a_stamp_that_is_forged(maker: Maker, submit: Submit) -> None:
    def forge(document: str) -> str:
        return document.replace("<IT1>Pan", "<IT1>Pin")

    outcome = submit(maker.envelope(maker.dte(maker.document(1, change=forge))))

    assert (outcome.state, outcome.glosa) == ("RFR", "TED: Firma TED no coincide (tipo 39 folio 1)")


def test_rejects_a_stamp_made_with_the_key_of_another_caf(maker: Maker, submit: Submit) -> None:
    own, other = (
        re.search(r"<RSASK>.*</RSASK>", caf, re.DOTALL) for caf in (maker.caf, maker.new_caf())
    )
    assert own
    assert other
    mixed = maker.caf.replace(own[0], other[0])

    outcome = submit(maker.envelope(maker.dte(maker.document(1, caf=mixed))))

    assert outcome.state == "RFR"


def test_rejects_a_caf_of_another_authority(maker: Maker, submit: Submit, tmp_path: Path) -> None:
    foreign = CafOffice(tmp_path / "x").issue_caf(rut="76918245-4", name="Rosa").decode("latin-1")

    outcome = submit(maker.envelope(maker.dte(maker.document(1, caf=foreign))))

    assert outcome.state == "RFR"
    assert "CAF: Firma del SII incorrecta" in outcome.glosa


def test_rejects_a_widened_range(maker: Maker, submit: Submit) -> None:
    wide = maker.caf.replace("<H>100</H>", "<H>900</H>")

    assert submit(maker.envelope(maker.dte(maker.document(500, caf=wide)))).state == "RFR"


def test_rejects_the_whole_envelope_for_a_folio_already_accepted(
    maker: Maker, submit: Submit
) -> None:
    assert submit(maker.boleta(1)).documents == {1: ("DOK", ())}

    again = submit(maker.envelope(maker.dte(maker.document(2)), maker.dte(maker.document(1))))
    alone = submit(maker.boleta(2))

    assert (again.state, again.glosa) == ("RFR", "DTE repetido: tipo 39 folio 1")
    assert again.documents == {}
    assert alone.documents == {2: ("DOK", ())}


def test_rejects_one_folio_twice_in_one_envelope(maker: Maker, submit: Submit) -> None:
    dte = maker.dte(maker.document(1))

    outcome = submit(maker.envelope(dte, dte.replace("F1T39", "G1T39")))

    assert outcome.state == "RFR"
    assert "DTE repetido" in outcome.glosa


def test_folio_stays_free_after_rejections(maker: Maker, submit: Submit) -> None:
    wrong = maker.boleta(1, totals="<MntNeto>1</MntNeto><IVA>1</IVA><MntTotal>3000</MntTotal>")
    assert submit(wrong.replace(b"Rosa</Rzn", b"Rusa</Rzn")).state == "RFR"
    assert submit(wrong).documents[1][0] == "RCH"

    assert submit(maker.boleta(1)).documents == {1: ("DOK", ())}


def test_rejects_one_document_whose_own_signature_is_wrong(maker: Maker, submit: Submit) -> None:
    spoiled = maker.dte(maker.document(1)).replace(
        "<PrcItem>1500</PrcItem>", "<PrcItem>1500.0</PrcItem>"
    )

    outcome = submit(maker.envelope(spoiled, maker.dte(maker.document(2))))

    assert outcome.state == "EPR"
    assert outcome.documents == {1: ("RCH", ("DTE-3-505",)), 2: ("DOK", ())}


@pytest.mark.parametrize(
    ("stamp_old", "stamp_new", "code"),
    [
        ("<RE>76918245-4</RE><TD>39</TD><F>", "<RE>12345678-5</RE><TD>39</TD><F>", "TED-3-601"),
        ("<TD>39</TD><F>", "<TD>41</TD><F>", "TED-3-602"),
        ("<F>1</F>", "<F>2</F>", "TED-3-603"),
        ("<FE>2026-11-22", "<FE>2026-11-21", "TED-3-604"),
        ("<RR>66666666-6", "<RR>76918245-4", "TED-3-605"),
        ("<MNT>3000", "<MNT>2999", "TED-3-640"),
        ("<TSTED>2026-11-22", "<TSTED>2026-11-21", "TED-1-646"),
    ],
)
def test_objects_to_a_stamp_that_says_something_else(
    maker: Maker, submit: Submit, stamp_old: str, stamp_new: str, code: str
) -> None:
    def differ(dd: str) -> str:
        assert stamp_old in dd
        return dd.replace(stamp_old, stamp_new, 1)

    outcome = submit(maker.boleta(1, change_stamp=differ))

    assert outcome.documents == {1: ("RLV" if "-1-" in code else "RCH", (code,))}


def test_rejects_folios_out_of_the_authorized_range(maker: Maker, submit: Submit) -> None:
    outcome = submit(maker.envelope(maker.dte(maker.document(100)), maker.dte(maker.document(101))))

    assert outcome.documents == {100: ("DOK", ()), 101: ("RCH", ("TED-3-613",))}


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("<MontoItem>3000", "<MontoItem>3001", ("DET-2-100", "HED-3-123")),
        ("<NroLinDet>1", "<NroLinDet>2", ("DET-2-101",)),
        ("<PrcItem>1500", "<PrcItem>1501", ("DET-2-100",)),
        ("<MntNeto>2521</MntNeto><IVA>479", "<MntNeto>2520</MntNeto><IVA>480", ("HED-2-124",)),
        ("<IVA>479", "<IVA>478", ("HED-3-121", "HED-3-123")),
        (
            "<MntNeto>2521</MntNeto>",
            "<MntNeto>2421</MntNeto><MntExe>100</MntExe>",
            ("HED-3-122", "HED-3-123"),
        ),
        ("<RUTRecep>66666666-6", "<RUTRecep>66666666-7", ("HED-3-104", "TED-3-605")),
        ("<RUTEmisor>76918245-4", "<RUTEmisor>12345678-5", ("HED-3-102", "TED-3-601", "TED-3-611")),
        ("<IndServicio>3", "<IndServicio>1", ("HED-3-105",)),
        ("<FchEmis>2026-11-22", "<FchEmis>2026-11-23", ("HED-3-106", "TED-3-604")),
        ("<TmstFirma>2026-11-22", "<TmstFirma>2026-11-26", ("DTE-1-650",)),
    ],
)
def test_objects_to_a_document_that_does_not_add_up(
    maker: Maker, submit: Submit, old: str, new: str, codes: tuple[str, ...]
) -> None:
    def spoil(document: str) -> str:
        assert old in document
        return document.replace(old, new, 1)

    outcome = submit(maker.boleta(1, change=spoil))

    gravest = max(int(code.split("-")[1]) for code in codes)
    assert outcome.documents == {1: ({3: "RCH", 2: "RPR", 1: "RLV"}[gravest], codes)}


def test_counts_discounts_surcharges_and_global_changes(maker: Maker, submit: Submit) -> None:
    def discount(document: str) -> str:
        lines = document.replace(
            "<MontoItem>3000",
            "<DescuentoMonto>200</DescuentoMonto><RecargoMonto>100</RecargoMonto><MontoItem>2900",
        )
        change = (
            "<DscRcgGlobal><NroLinDR>1</NroLinDR><TpoMov>D</TpoMov><TpoValor>%</TpoValor>"
            "<ValorDR>10</ValorDR></DscRcgGlobal>\n<TED"
        )
        return lines.replace("<TED", change, 1)

    document = maker.document(
        1,
        totals="<MntNeto>2193</MntNeto><IVA>417</IVA><MntTotal>2610</MntTotal>",
        total=2610,
        change=discount,
    )

    assert submit(maker.envelope(maker.dte(document))).documents == {1: ("DOK", ())}


def test_chilean_midnight_decides_the_day(maker: Maker, submit: Submit, clock: Any) -> None:
    # 23:30 in Chile is already tomorrow in UTC.
    clock.forward(hours=11, minutes=30)
    assert clock().date() == date(2026, 11, 23)
    assert "<FchEmis>2026-11-22<" in maker.document(1)

    assert submit(maker.boleta(1)).documents == {1: ("DOK", ())}


def test_of_two_envelopes_under_way_with_one_folio_only_one_keeps_it(
    simulator: Simulator, maker: Maker, clock: Any
) -> None:
    for _ in range(2):
        # Signed at different seconds, so these are different bytes.
        clock.forward(seconds=1)
        simulator.registry.receive(
            maker.boleta(1), issuer="76918245-4", sender="12345678-5", file_name="e.xml",
            at=clock(), first_step_at=clock(), repeat_since=clock(), forced=Forced(),
        )  # fmt: skip
    while simulator.worker.step():
        # Time passes between steps, so both envelopes advance side by side.
        clock.forward(seconds=1)

    latest = simulator.registry.list_latest(limit=2)
    states = [simulator.registry.documents_of(envelope.id)[0].state for envelope in latest]
    assert [envelope.state for envelope in latest] == ["EPR", "EPR"]
    assert states == ["RCH", "DOK"]
