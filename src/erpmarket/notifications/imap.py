"""Read a mailbox: number the mails, fetch one, mark it as seen."""

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from erpmarket.notifications.models import Security
from erpmarket.notifications.servers import (
    MailTrouble,
    Reason,
    Server,
    network_trouble,
    tls_context,
)

TIMEOUT_SECONDS: Final = 20
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An open folder; its numbers mean the same mails as long as `uid_validity` is the same."""

    uid_validity: int
    _connection: Any
    _server: Server

    def list_uids(self, *, after: int) -> tuple[int, ...]:
        """List the mails with a higher number, in order."""
        with _told(self._server):
            answer = _ask(
                self._connection.uid("SEARCH", None, "UID", f"{after + 1}:*"), self._server
            )
        found = {int(uid) for line in answer if line for uid in line.split()}
        # Of a range beyond the last mail a server answers the last one.
        # Source: RFC 3501, section 6.4.8.
        return tuple(sorted(uid for uid in found if uid > after))

    def size_bytes(self, uid: int) -> int | None:
        """Tell how large a mail is; None when it is gone."""
        with _told(self._server):
            answer = _ask(self._connection.uid("FETCH", str(uid), "(RFC822.SIZE)"), self._server)
        lines = [line for line in answer if isinstance(line, bytes)]
        sizes = [match for line in lines if (match := _SIZE.search(line))]
        return int(sizes[0][1]) if sizes else None

    def fetch(self, uid: int) -> bytes | None:
        """Get a mail byte for byte and leave it unseen; None when it is gone."""
        with _told(self._server):
            answer = _ask(self._connection.uid("FETCH", str(uid), "(BODY.PEEK[])"), self._server)
        return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), None)

    def mark_seen(self, uid: int) -> None:
        """Mark a mail as seen, for people who look into the mailbox."""
        with _told(self._server):
            _ask(self._connection.uid("STORE", str(uid), "+FLAGS", "(\\Seen)"), self._server)


@contextmanager
def open_mailbox(
    server: Server, folder: str, *, timeout_seconds: int = TIMEOUT_SECONDS
) -> Iterator[Mailbox]:
    """Connect, protect, sign in and open a folder; raises MailTrouble."""
    with _told(server, silent=Reason.UNREACHABLE):
        connection = _connect(server, timeout_seconds)
    try:
        with _told(server):
            _protect(connection, server)
            _sign_in(connection, server)
            validity = _select(connection, server, folder)
        yield Mailbox(uid_validity=validity, _connection=connection, _server=server)
    finally:
        # What the server says to our farewell changes nothing.
        with suppress(imaplib.IMAP4.error, OSError):
            connection.logout()
        # A farewell that fails leaves the socket open.
        with suppress(OSError):
            connection.shutdown()


def _connect(server: Server, timeout_seconds: int) -> imaplib.IMAP4:
    if server.security == Security.TLS:
        return imaplib.IMAP4_SSL(
            server.host, server.port, ssl_context=tls_context(), timeout=timeout_seconds
        )
    return imaplib.IMAP4(server.host, server.port, timeout=timeout_seconds)


def _protect(connection: imaplib.IMAP4, server: Server) -> None:
    if server.security != Security.STARTTLS:
        return
    try:
        connection.starttls(tls_context())
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise MailTrouble(Reason.NO_TLS, server, detail=str(error)) from error


def _sign_in(connection: imaplib.IMAP4, server: Server) -> None:
    try:
        connection.login(server.username, server.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        # Without its words and its cause: they may quote the login.
        raise MailTrouble(Reason.WRONG_PASSWORD, server) from None


def _select(connection: imaplib.IMAP4, server: Server, folder: str) -> int:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    state, _ = connection.select(f'"{quoted}"')
    if state != "OK":
        raise MailTrouble(Reason.NO_FOLDER, server)
    _, said = connection.response("UIDVALIDITY")
    validity = said[0] if said else None
    return int(validity) if validity else 0


def _ask(reply: tuple[str, list[Any]], server: Server) -> list[Any]:
    state, answer = reply
    if state != "OK":
        raise MailTrouble(Reason.TRY_LATER, server, detail=str(answer[:1]))
    return answer


@contextmanager
def _told(server: Server, *, silent: Reason = Reason.DROPPED) -> Iterator[None]:
    """Name every failure of the conversation."""
    try:
        yield
    except imaplib.IMAP4.error as error:
        raise MailTrouble(silent, server, detail=str(error)) from error
    except OSError as error:
        raise network_trouble(error, server) from error
