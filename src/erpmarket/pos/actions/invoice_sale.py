"""Turn the boleta of a sale into a factura, also days later: no money moves."""

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from dte.codes import DocumentType
from dte.document import Receiver
from erpmarket.fiscal.actions.issue_factura import InvoiceOrder, invoice_boleta
from erpmarket.fiscal.actions.issue_paper import StampedPaper
from erpmarket.fiscal.queries import find_paper
from erpmarket.pos.errors import SoldWithFactura, VoucherIsBoleta
from erpmarket.pos.means import factura_means
from erpmarket.pos.queries import factura_uid, get_sale, list_payments


@transaction.atomic
def invoice_sale(
    *, sale_uid: UUID, receiver: Receiver, issued_by: int | None, at: datetime
) -> tuple[StampedPaper, StampedPaper]:
    """Issue the factura of a sale and annul its boleta; asked again, the same two come back.

    The sale's payments, cash rounding included, belong to the factura from then on: its total is
    the boleta's to the peso. Raises Sale.DoesNotExist for strangers, VoucherIsBoleta,
    SoldWithFactura and what `invoice_boleta` raises.
    """
    sale = get_sale(sale_uid)
    boleta = find_paper(sale_uid)
    if boleta is None:
        raise VoucherIsBoleta
    if not DocumentType(boleta.kind).is_boleta:
        raise SoldWithFactura(folio=boleta.folio)
    order = InvoiceOrder(
        boleta_id=boleta.id,
        factura_uid=factura_uid(sale_uid),
        nota_uid=uuid5(sale_uid, "nota"),
        receiver=receiver,
        means=factura_means({payment.kind for payment in list_payments(sale.id)}),
        issued_by=issued_by,
    )
    return invoice_boleta(order=order, at=at)
