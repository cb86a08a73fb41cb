"""An order on paper, for the supplier."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from erpmarket.purchasing.models import PurchaseOrder
from erpmarket.purchasing.queries import get_order, list_order_lines

PRINT_FOLDER: Final = Path(__file__).parent / "templates" / "purchasing" / "print"


def order_pdf(order: PurchaseOrder) -> bytes:
    """Draw an order as a letter page, or as many as it needs."""
    lines = list_order_lines(order.id)
    costs = [None if line.pack_cost is None else line.packs * line.pack_cost for line in lines]
    context = {
        "order": order,
        "company": order.warehouse.branch.company,
        "branch": order.warehouse.branch,
        "lines": list(zip(lines, costs, strict=True)),
        "total": sum((cost for cost in costs if cost is not None), Decimal(0)),
        "is_priced": any(cost is not None for cost in costs),
    }
    sheet = import_string(f"{settings.PDF_ENGINE}.Sheet")(
        html=render_to_string("purchasing/print/order.html", context),
        css=_css(),
        pictures={},
        weights=(400, 700),
    )
    pdf: bytes = import_string(f"{settings.PDF_ENGINE}.write_pdf")([sheet])
    return pdf


def pdf_of_mail(key: str) -> bytes:
    """Give the PDF of an order by its id; the mail worker asks."""
    return order_pdf(get_order(int(key)))


@cache
def _css() -> str:
    return (PRINT_FOLDER / "order.css").read_text(encoding="utf-8")
