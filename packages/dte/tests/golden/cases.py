"""The drafts of the golden documents: one per type and case, with texts that break encoders."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
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
from dte.rut import Rut

TODAY = date(2026, 11, 22)
SHOP = Issuer(
    rut=Rut.parse("76918245-4"),
    name="Almacén Doña Rosa & Cía. Ltda.",
    giro="Minimarket",
    address="Av. Ñuble 123",
    commune="Ñuñoa",
    city="Santiago",
    branch_code=78525666,
    branch_name="Casa matriz",
    activities=(471100, 472101),
    phones=("+56 2 2345 6789", "+56 9 8765 4321"),
    email="facturas@donarosa.example",
    seller_code="Señora Inés",
)
RESTAURANT = Receiver(
    rut=Rut.parse("77654321-7"),
    name="Restorán D'Angelo & Hijos <SpA>",
    giro="Restaurantes",
    internal_code="C-17",
    contact="Pía Muñoz",
    email="pagos@dangelo.example",
    phone="+56 9 1111 2222",
    address='Pasaje 5° Norte N° 18 "B"',
    commune="Peñalolén",
    city="Santiago",
    postal_address="Casilla 9",
    postal_commune="La Reina",
    postal_city="Santiago",
)
PERSON = Receiver(rut=Rut.parse("15432198-5"), name="Begoña Ñancupil Güell")
EIGHTY = "Ñandú ½ kg a 5° – «¡el más rico!» & <único> 'Sur' \"extra\" ".ljust(80, "á")

BREAD = Line(name="Pan marraqueta", quantity=Decimal("0.385"), unit="kg", unit_price=Decimal(2490))
NEWSPAPER = Line(
    name="Diario de la mañana",
    quantity=Decimal(1),
    unit_price=Decimal(1500),
    exemption=Exemption.EXEMPT,
)
PAINT = Line(
    name="Pintura B&W AFECTO",
    quantity=Decimal(4),
    unit="un",
    unit_price=Decimal("5290.5"),
    codes=(ItemCode(kind="INT1", value="P & W <4>"), ItemCode(kind="EAN13", value="7801234567895")),
    description='Lata de 1/4 de galón, "color blanco"',
)
BEER = Line(
    name="Cerveza 6 x 330 cc",
    quantity=Decimal(10),
    unit="pack",
    unit_price=Decimal(3990),
    tax_codes=(26,),
    made_on=date(2026, 10, 1),
    expires_on=date(2027, 4, 1),
)
PISCO = Line(
    name="Pisco 35° 750 cc", quantity=Decimal(6), unit_price=Decimal(5490), tax_codes=(24,)
)
BOTTLES = Line(
    name="Envase retornable",
    quantity=Decimal(24),
    unit_price=Decimal(200),
    exemption=Exemption.DEPOSIT,
)
TRUCK = Transport(
    plate="BCDF12",
    trailer_plate="GHJK34",
    carrier=Rut.parse("76543210-3"),
    driver=Rut.parse("13579246-2"),
    driver_name="José Ibáñez Peña",
    address="Camino El Ñilhue 4500",
    commune="Peñalolén",
    city="Santiago",
    departs_on=TODAY,
    departs_at=time(14, 30),
    arrives_on=TODAY,
)


def _draft(kind: DocumentType, *lines: Line, **fields: Any) -> Draft:
    receiver = CONSUMER if kind.is_boleta else RESTAURANT
    draft = Draft(kind=kind, issuer=SHOP, receiver=receiver, lines=lines, issue_date=TODAY)
    return replace(draft, **fields)


def _discount(value: str, **fields: Any) -> Adjustment:
    return Adjustment(
        kind=AdjustmentKind.DISCOUNT,
        value=Decimal(value),
        is_percent=True,
        reason="Promoción «día del niño»",
        **fields,
    )


def _reference(kind: int, code: str, reason: str, folio: str = "101") -> Reference:
    return Reference(
        kind=str(kind), folio=folio, issue_date=date(2026, 11, 20), code=code, reason=reason
    )


BOLETAS = {
    "39-simple": _draft(
        DocumentType.BOLETA,
        Line(name=EIGHTY, quantity=Decimal(1), unit_price=Decimal(19990)),
        payment_means=PaymentMeans.CASH,
    ),
    "39-mixed": _draft(
        DocumentType.BOLETA,
        replace(BREAD, discount_percent=Decimal("12.5")),
        replace(PAINT, surcharge_percent=Decimal(3)),
        NEWSPAPER,
        Line(name="Parte no pagada con tarjeta", fixed_amount_clp=1000),
        receiver=replace(RESTAURANT, name="Peña & Hijos"),
        software_provider=Rut.parse("78901234-2"),
        due_date=date(2026, 12, 22),
        references=(
            Reference(kind="SET", folio="4", reason="CASO-4", seller_code="ÑA-1", till_code="3"),
        ),
    ),
    "39-net-prices": _draft(
        DocumentType.BOLETA, PAINT, replace(BREAD, discount_clp=40), price_basis=PriceBasis.NET
    ),
    "39-global-discount": _draft(
        DocumentType.BOLETA,
        BREAD,
        PAINT,
        NEWSPAPER,
        adjustments=(
            _discount("10"),
            Adjustment(
                kind=AdjustmentKind.DISCOUNT,
                value=Decimal(100),
                is_percent=False,
                applies_to=Exemption.EXEMPT,
            ),
        ),
    ),
    "39-over-135-uf": _draft(
        DocumentType.BOLETA,
        Line(name="Vitrina refrigerada", quantity=Decimal(2), unit_price=Decimal(3_200_000)),
        receiver=PERSON,
        payment_means=PaymentMeans.TRANSFER,
    ),
    "41-exempt": _draft(DocumentType.BOLETA_EXENTA, NEWSPAPER),
}

FACTURAS = {
    "33-net": _draft(
        DocumentType.FACTURA,
        replace(PAINT, discount_percent=Decimal(5)),
        replace(
            BREAD,
            surcharge_clp=15,
            reference_quantity=Decimal(1000),
            reference_unit="g",
            reference_price=Decimal("2.49"),
        ),
        payment_means=TradeMeans.ACCOUNT_PAYMENT,
        payment_terms=PaymentTerms(
            form=PaymentForm.CREDIT,
            instalments=(
                Instalment(due_date=date(2026, 12, 22), amount_clp=12_000, note="Primera cuota"),
                Instalment(due_date=date(2027, 1, 22), amount_clp=11_000),
            ),
            account_kind="CORRIENTE",
            account="000-123-4",
            bank="Banco de Ñuble",
            term_code="30D",
            term_text="A 30 y 60 días",
            term_days=60,
        ),
        due_date=date(2027, 1, 22),
        print_format=PrintFormat.TICKET,
        sale_nature=1,
        purchase_nature=1,
        requester=PERSON.rut,
        references=(
            Reference(kind="801", folio="OC-Ñ/77", issue_date=date(2026, 11, 1)),
            Reference(
                kind="52", folio="0", issue_date=TODAY, is_global=True, reason="Guías de noviembre"
            ),
        ),
    ),
    "33-gross": _draft(
        DocumentType.FACTURA,
        replace(BREAD, quantity=Decimal("1.25")),
        PAINT,
        price_basis=PriceBasis.GROSS,
        payment_terms=PaymentTerms(form=PaymentForm.CASH, paid_on=TODAY, paid_clp=24_275),
    ),
    "33-with-exempt-line": _draft(DocumentType.FACTURA, PAINT, NEWSPAPER),
    "33-global-discount": _draft(
        DocumentType.FACTURA,
        PAINT,
        BREAD,
        NEWSPAPER,
        adjustments=(_discount("7.25"), _discount("50", applies_to=Exemption.EXEMPT)),
    ),
    "33-additional-taxes": _draft(DocumentType.FACTURA, BEER, PISCO, PAINT),
    "33-bottle-deposit": _draft(DocumentType.FACTURA, replace(BEER, tax_codes=(26,)), BOTTLES),
    "34-exempt": _draft(DocumentType.FACTURA_EXENTA, NEWSPAPER),
}

GUIAS = {
    "52-internal": _draft(
        DocumentType.GUIA,
        Line(name="Cajón de paltas (mermas)", quantity=Decimal(3), fixed_amount_clp=0),
        receiver=Receiver(
            rut=SHOP.rut, name=SHOP.name, giro=SHOP.giro, address="Bodega 2", commune="Ñuñoa"
        ),
        transfer_reason=TransferReason.INTERNAL,
        transport=replace(TRUCK, address="", commune="", city="", trailer_plate=""),
    ),
    "52-sale": _draft(
        DocumentType.GUIA,
        PAINT,
        BEER,
        dispatch=DispatchKind.BY_ISSUER_TO_RECEIVER,
        transfer_reason=TransferReason.SALE,
        transport=TRUCK,
    ),
}

NOTAS = {
    "61-annulment": _draft(
        DocumentType.NOTA_CREDITO,
        PAINT,
        receiver=CONSUMER,
        price_basis=PriceBasis.GROSS,
        lowers_vat=False,
        references=(_reference(39, "1", "Anula boleta: cliente devolvió todo"),),
    ),
    "61-text-correction": _draft(
        DocumentType.NOTA_CREDITO,
        Line(name="Donde dice giro «Bar», debe decir «Restaurantes»", fixed_amount_clp=0),
        references=(_reference(33, "2", "Corrige giro del receptor"),),
    ),
    "61-partial": _draft(
        DocumentType.NOTA_CREDITO,
        replace(BEER, quantity=Decimal(2)),
        references=(_reference(33, "3", "Devolución de mercadería"),),
    ),
    "56-annuls-credit-note": _draft(
        DocumentType.NOTA_DEBITO,
        PAINT,
        references=(_reference(61, "1", "Anula nota de crédito"),),
    ),
}

CASES = BOLETAS | FACTURAS | GUIAS | NOTAS
