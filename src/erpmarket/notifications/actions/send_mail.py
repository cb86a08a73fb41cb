"""Send one mail of the outbox; never twice when the answer was clear."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from erpmarket.common.errors import DomainError
from erpmarket.common.pace import Pace
from erpmarket.notifications.actions.accounts import OUTGOING_SEAL
from erpmarket.notifications.actions.mail_leases import (
    Clock,
    HeldMail,
    Sender,
    claim_mail,
    let_go,
    lock_held,
    mark_unsure,
)
from erpmarket.notifications.letters import write_letter
from erpmarket.notifications.models import Mail, MailState
from erpmarket.notifications.sealing import open_password
from erpmarket.notifications.servers import OF_THE_ACCOUNT, MailTrouble, Reason, Server
from erpmarket.notifications.smtp import send_message
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

PATIENCE: Final = timedelta(days=3)
RETRY: Final = Pace(base=timedelta(seconds=30), cap=timedelta(hours=1))
FINAL_REASONS: Final = frozenset({Reason.RECIPIENT_REFUSED, Reason.REFUSED, Reason.ATTACHMENT})
_NO_ACCOUNT_WORDS: Final = (
    "Falta la cuenta de correo de salida. Configúrala en Avisos, Correo; el correo espera."
)


class _Unsendable(Exception):
    """We could not even begin: no account, or a file that cannot be had."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.reason = reason
        self.words = words


_Outcome = MailTrouble | _Unsendable | None


def send_next_mail(*, company_id: int, clock: Clock) -> bool:
    """Send one due mail of the company; tell whether one was due.

    Call it outside a scope: claim, network and record are three steps. Raises LeaseLost, and
    writes nothing, when another worker took the mail over meanwhile.
    """
    held = claim_mail(company_id=company_id, at=clock())
    if held is None:
        return False
    outcome = _send(held, clock)
    at = clock()
    with company_scope(company_id):
        _record(held, outcome, at=at)
    logger.info(
        "notifications.mail.tried",
        extra={
            "company": company_id,
            "mail": held.mail_id,
            "attempt": held.attempts,
            "outcome": "sent" if outcome is None else str(outcome.reason),
        },
    )
    return True


def _send(held: HeldMail, clock: Clock) -> _Outcome:
    if held.sender is None:
        return _Unsendable(Reason.NO_ACCOUNT, _NO_ACCOUNT_WORDS)
    try:
        message = write_letter(
            uid=held.uid,
            from_name=held.sender.from_name,
            from_address=held.sender.from_address,
            recipient=held.recipient,
            subject=held.subject,
            text=held.text,
            html=held.html,
            files=_files(held),
            at=clock(),
        )
        send_message(
            _open(held.sender, held.company_id),
            message,
            sender=held.sender.from_address,
            recipient=held.recipient,
            before_body=lambda: mark_unsure(held, at=clock()),
        )
    except (MailTrouble, _Unsendable) as trouble:
        return trouble
    return None


def _files(held: HeldMail) -> list[tuple[str, str, bytes]]:
    """Get the bytes of the files, from their rooms where a row only names them."""
    found = []
    with company_scope(held.company_id):
        for file in held.files:
            content = file.content
            if content is None:
                give = import_string(settings.MAIL_ATTACHMENT_SOURCES[file.source])
                try:
                    content = give(file.key)
                except DomainError as refusal:
                    raise _Unsendable(Reason.ATTACHMENT, refusal.message) from refusal
            found.append((file.name, file.media_type, bytes(content)))
    return found


def _open(sender: Sender, company_id: int) -> Server:
    password = sender.password
    if sender.sealed_password is not None:
        context = OUTGOING_SEAL.format(company_id=company_id)
        password = open_password(sender.sealed_password, context=context)
    return Server(
        host=sender.host,
        port=sender.port,
        security=sender.security,
        username=sender.username,
        password=password,
    )


def _record(held: HeldMail, outcome: _Outcome, *, at: datetime) -> None:
    row = lock_held(held)
    if outcome is None:
        _close(row, MailState.SENT, at=at)
        return
    row.words = outcome.words[:500]
    row.reason = outcome.reason
    if outcome.reason == Reason.NO_ANSWER:
        _close(row, MailState.UNKNOWN, at=at)
    elif outcome.reason in FINAL_REASONS or at - held.created_at >= PATIENCE:
        _close(row, MailState.FAILED, at=at)
    else:
        later = at + RETRY.wait(held.attempts)
        let_go(row, available_at=later)
        if outcome.reason in OF_THE_ACCOUNT or outcome.reason == Reason.NO_ACCOUNT:
            _hold_others(row, outcome, later=later, at=at)


def _close(row: Mail, state: MailState, *, at: datetime) -> None:
    row.state = state
    row.final_at = at
    if state == MailState.SENT:
        row.words = ""
        row.reason = ""
    let_go(row, available_at=at)


def _hold_others(
    tried: Mail, outcome: MailTrouble | _Unsendable, *, later: datetime, at: datetime
) -> None:
    """Let the company's other mails wait as well: trying each would lock the account."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    Mail.objects.filter(
        free, state=MailState.PENDING, unsure=False, available_at__lt=later
    ).exclude(id=tried.id).update(
        available_at=later, words=outcome.words[:500], reason=outcome.reason
    )
