"""Who we are for the SII: a token, got by signing a seed, shared by many requests."""

import threading
from datetime import datetime, timedelta
from typing import Final

from dte.certificate import Certificate
from dte.signer import sign_seed
from dte.sii.answers import read_xml, short_text
from dte.sii.errors import LoginRefused, OutcomeUnknown, Unavailable
from dte.sii.hosts import Hosts
from dte.sii.transport import Response, Transport

USER_AGENT: Final = "Mozilla/4.0 (compatible; PROG 1.0; Windows NT 5.0; ERP-Market)"
TIMEOUT_SECONDS: Final = 20
ANSWER_LIMIT_BYTES: Final = 64 * 1024
# The SII does not publish a token's life; about an hour has been seen. Renewed well before.
TOKEN_LIFE: Final = timedelta(minutes=30)
_OK = frozenset({"0", "00"})
# 08 and 10: the seed timed out or got lost on their side; a new seed may do.
_TRY_NEW_SEED = frozenset({"08", "8", "10"})
_SERVER_ERRORS = 500


class TokenSource:
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

    def _log_in(self, at: datetime) -> str:
        self._certificate.check(at)
        self._token = None
        try:
            self._token = self._new_token()
        except OutcomeUnknown as error:
            # A login changes nothing at the SII that a second one could spoil.
            raise Unavailable(error.reason) from error
        self._got_at = at
        return self._token

    def _new_token(self) -> str:
        for last_try in (False, True):
            answer = self._ask("token", sign_seed(self._seed(), self._certificate))
            found = read_xml(answer)
            state = found.leaf("ESTADO") if found else None
            if found is None or state is None:
                raise Unavailable(f"token: HTTP {answer.status}, {short_text(answer)}")
            token = found.leaf("TOKEN")
            if state in _OK and token:
                return token
            if state not in _TRY_NEW_SEED or last_try:
                raise LoginRefused(state, found.leaf("GLOSA") or found.text)
        raise AssertionError("the loop above always ends")

    def _seed(self) -> str:
        answer = self._ask("semilla", None)
        found = read_xml(answer)
        seed = found.leaf("SEMILLA") if found else None
        if found is None or found.leaf("ESTADO") not in _OK or not seed or not seed.isdigit():
            raise Unavailable(f"semilla: HTTP {answer.status}, {short_text(answer)}")
        return seed

    def _ask(self, what: str, body: bytes | None) -> Response:
        headers = {"Accept": "application/xml", "User-Agent": USER_AGENT}
        if body is not None:
            headers["Content-Type"] = "application/xml"
        answer = self._transport.request(
            method="GET" if body is None else "POST",
            url=f"{self._hosts.boleta_query_url}/boleta.electronica.{what}",
            headers=headers,
            body=body,
            timeout_seconds=TIMEOUT_SECONDS,
            max_bytes=ANSWER_LIMIT_BYTES,
        )
        if answer.status >= _SERVER_ERRORS:
            raise Unavailable(f"{what}: HTTP {answer.status}")
        return answer
