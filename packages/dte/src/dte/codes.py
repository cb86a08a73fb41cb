"""Codes of the SII that a shop meets. Each table names its source."""

from enum import IntEnum


class DocumentType(IntEnum):
    """Document types. Source: SiiTypes_v10.xsd, DTEType and DocType."""

    FACTURA = 33
    FACTURA_EXENTA = 34
    BOLETA = 39
    BOLETA_EXENTA = 41
    GUIA = 52
    NOTA_DEBITO = 56
    NOTA_CREDITO = 61

    @property
    def is_boleta(self) -> bool:
        """Say whether it travels in an EnvioBOLETA, with gross prices and no tax rate."""
        return self in (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA)

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
    DocumentType.GUIA: "Guía de Despacho Electrónica",
    DocumentType.NOTA_DEBITO: "Nota de Débito Electrónica",
    DocumentType.NOTA_CREDITO: "Nota de Crédito Electrónica",
}


class ServiceKind(IntEnum):
    """IndServicio of a boleta. Source: EnvioBOLETA_v11.xsd, IdDoc/IndServicio."""

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


class ReferenceReason(IntEnum):
    """CodRef of a nota. Source: Formato DTE v2.4.2 (2024-02), Referencia, CodRef."""

    ANNULS = 1
    CORRECTS_TEXT = 2
    CORRECTS_AMOUNTS = 3
