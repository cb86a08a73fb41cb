"""Tell who approves that a count waits, and how much it says is missing."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.urls import reverse

from erpmarket.inventory.actions.rules import lock_rules
from erpmarket.inventory.count_queries import Sums, get_notice_limit, list_rows, sum_rows
from erpmarket.inventory.models import Count, RulesChange
from erpmarket.notifications.actions.notices import notify, resolve
from erpmarket.notifications.levels import Level
from erpmarket.ui.formats import clp, day_short

KIND = "count_waits"


def tell_review(count: Count, *, at: datetime) -> None:
    """Open the notice of a count that waits for approval; a large difference makes it a warning."""
    rows = list_rows(count.id)
    sums = sum_rows(rows)
    limit = Decimal(get_notice_limit())
    largest = max((abs(row.value or Decimal(0)) for row in rows), default=Decimal(0))
    is_large = max(largest, abs(sums.net_value)) >= limit
    notify(
        kind=KIND,
        key=str(count.id),
        level=Level.WARNING if is_large else Level.INFO,
        title=f"Conteo del {day_short(count.opened_at)} por aprobar",
        words=_words(sums),
        link=reverse("inventory:count_review", args=[count.id]),
        at=at,
    )


def end_notice(count: Count, *, at: datetime) -> None:
    """End the notice of a count that no longer waits."""
    resolve(kind=KIND, key=str(count.id), at=at)


def _words(sums: Sums) -> str:
    if not sums.different:
        return f"Los {sums.lines} productos calzan. Apruébalo para cerrar el conteo."
    found = [f"Difieren {sums.different} de {sums.lines} productos"]
    if sums.missing_value:
        found.append(f"faltan {clp(int(sums.missing_value))}")
    if sums.surplus_value:
        found.append(f"sobran {clp(int(sums.surplus_value))}")
    return ", ".join(found) + ". Revisa las diferencias y aprueba."


@transaction.atomic
def set_count_notice(limit_clp: int, *, at: datetime, by_id: int) -> None:
    """Set from how many pesos a difference is a warning, and keep who did."""
    rules = lock_rules()
    if rules.count_notice_clp == limit_clp:
        return
    RulesChange.objects.create(
        field="count_notice_clp",
        old=str(rules.count_notice_clp),
        new=str(limit_clp),
        by_id=by_id,
        at=at,
    )
    rules.count_notice_clp = limit_clp
    rules.save(update_fields=["count_notice_clp"])
