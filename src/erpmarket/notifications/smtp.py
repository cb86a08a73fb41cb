"""Give one message to a mail server, and know whether it took it."""

import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Final

from erpmarket.notifications.models import Security
from erpmarket.notifications.servers import (
    MailTrouble,
    Reason,
    Server,
    network_trouble,
    tls_context,
)

TIMEOUT_SECONDS: Final = 15
_GO_AHEAD: Final = 354
_DONE: Final = 250
_PERMANENT: Final = 500
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


def send_message(
    server: Server,
    message: EmailMessage,
    *,
    sender: str,
    recipient: str,
    before_body: Callable[[], None],
    timeout_seconds: int = TIMEOUT_SECONDS,
) -> None:
    """Send to one address; returning means that the server took the message.

    `before_body` is called at the last moment when nothing has left yet. Raises MailTrouble, with
    reason NO_ANSWER when the server may have taken it.
    """
    body = _LEADING_DOT.sub(b"..", message.as_bytes(policy=SMTP_POLICY))
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    with _session(server, sender, timeout_seconds) as smtp:
        with _told(server):
            _expect(smtp.mail(sender), server, Reason.SENDER_REFUSED)
            _expect(smtp.rcpt(recipient), server, Reason.RECIPIENT_REFUSED)
            code, answer = smtp.docmd("DATA")
            if code != _GO_AHEAD:
                raise _refusal(code, answer, server, Reason.REFUSED)
        before_body()
        try:
            smtp.send(body + b".\r\n")
            code, answer = smtp.getreply()
        except OSError as error:
            # Also what smtplib raises when the other side hangs up.
            raise MailTrouble(Reason.NO_ANSWER, server, detail=str(error)) from error
        if code != _DONE:
            raise _refusal(code, answer, server, Reason.REFUSED)
        # What the server says to our farewell changes nothing.
        with suppress(OSError):
            smtp.quit()


@contextmanager
def _session(server: Server, sender: str, timeout_seconds: int) -> Iterator[smtplib.SMTP]:
    """Connect, protect and sign in; hang up at the end, whatever happened."""
    own_name = sender.rpartition("@")[2]
    # A server that never greets is as good as none.
    with _told(server, silent=Reason.UNREACHABLE):
        smtp = _connect(server, own_name, timeout_seconds)
    try:
        with _told(server):
            _protect(smtp, server)
            _sign_in(smtp, server)
        yield smtp
    finally:
        smtp.close()


def _connect(server: Server, own_name: str, timeout_seconds: int) -> smtplib.SMTP:
    if server.security == Security.TLS:
        return smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=own_name,
            timeout=timeout_seconds,
            context=tls_context(),
        )
    return smtplib.SMTP(server.host, server.port, local_hostname=own_name, timeout=timeout_seconds)


def _protect(smtp: smtplib.SMTP, server: Server) -> None:
    smtp.ehlo_or_helo_if_needed()
    if server.security != Security.STARTTLS:
        return
    try:
        smtp.starttls(context=tls_context())
    except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as error:
        raise MailTrouble(Reason.NO_TLS, server, detail=str(error)) from error
    smtp.ehlo_or_helo_if_needed()


def _sign_in(smtp: smtplib.SMTP, server: Server) -> None:
    if not server.username:
        return
    try:
        smtp.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        # Without its cause: what is quoted there may hold the login.
        reason = Reason.WRONG_PASSWORD if error.smtp_code >= _PERMANENT else Reason.TRY_LATER
        raise MailTrouble(reason, server, detail=str(error.smtp_code)) from None
    except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
        raise
    except smtplib.SMTPException as error:
        raise MailTrouble(Reason.NO_LOGIN, server, detail=str(error)) from None


@contextmanager
def _told(server: Server, *, silent: Reason = Reason.DROPPED) -> Iterator[None]:
    """Name every failure before the body: nothing has left, so that trying again is harmless."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error, server, Reason.REFUSED) from error
    except smtplib.SMTPException as error:
        raise MailTrouble(silent, server, detail=str(error)) from error
    except OSError as error:
        raise network_trouble(error, server) from error


def _expect(reply: tuple[int, bytes], server: Server, reason: Reason) -> None:
    code, answer = reply
    if code not in (250, 251):
        raise _refusal(code, answer, server, reason)


def _refusal(code: int, answer: bytes | str, server: Server, reason: Reason) -> MailTrouble:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    said = f"{code} {' '.join(text.split())}"
    if code < _PERMANENT:
        # 421 ends a session, 4xx asks for patience; -1 is smtplib's word for no sense at all.
        reason = Reason.TRY_LATER if code > 0 else Reason.DROPPED
    return MailTrouble(reason, server, detail=said)
