"""The PDF of a boleta, read back: its stamp decoded, its texts extracted, its edges measured."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from dte.build import build, prepare
from dte.caf import SiiKey, load_caf
from dte.codes import DocumentType, Exemption, PaymentMeans
from dte.document import CONSUMER, Document, Draft, Issuer, Line, Receiver
from dte.printable.receipt import SaleFacts, Shop, Tender, TenderKind
from dte.rut import Rut
from dte.ted import verify_ted
from erpmarket.common.errors import InvariantBroken
from erpmarket.fiscal.pdf import PdfPaper, PdfRefused, boleta_pdf
from erpmarket.fiscal.pdf_engine import Sheet, write_pdf
from erpmarket.fiscal.tests.stamps import read_page_stamps

RUT = "76918245-4"
AT = datetime(2026, 11, 22, 21, 52, tzinfo=UTC)
MM = 72 / 25.4
SHOP = Shop(name="Almacén Doña Rosa", resolution_number=80, resolution_year=2014)
CASH_SALE = SaleFacts(
    till="Caja 1",
    cashier="Camila R.",
    tenders=(Tender(kind=TenderKind.CASH, amount_clp=20_000),),
    rounding_clp=-3,
    change_clp=4_330,
)
BothPapers = pytest.mark.parametrize("paper", [PdfPaper.ROLL, PdfPaper.LETTER])


def line(name: str, quantity: str = "1", price: str = "1000", **changes: Any) -> Line:
    return Line(
        name=name,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        **{"unit": "Un", **changes},
    )


MIXED = (
    line("Pan marraqueta", "0.645", "2190", unit="Kg"),
    line("Leche entera Campo Sur 1 L", "3", "1190", discount_clp=1190),
    line("Queso gauda laminado Los Robles, corte delgado", "0.455", "8990", unit="Kg"),
    line("Estampilla franqueo nacional", "2", "650", exemption=Exemption.EXEMPT),
    line("Detergente líquido «Ñandú» 3 L", "1", "6490"),
)
EXEMPT = (
    line("Diario La Comuna", "1", "1200", exemption=Exemption.EXEMPT),
    line("Libro", "2", "5000", exemption=Exemption.EXEMPT),
)


@pytest.fixture(scope="module")
def issue(caf_office: Any) -> Callable[..., Document]:
    cafs = {
        kind: load_caf(
            caf_office.issue_caf(
                rut=RUT,
                name="COMERCIAL LOS AROMOS SpA",
                kind=kind,
                quantity=300,
                authorized_on=date(2026, 1, 2),
            )
        )
        for kind in (39, 41)
    }

    def issued(
        lines: Sequence[Line],
        *,
        kind: int = 39,
        receiver: Receiver = CONSUMER,
        payment_means: PaymentMeans | None = None,
    ) -> Document:
        issuer = Issuer(
            rut=Rut.parse(RUT),
            name="COMERCIAL LOS AROMOS SpA",
            giro="Minimarket y venta de abarrotes",
            address="Av. Los Aromos 1234",
            commune="Maipú",
            city="Santiago",
        )
        draft = Draft(
            kind=DocumentType(kind),
            issuer=issuer,
            receiver=receiver,
            lines=tuple(lines),
            issue_date=date(2026, 11, 22),
            payment_means=payment_means,
        )
        return build(draft=prepare(draft), folio=cafs[kind].first, caf=cafs[kind], at=AT)

    return issued


def draw(
    document: Document, paper: PdfPaper, *, shop: Shop = SHOP, sale: SaleFacts | None = None
) -> pypdfium2.PdfDocument:
    pdf = boleta_pdf(document.xml, shop=shop, sale=sale, paper=paper)
    assert len(pdf) < 500_000
    return pypdfium2.PdfDocument(pdf, autoclose=True)


def words_of(page: pypdfium2.PdfPage) -> str:
    text: str = page.get_textpage().get_text_range()
    return text.replace("\r\n", "\n").replace("\u00a0", " ")


def all_words(pdf: pypdfium2.PdfDocument) -> str:
    return "\n".join(words_of(page) for page in pdf)


@pytest.mark.parametrize(("lines", "kind"), [(MIXED, 39), (EXEMPT, 41)])
@BothPapers
def test_stamp_reads_back_from_the_page_and_verifies(
    paper: PdfPaper,
    lines: Sequence[Line],
    kind: int,
    issue: Callable[..., Document],
    caf_office: Any,
) -> None:
    document = issue(lines, kind=kind)

    stamps = read_page_stamps(draw(document, paper)[0])

    assert stamps == [document.ted]
    key = caf_office.authority_key
    trusted = {key.key_id: SiiKey(modulus=key.modulus, exponent=key.exponent, environment="demo")}
    read = verify_ted(stamps[0], trusted=trusted)
    assert (read.kind, read.facts.folio) == (kind, document.folio)
    assert read.facts.total_clp == document.totals.total_clp


@pytest.mark.parametrize(
    ("paper", "width_mm", "columns"), [(PdfPaper.ROLL, 64, 11), (PdfPaper.LETTER, 74.066, 15)]
)
def test_stamp_has_its_size_and_quiet_zone(
    paper: PdfPaper, width_mm: float, columns: int, issue: Callable[..., Document]
) -> None:
    page = draw(issue(MIXED), paper)[0]

    (picture,) = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])

    left, bottom, right, top = (edge / MM for edge in picture.get_bounds())
    assert right - left == pytest.approx(width_mm, abs=0.02)
    across, down = picture.get_px_size()
    assert across == (17 * columns + 69) * 6
    assert (top - bottom) / (right - left) == pytest.approx(down / across, abs=0.001)
    # Two by four and a half centimetres at least, a quarter of an inch quiet, 20 mm on letter.
    assert top - bottom >= 20
    assert left >= (7.9 if paper is PdfPaper.ROLL else 20)
    assert page.get_width() / MM - right >= 7.9


@BothPapers
def test_boleta_says_what_the_law_asks(paper: PdfPaper, issue: Callable[..., Document]) -> None:
    document = issue(MIXED)

    text = all_words(draw(document, paper))

    for words in (
        "R.U.T.: 76.918.245-4",
        "BOLETA ELECTRÓNICA",
        f"N° {document.folio}",
        "COMERCIAL LOS AROMOS SpA",
        "Minimarket y venta de abarrotes",
        "Av. Los Aromos 1234, Maipú, Santiago",
        "Leche entera Campo Sur 1 L",
        "Detergente líquido «Ñandú» 3 L",
        "Exento (E)",
        "El IVA incluido",
        "18:52",
        "Timbre Electrónico SII",
        "Res. 80 de 2014",
        "www.sii.cl",
    ):
        assert words in text
    for words in ("?", "66666666", "66.666.666", "CONSUMIDOR", "COPIA", "DEMOSTRACIÓN", "S.I.I."):
        assert words not in text
    assert "Redondeo" not in text


@BothPapers
def test_exempt_boleta_has_no_vat(paper: PdfPaper, issue: Callable[..., Document]) -> None:
    text = all_words(draw(issue(EXEMPT, kind=41), paper))

    assert "BOLETA NO AFECTA O EXENTA ELECTRÓNICA" in " ".join(text.split())
    assert re.search(r"Exento \$ ?11\.200", text)
    assert re.search(r"TOTAL \$ ?11\.200", text)
    for words in ("IVA", "(E)", "?", "66666666", "66.666.666"):
        assert words not in text


def test_right_column_of_the_roll_adds_up(issue: Callable[..., Document]) -> None:
    document = issue(MIXED)
    text = all_words(draw(document, PdfPaper.ROLL))

    lines = text[: text.index("TOTAL")].splitlines()
    found = [re.search(r"(-?)\$([\d.]+)(?: E)?$", each) for each in lines if "×" not in each]
    amounts = [int(hit[1] + hit[2].replace(".", "")) for hit in found if hit]

    assert amounts == [1413, 3570, -1190, 4090, 1300, 6490]
    assert sum(amounts) == document.totals.total_clp
    assert f"TOTAL ${document.totals.total_clp:,}".replace(",", ".") in text


def test_right_column_of_the_letter_adds_up(issue: Callable[..., Document]) -> None:
    document = issue(MIXED)
    text = all_words(draw(document, PdfPaper.LETTER))

    detail = text[text.index("Valor") : text.index("Precios con IVA incluido")]
    amounts = [
        int(each.replace(".", "")) for each in re.findall(r" ([\d.]+)$", detail, re.MULTILINE)
    ]

    assert amounts == [1413, 2380, 4090, 1300, 6490]
    assert sum(amounts) == document.totals.total_clp
    assert "3 UN 1.190 -1.190 2.380" in detail
    assert "0,645 KG 2.190 1.413" in detail
    assert "E Estampilla" in detail


def test_column_of_discounts_is_there_when_one_is(issue: Callable[..., Document]) -> None:
    with_one = all_words(draw(issue(MIXED), PdfPaper.LETTER))
    without = all_words(draw(issue([line("Pan")]), PdfPaper.LETTER))

    assert "Descuento" in with_one
    assert "Descuento" not in without


def test_tenders_and_rounding_are_shown_when_the_sale_is_known(
    issue: Callable[..., Document],
) -> None:
    roll = all_words(draw(issue(MIXED), PdfPaper.ROLL, sale=CASH_SALE))
    letter = all_words(draw(issue(MIXED), PdfPaper.LETTER, sale=CASH_SALE))

    for words in ("Caja 1 · Camila R.", "Redondeo (Ley 20.956) -$3", "Vuelto $4.330"):
        assert words in roll
    for words in (
        "Caja Caja 1",
        "Atendido por Camila R.",
        "Medio de pago Efectivo",
        "Redondeo (Ley 20.956) -$ 3",
        "Total a pagar en efectivo $ 15.670",
        "TOTAL $ 15.673",
    ):
        assert words in letter


@BothPapers
def test_known_buyer_is_named(paper: PdfPaper, issue: Callable[..., Document]) -> None:
    buyer = Receiver(rut=Rut.parse("12345678-5"), name="Inés Ibáñez Ñuñoa")

    text = all_words(draw(issue(MIXED, receiver=buyer), paper))

    assert "Inés Ibáñez Ñuñoa" in text
    assert "12.345.678-5" in text


@BothPapers
def test_demonstration_is_marked(paper: PdfPaper, issue: Callable[..., Document]) -> None:
    document = issue(MIXED)
    pdf = draw(document, paper, shop=replace(SHOP, demonstration=True))

    text = all_words(pdf)

    # On the roll at the top and above the stamp, on letter across each page, behind the text.
    wanted = 2 if paper is PdfPaper.ROLL else 1
    assert text.count("DEMOSTRACIÓN - SIN VALIDEZ") == wanted
    assert read_page_stamps(pdf[0]) == [document.ted]


@pytest.mark.parametrize(
    "name",
    [
        "Detergente líquido concentrado para ropa de color Brisa del Sur, repuesto 3 L",
        "SUPERCALIFRAGILISTICO" * 3 + "ÑANDÚÁÉÍÓÚ",
    ],
)
@BothPapers
def test_long_names_wrap_beside_long_amounts(
    paper: PdfPaper, name: str, issue: Callable[..., Document]
) -> None:
    document = issue(
        [line(name, "99", "9999999999"), line("Pan")],
        receiver=Receiver(rut=Rut.parse("12345678-5"), name="Inés Ibáñez Ñuñoa"),
        payment_means=PaymentMeans.TRANSFER,
    )

    page = draw(document, paper)[0]

    text = words_of(page)
    assert re.sub(r"\s", "", name) in re.sub(r"\s", "", text)
    assert "989.999.999.901" in text
    assert "990.000.000.901" in text
    margin_mm = 3.9 if paper is PdfPaper.ROLL else 13.9
    written = page.get_textpage()
    edges = [written.get_charbox(index) for index in range(written.count_chars())]
    ink = [edge for edge in edges if edge[2] > edge[0]]
    assert min(edge[0] for edge in ink) >= margin_mm * MM
    assert max(edge[2] for edge in ink) <= page.get_width() - margin_mm * MM


@BothPapers
def test_a_number_stays_with_its_unit(paper: PdfPaper, issue: Callable[..., Document]) -> None:
    names = [f"{'Detergente líquido concentrado '[: 20 + cut]}{'a' * cut} 3 L" for cut in range(40)]

    text = all_words(draw(issue([line(name) for name in names]), paper))

    # Some of the forty break just there if nothing keeps them.
    assert text.count("3 L") == 40


def test_two_hundred_lines_are_one_roll(issue: Callable[..., Document]) -> None:
    document = issue([line(f"Producto {number}", "2", "1990") for number in range(200)])

    pdf = draw(document, PdfPaper.ROLL)

    assert len(pdf) == 1
    assert pdf[0].get_height() / MM < 3000
    text = words_of(pdf[0])
    assert [f"Producto {number} " in text for number in range(200)] == [True] * 200
    assert read_page_stamps(pdf[0]) == [document.ted]


def test_two_hundred_lines_carry_their_sum_from_page_to_page(
    issue: Callable[..., Document],
) -> None:
    document = issue([line(f"Producto {number}", "2", "1990") for number in range(200)])

    pdf = draw(document, PdfPaper.LETTER)

    pages = [words_of(page) for page in pdf]
    assert len(pages) >= 5
    running = 0
    for number, text in enumerate(pages):
        brought = re.search(r"Viene de la página anterior \$ ([\d.]+)", text)
        assert (brought is None) == (number == 0)
        if brought is not None:
            assert int(brought[1].replace(".", "")) == running
        running += 3980 * len(re.findall(r"^Producto \d+ 2 UN", text, re.MULTILINE))
        carried = re.search(r"Suma hasta aquí \$ ([\d.]+)", text)
        assert (carried is None) == (number == len(pages) - 1)
        if carried is not None:
            assert int(carried[1].replace(".", "")) == running
        assert f"Página {number + 1} de {len(pages)}" in text
    assert running == document.totals.total_clp
    assert ["TOTAL" in text for text in pages] == [False] * (len(pages) - 1) + [True]
    assert [read_page_stamps(page) for page in pdf][-1] == [document.ted]


def test_roll_ends_below_its_last_line(issue: Callable[..., Document]) -> None:
    page = draw(issue(MIXED), PdfPaper.ROLL)[0]

    written = page.get_textpage()
    lowest = min(written.get_charbox(index)[1] for index in range(written.count_chars()))
    assert page.get_width() / MM == pytest.approx(80, abs=0.01)
    assert 3 <= lowest / MM <= 8


@BothPapers
def test_text_is_text_for_a_screen_reader(paper: PdfPaper, issue: Callable[..., Document]) -> None:
    document = issue(MIXED)
    pdf = draw(document, paper)

    assert pdfium.FPDFCatalog_IsTagged(pdf)
    length = pdfium.FPDFCatalog_GetLanguage(pdf, None, 0)
    room = (pdfium.FPDF_WCHAR * (length // 2))()
    pdfium.FPDFCatalog_GetLanguage(pdf, room, length)
    assert bytes(room).decode("utf-16-le").rstrip("\0") == "es-CL"
    assert pdf.get_metadata_dict()["Title"] == f"Boleta Electrónica N° {document.folio}"


def test_another_kind_of_document_is_refused(issue: Callable[..., Document]) -> None:
    factura = issue(MIXED).xml.replace(b"<TipoDTE>39<", b"<TipoDTE>33<")

    with pytest.raises(PdfRefused) as refused:
        boleta_pdf(factura, shop=SHOP, sale=None, paper=PdfPaper.ROLL)

    assert refused.value.details["reason"] == "not_a_boleta"


def test_lines_that_do_not_add_up_are_refused(issue: Callable[..., Document]) -> None:
    changed = issue(MIXED).xml.replace(b"<MontoItem>6490<", b"<MontoItem>6491<")

    with pytest.raises(PdfRefused) as refused:
        boleta_pdf(changed, shop=SHOP, sale=None, paper=PdfPaper.LETTER)

    assert refused.value.details["reason"] == "does_not_add_up"


@pytest.mark.parametrize(
    "address", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "data:image/png;base64,AA"]
)
def test_a_page_loads_nothing_from_outside(address: str) -> None:
    html = f'<html lang="es-CL"><img src="{address}" alt=""><div id="end"></div></html>'

    with pytest.raises(InvariantBroken, match="Error fetching"):
        write_pdf([Sheet(html=html, css="", pictures={})])
