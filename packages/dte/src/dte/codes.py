"""Codes of the SII that a shop meets. Each table names its source."""

from enum import IntEnum, StrEnum


class DocumentType(IntEnum):
    """Document types. Source: SiiTypes_v10.xsd, DTEType and DocType."""

    FACTURA = 33
    FACTURA_EXENTA = 34
    BOLETA = 39
    BOLETA_EXENTA = 41
    LIQUIDACION = 43
    FACTURA_COMPRA = 46
    GUIA = 52
    NOTA_DEBITO = 56
    NOTA_CREDITO = 61

    @property
    def is_boleta(self) -> bool:
        """Say whether it travels in an EnvioBOLETA, with gross prices and no tax rate."""
        return self in (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA)

    @property
    def is_wholly_exempt(self) -> bool:
        """Say whether the type itself means exempt, so that its lines carry no mark."""
        return self in (DocumentType.FACTURA_EXENTA, DocumentType.BOLETA_EXENTA)

    @property
    def is_nota(self) -> bool:
        """Say whether it corrects another document, to which it must refer."""
        return self in (DocumentType.NOTA_CREDITO, DocumentType.NOTA_DEBITO)

    @property
    def title(self) -> str:
        """Return the name that the printed document must show (Spanish).

        Source: Res. Ex. SII 74 of 2020, letter G (boletas); Manual de muestras impresas v3.0.
        """
        return _TITLES[self]


_TITLES = {
    DocumentType.FACTURA: "Factura Electrónica",
    DocumentType.FACTURA_EXENTA: "Factura No Afecta o Exenta Electrónica",
    DocumentType.BOLETA: "Boleta Electrónica",
    DocumentType.BOLETA_EXENTA: "Boleta No Afecta o Exenta Electrónica",
    DocumentType.LIQUIDACION: "Liquidación Factura Electrónica",
    DocumentType.FACTURA_COMPRA: "Factura de Compra Electrónica",
    DocumentType.GUIA: "Guía de Despacho Electrónica",
    DocumentType.NOTA_DEBITO: "Nota de Débito Electrónica",
    DocumentType.NOTA_CREDITO: "Nota de Crédito Electrónica",
}


class PriceBasis(StrEnum):
    """Whether prices, discounts and amounts of a document's lines include VAT.

    Source: Formato DTE v2.4.2 (2024-02), MntBruto; Formato Boletas v4.2 (2025-09-08), IndMntNeto.
    """

    GROSS = "gross"
    NET = "net"


class Exemption(IntEnum):
    """IndExe: why a line is outside the affected amount.

    Source: Formato DTE v2.4.2 (2024-02), Detalle, IndExe. Boletas know 1, 2 and 6 only.
    """

    EXEMPT = 1
    NOT_BILLABLE = 2
    DEPOSIT = 3
    NOT_A_SALE = 4
    GUIA_REDUCTION = 5
    NEGATIVE_NOT_BILLABLE = 6


class AdjustmentKind(StrEnum):
    """TpoMov of a global movement. Source: DTE_v10.xsd, DscRcgGlobal/TpoMov."""

    DISCOUNT = "D"
    SURCHARGE = "R"


class ServiceKind(IntEnum):
    """IndServicio: required in a boleta; in the others only 1 to 3, and optional.

    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, IdDoc/IndServicio.
    """

    PERIODIC = 1
    PERIODIC_AT_HOME = 2
    SALES_AND_SERVICES = 3
    SHOW_FOR_OTHERS = 4


class PaymentMeans(IntEnum):
    """MedioPago of a boleta.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08), MedioPago; EnvioBOLETA_v11.xsd.
    """

    CASH = 1
    ELECTRONIC = 2
    TRANSFER = 3
    CHEQUE = 4
    OTHER = 5


class TradeMeans(StrEnum):
    """MedioPago of the documents between companies. Source: DTE_v10.xsd, MedioPagoType."""

    CHEQUE = "CH"
    DATED_CHEQUE = "CF"
    BILL_OF_EXCHANGE = "LT"
    CASH = "EF"
    ACCOUNT_PAYMENT = "PE"
    CARD = "TC"
    OTHER = "OT"


class PaymentForm(IntEnum):
    """FmaPago. Missing counts as credit. Source: Formato DTE v2.4.2 (2024-02), FmaPago."""

    CASH = 1
    CREDIT = 2
    FREE = 3


class DispatchKind(IntEnum):
    """TipoDespacho: who moves the goods. Source: Formato DTE v2.4.2 (2024-02), TipoDespacho."""

    BY_RECEIVER = 1
    BY_ISSUER_TO_RECEIVER = 2
    BY_ISSUER_ELSEWHERE = 3


class TransferReason(IntEnum):
    """IndTraslado of a guía; 8 and 9 (export) do not concern a shop and are only read.

    Source: Formato DTE v2.4.2 (2024-02), IndTraslado.
    """

    SALE = 1
    SALE_TO_COME = 2
    CONSIGNMENT = 3
    FREE_DELIVERY = 4
    INTERNAL = 5
    OTHER_NOT_SALE = 6
    RETURN = 7
    EXPORT_TRANSFER = 8
    EXPORT_SALE = 9


class PrintFormat(StrEnum):
    """TpoImpresion: a page, or the roll of a ticket printer. Source: DTE_v10.xsd, TpoImpresion."""

    PAGE = "N"
    TICKET = "T"


class ReferenceReason(IntEnum):
    """CodRef of a nota. Source: Formato DTE v2.4.2 (2024-02), Referencia, CodRef."""

    ANNULS = 1
    CORRECTS_TEXT = 2
    CORRECTS_AMOUNTS = 3
