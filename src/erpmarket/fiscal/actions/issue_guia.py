"""Issue a guía de despacho (52): goods on the move, sold or not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dte.codes import DispatchKind, DocumentType, PriceBasis, TransferReason
from dte.document import Draft, Receiver, Reference, Transport
from dte.rut import Rut
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.issue_document import (
    IssuedPaper,
    PaperOrigin,
    prepare_paper,
    stamp_paper,
)
from erpmarket.fiscal.actions.issue_paper import StampedPaper, issue_paper
from erpmarket.fiscal.actions.keep_buyer import keep_buyer
from erpmarket.fiscal.draft_maps import (
    PaperLine,
    TradeLine,
    sold_line,
    trade_issuer,
    trade_line,
)
from erpmarket.tenancy.models import Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiaOrder:
    """Everything a person says of a guía; `uid` is the form's own, prices are net.

    `receiver` None is the company itself, at the branch where the goods go.
    """

    uid: UUID
    reason: TransferReason
    lines: tuple[TradeLine, ...]
    transport: Transport
    receiver: Receiver | None = None
    destination: Branch | None = None
    dispatch: DispatchKind | None = None
    references: tuple[Reference, ...] = ()


@transaction.atomic
def issue_guia(
    *, order: GuiaOrder, branch: Branch, issued_by: int | None, at: datetime
) -> StampedPaper:
    """Issue a guía from a branch; the same uid twice is the same guía.

    Raises PaperRefused, CafExhausted and PaperConflict.
    """
    origin = PaperOrigin(source_uid=order.uid, branch=branch, issued_by=issued_by)
    paper = issue_paper(draft=guia_draft(order, branch, at=at), origin=origin, at=at)
    if order.receiver is not None and not paper.is_repeated:
        keep_buyer(order.receiver, at=at)
    return paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Who gets goods sold at a till, and who drives them away in what."""

    receiver: Receiver
    plate: str
    driver: Rut
    driver_name: str

    def transport(self) -> Transport:
        """State the journey: who buys at a counter carries it away."""
        return Transport(
            carrier=self.receiver.rut,
            plate=self.plate,
            driver=self.driver,
            driver_name=self.driver_name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleGuia:
    """A guía of goods sold on credit at a till; its lines have the till's gross prices."""

    source_uid: UUID
    delivery: Delivery
    lines: tuple[PaperLine, ...]


def issue_sale_guia(*, order: SaleGuia, branch: Branch, at: datetime) -> IssuedPaper:
    """Issue the guía of a sale in its transaction, and remember who got the goods.

    Its factura follows within the month. Call it last, as `issue_boleta`. Raises PaperRefused
    before a folio is taken, CafExhausted.
    Source: DL 825 de 1974, art. 55: goods may go out with a guía and be invoiced until the tenth
    day of the month after.
    """
    draft = Draft(
        kind=DocumentType.GUIA,
        issuer=trade_issuer(branch),
        receiver=order.delivery.receiver,
        lines=tuple(sold_line(line) for line in order.lines),
        issue_date=local_date(at),
        price_basis=PriceBasis.GROSS,
        dispatch=DispatchKind.BY_RECEIVER,
        transfer_reason=TransferReason.SALE,
        transport=order.delivery.transport(),
    )
    paper = stamp_paper(
        prepare_paper(draft, at=at), PaperOrigin(source_uid=order.source_uid, branch=branch), at=at
    )
    keep_buyer(order.delivery.receiver, at=at)
    return paper


def guia_draft(order: GuiaOrder, branch: Branch, *, at: datetime) -> Draft:
    """Draft a guía; pure, so that a screen can show it before a folio is taken."""
    return Draft(
        kind=DocumentType.GUIA,
        issuer=trade_issuer(branch),
        receiver=order.receiver or own_receiver(order.destination or branch),
        lines=tuple(trade_line(line) for line in order.lines),
        issue_date=local_date(at),
        references=order.references,
        dispatch=order.dispatch,
        transfer_reason=order.reason,
        transport=order.transport,
    )


def own_receiver(destination: Branch) -> Receiver:
    """Return the company as the receiver of its own goods, at one of its branches."""
    company = destination.company
    return Receiver(
        rut=Rut.parse(company.rut),
        name=company.name,
        giro=company.business,
        address=destination.address,
        commune=destination.commune,
        city=destination.city,
    )
