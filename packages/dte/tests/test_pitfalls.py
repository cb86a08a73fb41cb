"""The page of pitfalls names a proof for each; those that no other file has stand here."""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dte.build import build
from dte.caf import Caf
from dte.certificate import Certificate, load_certificate
from dte.document import Draft
from dte.envelope import Cover, pack_boletas
from dte.errors import SchemaRefused
from dte.rut import Rut
from dte.signer import sign_document
from dte.xml.validate import check_document

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
PROOF = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROWS = [
    (int(number), proof)
    for number, _, proof in ROW.findall((HERE.parent / "docs" / "pitfalls.md").read_text("utf-8"))
]


def is_a_test(path: str, name: str) -> bool:
    folder = ROOT if path.startswith(("src/", "packages/")) else HERE
    file = folder / path
    return file.is_file() and f"\ndef {name}(" in file.read_text("utf-8")


def test_all_sixty_pitfalls_are_on_the_page_in_order() -> None:
    assert [number for number, _ in ROWS] == list(range(1, 61))


def test_each_pitfall_has_a_proof_that_exists() -> None:
    proofs = {number: PROOF.findall(proof) for number, proof in ROWS}

    assert [number for number, found in proofs.items() if not found] == []
    absent = [
        (number, path, name)
        for number, found in proofs.items()
        for path, name in found
        if not is_a_test(path, name)
    ]
    assert absent == []
    assert not is_a_test("test_pitfalls.py", "test_that_nobody_wrote")


def test_a_certificate_may_write_its_rut_with_leading_zeros(
    pfx_maker: Callable[..., Any], password: str
) -> None:
    certificate = load_certificate(pfx_maker(serial="0012345678-5").pfx(), password)

    assert certificate.rut == Rut(12_345_678, "5")
    assert str(certificate.rut) == "12345678-5"


def test_folios_of_ten_digits_are_whole_numbers_found_at_once(
    make_caf: Callable[..., Caf], make_draft: Callable[..., Draft], noon: datetime
) -> None:
    """Prevents a folio that became 9.999999999E9, or a search through billions of them."""
    caf = make_caf(first="1", last="9999999999")

    document = build(draft=make_draft(), folio=9_999_999_999, caf=caf, at=noon)

    assert caf.holds(9_999_999_999)
    assert not caf.holds(10_000_000_000)
    assert b"<Folio>9999999999</Folio>" in document.xml
    assert b"<F>9999999999</F>" in document.ted
    check_document(document.xml)


def test_each_channel_has_its_own_tags(
    make_draft: Callable[..., Draft], caf: Caf, noon: datetime
) -> None:
    """Prevents RznSoc, GiroEmis, TasaIVA or RutProvSW in a boleta, and its tags elsewhere."""
    draft = make_draft(software_provider=Rut.parse("76543210-3"))
    boleta = build(draft=draft, folio=7, caf=caf, at=noon).xml
    factura = (HERE / "golden" / "33-net.xml").read_bytes()

    check_document(boleta)
    for tag in (b"<RznSocEmisor>", b"<GiroEmisor>", b"<IndServicio>", b"<RUTProvSW>"):
        assert tag in boleta
        assert tag not in factura
    for tag in (b"<RznSoc>", b"<GiroEmis>", b"<TasaIVA>"):
        assert tag in factura
        assert tag not in boleta
    for tag in (b"<RutProvSW>", b"<RznSocProvSW>", b"<ImptoReten>"):
        assert tag not in boleta


def test_an_id_that_begins_with_a_digit_never_leaves(
    make_draft: Callable[..., Draft], caf: Caf, certificate: Certificate, noon: datetime
) -> None:
    document = build(draft=make_draft(), folio=7, caf=caf, at=noon)
    signed = sign_document(document.xml, certificate)
    cover = Cover(
        issuer=Rut.parse("76918245-4"),
        sender=certificate.rut,
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
    )

    assert document.document_id == "F7T39"
    assert pack_boletas([signed], cover, certificate, noon, check=True)
    with pytest.raises(SchemaRefused):
        pack_boletas([signed], cover, certificate, noon, set_id="7", check=True)
