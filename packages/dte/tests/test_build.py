import re
import runpy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dte.build import FolioRefused, Prepared, build, prepare
from dte.caf import Caf, SiiKey
from dte.codes import DocumentType, Exemption, PaymentMeans, ServiceKind
from dte.document import CONSUMER, Draft, ItemCode, Line, Receiver, Reference
from dte.errors import DraftRefused, TextRefused
from dte.rules import Rules
from dte.rut import Rut
from dte.ted import verify_ted
from dte.xml.read import read_document
from dte.xml.validate import check_document

MakeDraft = Callable[..., Draft]
MakeCaf = Callable[..., Caf]
MakeLine = Callable[..., Line]

BUYER = Receiver(
    rut=Rut.parse("11111111-1"),
    name="Peña & Hijos",
    email="ventas@ejemplo.cl",
    address="Los Ñirres 1",
    commune="Ñuñoa",
    city="Santiago",
)


def test_a_mixed_boleta_says_everything_and_follows_the_official_schema(
    make_draft: MakeDraft, line: MakeLine, caf: Caf, trusted: dict[int, SiiKey], noon: datetime
) -> None:
    draft = make_draft(
        line(
            name="Queso <mantecoso> & “campo”",
            quantity=Decimal("0.385"),
            unit="kg",
            unit_price=Decimal(5990),
            discount_clp=6,
            codes=(ItemCode(kind="EAN13", value="7801234567895"), ItemCode(kind="INT1", value="9")),
            description="Fresco – de campo",
        ),
        line(
            name="Diario", unit_price=Decimal("500.50"), surcharge_clp=9, exemption=Exemption.EXEMPT
        ),
        Line(name="Parte no pagada con tarjeta", fixed_amount_clp=100),
        receiver=BUYER,
        references=(Reference(kind="SET", folio="1", code="39-1", reason="CASO-1"),),
        payment_means=PaymentMeans.CASH,
    )

    document = build(draft=draft, folio=7, caf=caf, at=noon)
    read = read_document(document.xml)

    check_document(document.xml)
    assert document.document_id == "F7T39"
    assert (document.kind, document.folio) == (DocumentType.BOLETA, 7)
    assert document.totals == prepare(draft).totals
    assert (read.kind, read.folio, read.issue_date) == (39, 7, date(2026, 11, 22))
    assert read.issuer == draft.issuer
    assert read.receiver == BUYER
    assert read.totals == document.totals
    assert read.references == draft.references
    assert read.payment_means is PaymentMeans.CASH
    assert read.document_id == "F7T39"
    assert read.stamped_at == datetime(2026, 11, 22, 12)  # noqa: DTZ001 - as written
    assert [line.name for line in read.lines] == [
        'Queso <mantecoso> & "campo"',
        "Diario",
        "Parte no pagada con tarjeta",
    ]
    assert read.lines == prepare(draft).draft.lines
    stamp = verify_ted(read.ted, trusted=trusted)
    assert read.ted == document.ted
    assert stamp.facts.total_clp == document.totals.total_clp == 2910
    assert stamp.facts.receiver == BUYER.rut
    assert stamp.facts.receiver_name == "Pena & Hijos"
    assert stamp.facts.first_item == "Queso <mantecoso> & campo"


def test_boleta_exenta_has_no_net_and_no_vat(
    make_draft: MakeDraft, make_caf: MakeCaf, line: MakeLine, noon: datetime
) -> None:
    draft = make_draft(line(exemption=Exemption.EXEMPT), kind=DocumentType.BOLETA_EXENTA)

    document = build(draft=draft, folio=7, caf=make_caf(kind="41"), at=noon)

    check_document(document.xml)
    assert b"MntNeto" not in document.xml
    assert b"IVA>" not in document.xml
    assert b"<MntExe>1990</MntExe>\n<MntTotal>1990</MntTotal>" in document.xml
    assert b"<IndExe>1</IndExe>" in document.xml
    assert read_document(document.xml).lines[0].exempt


def test_nothing_empty_or_zero_is_written(make_draft: MakeDraft, caf: Caf, noon: datetime) -> None:
    document = build(draft=make_draft(), folio=7, caf=caf, at=noon)

    for absent in (b"></", b"/>", b">0<", b"Descuento", b"MedioPago", b"TasaIVA", b"UnmdItem"):
        assert absent not in document.xml.split(b"<TED")[0]


