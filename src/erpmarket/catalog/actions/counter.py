"""Write down the rules of the counter: layouts of scale labels, hours of alcohol."""

from datetime import datetime

from django.db import transaction

from erpmarket.catalog.actions.revisions import next_revision
from erpmarket.catalog.counter_models import AlcoholHours, ScaleRule
from erpmarket.catalog.scale_labels import LabelRule


@transaction.atomic
def keep_rule(rule: LabelRule, *, at: datetime) -> None:
    """Keep a layout; tills read labels by it from their next catalogue on.

    Of one that was known as another kind, what was taught last holds.
    """
    if ScaleRule.objects.filter(layout=rule.layout, kind=rule.kind).exists():
        return
    ScaleRule.objects.update_or_create(
        layout=rule.layout, defaults={"kind": rule.kind, "made_at": at}
    )
    next_revision()


@transaction.atomic
def drop_rule(rule_id: int) -> None:
    """Forget a layout; raises ScaleRule.DoesNotExist for one that is not this shop's."""
    ScaleRule.objects.get(id=rule_id).delete()
    next_revision()


@transaction.atomic
def set_alcohol_hours(hours: AlcoholHours) -> None:
    """Write down the hours of the shop's licence."""
    AlcoholHours.objects.update_or_create(
        defaults={
            "opens": hours.opens,
            "until": hours.until,
            "saturday_until": hours.saturday_until,
        }
    )
    next_revision()
