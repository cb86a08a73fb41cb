"""Walk the table of rules: each of them is made happen, and says what the table says."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sii_simulator.caf_office import CafOffice
from sii_simulator.rules import ENVELOPE_RULES, RULES, table

Scene = Any
Write = Any
Case = Callable[[Any, Any], Any]


def swap(old: str, new: str) -> Callable[[str], str]:
    """Replace the first `old`, which must be there."""

    def change(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, 1)

    return change


def one(kind: int = 33, **changes: Any) -> Case:
    """Send one right paper with something changed."""
    return lambda scene, write: scene.submit(write.paper(kind, **changes))


def totals(text: str) -> str:
    """Write totals from `tag=value` pairs."""
    pairs = [pair.split("=") for pair in text.split()]
    return "".join(f"<{tag}>{value}</{tag}>" for tag, value in pairs)


def tax(code: int, rate: str, amount: int) -> str:
    """Write an ImptoReten."""
    return (
        f"<ImptoReten><TipoImp>{code}</TipoImp><TasaImp>{rate}</TasaImp>"
        f"<MontoImp>{amount}</MontoImp></ImptoReten>"
    )


def discount(value: int, how: str = "$") -> str:
    """Write a DscRcgGlobal that lowers the affected lines."""
    return (
        "<DscRcgGlobal><NroLinDR>1</NroLinDR><TpoMov>D</TpoMov>"
        f"<TpoValor>{how}</TpoValor><ValorDR>{value}</ValorDR></DscRcgGlobal>"
    )


NET = "<MntNeto>2000</MntNeto><TasaIVA>19</TasaIVA><IVA>380</IVA>"


def strange_certificate(scene: Scene, write: Write) -> Any:
    other = CafOffice(scene.folder / "other", clock=lambda: scene.at)
    return scene.submit(write.paper(signer=_person(scene, other)))


def _person(scene: Scene, office: CafOffice, **changes: Any) -> Any:
    pfx = office.issue_certificate(rut="12345678-5", name="Rosa", password="clave", **changes)
    return type(scene.person)(pfx)


def expired_certificate(scene: Scene, write: Write) -> Any:
    person = _person(scene, scene.office, valid_to=scene.at - timedelta(days=1))
    return scene.submit(write.paper(signer=person))


def signer_not_authorized(scene: Scene, write: Write) -> Any:
    scene.set(signers=(("76918245-4", "12345678-5"),))
    pfx = scene.office.issue_certificate(rut="11111111-1", name="Otra", password="clave")
    return scene.submit(write.paper(signer=type(scene.person)(pfx)))


def repeated(scene: Scene, write: Write) -> Any:
    scene.set(repeated_folio_rejects_envelope=False)
    assert scene.submit(write.paper()).documents == {(33, 1): ("DOK", ())}
    scene.at += timedelta(seconds=1)
    return scene.submit(write.paper())


def anonymous_note(scene: Scene, write: Write) -> Any:
    scene.set(rule_levels=())
    return scene.submit(write.paper(61, receiver="66666666-6"))


def gross_with_taxes(scene: Scene, write: Write) -> Any:
    return scene.submit(
        write.paper(
            id_doc="<MntBruto>1</MntBruto>",
            lines=write.line(price=1190, amount=2380, more="<CodImpAdic>27</CodImpAdic>"),
            totals=f"{NET}{tax(27, '10', 238)}<MntTotal>2618</MntTotal>",
        )
    )


def marked_exempt_line(scene: Scene, write: Write) -> Any:
    return scene.submit(write.paper(34, lines=write.line(more="<IndExe>1</IndExe>")))


def all_exempt_factura(scene: Scene, write: Write) -> Any:
    return scene.submit(
        write.paper(
            lines=write.line(more="<IndExe>1</IndExe>"), totals=totals("MntExe=2000 MntTotal=2000")
        )
    )


def line_amount(scene: Scene, write: Write) -> Any:
    return scene.submit(write.paper(lines=write.line(price=999)))


def line_number(scene: Scene, write: Write) -> Any:
    return scene.submit(write.paper(lines=write.line(2)))


def missing_pesos(scene: Scene, write: Write) -> Any:
    return scene.submit(write.paper(lines=write.line(more="<DescuentoPct>10</DescuentoPct>")))


def wrong_pesos(scene: Scene, write: Write) -> Any:
    more = "<DescuentoPct>10</DescuentoPct><DescuentoMonto>202</DescuentoMonto>"
    return scene.submit(
        write.paper(
            lines=write.line(more=more, amount=1798),
            totals=totals("MntNeto=1798 TasaIVA=19 IVA=342 MntTotal=2140"),
        )
    )


def taxed(scene: Scene, write: Write, *, rows: str, total: int) -> Any:
    line = write.line(more="<CodImpAdic>25</CodImpAdic>")
    return scene.submit(write.paper(lines=line, totals=f"{NET}{rows}<MntTotal>{total}</MntTotal>"))


def deposit(scene: Scene, write: Write) -> Any:
    bottles = write.line(2, price=100, amount=200, more="<IndExe>3</IndExe>")
    return scene.submit(write.paper(lines=write.line() + bottles))


def not_billable(scene: Scene, write: Write) -> Any:
    service = write.line(2, price=100, amount=200, more="<IndExe>2</IndExe>")
    return scene.submit(write.paper(lines=write.line() + service))


def big_discount(scene: Scene, write: Write) -> Any:
    exempt = write.line(2, price=500, amount=1000, more="<IndExe>1</IndExe>")
    return scene.submit(
        write.paper(
            lines=write.line() + exempt,
            tail=discount(2500),
            totals=totals("MntExe=1000 TasaIVA=19 MntTotal=1000"),
        )
    )


def peso_discount_of_taxes(scene: Scene, write: Write) -> Any:
    lines = write.line(more="<CodImpAdic>25</CodImpAdic>") + write.line(
        2, more="<CodImpAdic>27</CodImpAdic>"
    )
    return scene.submit(
        write.paper(
            lines=lines,
            tail=discount(1000),
            totals="<MntNeto>3000</MntNeto><TasaIVA>19</TasaIVA><IVA>570</IVA>"
            f"{tax(25, '20.5', 308)}{tax(27, '10', 150)}<MntTotal>4028</MntTotal>",
        )
    )


def no_reason(scene: Scene, write: Write) -> Any:
    return scene.submit(write.paper(61, tail=write.reference(33, 900, code="")))


def several_targets(scene: Scene, write: Write) -> Any:
    tail = write.reference(33, 900) + write.reference(33, 901, number=2)
    return scene.submit(write.paper(61, tail=tail))


def text_with_amounts(scene: Scene, write: Write) -> Any:
    return scene.submit(write.paper(61, tail=write.reference(33, 900, code="2")))


def over_remaining(scene: Scene, write: Write) -> Any:
    half = {
        "lines": write.line(price=500, amount=1000),
        "totals": totals("MntNeto=1000 TasaIVA=19 IVA=190 MntTotal=1190"),
        "tail": write.reference(33, 1, code="3"),
    }
    first = scene.submit(write.paper(), write.paper(61, 1, **half))
    assert set(first.documents.values()) == {("DOK", ())}
    more = half | {
        "lines": write.line(price=501, amount=1002),
        "totals": totals("MntNeto=1002 TasaIVA=19 IVA=190 MntTotal=1192"),
    }
    return scene.submit(write.paper(61, 2, **more))


def annulled_again(scene: Scene, write: Write) -> Any:
    note = {"tail": write.reference(33, 1)}
    first = scene.submit(write.paper(), write.paper(61, 1, **note))
    assert set(first.documents.values()) == {("DOK", ())}
    return scene.submit(write.paper(61, 2, **note))


def reference_date(scene: Scene, write: Write) -> Any:
    return scene.submit(
        write.paper(), write.paper(61, 2, tail=write.reference(33, 1, day="2026-11-21"))
    )


def partial_annulment(scene: Scene, write: Write) -> Any:
    note = write.paper(
        61,
        2,
        lines=write.line(price=500, amount=1000),
        totals=totals("MntNeto=1000 TasaIVA=19 IVA=190 MntTotal=1190"),
        tail=write.reference(33, 1),
    )
    return scene.submit(write.paper(), note)


BIG = {
    "totals": "<MntNeto>5000000</MntNeto><IVA>950000</IVA><MntTotal>5950000</MntTotal>",
}


def big_boleta_without_buyer(scene: Scene, write: Write) -> Any:
    lines = write.line(price=2975000, amount=5950000)
    return scene.submit(
        write.paper(
            39, lines=lines, id_doc="<IndServicio>3</IndServicio><MedioPago>2</MedioPago>", **BIG
        )
    )


def big_boleta_without_payment(scene: Scene, write: Write) -> Any:
    return scene.submit(
        write.paper(
            39,
            lines=write.line(price=2975000, amount=5950000),
            receiver="77211233-5",
            receiver_name="<RznSocRecep>Cliente</RznSocRecep>",
            **BIG,
        )
    )


def caf_of_other_issuer(scene: Scene, write: Write) -> Any:
    xml = scene.office.issue_caf(rut="77211233-5", name="Otra", kind=33)
    return scene.submit(write.paper(caf=xml.decode("iso-8859-1")))


def caf_expired(scene: Scene, write: Write) -> Any:
    # Granted on 22 May: the last day is 21 November.
    caf = scene.office.issue_caf(
        rut="76918245-4", name="Rosa", kind=33, authorized_on=scene.at.date().replace(month=5)
    ).decode("iso-8859-1")
    first = int(caf.split("<D>")[1].split("<")[0])
    day_before = write.paper(folio=first, caf=caf, day="2026-11-21")
    assert set(scene.submit(day_before).documents.values()) == {("DOK", ())}
    return scene.submit(write.paper(folio=first + 1, caf=caf))


CASES: dict[str, Case] = {
    "DTE-505": one(spoil=swap("<PrcItem>1000<", "<PrcItem>1000.0<")),
    "DTE-506": strange_certificate,
    "DTE-507": expired_certificate,
    "DTE-508": signer_not_authorized,
    "DTE-510": repeated,
    "DTE-650": one(day="2026-11-18"),
    "HED-102": one(issuer="77211233-5"),
    "HED-103": one(issuer="76918245-5"),
    "HED-104": one(receiver="77211233-6"),
    "HED-105": one(39, id_doc="<IndServicio>1</IndServicio>"),
    "HED-106": one(day="2026-11-23"),
    "HED-107": anonymous_note,
    "HED-130": all_exempt_factura,
    "HED-131": one(34, totals=totals("MntExe=2000 TasaIVA=19 MntTotal=2000")),
    "HED-132": gross_with_taxes,
    "DET-102": marked_exempt_line,
    "DET-100": line_amount,
    "DET-101": line_number,
    "DET-103": missing_pesos,
    "DET-104": wrong_pesos,
    "HED-121": one(totals=f"{NET}<MntTotal>2381</MntTotal>"),
    "HED-122": one(totals=totals("MntNeto=2000 MntExe=1 TasaIVA=19 IVA=380 MntTotal=2381")),
    "HED-123": one(totals=totals("MntNeto=2001 TasaIVA=19 IVA=380 MntTotal=2381")),
    "HED-124": one(totals=totals("MntNeto=2000 TasaIVA=19 IVA=381 MntTotal=2381")),
    "HED-125": lambda s, w: taxed(s, w, rows=tax(25, "20.5", 412), total=2792),
    "HED-126": lambda s, w: taxed(s, w, rows=tax(26, "20.5", 410), total=2790),
    "HED-127": deposit,
    "HED-128": not_billable,
    "HED-129": one(totals=totals("MntNeto=2000 TasaIVA=18 IVA=380 MntTotal=2380")),
    "HED-133": lambda s, w: taxed(s, w, rows=tax(25, "20", 410), total=2790),
    "HED-134": big_discount,
    "HED-135": peso_discount_of_taxes,
    "REF-140": one(61, tail=""),
    "REF-141": no_reason,
    "REF-142": several_targets,
    "REF-143": text_with_amounts,
    "REF-144": over_remaining,
    "REF-145": annulled_again,
    "REF-146": reference_date,
    "REF-147": partial_annulment,
    "HED-150": one(52, id_doc=""),
    "HED-151": one(52, id_doc="<IndTraslado>5</IndTraslado>"),
    "HED-152": one(52, transport=""),
    "HED-160": big_boleta_without_buyer,
    "HED-161": big_boleta_without_payment,
    "TED-601": one(change_stamp=swap("<RE>76918245-4</RE><TD>33", "<RE>77211233-5</RE><TD>33")),
    "TED-602": one(change_stamp=swap("<TD>33</TD><F>", "<TD>34</TD><F>")),
    "TED-603": one(change_stamp=swap("<F>1</F>", "<F>2</F>")),
    "TED-604": one(change_stamp=swap("<FE>2026-11-22", "<FE>2026-11-21")),
    "TED-605": one(change_stamp=swap("<RR>77211233-5", "<RR>12345678-5")),
    "TED-640": one(change_stamp=swap("<MNT>2380", "<MNT>2379")),
    "TED-611": caf_of_other_issuer,
    "TED-612": lambda s, w: s.submit(w.paper(33, caf=s.caf(34))),
    "TED-613": one(folio=1001),
    "TED-614": caf_expired,
    "TED-646": one(change_stamp=swap("<TSTED>2026-11-22", "<TSTED>2026-11-21")),
}


def test_every_rule_of_the_table_has_a_case() -> None:
    assert sorted(CASES) == sorted(rule.key for rule in RULES)
    assert len({rule.key for rule in RULES}) == len(RULES)


def test_rules_page_is_the_table() -> None:
    page = Path(__file__).resolve().parents[2] / "RULES.md"

    assert page.read_text("utf-8").endswith(f"\n\n{table()}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_rule_is_said_when_its_trigger_happens(scene: Scene, write: Write, rule: Any) -> None:
    outcome = CASES[rule.key](scene, write)

    assert (outcome.state, outcome.glosa) == ("EPR", "")
    last = list(outcome.documents)[-1]
    state, codes = outcome.documents[last]
    assert f"{rule.section}-{rule.level}-{rule.code}" in codes
    gravest = max(int(code.split("-")[1]) for code in codes)
    assert state == {3: "RCH", 2: "RPR", 1: "RLV"}[gravest]


# A document with one mistake gets one objection; these mistakes are two at once by nature.
_TOGETHER = {
    "HED-102": {"TED-3-611"},
    "HED-103": {"HED-3-102", "TED-3-611"},
    "HED-134": {"HED-3-123"},
}


@pytest.mark.parametrize("key", [key for key in CASES if key[:3] != "TED"])
def test_one_mistake_gets_one_objection(scene: Scene, write: Write, key: str) -> None:
    rule = next(rule for rule in RULES if rule.key == key)
    expected = {f"{rule.section}-{rule.level}-{rule.code}", *_TOGETHER.get(key, set())}

    outcome = CASES[key](scene, write)

    codes = set(list(outcome.documents.values())[-1][1])
    assert codes == expected


@pytest.mark.parametrize(
    ("level", "state", "codes"),
    [(3, "RCH", ("DET-3-100",)), (1, "RLV", ("DET-1-100",)), (0, "DOK", ())],
)
def test_settings_change_the_level_of_a_rule(
    scene: Scene, write: Write, level: int, state: str, codes: tuple[str, ...]
) -> None:
    scene.set(rule_levels=(("DET-100", level),))

    outcome = line_amount(scene, write)

    assert outcome.documents == {(33, 1): (state, codes)}


def sent_again(scene: Scene, write: Write) -> Any:
    assert scene.submit(write.paper()).documents == {(33, 1): ("DOK", ())}
    # Another second, so these are not the same bytes, which would get the former track id.
    scene.at += timedelta(seconds=1)
    return scene.submit(write.paper())


def sender_not_authorized(scene: Scene, write: Write) -> Any:
    scene.set(signers=(("76918245-4", "11111111-1"),))
    return scene.submit(write.paper())


ENVELOPE_CASES: dict[str, Case] = {
    "CHR-00002 Line too long": one(lines="<!--" + "x" * 5000 + "-->"),
    "LPX-00202": one(change=swap("<NmbItem>", "<!-- nota --><NmbItem>")),
    "SCH-00001 Invalid Schema Name": lambda s, w: s.send(
        s.envelope((w.paper(),)).replace(b'"ISO-8859-1"', b'"UTF-8"')
    ),
    "LPX-00007": lambda s, w: s.send(s.envelope((w.paper(),))[:4000]),
    "LSX-00333": one(signed_at="2026-11-22T12:00:00.5"),
    "[": one(totals=f"<MntTotal>2380</MntTotal>{NET}"),
    "CRT-3-11 RUT envia diferente al Upload": lambda s, w: s.submit(
        w.paper(), change=swap("<RutEnvia>12345678-5", "<RutEnvia>11111111-1")
    ),
    "RUT emisor diferente al Upload": lambda s, w: s.submit(
        w.paper(), change=swap("<RutEmisor>76918245-4", "<RutEmisor>77211233-5")
    ),
    "RUT receptor no es el SII": lambda s, w: s.submit(
        w.paper(), change=swap("<RutReceptor>60803000-K", "<RutReceptor>77211233-5")
    ),
    "Numero de resolucion errado": lambda s, w: s.submit(
        w.paper(), change=swap("<NroResol>0<", "<NroResol>80<")
    ),
    "Fecha de resolucion errada": lambda s, w: s.submit(
        w.paper(), change=swap("<FchResol>2014-08-22", "<FchResol>2014-08-23")
    ),
    "SubTotDTE no cuadra": lambda s, w: s.submit(
        w.paper(), change=swap("<NroDTE>1<", "<NroDTE>2<")
    ),
    "TmstFirmaEnv esta en el futuro": lambda s, w: s.submit(
        w.paper(), change=swap("<TmstFirmaEnv>2026-11-22T12:0", "<TmstFirmaEnv>2026-11-22T12:3")
    ),
    "Firma del envio incorrecta": lambda s, w: s.send(
        s.envelope((w.paper(),)).replace(b"Cliente Uno", b"Cliente Dos")
    ),
    "Certificado no autorizado": lambda s, w: s.submit(
        w.paper(),
        signer=_person(s, CafOffice(s.folder / "other", clock=lambda: s.at)),
    ),
    "Certificado no vigente": lambda s, w: s.submit(
        w.paper(), signer=_person(s, s.office, valid_to=s.at - timedelta(days=1))
    ),
    "RUT del certificado distinto a RutEnvia": lambda s, w: s.submit(
        w.paper(),
        signer=type(s.person)(
            s.office.issue_certificate(rut="11111111-1", name="Otra", password="clave")
        ),
    ),
    "Firmante no autorizado por la empresa": sender_not_authorized,
    "DTE repetido": sent_again,
    "CAF: IDK de otro ambiente": one(change_stamp=swap("<IDK>900<", "<IDK>300<")),
    "CAF: Firma del SII incorrecta": one(change_stamp=swap("<H>1000<", "<H>9000<")),
    "TED: Firma TED no coincide": one(change=swap("<IT1>Pan", "<IT1>Pin")),
}


def test_every_reason_to_turn_an_envelope_down_has_a_case() -> None:
    assert sorted(ENVELOPE_CASES) == sorted(rule.text for rule in ENVELOPE_RULES)


@pytest.mark.parametrize("rule", ENVELOPE_RULES, ids=lambda rule: rule.text)
def test_envelope_is_turned_down_when_its_trigger_happens(
    scene: Scene, write: Write, rule: Any
) -> None:
    outcome = ENVELOPE_CASES[rule.text](scene, write)

    assert outcome.state == rule.state
    assert outcome.glosa.startswith(rule.text)
    assert outcome.documents == {}


@pytest.mark.parametrize("kind", [33, 34, 39, 41, 52, 56, 61])
def test_right_document_of_each_type_is_accepted_without_remarks(
    scene: Scene, write: Write, kind: int
) -> None:
    assert scene.submit(write.paper(kind)).documents == {(kind, 1): ("DOK", ())}


def test_folio_of_a_document_of_the_other_channel_stays_free(scene: Scene, write: Write) -> None:
    assert scene.submit(write.paper(39)).state == "EPR"
    assert scene.submit(write.paper(33)).documents == {(33, 1): ("DOK", ())}


def test_types_out_of_order_in_the_cover_turn_the_envelope_down(scene: Scene, write: Write) -> None:
    rows = [
        f"<SubTotDTE><TpoDTE>{kind}</TpoDTE><NroDTE>1</NroDTE></SubTotDTE>" for kind in (33, 61)
    ]

    outcome = scene.submit(
        write.paper(33), write.paper(61), change=swap("".join(rows), "".join(reversed(rows)))
    )

    assert outcome.state == "RCT"
    assert outcome.glosa.startswith("SubTotDTE no cuadra")


def test_one_bad_document_leaves_the_others_accepted(scene: Scene, write: Write) -> None:
    bad = write.paper(33, 2, totals=f"{NET}<MntTotal>2381</MntTotal>")

    outcome = scene.submit(write.paper(33, 1), bad, write.paper(33, 3))

    assert outcome.documents == {
        (33, 1): ("DOK", ()),
        (33, 2): ("RCH", ("HED-3-121",)),
        (33, 3): ("DOK", ()),
    }


def test_shop_folder_is_untouched_by_a_rejected_note(scene: Scene, write: Write) -> None:
    """A rejected credit note lowers nothing: the next one may still annul the whole."""
    whole = write.paper(61, 1, tail=write.reference(33, 1), day="2026-11-23")
    assert scene.submit(write.paper(33), whole).documents[61, 1][0] == "RCH"

    outcome = scene.submit(write.paper(61, 2, tail=write.reference(33, 1)))

    assert outcome.documents == {(61, 2): ("DOK", ())}


def test_annulment_that_was_annulled_gives_the_amount_back(scene: Scene, write: Write) -> None:
    """The set of the certification in one file: 33, the 61 that annuls it, the 56 that annuls it."""
    chain = scene.submit(
        write.paper(56, tail=write.reference(61, 1)),
        write.paper(61, tail=write.reference(33, 1)),
        write.paper(33),
    )
    again = scene.submit(write.paper(61, 2, tail=write.reference(33, 1)))

    assert chain.documents == {
        (56, 1): ("DOK", ()),
        (61, 1): ("DOK", ()),
        (33, 1): ("DOK", ()),
    }
    assert again.documents == {(61, 2): ("DOK", ())}


def test_debit_note_makes_room_for_a_larger_credit_note(scene: Scene, write: Write) -> None:
    more = write.paper(56, tail=write.reference(33, 1, code="3"))
    double = write.paper(
        61,
        lines=write.line(price=2000, amount=4000),
        totals=totals("MntNeto=4000 TasaIVA=19 IVA=760 MntTotal=4760"),
        tail=write.reference(33, 1, code="3"),
    )

    assert scene.submit(write.paper(33), more).state == "EPR"
    assert scene.submit(double).documents == {(61, 1): ("DOK", ())}


def test_boleta_is_annulled_by_a_credit_note_that_copies_its_amounts(
    scene: Scene, write: Write
) -> None:
    """VAT of a boleta is what the net leaves of the total, a peso beside 19 % at times."""
    assert scene.submit(
        write.paper(
            39,
            lines=write.line(price=5, amount=10),
            totals=totals("MntNeto=8 IVA=2 MntTotal=10"),
        )
    ).documents == {(39, 1): ("DOK", ())}

    note = write.paper(
        61,
        id_doc="<MntBruto>1</MntBruto>",
        lines=write.line(price=5, amount=10),
        totals=totals("MntNeto=8 TasaIVA=19 IVA=2 MntTotal=10"),
        tail=write.reference(39, 1),
    )
    assert scene.submit(note).documents == {(61, 1): ("DOK", ())}


def test_taxes_discounts_and_deposits_that_fit_are_accepted(scene: Scene, write: Write) -> None:
    lines = (
        write.line(1, more="<CodImpAdic>25</CodImpAdic>")
        + write.line(2, more="<CodImpAdic>27</CodImpAdic>")
        + write.line(3, price=100, amount=200, more="<IndExe>3</IndExe>")
        + write.line(4, price=300, amount=600, more="<IndExe>1</IndExe>")
    )
    written = write.paper(
        lines=lines,
        tail=discount(10, "%"),
        totals="<MntNeto>3600</MntNeto><MntExe>600</MntExe><TasaIVA>19</TasaIVA><IVA>684</IVA>"
        f"{tax(25, '20.5', 369)}{tax(27, '10', 180)}<GrntDep>200</GrntDep>"
        "<MntTotal>5633</MntTotal>",
    )

    assert scene.submit(written).documents == {(33, 1): ("DOK", ())}


@pytest.mark.parametrize(("net", "vat"), [(1620, 308), (1600, 304)])
def test_second_percentage_counts_from_what_is_left_or_from_the_lines(
    scene: Scene, write: Write, net: int, vat: int
) -> None:
    """The format does not say which: 10 % twice leaves 1620 or 1600 of 2000."""
    twice = discount(10, "%") + discount(10, "%").replace("<NroLinDR>1", "<NroLinDR>2")
    written = write.paper(
        tail=twice, totals=totals(f"MntNeto={net} TasaIVA=19 IVA={vat} MntTotal={net + vat}")
    )

    assert scene.submit(written).documents == {(33, 1): ("DOK", ())}


def test_guia_that_is_no_sale_may_say_zero(scene: Scene, write: Write) -> None:
    written = write.paper(
        52,
        id_doc="<IndTraslado>5</IndTraslado>",
        receiver="76918245-4",
        lines=write.line(amount=0),
        totals=totals("MntTotal=0"),
    )

    assert scene.submit(written).documents == {(52, 1): ("DOK", ())}


def test_transport_data_was_not_asked_for_before_may_2026(scene: Scene, write: Write) -> None:
    late = (("DTE-650", 0),)
    scene.set(rule_levels=late)
    before = write.paper(52, 1, transport="", day="2026-04-30")
    on_the_day = write.paper(52, 2, transport="", day="2026-05-01")

    assert scene.submit(before, on_the_day).documents == {
        (52, 1): ("DOK", ()),
        (52, 2): ("RPR", ("HED-2-152",)),
    }


def test_demands_transport_data_of_a_factura_that_goes_with_the_goods(
    scene: Scene, write: Write
) -> None:
    written = write.paper(33, id_doc="<TipoDespacho>2</TipoDespacho>")

    assert scene.submit(written).documents == {(33, 1): ("RPR", ("HED-2-152",))}


def test_says_which_transport_data_is_missing(scene: Scene, write: Write) -> None:
    track_id = scene.submit(write.paper(52, transport="")).track_id

    envelope = scene.registry.find(track_id)
    (judged,) = scene.registry.documents_of(envelope.id)
    (finding,) = judged.findings
    assert finding.detail == (
        "[direccion de destino, comuna de destino, patente, RUT del transportista, RUT del chofer,"
        " nombre del chofer]"
    )