@pytest.mark.parametrize("total", [1, 2, 3])
def test_boleta_of_a_few_pesos_follows_the_schema(
    make_draft: MakeDraft, line: MakeLine, caf: Caf, total: int
) -> None:
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)
    document = build(draft=make_draft(line(unit_price=Decimal(total))), folio=1, caf=caf, at=at)

    check_document(document.xml)
    assert document.totals.total_clp == total


def test_one_tag_per_line_and_no_line_near_the_gateways_limit(
    make_draft: MakeDraft, line: MakeLine, caf: Caf, noon: datetime
) -> None:
    lines = [line(name="ñ" * 200, description="&" * 2000) for _ in range(1000)]

    document = build(draft=make_draft(*lines), folio=7, caf=caf, at=noon)

    rows = document.xml.split(b"\n")
    assert max(len(row) for row in rows) < 4000
    assert all(row.count(b"<") <= 2 for row in rows if not row.startswith(b"<TED"))
    check_document(document.xml)


names = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), min_size=1
).filter(lambda text: text.replace("\xa0", " ").replace("\xad", "").strip() != "")
lines_of_any_kind = st.builds(
    Line,
    name=names,
    quantity=st.decimals(min_value="0.000001", max_value=9999, places=6),
    unit=st.sampled_from(["", "un", "kg", "caja"]),
    unit_price=st.decimals(min_value=1, max_value=999_999, places=6),
    exemption=st.sampled_from([None, Exemption.EXEMPT]),
    codes=st.lists(
        st.builds(ItemCode, kind=st.just("INT1"), value=st.just("A & B")), max_size=5
    ).map(tuple),
    description=st.sampled_from(["", "Línea «larga»"]),
)


@given(
    st.lists(lines_of_any_kind, min_size=1, max_size=5).filter(
        lambda lines: (
            any(line.amount_clp for line in lines) and not all(line.exempt for line in lines)
        )
    ),
    st.integers(min_value=1, max_value=1000),
)
def test_whatever_is_built_reads_back_follows_the_schema_and_verifies(
    make_draft: MakeDraft, caf: Caf, trusted: dict[int, SiiKey], lines: list[Line], folio: int
) -> None:
    # These lines cost what they like, and nobody asks who bought them.
    prepared = prepare(make_draft(*lines), rules=Rules(identify_large_sales=False))
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)

    document = build(draft=prepared, folio=folio, caf=caf, at=at)
    read = read_document(document.xml)

    check_document(document.xml)
    assert read.folio == folio
    assert read.totals == document.totals
    assert read.lines == prepared.draft.lines
    assert verify_ted(read.ted, trusted=trusted).facts.total_clp == document.totals.total_clp


def test_prepared_draft_is_built_without_checking_again(
    make_draft: MakeDraft, caf: Caf, noon: datetime
) -> None:
    prepared = prepare(make_draft())

    assert isinstance(prepared, Prepared)
    assert build(draft=prepared, folio=7, caf=caf, at=noon) == build(
        draft=make_draft(), folio=7, caf=caf, at=noon
    )


@pytest.mark.parametrize(
    ("at", "local"),
    [
        (datetime(2026, 11, 23, 2, 30, tzinfo=UTC), "2026-11-22T23:30:00"),
        (datetime(2026, 7, 1, 3, 59, 59, 999_999, tzinfo=UTC), "2026-06-30T23:59:59"),
        (datetime(2026, 4, 5, 3, 30, tzinfo=UTC), "2026-04-04T23:30:00"),
        (datetime(2026, 9, 6, 4, 0, tzinfo=UTC), "2026-09-06T01:00:00"),
    ],
)
def test_times_are_chiles(make_draft: MakeDraft, caf: Caf, at: datetime, local: str) -> None:
    draft = make_draft(issue_date=date.fromisoformat(local[:10]))

    document = build(draft=draft, folio=7, caf=caf, at=at)

    assert f"<TmstFirma>{local}</TmstFirma>".encode() in document.xml
    assert f"<TSTED>{local}</TSTED>".encode() in document.ted
    assert document.stamped_at == at


