"""A sale as a till tells it, and whether its sums are those of a sale."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from dte.document import Receiver
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.adopt_boleta import TillStamp
from erpmarket.fiscal.actions.issue_guia import Delivery
from erpmarket.pos.discount_models import DiscountKind
from erpmarket.pos.means import SaleBuyer
from erpmarket.pos.models import PaymentKind
from erpmarket.pricing.amounts import gross_clp, thousandths
from erpmarket.pricing.cash import Payment as Settlement
from erpmarket.pricing.cash import Tender, settle_payment


@dataclass(frozen=True, slots=True, kw_only=True)
class TillDiscount:
    """Why a line cost less, as the till told the customer."""

    kind: DiscountKind
    name: str
    amount_clp: int
    promotion_id: int | None = None
    # Who let it through with their PIN, as the till says.
    approved_by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillLine:
    """A line as the till priced and printed it, in gross pesos.

    With `label_clp` the shop's scale had printed a price: that is charged, and `quantity` is what
    it comes to at `price_clp`, for the stock.
    """

    product_id: int
    name: str
    unit: str
    quantity: Decimal
    price_clp: int
    discount_clp: int
    amount_clp: int
    is_exempt: bool
    discounts: tuple[TillDiscount, ...] = ()
    label_clp: int | None = None

    @property
    def base_clp(self) -> int:
        """What the line costs before its discounts, in pesos."""
        return self.computed_clp if self.label_clp is None else self.label_clp

    @property
    def computed_clp(self) -> int:
        """Quantity times price, in pesos."""
        return gross_clp(thousandths(self.quantity), self.price_clp)


@dataclass(frozen=True, slots=True, kw_only=True)
class TillTender:
    """Money a till took: cash is what was handed over."""

    kind: PaymentKind
    amount_clp: int
    reference: str = ""
    approved_by_id: int | None = None


class PaperMaker(StrEnum):
    """Who makes the paper of a sale: the till that stamped it, we, or the card's machine."""

    TILL = "till"
    SERVER = "server"
    VOUCHER = "voucher"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillSale:
    """A sale as a device's journal tells it; `sold_at` is the second of its stamp.

    `stamp` is there when the till made the paper. With `has_voucher` the card's voucher is the
    boleta of what the card paid; with `invoice_to` the paper is a factura to them, with
    `delivery` a guía: all of it is on credit, and its factura follows.
    """

    uid: UUID
    digest: bytes
    sold_at: datetime
    raw_at: datetime | None
    lines: tuple[TillLine, ...]
    tenders: tuple[TillTender, ...]
    total_clp: int
    stamp: TillStamp | None
    paper_by: PaperMaker = PaperMaker.TILL
    has_voucher: bool = False
    invoice_to: Receiver | None = None
    delivery: Delivery | None = None
    buyer: SaleBuyer | None = None
    customer_id: int | None = None
    # What the cashier wrote about it.
    note: str = ""


@dataclass(kw_only=True, eq=False)
class SumsDiffer(DomainError):
    """The till's sums do not add up: it is no sale of ours; `line` counts from one."""

    line: int = 0

    code: ClassVar[str] = "sums_differ"

    @property
    def message(self) -> str:
        where = f" en la línea {self.line}" if self.line else ""
        return f"Los montos de la venta no cuadran{where}. Revísala con quien estaba en la caja."


@dataclass(kw_only=True, eq=False)
class UnknownProduct(DomainError):
    """A line names a product that this company never had."""

    product_id: int

    code: ClassVar[str] = "unknown_product"

    @property
    def message(self) -> str:
        return "La venta trae un producto que no es de esta empresa."


def check_sums(sale: TillSale) -> Settlement:
    """Settle what a till told to the peso; raises SumsDiffer and what `settle_payment` raises."""
    for position, line in enumerate(sale.lines, start=1):
        if line.discount_clp < 0 or line.base_clp - line.discount_clp != line.amount_clp:
            raise SumsDiffer(line=position)
        # Tills of older versions tell no reasons.
        reasons = sum(each.amount_clp for each in line.discounts)
        if line.discounts and reasons != line.discount_clp:
            raise SumsDiffer(line=position)
    total = sum(line.amount_clp for line in sale.lines)
    if total != sale.total_clp or total <= 0:
        raise SumsDiffer
    return settle_payment(
        total, [Tender(kind=part.kind, amount_clp=part.amount_clp) for part in sale.tenders]
    )
