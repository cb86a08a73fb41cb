"""Jobs at the SII's register of acceptances and claims."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from dte.exchange import Approval
from dte.rut import Rut
from dte.sii.claim_codes import ClaimAction
from dte.sii.claims import ReceivedDocument as RegisteredDocument
from dte.sii.errors import ClaimRefused
from erpmarket.fiscal.actions.exchange_jobs import ExchangeEventName, JobWish, tell_of, wish
from erpmarket.fiscal.actions.exchange_steps import Done, NotYet, Work
from erpmarket.fiscal.exchange_models import ExchangeJob, JobKind, ReceivedDocument
from erpmarket.fiscal.sii_gateway import Gateway

# What the supplier is told by mail once the SII holds the action.
RESULTS: Final = {
    ClaimAction.ACCEPT_CONTENT: Approval.ACCEPTED,
    ClaimAction.CLAIM_CONTENT: Approval.REJECTED,
    ClaimAction.CLAIM_PART: Approval.REJECTED,
    ClaimAction.CLAIM_ALL: Approval.REJECTED,
}


def register_work(job: ExchangeJob) -> Work:
    """Prepare the talk with the register, inside the company's scope."""
    document = job.document
    asked = RegisteredDocument(
        issuer=Rut.parse(document.issuer_rut), kind=document.kind, folio=document.folio
    )
    if job.kind == JobKind.LOOK:
        return _look(asked)
    return _claim(asked, ClaimAction.read(job.action))


def _claim(asked: RegisteredDocument, action: ClaimAction) -> Work:
    def work(gateway: Gateway, at: datetime, keep: Callable[[], None]) -> Done:
        said = gateway.claims.register(action, asked, at=at, before_send=keep)

        def apply(row: ExchangeJob, at: datetime) -> None:
            words = "Ya estaba registrado en el SII." if said.repeated else said.text
            told = f"{action.meaning}. {words}"
            tell_of(row, ExchangeEventName.REGISTERED, told, answer=said.raw, at=at)
            document = _lock(row)
            _add_said(document, [action], at=at)
            _wish_answer(row, document, action, at=at)

        return Done(words="Registrado en el SII.", apply=apply)

    return work


def _look(asked: RegisteredDocument) -> Work:
    def work(gateway: Gateway, at: datetime, keep: Callable[[], None]) -> Done | NotYet:
        received_at = gateway.claims.find_reception(asked, at=at, before_send=keep)
        if received_at is None:
            return NotYet(
                words="El SII todavía no tiene este documento. Seguimos preguntando;"
                " si tu proveedor no lo envía, no sirve para tu crédito de IVA."
            )
        actions: Sequence[ClaimAction] = ()
        raw, accepted_at = b"", None
        try:
            history = gateway.claims.list_events(asked, at=at, before_send=keep)
        except ClaimRefused as refusal:
            raw = refusal.message.encode("iso-8859-1", "replace")
        else:
            actions, raw = history.actions, history.raw
            dates = [one.at for one in history.events if one.action.is_acceptance and one.at]
            accepted_at = min(dates, default=None)

        def apply(row: ExchangeJob, at: datetime) -> None:
            document = _lock(row)
            document.sii_received_at = received_at
            document.save(update_fields=["sii_received_at"])
            _add_said(document, actions, at=accepted_at or at)
            words = "El SII dijo cuándo lo recibió."
            tell_of(row, ExchangeEventName.LOOKED_UP, words, answer=raw, at=at)

        return Done(words="", apply=apply)

    return work


def _lock(row: ExchangeJob) -> ReceivedDocument:
    found: ReceivedDocument = (
        ReceivedDocument.objects.select_related("file")
        .select_for_update(of=("self",))
        .get(id=row.document_id)
    )
    return found


def _add_said(document: ReceivedDocument, actions: Sequence[ClaimAction], *, at: datetime) -> None:
    known = [ClaimAction.read(code) for code in document.said]
    new = dict.fromkeys(one for one in actions if one not in known and one != ClaimAction.UNKNOWN)
    document.said = [*document.said, *(str(one) for one in new)]
    if document.accepted_at is None and any(one.is_acceptance for one in new):
        document.accepted_at = at
    document.save(update_fields=["said", "accepted_at"])


def _wish_answer(
    row: ExchangeJob, document: ReceivedDocument, action: ClaimAction, *, at: datetime
) -> None:
    """Let the supplier know by mail, when the document came by mail."""
    to = document.file.sender
    if not to:
        return
    kind = JobKind.RECEIPT if action == ClaimAction.RECEIVED_GOODS else JobKind.RESULT
    wish(
        JobWish(
            kind=kind,
            document=document,
            action=str(action),
            recipient=to,
            note=row.note,
            made_by_id=row.made_by_id,
        ),
        at=at,
    )
