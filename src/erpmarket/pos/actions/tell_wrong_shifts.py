"""Raise the alarm for shifts that say something else than their sales."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse

from dte.amounts import pesos_text
from erpmarket.notifications.actions.notices import notify
from erpmarket.notifications.levels import Level
from erpmarket.pos.shift_check import list_wrong_shifts

logger = logging.getLogger(__name__)

# Two nights: a server that was off for one still looks at what closed before.
LOOKS_BACK: Final = timedelta(hours=48)


def tell_wrong_shifts(*, at: datetime) -> int:
    """Tell the owner of each shift closed lately that does not add up; return how many."""
    wrong = list_wrong_shifts(closed_since=at - LOOKS_BACK)
    for shift in wrong:
        logger.error("pos.shift.wrong", extra={"shift": shift.id})
        notify(
            kind="shift_wrong",
            key=str(shift.id),
            level=Level.DANGER,
            title=f"El turno de {shift.till_name} no cuadra con sus ventas",
            words=(
                f"Dice {pesos_text(shift.total_clp)} y sus ventas suman"
                f" {pesos_text(shift.sold_clp)}; en el cajón, {pesos_text(shift.expected_clp)}"
                f" contra {pesos_text(shift.cash_clp)}. Guarda el informe y avisa a soporte."
            ),
            link=reverse("pos:shift_report", args=[shift.id]),
            at=at,
        )
    return len(wrong)
