"""What a person says of a document that came in: accept it, give a receipt, or claim."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from django.db import transaction

from dte.codes import DocumentType
from dte.exchange import DocumentReception
from dte.sii.claim_codes import ClaimAction, ClaimCode
from dte.sii.claim_rules import claim_deadline, find_claim_obstacle
from dte.sii.claims import CLAIMABLE
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.exchange_jobs import (
    ExchangeEventName,
    JobWish,
    claims_on_their_way,
    tell,
    wish,
)
from erpmarket.fiscal.exchange_models import ExchangeJob, JobKind, JobState, ReceivedDocument

ACTIONS: Final = (
    ClaimAction.ACCEPT_CONTENT,
    ClaimAction.RECEIVED_GOODS,
    ClaimAction.CLAIM_CONTENT,
    ClaimAction.CLAIM_PART,
    ClaimAction.CLAIM_ALL,
)
# What RespuestaDTE and EnvioRecibos can say of a document that the register does not hold.
MAILED: Final = (
    ClaimAction.ACCEPT_CONTENT,
    ClaimAction.RECEIVED_GOODS,
    ClaimAction.CLAIM_CONTENT,
)


@dataclass(kw_only=True, eq=False)
class AnswerNotPossible(DomainError):
    """The law or the SII does not take this answer any more; `words` says why."""

    words: str

    code: ClassVar[str] = "answer_not_possible"

    @property
    def message(self) -> str:
        return f"{self.words}."


def obstacle_to(document: ReceivedDocument, action: ClaimAction, *, at: datetime) -> str:
    """Tell why an action cannot follow, in Spanish without its full stop; empty when it can."""
    if document.state != DocumentReception.RECEIVED:
        return "Este documento no se recibió: no hay nada que aceptar ni reclamar"
    if document.kind not in CLAIMABLE:
        return _obstacle_to_mail(document, action)
    done = [ClaimAction.read(code) for code in document.said]
    waiting = [ClaimAction.read(code) for code in claims_on_their_way(document.id)]
    if action in waiting:
        return "Ya va en camino al SII"
    obstacle = find_claim_obstacle(action, (*done, *waiting))
    if obstacle is not None:
        return obstacle.meaning
    starts = document.sii_received_at
    if starts is not None and at >= claim_deadline(starts):
        return ClaimCode.TOO_LATE.meaning
    return ""


def _obstacle_to_mail(document: ReceivedDocument, action: ClaimAction) -> str:
    """Tell why a guía or a nota, which the SII's register does not hold, cannot be answered."""
    if action not in MAILED:
        return ClaimCode.WRONG_KIND.meaning
    if not document.file.sender:
        return "Llegó sin correo: no hay a quién responder"
    if action == ClaimAction.RECEIVED_GOODS:
        if document.kind != DocumentType.GUIA:
            return ClaimCode.WRONG_KIND.meaning
        key = JobWish(kind=JobKind.RECEIPT, document=document).key
    else:
        key = JobWish(kind=JobKind.RESULT, document=document).key
    answered = ExchangeJob.objects.filter(key=key).exclude(state=JobState.FAILED)
    return "Ya se respondió" if answered.exists() else ""


@transaction.atomic
def answer_received(
    *, document_id: int, action: ClaimAction, note: str, made_by_id: int | None, at: datetime
) -> ExchangeJob:
    """Ask the worker to register the answer; the supplier is told once the SII holds it.

    The register takes facturas alone: a guía or a nota is answered by mail. The same again is one.
    Raises AnswerNotPossible and ReceivedDocument.DoesNotExist.
    """
    document: ReceivedDocument = (
        ReceivedDocument.objects.select_related("file")
        .select_for_update(of=("self",))
        .get(id=document_id)
    )
    words = obstacle_to(document, action, at=at)
    if words:
        raise AnswerNotPossible(words=words)
    kind = JobKind.CLAIM
    if document.kind not in CLAIMABLE:
        kind = JobKind.RECEIPT if action == ClaimAction.RECEIVED_GOODS else JobKind.RESULT
    job = wish(
        JobWish(
            kind=kind,
            document=document,
            action=str(action),
            recipient="" if kind == JobKind.CLAIM else document.file.sender,
            note=note,
            made_by_id=made_by_id,
        ),
        at=at,
    )
    told = f"{action.meaning}. {note}".strip()
    tell(ExchangeEventName.WANTED, told, document_id=document.id, at=at)
    return job
