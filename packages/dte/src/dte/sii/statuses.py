"""The SII's codes: what they mean in Spanish, and whether they may still change."""

from dte.sii.code import SiiCode


class EnvelopeState(SiiCode):
    """The state of an upload. A code that is not listed is read as UNKNOWN, never as an end.

    Books (libros) and their like have states of their own, all with L but RDC.
    Source: SII, OpenAPI of the boleta channel (envío) and manual QueryEstUp.
    """

    REC = "REC", "Recibido por el SII, en espera de revisión"
    SOK = "SOK", "Formato revisado y correcto"
    CRT = "CRT", "Carátula revisada y correcta"
    FOK = "FOK", "Firma del envío revisada y correcta"
    PRD = "PRD", "En proceso"
    PDR = "PDR", "En proceso"
    EPR = "EPR", "Procesado: mira el resultado de cada documento"
    RSC = "RSC", "Rechazado: no cumple el formato oficial"
    RFR = "RFR", "Rechazado: error en la firma o folios repetidos"
    RCT = "RCT", "Rechazado: error en la carátula"
    RPT = "RPT", "Rechazado: envío repetido"
    RCH = "RCH", "Rechazado por errores en la información"
    RCO = "RCO", "Rechazado por falta de consistencia"
    VOF = "VOF", "El SII no encontró el archivo del envío"
    RPR = "RPR", "Aceptado con reparos"
    RLV = "RLV", "Aceptado con reparos leves"
    LOK = "LOK", "Libro aceptado y cuadrado"
    LNC = "LNC", "Libro recibido, pero no cuadra: revisa sus totales"
    LRH = "LRH", "Libro rechazado por el SII"
    LSO = "LSO", "Libro en revisión: mira su estado en sii.cl"
    RDC = "RDC", "Libro en revisión: mira su estado en sii.cl"
    NO_PERMISSION = "106", "La persona del certificado no tiene permiso de esta empresa en el SII"
    NOT_AUTHORIZED = "107", "La empresa o la persona no está autorizada en el SII"
    NOT_KNOWN = "404", "El SII todavía no conoce este envío"
    UNKNOWN = "?", "El SII respondió un estado que no conocemos; se seguirá consultando"

    @property
    def is_final(self) -> bool:
        """Whether the SII will not change it any more."""
        return self in _ENVELOPE_ENDS or self.is_rejection

    @property
    def is_rejection(self) -> bool:
        """Whether the whole envelope was turned down; its folios were not received."""
        return self in _ENVELOPE_REJECTIONS

    @property
    def needs_person(self) -> bool:
        """Whether waiting does not help: somebody must grant a permission at the SII."""
        return self in (EnvelopeState.NO_PERMISSION, EnvelopeState.NOT_AUTHORIZED)


class DocumentState(SiiCode):
    """What became of one document of a processed envelope."""

    DOK = "DOK", "Aceptado por el SII"
    RPR = "RPR", "Aceptado con reparos"
    RLV = "RLV", "Aceptado con reparos leves"
    RCH = "RCH", "Rechazado por el SII"
    UNKNOWN = "?", "El SII respondió un estado que no conocemos; se seguirá consultando"

    @property
    def is_accepted(self) -> bool:
        """Whether the SII has the document, with or without remarks."""
        return self in (DocumentState.DOK, DocumentState.RPR, DocumentState.RLV)

    @property
    def is_final(self) -> bool:
        """Whether the SII will not change it any more."""
        return self is not DocumentState.UNKNOWN


class DocumentCode(SiiCode):
    """The answer about one document asked by its folio.

    Source: SII, manual QueryEstDte; the boleta channel answers the same codes.
    """

    DOK = "DOK", "Recibido por el SII, y los datos coinciden"
    DNK = "DNK", "El SII tiene este folio con otros datos"
    FAU = "FAU", "El SII no ha recibido este documento"
    FNA = "FNA", "El SII no autorizó este folio"
    FAN = "FAN", "El folio está anulado en el SII"
    EMP = "EMP", "La empresa no está autorizada en el SII a emitir documentos"
    TMD = "TMD", "Recibido; una nota de débito corrigió sus textos"
    TMC = "TMC", "Recibido; una nota de crédito corrigió sus textos"
    MMD = "MMD", "Recibido; una nota de débito cambió sus montos"
    MMC = "MMC", "Recibido; una nota de crédito cambió sus montos"
    AND = "AND", "Recibido y después anulado por una nota de débito"
    ANC = "ANC", "Recibido y después anulado por una nota de crédito"
    UNKNOWN = "?", "El SII respondió un código que no conocemos; se seguirá consultando"

    @property
    def is_received(self) -> bool:
        """Whether the SII holds exactly this document, even if a later note changed it."""
        return self in _RECEIVED

    @property
    def is_final(self) -> bool:
        """Whether asking again soon can be spared; "not received" may be only "not yet"."""
        return self in _RECEIVED or self in (DocumentCode.DNK, DocumentCode.FAN)


# Two of the book states, LSO and RDC, are nowhere explained: they are taken for no end.
_ENVELOPE_ENDS = frozenset(
    {
        EnvelopeState.EPR,
        EnvelopeState.RPR,
        EnvelopeState.RLV,
        EnvelopeState.LOK,
        EnvelopeState.LNC,
    }
)
_ENVELOPE_REJECTIONS = frozenset(
    {
        EnvelopeState.RSC,
        EnvelopeState.RFR,
        EnvelopeState.RCT,
        EnvelopeState.RPT,
        EnvelopeState.RCH,
        EnvelopeState.RCO,
        EnvelopeState.VOF,
        EnvelopeState.LRH,
    }
)
_RECEIVED = frozenset(
    {
        DocumentCode.DOK,
        DocumentCode.TMD,
        DocumentCode.TMC,
        DocumentCode.MMD,
        DocumentCode.MMC,
        DocumentCode.AND,
        DocumentCode.ANC,
    }
)
