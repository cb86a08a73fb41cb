"""What others write, and the schema does not foresee, is read or clearly refused."""

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal

import pytest

from dte.codes import DocumentType, Exemption, PaymentMeans, ServiceKind, TradeMeans
from dte.document import TaxAmount, Transport
from dte.errors import XmlRefused
from dte.xml.group import read_amount, read_date, read_decimal, read_time
from dte.xml.read import ReadDocument, read_document

Make = Callable[..., bytes]


def change(xml: bytes, old: str, new: str) -> bytes:
    text = xml.decode("iso-8859-1")
    changed = re.sub(old, new, text, count=1, flags=re.DOTALL)
    assert changed != text
    return changed.encode("iso-8859-1")


@pytest.fixture
def factura(unsigned: Make) -> bytes:
    return unsigned(33)


def with_identity(xml: bytes, element: str) -> ReadDocument:
    return read_document(change(xml, "</IdDoc>", f"{element}</IdDoc>"))


@pytest.mark.parametrize(
    ("written", "pesos"),
    [("3000", 3000), ("3000.0", 3000), ("3000.00", 3000), ("-3", -3), ("3.", 3), ("3.0000", 3)],
)
def test_amounts_with_a_fraction_of_zeros_are_read(written: str, pesos: int) -> None:
    assert read_amount(written) == pesos


@pytest.mark.parametrize("written", ["", "1.000", "1.5", "1,5", "1e3", "١", "1_0", "9" * 19])
def test_amounts_that_could_mean_two_things_are_refused(written: str) -> None:
    # "1.000" is one peso to a machine and a thousand to a Chilean.
    with pytest.raises(ValueError, match="no amount"):
        read_amount(written)


@pytest.mark.parametrize(
    ("written", "number"), [("1.50", "1.5"), ("+2", "2"), (".5", "0.5"), ("2.", "2"), ("-1", "-1")]
)
def test_decimals_are_read_in_every_form_the_schema_allows(written: str, number: str) -> None:
    assert read_decimal(written) == Decimal(number)


def test_numbers_and_dates_that_are_none_are_refused() -> None:
    for written in ("", "1,5", "NaN", "Infinity", "1E+2", "."):
        with pytest.raises(ValueError, match="no number"):
            read_decimal(written)
    for written in ("", "20261122", "22-11-2026"):
        with pytest.raises(ValueError, match="no date"):
            read_date(written)
    for written in ("", "10", "10:00:00Z"):
        with pytest.raises(ValueError, match="no time"):
            read_time(written)


def test_dates_may_carry_a_zone_and_times_no_seconds() -> None:
    assert read_date("2026-11-22-03:00") == read_date("2026-11-22Z") == date(2026, 11, 22)
    assert read_time("09:30") == time(9, 30)


@pytest.mark.parametrize(
    "element",
    [
        "<MedioPago>XX</MedioPago>",
        "<IndTraslado>77</IndTraslado>",
        "<TipoDespacho>x</TipoDespacho>",
        "<FchVenc>0000-00-00</FchVenc>",
        "<TermPagoDias>treinta</TermPagoDias>",
        "<TpoImpresion>Z</TpoImpresion>",
        "<TpoTranVenta></TpoTranVenta>",
        "<IndServicio>9</IndServicio>",
        "<Desconocido><De>siempre</De></Desconocido>",
    ],
)
def test_codes_nobody_knows_count_as_not_said(factura: bytes, element: str) -> None:
    assert with_identity(factura, element) == read_document(factura)


def test_each_channel_has_its_own_means_of_payment(unsigned: Make, factura: bytes) -> None:
    assert with_identity(factura, "<MedioPago>EF</MedioPago>").payment_means is TradeMeans.CASH
    assert with_identity(factura, "<MedioPago>1</MedioPago>").payment_means is None
    boleta = unsigned(39)
    assert with_identity(boleta, "<MedioPago>1</MedioPago>").payment_means is PaymentMeans.CASH
    assert with_identity(boleta, "<MedioPago>EF</MedioPago>").payment_means is None
    assert with_identity(boleta, "<MedioPago>9</MedioPago>").payment_means is None


def test_boleta_without_kind_of_service_is_an_ordinary_sale(unsigned: Make) -> None:
    bare = change(unsigned(39), "<IndServicio>3</IndServicio>", "")

    assert read_document(bare).draft.service is ServiceKind.SALES_AND_SERVICES


