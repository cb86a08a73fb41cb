"""What a person does about a paper on its way: ask, send again, correct under the same folio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NoReturn

from django.db import transaction

from dte.build import Prepared, build, prepare
from dte.document import Draft, Reference
from dte.errors import DteError
from dte.xml.read import read_document
from dte.xml.validate import check_document
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.envelopes import channel_of
from erpmarket.fiscal.actions.issue_document import PaperRefused
from erpmarket.fiscal.actions.release_held import release_held
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.take_folio import open_caf
from erpmarket.fiscal.law import paper_rules
from erpmarket.fiscal.models import (
    FINAL_STATES,
    DocumentRevision,
    Envelope,
    EnvelopeState,
    IssuedDocument,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.outbox_queries import find_held_door, read_copies
from erpmarket.fiscal.rejections import Cure, explain
from erpmarket.fiscal.wake import wake


@dataclass(kw_only=True, eq=False)
class ResendRefused(DomainError):
    """A paper cannot be asked about, sent or corrected like that; `reason` is stable.

    Reasons: already_final, not_rejected, not_correctable, not_sendable_again, facts_changed,
    in_certification.
    """

    reason: str
    words: str

    code: ClassVar[str] = "resend_refused"

    @property
    def message(self) -> str:
        return self.words


@transaction.atomic
def ask_again(*, document_id: int, at: datetime) -> None:
    """Make the next step of a paper due now, whatever it is: asking, or sending.

    Raises ResendRefused (already_final) and Submission.DoesNotExist.
    """
    row = _lock(document_id, at=at)
    _check_of_trade(row)
    if row.state in FINAL_STATES:
        _refuse("already_final", "El SII ya dio su respuesta final sobre este documento.")
    _make_due(row, at=at)
    words = "Alguien pidió no esperar: se intenta o se consulta ahora."
    happening = Happening(name=EventName.ASKED_AGAIN, words=words, document_id=document_id)
    append_events([happening], at=at)
    transaction.on_commit(wake, robust=True)


@transaction.atomic
def send_again(*, document_id: int, at: datetime) -> None:
    """Let a held paper go now, or a rejected one again whose own content was not the fault.

    The same signed bytes go. Raises ResendRefused (not_sendable_again, already_final) and
    Submission.DoesNotExist.
    """
    row = _lock(document_id, at=at)
    _check_of_trade(row)
    if row.state != SubmissionState.REJECTED:
        ask_again(document_id=document_id, at=at)
        return
    if explain(row.said_code).cure is not Cure.SEND_AGAIN:
        _refuse(
            "not_sendable_again",
            "Enviar lo mismo daría la misma respuesta. Mira en el documento qué hay que hacer.",
        )
    _reopen(row, at=at)
    words = "Se envía otra vez, sin cambios."
    append_events(
        [Happening(name=EventName.ASKED_AGAIN, words=words, document_id=document_id)], at=at
    )
    transaction.on_commit(wake, robust=True)


def read_draft_in_force(document_id: int) -> Draft:
    """Return what a paper says now, to be corrected; raises KeyError for strangers."""
    return read_document(read_copies([document_id])[document_id].xml).draft


@transaction.atomic
def resend_corrected(
    *, document_id: int, draft: Draft, reason: str, made_by: int | None, at: datetime
) -> DocumentRevision:
    """Write a new version of a rejected paper under its own folio, and send that.

    `draft` is the whole paper as it shall be: start from `read_draft_in_force`. Type, date, buyer's
    RUT, amounts and what it refers to stay as they are. `made_by` is a membership.
    Raises ResendRefused (not_rejected, not_correctable, facts_changed), PaperRefused and
    Submission.DoesNotExist.
    """
    row = _lock(document_id, at=at)
    _check_correctable(row)
    paper: IssuedDocument = IssuedDocument.objects.get(id=document_id)
    former = read_draft_in_force(document_id)
    try:
        prepared = prepare(draft, rules=paper_rules(draft), at=at)
        _check_facts(paper, former, prepared)
        document = build(draft=prepared, folio=paper.folio, caf=open_caf(paper.caf_id), at=at)
        check_document(document.xml)
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error
    revision: DocumentRevision = DocumentRevision.objects.create(
        document_id=document_id,
        number=DocumentRevision.objects.filter(document_id=document_id).count() + 1,
        xml=document.xml,
        reason=reason[:200],
        made_at=at,
        made_by_id=made_by,
    )
    _reopen(row, at=at)
    words = f"Corregida con el mismo folio: {reason}"
    append_events(
        [Happening(name=EventName.CORRECTED, words=words, document_id=document_id)], at=at
    )
    transaction.on_commit(wake, robust=True)
    return revision


def _lock(document_id: int, *, at: datetime) -> Submission:
    """Lock the row of a paper, after its door: in the order in which a worker holds a door."""
    row = Submission.objects.select_related("document").get(document_id=document_id)
    paper = row.document
    if find_held_door(paper.environment, channel_of(paper.kind)) is not None:
        # Who asks to send now is the person that a held door waits for.
        release_held(at=at)
    found: Submission = Submission.objects.select_for_update().get(id=row.id)
    return found


def _check_of_trade(row: Submission) -> None:
    if row.parcel is not None:
        _refuse(
            "in_certification",
            "Este documento es de la certificación: va al SII con todo su set. Envíalo o prepáralo"
            " de nuevo en SII, Certificación.",
        )


def _check_correctable(row: Submission) -> None:
    _check_of_trade(row)
    if row.state != SubmissionState.REJECTED:
        _refuse(
            "not_rejected",
            "Solo se corrige con el mismo folio lo que el SII rechazó. Para lo demás, haz una nota"
            " de crédito.",
        )
    rejection = explain(row.said_code)
    if rejection.cure in (Cure.NEW_DOCUMENT, Cure.SUPPORT) and row.said_code:
        _refuse("not_correctable", rejection.todo)


def _check_facts(paper: IssuedDocument, former: Draft, prepared: Prepared) -> None:
    draft, totals = prepared.draft, prepared.totals
    same = (
        (int(draft.kind), draft.issue_date, str(draft.receiver.rut), str(draft.issuer.rut))
        == (paper.kind, paper.issue_date, paper.receiver_rut, str(former.issuer.rut))
        and (totals.net_clp, totals.exempt_clp, totals.vat_clp, totals.total_clp)
        == (paper.net_clp, paper.exempt_clp, paper.vat_clp, paper.total_clp)
        and _pointers(draft.references) == _pointers(former.references)
    )
    if not same:
        _refuse(
            "facts_changed",
            "Con el mismo folio no cambian el tipo, la fecha, el RUT del cliente, los montos ni el"
            " documento de referencia. Para eso emite otro documento.",
        )


def _pointers(references: Sequence[Reference]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.folio, each.code) for each in references]


def _make_due(row: Submission, *, at: datetime) -> None:
    if row.envelope_id is None:
        Submission.objects.filter(id=row.id, lease_token=None).update(
            available_at=at, attempts=0, words=""
        )
        return
    Envelope.objects.filter(id=row.envelope_id, lease_token=None).exclude(
        state=EnvelopeState.CLOSED
    ).update(available_at=at, attempts=0)


def _reopen(row: Submission, *, at: datetime) -> None:
    row.state = SubmissionState.PENDING
    row.envelope = None
    row.available_at = at
    row.attempts = 0
    row.words = ""
    row.said_code = ""
    row.final_at = None
    row.save(
        update_fields=[
            "state",
            "envelope",
            "available_at",
            "attempts",
            "words",
            "said_code",
            "final_at",
        ]
    )


def _refuse(reason: str, words: str) -> NoReturn:
    raise ResendRefused(reason=reason, words=words)
