"""Who we are for the SII: a token, got by signing a seed, shared by many requests.

The REST side and the SOAP side give tokens of their own, and neither takes the other's: hence two
classes, so that a channel cannot be handed the wrong one.
"""

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from dte.certificate import Certificate
from dte.signer import sign_seed
from dte.sii import hosts as doors
from dte.sii.answers import XmlAnswer, body_text, read_json, read_xml, short_text
from dte.sii.errors import LoginRefused, OutcomeUnknown, SessionLimit, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.login_states import SeedState, TokenState
from dte.sii.query_codes import TOKEN_CODES
from dte.sii.soap import Parts, ask_soap, read_return
from dte.sii.transport import Response, Transport
from dte.sii.upload_status import UploadStatus

USER_AGENT: Final = "Mozilla/4.0 (compatible; PROG 1.0; Windows NT 5.0; dte)"
TIMEOUT_SECONDS: Final = 20
ANSWER_LIMIT_BYTES: Final = 64 * 1024
# The SII does not publish a token's life; about an hour has been seen. Renewed well before.
TOKEN_LIFE: Final = timedelta(minutes=30)
# "Máximo de sesiones": each further login makes it worse, so nobody logs in for a while.
LOGIN_PAUSE: Final = timedelta(minutes=10)
_TOO_MANY_SESSIONS = re.compile(r"m[aá]ximo\s+de\s+sesiones", re.IGNORECASE)
BeforeSend = Callable[[], None]


def go_ahead() -> None:
    """Let a request go: the `before_send` of who has nothing to ask."""


