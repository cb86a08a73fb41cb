import base64
import re
import runpy
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dte.__main__ import main
from dte.build import build
from dte.caf import Caf, SiiKey, load_caf
from dte.certificate import Certificate
from dte.document import Draft
from dte.envelope import Cover, pack_boletas
from dte.errors import DteError
from dte.signer import sign_document
from dte.verify import Answer, verify_file
from dte.xml.read import read_document

Trust = dict[int, SiiKey]
Run = Callable[[bytes], tuple[int, str]]


@pytest.fixture
def signed(
    make_draft: Callable[..., Draft], caf: Caf, certificate: Certificate, noon: datetime
) -> bytes:
    return sign_document(build(draft=make_draft(), folio=7, caf=caf, at=noon).xml, certificate)


@pytest.fixture
def run(tmp_path: Path, trusted: Trust, capsys: pytest.CaptureFixture[str]) -> Run:
    def verify(xml: bytes) -> tuple[int, str]:
        path = tmp_path / "archivo.xml"
        path.write_bytes(xml)
        key = trusted[900]
        code = main(["verify", str(path), "--trust", f"900:{key.modulus:X}:{key.exponent}"])
        return code, capsys.readouterr().out

    return verify


def test_says_yes_to_a_right_document(run: Run, signed: bytes) -> None:
    code, said = run(signed)

    assert code == 0
    assert said.splitlines() == [
        "archivo.xml: Boleta Electrónica 7 de 76.918.245-4",
        "  sí  esquema: cumple el formato oficial",
        "  sí  firma: corresponde (forma default)",
        "  sí  certificado: de ROSA PÉREZ SOTO (12.345.678-5)",
        "  sí  timbre: corresponde a sus datos y al documento",
        "  sí  folios (CAF): corresponde (llave 900, otra)",
    ]


def test_without_the_key_of_the_simulator_only_the_folios_are_doubted(
    signed: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.xml").write_bytes(signed)

    code = main(["verify", str(tmp_path / "a.xml")])

    assert code == 1
    assert capsys.readouterr().out.count("NO") == 1


def test_says_yes_to_a_right_envelope(
    run: Run, signed: bytes, certificate: Certificate, noon: datetime, caf: Caf
) -> None:
    cover = Cover(
        issuer=caf.issuer,
        sender=certificate.rut,
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
    )

    code, said = run(pack_boletas([signed], cover, certificate, noon))

    assert code == 0
    assert "Envío EnvioBOLETA con 1 documentos" in said
    assert "  sí  firma del envío: corresponde (en su contexto)" in said


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        (rb"<IndServicio>3</IndServicio>", b"", {"esquema", "firma"}),
        (rb"<SignatureValue>....", b"<SignatureValue>AAAA", {"firma"}),
        (rb"<Signature .*</Signature>", b"", {"firma"}),
        (rb"<MntTotal>1990", b"<MntTotal>1991", {"firma", "timbre"}),
        (rb"<MNT>1990", b"<MNT>1991", {"firma", "timbre"}),
        (rb"<H>1000", b"<H>1001", {"firma", "timbre"}),
        (rb"<RUTRecep>[^<]*", b"<RUTRecep>x", {"esquema", "firma", "contenido"}),
    ],
)
def test_says_no_to_a_tampered_document(
    signed: bytes, trusted: Trust, old: bytes, new: bytes, wrong: set[str]
) -> None:
    tampered = re.sub(old, new, signed, count=1, flags=re.DOTALL)
    assert tampered != signed

    (report,) = verify_file(tampered, trusted=trusted)

    assert not report.is_right
    assert {finding.question for finding in report.findings if not finding.is_right} == wrong


def test_says_no_to_a_tampered_envelope(
    run: Run, signed: bytes, certificate: Certificate, noon: datetime, caf: Caf
) -> None:
    cover = Cover(
        issuer=caf.issuer,
        sender=certificate.rut,
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
    )
    envelope = pack_boletas([signed], cover, certificate, noon)

    code, said = run(envelope.replace(b"<NroDTE>1", b"<NroDTE>2"))

    assert code == 1
    assert "  NO  firma del envío: El contenido fue modificado" in said


def test_what_receivers_append_is_not_held_against_the_document(run: Run, signed: bytes) -> None:
    appended = signed.replace(b"</DTE>", b"<DocPersonalizado><x/></DocPersonalizado></DTE>")

    code, said = run(appended)

    assert code == 0
    assert "sin DocPersonalizado" in said


def with_foreign_certificate(xml: bytes, pfx_maker: Any) -> bytes:
    """Put the certificate of somebody else beside the key of the last signature."""
    other = generate_private_key(public_exponent=65537, key_size=2048)
    der = pfx_maker(certified_key=other).certificate().public_bytes(Encoding.DER)
    before, _, rest = xml.rpartition(b"<X509Certificate>")
    after = rest.partition(b"</X509Certificate>")[2]
    text = b"<X509Certificate>" + base64.b64encode(der) + b"</X509Certificate>"
    return before + text + after


