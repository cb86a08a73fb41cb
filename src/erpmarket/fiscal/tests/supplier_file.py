"""The EnvioDTE of a supplier, made with the real actions; for tests inside a transaction."""

from datetime import datetime
from typing import Any

from dte.certificate import load_certificate
from dte.codes import PaymentForm
from dte.document import Receiver
from dte.envelope import Cover, pack_documents
from dte.rut import Rut
from dte.signer import sign_document
from erpmarket.fiscal.tests.factories import AT
from erpmarket.fiscal.tests.trade_factories import (
    factura_order,
    make_factura,
    make_trader,
    trade_item,
)
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope


def make_supplier_file(
    supplier: Any, customer: Any, office: Any, *, names: tuple[str, ...], at: datetime = AT
) -> bytes:
    """Let one shop issue a factura per name to the other, all in one signed envelope."""
    receiver = Receiver(
        rut=Rut.parse(customer.rut),
        name=customer.shop_name,
        giro="Almacén",
        address="Los Aromos 12",
        commune="Ñuñoa",
        city="Santiago",
    )
    pfx = office.issue_certificate(rut="12345678-5", name="Vicente Lara", password="clave")
    certificate = load_certificate(pfx, "clave")
    with company_scope(supplier.company_id):
        branch = make_trader(supplier, office, kinds=(33,))
        company = get_company()
        signed = [
            sign_document(
                bytes(
                    make_factura(
                        branch,
                        factura_order(
                            trade_item(name), receiver=receiver, payment=PaymentForm.CREDIT
                        ),
                        at=at,
                    ).row.xml
                ),
                certificate,
            )
            for name in names
        ]
    cover = Cover(
        issuer=Rut.parse(supplier.rut),
        sender=certificate.rut,
        resolution_date=company.resolution_date,
        resolution_number=company.resolution_number,
        receiver=receiver.rut,
    )
    return pack_documents(signed, cover, certificate, certificate.valid_from, "Envio1")
