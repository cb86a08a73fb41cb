"""Issue a guía de despacho (52): goods on the move, sold or not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from dte.codes import DispatchKind, DocumentType, TransferReason
from dte.document import Draft, Receiver, Reference, Transport
from dte.rut import Rut
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.issue_document import PaperOrigin
from erpmarket.fiscal.actions.issue_paper import StampedPaper, issue_paper
from erpmarket.fiscal.actions.keep_buyer import keep_buyer
from erpmarket.fiscal.draft_maps import TradeLine, trade_issuer, trade_line
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
