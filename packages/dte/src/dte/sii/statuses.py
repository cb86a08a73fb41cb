"""The SII's codes: what they mean in Spanish, and whether they may still change."""

from enum import StrEnum


class EnvelopeState(StrEnum):
    """The state of an upload. A code that is not listed is read as UNKNOWN, never as an end.

    Books (libros) and their like have states of their own, all with L but RDC.
    Source: SII, OpenAPI of the boleta channel (envío) and manual QueryEstUp.
    """

    REC = "REC"
    SOK = "SOK"
    CRT = "CRT"
    FOK = "FOK"
    PRD = "PRD"
    PDR = "PDR"
    EPR = "EPR"
    RSC = "RSC"
    RFR = "RFR"
    RCT = "RCT"
    RPT = "RPT"
    RCH = "RCH"
    RCO = "RCO"
    VOF = "VOF"
    RPR = "RPR"
    RLV = "RLV"
    LOK = "LOK"
    LNC = "LNC"
    LRH = "LRH"
    LSO = "LSO"
    RDC = "RDC"
    NO_PERMISSION = "106"
    NOT_AUTHORIZED = "107"
    NOT_KNOWN = "404"
    UNKNOWN = "?"

    @classmethod
    def read(cls, code: str) -> "EnvelopeState":
        """Read a code as it came; the raw text stays with the caller."""
        return cls(code) if code in cls._value2member_map_ else cls.UNKNOWN

    @property
    def meaning(self) -> str:
        """What to tell a person."""
        return _ENVELOPE_MEANINGS[self]

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


class DocumentState(StrEnum):
    """What became of one document of a processed envelope."""

    DOK = "DOK"
    RPR = "RPR"
    RLV = "RLV"
    RCH = "RCH"
    UNKNOWN = "?"

    @classmethod
    def read(cls, code: str) -> "DocumentState":
        """Read a code as it came; the raw text stays with the caller."""
        return cls(code) if code in cls._value2member_map_ else cls.UNKNOWN

    @property
    def meaning(self) -> str:
        """What to tell a person."""
        return _DOCUMENT_STATE_MEANINGS[self]

    @property
    def is_accepted(self) -> bool:
        """Whether the SII has the document, with or without remarks."""
        return self in (DocumentState.DOK, DocumentState.RPR, DocumentState.RLV)

    @property
    def is_final(self) -> bool:
        """Whether the SII will not change it any more."""
        return self is not DocumentState.UNKNOWN


class DocumentCode(StrEnum):
    """The answer about one document asked by its folio.

    Source: SII, manual QueryEstDte; the boleta channel answers the same codes.
    """

    DOK = "DOK"
    DNK = "DNK"
    FAU = "FAU"
    FNA = "FNA"
    FAN = "FAN"
    EMP = "EMP"
    TMD = "TMD"
    TMC = "TMC"
    MMD = "MMD"
    MMC = "MMC"
    AND = "AND"
    ANC = "ANC"
    UNKNOWN = "?"

    @classmethod
    def read(cls, code: str) -> "DocumentCode":
        """Read a code as it came; the raw text stays with the caller."""
        return cls(code) if code in cls._value2member_map_ else cls.UNKNOWN

    @property
    def meaning(self) -> str:
        """What to tell a person."""
        return _DOCUMENT_CODE_MEANINGS[self]

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
_ENVELOPE_MEANINGS = {
    EnvelopeState.REC: "Recibido por el SII, en espera de revisión",
    EnvelopeState.SOK: "Formato revisado y correcto",
    EnvelopeState.CRT: "Carátula revisada y correcta",
    EnvelopeState.FOK: "Firma del envío revisada y correcta",
    EnvelopeState.PRD: "En proceso",
    EnvelopeState.PDR: "En proceso",
    EnvelopeState.EPR: "Procesado: mira el resultado de cada documento",
    EnvelopeState.RSC: "Rechazado: no cumple el formato oficial",
    EnvelopeState.RFR: "Rechazado: error en la firma o folios repetidos",
    EnvelopeState.RCT: "Rechazado: error en la carátula",
    EnvelopeState.RPT: "Rechazado: envío repetido",
    EnvelopeState.RCH: "Rechazado por errores en la información",
    EnvelopeState.RCO: "Rechazado por falta de consistencia",
    EnvelopeState.VOF: "El SII no encontró el archivo del envío",
    EnvelopeState.RPR: "Aceptado con reparos",
    EnvelopeState.RLV: "Aceptado con reparos leves",
    EnvelopeState.LOK: "Libro aceptado y cuadrado",
    EnvelopeState.LNC: "Libro recibido, pero no cuadra: revisa sus totales",
    EnvelopeState.LRH: "Libro rechazado por el SII",
    EnvelopeState.LSO: "Libro en revisión: mira su estado en sii.cl",
    EnvelopeState.RDC: "Libro en revisión: mira su estado en sii.cl",
    EnvelopeState.NO_PERMISSION: (
        "La persona del certificado no tiene permiso de esta empresa en el SII"
    ),
    EnvelopeState.NOT_AUTHORIZED: "La empresa o la persona no está autorizada en el SII",
    EnvelopeState.NOT_KNOWN: "El SII todavía no conoce este envío",
    EnvelopeState.UNKNOWN: "El SII respondió un estado que no conocemos; se seguirá consultando",
}
_DOCUMENT_STATE_MEANINGS = {
    DocumentState.DOK: "Aceptado por el SII",
    DocumentState.RPR: "Aceptado con reparos",
    DocumentState.RLV: "Aceptado con reparos leves",
    DocumentState.RCH: "Rechazado por el SII",
    DocumentState.UNKNOWN: "El SII respondió un estado que no conocemos; se seguirá consultando",
}
_DOCUMENT_CODE_MEANINGS = {
    DocumentCode.DOK: "Recibido por el SII, y los datos coinciden",
    DocumentCode.DNK: "El SII tiene este folio con otros datos",
    DocumentCode.FAU: "El SII no ha recibido este documento",
    DocumentCode.FNA: "El SII no autorizó este folio",
    DocumentCode.FAN: "El folio está anulado en el SII",
    DocumentCode.EMP: "La empresa no está autorizada en el SII a emitir documentos",
    DocumentCode.TMD: "Recibido; una nota de débito corrigió sus textos",
    DocumentCode.TMC: "Recibido; una nota de crédito corrigió sus textos",
    DocumentCode.MMD: "Recibido; una nota de débito cambió sus montos",
    DocumentCode.MMC: "Recibido; una nota de crédito cambió sus montos",
    DocumentCode.AND: "Recibido y después anulado por una nota de débito",
    DocumentCode.ANC: "Recibido y después anulado por una nota de crédito",
    DocumentCode.UNKNOWN: "El SII respondió un código que no conocemos; se seguirá consultando",
}
