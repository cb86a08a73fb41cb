"""What the till's room can do with a paper of a sale, for the room below that shows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from dte.codes import DocumentType, ReferenceReason
from erpmarket.accounts.permissions import ISSUE_PAPERS, SELL
from erpmarket.customers.queries import find_customer
from erpmarket.fiscal.guias import way_of_guia
from erpmarket.fiscal.nota_queries import list_notas, list_related
from erpmarket.fiscal.words import buyer_name
from erpmarket.pos.models import Sale
from erpmarket.pos.queries import factura_uid, list_sale_lines, sum_returned

if TYPE_CHECKING:
    from erpmarket.customers.models import Customer
    from erpmarket.fiscal.models import IssuedDocument


def list_sale_deeds(paper: "IssuedDocument") -> Sequence[tuple[str, str, str]] | None:
    """List words, address and verb of what can be done with a sale's paper; None for others.

    `fiscal` asks through settings.SALE_DEEDS, of papers that no nota annulled.
    """
    sale = find_sale_of(paper)
    if sale is None:
        return None
    found = []
    if has_goods_left(sale):
        found.append(("Devolver o anular", reverse("pos:return", args=[sale.uid]), SELL))
    if can_be_invoiced(sale, paper):
        words = "Factura por esta boleta"
        found.append((words, reverse("pos:invoice", args=[sale.uid]), ISSUE_PAPERS))
    return found


def list_sale_notes(paper: "IssuedDocument") -> Sequence[str]:
    """List what to know of a sale's guía: that somebody else owes it than got the goods.

    `fiscal` asks through settings.SALE_NOTES.
    """
    sale = find_sale_of(paper) if paper.kind == DocumentType.GUIA else None
    debtor = None if sale is None or sale.customer_id is None else find_customer(sale.customer_id)
    if debtor is None or _is_same_person(debtor, paper):
        return ()
    name = buyer_name(paper.receiver_rut, paper.receiver_name)
    words = (
        f"Esta venta quedó fiada en la cuenta de {debtor.name}, y la guía va a nombre de {name}."
        " Pregunta quién paga antes de facturar: la factura no cambia la cuenta."
    )
    return (words,)


def _is_same_person(debtor: "Customer", paper: "IssuedDocument") -> bool:
    if debtor.rut:
        return bool(debtor.rut == paper.receiver_rut)
    return debtor.name.casefold() == paper.receiver_name.casefold()


def has_goods_left(sale: Sale) -> bool:
    """Say whether something of a sale may still come back."""
    returned = sum_returned(sale.id)
    return any(line.quantity > returned.get(line.position, 0) for line in list_sale_lines(sale.id))


def words_against_return(paper: "IssuedDocument | None") -> str:
    """Say why a sale with this paper cannot be returned, and what to do; nothing when it can."""
    return way_of_guia(paper) if paper is not None and paper.kind == DocumentType.GUIA else ""


def can_be_invoiced(sale: Sale, paper: "IssuedDocument") -> bool:
    """Say whether a sale's boleta may still become a factura: no nota has touched it."""
    if paper.source_uid != sale.uid or not DocumentType(paper.kind).is_boleta:
        return False
    return all(
        nota.correction.reason is ReferenceReason.CORRECTS_TEXT for nota in list_notas(paper.id)
    )


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
