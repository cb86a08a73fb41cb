"""How a talk with the SII can fail, sorted by what the caller may do next."""

from dte.errors import DteError
from dte.sii.claim_codes import ClaimCode


class SiiError(DteError):
    """Base of everything that can go wrong while talking to the SII."""


class NotSent(SiiError):
    """Nothing of the request's body left this machine: sending again is safe."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "sii_not_sent",
            "No se pudo llegar al SII: revisa la conexión a internet."
            " Se intentará otra vez solo; no hay que volver a emitir.",
        )


class Unavailable(SiiError):
    """The SII answered, but not with an answer; it took nothing. Try later."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "sii_unavailable",
            "El SII no está atendiendo en este momento."
            " Se intentará otra vez solo; no hay que volver a emitir.",
        )


class SessionLimit(Unavailable):
    """The SII says that this certificate has too many sessions: wait, further logins add to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.code = "sii_session_limit"
        self.message = (
            "El SII dice que este certificado tiene demasiadas sesiones abiertas: cierra las de"
            " sii.cl. Se intentará otra vez solo en unos minutos; no hay que volver a emitir."
        )


class OutcomeUnknown(SiiError):
    """The request went out and no readable answer came: the SII may or may not have it.

    Never issue again. Send the same bytes (the SII answers the former track id within 900 s)
    or ask for the status of the documents by folio.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "sii_outcome_unknown",
            "El SII no alcanzó a responder y no se sabe si recibió el envío."
            " Se consultará antes de repetir; no hay que volver a emitir.",
        )


class Refused(SiiError):
    """The SII answered no. Sending the same again gives the same answer.

    `status` is its own code (or the HTTP status), `text` its own words, at most 500 characters.
    """

    def __init__(self, status: str, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(
            "sii_refused",
            f"El SII no aceptó la solicitud ({status}): {text.rstrip('. ')}."
            " Corrige lo indicado y vuelve a enviar el mismo documento.",
        )


class LoginRefused(Refused):
    """The SII did not let this person in: nothing was said about any document.

    Its codes are another list than those of uploads, so the two must not be mixed up.
    """


class SenderMismatch(SiiError):
    """A file names another sender (RutEnvia) than the certificate; nothing was sent.

    The SII would answer "RUT envia diferente al Upload" and turn the whole file down.
    """

    def __init__(self, *, named: str, certificate: str) -> None:
        self.named = named
        self.certificate = certificate
        super().__init__(
            "sii_sender_mismatch",
            f"El archivo dice que lo envía {named}, pero el certificado es de {certificate}:"
            " arma el envío otra vez con el certificado que está cargado.",
        )


class ClaimRefused(Refused):
    """The register of claims said no; `claim_code` is its reason, for programs."""

    def __init__(self, claim_code: ClaimCode, status: str, text: str) -> None:
        super().__init__(status, text)
        self.claim_code = claim_code
        self.code = "sii_claim_refused"
        self.message = f"El SII no registró la acción ({status}): {text.rstrip('. ')}."
