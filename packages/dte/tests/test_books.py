"""Books that certification asks for: sales, purchases and guías."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import xmlsec

from dte.books import (
    BoletaEntry,
    BookCover,
    BookKind,
    BookRefused,
    GuiaFate,
    PurchaseEntry,
    SaleEntry,
    VatUse,
    enter_boleta,
    enter_guia,
    enter_purchase,
    enter_sale,
    write_boleta_book,
    write_guia_book,
    write_purchase_book,
    write_sales_book,
)
from dte.build import build
from dte.caf import Caf
from dte.certificate import Certificate, CertificateExpired
from dte.codes import DocumentType, TransferReason
from dte.document import Draft, Reference, TaxAmount
from dte.errors import SchemaRefused
from dte.rut import Rut
from dte.xml.parse import parse_xml
from dte.xml.read import ReadDocument, read_document
from dte.xml.validate import check_file

DAY = date(2026, 11, 10)
SUPPLIER = Rut.parse("76543210-3")
COVER = BookCover(
    issuer=Rut.parse("76918245-4"),
    sender=Rut.parse("12345678-5"),
    resolution_date=date(2026, 11, 1),
    resolution_number=0,
    period=date(2026, 11, 22),
    notification=4711,
)


def flat(xml: bytes) -> str:
    return re.sub(r">\s+<", "><", xml.decode("iso-8859-1"))


def xmlsec_verifies(xml: bytes, certificate: Certificate) -> None:
    root: Any = parse_xml(xml)
    xmlsec.tree.add_ids(root[0], ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(root[1])


def sale(folio: int, **fields: Any) -> SaleEntry:
    entry = SaleEntry(
        kind=33,
        folio=folio,
        issue_date=DAY,
        buyer=SUPPLIER,
        buyer_name="Comercial Ñandú & Cía.",
        net_clp=1000,
        exempt_clp=0,
        vat_clp=190,
        vat_percent=Decimal(19),
        total_clp=1190,
    )
    return replace(entry, **fields)


def purchase(kind: int, folio: int, net: int, use: VatUse = VatUse.CREDIT, exempt: int = 0) -> Any:
    return enter_purchase(
        kind=kind,
        folio=folio,
        issue_date=DAY,
        supplier=SUPPLIER,
        supplier_name="Distribuidora del Sur",
        net_clp=net,
        exempt_clp=exempt,
        use=use,
    )


# One of each case that a certification set of purchases has.
PURCHASES = [
    purchase(30, 234, 20010),
    purchase(33, 32, 7003, exempt=8100),
    purchase(30, 781, 30050, VatUse.SHARED),
    purchase(60, 451, 2500),
    purchase(33, 67, 10050, VatUse.FREE_DELIVERY),
    purchase(46, 9, 9550, VatUse.RETAINED),
    purchase(60, 211, 4460),
]


@pytest.fixture
def guia(factura: Callable[..., bytes]) -> Callable[..., ReadDocument]:
    """Read a document and make a guía of it: reading guías is tested elsewhere."""

    def make(folio: int, reason: TransferReason | None) -> ReadDocument:
        read = read_document(factura(folio))
        draft = replace(read.draft, kind=DocumentType.GUIA, transfer_reason=reason)
        return replace(read, draft=draft)

    return make


def test_sales_book_says_every_amount_and_sums_by_type(
    certificate: Certificate, noon: datetime
) -> None:
    entries = [
        sale(7, exempt_clp=500, total_clp=1690),
        sale(8, taxes=(TaxAmount(code=27, percent=Decimal(10), amount_clp=100),), total_clp=1290),
        sale(9, taxes=(TaxAmount(code=27, percent=None, amount_clp=50),), total_clp=1240),
        sale(3, kind=61, net_clp=0, vat_clp=0, total_clp=0, corrects=(33, 7)),
    ]

    xml = write_sales_book(entries, COVER, certificate, noon, check=True)

    check_file(xml)
    xmlsec_verifies(xml, certificate)
    text = flat(xml)
    assert (
        '<EnvioLibro ID="LV202611"><Caratula><RutEmisorLibro>76918245-4</RutEmisorLibro>'
        "<RutEnvia>12345678-5</RutEnvia><PeriodoTributario>2026-11</PeriodoTributario>"
        "<FchResol>2026-11-01</FchResol><NroResol>0</NroResol>"
        "<TipoOperacion>VENTA</TipoOperacion><TipoLibro>ESPECIAL</TipoLibro>"
        "<TipoEnvio>TOTAL</TipoEnvio><FolioNotificacion>4711</FolioNotificacion></Caratula>"
        "<ResumenPeriodo><TotalesPeriodo><TpoDoc>33</TpoDoc><TotDoc>3</TotDoc>"
        "<TotOpExe>1</TotOpExe><TotMntExe>500</TotMntExe><TotMntNeto>3000</TotMntNeto>"
        "<TotMntIVA>570</TotMntIVA><TotOtrosImp><CodImp>27</CodImp><TotMntImp>150</TotMntImp>"
        "</TotOtrosImp><TotMntTotal>4220</TotMntTotal></TotalesPeriodo>"
        "<TotalesPeriodo><TpoDoc>61</TpoDoc><TotDoc>1</TotDoc><TotMntExe>0</TotMntExe>"
        "<TotMntNeto>0</TotMntNeto><TotMntIVA>0</TotMntIVA><TotMntTotal>0</TotMntTotal>"
        "</TotalesPeriodo></ResumenPeriodo>"
    ) in text
    assert (
        "<Detalle><TpoDoc>61</TpoDoc><NroDoc>3</NroDoc><TasaImp>19</TasaImp>"
        "<FchDoc>2026-11-10</FchDoc><RUTDoc>76543210-3</RUTDoc>"
        "<RznSoc>Comercial Ñandú &amp; Cía.</RznSoc><TpoDocRef>33</TpoDocRef>"
        "<FolioDocRef>7</FolioDocRef><MntExe>0</MntExe><MntNeto>0</MntNeto><MntIVA>0</MntIVA>"
        "<MntTotal>0</MntTotal></Detalle><TmstFirma>2026-11-22T12:00:00</TmstFirma></EnvioLibro>"
    ) in text
    assert "<OtrosImp><CodImp>27</CodImp><TasaImp>10</TasaImp><MntImp>100</MntImp>" in text
    assert "<OtrosImp><CodImp>27</CodImp><MntImp>50</MntImp>" in text


def test_sale_is_entered_from_the_document_that_was_issued(
    factura: Callable[..., bytes],
) -> None:
    invoice = read_document(factura(1))

    entry = enter_sale(invoice)

    assert entry == SaleEntry(
        kind=33,
        folio=1,
        issue_date=date(2026, 11, 22),
        buyer=SUPPLIER,
        buyer_name="Comercial Ñandú",
        net_clp=1000,
        exempt_clp=0,
        vat_clp=190,
        vat_percent=Decimal(19),
        total_clp=1190,
    )


@pytest.mark.parametrize(
    ("references", "corrects"),
    [
        ([Reference(kind="SET", folio="123-1"), Reference(kind="33", folio="9")], (33, 9)),
        ([Reference(kind="33", folio="sin folio")], None),
        ([], None),
    ],
)
def test_note_says_which_document_it_corrects(
    factura: Callable[..., bytes],
    references: Sequence[Reference],
    corrects: tuple[int, int] | None,
) -> None:
    note = read_document(factura(4, kind="61"))
    draft = replace(note.draft, references=tuple(references))

    assert enter_sale(replace(note, draft=draft)).corrects == corrects


def test_purchase_book_tells_credit_shared_lost_and_retained_vat_apart(
    certificate: Certificate, noon: datetime
) -> None:
    xml = write_purchase_book(
        PURCHASES, COVER, certificate, noon, proportion=Decimal("0.60"), check=True
    )

    check_file(xml)
    xmlsec_verifies(xml, certificate)
    text = flat(xml)
    assert "<TipoOperacion>COMPRA</TipoOperacion>" in text
    # 30050 x 19 % = 5709.5, half up; 60 % of 5710 is the credit.
    assert (
        "<TotalesPeriodo><TpoDoc>30</TpoDoc><TotDoc>2</TotDoc><TotMntExe>0</TotMntExe>"
        "<TotMntNeto>50060</TotMntNeto><TotOpIVARec>1</TotOpIVARec><TotMntIVA>3802</TotMntIVA>"
        "<TotOpIVAUsoComun>1</TotOpIVAUsoComun><TotIVAUsoComun>5710</TotIVAUsoComun>"
        "<FctProp>0.6</FctProp><TotCredIVAUsoComun>3426</TotCredIVAUsoComun>"
        "<TotMntTotal>59572</TotMntTotal></TotalesPeriodo>"
    ) in text
    assert (
        "<TotalesPeriodo><TpoDoc>33</TpoDoc><TotDoc>2</TotDoc><TotOpExe>1</TotOpExe>"
        "<TotMntExe>8100</TotMntExe><TotMntNeto>17053</TotMntNeto><TotOpIVARec>1</TotOpIVARec>"
        "<TotMntIVA>1331</TotMntIVA><TotIVANoRec><CodIVANoRec>4</CodIVANoRec>"
        "<TotOpIVANoRec>1</TotOpIVANoRec><TotMntIVANoRec>1910</TotMntIVANoRec></TotIVANoRec>"
        "<TotMntTotal>28394</TotMntTotal></TotalesPeriodo>"
    ) in text
    assert (
        "<TpoDoc>46</TpoDoc><TotDoc>1</TotDoc><TotMntExe>0</TotMntExe>"
        "<TotMntNeto>9550</TotMntNeto><TotOpIVARec>1</TotOpIVARec><TotMntIVA>1815</TotMntIVA>"
        "<TotOpIVARetTotal>1</TotOpIVARetTotal><TotIVARetTotal>1815</TotIVARetTotal>"
        "<TotMntTotal>9550</TotMntTotal>"
    ) in text


def test_each_purchase_states_its_rate_and_where_its_vat_went(
    certificate: Certificate, noon: datetime
) -> None:
    """Without TasaImp the SII objects to the book, also where no VAT is credit."""
    xml = write_purchase_book(PURCHASES, COVER, certificate, noon, proportion=Decimal("0.6"))

    details = flat(xml).split("<Detalle>")[1:]
    assert all("<TasaImp>19</TasaImp>" in detail for detail in details)
    endings = [re.sub(r".*</RznSoc>|</Detalle>.*", "", detail) for detail in details]
    assert endings[2] == (
        "<MntExe>0</MntExe><MntNeto>30050</MntNeto><MntIVA>0</MntIVA>"
        "<IVAUsoComun>5710</IVAUsoComun><MntTotal>35760</MntTotal>"
    )
    assert endings[4] == (
        "<MntExe>0</MntExe><MntNeto>10050</MntNeto><MntIVA>0</MntIVA>"
        "<IVANoRec><CodIVANoRec>4</CodIVANoRec><MntIVANoRec>1910</MntIVANoRec></IVANoRec>"
        "<MntTotal>11960</MntTotal>"
    )
    assert endings[5] == (
        "<MntExe>0</MntExe><MntNeto>9550</MntNeto><MntIVA>1815</MntIVA>"
        "<IVARetTotal>1815</IVARetTotal><MntTotal>9550</MntTotal>"
    )


@pytest.mark.parametrize("use", [use for use in VatUse if use.is_unrecoverable])
def test_every_reason_without_credit_is_one_the_schema_knows(
    use: VatUse, certificate: Certificate, noon: datetime
) -> None:
    xml = write_purchase_book([purchase(33, 1, 1000, use)], COVER, certificate, noon, check=True)

    assert f"<CodIVANoRec>{int(use)}</CodIVANoRec>" in flat(xml)
    assert "<TotMntIVA>0</TotMntIVA>" in flat(xml)


@pytest.mark.parametrize(
    ("proportion", "code"),
    [
        (None, "no_proportion"),
        (Decimal(0), "bad_proportion"),
        (Decimal("1.001"), "bad_proportion"),
        (Decimal("0.6005"), "bad_proportion"),
    ],
)
def test_shared_vat_needs_a_proportion_that_makes_sense(
    certificate: Certificate, noon: datetime, proportion: Decimal | None, code: str
) -> None:
    with pytest.raises(BookRefused) as refusal:
        write_purchase_book(PURCHASES, COVER, certificate, noon, proportion=proportion)

    assert refusal.value.code == code


def test_proportion_is_not_written_where_nothing_is_shared(
    certificate: Certificate, noon: datetime
) -> None:
    xml = write_purchase_book(
        PURCHASES[:1], COVER, certificate, noon, proportion=Decimal("0.6"), check=True
    )

    assert b"FctProp" not in xml


def test_same_folio_of_two_suppliers_is_no_repetition(
    certificate: Certificate, noon: datetime
) -> None:
    entry: PurchaseEntry = PURCHASES[0]
    other = replace(entry, supplier=Rut.parse("11111111-1"))

    xml = write_purchase_book([entry, other], COVER, certificate, noon, check=True)

    assert "<TotDoc>2</TotDoc>" in flat(xml)
    with pytest.raises(BookRefused) as refusal:
        write_purchase_book([entry, entry], COVER, certificate, noon)
    assert refusal.value.code == "repeated"


def test_guia_book_counts_sales_transfers_and_what_was_annulled(
    guia: Callable[..., ReadDocument], certificate: Certificate, noon: datetime
) -> None:
    entries = [
        enter_guia(guia(1, TransferReason.INTERNAL)),
        enter_guia(guia(2, TransferReason.SALE), billed_by=(33, 15, date(2026, 11, 25))),
        enter_guia(guia(3, TransferReason.SALE), fate=GuiaFate.ANNULLED),
        enter_guia(guia(4, TransferReason.SALE), fate=GuiaFate.FOLIO_VOIDED),
        enter_guia(guia(5, TransferReason.EXPORT_SALE), fate=GuiaFate.PARTLY_RECEIVED),
    ]

    xml = write_guia_book(entries, COVER, certificate, noon, check=True)

    check_file(xml)
    xmlsec_verifies(xml, certificate)
    text = flat(xml)
    assert (
        "<FolioNotificacion>4711</FolioNotificacion></Caratula><ResumenPeriodo>"
        "<TotFolAnulado>1</TotFolAnulado><TotGuiaAnulada>1</TotGuiaAnulada>"
        "<TotGuiaVenta>1</TotGuiaVenta><TotMntGuiaVta>1190</TotMntGuiaVta>"
        "<TotTraslado><TpoTraslado>5</TpoTraslado><CantGuia>1</CantGuia><MntGuia>1190</MntGuia>"
        "</TotTraslado><TotTraslado><TpoTraslado>6</TpoTraslado><CantGuia>1</CantGuia>"
        "<MntGuia>1190</MntGuia></TotTraslado></ResumenPeriodo>"
    ) in text
    assert (
        "<Detalle><Folio>2</Folio><TpoOper>1</TpoOper><FchDoc>2026-11-22</FchDoc>"
        "<RUTDoc>76543210-3</RUTDoc><RznSoc>Comercial Ñandú</RznSoc><MntNeto>1000</MntNeto>"
        "<TasaImp>19</TasaImp><IVA>190</IVA><MntTotal>1190</MntTotal><TpoDocRef>33</TpoDocRef>"
        "<FolioDocRef>15</FolioDocRef><FchDocRef>2026-11-25</FchDocRef></Detalle>"
    ) in text
    assert "<Detalle><Folio>3</Folio><Anulado>2</Anulado><TpoOper>1</TpoOper>" in text
    assert "<Detalle><Folio>4</Folio><Anulado>1</Anulado></Detalle>" in text


def test_only_guias_enter_their_book(
    guia: Callable[..., ReadDocument], factura: Callable[..., bytes]
) -> None:
    for document in (read_document(factura(1)), guia(1, None)):
        with pytest.raises(BookRefused) as refusal:
            enter_guia(document)
        assert refusal.value.code == "not_a_guia"


@pytest.fixture
def boleta(make_draft: Callable[..., Draft], caf: Caf, noon: datetime) -> BoletaEntry:
    return enter_boleta(read_document(build(draft=make_draft(), folio=1, caf=caf, at=noon).xml))


def test_boleta_book_sums_by_type_and_service(
    boleta: BoletaEntry, certificate: Certificate, noon: datetime
) -> None:
    exempt = replace(
        boleta,
        kind=DocumentType.BOLETA_EXENTA,
        net_clp=0,
        vat_clp=0,
        exempt_clp=700,
        total_clp=700,
    )
    mixed = replace(boleta, folio=2, exempt_clp=10, total_clp=2000)
    lost = replace(boleta, folio=3, voided=True)

    xml = write_boleta_book([exempt, boleta, mixed, lost], COVER, certificate, noon, check=True)

    check_file(xml)
    xmlsec_verifies(xml, certificate)
    text = flat(xml)
    assert (
        "<ResumenPeriodo><TotalesPeriodo><TpoDoc>39</TpoDoc><TotAnulado>1</TotAnulado>"
        "<TotalesServicio><TpoServ>3</TpoServ><TotDoc>2</TotDoc><TotMntExe>10</TotMntExe>"
        "<TotMntNeto>3344</TotMntNeto><TasaIVA>19</TasaIVA><TotMntIVA>636</TotMntIVA>"
        "<TotMntTotal>3990</TotMntTotal></TotalesServicio></TotalesPeriodo>"
        "<TotalesPeriodo><TpoDoc>41</TpoDoc><TotalesServicio><TpoServ>3</TpoServ>"
        "<TotDoc>1</TotDoc><TotMntExe>700</TotMntExe><TotMntNeto>0</TotMntNeto>"
        "<TotMntIVA>0</TotMntIVA><TotMntTotal>700</TotMntTotal></TotalesServicio>"
        "</TotalesPeriodo></ResumenPeriodo>"
    ) in text
    assert (
        "<Detalle><TpoDoc>39</TpoDoc><FolioDoc>2</FolioDoc><TpoServ>3</TpoServ>"
        "<FchEmiDoc>2026-11-22</FchEmiDoc><RUTCliente>66666666-6</RUTCliente><MntExe>10</MntExe>"
        "<MntTotal>2000</MntTotal></Detalle><Detalle><TpoDoc>39</TpoDoc><FolioDoc>3</FolioDoc>"
        "<Anulado>A</Anulado></Detalle>"
    ) in text


def test_boleta_book_that_is_wrong_fails_its_schema(
    boleta: BoletaEntry, certificate: Certificate, noon: datetime
) -> None:
    with pytest.raises(SchemaRefused) as refusal:
        write_boleta_book([replace(boleta, total_clp=-1)], COVER, certificate, noon, check=True)

    assert "MntTotal" in refusal.value.lines[0]


def test_only_boletas_enter_their_book(factura: Callable[..., bytes]) -> None:
    with pytest.raises(BookRefused) as refusal:
        enter_boleta(read_document(factura(1)))

    assert refusal.value.code == "not_a_boleta"


def test_guia_book_without_notification_fails_its_schema(
    guia: Callable[..., ReadDocument], certificate: Certificate, noon: datetime
) -> None:
    cover = replace(COVER, notification=None)

    with pytest.raises(SchemaRefused):
        write_guia_book(
            [enter_guia(guia(1, TransferReason.SALE))], cover, certificate, noon, check=True
        )


def test_monthly_book_needs_no_notification(certificate: Certificate, noon: datetime) -> None:
    cover = replace(COVER, kind=BookKind.MONTHLY, notification=None)

    xml = write_sales_book([sale(1)], cover, certificate, noon, check=True)

    assert "<TipoLibro>MENSUAL</TipoLibro><TipoEnvio>TOTAL</TipoEnvio></Caratula>" in flat(xml)


def test_book_is_never_empty_and_is_signed_by_its_sender(
    certificate: Certificate, noon: datetime
) -> None:
    stranger = replace(COVER, sender=Rut.parse("11111111-1"))

    for entries, cover, code in (
        ([], COVER, "empty"),
        ([sale(1)], stranger, "sender_is_not_signer"),
    ):
        with pytest.raises(BookRefused) as refusal:
            write_sales_book(entries, cover, certificate, noon)
        assert refusal.value.code == code
    with pytest.raises(CertificateExpired):
        write_sales_book([sale(1)], COVER, certificate, certificate.valid_to + timedelta(days=1))


def test_changed_book_is_found_out(certificate: Certificate, noon: datetime) -> None:
    xml = write_sales_book([sale(1)], COVER, certificate, noon)

    with pytest.raises(xmlsec.Error):
        xmlsec_verifies(xml.replace(b"<MntTotal>1190", b"<MntTotal>1191"), certificate)
