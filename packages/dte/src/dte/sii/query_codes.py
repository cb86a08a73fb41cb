"""What the factura channel's questions may answer besides a state: errors of the question."""

from typing import Final

from dte.sii.code import NumberCode, SiiCode
from dte.sii.statuses import DocumentCode

# An inactive token twice over, and one that is not known: a new one may do.
TOKEN_CODES: Final = frozenset({"001", "002", "003"})


class QueryError(SiiCode):
    """An error instead of a state in QueryEstUp and QueryEstDte; none is an end.

    Source: SII, manuals QueryEstUp and QueryEstDte, "Otros errores".
    """

    NO_STATE = "-1", "El SII no pudo armar la respuesta"
    RETURN = "-2", "El SII tuvo un error al responder"
    NO_SUCH_USER = "-3", "El SII no encuentra el RUT de quien consulta"
    READING = "-4", "El SII no pudo leer sus datos"
    DATA_5 = "-5", "El SII tuvo un error al devolver los datos"
    NOT_AUTHORIZED = (
        "-6",
        "El certificado no puede consultar por esta empresa: dale permiso en sii.cl",
    )
    DATA_7 = "-7", "El SII tuvo un error al devolver los datos"
    DATA_8 = "-8", "El SII tuvo un error al devolver los datos"
    DATA_9 = "-9", "El SII tuvo un error al devolver los datos"
    CHECKING_USER = "-10", "El SII no pudo revisar el RUT de quien consulta"
    QUERY = "-11", "El SII no pudo hacer la consulta; el detalle viene aparte"
    RETURN_QUERY = "-12", "El SII tuvo un error al devolver la consulta"
    NO_USER = "-13", "La consulta llegó al SII sin el RUT de quien consulta"
    XML = "-14", "El SII no pudo armar el XML de la respuesta"
    TOKEN_INACTIVE = "001", "La sesión con el SII venció; se abre otra"
    TOKEN_EXPIRED = "002", "La sesión con el SII venció; se abre otra"
    TOKEN_UNKNOWN = "003", "El SII no conoce la sesión; se abre otra"
    UNKNOWN = "?", "El SII respondió un código que no conocemos; se seguirá consultando"

    @property
    def is_final(self) -> bool:
        """Whether the SII is done: never, the question failed and not the document."""
        return False

    @property
    def wants_new_token(self) -> bool:
        """Whether a new login may help."""
        return self in TOKEN_CODES

    @property
    def needs_person(self) -> bool:
        """Whether asking again does not help: somebody must grant a permission at the SII."""
        return self is QueryError.NOT_AUTHORIZED


class DocumentErrorCode(NumberCode):
    """ERR_CODE of QueryEstDte: the same verdict as its ESTADO, as a number.

    Source: SII, manual QueryEstDte.
    """

    DOK = "0", DocumentCode.DOK.meaning
    DNK = "1", DocumentCode.DNK.meaning
    FAU = "3", DocumentCode.FAU.meaning
    FNA = "4", DocumentCode.FNA.meaning
    FAN = "5", DocumentCode.FAN.meaning
    EMP = "6", DocumentCode.EMP.meaning
    TMD = "10", DocumentCode.TMD.meaning
    TMC = "11", DocumentCode.TMC.meaning
    MMD = "12", DocumentCode.MMD.meaning
    MMC = "13", DocumentCode.MMC.meaning
    AND = "14", DocumentCode.AND.meaning
    ANC = "15", DocumentCode.ANC.meaning
    UNKNOWN = "?", DocumentCode.UNKNOWN.meaning

    @property
    def document_code(self) -> DocumentCode:
        """The verdict it stands for."""
        return DocumentCode[self.name]


class SignedQueryCode(NumberCode):
    """The header's ESTADO of QueryEstDteAv: how the question itself went; none is an end.

    Source: SII, manual QueryEstDteAv (OIFE2006).
    """

    OK = "0", "Consulta hecha"
    TOKEN_EXPIRED = "1", "La sesión con el SII venció; se abre otra"
    TOKEN_UNKNOWN = "2", "El SII no conoce la sesión; se abre otra"
    INTERNAL_3 = "3", "El SII tuvo un error interno; el detalle viene aparte"
    INTERNAL_4 = "4", "El SII tuvo un error interno"
    WRONG_QUESTION = "5", "El SII no aceptó un dato de la consulta; el detalle viene aparte"
    INTERNAL_6 = "6", "El SII tuvo un error interno"
    INTERNAL_7 = "7", "El SII tuvo un error interno"
    INTERNAL_8 = "8", "El SII tuvo un error interno"
    NOT_AUTHORIZED = (
        "9",
        "El certificado no puede consultar por esta empresa: dale permiso en sii.cl",
    )
    INTERNAL_10 = "10", "El SII tuvo un error interno"
    INTERNAL_11 = "11", "El SII tuvo un error interno"
    INTERNAL_12 = "12", "El SII tuvo un error interno"
    INTERNAL_13 = "13", "El SII tuvo un error interno"
    INTERNAL_14 = "14", "El SII tuvo un error interno"
    UNKNOWN = "?", "El SII respondió un código que no conocemos; se seguirá consultando"

    @property
    def wants_new_token(self) -> bool:
        """Whether a new login may help."""
        return self in (SignedQueryCode.TOKEN_EXPIRED, SignedQueryCode.TOKEN_UNKNOWN)

    @property
    def is_refusal(self) -> bool:
        """Whether asking the same again gives the same answer."""
        return self in (SignedQueryCode.WRONG_QUESTION, SignedQueryCode.NOT_AUTHORIZED)


class MailCode(NumberCode):
    """The answer to a request to send the validation mail again.

    Source: SII, manual wsDTECorreo (OIFE2005).
    """

    ACCEPTED = "0", "El SII enviará el correo otra vez"
    WRONG_RUT = "101", "El SII no reconoce el RUT de la empresa: revísalo"
    MISSING_FACTS = "102", "Faltan datos en la solicitud: avisa a soporte"
    INTERNAL_103 = "103", "El SII tuvo un error interno; prueba más tarde"
    TOKEN_INACTIVE = "104", "La sesión con el SII venció; se abre otra"
    NO_SUCH_TRACK = "105", "El SII no conoce este envío: revisa el número de seguimiento"
    NO_PERMISSION = (
        "106",
        "La persona del certificado no tiene permiso de esta empresa en el SII: dáselo en sii.cl",
    )
    INTERNAL_107 = "107", "El SII tuvo un error interno; prueba más tarde"
    INTERNAL_108 = "108", "El SII tuvo un error interno; prueba más tarde"
    INTERNAL_110 = "110", "El SII tuvo un error interno; prueba más tarde"
    INTERNAL_111 = "111", "El SII tuvo un error interno; prueba más tarde"
    INTERNAL_112 = "112", "El SII tuvo un error interno; prueba más tarde"
    INTERNAL_113 = "113", "El SII tuvo un error interno; prueba más tarde"
    NOT_FINISHED = "114", "El SII todavía revisa este envío y no hay correo; prueba más tarde"
    UNKNOWN = "?", "El SII respondió un código que no conocemos; prueba más tarde"

    @property
    def is_refusal(self) -> bool:
        """Whether asking the same again gives the same answer."""
        return self in (
            MailCode.WRONG_RUT,
            MailCode.MISSING_FACTS,
            MailCode.NO_SUCH_TRACK,
            MailCode.NO_PERMISSION,
        )
