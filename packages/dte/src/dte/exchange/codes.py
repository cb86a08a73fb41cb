"""What an answer can say of an envelope or of a document."""

from enum import IntEnum


class EnvelopeReception(IntEnum):
    """EstadoRecepEnv. Source: RespuestaEnvioDTE_v10.xsd, RecepcionEnvio/EstadoRecepEnv."""

    ACCEPTED = 0
    WRONG_SCHEMA = 1
    WRONG_SIGNATURE = 2
    WRONG_RECEIVER = 3
    REPEATED = 90
    UNREADABLE = 91
    OTHER = 99

    @property
    def meaning(self) -> str:
        """What it means, in Spanish."""
        return _ENVELOPE_MEANINGS[self]


class DocumentReception(IntEnum):
    """EstadoRecepDTE. Source: RespuestaEnvioDTE_v10.xsd, RecepcionDTE/EstadoRecepDTE."""

    RECEIVED = 0
    WRONG_SIGNATURE = 1
    WRONG_ISSUER = 2
    WRONG_RECEIVER = 3
    REPEATED = 4
    OTHER = 99

    @property
    def meaning(self) -> str:
        """What it means, in Spanish."""
        return _DOCUMENT_MEANINGS[self]


class Approval(IntEnum):
    """EstadoDTE, the commercial answer. Source: RespuestaEnvioDTE_v10.xsd, EstadoDTE."""

    ACCEPTED = 0
    WITH_DISCREPANCIES = 1
    REJECTED = 2

    @property
    def meaning(self) -> str:
        """What it means, in Spanish."""
        return _APPROVAL_MEANINGS[self]


_ENVELOPE_MEANINGS = {
    EnvelopeReception.ACCEPTED: "Envío recibido conforme",
    EnvelopeReception.WRONG_SCHEMA: "Envío rechazado: no cumple el formato oficial",
    EnvelopeReception.WRONG_SIGNATURE: "Envío rechazado: la firma no corresponde",
    EnvelopeReception.WRONG_RECEIVER: "Envío rechazado: el RUT receptor no corresponde",
    EnvelopeReception.REPEATED: "Envío rechazado: archivo repetido",
    EnvelopeReception.UNREADABLE: "Envío rechazado: archivo ilegible",
    EnvelopeReception.OTHER: "Envío rechazado por otro motivo",
}
_DOCUMENT_MEANINGS = {
    DocumentReception.RECEIVED: "Documento recibido",
    DocumentReception.WRONG_SIGNATURE: "Documento no recibido: la firma no corresponde",
    DocumentReception.WRONG_ISSUER: "Documento no recibido: el RUT emisor no corresponde",
    DocumentReception.WRONG_RECEIVER: "Documento no recibido: el RUT receptor no corresponde",
    DocumentReception.REPEATED: "Documento no recibido: está repetido",
    DocumentReception.OTHER: "Documento no recibido por otro motivo",
}
_APPROVAL_MEANINGS = {
    Approval.ACCEPTED: "Documento aceptado",
    Approval.WITH_DISCREPANCIES: "Documento aceptado con discrepancias",
    Approval.REJECTED: "Documento rechazado",
}
