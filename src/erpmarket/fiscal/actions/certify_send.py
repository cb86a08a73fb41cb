"""Send what a stage of the certification prepared, and keep the SII's word about it."""

from datetime import datetime

from django.db import transaction

from dte.xml.parse import parse_xml
from erpmarket.fiscal.actions.certify_prepare import find_step
from erpmarket.fiscal.actions.certify_start import CertificationRefused, lock_open_run
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.certification_models import (
    CertificationFile,
    CertificationRun,
    CertificationStage,
    StageVerdict,
    Step,
)
from erpmarket.fiscal.certification_queries import BOOK_STEPS, Progress, StepStanding
from erpmarket.fiscal.models import Channel, Envelope, EnvelopeState, Submission, SubmissionState
from erpmarket.fiscal.pace import NOT_YET
from erpmarket.fiscal.wake import wake


@transaction.atomic
def send_stage(*, key: str, at: datetime) -> CertificationStage:
    """Let the papers or the book of a step go, all in one envelope. Raises CertificationRefused."""
    run = lock_open_run()
    standing = find_step(run, key)
    stage = _check_sendable(standing)
    if stage.step in BOOK_STEPS:
        _put_out_book(stage, run, at=at)
    else:
        Submission.objects.filter(
            parcel=stage.parcel, state=SubmissionState.PENDING, available_at=NOT_YET
        ).update(available_at=at)
    stage.sent_at = at
    stage.save(update_fields=["sent_at"])
    transaction.on_commit(wake, robust=True)
    return stage


def _check_sendable(standing: StepStanding) -> CertificationStage:
    stage = standing.stage
    if stage is None or stage.step == Step.EXCHANGE:
        raise CertificationRefused(
            reason="nothing_prepared", words="Todavía no hay nada preparado. Prepáralo primero."
        )
    if stage.sent_at is not None:
        raise CertificationRefused(
            reason="already_sent", words="Esto ya se envió al SII. Mira aquí mismo qué respondió."
        )
    if standing.progress is Progress.MAKING:
        raise CertificationRefused(
            reason="not_made", words="El libro se está firmando. Espera unos segundos y prueba."
        )
    if standing.progress is Progress.REJECTED:
        raise CertificationRefused(reason="not_made", words=standing.words)
    return stage


def _put_out_book(stage: CertificationStage, run: CertificationRun, *, at: datetime) -> None:
    file = CertificationFile.objects.get(stage=stage)
    content = bytes(file.xml)
    envelope = Envelope.objects.create(
        environment=run.environment,
        channel=Channel.FACTURA,
        parcel=stage.parcel,
        xml=content,
        document_count=0,
        sender_rut=parse_xml(content).findtext(".//{*}RutEnvia") or "",
        state=EnvelopeState.READY,
        available_at=at,
        packed_at=at,
    )
    words = f"{file.get_kind_display()} firmado."
    append_events([Happening(name=EventName.SIGNED, words=words, envelope_id=envelope.id)], at=at)


@transaction.atomic
def record_verdict(
    *, key: str, verdict: StageVerdict, words: str, at: datetime
) -> CertificationStage:
    """Write down what the SII's mail said after the step was declared.

    Processed is not approved: that comes by mail. Raises CertificationRefused (not_final).
    """
    run = lock_open_run()
    standing = find_step(run, key)
    stage = standing.stage
    open_ends = (Progress.AHEAD, Progress.MAKING, Progress.ON_ITS_WAY)
    is_sent = stage is not None and (stage.sent_at is not None or stage.step == Step.EXCHANGE)
    if stage is None or not is_sent or standing.progress in open_ends:
        raise CertificationRefused(
            reason="not_final",
            words="Primero envía este paso y espera que el SII lo procese; después declara el"
            " avance en su sitio y anota aquí lo que te responda por correo.",
        )
    stage.verdict, stage.verdict_words, stage.verdict_at = verdict, words[:500], at
    stage.save(update_fields=["verdict", "verdict_words", "verdict_at"])
    return stage
