"""Random drafts that may be issued, of every type: load with `runpy.run_path`, use `drafts()`.

Every draft passes `prepare`; what arithmetic alone forbids is drawn again.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from dte.build import prepare
from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
    ReferenceReason,
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.document import (
    CONSUMER,
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
from dte.rut import Rut, check_digit

# The issuer of the authorizations that conftest.py makes.
SHOP = Rut.parse("76918245-4")
TODAY = date(2026, 11, 22)
KINDS = (
    DocumentType.FACTURA,
    DocumentType.FACTURA_EXENTA,
    DocumentType.BOLETA,
    DocumentType.BOLETA_EXENTA,
    DocumentType.GUIA,
    DocumentType.NOTA_DEBITO,
    DocumentType.NOTA_CREDITO,
)
# Sums that came out wrong by chance; any other refusal of a draft below is a mistake.
BY_CHANCE = {
    "total_zero",
    "discount_over_base",
    "reduction_over_base",
    "fixed_discount_over_taxes",
    "large_sale_without_buyer",
    "large_sale_without_means",
}

_CHARACTERS = st.one_of(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]),
    st.sampled_from("–—“”‘’…€•\u200b\u00a0\tñÑáé&<>'\"°"),
)


def texts(limit: int, *, required: bool = False) -> st.SearchStrategy[str]:
    """Texts as people paste them, some of them at the limit and over it."""
    some = st.one_of(
        st.text(_CHARACTERS, max_size=4).map(lambda text: f"a{text}"),
        st.text(_CHARACTERS, min_size=1, max_size=4).map(lambda text: f"a{text}ñ&"[:5] * limit),
        st.just("Ñandú & Cía."),
    )
    return some if required else st.one_of(st.just(""), some)


def numbers(least: str, most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=Decimal(least), max_value=most, places=places)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


ruts = st.integers(min_value=1, max_value=50_000_000).map(
    lambda number: Rut(number, check_digit(number))
)
days = st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31))
percents = numbers("0.01", 100, 2)
pesos = st.integers(min_value=1, max_value=99_999)
identifiers = st.text("ABCÑ0123456789-/", min_size=1, max_size=18)

issuers = st.builds(
    Issuer,
    rut=st.just(SHOP),
    name=texts(100, required=True),
    giro=texts(80, required=True),
    address=texts(70, required=True),
    commune=texts(20, required=True),
    city=texts(20),
    branch_code=optional(st.integers(min_value=1, max_value=999_999_999)),
    branch_name=texts(20),
    activities=st.lists(
        st.integers(min_value=1, max_value=999_999), min_size=1, max_size=4, unique=True
    ).map(tuple),
    phones=st.lists(texts(20, required=True), max_size=2).map(tuple),
    email=texts(80),
    seller_code=texts(60),
)


def receivers(rut: st.SearchStrategy[Rut] = ruts) -> st.SearchStrategy[Receiver]:
    return st.builds(
        Receiver,
        rut=rut,
        name=texts(100, required=True),
        giro=texts(40, required=True),
        internal_code=texts(20),
        contact=texts(80),
        email=texts(80),
        phone=texts(20),
        address=texts(70, required=True),
        commune=texts(20, required=True),
        city=texts(20),
        postal_address=texts(70),
        postal_commune=texts(20),
        postal_city=texts(20),
    )


@st.composite
def lines(
    draw: st.DrawFn, marks: tuple[Exemption | None, ...], taxes: tuple[int, ...] = ()
) -> Line:
    """Draw a line with a price (discounted as it may be) or with its amount alone."""
    mark = draw(st.sampled_from(marks))
    common: dict[str, Any] = {
        "name": draw(texts(80, required=True)),
        "unit": draw(texts(4)),
        "exemption": mark,
        "codes": draw(
            st.lists(
                st.builds(ItemCode, kind=texts(10, required=True), value=texts(35, required=True)),
                max_size=5,
            ).map(tuple)
        ),
        "description": draw(texts(200)),
        "reference_quantity": draw(optional(numbers("0.000001", 9999, 6))),
        "reference_unit": draw(texts(4)),
        "reference_price": draw(optional(numbers("0.01", 9999, 2))),
        "made_on": draw(optional(days)),
        "expires_on": draw(optional(days)),
    }
    if taxes and mark is None:
        common["tax_codes"] = tuple(draw(st.lists(st.sampled_from(taxes), max_size=2, unique=True)))
    if draw(st.integers(min_value=0, max_value=4)) == 0:
        quantity = draw(optional(numbers("0.001", 999, 3)))
        return Line(quantity=quantity, fixed_amount_clp=draw(pesos), **common)
    line = Line(
        quantity=draw(numbers("0.001", 99, 3)), unit_price=draw(numbers("0.01", 9999, 6)), **common
    )
    return Line(
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=(percent := draw(optional(percents))),
        discount_clp=0 if percent else draw(st.integers(0, line.priced_clp)),
        surcharge_percent=(percent := draw(optional(percents))),
        surcharge_clp=0 if percent else draw(st.sampled_from([0, 1, 990])),
        **common,
    )


@st.composite
def adjustments(draw: st.DrawFn, marks: frozenset[Exemption | None]) -> tuple[Adjustment, ...]:
    """Draw global movements of groups that have lines."""
    groups = marks & {None, Exemption.EXEMPT, Exemption.NOT_BILLABLE}
    if not groups:
        return ()
    found = []
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        is_percent = draw(st.booleans())
        found.append(
            Adjustment(
                kind=draw(st.sampled_from(AdjustmentKind)),
                value=draw(percents if is_percent else pesos.map(Decimal)),
                is_percent=is_percent,
                applies_to=draw(st.sampled_from(sorted(groups, key=str))),
                reason=draw(texts(45)),
            )
        )
    return tuple(found)


boleta_references = st.lists(
    st.builds(
        Reference,
        kind=st.sampled_from(["", "SET", "39", "801"]),
        folio=st.one_of(st.just(""), identifiers),
        code=texts(18),
        reason=texts(90),
        seller_code=texts(8),
        till_code=texts(8),
    ),
    max_size=3,
).map(tuple)


def trade_references(*, code: str = "") -> st.SearchStrategy[Reference]:
    return st.builds(
        Reference,
        kind=st.sampled_from(["33", "34", "52", "61", "801", "SET"]),
        folio=identifiers,
        issue_date=days,
        code=st.just(code),
        reason=texts(90),
        is_global=st.booleans() if not code else st.just(value=False),
        other_issuer=optional(ruts),
    )


terms = st.builds(
    PaymentTerms,
    form=optional(st.sampled_from(PaymentForm)),
    instalments=st.lists(
        st.builds(Instalment, due_date=days, amount_clp=pesos, note=texts(40)), max_size=3
    ).map(tuple),
    paid_on=optional(days),
    paid_clp=optional(st.integers(0, 9)),
    balance_clp=optional(st.integers(0, 9)),
    account_kind=st.sampled_from(["", "AHORRO", "CORRIENTE", "VISTA"]),
    account=st.one_of(st.just(""), identifiers),
    bank=texts(40),
    term_code=texts(4),
    term_text=texts(100),
    term_days=optional(st.integers(1, 999)),
)

journeys = st.builds(
    Transport,
    plate=st.text("BCDF0123456789", min_size=1, max_size=8),
    trailer_plate=st.text("BCDF0123456789", max_size=8),
    carrier=ruts,
    driver=ruts,
    driver_name=texts(30, required=True),
    address=texts(70),
    commune=texts(20),
    city=texts(20),
    departs_on=optional(days),
    departs_at=optional(st.times()),
    arrives_on=optional(days),
)


@st.composite
def drafts(draw: st.DrawFn, kinds: tuple[DocumentType, ...] = KINDS) -> Draft:
    """Draw a draft of one of the kinds that `prepare` accepts."""
    kind = draw(st.sampled_from(kinds))
    fields: dict[str, Any] = {
        "kind": kind,
        "issuer": draw(issuers),
        "issue_date": TODAY,
        "due_date": draw(optional(days)),
        "period_from": draw(optional(days)),
        "period_to": draw(optional(days)),
    }
    if kind.is_boleta:
        fields |= draw(_boleta_fields(kind))
    else:
        fields |= draw(_trade_fields(kind))
    marks = frozenset(line.exemption for line in fields["lines"])
    fields["adjustments"] = draw(adjustments(marks)) if "adjustable" not in fields else ()
    fields.pop("adjustable", None)
    draft = Draft(**fields)
    try:
        prepare(draft)
    except DraftRefused as refusal:
        if refusal.code not in BY_CHANCE:
            raise
        reject()
    return draft


@st.composite
def _boleta_fields(draw: st.DrawFn, kind: DocumentType) -> dict[str, Any]:
    exempt = kind is DocumentType.BOLETA_EXENTA
    named = draw(st.booleans())
    first = Exemption.EXEMPT if exempt else None
    others = (Exemption.EXEMPT, Exemption.NOT_BILLABLE)
    marks = others if exempt else (None, *others, Exemption.NEGATIVE_NOT_BILLABLE)
    return {
        "receiver": draw(receivers()) if named else CONSUMER,
        "service": draw(st.sampled_from(ServiceKind)) if named else ServiceKind.SALES_AND_SERVICES,
        "lines": (draw(lines((first,))), *draw(st.lists(lines(marks), max_size=3))),
        "references": draw(boleta_references),
        "payment_means": draw(optional(st.sampled_from(PaymentMeans))),
        "price_basis": None if exempt else draw(optional(st.sampled_from(PriceBasis))),
        "software_provider": draw(optional(ruts)),
    }


@st.composite
def _trade_fields(draw: st.DrawFn, kind: DocumentType) -> dict[str, Any]:
    basis = (
        None if kind is DocumentType.FACTURA_EXENTA else draw(optional(st.sampled_from(PriceBasis)))
    )
    fields: dict[str, Any] = {
        "receiver": draw(receivers()),
        "price_basis": basis,
        "payment_means": draw(optional(st.sampled_from(TradeMeans))),
        "payment_terms": draw(terms),
        "service": draw(
            st.sampled_from(
                [
                    ServiceKind.PERIODIC,
                    ServiceKind.PERIODIC_AT_HOME,
                    ServiceKind.SALES_AND_SERVICES,
                ]
            )
        ),
        "print_format": draw(optional(st.sampled_from(PrintFormat))),
        "sale_nature": draw(optional(st.integers(1, 4))),
        "purchase_nature": draw(optional(st.integers(1, 7))),
        "requester": draw(optional(ruts)),
        "references": draw(st.lists(trade_references(), max_size=3).map(tuple)),
    }
    if kind.is_nota:
        return fields | draw(_nota_fields(kind, fields["references"]))
    exempt = Exemption.EXEMPT if kind is DocumentType.FACTURA_EXENTA else None
    marks: tuple[Exemption | None, ...] = (
        Exemption.EXEMPT,
        Exemption.NOT_BILLABLE,
        Exemption.DEPOSIT,
        Exemption.NEGATIVE_NOT_BILLABLE,
        exempt,
    )
    taxes = () if exempt or basis is PriceBasis.GROSS else (24, 26, 27, 271)
    fields["lines"] = (
        draw(lines((exempt,), taxes)),
        *draw(st.lists(lines(marks, taxes), max_size=3)),
    )
    if kind is DocumentType.GUIA:
        reason = draw(st.sampled_from(list(TransferReason)[:7]))
        fields |= {
            "transfer_reason": reason,
            "dispatch": draw(optional(st.sampled_from(DispatchKind))),
            "transport": draw(journeys),
        }
        if reason is TransferReason.INTERNAL:
            fields["receiver"] = draw(receivers(st.just(SHOP)))
    elif draw(st.booleans()):
        fields |= {"dispatch": draw(st.sampled_from(DispatchKind)), "transport": draw(journeys)}
    return fields


@st.composite
def _nota_fields(
    draw: st.DrawFn, kind: DocumentType, others: tuple[Reference, ...]
) -> dict[str, Any]:
    reason = draw(st.sampled_from(ReferenceReason))
    first = draw(trade_references(code=str(reason.value)))
    fields: dict[str, Any] = {
        "references": (first, *others),
        "lowers_vat": draw(st.booleans()) if kind is DocumentType.NOTA_CREDITO else True,
    }
    if reason is ReferenceReason.CORRECTS_TEXT:
        line = Line(name=draw(texts(80, required=True)), fixed_amount_clp=0)
        return fields | {"lines": (line,), "adjustable": False}
    marks = (None, Exemption.EXEMPT, Exemption.DEPOSIT, Exemption.NOT_BILLABLE)
    return fields | {
        "lines": (draw(lines((None,))), *draw(st.lists(lines(marks), max_size=3))),
    }
