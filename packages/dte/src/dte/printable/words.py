"""Codes, numbers and days in the words that papers use (es-CL)."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dte.amounts import to_pesos
from dte.codes import (
    DispatchKind,
    DocumentType,
    PaymentForm,
    PaymentMeans,
    ReferenceReason,
    TradeMeans,
    TransferReason,
)
from dte.document import Line, Reference, TaxAmount

KILOGRAM_UNITS = frozenset({"KG", "KGS", "KGM", "KILO", "KILOS"})
PIECE_UNITS = frozenset({"", "UN", "UNID", "UND", "U"})
GRAM = Decimal("0.001")
# SII's XSD allows six decimals in quantities and prices.
SIX_PLACES = Decimal("0.000001")
MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)

MEANS_WORDS: Mapping[PaymentMeans | TradeMeans, str] = {
    PaymentMeans.CASH: "Efectivo",
    PaymentMeans.ELECTRONIC: "Pago electrónico",
    PaymentMeans.TRANSFER: "Transferencia",
    PaymentMeans.CHEQUE: "Cheque",
    PaymentMeans.OTHER: "Otro",
    TradeMeans.CHEQUE: "Cheque",
    TradeMeans.DATED_CHEQUE: "Cheque a fecha",
    TradeMeans.BILL_OF_EXCHANGE: "Letra",
    TradeMeans.CASH: "Efectivo",
    TradeMeans.ACCOUNT_PAYMENT: "Pago a cuenta corriente",
    TradeMeans.CARD: "Tarjeta",
    TradeMeans.OTHER: "Otro",
}
FORM_WORDS: Mapping[PaymentForm, str] = {
    PaymentForm.CASH: "Contado",
    PaymentForm.CREDIT: "Crédito",
    PaymentForm.FREE: "Sin costo (entrega gratuita)",
}
# Source: Formato DTE v2.4.2 (2024-02), TipoDespacho.
DISPATCH_WORDS: Mapping[DispatchKind, str] = {
    DispatchKind.BY_RECEIVER: "Por cuenta del receptor",
    DispatchKind.BY_ISSUER_TO_RECEIVER: "Por cuenta del emisor",
    DispatchKind.BY_ISSUER_ELSEWHERE: "Por cuenta del emisor a otras instalaciones",
}
# Source: Formato DTE v2.4.2 (2024-02), IndTraslado.
TRANSFER_WORDS: Mapping[TransferReason, str] = {
    TransferReason.SALE: "Operación constituye venta",
    TransferReason.SALE_TO_COME: "Venta por efectuar",
    TransferReason.CONSIGNMENT: "Consignación",
    TransferReason.FREE_DELIVERY: "Entrega gratuita",
    TransferReason.INTERNAL: "Traslado interno",
    TransferReason.OTHER_NOT_SALE: "Otro traslado que no es venta",
    TransferReason.RETURN: "Guía de devolución",
    TransferReason.EXPORT_TRANSFER: "Traslado para exportación, no venta",
    TransferReason.EXPORT_SALE: "Venta para exportación",
}
REASON_WORDS: Mapping[str, str] = {
    str(ReferenceReason.ANNULS.value): "Anula documento",
    str(ReferenceReason.CORRECTS_TEXT.value): "Corrige texto",
    str(ReferenceReason.CORRECTS_AMOUNTS.value): "Corrige montos",
}
# Source: Formato DTE v2.4.2 (2024-02), Referencia, TpoDocRef; electronic types: DocumentType.
_PAPER_DOCUMENTS: Mapping[str, str] = {
    "30": "Factura",
    "32": "Factura exenta",
    "35": "Boleta",
    "38": "Boleta exenta",
    "40": "Liquidación factura",
    "45": "Factura de compra",
    "48": "Comprobante de pago electrónico",
    "50": "Guía de despacho",
    "55": "Nota de débito",
    "60": "Nota de crédito",
    "103": "Liquidación",
    "801": "Orden de compra",
    "802": "Nota de pedido",
    "803": "Contrato",
    "804": "Resolución",
    "805": "Proceso ChileCompra",
    "806": "Ficha ChileCompra",
    "807": "DUS",
    "808": "Conocimiento de embarque",
    "809": "Guía aérea (AWB)",
    "810": "MIC/DTA",
    "811": "Carta de porte",
    "812": "Resolución del SNA",
    "813": "Pasaporte",
    "814": "Certificado de depósito Bolsa de Productos",
    "815": "Vale de prenda Bolsa de Productos",
    "820": "Acuerdo con plazo de pago excepcional",
    "HES": "Hoja de entrada de servicios",
    "HEM": "Hoja de entrada de materiales",
    "SET": "Set de pruebas",
}
# Source: Formato DTE v2.4.2 (2024-02), section 4, CodImpAdic and TipoImp.
_TAXES: Mapping[int, tuple[str, str]] = {
    14: ("IVA", "margen de comercialización"),
    15: ("IVA retenido", ""),
    17: ("IVA anticipado", "faenamiento de carne"),
    18: ("IVA anticipado", "carne"),
    19: ("IVA anticipado", "harina"),
    23: ("Impuesto adicional", "art. 37"),
    24: ("ILA", "licores y destilados"),
    25: ("ILA", "vinos"),
    26: ("ILA", "cervezas"),
    27: ("ILA", "bebidas analcohólicas"),
    44: ("Impuesto adicional", "art. 37"),
    45: ("Impuesto adicional", "pirotecnia"),
    50: ("IVA", "margen de comercialización de prepago"),
    271: ("ILA", "bebidas azucaradas"),
}
# Source: DTE_v10.xsd (2026-02-06), TpoCtaPago.
ACCOUNT_WORDS: Mapping[str, str] = {
    "CORRIENTE": "cta. cte.",
    "AHORRO": "cuenta de ahorro",
    "VISTA": "cuenta vista",
}


def day_text(day: date) -> str:
    """Write a day as tables do: `22-11-2026`."""
    return f"{day:%d-%m-%Y}"


def day_in_words(day: date) -> str:
    """Write a day as a letter does: `22 de noviembre de 2026`."""
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


def decimal_text(number: Decimal) -> str:
    """Write a number with dots for thousands and a comma, at most six decimals, none idle."""
    rounded = number.quantize(SIX_PLACES, rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:,f}".partition(".")
    fraction = fraction.rstrip("0")
    return whole.replace(",", ".") + (f",{fraction}" if fraction else "")


def quantity_text(line: Line) -> str:
    """Write a line's quantity: kilograms to the gram, others without idle decimals."""
    if line.quantity is None:
        return ""
    in_grams = line.quantity.quantize(GRAM, rounding=ROUND_HALF_UP)
    if line.unit.strip().upper() in KILOGRAM_UNITS and line.quantity == in_grams:
        whole, _, fraction = f"{in_grams:,f}".partition(".")
        return whole.replace(",", ".") + f",{fraction}"
    return decimal_text(line.quantity)


