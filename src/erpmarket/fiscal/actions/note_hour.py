"""Keep whether our clock goes ahead of the SII's: while it does, nothing is signed."""

from datetime import datetime

from erpmarket.fiscal.clock_models import AheadClock
from erpmarket.fiscal.sii_clock import heard_hour, is_ahead


def note_hour(environment: str, *, at: datetime) -> None:
    """Compare `at` with the hour that the talk before it heard; unheard, nothing changes.

    Inside a scope. A clock that was set right is forgotten.
    """
    hour = heard_hour()
    if hour is None:
        return
    if not is_ahead(at):
        AheadClock.objects.filter(environment=environment).delete()
        return
    AheadClock.objects.update_or_create(
        environment=environment,
        defaults={"ahead_seconds": int((at - hour).total_seconds()), "seen_at": at},
    )
