"""The letter page of each type: what it must say and what it must never say."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dte.codes import (
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.document import (
    CONSUMER,
    Instalment,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)
from dte.printable.facts import Fact, FactRow
from dte.printable.legal import ACUSE_SENTENCE, PaperRefused
from dte.printable.page import PageBox, PageContent, ReferenceRow, page_content
from dte.printable.shop import Shop
from dte.rut import Rut
from dte.xml.read import ReadDocument

Issue = Callable[..., ReadDocument]
MakeItem = Callable[..., Line]

TRADE = (
    DocumentType.FACTURA,
    DocumentType.FACTURA_EXENTA,
    DocumentType.GUIA,
    DocumentType.NOTA_DEBITO,
    DocumentType.NOTA_CREDITO,
)


def texts(value: object) -> Iterator[str]:
    """Every text of a page, wherever it is."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def said(page: PageContent) -> str:
    return "\n".join(texts(page))


def facts(rows: tuple[FactRow, ...]) -> dict[str, str]:
    sides = [side for row in rows for side in (row.left, row.right) if side is not None]
    return {side.label: side.words for side in sides}


@pytest.fixture
def make_page(issue: Issue, make_item: MakeItem, shop: Shop) -> Callable[..., PageContent]:
    def make(
        kind: DocumentType, *lines: Line, paper: dict[str, Any] | None = None, **fields: Any
    ) -> PageContent:
        exempt = Exemption.EXEMPT if kind.is_wholly_exempt else None
        goods = lines or (make_item("Harina", "4", "17227", exemption=exempt),)
        return page_content(issue(kind, *goods, **fields), **{"shop": shop, **(paper or {})})

    return make


MakePage = Callable[..., PageContent]


@pytest.mark.parametrize(
    ("kind", "title", "is_red"),
    [
        (DocumentType.FACTURA, ("FACTURA ELECTRÓNICA",), True),
        (DocumentType.FACTURA_EXENTA, ("FACTURA NO AFECTA O EXENTA", "ELECTRÓNICA"), True),
        (DocumentType.BOLETA, ("BOLETA ELECTRÓNICA",), False),
        (DocumentType.BOLETA_EXENTA, ("BOLETA NO AFECTA O EXENTA", "ELECTRÓNICA"), False),
        (DocumentType.GUIA, ("GUÍA DE DESPACHO", "ELECTRÓNICA"), True),
        (DocumentType.NOTA_DEBITO, ("NOTA DE DÉBITO", "ELECTRÓNICA"), True),
        (DocumentType.NOTA_CREDITO, ("NOTA DE CRÉDITO", "ELECTRÓNICA"), True),
    ],
)
def test_the_box_names_the_type_in_two_lines_at_most(
    kind: DocumentType, title: tuple[str, ...], is_red: bool, make_page: MakePage
) -> None:
    page = make_page(kind)

    assert page.box == PageBox(rut="76.918.245-4", title_lines=title, folio=184, is_red=is_red)
    assert page.sii_office == ("S.I.I. - SANTIAGO PONIENTE" if is_red else "")
    assert page.heading == f"{' '.join(title)} N° 184 · R.U.T. 76.918.245-4 · 22-11-2026"


@pytest.mark.parametrize("kind", TRADE)
def test_a_trade_document_says_what_the_law_asks(kind: DocumentType, make_page: MakePage) -> None:
    page = make_page(kind)

    text = said(page)
    for wanted in (
        "76.918.245-4",
        "Almacén Doña Rosa & Cía. Ltda.",
        "Minimarket",
        "Casa matriz: Av. Ñuble 123, Ñuñoa, Santiago",
        "22 de noviembre de 2026",
        "12.345.678-5",
        "RESTAURANTE EL LITRE DEL MAIPO LIMITADA",
        "Restaurante, banquetería y eventos",
        "Camino El Espino 4410, bodega 3",
        "San Bernardo",
        "Timbre Electrónico SII",
        "Res. 80 de 2014 - Verifique documento: www.sii.cl",
    ):
        assert wanted in text
    assert "CEDIBLE" not in text
    assert "19.983" not in text
    assert page.ted.startswith(b"<TED")


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        (DocumentType.FACTURA, "CEDIBLE"),
        (DocumentType.FACTURA_EXENTA, "CEDIBLE"),
        (DocumentType.GUIA, "CEDIBLE CON SU FACTURA"),
    ],
)
def test_a_cedible_copy_has_mark_and_acuse(
    kind: DocumentType, mark: str, make_page: MakePage
) -> None:
    page = make_page(kind, paper={"cedible": True})

    assert page.cedible_mark == mark
    assert page.acuse is not None
    assert page.acuse.fields == ("Nombre", "R.U.T.", "Fecha", "Recinto", "Firma")
    assert page.acuse.sentence == ACUSE_SENTENCE
    assert "Art. 4°, y la letra c) del Art. 5° de la Ley 19.983, acredita" in ACUSE_SENTENCE
    assert "Recibí conforme" not in said(page)


