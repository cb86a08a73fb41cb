from collections.abc import Callable
from datetime import date, datetime

import pytest

from dte.books import (
    BookCover,
    GuiaFate,
    VatUse,
    enter_sale,
    write_guia_book,
    write_purchase_book,
    write_sales_book,
)
from dte.build import build
from dte.caf import Caf
from dte.certificate import Certificate
from dte.certification.case_drafts import SetParties, draft_cases
from dte.certification.set_books import enter_set_guias, enter_set_purchases
from dte.certification.set_text import Section, TestSetRefused, read_test_set
from dte.codes import DocumentType
from dte.rut import Rut
from dte.xml.read import ReadDocument, read_document

SUPPLIER = Rut.parse("76543210-3")
Issue = Callable[[Section], list[ReadDocument]]


@pytest.fixture
def sections(test_set: str) -> tuple[Section, ...]:
    return read_test_set(test_set.encode()).sections


@pytest.fixture
def issue(
    parties: SetParties,
    today: date,
    take_folio: Callable[[DocumentType], int],
    make_caf: Callable[..., Caf],
    noon: datetime,
) -> Issue:
    def make(section: Section) -> list[ReadDocument]:
        issued = []
        for found in draft_cases(section, parties, on=today, take_folio=take_folio):
            caf = make_caf(kind=str(int(found.draft.kind)), authorized_on="2026-11-02")
            made = build(draft=found.draft, folio=found.folio, caf=caf, at=noon)
            issued.append(read_document(made.xml))
        return issued

    return make


def cover(section: Section, certificate: Certificate, today: date) -> BookCover:
    return BookCover(
        issuer=Rut.parse("76918245-4"),
        sender=certificate.rut,
        resolution_date=date(2026, 1, 5),
        resolution_number=0,
        period=today,
        notification=int(section.attention),
    )


def test_the_sales_book_holds_every_document_of_the_basic_set(
    sections: tuple[Section, ...],
    issue: Issue,
    certificate: Certificate,
    noon: datetime,
    today: date,
) -> None:
    entries = [enter_sale(document) for document in issue(sections[0])]

    book = write_sales_book(
        entries, cover(sections[1], certificate, today), certificate, noon, check=True
    )

    assert [entry.kind for entry in entries] == [33, 33, 33, 33, 61, 61, 61, 56]
    # The credit note refers to its factura, not to the case of the set.
    assert entries[4].corrects == (33, 1)
    assert book.count(b"<Detalle>") == 8
    assert b"<FolioNotificacion>7001235</FolioNotificacion>" in book


def test_the_purchase_book_treats_each_vat_as_dictated(
    sections: tuple[Section, ...], certificate: Certificate, noon: datetime, today: date
) -> None:
    section = sections[2]
    entries = enter_set_purchases(
        section, on=today, supplier=SUPPLIER, supplier_name="Proveedor SpA"
    )

    book = write_purchase_book(
        entries,
        cover(section, certificate, today),
        certificate,
        noon,
        proportion=section.shared_vat_factor,
        check=True,
    )

    assert [(entry.kind, entry.folio, entry.use) for entry in entries] == [
        (30, 301, VatUse.CREDIT),
        (33, 57, VatUse.CREDIT),
        (30, 802, VatUse.SHARED),
        (60, 455, VatUse.CREDIT),
        (33, 88, VatUse.FREE_DELIVERY),
        (46, 9, VatUse.RETAINED),
        (32, 12, VatUse.CREDIT),
    ]
    # 28,001 x 19 % = 5,320.19, of which 55 % is credit: 2,926.
    assert b"<TotIVAUsoComun>5320</TotIVAUsoComun>" in book
    assert b"<TotCredIVAUsoComun>2926</TotCredIVAUsoComun>" in book


def test_the_guia_book_tells_the_billed_and_the_annulled_one(
    sections: tuple[Section, ...],
    issue: Issue,
    certificate: Certificate,
    noon: datetime,
    today: date,
) -> None:
    entries = enter_set_guias(sections[4], issue(sections[3]), billed_by=(33, 12, today))

    book = write_guia_book(
        entries, cover(sections[4], certificate, today), certificate, noon, check=True
    )

    assert [(entry.fate, entry.billed_by) for entry in entries] == [
        (None, None),
        (None, (33, 12, today)),
        (GuiaFate.ANNULLED, None),
    ]
    assert book.count(b"<Detalle>") == 3


def test_an_unknown_purchase_is_refused(test_set: str, today: date) -> None:
    text = test_set.replace("FACTURA DE COMPRA ELECTRONICA\t\t  9", "PAGARE\t\t  9")
    section = read_test_set(text.encode()).sections[2]

    with pytest.raises(TestSetRefused, match="PAGARE"):
        enter_set_purchases(section, on=today, supplier=SUPPLIER, supplier_name="Proveedor")


def test_a_purchase_that_nobody_knows_to_treat_is_refused(test_set: str, today: date) -> None:
    text = test_set.replace("ENTREGA GRATUITA DEL PROVEEDOR", "COMPRA EN OTRO PLANETA")
    section = read_test_set(text.encode()).sections[2]

    with pytest.raises(TestSetRefused, match="OTRO PLANETA"):
        enter_set_purchases(section, on=today, supplier=SUPPLIER, supplier_name="Proveedor")