def test_clock_without_zone_is_a_bug(make_draft: MakeDraft, caf: Caf) -> None:
    with pytest.raises(ValueError, match="zone"):
        build(draft=make_draft(), folio=7, caf=caf, at=datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("fields", "folio", "code"),
    [
        ({"rut": "66666666-6"}, 7, "caf_of_other_issuer"),
        ({"kind": "41"}, 7, "caf_of_other_kind"),
        ({"first": "8"}, 7, "folio_outside_caf"),
        ({}, 1001, "folio_outside_caf"),
        ({"authorized_on": "2026-11-23"}, 7, "caf_not_yet_valid"),
    ],
)
def test_folio_must_be_of_the_authorization(
    make_draft: MakeDraft, make_caf: MakeCaf, fields: dict[str, str], folio: int, code: str
) -> None:
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)

    with pytest.raises(FolioRefused) as refusal:
        build(draft=make_draft(), folio=folio, caf=make_caf(**fields), at=at)

    assert refusal.value.code == code


def test_folios_of_a_factura_end_after_six_months(make_caf: MakeCaf, noon: datetime) -> None:
    """Prevents issuing with an authorization that gives the buyer no tax credit any more."""
    caf = make_caf(kind="33", authorized_on="2026-05-22")

    with pytest.raises(FolioRefused) as refusal:
        build(draft=GOLDEN["33-net"], folio=7, caf=caf, at=noon)

    assert refusal.value.code == "caf_expired"
    assert "22-11-2026" in refusal.value.message


def test_folios_of_a_factura_hold_on_their_last_day(make_caf: MakeCaf, noon: datetime) -> None:
    caf = make_caf(kind="33", authorized_on="2026-05-23")

    assert build(draft=GOLDEN["33-net"], folio=7, caf=caf, at=noon).folio == 7


def test_issue_date_after_the_stamp_is_refused(
    make_draft: MakeDraft, caf: Caf, noon: datetime
) -> None:
    draft = make_draft(issue_date=date(2026, 11, 22) + timedelta(days=1))

    with pytest.raises(DraftRefused) as refusal:
        build(draft=draft, folio=7, caf=caf, at=noon)

    assert refusal.value.code == "issue_date_in_future"


AFFECTED = Line(name="Pan", quantity=Decimal(1), unit_price=Decimal(1990))
TOO_MANY = tuple(ItemCode(kind="INT1", value=str(number)) for number in range(6))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": ()}, "line_count"),
        ({"lines": (AFFECTED,) * 1001}, "line_count"),
        ({"references": (Reference(kind="SET"),) * 41}, "reference_count"),
        ({"lines": (replace(AFFECTED, exemption=Exemption.EXEMPT),)}, "all_exempt_is_41"),
        ({"kind": DocumentType.BOLETA_EXENTA}, "affected_line_in_41"),
        ({"kind": DocumentType.LIQUIDACION}, "kind_not_issued"),
        ({"lines": (Line(name="Regalo", fixed_amount_clp=0),)}, "total_zero"),
        ({"lines": (Line(name="Todo", fixed_amount_clp=10**18),)}, "total_too_large"),
        ({"lines": (replace(AFFECTED, name=" \u200b "),)}, "line_without_name"),
        ({"lines": (replace(AFFECTED, codes=TOO_MANY),)}, "too_many_codes"),
        ({"lines": (replace(AFFECTED, discount_clp=-1),)}, "negative_discount"),
        ({"lines": (replace(AFFECTED, surcharge_clp=-1),)}, "negative_discount"),
        ({"lines": (replace(AFFECTED, discount_clp=1991),)}, "discount_too_large"),
        ({"lines": (Line(name="Pan"),)}, "line_without_amount"),
        ({"lines": (Line(name="Pan", fixed_amount_clp=9, discount_clp=1),)}, "line_without_amount"),
        ({"lines": (Line(name="Pan", fixed_amount_clp=-9),)}, "discount_too_large"),
        ({"lines": (replace(AFFECTED, quantity=None),)}, "quantity_or_price_zero"),
        ({"lines": (replace(AFFECTED, quantity=Decimal(0)),)}, "quantity_or_price_zero"),
        ({"lines": (replace(AFFECTED, unit_price=Decimal(-5)),)}, "quantity_or_price_zero"),
        ({"lines": (replace(AFFECTED, quantity=Decimal("0.0000001")),)}, "too_many_digits"),
        ({"lines": (replace(AFFECTED, unit_price=Decimal(10**12)),)}, "too_many_digits"),
        ({"lines": (replace(AFFECTED, fixed_amount_clp=1990),)}, "amount_stated_twice"),
        ({"service": ServiceKind.PERIODIC}, "receiver_required"),
    ],
)
def test_draft_that_breaks_a_rule_is_refused_before_a_folio_is_taken(
    make_draft: MakeDraft, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(DraftRefused) as refusal:
        prepare(replace(make_draft(), **changes))

    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_service_for_a_known_receiver_is_fine(make_draft: MakeDraft) -> None:
    draft = make_draft(receiver=BUYER, service=ServiceKind.PERIODIC)

    assert prepare(draft).draft.service is ServiceKind.PERIODIC


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "issuer_without_name"),
        ({"branch_code": 0}, "branch_code"),
        ({"branch_code": 1_000_000_000}, "branch_code"),
    ],
)
def test_issuer_must_be_complete(make_draft: MakeDraft, changes: dict[str, Any], code: str) -> None:
    draft = make_draft()

    with pytest.raises(DraftRefused) as refusal:
        prepare(replace(draft, issuer=replace(draft.issuer, **changes)))

    assert refusal.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": (replace(AFFECTED, name="Pan 🍞"),)},
        {"lines": (replace(AFFECTED, unit="箱"),)},
        {"lines": (replace(AFFECTED, description="日本"),)},
        {"lines": (replace(AFFECTED, codes=(ItemCode(kind="INT1", value="Ж"),)),)},
        {"receiver": replace(CONSUMER, name="Ivan Иван")},
        {"references": (Reference(reason="→"),)},
    ],
)
def test_text_the_sii_cannot_hold_is_refused_before_a_folio_is_taken(
    make_draft: MakeDraft, changes: dict[str, Any]
) -> None:
    with pytest.raises(TextRefused):
        prepare(replace(make_draft(), **changes))


