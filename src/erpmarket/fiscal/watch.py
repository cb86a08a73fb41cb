"""What `notifications.watch` asks about folios: they end soon, are out, or expire."""

from datetime import datetime
from typing import Final

from django.urls import reverse

from erpmarket.fiscal.folio_queries import (
    ExpiringFolios,
    FolioForecast,
    FolioLevel,
    forecast_folios,
    list_expiring_folios,
)
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.queries import get_company
from erpmarket.ui.formats import day, whole

# Those who may load folios.
_ROLES: Final = (Role.OWNER, Role.ACCOUNTANT)


def folio_troubles(at: datetime) -> tuple[Trouble, ...]:
    """Tell which types of the bound company run out or expire, one trouble for each type."""
    environment = get_company().environment
    expiring: dict[int, ExpiringFolios] = {}
    for row in list_expiring_folios(environment, at=at):
        # What expired is lost and told by the folios page; here counts what can still be used.
        if not row.is_expired:
            expiring.setdefault(row.kind, row)
    forecasts = forecast_folios(environment, at=at)
    return (
        *(_ending(row) for row in forecasts if row.level != FolioLevel.FINE),
        *(_expiring(row) for row in expiring.values()),
    )


def _ending(row: FolioForecast) -> Trouble:
    name = row.name.lower()
    is_used = row.per_day is not None
    level = Level.DANGER if is_used and row.level >= FolioLevel.URGENT else Level.WARNING
    if row.level == FolioLevel.OUT:
        title = f"Se acabaron los folios de {name}"
        words = f"No puedes dar más documentos de tipo {name}. Pide folios al SII y cárgalos."
    else:
        title = f"Quedan pocos folios de {name}"
        words = f"Quedan {whole(row.left)} folios de {name}"
        if row.ends_on is not None:
            words += f", que al ritmo de estas semanas alcanzan hasta el {day(row.ends_on)}"
        words += ". Pide más al SII y cárgalos."
    return _trouble("folios.low", row.kind, level, title, words)


def _expiring(row: ExpiringFolios) -> Trouble:
    name = row.name.lower()
    words = (
        f"{whole(row.count)} folios de {name} vencen el {day(row.expires_on)}. Pide nuevos al SII"
        " antes de esa fecha."
    )
    return _trouble("folios.expiring", row.kind, Level.WARNING, f"Vencen folios de {name}", words)


def _trouble(kind: str, paper: int, level: Level, title: str, words: str) -> Trouble:
    return Trouble(
        kind=kind,
        key=str(paper),
        level=level,
        title=title,
        words=words,
        link=reverse("fiscal:folios"),
        roles=_ROLES,
    )
