"""What is said of a mail server that cannot be used, in words that tell what to do."""

import socket
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.conf import settings


class Reason(StrEnum):
    """Why a mail did not go out or come in; stable, for machines."""

    NO_ACCOUNT = "no_account"
    HOST_UNKNOWN = "host_unknown"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NO_TLS = "no_tls"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  (a reason, no password)
    NO_LOGIN = "no_login"
    DROPPED = "dropped"
    TRY_LATER = "try_later"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    REFUSED = "refused"
    NO_FOLDER = "no_folder"
    NO_ANSWER = "no_answer"
    ATTACHMENT = "attachment"


# These are about the account: the next mail would fare no better.
OF_THE_ACCOUNT: Final = frozenset(
    {
        Reason.HOST_UNKNOWN,
        Reason.UNREACHABLE,
        Reason.CERTIFICATE,
        Reason.NO_TLS,
        Reason.WRONG_PASSWORD,
        Reason.NO_LOGIN,
        Reason.DROPPED,
        Reason.SENDER_REFUSED,
        Reason.NO_FOLDER,
    }
)
_WORDS: Final = {
    Reason.HOST_UNKNOWN: "No existe el servidor {host}. Revisa cómo está escrito.",
    Reason.UNREACHABLE: "El servidor {host} no contesta en el puerto {port}. Revisa el puerto y"
    " que haya internet.",
    Reason.CERTIFICATE: "El certificado de {host} no es de confianza, así que no le dimos la"
    " clave. Revisa el nombre del servidor con tu proveedor de correo.",
    Reason.NO_TLS: "El servidor {host} no ofrece ese cifrado en el puerto {port}. Prueba TLS"
    " directo o pregunta a tu proveedor de correo.",
    Reason.WRONG_PASSWORD: "El servidor {host} no aceptó el usuario o la clave. Escríbelos de"
    " nuevo; algunos proveedores piden una clave de aplicación.",
    Reason.NO_LOGIN: "El servidor {host} no acepta usuario y clave en el puerto {port}. Revisa el"
    " puerto y el cifrado.",
    Reason.DROPPED: "El servidor {host} cortó la conversación. Se intentará de nuevo.",
    Reason.TRY_LATER: "El servidor {host} pide intentarlo más tarde.",
    Reason.SENDER_REFUSED: "El servidor {host} no deja enviar con esa dirección de salida. Usa la"
    " dirección de la cuenta.",
    Reason.RECIPIENT_REFUSED: "El servidor {host} no aceptó la dirección de quien recibe. Revisa"
    " cómo está escrita.",
    Reason.REFUSED: "El servidor {host} no aceptó el correo.",
    Reason.NO_FOLDER: "La casilla no tiene esa carpeta. Casi siempre se llama INBOX.",
    Reason.NO_ANSWER: "El correo salió y {host} no confirmó que llegó. No se repite solo, para no"
    " enviarlo dos veces.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server with its login, opened: only in a worker's memory."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)


class MailTrouble(Exception):
    """A mail server did not do what was asked; `detail` is its own answer, for support."""

    def __init__(self, reason: Reason, server: Server, *, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail[:200]
        said = f" Dijo: {self.detail}" if reason in _QUOTED and self.detail else ""
        self.words = _WORDS[reason].format(host=server.host, port=server.port) + said


_QUOTED: Final = frozenset(
    {Reason.TRY_LATER, Reason.SENDER_REFUSED, Reason.RECIPIENT_REFUSED, Reason.REFUSED}
)


def network_trouble(error: OSError, server: Server) -> MailTrouble:
    """Name what went wrong below the protocol."""
    detail = str(error)
    match error:
        case socket.gaierror():
            return MailTrouble(Reason.HOST_UNKNOWN, server, detail=detail)
        case ssl.SSLCertVerificationError():
            return MailTrouble(Reason.CERTIFICATE, server, detail=detail)
        case ssl.SSLError():
            return MailTrouble(Reason.NO_TLS, server, detail=detail)
        case _:
            return MailTrouble(Reason.UNREACHABLE, server, detail=detail)


def tls_context() -> ssl.SSLContext:
    """Trust what the system trusts, and the authority of ERP_MAIL_CA_FILE."""
    context = ssl.create_default_context()
    if settings.MAIL_CA_FILE:
        context.load_verify_locations(settings.MAIL_CA_FILE)
    return context
