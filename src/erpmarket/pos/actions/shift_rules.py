"""Choose how a company's shifts work."""

from datetime import time

from erpmarket.common.clock import LATEST_CUTOFF, MIDNIGHT, BadCutoff
from erpmarket.pos.shift_models import ShiftRules


def save_shift_rules(*, approval_above_clp: int, day_cutoff: time) -> ShiftRules:
    """Say above which amount money leaves a drawer with a supervisor, and when a day ends.

    Raises BadCutoff outside 00:00 to 06:00.
    """
    if not MIDNIGHT <= day_cutoff <= LATEST_CUTOFF:
        raise BadCutoff(cutoff=day_cutoff)
    rules: ShiftRules
    rules, _ = ShiftRules.objects.update_or_create(
        defaults={"approval_above_clp": approval_above_clp, "day_cutoff": day_cutoff}
    )
    return rules
