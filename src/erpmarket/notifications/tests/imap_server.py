# ruff: noqa: ARG002  (each command gets its arguments)
"""An IMAP server on a real socket, with the few commands that reading a mailbox needs.

Its answers follow RFC 3501: literals with their length, a range beyond the last mail that yields the
last one, UIDVALIDITY at SELECT.
"""

import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from erpmarket.notifications.tests.mail_server import PASSWORD, USER

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass
class Letter:
    """A mail of the mailbox."""

    raw: bytes
    seen: bool = False
    claimed_size: int | None = None


@dataclass
class Mailbox:
    """What the server holds, and how it breaks."""

    letters: dict[int, Letter] = field(default_factory=dict)
    uid_validity: int = 7
    drop_at_fetch: int = 0
    fetched: list[int] = field(default_factory=list)

    def put(self, raw: bytes, *, claimed_size: int | None = None) -> int:
        uid = max(self.letters, default=0) + 1
        self.letters[uid] = Letter(raw=raw, claimed_size=claimed_size)
        return uid

    def renumber(self) -> None:
        """Give the same mails other numbers, as after a restore of the server."""
        self.uid_validity += 1
        kept = list(self.letters.values())
        self.letters = {number + 100: letter for number, letter in enumerate(kept)}


class _Conversation(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            command, _, arguments = rest.partition(" ")
            if command.upper() == "UID":
                command, _, arguments = arguments.partition(" ")
                command = f"UID_{command}"
            if command.upper() == "LOGOUT":
                self._say("* BYE")
                self._say(f"{tag} OK bye")
                return
            try:
                answer = getattr(self, f"do_{command.lower()}")(arguments)
            except ConnectionAbortedError:
                return
            self._say(f"{tag} {answer} done")
            if command.upper() == "STARTTLS":
                self._secure()

    def finish(self) -> None:
        super().finish()
        # The socket that TLS wrapped is ours to close.
        self.rfile.close()
        self.request.close()

    def do_capability(self, arguments: str) -> str:
        self._say("* CAPABILITY IMAP4rev1 STARTTLS")
        return "OK"

    def do_starttls(self, arguments: str) -> str:
        return "OK" if self.server.context else "BAD no TLS"

    def do_login(self, arguments: str) -> str:
        words = [quoted or bare for quoted, bare in _QUOTED.findall(arguments)]
        return "OK" if words == [USER, PASSWORD] else "NO [AUTHENTICATIONFAILED] Wrong"

    def do_select(self, arguments: str) -> str:
        if arguments.strip('"') != "INBOX":
            return "NO no such folder"
        self._say(f"* {len(self.server.box.letters)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self.server.box.uid_validity}] valid")
        return "OK [READ-WRITE]"

    def do_uid_search(self, arguments: str) -> str:
        first = int(arguments.removeprefix("UID ").partition(":")[0])
        found = [uid for uid in sorted(self.server.box.letters) if uid >= first]
        # A range whose end is the last mail always holds the last mail.
        found = found or sorted(self.server.box.letters)[-1:]
        self._say("* SEARCH " + " ".join(map(str, found)))
        return "OK"

    def do_uid_fetch(self, arguments: str) -> str:
        number, _, what = arguments.partition(" ")
        uid = int(number)
        letter = self.server.box.letters.get(uid)
        if letter is None:
            return "OK"
        if "SIZE" in what:
            size = letter.claimed_size or len(letter.raw)
            self._say(f"* 1 FETCH (UID {uid} RFC822.SIZE {size})")
            return "OK"
        self.server.box.fetched.append(uid)
        if self.server.box.drop_at_fetch == uid:
            raise ConnectionAbortedError
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[] {{{len(letter.raw)}}}\r\n".encode())
        self.wfile.write(letter.raw + b")\r\n")
        return "OK"

    def do_uid_store(self, arguments: str) -> str:
        uid = int(arguments.partition(" ")[0])
        self.server.box.letters[uid].seen = True
        return "OK"

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def _secure(self) -> None:
        if self.server.context is None:
            return
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile.close()
        self.wfile.close()
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, box: Mailbox, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.box = box
        self.context = context

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is part of the tests."""


class MailHouse:
    """A running server with one mailbox; without a context it offers no TLS."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.box = Mailbox()
        self._server = _Server(self.box, context)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
