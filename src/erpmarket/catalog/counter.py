"""Rules of the counter about goods: layouts of scale labels, hours of alcohol."""

from collections.abc import Sequence

from erpmarket.catalog.counter_models import AlcoholHours, ScaleRule
from erpmarket.catalog.models import Product
from erpmarket.catalog.scale_labels import LabelKind, LabelRead, LabelRule, infer_rule, read_label


def list_scale_rules() -> Sequence[ScaleRule]:
    """List the layouts of scale labels, in the order in which they are tried."""
    return list(ScaleRule.objects.order_by("id"))


def list_label_rules() -> list[LabelRule]:
    """Give the layouts as labels are read by them."""
    return [LabelRule(kind=LabelKind(row.kind), layout=row.layout) for row in list_scale_rules()]


def get_alcohol_hours() -> AlcoholHours:
    """Return the shop's hours, or the law's."""
    return AlcoholHours.objects.first() or AlcoholHours()


def counter_body() -> dict[str, object]:
    """Give both as tills pull them with the catalogue."""
    hours = get_alcohol_hours()
    return {
        "scale": [[rule.kind, rule.layout] for rule in list_label_rules()],
        "alcohol": [f"{each:%H:%M}" for each in (hours.opens, hours.until, hours.saturday_until)],
    }


def find_product_of_label(read: LabelRead) -> Product | None:
    """Return the product of a label, by its PLU."""
    found: Product | None = Product.objects.filter(plu=read.plu, is_active=True).first()
    return found


def learn_label(*, code: str, kind: LabelKind, value: int) -> LabelRule | None:
    """Find the layout of a scanned label of which a person read the value off the paper.

    None when no layout gives that value and the PLU of a product.
    """
    plus = Product.objects.filter(is_active=True, plu__isnull=False).values_list("plu", flat=True)
    return infer_rule(code, kind=kind, value=value, plus=plus)


def read_scale_label(code: str) -> LabelRead | None:
    """Read a label by the shop's layouts."""
    return read_label(code, list_label_rules())
