"""Draw one sheet of labels that was asked for: claimed and committed before the slow part."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from erpmarket.catalog.label_pdf import labels_pdf
from erpmarket.catalog.models import LabelSheet
from erpmarket.tenancy.scope import company_scope

# A killed worker's sheet is drawn by the next one after this pause.
LEASE: Final = timedelta(seconds=60)
TRIES: Final = 3
NOT_DRAWN: Final = "No pudimos dibujar estas etiquetas. Devuélvelas a la cola y pide ayuda."


def draw_next_sheet(*, company_id: int, clock: Callable[[], datetime]) -> bool:
    """Draw one due sheet of the company; tell whether one was finished.

    Call it outside a scope: claim, drawing and record are three steps. What goes wrong while
    drawing is raised, and the sheet is due again after its pause; after three tries a person is
    told instead.
    """
    with company_scope(company_id):
        sheet = _claim(clock())
    if sheet is None:
        return False
    pdf = labels_pdf(sheet.labels, form=sheet.form)
    with company_scope(company_id):
        LabelSheet.objects.filter(id=sheet.id).update(pdf=pdf, made_at=clock())
    return True


def _claim(at: datetime) -> LabelSheet | None:
    due = LabelSheet.objects.filter(made_at__isnull=True, available_at__lte=at)
    due.filter(attempts__gte=TRIES).update(refusal=NOT_DRAWN, made_at=at)
    sheet: LabelSheet | None = (
        due.select_for_update(skip_locked=True, of=("self",)).order_by("available_at", "id").first()
    )
    if sheet is not None:
        sheet.attempts += 1
        sheet.available_at = at + LEASE
        sheet.save(update_fields=["attempts", "available_at"])
    return sheet
