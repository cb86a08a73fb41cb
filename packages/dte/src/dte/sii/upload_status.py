"""What the upload gateway says about a file: the STATUS of its receipt."""

from dte.sii.code import NumberCode


class UploadStatus(NumberCode):
    """STATUS of a receipt (RECEPCIONDTE); 4 is not documented.

    Source: Manual de envío automático v1.5. 99 was seen live: the same file again, or an internal
    error; only its words tell which.
    """

    RECEIVED = "0", "Recibido por el SII"
    SENDER_NOT_ALLOWED = (
        "1",
        "El certificado no puede enviar por esta empresa: dale permiso en sii.cl",
    )
    WRONG_SIZE = "2", "El SII no acepta un archivo de este tamaño: avisa a soporte"
    FILE_CUT = "3", "El archivo llegó cortado al SII: avisa a soporte"
    NOT_AUTHENTICATED = "5", "La sesión con el SII venció; se abre otra"
    COMPANY_NOT_AUTHORIZED = "6", "La empresa no está autorizada en el SII a enviar archivos"
    INVALID_SCHEMA = "7", "El archivo no cumple el formato oficial: avisa a soporte"
    WRONG_SIGNATURE = "8", "El SII no aceptó la firma del archivo: revisa el certificado"
    SYSTEM_BLOCKED = "9", "El sistema del SII está bloqueado; se intentará otra vez solo"
    REPEATED_OR_INTERNAL = "99", "El SII ya tiene este archivo, o tuvo un error interno"
    UNKNOWN = "?", "El SII respondió un estado que no conocemos; se consultará antes de repetir"

    @property
    def is_refusal(self) -> bool:
        """Whether the SII looked at the file and did not take it."""
        return self in _REFUSALS

    @property
    def is_final(self) -> bool:
        """Whether sending the same bytes again gives the same answer."""
        return self.is_refusal or self is UploadStatus.RECEIVED


_REFUSALS = frozenset(
    {
        UploadStatus.SENDER_NOT_ALLOWED,
        UploadStatus.WRONG_SIZE,
        UploadStatus.FILE_CUT,
        UploadStatus.COMPANY_NOT_AUTHORIZED,
        UploadStatus.INVALID_SCHEMA,
        UploadStatus.WRONG_SIGNATURE,
    }
)