def test_amount_that_does_not_follow_from_price_and_quantity_is_kept(factura: bytes) -> None:
    document = read_document(change(factura, "<MontoItem>3000", "<MontoItem>2999"))

    assert document.lines[0].unit_price == 2000
    assert document.lines[0].fixed_amount_clp == 2999
    assert read_document(factura).lines[0].fixed_amount_clp is None


def test_numbers_too_long_for_arithmetic_do_not_stop_the_reader(factura: bytes) -> None:
    huge = f"{'9' * 18}.{'9' * 18}"
    xml = change(factura, "<QtyItem>1.5", f"<QtyItem>{huge}")
    document = read_document(change(xml, "<PrcItem>2000", f"<PrcItem>{huge}"))
    assert document.lines[0].fixed_amount_clp == 3000

    document = read_document(change(factura, "<TasaIVA>19", f"<TasaIVA>{huge}"))
    assert document.draft.vat_clp == document.totals.vat_clp

    xml = change(factura, "<TasaIVA>19", f"<TasaIVA>{huge}")
    xml = change(xml, "<MntNeto>3000", f"<MntNeto>{'9' * 18}")
    assert read_document(xml).draft.vat_clp == 570


def test_kilos_boxes_and_line_breaks_in_texts_are_read(factura: bytes) -> None:
    xml = change(factura, "<QtyItem>1.5</QtyItem>", "<QtyItem>12.345678</QtyItem>")
    xml = change(xml, "</QtyItem>", "</QtyItem><UnmdItem>KGs</UnmdItem>")
    xml = change(xml, "<NmbItem>Pan de molde", "<NmbItem>\r\n   Pan  de molde\r\n  ")
    line = read_document(xml).lines[0]

    assert (line.quantity, line.unit, line.name) == (Decimal("12.345678"), "KGs", "Pan  de molde")


def test_foreign_tax_codes_and_rates_are_kept(factura: bytes) -> None:
    taxes = (
        "<ImptoReten><TipoImp>999</TipoImp><TasaImp>12.50</TasaImp><MontoImp>7.0</MontoImp>"
        "</ImptoReten><ImptoReten><TipoImp>28</TipoImp><MontoImp>-5</MontoImp></ImptoReten>"
    )
    xml = change(factura, "</IVA>", f"</IVA>{taxes}")
    xml = change(
        xml, "<MontoItem>", "<CodImpAdic>999</CodImpAdic><CodImpAdic>x</CodImpAdic><MontoItem>"
    )
    document = read_document(xml)

    assert document.totals.taxes == (
        TaxAmount(code=999, percent=Decimal("12.5"), amount_clp=7),
        TaxAmount(code=28, percent=None, amount_clp=-5),
    )
    assert document.lines[0].tax_codes == (999,)


def test_factura_de_compra_says_what_vat_is_retained(unsigned: Make) -> None:
    xml = unsigned(33).replace(b"<TipoDTE>33", b"<TipoDTE>46").replace(b"F7T33", b"F7T46")
    taxes = "<ImptoReten><TipoImp>15</TipoImp><TasaImp>19</TasaImp><MontoImp>570</MontoImp></ImptoReten>"
    xml = change(xml, "</IVA>", f"</IVA>{taxes}<IVANoRet>0</IVANoRet>")
    document = read_document(change(xml, "<MntTotal>3570", "<MntTotal>3000"))

    assert document.kind is DocumentType.FACTURA_COMPRA
    assert document.totals.vat_clp == 570
    assert document.totals.taxes == (TaxAmount(code=15, percent=Decimal(19), amount_clp=570),)
    assert document.totals.total_clp == 3000


def test_liquidacion_is_read_though_its_element_has_another_name(unsigned: Make) -> None:
    xml = unsigned(33).replace(b"<TipoDTE>33", b"<TipoDTE>43").replace(b"Documento", b"Liquidacion")
    commission = (
        "<Comisiones><ValComNeto>100</ValComNeto><ValComExe>0</ValComExe>"
        "<ValComIVA>19</ValComIVA></Comisiones>"
    )
    totals = read_document(change(xml, "</IVA>", f"</IVA>{commission}")).totals

    assert read_document(xml).kind is DocumentType.LIQUIDACION
    assert (totals.commission_net_clp, totals.commission_vat_clp) == (100, 19)


