"""The letter PDF of facturas, notas and guías, read back: stamp, texts, carries, copies."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from dte.build import build
from dte.caf import load_caf
from dte.codes import DispatchKind, DocumentType, Exemption, PaymentForm, TransferReason
from dte.document import (
    Document,
    Draft,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)
from dte.printable.receipt import Shop
from dte.rut import Rut
from erpmarket.fiscal.pdf import Drawable, PdfPaper, PdfRefused, page_pdf, paper_pdf
from erpmarket.fiscal.templatetags.papers import roll_lines
from erpmarket.fiscal.tests.stamps import read_page_stamps

RUT = "76918245-4"
AT = datetime(2026, 11, 22, 21, 52, tzinfo=UTC)
MM = 72 / 25.4
SHOP = Shop(
    name="Almacén Doña Rosa",
    resolution_number=80,
    resolution_year=2014,
    sii_office="Santiago Poniente",
)
ISSUER = Issuer(
    rut=Rut.parse(RUT),
    name="COMERCIAL LOS AROMOS SpA",
    giro="Minimarket, venta al por menor de alimentos, bebidas y abarrotes",
    address="Av. Los Aromos 1234",
    commune="Maipú",
    city="Santiago",
    activities=(471100,),
)
BUYER = Receiver(
    rut=Rut.parse("12345678-5"),
    name="RESTAURANTE Y BANQUETERÍA EL LITRE DEL MAIPO LIMITADA",
    giro="Restaurante, banquetería y eventos",
    address="Camino El Espino 4410, bodega 3",
    commune="San Bernardo",
    city="Santiago",
)
CORRECTED = Reference(
    kind="33", folio="4187", issue_date=date(2026, 11, 20), code="3", reason="devolución parcial"
)
EXTRAS: dict[DocumentType, dict[str, Any]] = {
    DocumentType.FACTURA: {
        "payment_terms": PaymentTerms(form=PaymentForm.CREDIT, term_days=30),
        "references": (Reference(kind="801", folio="OC-1", issue_date=date(2026, 11, 20)),),
    },
    DocumentType.GUIA: {
        "transfer_reason": TransferReason.SALE,
        "dispatch": DispatchKind.BY_ISSUER_TO_RECEIVER,
        "transport": Transport(
            plate="KXRT58",
            carrier=Rut.parse(RUT),
            driver=Rut.parse("12345678-5"),
            driver_name="Luis Carvajal",
            address="Camino El Espino 4410",
            commune="San Bernardo",
            city="Santiago",
            departs_on=date(2026, 11, 22),
        ),
    },
    DocumentType.NOTA_CREDITO: {"references": (CORRECTED,)},
    DocumentType.NOTA_DEBITO: {"references": (CORRECTED,)},
}
TRADE = (
    DocumentType.FACTURA,
    DocumentType.FACTURA_EXENTA,
    DocumentType.GUIA,
    DocumentType.NOTA_DEBITO,
    DocumentType.NOTA_CREDITO,
)


def line(name: str, quantity: str = "4", price: str = "17227", **fields: Any) -> Line:
    goods = Line(
        name=name,
        quantity=Decimal(quantity),
        unit="UN",
        unit_price=Decimal(price),
        codes=(ItemCode(kind="INT1", value="10045"),),
    )
    return replace(goods, **fields)


@pytest.fixture(scope="module")
def issue(caf_office: Any) -> Callable[..., Document]:
    def issued(kind: DocumentType, *lines: Line) -> Document:
        caf = load_caf(
            caf_office.issue_caf(
                rut=RUT,
                name=ISSUER.name,
                kind=kind.value,
                quantity=9,
                authorized_on=date(2026, 8, 2),
            )
        )
        exempt = Exemption.EXEMPT if kind.is_wholly_exempt else None
        draft = Draft(
            kind=kind,
            issuer=ISSUER,
            receiver=BUYER,
            lines=lines or (line("Harina de trigo 25 kg", exemption=exempt),),
            issue_date=date(2026, 11, 22),
            **EXTRAS.get(kind, {}),
        )
        return build(draft=draft, folio=caf.first, caf=caf, at=AT)

    return issued


Issue = Callable[..., Document]


def draw(document: Document, **wishes: Any) -> pypdfium2.PdfDocument:
    pdf = page_pdf(document.xml, **{"shop": SHOP, **wishes})
    assert len(pdf) < 500_000
    return pypdfium2.PdfDocument(pdf, autoclose=True)


def words_of(page: pypdfium2.PdfPage) -> str:
    text: str = page.get_textpage().get_text_range()
    return text.replace("\r\n", "\n").replace("\u00a0", " ")


def flat(pdf: pypdfium2.PdfDocument) -> str:
    return " ".join(" ".join(words_of(page) for page in pdf).split())


@pytest.mark.parametrize("kind", TRADE)
def test_each_type_says_what_the_law_asks_on_one_page(kind: DocumentType, issue: Issue) -> None:
    document = issue(kind)

    pdf = draw(document)

    text = flat(pdf)
    assert len(pdf) == 1
    for wanted in (
        f"R.U.T.: 76.918.245-4 {kind.title.upper()} N° {document.folio}",
        "S.I.I. - SANTIAGO PONIENTE",
        "Minimarket, venta al por menor de alimentos, bebidas y abarrotes",
        "Casa matriz: Av. Los Aromos 1234, Maipú, Santiago",
        "Fecha de emisión: 22 de noviembre de 2026",
        "RESTAURANTE Y BANQUETERÍA EL LITRE DEL MAIPO LIMITADA",
        "12.345.678-5",
        "Harina de trigo 25 kg",
        "Res. 80 de 2014 - Verifique documento: www.sii.cl",
        "Página 1 de 1",
    ):
        assert wanted in text
    for never in ("CEDIBLE", "19.983", "Recibí conforme", "COPIA", "?", "DEMOSTRACIÓN"):
        assert never not in text
    assert read_page_stamps(pdf[0]) == [document.ted]
    assert pdfium.FPDFCatalog_IsTagged(pdf)


def test_the_exempt_factura_has_neither_net_nor_vat(issue: Issue) -> None:
    text = flat(draw(issue(DocumentType.FACTURA_EXENTA)))

    assert "Monto exento $ 68.908 TOTAL $ 68.908" in text
    assert "IVA" not in text
    assert "neto" not in text


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        (DocumentType.FACTURA, "CEDIBLE"),
        (DocumentType.FACTURA_EXENTA, "CEDIBLE"),
        (DocumentType.GUIA, "CEDIBLE CON SU FACTURA"),
    ],
)
def test_the_cedible_copy_has_acuse_and_mark(kind: DocumentType, mark: str, issue: Issue) -> None:
    document = issue(kind)
    pdf = draw(document, cedible=True)

    text = flat(pdf)

    assert len(pdf) == 1
    assert "acredita que la entrega de mercaderías o servicio(s) prestado(s)" in text
    for label in ("Nombre", "Recinto", "Firma"):
        assert label in text
    assert re.search(rf"{mark}(?! CON)", text)
    assert read_page_stamps(pdf[0]) == [document.ted]


@pytest.mark.parametrize("count", [6, 8])
def test_the_cedible_copy_needs_no_more_pages_than_the_tax_copy(count: int, issue: Issue) -> None:
    document = issue(DocumentType.FACTURA, *(line(f"Producto {each}") for each in range(count)))

    pages = [len(draw(document, cedible=cedible)) for cedible in (False, True)]

    assert pages == [1, 1]


def test_a_nota_has_no_cedible_copy(issue: Issue) -> None:
    with pytest.raises(PdfRefused) as refused:
        draw(issue(DocumentType.NOTA_CREDITO), cedible=True)

    assert refused.value.reason == "not_cedible"


def test_a_nota_names_the_document_it_corrects(issue: Issue) -> None:
    text = flat(draw(issue(DocumentType.NOTA_CREDITO), notes=("Devolución: en efectivo.",)))

    assert "Factura electrónica 4187 20-11-2026 Corrige montos: devolución parcial" in text
    assert "Devolución: en efectivo." in text


def test_a_guia_tells_how_goods_travel(issue: Issue) -> None:
    text = flat(draw(issue(DocumentType.GUIA)))

    for wanted in ("1 · Operación constituye venta", "KXRT58", "Luis Carvajal", "22-11-2026"):
        assert wanted in text


def test_discounts_show_percentage_and_pesos(issue: Issue) -> None:
    aceite = line("Aceite 5 L", "6", "8395", discount_percent=Decimal(10))

    text = flat(draw(issue(DocumentType.FACTURA, aceite)))

    assert "10045 Aceite 5 L 6 UN 8.395 10% -5.037 45.333" in text
    assert "Monto neto $ 45.333 IVA 19% $ 8.613 TOTAL $ 53.946" in text


def test_sixty_lines_carry_their_sum_over_three_pages(issue: Issue) -> None:
    goods = [line(f"Producto {number}", "2", "1990") for number in range(60)]
    document = issue(DocumentType.FACTURA, *goods)

    pdf = draw(document, cedible=True)

    pages = [words_of(page) for page in pdf]
    assert len(pages) == 3
    running, seen = 0, 0
    for number, text in enumerate(pages):
        brought = re.search(r"Viene de la página anterior \$ ([\d.]+)", text)
        assert (brought is None) == (number == 0)
        if brought is not None:
            assert int(brought[1].replace(".", "")) == running
        rows = len(re.findall(r"Producto \d+ 2 UN 1\.990", text))
        seen, running = seen + rows, running + 3980 * rows
        carried = re.search(r"Suma hasta aquí \$ ([\d.]+)", text)
        assert (carried is None) == (number == 2)
        if carried is not None:
            assert int(carried[1].replace(".", "")) == running
    assert seen == 60
    assert running == document.totals.net_clp
    assert ["TOTAL" in text for text in pages] == [False, False, True]
    assert ["CEDIBLE" in text for text in pages] == [False, False, True]
    assert [read_page_stamps(page) for page in pdf] == [[], [], [document.ted]]


@pytest.mark.parametrize("cedible", [False, True])
def test_the_stamp_keeps_its_size_and_its_distance_from_the_edge(
    cedible: bool, issue: Issue
) -> None:
    page = draw(issue(DocumentType.FACTURA), cedible=cedible)[0]

    (picture,) = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])

    left, bottom, right, top = (edge / MM for edge in picture.get_bounds())
    assert right - left == pytest.approx(74.066, abs=0.02)
    assert 20 <= top - bottom <= 40
    assert left >= 20


def test_long_amounts_and_prices_stay_inside_the_page(issue: Issue) -> None:
    goods = [
        line("Maquinaria importada " * 3, "99", "9999999.123456"),
        line("Tornillo", "1234.5", "1234.123456", discount_percent=Decimal("12.5")),
    ]

    page = draw(issue(DocumentType.FACTURA, *goods))[0]

    written = page.get_textpage()
    edges = [written.get_charbox(index) for index in range(written.count_chars())]
    ink = [edge for edge in edges if edge[2] > edge[0]]
    assert max(edge[2] for edge in ink) <= page.get_width() - 13.9 * MM
    assert "989.999.913" in words_of(page)


def test_a_file_that_is_no_document_is_refused() -> None:
    with pytest.raises(PdfRefused):
        page_pdf(b"<DTE/>", shop=SHOP)


def draw_roll(document: Document, paper: PdfPaper = PdfPaper.ROLL) -> pypdfium2.PdfDocument:
    pdf = paper_pdf([Drawable(document_xml=document.xml, shop=SHOP)], paper=paper)
    return pypdfium2.PdfDocument(pdf, autoclose=True)


@pytest.mark.parametrize("kind", TRADE)
def test_each_type_has_its_roll_with_a_stamp_that_reads(kind: DocumentType, issue: Issue) -> None:
    document = issue(kind)

    pdf = draw_roll(document)

    text, page = flat(pdf), pdf[0]
    assert len(pdf) == 1
    assert page.get_width() / MM == pytest.approx(80, abs=0.1)
    for wanted in (
        "R.U.T.: 76.918.245-4",
        kind.title.upper(),
        f"N° {document.folio}",
        "S.I.I. - SANTIAGO PONIENTE",
        "12.345.678-5",
        "Harina de trigo 25 kg",
        "Timbre Electrónico SII",
    ):
        assert wanted in text
    for never in ("CEDIBLE", "19.983", "COPIA", "?"):
        assert never not in text
    assert [read_page_stamps(page, dpi) for dpi in (203, 300, 600)] == [[document.ted]] * 3
    (picture,) = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
    left, bottom, right, top = (edge / MM for edge in picture.get_bounds())
    # Between 2 x 5 and 4 x 9 cm, with a quarter of an inch quiet at both ends.
    assert right - left == pytest.approx(62.408, abs=0.02)
    assert 20 <= top - bottom <= 40
    assert min(left, 80 - right) >= 6.35


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "Teléfono 22 345 6789 · ventas@losaromos.example",
            ["Teléfono 22 345 6789", "ventas@losaromos.example"],
        ),
        ("3 productos · Hoy ahorró $1.200", ["3 productos · Hoy ahorró $1.200"]),
    ],
)
def test_no_line_of_a_roll_ends_in_the_dot_between_two_parts(text: str, lines: list[str]) -> None:
    assert roll_lines(text) == lines


def test_the_cedible_roll_has_acuse_and_mark(issue: Issue) -> None:
    document = issue(DocumentType.FACTURA)

    pdf = draw_roll(document, PdfPaper.ROLL_CEDIBLE)

    text = flat(pdf)
    assert "acredita que la entrega de mercaderías o servicio(s) prestado(s)" in text
    assert text.endswith("CEDIBLE")
    assert read_page_stamps(pdf[0]) == [document.ted]