@pytest.mark.parametrize(
    "kind",
    [
        DocumentType.BOLETA,
        DocumentType.BOLETA_EXENTA,
        DocumentType.NOTA_CREDITO,
        DocumentType.NOTA_DEBITO,
    ],
)
def test_what_is_no_title_has_no_cedible_copy(kind: DocumentType, make_page: MakePage) -> None:
    with pytest.raises(PaperRefused, match="no tiene copia cedible") as refused:
        make_page(kind, paper={"cedible": True})

    assert refused.value.code == "not_cedible"


def test_a_guia_that_is_no_sale_has_no_cedible_copy(make_page: MakePage) -> None:
    with pytest.raises(PaperRefused, match="no tiene copia cedible"):
        make_page(
            DocumentType.GUIA,
            transfer_reason=TransferReason.RETURN,
            paper={"cedible": True},
        )


def sums(page: PageContent) -> list[tuple[str, int]]:
    return [(each.label, each.amount_clp) for each in page.sums]


def test_totals_of_a_factura_stand_row_by_row(make_page: MakePage, make_item: MakeItem) -> None:
    page = make_page(
        DocumentType.FACTURA,
        make_item("Harina", "4", "17227"),
        make_item("Cerveza", "5", "13437", tax_codes=(26,)),
        make_item("Libro", "1", "2000", exemption=Exemption.EXEMPT),
        make_item("Jaba", "2", "500", exemption=Exemption.DEPOSIT),
    )

    assert sums(page) == [
        ("Monto neto", 136_093),
        ("Monto exento", 2_000),
        ("IVA 19%", 25_858),
        ("ILA 20,5% cervezas (cód. 26)", 13_773),
        ("Envases en garantía", 1_000),
    ]
    assert page.total_clp == sum(amount for _, amount in sums(page)) == 178_724
    assert [row.mark for row in page.rows] == ["", "", "E", ""]
    assert page.has_marks
    assert page.notes[0] == "4 líneas. Precios netos. E = exento de IVA."


def test_a_factura_without_vat_rows_is_the_exempt_one(make_page: MakePage) -> None:
    page = make_page(DocumentType.FACTURA_EXENTA)

    assert sums(page) == [("Monto exento", 68_908)]
    assert page.total_clp == 68_908
    assert not page.has_marks
    assert not re.search(r"neto|IVA\b", said(page))


def test_a_boleta_shows_its_vat_below_the_total(make_page: MakePage, make_item: MakeItem) -> None:
    page = make_page(
        DocumentType.BOLETA,
        make_item("Pan", "1", "11900"),
        make_item("Diario", "1", "700", exemption=Exemption.EXEMPT),
        receiver=CONSUMER,
        payment_means=PaymentMeans.TRANSFER,
        paper={
            "facts": (Fact(label="Caja", words="Caja 1"), Fact(label="Atendido por", words="")),
        },
    )

    assert sums(page) == [("Exento (E)", 700)]
    assert page.total_clp == 12_600
    assert [(each.label, each.amount_clp) for each in page.below_total] == [
        ("El IVA incluido en esta boleta es", 1_900)
    ]
    assert facts(page.receiver) == {"Caja": "Caja 1"}
    assert not page.has_codes
    for never in ("66.666.666", "CONSUMIDOR", "S.I.I.", "CEDIBLE"):
        assert never not in said(page)


