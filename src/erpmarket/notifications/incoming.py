"""A mail that came in, taken apart for its readers; hostile bytes break nothing."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr
from itertools import islice
from typing import Any, Final

PART_LIMIT: Final = 200
WORDS_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file of a mail: a part with a name, or one that is no text to read."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """What MAIL_READERS get; `sender` is whatever the mail says, not who sent it."""

    mail_id: int
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    files: tuple[IncomingFile, ...]
    raw: bytes = field(repr=False)


def read_message(*, mail_id: int, raw: bytes, received_at: datetime) -> IncomingMessage:
    """Take a mail apart; what cannot be decoded stays as it is."""
    # The newer policies raise at some malformed headers; this one never does.
    message = message_from_bytes(raw, policy=compat32)
    return IncomingMessage(
        mail_id=mail_id,
        message_id=_header(message, "Message-ID"),
        sender=parseaddr(_header(message, "From"))[1][:WORDS_LIMIT],
        subject=_header(message, "Subject"),
        received_at=received_at,
        files=tuple(_files(message)),
        raw=raw,
    )


def _files(message: "Message[Any, Any]") -> Iterator[IncomingFile]:
    for part in islice(message.walk(), PART_LIMIT):
        if part.is_multipart():
            continue
        name = _decoded(part.get_filename() or "")
        media_type = part.get_content_type()
        if not name and media_type in ("text/plain", "text/html"):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield IncomingFile(name=name, media_type=media_type, content=content)


def _header(message: "Message[Any, Any]", name: str) -> str:
    return _decoded(str(message.get(name, "")))


def _decoded(text: str) -> str:
    with suppress(HeaderParseError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    # PostgreSQL takes no NUL, and no half of a surrogate pair.
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    return " ".join(clean.split())[:WORDS_LIMIT]