def counted_text(line: Line) -> str:
    """Write `3 un × $1.190` or `0,455 kg × $8.990/kg`; nothing for one whole piece."""
    if line.quantity is None or line.unit_price is None:
        return ""
    unit = line.unit.strip().upper()
    price = f"${decimal_text(line.unit_price)}"
    if unit in KILOGRAM_UNITS:
        return f"{quantity_text(line)} kg × {price}/kg"
    whole_price = to_pesos(line.unit_price) == line.unit_price
    if line.quantity == 1 and whole_price and unit in PIECE_UNITS:
        return ""
    name = "un" if unit in PIECE_UNITS else line.unit.strip().lower()
    return f"{decimal_text(line.quantity)} {name} × {price}"


def reference_document(reference: Reference) -> str:
    """Name the paper that a reference points to: `Factura electrónica`, `Orden de compra`."""
    if reference.kind in _PAPER_DOCUMENTS:
        return _PAPER_DOCUMENTS[reference.kind]
    for kind in DocumentType:
        if str(kind.value) == reference.kind:
            return kind.title.capitalize()
    return f"Documento tipo {reference.kind}" if reference.kind else "Documento"


def reference_reason(reference: Reference) -> str:
    """Write why it is referred to: `Corrige montos: devolución parcial`."""
    word = REASON_WORDS.get(reference.code, reference.code)
    return ": ".join(part for part in (word, reference.reason) if part)


def tax_words(tax: TaxAmount) -> str:
    """Name an additional tax with rate and code: `ILA 20,5% cervezas (cód. 26)`."""
    family, thing = _TAXES.get(tax.code, ("Impuesto adicional", ""))
    rate = "" if tax.percent is None else f"{decimal_text(tax.percent)}%"
    return " ".join(part for part in (family, rate, thing, f"(cód. {tax.code})") if part)


def place_text(*parts: str) -> str:
    """Join street, commune and city: `Av. Los Aromos 1234, Maipú, Santiago`."""
    return ", ".join(part for part in parts if part)