def test_long_texts_are_cut_to_the_schema(make_draft: MakeDraft, caf: Caf, noon: datetime) -> None:
    draft = make_draft()
    long = "Ñ" * 300
    stretched = replace(
        draft,
        issuer=replace(draft.issuer, name=long, giro=long, address=long, commune=long, city=long),
        receiver=replace(BUYER, name=long, email=long, address=long, commune=long, city=long),
        lines=(replace(AFFECTED, name=long, unit=long, description=long * 5),),
        references=(Reference(kind="SET", folio="1", code=long, reason=long),),
    )

    document = build(draft=stretched, folio=7, caf=caf, at=noon)

    check_document(document.xml)
    assert len(read_document(document.xml).lines[0].name) == 80


def test_line_without_price_or_amount_has_no_amount() -> None:
    with pytest.raises(AssertionError, match="fixed amount"):
        assert Line(name="x").amount_clp
    with pytest.raises(AssertionError, match="fixed amount"):
        assert Line(name="x", quantity=Decimal(1)).amount_clp


@pytest.mark.parametrize("days", [1, 400])
def test_issue_date_in_the_future_is_refused_before_a_folio_when_the_clock_is_known(
    make_draft: MakeDraft, noon: datetime, days: int
) -> None:
    draft = make_draft(issue_date=date(2026, 11, 22) + timedelta(days=days))

    with pytest.raises(DraftRefused) as refusal:
        prepare(draft, at=noon)

    assert refusal.value.code == "issue_date_in_future"


@pytest.mark.parametrize(("day", "warned"), [(22, False), (19, False), (18, True)])
def test_signature_more_than_three_days_late_is_a_warning(
    make_draft: MakeDraft, noon: datetime, day: int, *, warned: bool
) -> None:
    """Prevents the SII's objection to a signature long after the issue date (DTE-1-650)."""
    prepared = prepare(make_draft(issue_date=date(2026, 11, day)), at=noon)

    assert [warning.code for warning in prepared.warnings] == ["stamped_late"] * warned
    assert all("hace 4 días" in warning.message for warning in prepared.warnings)


