"""Draw one PDF that was asked for: claimed and committed before the slow part."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from erpmarket.fiscal.actions.request_paper import drawables_of
from erpmarket.fiscal.models import PaperJob
from erpmarket.fiscal.pdf import PdfRefused, paper_pdf
from erpmarket.tenancy.scope import company_scope

# A killed worker's paper is drawn by the next one after this pause.
LEASE: Final = timedelta(seconds=60)
TRIES: Final = 3
# A cache: the stored XML is the truth, and who asks again has it in a second.
KEPT_FOR: Final = timedelta(days=7)
KEPT_COUNT: Final = 200
NOT_DRAWN: Final = "No pudimos dibujar este PDF. El XML está completo: bájalo y pide ayuda."
_REFUSAL_LENGTH: Final = 500


def draw_next_paper(*, company_id: int, clock: Callable[[], datetime]) -> bool:
    """Draw one due PDF of the company; tell whether one was finished.

    Call it outside a scope: claim, reading, drawing and record are steps of their own. What goes
    wrong after the claim is raised, and the paper is due again after its pause; after three tries a
    person is told instead.
    """
    with company_scope(company_id):
        job = _claim(clock())
    if job is None:
        return False
    pdf, refusal = None, ""
    try:
        # Not with the claim: what cannot be read would undo it and come first for ever.
        with company_scope(company_id):
            drawables, paper = drawables_of(job)
        pdf = paper_pdf(drawables, paper=paper)
    except PdfRefused as refused:
        refusal = refused.message
    with company_scope(company_id):
        _record(job.id, pdf=pdf, refusal=refusal, at=clock())
    return True


def _claim(at: datetime) -> PaperJob | None:
    _give_up(at)
    job: PaperJob | None = (
        PaperJob.objects.select_for_update(skip_locked=True)
        .filter(made_at__isnull=True, available_at__lte=at)
        .order_by("available_at", "id")
        .first()
    )
    if job is None:
        return None
    job.attempts += 1
    job.available_at = at + LEASE
    job.save(update_fields=["attempts", "available_at"])
    return job


def _give_up(at: datetime) -> None:
    """End what failed or killed its worker three times."""
    PaperJob.objects.filter(made_at__isnull=True, available_at__lte=at, attempts__gte=TRIES).update(
        refusal=NOT_DRAWN, made_at=at
    )


def _record(job_id: int, *, pdf: bytes | None, refusal: str, at: datetime) -> None:
    PaperJob.objects.filter(id=job_id).update(
        pdf=pdf, refusal=refusal[:_REFUSAL_LENGTH], made_at=at
    )
    made = PaperJob.objects.filter(made_at__isnull=False)
    newest = list(made.order_by("-made_at").values_list("id", flat=True)[:KEPT_COUNT])
    made.filter(Q(made_at__lt=at - KEPT_FOR) | ~Q(id__in=newest)).delete()
