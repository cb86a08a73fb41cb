"""The outbox of mails: a row now, the mail server later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from erpmarket.common.errors import DomainError
from erpmarket.notifications.models import Mail, MailAttachment, MailState

# Larger files are given by reference, so that they are in the database once.
STORED_LIMIT_BYTES: Final = 512 * 1024
SUBJECT_LENGTH: Final = 200


@dataclass(kw_only=True, eq=False)
class BadAddress(DomainError):
    address: str

    code: ClassVar[str] = "bad_address"

    @property
    def message(self) -> str:
        return f"«{self.address}» no es una dirección de correo. Revísala y guarda de nuevo."


@dataclass(kw_only=True, eq=False)
class AttachmentTooLarge(DomainError):
    name: str

    code: ClassVar[str] = "attachment_too_large"

    @property
    def message(self) -> str:
        return f"El archivo {self.name} es demasiado grande para un correo. Envía un enlace."


@dataclass(kw_only=True, eq=False)
class NotResendable(DomainError):
    code: ClassVar[str] = "not_resendable"

    @property
    def message(self) -> str:
        return "Ese correo ya se envió o está por salir: no hace falta repetirlo."


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An attachment kept with the mail: small, and nowhere else."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """An attachment that a room gives when the mail leaves.

    `source` is a name in MAIL_ATTACHMENT_SOURCES; its function is called with `key`, in the
    company's scope, and returns the bytes.
    """

    name: str
    media_type: str
    source: str
    key: str


def enqueue_mail(
    *,
    uid: UUID,
    recipient: str,
    subject: str,
    text: str,
    html: str = "",
    attachments: Sequence[StoredFile | FileReference] = (),
    about: str = "",
    not_before: datetime | None = None,
    at: datetime,
) -> Mail:
    """Put a mail to one address into the outbox; the same uid again returns the first mail.

    Inside a scope, in the caller's transaction: a rollback takes it back. Raises BadAddress and
    AttachmentTooLarge.
    """
    check_address(recipient)
    for attachment in attachments:
        if isinstance(attachment, StoredFile) and len(attachment.content) > STORED_LIMIT_BYTES:
            raise AttachmentTooLarge(name=attachment.name)
    row = Mail(
        uid=uid,
        recipient=recipient,
        # A line break in a header would let its author write more headers.
        subject=" ".join(subject.split())[:SUBJECT_LENGTH],
        text=text,
        html=html,
        about=about,
        created_at=at,
        available_at=max(at, not_before or at),
    )
    first: Mail | None = Mail.objects.filter(uid=uid).first()
    if first is not None:
        return first
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            MailAttachment.objects.bulk_create(
                _attachment(row, position, attachment)
                for position, attachment in enumerate(attachments)
            )
    except IntegrityError as error:
        if "notifications_mail_uid" not in str(error):
            raise
        same: Mail = Mail.objects.get(uid=uid)
        return same
    return row


def send_again(*, mail_id: int, at: datetime) -> None:
    """Send a mail anew that failed or was never confirmed: a person decided it.

    Raises NotResendable for one that was sent or is on its way, and Mail.DoesNotExist.
    """
    row: Mail = Mail.objects.select_for_update().get(id=mail_id)
    if row.state not in (MailState.FAILED, MailState.UNKNOWN):
        raise NotResendable
    row.state = MailState.PENDING
    row.unsure = False
    row.final_at = None
    row.attempts = 0
    row.words = ""
    row.reason = ""
    # Its patience begins anew.
    row.created_at = at
    row.available_at = at
    row.save()


def release_pending(*, at: datetime) -> None:
    """Let every mail that waits after a failed try go now: its account was changed."""
    waiting = Mail.objects.filter(state=MailState.PENDING, available_at__gt=at)
    waiting.exclude(words="").update(available_at=at)


def check_address(address: str) -> None:
    """Raise BadAddress for what no mail can be sent to."""
    try:
        validate_email(address)
        address.encode("ascii")
    except (ValidationError, UnicodeEncodeError) as error:
        raise BadAddress(address=address) from error


def _attachment(
    mail: Mail, position: int, attachment: StoredFile | FileReference
) -> MailAttachment:
    row = MailAttachment(
        mail=mail,
        position=position,
        name=attachment.name,
        media_type=attachment.media_type,
    )
    if isinstance(attachment, StoredFile):
        row.content = attachment.content
    else:
        row.source = attachment.source
        row.key = attachment.key
    return row
