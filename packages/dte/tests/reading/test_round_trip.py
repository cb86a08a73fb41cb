"""What is built and written reads back as what was prepared, for every type we issue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from dte.build import build, prepare
from dte.caf import Caf
from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.document import (
    Adjustment,
    Draft,
    Instalment,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)
from dte.errors import DraftRefused
from dte.kinds import KINDS
from dte.rut import Rut, check_digit
from dte.xml.read import read_document
from dte.xml.validate import check_document

DAY = date(2026, 11, 20)

ruts = st.integers(1_000_000, 99_000_000).map(lambda number: Rut(number, check_digit(number)))
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
letters = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"])


def text(size: int) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=1, max_size=size).filter(
        lambda found: found.replace("\xa0", " ").replace("\xad", "").strip() != ""
    )


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | strategy


def cents(low: int, high: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda units: Decimal(units).scaleb(-places))


issuers = st.builds(
    Issuer,
    rut=st.just(Rut.parse("76918245-4")),
    name=text(45),
    giro=text(20),
    address=text(70),
    commune=text(20),
    city=maybe(text(20)),
    branch_code=st.none() | st.integers(1, 999_999_999),
    branch_name=maybe(text(20)),
    activities=st.lists(st.integers(1, 999_999), min_size=1, max_size=4).map(tuple),
    phones=st.lists(text(20), max_size=2).map(tuple),
    email=maybe(st.just("dte@rosa.example")),
    seller_code=maybe(text(60)),
)
receivers = st.builds(
    Receiver,
    rut=ruts,
    name=text(45),
    giro=text(40),
    internal_code=maybe(text(20)),
    contact=maybe(text(80)),
    email=maybe(st.just("compras@nandu.example")),
    phone=maybe(text(20)),
    address=text(70),
    commune=text(20),
    city=maybe(text(20)),
    postal_address=maybe(text(70)),
    postal_commune=maybe(text(20)),
    postal_city=maybe(text(20)),
)
codes = st.lists(st.builds(ItemCode, kind=text(10), value=text(35)), max_size=3).map(tuple)
adjustments = st.builds(
    Adjustment,
    kind=st.sampled_from(AdjustmentKind),
    value=cents(1, 9_900, 2),
    is_percent=st.just(True),
    reason=maybe(text(45)),
)
terms = st.builds(
    PaymentTerms,
    form=st.none() | st.sampled_from(PaymentForm),
    instalments=st.lists(
        st.builds(Instalment, due_date=days, amount_clp=st.integers(0, 9**9), note=maybe(text(40))),
        max_size=2,
    ).map(tuple),
    paid_on=st.none() | days,
    paid_clp=st.none() | st.integers(0, 9**9),
    balance_clp=st.none() | st.integers(0, 9**9),
    account_kind=st.sampled_from(("", "AHORRO", "CORRIENTE", "VISTA")),
    account=maybe(text(20)),
    bank=maybe(text(40)),
    term_code=maybe(text(4)),
    term_text=maybe(text(100)),
    term_days=st.none() | st.integers(1, 999),
)
transports = st.builds(
    Transport,
    plate=text(8),
    trailer_plate=maybe(text(8)),
    carrier=ruts,
    driver=ruts,
    driver_name=text(30),
    address=text(70),
    commune=text(20),
    city=maybe(text(20)),
    departs_on=days,
    departs_at=st.none() | st.times().map(lambda found: found.replace(microsecond=0)),
    arrives_on=st.none() | days,
)


@st.composite
def line_of(draw: st.DrawFn, kind: DocumentType) -> Line:
    exemption = None
    if kind.is_wholly_exempt:
        exemption = Exemption.EXEMPT
    elif draw(st.integers(0, 3)) == 0:
        exemption = draw(st.sampled_from((Exemption.EXEMPT, Exemption.NOT_BILLABLE)))
    percent = draw(st.none() | cents(1, 5_000, 2))
    if draw(st.integers(0, 5)) == 0 and kind is not DocumentType.GUIA:
        return Line(
            name=draw(text(45)), fixed_amount_clp=draw(st.integers(1, 10**9)), exemption=exemption
        )
    taxed = kind is DocumentType.FACTURA and exemption is None
    return Line(
        name=draw(text(45)),
        quantity=draw(cents(1, 9_999_999, 3)),
        unit=draw(maybe(text(4))),
        unit_price=draw(cents(1_000, 10**9, 3)),
        discount_percent=percent,
        surcharge_clp=draw(st.integers(0, 500)),
        exemption=exemption,
        tax_codes=draw(st.sampled_from(((), (27,), (24,)))) if taxed else (),
        codes=draw(codes),
        description=draw(maybe(text(60))),
        reference_quantity=None if kind.is_boleta else draw(st.none() | cents(1, 9_999, 2)),
        reference_unit=draw(maybe(text(4))),
        reference_price=None if kind.is_boleta else draw(st.none() | cents(1, 9_999, 2)),
        made_on=draw(st.none() | days),
        expires_on=draw(st.none() | days),
    )


@st.composite
def reference_of(draw: st.DrawFn, kind: DocumentType) -> Reference:
    if kind.is_boleta:
        return Reference(
            kind=draw(maybe(text(3))),
            folio=draw(maybe(text(18))),
            code=draw(maybe(text(18))),
            reason=draw(text(90)),
            seller_code=draw(maybe(text(8))),
            till_code=draw(maybe(text(8))),
        )
    return Reference(
        kind=draw(st.sampled_from(("33", "801", "SET", "52"))),
        folio=draw(text(18)),
        issue_date=draw(st.dates(date(2025, 1, 1), DAY)),
        code="3" if kind.is_nota else "",
        reason=draw(maybe(text(90))),
        other_issuer=draw(st.none() | ruts),
    )


@st.composite
def drafts(draw: st.DrawFn, kind: DocumentType) -> Draft:
    """Draw a draft whose every field has its turn; a rule of the type may still refuse it."""
    trade = not kind.is_boleta
    moves = kind in (DocumentType.GUIA, DocumentType.FACTURA)
    return Draft(
        kind=kind,
        issuer=draw(issuers),
        receiver=draw(receivers),
        lines=tuple(draw(st.lists(line_of(kind), min_size=1, max_size=3))),
        issue_date=DAY,
        price_basis=draw(st.none() | st.sampled_from(PriceBasis)),
        adjustments=tuple(draw(st.lists(adjustments, max_size=2))),
        references=tuple(draw(st.lists(reference_of(kind), min_size=kind.is_nota, max_size=2))),
        payment_means=draw(
            st.none() | st.sampled_from(TradeMeans)
            if trade
            else st.sampled_from(tuple(PaymentMeans))
        ),
        payment_terms=draw(terms) if trade else PaymentTerms(),
        due_date=draw(st.none() | days),
        period_from=draw(st.none() | days),
        period_to=draw(st.none() | days),
        service=ServiceKind.SALES_AND_SERVICES,
        print_format=draw(st.none() | st.sampled_from(PrintFormat)) if trade else None,
        sale_nature=draw(st.none() | st.integers(1, 4)) if trade else None,
        purchase_nature=draw(st.none() | st.integers(1, 7)) if trade else None,
        lowers_vat=kind is not DocumentType.NOTA_CREDITO or draw(st.booleans()),
        dispatch=draw(st.sampled_from(DispatchKind)) if moves else None,
        transfer_reason=TransferReason.SALE if kind is DocumentType.GUIA else None,
        transport=draw(transports) if moves else None,
        requester=draw(st.none() | ruts) if trade else None,
        software_provider=None if trade else draw(st.none() | ruts),
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_was_built_reads_back_as_it_was_prepared(
    kind: DocumentType, make_caf: Callable[..., Caf], noon: datetime
) -> None:
    caf = make_caf(kind=str(int(kind)), authorized_on="2026-10-01")
    accepted = 0

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(drafts(kind))
    def check(draft: Draft) -> None:
        nonlocal accepted
        try:
            prepared = prepare(draft)
        except DraftRefused as refusal:
            event(refusal.code)
            assume(False)
        document = build(draft=prepared, folio=7, caf=caf, at=noon)

        read = read_document(document.xml)

        assert read.draft == prepared.draft
        assert read.totals == prepared.totals == document.totals
        assert (read.folio, read.document_id, read.ted) == (7, document.document_id, document.ted)
        check_document(document.xml)
        accepted += 1

    check()
    assert accepted >= 40


@pytest.mark.parametrize("kind", [DocumentType.FACTURA, DocumentType.NOTA_CREDITO])
@pytest.mark.parametrize("basis", list(PriceBasis))
@pytest.mark.parametrize("drift_clp", [-1, 0, 1])
def test_stated_vat_reads_back_unless_it_is_the_usual_one(
    kind: DocumentType,
    basis: PriceBasis,
    drift_clp: int,
    unsigned_draft: Callable[[DocumentType], Draft],
    make_caf: Callable[..., Caf],
    noon: datetime,
) -> None:
    draft = replace(unsigned_draft(kind), price_basis=basis)
    vat_clp = prepare(draft).totals.vat_clp + drift_clp
    caf = make_caf(kind=str(int(kind)), authorized_on="2026-10-01")

    document = build(draft=replace(draft, vat_clp=vat_clp), folio=7, caf=caf, at=noon)

    read = read_document(document.xml)
    assert read.totals.vat_clp == vat_clp
    assert read.draft.vat_clp == (vat_clp if drift_clp else None)
    assert prepare(read.draft).totals == document.totals
