"""What the till's room can do with a paper of a sale, for the room below that shows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from dte.codes import DocumentType
from erpmarket.accounts.permissions import ISSUE_PAPERS, SELL
from erpmarket.fiscal.nota_queries import list_related
from erpmarket.pos.models import Sale
from erpmarket.pos.queries import factura_uid

if TYPE_CHECKING:
    from erpmarket.fiscal.models import IssuedDocument


def list_sale_deeds(paper: "IssuedDocument") -> Sequence[tuple[str, str, str]]:
    """List words, address and verb of what can be done with a sale's paper; none for others.

    `fiscal` asks through settings.SALE_DEEDS.
    """
    sale = find_sale_of(paper)
    if sale is None:
        return ()
    found = [("Devolver o anular", reverse("pos:return", args=[sale.uid]), SELL)]
    if paper.source_uid == sale.uid:
        words = "Factura por esta boleta"
        found.append((words, reverse("pos:invoice", args=[sale.uid]), ISSUE_PAPERS))
    return found


def find_sale_of(paper: "IssuedDocument") -> Sale | None:
    """Find the sale of a boleta, or of the factura that one became."""
    sale: Sale | None = Sale.objects.filter(uid=paper.source_uid).first()
    if sale is not None or paper.kind not in (DocumentType.FACTURA, DocumentType.FACTURA_EXENTA):
        return sale
    sources = [found.row.source_uid for found in list_related(paper.id) if found.is_target]
    for row in Sale.objects.filter(uid__in=sources):
        if factura_uid(row.uid) == paper.source_uid:
            return row  # type: ignore[no-any-return]  # rows of the manager are untyped
    return None