def refuses_token(answer: Response) -> bool:
    """Tell whether an answer asks for a new token, in any of the forms both channels use."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    found = read_json(answer)
    if found is not None:
        return str(found.get("estado", "")) in TOKEN_CODES
    xml = read_xml(answer)
    if xml is None:
        return False
    status = UploadStatus.read(xml.leaf("STATUS") or "")
    return status is UploadStatus.NOT_AUTHENTICATED or xml.leaf("ESTADO") in TOKEN_CODES


class TokenCache(ABC):
    """Hold one token and get a new one when it is old or was refused.

    One login at a time: the SII limits the sessions of a certificate, and repeating makes it worse.
    """

    def __init__(self, *, hosts: Hosts, transport: Transport, certificate: Certificate) -> None:
        self._hosts = hosts
        self._transport = transport
        self._certificate = certificate
        self._lock = threading.Lock()
        self._token: str | None = None
        self._got_at: datetime | None = None
        self._limited_at: datetime | None = None

    @property
    def certificate(self) -> Certificate:
        """Whose token it is."""
        return self._certificate

    def token(self, at: datetime) -> str:
        """Answer the token in use, or log in.

        Raises CertificateExpired and its kin before any request; Refused when the SII does not
        take the certificate; NotSent or Unavailable when it cannot be asked.
        """
        with self._lock:
            if self._token and self._got_at and timedelta() <= at - self._got_at < TOKEN_LIFE:
                return self._token
            return self._log_in(at)

    def renew(self, at: datetime, *, refused: str) -> str:
        """Get a new token after `refused` was not accepted; a colleague's newer one counts too."""
        with self._lock:
            if self._token and self._token != refused:
                return self._token
            return self._log_in(at)

    def use(
        self,
        send: Callable[[str], Response],
        *,
        at: datetime,
        before_send: BeforeSend,
        refused: Callable[[Response], bool] = refuses_token,
    ) -> Response:
        """Send something with the token; once more with a new one if the answer refuses it.

        `before_send` is called before each try; what it raises stops the request. Raises
        LoginRefused when the new token is refused as well, and what `token` raises.
        """
        token = self.token(at)
        before_send()
        answer = send(token)
        if refused(answer):
            token = self.renew(at, refused=token)
            before_send()
            answer = send(token)
            if refused(answer):
                raise LoginRefused(str(HTTPStatus.UNAUTHORIZED), short_text(answer))
        return answer

    def ask(
        self,
        send: Callable[[str], Response],
        *,
        at: datetime,
        before_send: BeforeSend,
        refused: Callable[[Response], bool] = refuses_token,
    ) -> Response:
        """Send a question: as `use`, but one without an answer changed nothing (Unavailable)."""
        try:
            return self.use(send, at=at, before_send=before_send, refused=refused)
        except OutcomeUnknown as error:
            raise Unavailable(error.reason) from error

    def _log_in(self, at: datetime) -> str:
        self._certificate.check(at)
        if self._limited_at and timedelta() <= at - self._limited_at < LOGIN_PAUSE:
            raise SessionLimit("no login before the pause is over")
        self._token = None
        try:
            self._token = self._new_token()
        except OutcomeUnknown as error:
            # A login changes nothing at the SII that a second one could spoil.
            raise Unavailable(error.reason) from error
        except SessionLimit:
            self._limited_at = at
            raise
        self._got_at = at
        return self._token

    def _new_token(self, *, tries: int = 2) -> str:
        answer, found = self._ask("token", sign_seed(self._seed(), self._certificate))
        code = found.leaf("ESTADO") if found else None
        if found is None or code is None:
            raise Unavailable(f"token: HTTP {answer.status}, {short_text(answer)}")
        state, token = TokenState.read(code), found.leaf("TOKEN")
        if state is TokenState.OK and token:
            return token
        if state in (TokenState.ERROR, TokenState.UNKNOWN):
            raise Unavailable(f"token: ESTADO {code}, {short_text(answer)}")
        if state.wants_new_seed and tries > 1:
            return self._new_token(tries=tries - 1)
        raise LoginRefused(code, found.leaf("GLOSA") or state.meaning)

    def _seed(self) -> str:
        answer, found = self._ask("semilla", None)
        seed = found.leaf("SEMILLA") if found else None
        state = SeedState.read((found.leaf("ESTADO") if found else None) or "")
        if state is not SeedState.OK or not seed or not seed.isdigit():
            raise Unavailable(f"semilla: HTTP {answer.status}, {short_text(answer)}")
        return seed

    def _ask(self, what: str, signed: bytes | None) -> tuple[Response, XmlAnswer | None]:
        answer, found = self._exchange(signed)
        if _TOO_MANY_SESSIONS.search(body_text(answer)):
            raise SessionLimit(f"{what}: {short_text(answer)}")
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"{what}: HTTP {answer.status}")
        return answer, found

    @abstractmethod
    def _exchange(self, signed: bytes | None) -> tuple[Response, XmlAnswer | None]:
        """Ask for a seed, or for a token with a signed seed; None when the answer is no XML."""


class TokenSource(TokenCache):
    """The session of the REST side: boletas."""

    def _exchange(self, signed: bytes | None) -> tuple[Response, XmlAnswer | None]:
        headers = {"Accept": "application/xml", "User-Agent": USER_AGENT}
        if signed is not None:
            headers["Content-Type"] = "application/xml"
        what = "semilla" if signed is None else "token"
        answer = self._transport.request(
            method="GET" if signed is None else "POST",
            url=f"{self._hosts.boleta_query_url}/boleta.electronica.{what}",
            headers=headers,
            body=signed,
            timeout_seconds=TIMEOUT_SECONDS,
            max_bytes=ANSWER_LIMIT_BYTES,
        )
        return answer, read_xml(answer)


class FacturaTokenSource(TokenCache):
    """The session of the SOAP side: facturas, books, the register of claims."""

    def _exchange(self, signed: bytes | None) -> tuple[Response, XmlAnswer | None]:
        parts: Parts = ()
        path, operation = doors.SEED_PATH, "getSeed"
        if signed is not None:
            path, operation = doors.TOKEN_PATH, "getToken"
            parts = (("pszXml", signed.decode("iso-8859-1")),)
        answer = ask_soap(
            self._transport,
            address=self._hosts.factura_url + path,
            operation=operation,
            parts=parts,
            headers={"User-Agent": USER_AGENT},
            timeout_seconds=TIMEOUT_SECONDS,
            max_bytes=ANSWER_LIMIT_BYTES,
        )
        return answer, read_return(answer, operation)