def test_lateness_is_counted_in_chilean_days(make_draft: MakeDraft) -> None:
    before_midnight = datetime(2026, 11, 23, 2, 59, 59, tzinfo=UTC)
    draft = make_draft(issue_date=date(2026, 11, 19))

    assert prepare(draft, at=before_midnight).warnings == ()
    assert len(prepare(draft, at=before_midnight + timedelta(seconds=1)).warnings) == 1


def test_stamp_keeps_accents_and_quotes_when_asked_to(
    make_draft: MakeDraft,
    line: MakeLine,
    caf: Caf,
    trusted: dict[int, SiiKey],
    noon: datetime,
) -> None:
    draft = make_draft(line(name='Ñandú de "PLC\'S" & Cía.'))

    document = build(draft=draft, folio=7, caf=caf, at=noon, fold_stamp=False)

    stamped = verify_ted(read_document(document.xml).ted, trusted=trusted)
    assert stamped.facts.first_item == 'Ñandú de "PLC\'S" & Cía.'
    assert '<IT1>Ñandú de "PLC\'S" &amp; Cía.</IT1>'.encode("iso-8859-1") in document.ted


def test_rules_are_those_the_caller_gives(
    make_draft: MakeDraft, line: MakeLine, caf: Caf, noon: datetime
) -> None:
    draft = make_draft(line(unit_price=Decimal(9_000_000)))

    with pytest.raises(DraftRefused):
        build(draft=draft, folio=7, caf=caf, at=noon)
    document = build(
        draft=draft, folio=7, caf=caf, at=noon, rules=Rules(identify_large_sales=False)
    )

    assert document.totals.total_clp == 9_000_000


GOLDEN = runpy.run_path(str(Path(__file__).parent / "golden" / "cases.py"))["CASES"]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("39-mixed", {"references": (Reference(kind="39", issue_date=date(2026, 11, 1)),)}),
        ("41-exempt", {"vat_clp": 0}),
    ],
)
def test_what_the_type_has_no_place_for_is_left_out(name: str, fields: dict[str, Any]) -> None:
    """Prevents a prepared draft that says more than its document."""
    prepared = prepare(replace(GOLDEN[name], **fields)).draft

    assert all(reference.issue_date is None for reference in prepared.references)
    assert prepared.vat_clp is None


def test_stated_vat_is_kept_only_where_the_lines_give_another() -> None:
    draft = GOLDEN["33-net"]
    vat_clp = prepare(draft).totals.vat_clp

    same = prepare(replace(draft, vat_clp=vat_clp))
    other = prepare(replace(draft, vat_clp=vat_clp + 1))

    assert (same.draft.vat_clp, same.totals.vat_clp) == (None, vat_clp)
    assert (other.draft.vat_clp, other.totals.vat_clp) == (vat_clp + 1, vat_clp + 1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (
            {"lines": (replace(AFFECTED, surcharge_percent=Decimal("100.01")),)},
            "percent_out_of_range",
        ),
        ({"sale_nature": 0}, "not_in_boleta"),
        ({"purchase_nature": 0}, "not_in_boleta"),
    ],
)
def test_boleta_is_refused_what_only_a_factura_may_say(
    make_draft: MakeDraft, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(DraftRefused) as refusal:
        prepare(make_draft(**fields))

    assert refusal.value.code == code


STRATEGIES = runpy.run_path(str(Path(__file__).with_name("strategies.py")))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STRATEGIES["drafts"]())
def test_whatever_may_be_issued_follows_the_schema_and_carries_its_stamp(
    make_caf: MakeCaf, trusted: dict[int, SiiKey], draft: Draft
) -> None:
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)

    caf = make_caf(kind=str(int(draft.kind)), authorized_on="2026-10-01")
    document = build(draft=draft, folio=7, caf=caf, at=at)

    check_document(document.xml)
    body = document.xml.partition(b"<TED")[0]
    assert not re.search(rb"></|/>|<MntExe>0|<IVA>0|<MntNeto>0|[0-9]E[+-]?[0-9]+<", body)
    assert max(map(len, document.xml.splitlines())) < 4000
    facts = verify_ted(document.ted, trusted=trusted).facts
    assert facts.total_clp == document.totals.total_clp
    assert facts.receiver == draft.receiver.rut


@given(STRATEGIES["drafts"]())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_preparing_twice_changes_nothing(draft: Draft) -> None:
    prepared = prepare(draft)

    assert prepare(prepared.draft) == replace(prepared, changes=())
