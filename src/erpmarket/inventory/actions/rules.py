"""The rules a company keeps its stock by: who may change what, and who did."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.inventory.models import InventoryRules, RulesChange, StockMove


class ScopeIsFixed(DomainError):
    """Stock has moved: what it cost was computed over the scope of then."""

    code: ClassVar[str] = "scope_is_fixed"
    message = "Ya hay movimientos de stock: el costo se sigue llevando como hasta ahora."


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRules:
    """What a company may choose freely; the method changes by `change_method`."""

    scope: str
    refuse_below_zero: bool
    cost_jump_percent: int
    expiry_days: int


@transaction.atomic
def set_rules(rules: StockRules, *, by_id: int, at: datetime) -> tuple[RulesChange, ...]:
    """Set the rules and record each that changed; `by_id` is the membership.

    Raises ScopeIsFixed once stock has moved.
    """
    row = lock_rules()
    changes = [
        RulesChange(field=name, old=_text(getattr(row, name)), new=_text(new), by_id=by_id, at=at)
        for name, new in asdict(rules).items()
        if getattr(row, name) != new
    ]
    if rules.scope != row.scope and StockMove.objects.exists():
        raise ScopeIsFixed
    for name, new in asdict(rules).items():
        setattr(row, name, new)
    row.save()
    return tuple(RulesChange.objects.bulk_create(changes))


def lock_rules() -> InventoryRules:
    """Lock the company's row of rules, making it when it is missing."""
    InventoryRules.objects.bulk_create([InventoryRules()], ignore_conflicts=True)
    row: InventoryRules = InventoryRules.objects.select_for_update().get()
    return row


def _text(value: object) -> str:
    return {True: "sí", False: "no"}[value] if isinstance(value, bool) else str(value)
