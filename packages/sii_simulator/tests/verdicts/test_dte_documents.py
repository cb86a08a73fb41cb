"""What `dte` writes is right in the eyes of a judge that was written apart from it."""

import runpy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dte.build import build, prepare
from dte.caf import Caf, load_caf
from dte.certificate import Certificate, load_certificate
from dte.codes import DocumentType
from dte.document import Draft, Reference
from dte.envelope import Cover, pack_boletas, pack_documents
from dte.rut import Rut
from dte.signer import sign_document
from sii_simulator.records import BOLETA, FACTURA

# The drafts of dte's golden documents: one of each type and case, so that a new case is judged too.
_PACKAGES = Path(__file__).resolve().parents[3]
CASES: dict[str, Draft] = runpy.run_path(str(_PACKAGES / "dte/tests/golden/cases.py"))["CASES"]
SHOP, ROSA = Rut.parse("76918245-4"), Rut.parse("12345678-5")
COVER = Cover(issuer=SHOP, sender=ROSA, resolution_date=date(2014, 8, 22), resolution_number=0)


class Shop:
    """A company that issues with `dte` and sends to the scene."""

    def __init__(self, scene: Any, certificate: Certificate) -> None:
        self.scene = scene
        self.certificate = certificate

    def caf(self, kind: int) -> Caf:
        return load_caf(self.scene.caf(kind).encode("iso-8859-1"))

    def sign(self, draft: Draft, folio: int) -> bytes:
        document = build(
            draft=prepare(draft), folio=folio, caf=self.caf(draft.kind), at=self.scene.at
        )
        return sign_document(document.xml, self.certificate)

    def send(self, *drafts: Draft, first: int = 1) -> Any:
        signed = [self.sign(draft, folio) for folio, draft in enumerate(drafts, start=first)]
        boletas = drafts[0].kind.is_boleta
        pack = pack_boletas if boletas else pack_documents
        xml = pack(signed, COVER, self.certificate, self.scene.at)
        return self.scene.send(xml, channel=BOLETA if boletas else FACTURA)


@pytest.fixture(scope="session")
def certificate(grants: Any) -> Certificate:
    return load_certificate(grants[1].pfx, "clave")


@pytest.fixture
def shop(scene: Any, certificate: Certificate) -> Shop:
    return Shop(scene, certificate)


@pytest.mark.parametrize("case", CASES)
def test_golden_document_is_accepted_without_remarks(shop: Shop, case: str) -> None:
    draft = CASES[case]

    outcome = shop.send(draft)

    assert (outcome.state, outcome.glosa) == ("EPR", "")
    assert outcome.documents == {(int(draft.kind), 1): ("DOK", ())}


def test_cases_cover_every_type_that_a_shop_issues() -> None:
    assert {draft.kind for draft in CASES.values()} == {
        DocumentType(kind) for kind in (33, 34, 39, 41, 52, 56, 61)
    }


def test_factura_credit_note_and_debit_note_travel_in_one_envelope(shop: Shop) -> None:
    """The basic certification set: 33, the 61 that annuls it, the 56 that annuls that."""
    factura = CASES["33-net"]
    note = replace(
        CASES["61-partial"], lines=factura.lines, references=(_to(33, 1, factura.issue_date),)
    )
    undone = replace(note, kind=DocumentType.NOTA_DEBITO)
    undone = replace(undone, references=(_to(61, 2, factura.issue_date),))

    assert shop.send(factura, note, undone).documents == {
        (33, 1): ("DOK", ()),
        (61, 2): ("DOK", ()),
        (56, 3): ("DOK", ()),
    }


def test_second_annulment_is_rejected(shop: Shop) -> None:
    factura = CASES["33-net"]
    note = replace(
        CASES["61-partial"], lines=factura.lines, references=(_to(33, 1, factura.issue_date),)
    )
    assert shop.send(factura, note).documents[61, 2] == ("DOK", ())

    assert shop.send(note, first=3).documents == {(61, 3): ("RCH", ("REF-3-145",))}


def _to(kind: int, folio: int, day: date) -> Reference:
    return Reference(kind=str(kind), folio=str(folio), issue_date=day, code="1", reason="Anula")
