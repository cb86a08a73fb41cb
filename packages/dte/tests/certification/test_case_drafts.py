from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from dte.build import build, prepare
from dte.caf import Caf, SiiKey
from dte.certificate import Certificate
from dte.certification.bound_draft import BoundDraft
from dte.certification.case_drafts import SetParties, draft_cases
from dte.certification.set_text import TestSetRefused, read_test_set
from dte.codes import DocumentType
from dte.document import Totals
from dte.envelope import Cover, pack_documents
from dte.signer import sign_document
from dte.verify import verify_file

TakeFolio = Callable[[DocumentType], int]


@pytest.fixture
def cases(
    test_set: str, parties: SetParties, today: date, take_folio: TakeFolio
) -> dict[str, BoundDraft]:
    sections = read_test_set(test_set.encode()).sections
    drafts = [
        found
        for section in sections
        for found in draft_cases(section, parties, on=today, take_folio=take_folio)
    ]
    return {found.case_number: found for found in drafts}


def totals_of(found: BoundDraft) -> Totals:
    return prepare(found.draft).totals


def test_the_first_reference_of_every_document_names_its_case(cases: dict[str, BoundDraft]) -> None:
    for number, found in cases.items():
        first = found.draft.references[0]
        assert (first.kind, first.folio, first.reason) == ("SET", number, f"CASO {number}")


def test_facturas_come_out_to_the_peso(cases: dict[str, BoundDraft]) -> None:
    first, second = totals_of(cases["7001234-1"]), totals_of(cases["7001234-2"])
    third, fourth = totals_of(cases["7001234-3"]), totals_of(cases["7001234-4"])

    # 120 x 2,490 + 35 x 1,815 = 362,325; VAT 68,841.75.
    assert (first.net_clp, first.vat_clp, first.total_clp) == (362_325, 68_842, 431_167)
    # 301 x 3,333 less 7 % (70,226.31) + 212 x 4,125 less 19 % (166,155).
    assert second.net_clp == 1_003_233 - 70_226 + 874_500 - 166_155
    assert (third.net_clp, third.exempt_clp) == (226_600 + 361_361, 34_561)
    # 9 % off the affected lines only: 964,901 less 86,841.09.
    assert (fourth.net_clp, fourth.exempt_clp) == (878_060, 13_580)


def test_a_text_correction_says_the_old_and_the_new_giro_and_moves_no_money(
    cases: dict[str, BoundDraft],
) -> None:
    note = cases["7001234-5"]

    assert totals_of(note).total_clp == 0
    assert note.draft.lines[0].name == (
        "Donde dice giro: Comercio. Debe decir: Comercio al por menor"
    )
    assert note.draft.references[1].code == "2"
    assert note.draft.references[1].folio == str(cases["7001234-1"].folio)


def test_a_return_takes_prices_and_discounts_of_the_factura(cases: dict[str, BoundDraft]) -> None:
    note = cases["7001234-6"].draft

    assert [(line.quantity, line.unit_price, line.discount_percent) for line in note.lines] == [
        (Decimal(110), Decimal(3333), Decimal(7)),
        (Decimal(144), Decimal(4125), Decimal(19)),
    ]
    assert note.references[1].code == "3"


def test_annulments_repeat_what_they_annul(cases: dict[str, BoundDraft]) -> None:
    credit, debit = cases["7001234-7"], cases["7001234-8"]

    assert totals_of(credit) == totals_of(cases["7001234-3"])
    assert totals_of(debit).total_clp == 0
    assert debit.draft.references[1].kind == "61"
    assert debit.draft.references[1].folio == str(cases["7001234-5"].folio)


def test_a_changed_amount_takes_the_price_of_the_note(cases: dict[str, BoundDraft]) -> None:
    note = cases["7001239-2"]

    assert note.draft.lines[0].unit_price == 719
    assert totals_of(note).exempt_clp == totals_of(note).total_clp == 14 * 719


def test_guias_go_to_ourselves_or_to_a_customer(
    cases: dict[str, BoundDraft], parties: SetParties
) -> None:
    internal, carried, fetched = (cases[f"7001237-{place}"].draft for place in (1, 2, 3))

    assert internal.receiver.rut == internal.issuer.rut
    assert totals_of(cases["7001237-1"]).total_clp == 0
    assert internal.transport == carried.transport == fetched.transport == parties.transport
    assert carried.receiver.rut != carried.issuer.rut


def test_the_documents_have_different_receivers(cases: dict[str, BoundDraft]) -> None:
    facturas = [cases[f"7001234-{place}"].draft.receiver.rut for place in (1, 2, 3)]

    assert len(set(facturas)) == 3


def test_the_whole_set_is_built_signed_and_right(
    cases: dict[str, BoundDraft],
    make_caf: Callable[..., Caf],
    certificate: Certificate,
    trusted: dict[int, SiiKey],
    noon: datetime,
) -> None:
    signed = []
    for found in cases.values():
        caf = make_caf(kind=str(int(found.draft.kind)), authorized_on="2026-11-02")
        document = build(draft=found.draft, folio=found.folio, caf=caf, at=noon)
        signed.append(sign_document(document.xml, certificate))
    cover = Cover(
        issuer=next(iter(cases.values())).draft.issuer.rut,
        sender=certificate.rut,
        resolution_date=date(2026, 1, 5),
        resolution_number=0,
    )

    envelope = pack_documents(signed, cover, certificate, noon)

    reports = verify_file(envelope, trusted=trusted)
    assert len(reports) == 14
    assert all(report.is_right for report in reports)


def _change(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        _change("CORRESPONDIENTE A CASO 7001234-1", "CORRESPONDIENTE A CASO 7001234-7"),
        _change("REFERENCIA\t\tFACTURA ELECTRONICA CORRESPONDIENTE A CASO 7001234-1\n", ""),
        _change("RAZON REFERENCIA\tANULA FACTURA", "RAZON REFERENCIA\tPORQUE SI"),
        _change("RAZON REFERENCIA\tANULA FACTURA", "RAZON REFERENCIA\tDEVOLUCION"),
        _change("Cajón AFECTO\t\t    120\t\t   2490\nCordel AFECTO\t\t     35\t\t   1815\n", ""),
    ],
)
def test_a_case_that_cannot_be_drafted_is_refused_before_the_first_folio(
    test_set: str, parties: SetParties, today: date, spoil: Callable[[str], str]
) -> None:
    section = read_test_set(spoil(test_set).encode()).sections[0]

    with pytest.raises(TestSetRefused, match="Genera el set de nuevo"):
        draft_cases(section, parties, on=today, take_folio=lambda _: pytest.fail("took a folio"))


def test_a_returned_item_must_have_been_sold(
    test_set: str, parties: SetParties, today: date
) -> None:
    text = test_set.replace("Pañuelo AFECTO\t\t    110", "Sombrero AFECTO\t\t    110")
    section = read_test_set(text.encode()).sections[0]

    with pytest.raises(TestSetRefused, match="Sombrero"):
        draft_cases(section, parties, on=today, take_folio=lambda _: pytest.fail("took a folio"))
