"""What a till is told of past sales, buyers and stock, by its session or by its device."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from dte.errors import DteError
from dte.rut import Rut
from erpmarket.catalog.queries import find_product
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.mail_document import mail_document
from erpmarket.fiscal.nota_queries import find_buyer
from erpmarket.fiscal.paper_forms import MailForm
from erpmarket.fiscal.public_links import find_linked_document, public_url
from erpmarket.fiscal.qr import qr_path
from erpmarket.fiscal.queries import map_live_papers
from erpmarket.fiscal.words import buyer_name, paper_words
from erpmarket.inventory.queries import list_stock
from erpmarket.pos.errors import BadMailAddress, NothingToReprint
from erpmarket.pos.models import PaymentKind, Sale, Till
from erpmarket.pos.queries import (
    SoldRow,
    factura_uid,
    find_live_paper,
    find_note,
    get_sale,
    list_payments,
    list_returns,
    list_sale_lines,
    list_sales_of_day,
    list_sold,
    list_till_sales,
    search_sales,
    sum_returned,
)
from erpmarket.pos.reading import RECEIVER_LIMITS, BadRequest
from erpmarket.pos.returning import can_be_invoiced, find_sale_of, words_against_return
from erpmarket.ui.formats import quantity

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument

VOUCHER_WORDS: Final = "Voucher como boleta"
_NUMBER_SIGNS: Final = 10
_DAY: Final = re.compile(r"(\d{1,2})[-/](\d{1,2})(?:[-/](\d{4}))?", re.ASCII)
_ID_SIGNS: Final = 18


def access_sale(sale_uid: UUID) -> Sale:
    """Return a sale of the bound company, or 404."""
    try:
        return get_sale(sale_uid)
    except Sale.DoesNotExist as error:
        raise Http404 from error


def buyer_body(text: str) -> dict[str, object] | None:
    """Give what our last factura to a RUT said of them; None when there was none.

    Raises BadRequest.
    """
    try:
        rut = Rut.parse(text)
    except DteError as error:
        raise BadRequest(field="rut") from error
    known = find_buyer(str(rut))
    return None if known is None else {name: getattr(known, name) for name in RECEIVER_LIMITS}


def stock_body(till: Till, product: str) -> dict[str, object]:
    """Tell what of a product lies where, the till's own warehouse first; raises Http404."""
    if not (product.isascii() and product.isdecimal() and len(product) <= _ID_SIGNS):
        raise Http404
    found = find_product(int(product))
    if found is None:
        raise Http404
    rows = [row for row in list_stock(found.id) if row.warehouse.is_active]
    return {
        "unit": found.unit,
        "places": [
            {
                "name": row.warehouse.name,
                "words": quantity(row.quantity, found.unit),
                "is_own": row.warehouse_id == till.warehouse_id,
            }
            for row in sorted(rows, key=lambda row: row.warehouse_id != till.warehouse_id)
        ],
    }


def sold_body(till: Till, text: str, *, at: datetime) -> dict[str, object]:
    """List the till's last sales, or those that a text finds."""
    rows = _find(till, text.strip(), at=at)
    facturas = map_live_papers([factura_uid(row.sale.uid) for row in rows])
    return {"sales": [_row(row, facturas) for row in rows]}


def _find(till: Till, text: str, *, at: datetime) -> Sequence[SoldRow]:
    """Find sales by folio, by total, or by the address in the QR of a boleta."""
    if not text:
        return list_till_sales(till.id)
    day = _read_day(text, today=local_date(at))
    if day is not None:
        return list_sales_of_day(till.branch_id, day)
    number = text.replace(".", "").replace("$", "").strip()
    if number.isascii() and number.isdecimal() and len(number) <= _NUMBER_SIGNS:
        environment = till.branch.company.environment
        return search_sales(int(number), environment=environment, at=at)
    paper = find_linked_document(text)
    sale = None if paper is None else find_sale_of(paper)
    return [] if sale is None else list_sold([sale.id])


