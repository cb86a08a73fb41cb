"""Reads of tills, shifts and sales."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Q, Sum

from dte.codes import DocumentType
from erpmarket.common.clock import local_day_bounds
from erpmarket.fiscal.queries import find_live, find_paper, list_sources_of_folio, map_papers
from erpmarket.pos.models import Payment, Sale, SaleLine, SaleReturn, SaleReturnLine, Shift, Till
from erpmarket.pos.note_models import SaleNote
from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.scope import current_company

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


# What a sale at a till can have for a paper.
_SALE_KINDS = (
    DocumentType.BOLETA,
    DocumentType.BOLETA_EXENTA,
    DocumentType.FACTURA,
    DocumentType.FACTURA_EXENTA,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TillCard:
    """A till as the choosing page shows it; no shift means closed."""

    id: int
    name: str
    branch_name: str
    shift_opened_at: datetime | None
    cashier_name: str
    card_is_boleta: bool


def list_tills() -> Sequence[TillCard]:
    """List the company's tills by name, with their open shift."""
    shifts = {
        shift.till_id: shift
        for shift in Shift.objects.select_related("cashier", "relieved_by").filter(
            closed_at__isnull=True
        )
    }
    cards = []
    for till in Till.objects.select_related("branch").order_by("name", "id"):
        shift = shifts.get(till.id)
        cards.append(
            TillCard(
                id=till.id,
                name=till.name,
                branch_name=till.branch.name,
                shift_opened_at=shift.opened_at if shift else None,
                cashier_name=shift.at_till.display_name if shift else "",
                card_is_boleta=till.card_is_boleta,
            )
        )
    return cards


def get_till(till_id: int) -> Till:
    """Return a till of the bound company; raises Till.DoesNotExist for strangers."""
    till: Till = Till.objects.select_related("branch__company").get(id=till_id)
    return till


def find_open_shift(till_id: int) -> Shift | None:
    """Find the open shift of a till with its cashier, and who stands there in their stead."""
    shift: Shift | None = (
        Shift.objects.select_related("cashier", "relieved_by")
        .filter(till_id=till_id, closed_at__isnull=True)
        .first()
    )
    return shift


@dataclass(frozen=True, slots=True)
class SellingShift:
    """A locked shift with all that its sales are booked by."""

    id: int
    till_id: int
    warehouse_id: int
    card_is_boleta: bool
    # Who stands there now: the cashier who opened it, or who relieved them.
    cashier_id: int
    branch: Branch


# On the path of every sale, so in plain SQL; the order of columns is that of the two models below.
_COMPANY = tuple(str(field.column) for field in Company._meta.concrete_fields)
_BRANCH = tuple(str(field.column) for field in Branch._meta.concrete_fields)
_SHIFT = f"""
SELECT s.id, t.id, t.warehouse_id, t.card_is_boleta, COALESCE(s.relieved_by_id, s.cashier_id),
       {", ".join(f"c.{column}" for column in _COMPANY)},
       {", ".join(f"b.{column}" for column in _BRANCH)}
  FROM pos_shift s
  JOIN pos_till t ON (t.company_id, t.id) = (s.company_id, s.till_id)
  JOIN tenancy_branch b ON (b.company_id, b.id) = (t.company_id, t.branch_id)
  JOIN tenancy_company c ON c.id = s.company_id
 WHERE s.company_id = %s AND s.till_id = %s
"""  # noqa: S608  (names of our own columns)
_LOCK_SHIFT = f"{_SHIFT} AND s.closed_at IS NULL FOR UPDATE OF s"
_LOCK_SHIFT_BY_UID = (
    _SHIFT.replace("SELECT s.id,", "SELECT s.closed_at IS NOT NULL, s.id,", 1)
    + " AND s.uid = %s FOR UPDATE OF s"
)


def lock_selling_shift(till_id: int) -> SellingShift | None:
    """Lock the open shift of a till until the transaction ends; None when the till is closed."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SHIFT, [current_company(), till_id])
        row = cursor.fetchone()
    return None if row is None else _selling_shift(row)


def lock_shift_of_device(till_id: int, uid: UUID) -> tuple[SellingShift, bool] | None:
    """Lock a shift by the uid its till made, and tell whether it is closed; None for no such."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SHIFT_BY_UID, [current_company(), till_id, uid])
        row = cursor.fetchone()
    return None if row is None else (_selling_shift(row[1:]), row[0])


def _selling_shift(row: Sequence[Any]) -> SellingShift:
    company_at = 5
    branch_at = company_at + len(_COMPANY)
    branch = Branch.from_db("default", _BRANCH, row[branch_at:])
    branch.company = Company.from_db("default", _COMPANY, row[company_at:branch_at])
    return SellingShift(*(*row[:company_at], branch))


