"""What to order of a supplier: needs of the stock, in the packs that came last, within a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from erpmarket.inventory.low_stock import Offer, OrderPlan, plan_order
from erpmarket.inventory.low_stock_queries import list_needs
from erpmarket.purchasing.models import OrderLine, OrderState, ReceiptLine, Supplier

_ON_ITS_WAY = (OrderState.DRAFT, OrderState.SENT, OrderState.PARTLY)


def list_offers(supplier_id: int) -> Sequence[Offer]:
    """List what a supplier brought, in the pack and at the cost of the last time.

    A product belongs to whoever brought it last: two suppliers are not asked for the same need.
    """
    mine = ReceiptLine.objects.filter(receipt__supplier_id=supplier_id).values("product_id")
    rows = (
        ReceiptLine.objects.filter(product_id__in=mine)
        .order_by("product_id", "-receipt__received_at", "-id")
        .distinct("product_id")
        .values_list("product_id", "units_per_pack", "value", "quantity", "receipt__supplier_id")
    )
    return [
        Offer(
            product_id=product_id,
            units_per_pack=max(int(per_pack), 1),
            pack_cost=value * max(int(per_pack), 1) / quantity,
        )
        for product_id, per_pack, value, quantity, brought_by in rows
        if brought_by == supplier_id
    ]


def list_coming(product_ids: Sequence[int]) -> Mapping[int, Decimal]:
    """Add up what of products was ordered, or is in a draft, and has not come, in units."""
    rows = (
        OrderLine.objects.filter(product_id__in=product_ids, order__state__in=_ON_ITS_WAY)
        .annotate(rest=F("packs") * F("units_per_pack") - F("received"))
        .filter(rest__gt=0)
        .values("product_id")
        .annotate(units=Sum("rest"))
    )
    return {row["product_id"]: row["units"] for row in rows}


def propose_order(
    supplier: Supplier, *, today: date, cover_days: int = 7, budget: Decimal | None = None
) -> OrderPlan:
    """Propose what to order of a supplier so that its goods last `cover_days` after they come.

    `budget` is pesos without IVA. Turn the lines into a draft with `draft_order`.
    """
    offers = list_offers(supplier.id)
    ids = [offer.product_id for offer in offers]
    needs = list_needs(
        today=today,
        product_ids=ids,
        lead_days=supplier.lead_days,
        cover_days=cover_days,
        coming=list_coming(ids),
    )
    return plan_order(
        needs, offers, budget=budget, minimum_order=Decimal(supplier.minimum_order_clp)
    )


def most_urgent(plan: OrderPlan, most: int, *, minimum_order_clp: int) -> OrderPlan:
    """Cut a plan to its first lines, which are those that run out first."""
    lines = plan.lines[:most]
    total = sum((line.cost for line in lines), Decimal(0))
    return replace(plan, lines=lines, total=total, reaches_minimum=total >= minimum_order_clp)