def test_a_boleta_names_a_known_buyer(make_page: MakePage, shop: Shop) -> None:
    page = make_page(
        DocumentType.BOLETA,
        receiver=Receiver(rut=Rut.parse("12345678-5"), name="Inés Ñuñoa", address="Los Aromos 1"),
        paper={"shop": replace(shop, site="boleta.rosa.example", closing_lines=("¡Gracias!",))},
    )

    assert facts(page.receiver) == {
        "Cliente": "Inés Ñuñoa",
        "R.U.T. cliente": "12.345.678-5",
        "Dirección": "Los Aromos 1",
    }
    assert page.receiver[1].right is None
    assert page.notes == (
        "1 línea. Precios con IVA incluido.",
        "Consulta esta boleta por 3 meses en boleta.rosa.example.",
        "¡Gracias!",
    )


def test_a_boleta_with_net_prices_adds_its_vat_to_the_column(make_page: MakePage) -> None:
    page = make_page(DocumentType.BOLETA, price_basis=PriceBasis.NET)

    assert sums(page) == [("IVA 19%", 13_093)]
    assert page.below_total == ()
    assert page.rows[-1].carried_clp + 13_093 == page.total_clp == 82_001
    assert page.notes == ("1 línea. Precios netos.",)


def test_a_credit_note_says_in_words_what_it_corrects(make_page: MakePage) -> None:
    page = make_page(DocumentType.NOTA_CREDITO, paper={"notes": ("Devolución: efectivo.",)})

    assert page.references == (
        ReferenceRow(
            document="Factura electrónica",
            folio="4187",
            day="20-11-2026",
            reason="Corrige montos: devolución parcial",
        ),
    )
    assert page.notes[-1] == "Devolución: efectivo."
    assert page.acuse is None


def test_a_nota_for_a_boleta_says_that_nobody_is_identified(make_page: MakePage) -> None:
    boleta = Reference(kind="39", folio="7", issue_date=date(2026, 11, 20), code="1")

    page = make_page(
        DocumentType.NOTA_CREDITO, receiver=CONSUMER, references=(boleta,), lowers_vat=False
    )

    assert facts(page.receiver)["Señor(es)"] == "Sin identificar"
    assert page.references[0].document == "Boleta electrónica"
    assert "No da derecho a rebajar el débito fiscal." in page.notes
    assert "66.666.666" not in said(page)
    assert "CONSUMIDOR" not in said(page)


def test_a_text_correction_totals_zero(make_page: MakePage) -> None:
    page = make_page(
        DocumentType.NOTA_CREDITO,
        Line(name="Donde dice: Abarrotes / Debe decir: Panadería", fixed_amount_clp=0),
        references=(Reference(kind="33", folio="9", issue_date=date(2026, 11, 20), code="2"),),
    )

    assert page.total_clp == 0
    assert page.references[0].reason == "Corrige texto"
    assert [(row.quantity, row.price) for row in page.rows] == [("", "")]
    assert page.sums == ()


def test_a_reference_to_a_whole_period_has_no_folio(issue: Issue, make_item: MakeItem) -> None:
    document = issue(DocumentType.FACTURA, make_item("Pan"))
    guias = Reference(kind="52", folio="0", is_global=True)
    draft = replace(document.draft, references=(guias,))

    page = page_content(
        replace(document, draft=draft), shop=Shop(name="x", resolution_number=0, resolution_year=1)
    )

    assert page.references == (
        ReferenceRow(
            document="Guía de despacho electrónica",
            folio="Todos los del período",
            day="",
            reason="",
        ),
    )


def test_a_guia_tells_how_goods_travel(make_page: MakePage) -> None:
    page = make_page(DocumentType.GUIA)

    assert facts(page.transport) == {
        "Motivo": "1 · Operación constituye venta",
        "Despacho": "Por cuenta del emisor",
        "Origen": "Av. Ñuble 123, Ñuñoa, Santiago",
        "Destino": "Camino El Espino 4410, bodega 3, San Bernardo, Santiago",
        "Transportista": "R.U.T. 76.918.245-4",
        "Chofer": "Luis Antonio Carvajal",
        "R.U.T. chofer": "12.345.678-5",
        "Patente": "KXRT58",
        "Patente carro": "JJ1234",
        "Salida": "22-11-2026 08:30",
        "Llegada": "23-11-2026",
    }
    assert page.signatures == ()


