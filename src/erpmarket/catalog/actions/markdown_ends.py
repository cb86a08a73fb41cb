"""To which price a product returns when a markdown is over."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from erpmarket.catalog.kinds import PriceReason
from erpmarket.catalog.models import PriceChange, PricePlan


class MarkdownEnds:
    """The prices that plans due now make, with what the ledger says of markdowns before them."""

    def __init__(self, due: Sequence[PricePlan], *, at: datetime) -> None:
        ending = {plan.product_id for plan in due if plan.reason == PriceReason.MARKDOWN_END}
        self._ledger: defaultdict[int, list[PriceChange]] = defaultdict(list)
        self._lasting: set[UUID | None] = set()
        if ending:
            for change in PriceChange.objects.filter(product_id__in=ending).order_by("-id"):
                self._ledger[change.product_id].append(change)
            later = PricePlan.objects.filter(
                product_id__in=ending,
                reason=PriceReason.MARKDOWN_END,
                done_at__isnull=True,
                cancelled_at__isnull=True,
                effective_at__gt=at,
            )
            self._lasting = set(later.values_list("cause_uid", flat=True))

    def note(self, change: PriceChange) -> None:
        """Remember a change that is not written yet."""
        self._ledger[change.product_id].insert(0, change)

    def price_of(self, plan: PricePlan, now_clp: int) -> int:
        """Return the price that a plan makes; the end of a markdown undoes that markdown only."""
        if plan.reason != PriceReason.MARKDOWN_END:
            return int(plan.new_clp)
        ledger = _standing(self._ledger[plan.product_id])
        is_its_own = (
            bool(ledger)
            and (ledger[0].cause_uid, ledger[0].reason) == (plan.cause_uid, PriceReason.MARKDOWN)
            and ledger[0].new_clp == now_clp
        )
        return self._price_before(ledger) if is_its_own else now_clp

    def _price_before(self, ledger: Sequence[PriceChange]) -> int:
        """Return the price of the markdown before it that still lasts, else that of no markdown."""
        found = int(ledger[0].old_clp)
        for change in ledger[1:]:
            if change.reason != PriceReason.MARKDOWN or change.cause_uid in self._lasting:
                break
            found = int(change.old_clp)
        return found


def _standing(ledger: Sequence[PriceChange]) -> list[PriceChange]:
    """Leave out markdowns that are over: the price is as if they had not been."""
    over = {change.cause_uid for change in ledger if change.reason == PriceReason.MARKDOWN_END}
    return [change for change in ledger if change.cause_uid is None or change.cause_uid not in over]


def call_off_end(cause_uid: UUID | None, at: datetime) -> None:
    """Call off the end of a markdown that is no more."""
    if cause_uid is not None:
        PricePlan.objects.filter(
            cause_uid=cause_uid,
            reason=PriceReason.MARKDOWN_END,
            done_at__isnull=True,
            cancelled_at__isnull=True,
        ).update(cancelled_at=at)
