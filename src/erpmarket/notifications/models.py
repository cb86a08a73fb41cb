from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from erpmarket.notifications.levels import levels
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey


class Notice(CompanyBoundModel):
    """One episode of a trouble: opened once, resolved when the trouble ends.

    `source` names the watcher that found it and so may resolve it; empty when an action told it.
    `told` counts how often its level rose: a graver trouble is unread again. `digested_at` is when
    the daily mail spoke of it.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=100, blank=True)
    level = models.CharField(max_length=10, choices=levels)
    title = models.CharField(max_length=120)
    words = models.CharField(max_length=500)
    link = models.CharField(max_length=200, blank=True)
    roles = ArrayField(models.CharField(max_length=15))
    told = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    told_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    digested_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "key"],
                condition=Q(resolved_at__isnull=True),
                name="notifications_notice_open",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("opened_at")),
                name="notifications_notice_times",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-resolved_at"], name="notifications_notice_resolved"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.level}"


class NoticeRead(CompanyBoundModel):
    """That a person has seen a notice, as grave as it was then."""

    notice = TenantForeignKey(Notice)
    membership = TenantForeignKey("tenancy.Membership")
    told = models.PositiveSmallIntegerField()
    read_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "notice", "membership", "told"], name="notifications_read_once"
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.notice_id} seen by {self.membership_id}"


class Security(models.TextChoices):
    """How a connection to a mail server is protected."""

    STARTTLS = "starttls", "STARTTLS (puerto 587 o 143)"
    TLS = "tls", "TLS directo (puerto 465 o 993)"
    NONE = "none", "Sin cifrar (solo dentro de tu red)"


def securities() -> list[tuple[str, str]]:
    return list(Security.choices)


class MailServer(CompanyBoundModel):
    """What both directions of a company's mail need; the password is sealed by the vault."""

    host = models.CharField(max_length=200)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10, choices=securities)
    username = models.CharField(max_length=200, blank=True)
    sealed_password = models.BinaryField(null=True)
    updated_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.username} at {self.host}:{self.port}"


class OutgoingAccount(MailServer):
    """Where the company's mails leave from; without a row the instance's own account is used."""

    from_address = models.EmailField(max_length=200)
    from_name = models.CharField(max_length=100, blank=True)

    class Meta(MailServer.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="notifications_outgoing_one"),
            models.CheckConstraint(
                condition=Q(port__gte=1, port__lte=65535), name="notifications_outgoing_port"
            ),
        ]


class IncomingAccount(MailServer):
    """The mailbox that is read for the company, and how far it was read.

    `mailbox` changes with the server, the user or the folder: its numbers are then others.
    """

    folder = models.CharField(max_length=100, default="INBOX")
    mailbox = models.CharField(max_length=64)
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    words = models.CharField(max_length=500, blank=True)
    trouble_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    class Meta(MailServer.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="notifications_incoming_one"),
            models.CheckConstraint(
                condition=Q(port__gte=1, port__lte=65535), name="notifications_incoming_port"
            ),
        ]


class MailHours(CompanyBoundModel):
    """When the company's people want no mail, and when the daily one; local times."""

    quiet_from = models.TimeField()
    quiet_to = models.TimeField()
    digest_at = models.TimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="notifications_hours_one"),
        ]

    def __str__(self) -> str:
        return f"quiet from {self.quiet_from} to {self.quiet_to}"


class MailState(models.TextChoices):
    """How far a mail is; `unknown` is when it left and no answer came: it is not sent again."""

    PENDING = "pending", "Por enviar"
    SENT = "sent", "Enviado"
    UNKNOWN = "unknown", "Sin respuesta"
    FAILED = "failed", "No se pudo enviar"


def mail_states() -> list[tuple[str, str]]:
    return list(MailState.choices)


class Mail(CompanyBoundModel):
    """The outbox row of a mail to one address.

    `unsure` is true from before the body goes out until its outcome is known. `about` is whatever
    its writer finds it by.
    """

    uid = models.UUIDField()
    recipient = models.EmailField(max_length=200)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    about = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=mail_states, default=MailState.PENDING)
    unsure = models.BooleanField(default=False)
    words = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    final_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "uid"], name="notifications_mail_uid"),
            models.CheckConstraint(
                condition=Q(state="pending", final_at__isnull=True)
                | (~Q(state="pending") & Q(final_at__isnull=False)),
                name="notifications_mail_final_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "available_at"],
                condition=Q(state="pending"),
                name="notifications_mail_due",
            ),
            models.Index(
                fields=["company", "about"],
                condition=~Q(about=""),
                name="notifications_mail_about",
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.uid}: {self.state}"


class MailAttachment(CompanyBoundModel):
    """A file of a mail: small bytes, or the name by which a room gives it when the mail leaves."""

    mail = TenantForeignKey(Mail)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField(null=True)
    source = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=100, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "mail", "position"], name="notifications_attachment_position"
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=False, source="")
                | (Q(content__isnull=True) & ~Q(source="")),
                name="notifications_attachment_one_origin",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IncomingState(models.TextChoices):
    """What became of a mail that came in."""

    NEW = "new", "Por leer"
    READ = "read", "Leído"
    TOO_LARGE = "too_large", "Demasiado grande"
    FAILED = "failed", "No se pudo leer"


def incoming_states() -> list[tuple[str, str]]:
    return list(IncomingState.choices)


class IncomingMail(CompanyBoundModel):
    """A mail as it came, byte for byte; null when it was too large to fetch.

    `digest` is SHA-256 of the bytes: a server that numbers its mails anew brings no mail twice.
    """

    mailbox = models.CharField(max_length=64)
    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    raw = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=incoming_states, default=IncomingState.NEW)
    words = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField()
    stored_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "mailbox", "uid_validity", "uid"],
                name="notifications_incoming_uid",
            ),
            models.UniqueConstraint(
                fields=["company", "digest"], name="notifications_incoming_digest"
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "available_at"],
                condition=Q(state="new"),
                name="notifications_incoming_due",
            ),
        ]

    def __str__(self) -> str:
        return f"incoming mail {self.uid} of {self.size_bytes} bytes"