def test_a_factura_that_moves_goods_tells_it_too(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    document = issue(DocumentType.FACTURA, make_item("Pan"))
    draft = replace(document.draft, dispatch=DispatchKind.BY_RECEIVER, transport=Transport())

    moved = page_content(replace(document, draft=draft), shop=shop)
    sold = page_content(document, shop=shop)

    assert facts(moved.transport) == {
        "Despacho": "Por cuenta del receptor",
        "Origen": "Av. Ñuble 123, Ñuñoa, Santiago",
        "Destino": "Camino El Espino 4410, bodega 3, San Bernardo, Santiago",
    }
    assert moved.transport[0].right is None
    assert sold.transport == ()


def test_an_internal_guia_shows_no_values_and_is_signed(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    document = issue(DocumentType.GUIA, make_item("Pan", "4"), make_item("Leche", "2"))
    bare = tuple(replace(line, unit_price=None, fixed_amount_clp=0) for line in document.lines)
    draft = replace(
        document.draft, lines=bare, transfer_reason=TransferReason.INTERNAL, transport=None
    )
    nothing = replace(document.totals, net_clp=0, vat_clp=0, total_clp=0)

    page = page_content(replace(document, draft=draft, totals=nothing), shop=shop)

    assert page.total_clp is None
    assert page.sums == ()
    assert page.notes == ("2 líneas.",)
    assert page.signatures == ("Despachado", "Recibido")
    assert facts(page.transport)["Motivo"] == "5 · Traslado interno"
    assert [row.quantity for row in page.rows] == ["4", "2"]


def test_an_internal_guia_shows_the_values_it_has(
    issue: Issue, make_item: MakeItem, shop: Shop
) -> None:
    document = issue(DocumentType.GUIA, make_item("Pan", "4"))
    draft = replace(document.draft, transfer_reason=TransferReason.INTERNAL)
    nothing = replace(document.totals, net_clp=0, vat_clp=0, total_clp=0)

    priced = page_content(replace(document, draft=draft, totals=nothing), shop=shop)

    assert priced.total_clp == 0
    assert [row.amount_clp for row in priced.rows] == [4_000]


def test_terms_of_payment_stand_with_the_receiver(make_page: MakePage) -> None:
    terms = PaymentTerms(
        form=PaymentForm.CREDIT,
        term_days=30,
        instalments=(
            Instalment(due_date=date(2026, 12, 22), amount_clp=40_000, note="primera"),
            Instalment(due_date=date(2027, 1, 22), amount_clp=42_000),
        ),
        account_kind="CORRIENTE",
        account="00-555",
        bank="Banco del Valle",
    )

    page = make_page(
        DocumentType.FACTURA,
        payment_terms=terms,
        payment_means=TradeMeans.DATED_CHEQUE,
        due_date=date(2027, 1, 22),
        period_from=date(2026, 11, 1),
        period_to=date(2026, 11, 30),
        service=ServiceKind.PERIODIC,
        requester=Rut.parse("12345678-5"),
    )

    receiver = facts(page.receiver)
    assert receiver["Forma de pago"] == "Crédito 30 días"
    assert receiver["Vencimiento"] == "22-01-2027"
    assert receiver["Medio de pago"] == "Cheque a fecha"
    assert receiver["Solicitado por"] == "12.345.678-5"
    assert receiver["Contacto"] == "Paula Arriagada, compras@ellitre.example"
    assert page.notes == (
        "1 línea. Precios netos.",
        "Período: 01-11-2026 al 30-11-2026.",
        "Pago 1: $40.000 el 22-12-2026 (primera).",
        "Pago 2: $42.000 el 22-01-2027.",
        "Banco del Valle, cta. cte. 00-555.",
    )


def test_a_bank_without_account_is_named_alone(make_page: MakePage) -> None:
    page = make_page(DocumentType.FACTURA, payment_terms=PaymentTerms(bank="Banco del Valle"))

    assert page.notes[-1] == "Banco del Valle."


def test_all_addresses_of_the_issuer_are_named(make_page: MakePage, shop: Shop) -> None:
    chain = replace(shop, head_office="Los Aromos 1, Maipú", branches=("Quillay 5, Puente Alto",))

    page = make_page(DocumentType.FACTURA, paper={"shop": chain})

    assert page.addresses == (
        "Casa matriz: Los Aromos 1, Maipú",
        "Sucursal: Av. Ñuble 123, Ñuñoa, Santiago",
        "Sucursal: Quillay 5, Puente Alto",
    )
    assert page.contact == "Teléfono +56 2 5550 0110 · ventas@rosa.example"


def test_an_issuer_with_little_to_say_leaves_no_empty_words(
    issue: Issue, make_item: MakeItem
) -> None:
    document = issue(DocumentType.BOLETA, make_item("Pan"), receiver=CONSUMER)
    bare = replace(document.issuer, address="", commune="", city="")
    own = Shop(name=bare.name, resolution_number=0, resolution_year=2026, sii_office="")

    page = page_content(replace(document, draft=replace(document.draft, issuer=bare)), shop=own)

    assert (page.addresses, page.contact, page.shop_name) == ((), "", "")
    assert page.stamp_captions[1] == "Res. 0 de 2026 - Verifique documento: www.sii.cl"


def test_discounts_are_amounts_with_their_percentage(
    make_page: MakePage, make_item: MakeItem
) -> None:
    page = make_page(
        DocumentType.FACTURA,
        make_item("Aceite", "6", "8395", discount_percent=Decimal(10), description="5 L"),
        make_item("Cloro", "1", "1000", discount_clp=100),
        make_item("Pan", "0.455", "1000.5", unit="KG"),
    )

    rows = page.rows
    assert [row.adjustment for row in rows] == ["10% -5.037", "-100", ""]
    assert [row.amount_clp for row in rows] == [45_333, 900, 455]
    assert rows[0].description == "5 L"
    assert (rows[2].quantity, rows[2].unit, rows[2].price) == ("0,455", "KG", "1.000,5")
    assert rows[0].code == "10045"
    assert page.adjustment_title == "Descuento"


def test_a_surcharge_renames_the_column(make_page: MakePage, make_item: MakeItem) -> None:
    with_one = make_page(
        DocumentType.FACTURA,
        make_item("Flete", "1", "1000", surcharge_clp=50, discount_clp=20),
        Line(name="Sin código", quantity=Decimal(1), unit_price=Decimal(9)),
    )
    without = make_page(DocumentType.FACTURA)

    assert with_one.adjustment_title == "Dcto. o recargo"
    assert with_one.rows[0].adjustment == "-20 50"
    assert with_one.rows[1].code == ""
    assert without.adjustment_title == ""


@pytest.mark.parametrize(
    ("price", "is_wide"), [("99", False), ("9999999", True), ("1234.567891", True)]
)
def test_long_amounts_and_prices_ask_for_wide_columns(
    price: str, is_wide: bool, make_page: MakePage, make_item: MakeItem
) -> None:
    page = make_page(DocumentType.FACTURA, make_item("Pan", "10", price))

    assert page.is_wide is is_wide


def test_sixty_lines_lose_none_and_carry_their_sum(
    make_page: MakePage, make_item: MakeItem
) -> None:
    goods = [make_item(f"Producto {n}", str(n + 1), str(700 + 13 * n)) for n in range(60)]

    page = make_page(DocumentType.FACTURA, *goods)

    assert [row.name for row in page.rows] == [f"Producto {n}" for n in range(60)]
    assert page.rows[0].brought_clp == 0
    for above, below in zip(page.rows, page.rows[1:], strict=False):
        assert below.brought_clp == above.carried_clp
        assert below.carried_clp == below.brought_clp + below.amount_clp
    assert page.rows[-1].carried_clp == page.sums[0].amount_clp


def test_a_demonstration_says_so(make_page: MakePage, shop: Shop) -> None:
    assert not make_page(DocumentType.FACTURA).is_demonstration
    shown = make_page(DocumentType.FACTURA, paper={"shop": replace(shop, demonstration=True)})
    assert shown.is_demonstration
