"""What the SII answers to a login: the states of a seed and of a token."""

from dte.sii.code import NumberCode


class SeedState(NumberCode):
    """The state of a seed request; none is an end, a seed costs nothing.

    Source: Manual de autenticación automática v1.9, CrSeed.
    """

    OK = "00", "Semilla entregada"
    SERVER_ERROR = "-1", "Error interno del SII; se intentará otra vez solo"
    RETURN_ERROR = "-2", "Error interno del SII al responder; se intentará otra vez solo"
    UNKNOWN = "?", "El SII respondió un estado que no conocemos; se intentará otra vez solo"


class TokenState(NumberCode):
    """The state of a token request.

    Source: Manual de autenticación automática v1.9, GetTokenFromSeed; 21, -3 and -07 as seen live.
    """

    OK = "00", "Sesión abierta"
    XML_INVALID = "01", "El SII no pudo leer la solicitud de sesión: avisa a soporte"
    XML_MALFORMED = "02", "La solicitud de sesión llegó mal formada al SII: avisa a soporte"
    XML_WRONG = "03", "La solicitud de sesión no tiene la forma que pide el SII: avisa a soporte"
    NO_SIGNATURE = "04", "La solicitud de sesión llegó sin firma: avisa a soporte"
    WRONG_SIGNATURE = "05", "El SII no aceptó la firma: revisa que el certificado sea el vigente"
    NO_SEED = "06", "La solicitud de sesión llegó sin semilla: avisa a soporte"
    MESSAGE_ERROR = "07", "El SII no aceptó el mensaje de sesión: avisa a soporte"
    SEED_TIMED_OUT = "08", "La semilla venció en el SII; se pide otra"
    MESSAGE_REFUSED = "09", "El SII no aceptó el mensaje de sesión: avisa a soporte"
    TOKEN_NOT_MADE = "10", "El SII no alcanzó a abrir la sesión; se pide otra semilla"
    NO_CERTIFICATE = "11", "El SII no encontró el certificado en la solicitud: avisa a soporte"
    ERROR = "12", "El SII tuvo un error al abrir la sesión: prueba más tarde"
    OTHER_KEY = "21", "La llave no es la del certificado: carga el certificado de nuevo"
    NOT_AUTHENTICATED = "-3", "El SII no reconoce este certificado: revisa que esté vigente"
    NOT_ENABLED = (
        "-07",
        "El RUT del certificado no está habilitado en el SII: actívalo en sii.cl, Mi SII",
    )
    UNKNOWN = "?", "El SII respondió un estado de sesión que no conocemos: prueba más tarde"

    @property
    def wants_new_seed(self) -> bool:
        """Whether the seed was lost on their side, so that another one may do."""
        return self in (TokenState.SEED_TIMED_OUT, TokenState.TOKEN_NOT_MADE)

    @property
    def is_final(self) -> bool:
        """Whether logging in again with the same certificate gives the same answer."""
        return not self.wants_new_seed and self not in (
            TokenState.OK,
            TokenState.ERROR,
            TokenState.UNKNOWN,
        )
