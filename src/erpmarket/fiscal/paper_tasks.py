"""The worker that draws PDFs: one plain function for the embedded runner and for Celery."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from erpmarket.common import clock
from erpmarket.fiscal.actions.request_paper import drawables_of
from erpmarket.fiscal.models import PaperJob
from erpmarket.fiscal.paper_queries import list_companies_with_papers_due
from erpmarket.fiscal.pdf import Drawable, PdfPaper, PdfRefused, paper_pdf
from erpmarket.tenancy.scope import company_scope

logger = logging.getLogger(__name__)

ROUND_LIMIT: Final = 50
# A killed worker's paper is drawn by the next one after this pause.
LEASE: Final = timedelta(seconds=60)
TRIES: Final = 3
# A cache: the stored XML is the truth, and who asks again has it in a second.
KEPT_FOR: Final = timedelta(days=7)
KEPT_COUNT: Final = 200
NOT_DRAWN: Final = "No pudimos dibujar este PDF. El XML está completo: bájalo y pide ayuda."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    job_id: int
    attempts: int
    drawables: tuple[Drawable, ...]
    paper: PdfPaper


def draw_papers(
    *,
    limit: int = ROUND_LIMIT,
    now: Callable[[], datetime] = clock.now,
    is_stopping: Callable[[], bool] = bool,
    **_unknown: object,
) -> int:
    """Draw the PDFs that were asked for, of every company in turns; return how many.

    Any number of these may run at once, and be killed anywhere: a paper that is left behind is
    due again after its lease.
    """
    done, before = 0, -1
    while done < limit and done != before:
        before = done
        for company_id in list_companies_with_papers_due(now()):
            if done >= limit or is_stopping():
                return done
            done += _draw_next(company_id, now)
    return done


def _draw_next(company_id: int, now: Callable[[], datetime]) -> int:
    claim = None
    try:
        with company_scope(company_id):
            claim = _claim(now())
        if claim is None:
            return 0
        pdf, refusal = _drawn(claim), ""
    except PdfRefused as refused:
        pdf, refusal = None, refused.message
    except Exception:
        # The edge of the worker: the other papers go on.
        logger.exception("fiscal.paper.failed", extra={"company": company_id})
        if claim is None or claim.attempts < TRIES:
            return 0
        pdf, refusal = None, NOT_DRAWN
    if claim is None:
        return 0
    with company_scope(company_id):
        PaperJob.objects.filter(id=claim.job_id).update(
            pdf=pdf, refusal=refusal[:500], made_at=now()
        )
        _forget_old(now())
    return 1


def _claim(at: datetime) -> _Claim | None:
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
    drawables, paper = drawables_of(job)
    return _Claim(job_id=job.id, attempts=job.attempts, drawables=tuple(drawables), paper=paper)


def _drawn(claim: _Claim) -> bytes:
    return paper_pdf(claim.drawables, paper=claim.paper)


def _forget_old(at: datetime) -> None:
    """Keep the company's cache small: by age and by count."""
    made = PaperJob.objects.filter(made_at__isnull=False)
    newest = made.order_by("-made_at").values_list("id", flat=True)[:KEPT_COUNT]
    made.filter(Q(made_at__lt=at - KEPT_FOR) | ~Q(id__in=list(newest))).delete()