def find_request_hash(uid: UUID) -> bytes | None:
    """Find the hash of a committed sale's request; cheap, because nearly every sale is new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT request_hash FROM pos_sale WHERE company_id = %s AND uid = %s",
            [current_company(), uid],
        )
        row = cursor.fetchone()
    return None if row is None else bytes(row[0])


def get_sale(uid: UUID) -> Sale:
    """Return a sale by the uid its till made, with its shift, people, till, branch and company."""
    sale: Sale = Sale.objects.select_related(
        "cashier", "shift__cashier", "shift__till__branch__company"
    ).get(uid=uid)
    return sale


def seller_name(sale: Sale) -> str:
    """Return who sold: the cashier of its shift, or who had relieved them."""
    return str((sale.cashier or sale.shift.cashier).display_name)


def list_payments(sale_id: int) -> Sequence[Payment]:
    """List what paid a sale, in the order it was given."""
    return list(Payment.objects.filter(sale_id=sale_id).order_by("position"))


def list_sale_lines(sale_id: int) -> Sequence[SaleLine]:
    """List a sale's lines with their products, as they were sold."""
    return list(
        SaleLine.objects.select_related("product").filter(sale_id=sale_id).order_by("position")
    )


def find_note(sale_id: int) -> str:
    """Give what the cashier wrote about a sale; empty: nothing."""
    words: str = (
        SaleNote.objects.filter(sale_id=sale_id).values_list("words", flat=True).first() or ""
    )
    return words


def list_returns(sale_id: int) -> Sequence[SaleReturn]:
    """List what went back of a sale and by whom, oldest first."""
    rows = SaleReturn.objects.filter(sale_id=sale_id).order_by("id")
    return list(rows.select_related("made_by", "returned_by"))


def find_return(uid: UUID) -> SaleReturn | None:
    """Find a return by the uid of its form, with its sale."""
    row: SaleReturn | None = SaleReturn.objects.select_related("sale").filter(uid=uid).first()
    return row


def sum_returned(sale_id: int) -> Mapping[int, Decimal]:
    """Sum how much of each line of a sale came back, by position."""
    rows = (
        SaleReturnLine.objects.filter(sale_line__sale_id=sale_id)
        .values("sale_line__position")
        .annotate(back=Sum("quantity"))
    )
    return {row["sale_line__position"]: row["back"] for row in rows}


# As many as a till's list shows; older ones are found by folio or total.
LIST_LIMIT = 40
# Who knows only the day has to look through it.
DAY_LIMIT = 200
# A total is looked for among this many days: by folio a sale is found however old it is.
TOTAL_DAYS = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldRow:
    """A past sale as the till lists it; no paper when a card voucher was all of its boleta."""

    sale: Sale
    paper: "IssuedDocument | None"
    kinds: tuple[str, ...]


def list_till_sales(till_id: int) -> Sequence[SoldRow]:
    """List the last sales of a till, newest first."""
    sales = Sale.objects.filter(shift__till_id=till_id).order_by("-sold_at", "-id")
    return _sold_rows(sales[:LIST_LIMIT])


def search_sales(number: int, *, environment: str, at: datetime) -> Sequence[SoldRow]:
    """List the company's sales whose folio or total is a number, newest first."""
    uids = list_sources_of_folio(environment, _SALE_KINDS, number)
    recent = Q(total_clp=number, sold_at__gte=at - timedelta(days=TOTAL_DAYS))
    sales = Sale.objects.filter(Q(uid__in=uids) | recent).order_by("-sold_at", "-id")
    return _sold_rows(sales[:LIST_LIMIT])


def list_sales_of_day(branch_id: int, day: date) -> Sequence[SoldRow]:
    """List the last sales of a day in a branch, newest first."""
    start, end = local_day_bounds(day)
    sales = Sale.objects.filter(
        shift__till__branch_id=branch_id, sold_at__gte=start, sold_at__lt=end
    ).order_by("-sold_at", "-id")
    return _sold_rows(sales[:DAY_LIMIT])


def list_sold(sale_ids: Iterable[int]) -> Sequence[SoldRow]:
    """List some sales as a till does, newest first."""
    return _sold_rows(Sale.objects.filter(id__in=list(sale_ids)).order_by("-sold_at", "-id"))


def _sold_rows(found: Iterable[Sale]) -> Sequence[SoldRow]:
    sales = list(found)
    papers = map_papers([sale.uid for sale in sales])
    kinds: dict[int, list[str]] = {sale.id: [] for sale in sales}
    for sale_id, kind in (
        Payment.objects.filter(sale_id__in=kinds)
        .order_by("position")
        .values_list("sale_id", "kind")
    ):
        kinds[sale_id].append(kind)
    return [
        SoldRow(sale=sale, paper=papers.get(sale.uid), kinds=tuple(kinds[sale.id]))
        for sale in sales
    ]


def factura_uid(sale_uid: UUID) -> UUID:
    """Return the source of the factura that a sale's boleta may become: one for each sale."""
    return uuid5(sale_uid, "factura")


def find_live_paper(sale_uid: UUID) -> "IssuedDocument | None":
    """Find the paper that stands for a sale: its factura when the boleta became one."""
    return find_live(factura_uid(sale_uid)) or find_paper(sale_uid)
