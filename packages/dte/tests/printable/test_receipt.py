"""The paper of a boleta, block by block, from the stored XML."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dte.blocks import (
    Amount,
    Block,
    DocumentBox,
    ItemLine,
    ItemNote,
    Pair,
    Qr,
    Rule,
    RuleStyle,
    Stamp,
    Text,
    Total,
    as_copy,
)
from dte.build import build
from dte.caf import Caf
from dte.codes import AdjustmentKind, DocumentType, Exemption, PaymentMeans, PriceBasis
from dte.document import Adjustment, Document, Draft, Issuer, Line, Receiver
from dte.printable.receipt import (
    CardVoucher,
    CopyMark,
    DiscountLabel,
    ReceiptRefused,
    SaleFacts,
    Shop,
    Tender,
    TenderKind,
    receipt_blocks,
)
from dte.rut import Rut

AT = datetime(2026, 11, 22, 21, 42, 7, tzinfo=UTC)
SHOP = Shop(
    name="Almacén Doña Rosa",
    resolution_number=80,
    resolution_year=2014,
    site="boleta.losaromos.example",
    closing_lines=("¡Gracias por su compra!",),
)
SALE = SaleFacts(till="Caja 1", cashier="Camila R.")
LINES = (
    Line(name="Pan", quantity=Decimal("0.645"), unit="KG", unit_price=Decimal(2190)),
    Line(name="Leche", quantity=Decimal(3), unit_price=Decimal(1190), discount_clp=1190),
    Line(name="Detergente", quantity=Decimal(1), unit_price=Decimal(6490)),
    Line(name="Servicio", quantity=Decimal(1), unit_price=Decimal(1000), surcharge_clp=100),
)
TOTAL = 1413 + 2380 + 6490 + 1100

MakeDraft = Callable[..., Draft]


@pytest.fixture
def issue(make_draft: MakeDraft, caf: Caf) -> Callable[..., Document]:
    def make(*lines: Line, **fields: object) -> Document:
        return build(draft=make_draft(*lines, **fields), folio=184, caf=caf, at=AT)

    return make


def paper(
    document: Document, sale: SaleFacts | None = SALE, shop: Shop = SHOP
) -> tuple[Block, ...]:
    return receipt_blocks(document.xml, shop=shop, sale=sale)


def words(blocks: Sequence[Block]) -> list[str]:
    """Every text of the paper, in order."""
    said: list[str] = []
    for block in blocks:
        match block:
            case Text():
                said.append(block.text)
            case Pair():
                said += [block.left, block.right]
            case ItemLine():
                said.append(block.name)
            case ItemNote():
                said.append(block.text)
            case Amount() | Total():
                said.append(block.label)
            case DocumentBox():
                said += [block.rut, block.name, str(block.folio)]
    return said


def amounts(blocks: Sequence[Block]) -> list[tuple[str, int]]:
    return [(each.label, each.amount_clp) for each in blocks if isinstance(each, Amount)]


def column_clp(blocks: Sequence[Block]) -> int:
    top = blocks[: next(at for at, each in enumerate(blocks) if isinstance(each, Total))]
    return sum(
        each.amount_clp or 0 for each in top if isinstance(each, ItemLine | ItemNote | Amount)
    )


def test_shows_issuer_document_and_moment(issue: Callable[..., Document]) -> None:
    blocks = paper(issue(*LINES))

    assert words(blocks)[:9] == [
        "Almacén Doña Rosa",
        "Almacén Doña Rosa & Cía. Ltda.",
        "Minimarket",
        "Av. Ñuble 123, Ñuñoa, Santiago",
        "76.918.245-4",
        "BOLETA ELECTRÓNICA",
        "184",
        "22-11-2026 18:42",
        "Caja 1 · Camila R.",
    ]


def test_shows_price_times_quantity_and_each_discount(issue: Callable[..., Document]) -> None:
    labels = (DiscountLabel(line_number=2, text="Promoción lleva 3, paga 2"),)

    blocks = paper(issue(*LINES), replace(SALE, discount_labels=labels))

    assert [each for each in blocks if isinstance(each, ItemLine | ItemNote)] == [
        ItemLine(name="Pan", amount_clp=1413),
        ItemNote(text="0,645 kg × $2.190/kg"),
        ItemLine(name="Leche", amount_clp=3570),
        ItemNote(text="3 un × $1.190"),
        ItemNote(text="Promoción lleva 3, paga 2", amount_clp=-1190),
        ItemLine(name="Detergente", amount_clp=6490),
        ItemLine(name="Servicio", amount_clp=1000),
        ItemNote(text="Recargo", amount_clp=100),
    ]
    assert column_clp(blocks) == TOTAL


@given(
    st.lists(
        st.builds(
            Line,
            name=st.just("Pan"),
            quantity=st.decimals("0.001", 20, places=3),
            unit_price=st.integers(1_000, 29_999).map(Decimal),
            surcharge_clp=st.integers(0, 500),
            exemption=st.sampled_from([None, Exemption.EXEMPT]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 1),
)
def test_right_column_always_adds_up(
    make_draft: MakeDraft, caf: Caf, lines: list[Line], discount_clp: int
) -> None:
    lines = [replace(each, discount_clp=discount_clp) for each in lines if each.amount_clp > 1]
    # One affected line at least: a boleta with exempt ones only is a 41.
    document = build(draft=make_draft(LINES[2], *lines), folio=184, caf=caf, at=AT)

    blocks = paper(document)

    total = next(each for each in blocks if isinstance(each, Total))
    assert column_clp(blocks) == total.amount_clp == document.totals.total_clp


def test_stamp_is_the_documents_own(issue: Callable[..., Document]) -> None:
    document = issue(*LINES)

    blocks = paper(document)

    at = next(at for at, each in enumerate(blocks) if isinstance(each, Stamp))
    assert blocks[at] == Stamp(ted=document.ted)
    assert words(blocks[at:])[:2] == [
        "Timbre Electrónico SII",
        "Res. 80 de 2014 · Verifique en www.sii.cl",
    ]


def test_shows_the_vat_inside_the_total(issue: Callable[..., Document]) -> None:
    document = issue(*LINES)

    vat = next(each for each in paper(document) if isinstance(each, Amount))

    assert vat == Amount(
        label="El IVA incluido en esta boleta es",
        narrow_label="IVA incluido (19%)",
        amount_clp=document.totals.vat_clp,
    )
    assert document.totals.vat_clp == TOTAL - (TOTAL * 100 + 59) // 119


def test_marks_exempt_lines_of_a_mixed_boleta(issue: Callable[..., Document]) -> None:
    stamps = Line(
        name="Diario", quantity=Decimal(2), unit_price=Decimal(650), exemption=Exemption.EXEMPT
    )

    blocks = paper(issue(LINES[2], stamps))

    items = [each for each in blocks if isinstance(each, ItemLine)]
    assert [item.exempt for item in items] == [False, True]
    assert ("Exento (E)", 1300) in amounts(blocks)


def test_exempt_boleta_says_so_and_shows_no_vat(
    make_draft: MakeDraft, make_caf: Callable[..., Caf]
) -> None:
    line = Line(
        name="Diario", quantity=Decimal(1), unit_price=Decimal(1500), exemption=Exemption.EXEMPT
    )
    draft = make_draft(line, kind=DocumentType.BOLETA_EXENTA)
    document = build(draft=draft, folio=7, caf=make_caf(kind="41"), at=AT)

    blocks = paper(document)

    box = next(each for each in blocks if isinstance(each, DocumentBox))
    assert box.name == "BOLETA NO AFECTA O EXENTA ELECTRÓNICA"
    assert amounts(blocks) == [("Exento", 1500)]
    assert "IVA" not in " ".join(words(blocks))
    assert not any(each.exempt for each in blocks if isinstance(each, ItemLine))


def test_never_prints_the_unknown_buyer(issue: Callable[..., Document]) -> None:
    said = " ".join(words(paper(issue(*LINES))))

    assert "66.666.666" not in said
    assert "66666666" not in said
    assert "CONSUMIDOR" not in said


def test_prints_a_known_buyer_and_the_means(issue: Callable[..., Document]) -> None:
    buyer = Receiver(rut=Rut.parse("12345678-5"), name="Ana Pérez")

    said = words(paper(issue(*LINES, receiver=buyer, payment_means=PaymentMeans.CASH)))

    assert "Cliente: Ana Pérez" in said
    assert "R.U.T. cliente: 12.345.678-5" in said
    assert "Medio de pago: Efectivo" in said


def cash(handed: int, change: int, rounding: int = 0) -> SaleFacts:
    tenders = (Tender(kind=TenderKind.CASH, amount_clp=handed),)
    return replace(SALE, tenders=tenders, rounding_clp=rounding, change_clp=change)


def test_cash_shows_rounding_and_change(issue: Callable[..., Document]) -> None:
    blocks = paper(issue(*LINES), cash(20_000, 8_620, -3))

    assert amounts(blocks)[1:] == [
        ("Redondeo (Ley 20.956)", -3),
        ("Total a pagar en efectivo", 11_380),
        ("Efectivo", 20_000),
        ("Vuelto", 8_620),
    ]
    total = next(each for each in blocks if isinstance(each, Total))
    assert total.amount_clp == TOTAL == 11_383


def test_leaves_a_zero_rounding_out(issue: Callable[..., Document]) -> None:
    line = Line(name="Detergente", quantity=Decimal(1), unit_price=Decimal(6490))

    said = words(paper(issue(line), cash(6490, 0)))

    assert "Redondeo (Ley 20.956)" not in said
    assert "Total a pagar en efectivo" in said


def test_card_is_one_line_without_rounding(issue: Callable[..., Document]) -> None:
    tenders = (Tender(kind=TenderKind.DEBIT, amount_clp=TOTAL),)

    blocks = paper(issue(*LINES), replace(SALE, tenders=tenders))

    assert amounts(blocks)[1:] == [("Tarjeta de débito", TOTAL)]


def test_mixed_payment_rounds_only_the_cash(issue: Callable[..., Document]) -> None:
    tenders = (
        Tender(kind=TenderKind.CASH, amount_clp=2_000),
        Tender(kind=TenderKind.CARD, amount_clp=10_000),
    )
    sale = replace(SALE, tenders=tenders, rounding_clp=-3, change_clp=620)

    assert amounts(paper(issue(*LINES), sale))[1:] == [
        ("Tarjeta", 10_000),
        ("Saldo en efectivo", 1_383),
        ("Redondeo (Ley 20.956)", -3),
        ("Efectivo a pagar", 1_380),
        ("Efectivo", 2_000),
        ("Vuelto", 620),
    ]


def test_mixed_payment_without_rounding_says_the_cash_once(issue: Callable[..., Document]) -> None:
    tenders = (
        Tender(kind=TenderKind.CARD, amount_clp=TOTAL - 1_380),
        Tender(kind=TenderKind.CASH, amount_clp=2_000),
    )
    sale = replace(SALE, tenders=tenders, rounding_clp=0, change_clp=620)

    assert amounts(paper(issue(*LINES), sale))[1:] == [
        ("Tarjeta", TOTAL - 1_380),
        ("Efectivo a pagar", 1_380),
        ("Efectivo", 2_000),
        ("Vuelto", 620),
    ]


def test_credit_shows_the_new_balance(issue: Callable[..., Document]) -> None:
    tenders = (Tender(kind=TenderKind.ACCOUNT, amount_clp=TOTAL, account_balance_clp=47_390),)

    blocks = paper(issue(*LINES), replace(SALE, tenders=tenders))

    assert amounts(blocks)[1:] == [("Fiado · saldo nuevo $47.390", TOTAL)]


@pytest.mark.parametrize(
    "sale",
    [
        cash(20_000, 8_620, 0),
        cash(11_000, 0, -3),
        replace(SALE, tenders=(Tender(kind=TenderKind.CARD, amount_clp=TOTAL - 1),)),
        replace(SALE, tenders=(Tender(kind=TenderKind.CARD, amount_clp=TOTAL),), rounding_clp=-3),
        replace(
            SALE,
            tenders=(Tender(kind=TenderKind.CARD, amount_clp=TOTAL - 3),),
            rounding_clp=-3,
        ),
    ],
)
def test_refuses_tenders_that_do_not_pay_the_total(
    sale: SaleFacts, issue: Callable[..., Document]
) -> None:
    with pytest.raises(ReceiptRefused) as refusal:
        paper(issue(*LINES), sale)

    assert refusal.value.code == "does_not_add_up"


def test_refuses_a_document_that_does_not_add_up(issue: Callable[..., Document]) -> None:
    xml = issue(*LINES).xml.replace(b"<MontoItem>6490<", b"<MontoItem>6491<")

    with pytest.raises(ReceiptRefused, match="avisa a soporte"):
        receipt_blocks(xml, shop=SHOP, sale=SALE)


def test_says_what_was_saved_only_when_it_was(issue: Callable[..., Document]) -> None:
    document = issue(*LINES)

    assert "4 productos · Hoy ahorró $1.190" in words(paper(document))
    assert "4 productos · Hoy ahorró $2.000" in words(
        paper(document, replace(SALE, saved_clp=2000))
    )
    assert "ahorró" not in " ".join(words(paper(issue(LINES[0]))))
    assert "1 producto · Hoy ahorró $1.190" in words(paper(issue(LINES[1])))


def test_card_voucher_stands_below_the_stamp_and_is_no_boleta(
    issue: Callable[..., Document],
) -> None:
    voucher = CardVoucher(
        card="Débito **** 4471",
        amount_clp=TOTAL,
        operation="004182",
        authorization="093155",
        terminal="70012233",
        instalments=3,
        paid_at=AT,
    )
    blocks = paper(issue(*LINES), replace(SALE, voucher=voucher))

    stamp_at = next(at for at, each in enumerate(blocks) if isinstance(each, Stamp))
    said = words(blocks[stamp_at:])
    assert said[2:14] == [
        "COMPROBANTE DE TARJETA",
        "No es boleta",
        "Débito **** 4471",
        "$11.383",
        "Cuotas",
        "3",
        "Operación 004182",
        "Aut. 093155",
        "Terminal 70012233",
        "22-11-2026 18:42",
        "Copia cliente",
        "Su boleta en el teléfono, por 3 meses:",
    ]


def test_prints_the_terminals_own_text_as_it_is(issue: Callable[..., Document]) -> None:
    voucher = CardVoucher(card="", amount_clp=TOTAL, ready_lines=("TRANSBANK", "APROBADA"))

    said = words(paper(issue(*LINES), replace(SALE, voucher=voucher)))

    at = said.index("No es boleta")
    assert said[at + 1 : at + 3] == ["TRANSBANK", "APROBADA"]


def test_closes_with_look_up_site_and_thanks(issue: Callable[..., Document]) -> None:
    sale = replace(SALE, lookup_url="https://boleta.losaromos.example/7Qm4")

    blocks = paper(issue(*LINES), sale, replace(SHOP, closing_lines=("a", "b", "c", "d")))

    qr_at = next(at for at, each in enumerate(blocks) if isinstance(each, Qr))
    assert blocks[qr_at - 1] == Rule(style=RuleStyle.DASHED)
    assert words(blocks[qr_at:]) == [
        "Su boleta en el teléfono, por 3 meses:",
        "boleta.losaromos.example",
        "a",
        "b",
        "c",
    ]


def test_needs_no_sale_to_print_the_document_again(issue: Callable[..., Document]) -> None:
    document = issue(*LINES)

    blocks = receipt_blocks(document.xml, shop=SHOP, sale=None)

    assert amounts(blocks) == [("El IVA incluido en esta boleta es", document.totals.vat_clp)]
    assert Stamp(ted=document.ted) in blocks


def test_marks_a_reprint_twice_and_keeps_the_stamp(issue: Callable[..., Document]) -> None:
    document = issue(*LINES)
    copy = CopyMark(reprinted_at=datetime(2026, 11, 22, 21, 55, tzinfo=UTC))

    blocks = receipt_blocks(document.xml, shop=SHOP, sale=SALE, copy=copy)

    said = words(blocks)
    assert said[:2] == ["COPIA", "Reimpresa 22-11-2026 18:55"]
    stamp_at = blocks.index(Stamp(ted=document.ted))
    assert words(blocks[stamp_at - 1 : stamp_at]) == ["* * *  COPIA  * * *"]


def test_marks_a_demonstration_twice(issue: Callable[..., Document]) -> None:
    document = issue(*LINES)

    blocks = paper(document, shop=replace(SHOP, demonstration=True))

    stamp_at = blocks.index(Stamp(ted=document.ted))
    assert words(blocks)[0] == "DEMOSTRACIÓN - SIN VALIDEZ"
    assert words(blocks[stamp_at - 1 : stamp_at]) == ["DEMOSTRACIÓN - SIN VALIDEZ"]


@pytest.mark.parametrize(
    "word", ["COPIA", "DEMOSTRACIÓN", "FACTURA", "CEDIBLE", "Res. 80 de 2014 -"]
)
def test_an_original_has_no_foreign_marks(word: str, issue: Callable[..., Document]) -> None:
    assert word not in " ".join(words(paper(issue(*LINES))))


@pytest.mark.parametrize(
    ("quantity", "unit", "price", "text"),
    [
        ("0.455", "KG", "8990", "0,455 kg × $8.990/kg"),
        ("1", "Kg", "8990", "1,000 kg × $8.990/kg"),
        ("0.1234", "KG", "8990", "0,1234 kg × $8.990/kg"),
        ("3", "UN", "1190", "3 un × $1.190"),
        ("2", "LT", "1190", "2 lt × $1.190"),
        ("1", "LT", "1190", "1 lt × $1.190"),
        ("2.5", "", "1504.2", "2,5 un × $1.504,2"),
        ("1", "", "1504.2", "1 un × $1.504,2"),
        ("1200", "", "10", "1.200 un × $10"),
    ],
)
def test_writes_quantities_as_people_read_them(
    quantity: str, unit: str, price: str, text: str, issue: Callable[..., Document]
) -> None:
    line = Line(name="x", quantity=Decimal(quantity), unit=unit, unit_price=Decimal(price))

    assert ItemNote(text=text) in paper(issue(line))


def test_refuses_what_is_no_boleta(issue: Callable[..., Document]) -> None:
    xml = issue(*LINES).xml.replace(b"<TipoDTE>39<", b"<TipoDTE>33<")

    with pytest.raises(ReceiptRefused) as refusal:
        receipt_blocks(xml, shop=SHOP, sale=SALE)

    assert refusal.value.code == "not_a_boleta"


def test_global_movements_have_their_own_lines(issue: Callable[..., Document]) -> None:
    movements = (
        Adjustment(kind=AdjustmentKind.DISCOUNT, value=Decimal(10), is_percent=True),
        Adjustment(
            kind=AdjustmentKind.SURCHARGE, value=Decimal(500), is_percent=False, reason="Despacho"
        ),
    )
    document = issue(LINES[1], LINES[2], adjustments=movements)

    blocks = paper(document)

    assert amounts(blocks)[:2] == [
        ("Descuento global 10%", -887),
        ("Recargo global: Despacho", 500),
    ]
    assert column_clp(blocks) == document.totals.total_clp == 8_483
    assert "2 productos · Hoy ahorró $2.077" in words(blocks)


def test_what_is_not_billable_stands_below_the_total_and_is_paid(
    issue: Callable[..., Document],
) -> None:
    deposit = Line(
        name="Tarjeta de regalo",
        quantity=Decimal(1),
        unit_price=Decimal(3000),
        exemption=Exemption.NOT_BILLABLE,
    )
    document = issue(deposit, LINES[2])

    blocks = paper(document, cash(10_000, 510))

    assert column_clp(blocks) == document.totals.total_clp == 6_490
    at = words(blocks).index("No facturable, fuera del total:")
    assert words(blocks)[at - 2 : at + 4] == [
        "TOTAL",
        "El IVA incluido en esta boleta es",
        "No facturable, fuera del total:",
        "Tarjeta de regalo",
        "No facturable",
        "Valor a pagar",
    ]
    assert amounts(blocks)[1:4] == [
        ("No facturable", 3_000),
        ("Valor a pagar", 9_490),
        ("Total a pagar en efectivo", 9_490),
    ]


def test_net_prices_get_their_vat_above_the_total(issue: Callable[..., Document]) -> None:
    document = issue(LINES[2], price_basis=PriceBasis.NET)

    blocks = paper(document)

    assert amounts(blocks) == [("IVA 19%", 1_233)]
    assert column_clp(blocks) == document.totals.total_clp == 7_723


def test_a_branch_says_that_it_is_one(issue: Callable[..., Document]) -> None:
    said = words(paper(issue(LINES[2]), shop=replace(SHOP, is_branch=True)))

    assert "Sucursal: Av. Ñuble 123, Ñuñoa, Santiago" in said


def test_leaves_out_what_nobody_knows(issue: Callable[..., Document], issuer: Issuer) -> None:
    bare = replace(issuer, giro="", address="", commune="", city="")
    plain = Shop(name=issuer.name, resolution_number=0, resolution_year=2026)
    document = issue(LINES[2], issuer=bare, receiver=Receiver(rut=Rut.parse("12345678-5")))

    blocks = paper(document, sale=None, shop=plain)

    assert words(blocks) == [
        "Almacén Doña Rosa & Cía. Ltda.",
        "76.918.245-4",
        "BOLETA ELECTRÓNICA",
        "184",
        "22-11-2026 18:42",
        "",
        "R.U.T. cliente: 12.345.678-5",
        "Detergente",
        "TOTAL",
        "El IVA incluido en esta boleta es",
        "Timbre Electrónico SII",
        "Res. 0 de 2026 · Verifique en www.sii.cl",
    ]


def test_a_voucher_shows_only_what_the_terminal_told(issue: Callable[..., Document]) -> None:
    voucher = CardVoucher(card="Débito", amount_clp=TOTAL)

    said = words(paper(issue(*LINES), replace(SALE, voucher=voucher)))

    at = said.index("No es boleta")
    assert said[at + 1 : at + 4] == ["Débito", "$11.383", "Copia cliente"]


def test_a_copy_of_a_copy_is_marked_once(issue: Callable[..., Document]) -> None:
    copy = CopyMark(reprinted_at=AT)
    once = receipt_blocks(issue(*LINES).xml, shop=SHOP, sale=SALE, copy=copy)

    assert as_copy(once, reprinted_at=AT) == once