def test_a_foreign_certificate_beside_the_key_is_wrong(
    signed: bytes, trusted: Trust, pfx_maker: Any
) -> None:
    (report,) = verify_file(with_foreign_certificate(signed, pfx_maker), trusted=trusted)

    assert not report.is_right
    assert report.findings[1].text == "corresponde (forma default)"
    assert report.findings[2].answer is Answer.WRONG
    assert report.findings[2].text == "el que viene es de otra clave que la que firmó"


def test_a_foreign_certificate_in_an_envelope_is_wrong(
    signed: bytes,
    trusted: Trust,
    pfx_maker: Any,
    certificate: Certificate,
    noon: datetime,
    caf: Caf,
) -> None:
    cover = Cover(
        issuer=caf.issuer,
        sender=certificate.rut,
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
    )
    envelope = pack_boletas([signed], cover, certificate, noon)

    reports = verify_file(with_foreign_certificate(envelope, pfx_maker), trusted=trusted)

    assert [report.is_right for report in reports] == [False, True]
    assert reports[0].findings[1].text == (
        "corresponde (en su contexto), pero el certificado: el que viene es de otra clave que la"
        " que firmó"
    )


def test_runs_as_a_module(
    signed: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.xml").write_bytes(signed)
    monkeypatch.setattr(sys, "argv", ["dte", "verify", str(tmp_path / "a.xml")])
    monkeypatch.delitem(sys.modules, "dte.__main__")

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("dte", run_name="__main__")

    assert ended.value.code == 1
    assert "Boleta Electrónica 7" in capsys.readouterr().out


def test_judges_authorizations(run: Run, caf_paper: Any, other_pem: str) -> None:
    code, said = run(caf_paper().xml())
    assert code == 0
    assert said.splitlines()[0] == (
        "archivo.xml: Folios 1 a 1000 de Boleta Electrónica, 76.918.245-4"
    )
    assert "  sí  clave privada: es la de esta autorización" in said

    assert run(caf_paper().element().encode("iso-8859-1"))[0] == 0

    code, said = run(caf_paper(pem=other_pem).xml())
    assert code == 1
    assert "  NO  clave privada: La clave privada de este archivo" in said

    code, said = run(caf_paper().xml().replace(b"<H>1000", b"<H>1001"))
    assert code == 1
    assert "  NO  firma del SII: La firma del SII" in said

    code, said = run(caf_paper(first="9", last="1").xml())
    assert code == 1
    assert "  NO  contenido: El rango de folios" in said


@pytest.mark.parametrize("xml", [b"", b"<otro/>", b"<!DOCTYPE a><a/>"])
def test_other_files_are_refused_in_spanish(run: Run, xml: bytes) -> None:
    code, said = run(xml)

    assert code == 1
    assert said.splitlines()[1].startswith("  NO  archivo: El archivo")


def test_absent_file_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "nada.xml")]) == 1
    assert "NO  archivo" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path / "nada.xml"), str(tmp_path)]) == 1

    missing, folder = capsys.readouterr().out.splitlines()[1::2]
    assert f"No existe {tmp_path / 'nada.xml'}" in missing
    assert f"No se puede leer {tmp_path}" in folder


@pytest.mark.parametrize("key", ["900", "900:zz", "x:b942"])
def test_a_key_that_is_none_is_answered_with_its_form(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "a.xml", "--trust", key])

    assert ended.value.code == 2
    assert "IDK:MODULO_HEX" in capsys.readouterr().err.splitlines()[-1]


def test_trusted_key_has_the_usual_exponent_when_none_is_given(
    tmp_path: Path, caf_paper: Any, trusted: Trust
) -> None:
    path = tmp_path / "caf.xml"
    path.write_bytes(caf_paper().xml())

    assert main(["verify", str(path), "--trust", f"900:{trusted[900].modulus:x}"]) == 0
    with pytest.raises(SystemExit):
        main(["verify", str(path), "--trust", "no es una llave"])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_single_change_breaks_the_judge_or_passes_as_right(
    signed: bytes, trusted: Trust, data: st.DataObject
) -> None:
    place = data.draw(st.integers(min_value=0, max_value=len(signed) - 1))
    letter = data.draw(st.sampled_from(b"<>&;'\"/ =A0z-\n\x00\xf1"))
    changed = signed[:place] + bytes([letter]) + signed[place + 1 :]

    try:
        reports = verify_file(changed, trusted=trusted)
    except DteError:
        return

    if all(report.is_right for report in reports):
        assert read_document(changed) == read_document(signed)


@settings(max_examples=200)
@given(st.data())
def test_no_single_change_to_folios_passes_as_right(
    caf_paper: Any, trusted: Trust, data: st.DataObject
) -> None:
    xml = caf_paper().xml()
    place = data.draw(st.integers(min_value=0, max_value=len(xml) - 1))
    letter = data.draw(st.sampled_from(b"<>&;'\"/ =A0z-\n\x00\xf1"))
    changed = xml[:place] + bytes([letter]) + xml[place + 1 :]

    try:
        reports = verify_file(changed, trusted=trusted)
    except DteError:
        return

    if all(report.is_right for report in reports):
        assert load_caf(changed) == load_caf(xml)