def _read_day(text: str, *, today: date) -> date | None:
    """Read a day as people type it, `21-11` or `21/11/2026`; without a year it is the last one."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    day, month, year = (int(part) if part else 0 for part in found.groups())
    if not year:
        year = today.year if (month, day) <= (today.month, today.day) else today.year - 1
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _row(row: SoldRow, facturas: Mapping[UUID, "IssuedDocument"]) -> dict[str, object]:
    # A boleta that became a factura is known to its buyer by the factura.
    paper = facturas.get(factura_uid(row.sale.uid), row.paper)
    return {
        "uid": str(row.sale.uid),
        "sold_at": row.sale.sold_at.isoformat(),
        "total_clp": row.sale.total_clp,
        "words": paper_words(paper.kind, paper.folio) if paper else VOUCHER_WORDS,
        "means": means_words(row.kinds),
    }


def means_words(kinds: Sequence[str]) -> str:
    """Name how a sale was paid, each means once."""
    return " y ".join(str(PaymentKind(kind).label) for kind in dict.fromkeys(kinds))


def sale_body(sale: Sale, paper: "IssuedDocument | None") -> dict[str, object]:
    """Tell what a past sale was, what of it can go back, and what can be handed out."""
    lines, left = _lines(sale)
    no_return = words_against_return(paper)
    payments = list_payments(sale.id)
    body: dict[str, object] = {
        "uid": str(sale.uid),
        "sold_at": sale.sold_at.isoformat(),
        "total_clp": sale.total_clp,
        "returned_clp": sum(row.amount_clp for row in list_returns(sale.id)),
        "note": find_note(sale.id),
        "means": means_words([payment.kind for payment in payments]),
        # What a voucher that is a boleta covers goes back to its card, never on a vale.
        "has_voucher": any(payment.voucher_exempt_clp is not None for payment in payments),
        "words": VOUCHER_WORDS if paper is None else paper_words(paper.kind, paper.folio),
        "kind": None if paper is None else paper.kind,
        "folio": None if paper is None else paper.folio,
        "buyer": "" if paper is None else buyer_name(paper.receiver_rut, paper.receiver_name),
        "lines": lines,
        "may_return": left and not no_return,
        # Said before anybody types a motive.
        "no_return": no_return if left else "",
        # A cashier is asked there for the PIN of who may.
        "may_invoice": paper is not None and can_be_invoiced(sale, paper),
        "mail_to": "",
        "qr": None,
    }
    if paper is not None:
        url = public_url(paper)
        side, path = qr_path(url)
        known = find_buyer(paper.receiver_rut) if paper.receiver_name else None
        body |= {
            "qr": {"side": side, "path": path, "url": url},
            "mail_to": "" if known is None else known.email,
        }
    return body


def page_urls(
    sale: Sale, paper: "IssuedDocument | None", body: Mapping[str, object]
) -> dict[str, str]:
    """Give the office's pages of a sale's `body`; empty where nothing can be done."""
    return {
        "document": "" if paper is None else reverse("fiscal:document", args=[paper.id]),
        "back": reverse("pos:return", args=[sale.uid]) if body["may_return"] else "",
        "invoice": reverse("pos:invoice", args=[sale.uid]) if body["may_invoice"] else "",
    }


def _lines(sale: Sale) -> tuple[list[dict[str, object]], bool]:
    """Give the lines of a sale with what of each may still come back, and whether any may."""
    returned = sum_returned(sale.id)
    rows = [
        (line, line.quantity - returned.get(line.position, Decimal(0)))
        for line in list_sale_lines(sale.id)
    ]
    lines: list[dict[str, object]] = [
        {
            "position": line.position,
            "product_id": line.product_id,
            "name": line.product.name,
            "unit": line.product.unit,
            "quantity": plain(line.quantity),
            "price_clp": line.price_clp,
            "discount_clp": line.discount_clp,
            "amount_clp": line.amount_clp,
            "left": plain(left),
        }
        for line, left in rows
    ]
    return lines, any(left > 0 for _, left in rows)


def plain(amount: Decimal) -> str:
    """Write a quantity as a till does: no zeros at its end, no exponent."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def mail_sale(sale: Sale, told: Mapping[str, object], *, at: datetime) -> dict[str, object]:
    """Mail the paper of a sale to `correo`, once for a `uid`; give the words for who waits.

    Raises NothingToReprint and BadMailAddress.
    """
    paper = find_live_paper(sale.uid)
    if paper is None:
        raise NothingToReprint
    form = MailForm(dict(told))
    if not form.is_valid():
        raise BadMailAddress(words=str(next(iter(form.errors.values()))[0]))
    to = form.cleaned_data["correo"]
    mail_document(paper, to=to, uid=form.cleaned_data["uid"], at=at)
    return {"words": f"Va en camino a {to}."}