def test_exports_are_refused_by_name(unsigned: Make) -> None:
    xml = unsigned(33).replace(b"<TipoDTE>33", b"<TipoDTE>110")

    with pytest.raises(XmlRefused) as refusal:
        read_document(xml.replace(b"Documento", b"Exportaciones"))

    assert refusal.value.code == "unsupported_kind"


def test_wholly_exempt_lines_may_lack_their_mark(unsigned: Make) -> None:
    assert b"IndExe" not in unsigned(34)
    assert read_document(unsigned(34)).lines[0].exemption is Exemption.EXEMPT
    marked = change(unsigned(34), "<NmbItem>", "<IndExe>2</IndExe><NmbItem>")
    assert read_document(marked).lines[0].exemption is Exemption.NOT_BILLABLE


def test_transport_with_nothing_legible_counts_as_not_said(unsigned: Make) -> None:
    xml = unsigned(52)
    assert read_document(xml).draft.transport is not None

    odd = "<Transporte><RUTTrans>0-0</RUTTrans><HraSalida>tarde</HraSalida></Transporte>"
    assert read_document(change(xml, "<Transporte>.*</Transporte>", odd)).draft.transport is None

    plate = "<Transporte><Patente> AB1234 </Patente></Transporte>"
    document = read_document(change(xml, "<Transporte>.*</Transporte>", plate))
    assert document.draft.transport == Transport(plate="AB1234")


def test_vat_is_kept_only_where_it_is_not_that_of_the_net(factura: bytes, unsigned: Make) -> None:
    assert read_document(factura).draft.vat_clp is None
    assert read_document(change(factura, "<IVA>570", "<IVA>571")).draft.vat_clp == 571
    assert read_document(change(unsigned(39), "<IVA>479", "<IVA>480")).draft.vat_clp == 480
    # No rate is on record for 1999.
    old = change(unsigned(39), "<FchEmis>2026", "<FchEmis>1999")
    assert read_document(old).draft.vat_clp == 479


def test_totals_of_periodic_services_have_one_name_in_boletas_and_another_elsewhere(
    unsigned: Make, factura: bytes
) -> None:
    boleta = change(unsigned(39), "</MntTotal>", "</MntTotal><TotalPeriodo>5</TotalPeriodo>")
    other = change(factura, "</MntTotal>", "</MntTotal><MontoPeriodo>6</MontoPeriodo>")

    assert read_document(boleta).totals.period_clp == 5
    assert read_document(other).totals.period_clp == 6


@pytest.mark.parametrize(
    ("element", "code"),
    [
        (
            "<DscRcgGlobal><TpoMov>X</TpoMov><TpoValor>%</TpoValor><ValorDR>1</ValorDR></DscRcgGlobal>",
            "bad_field",
        ),
        (
            "<DscRcgGlobal><TpoMov>D</TpoMov><TpoValor>?</TpoValor><ValorDR>1</ValorDR></DscRcgGlobal>",
            "bad_field",
        ),
        ("<Encabezado/>", "repeated"),
    ],
)
def test_what_money_hangs_on_is_read_strictly(factura: bytes, element: str, code: str) -> None:
    with pytest.raises(XmlRefused) as refusal:
        read_document(change(factura, "<TED ", f"{element}<TED "))

    assert refusal.value.code == code


def test_value_split_by_a_comment_is_read_as_its_signature_covers_it(factura: bytes) -> None:
    # Canonical XML drops comments: a reader that stops at one would see 3 pesos signed as 3570.
    split = factura.replace(b"<MntTotal>3570", b"<MntTotal>3<!-- x -->570")

    assert read_document(split).totals.total_clp == 3570


def test_mail_systems_wrap_documents(factura: bytes) -> None:
    wrapped = b"<correo xmlns='urn:x'><asunto>DTE</asunto><a>" + factura + b"</a></correo>"

    assert read_document(wrapped) == read_document(factura)


def test_mark_of_utf8_wins_over_what_the_file_declares(factura: bytes) -> None:
    # So an editor leaves a file that it saved in UTF-8 without touching its first line.
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + factura.decode("iso-8859-1")

    assert read_document(text.encode("utf-8-sig")) == read_document(factura)


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_instants_outside_the_calendar_are_refused(factura: bytes, instant: str) -> None:
    with pytest.raises(XmlRefused) as refusal:
        read_document(change(factura, "<TmstFirma>[^<]*", f"<TmstFirma>{instant}"))

    assert refusal.value.code == "bad_field"
