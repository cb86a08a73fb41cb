"""Write a mail as the bytes that go over the wire."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID


def write_letter(
    *,
    uid: UUID,
    from_name: str,
    from_address: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    files: Sequence[tuple[str, str, bytes]],
    at: datetime,
) -> EmailMessage:
    """Put a message together; files are (name, media type, bytes).

    The Message-ID comes from the uid, so that a mail that a person sends again is the same mail to
    who receives it.
    """
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = Address(display_name=from_name, addr_spec=from_address)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{uid}@{from_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    # Lines stay under the 998 bytes of SMTP, whatever the text; and a line that starts with
    # "From " stays as it is.
    message.set_content(text, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    for name, media_type, content in files:
        main, _, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message
