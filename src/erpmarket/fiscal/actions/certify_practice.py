"""In the demo: the envelope that the SII sends to be answered, made and signed like a real one."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Final

from dte.build import build
from dte.caf import load_caf
from dte.certificate import load_certificate
from dte.codes import DocumentType, PaymentForm
from dte.document import Draft, Issuer, Line, PaymentTerms, Receiver
from dte.envelope import Cover, pack_documents
from dte.errors import DteError
from dte.rut import Rut
from dte.signer import sign_document
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.certify_rehearsal import ask_simulator, find_rehearsal, order_folios
from erpmarket.fiscal.actions.certify_start import CertificationRefused
from erpmarket.fiscal.actions.issue_guia import own_receiver
from erpmarket.tenancy.models import Branch

_SIGNER: Final = Rut.parse("11111111-1")
_ISSUER: Final = Issuer(
    rut=Rut.parse("88888888-8"),
    name="Proveedor de práctica",
    giro="Ventas de ensayo",
    activities=(463000,),
    address="Teatinos 120",
    commune="Santiago",
    city="Santiago",
)
_GOODS: Final = (("Harina de práctica", 12, 990), ("Aceite de práctica", 6, 2490))


def make_practice_envelope(*, at: datetime) -> bytes:
    """Make an EnvioDTE with a factura per good, made out to the bound company; nothing is stored.

    Folios and certificate are those of a supplier that only the simulated SII knows. Raises
    CertificationRefused (no_run outside a rehearsal, no_folios without that SII, those of `dte`).
    """
    run = find_rehearsal(
        "El envío de práctica es solo para la demostración. Sube el XML que te dio el SII."
    )
    branch = Branch.objects.select_related("company").order_by("id").first()
    assert branch is not None, "a company is founded with its first branch"
    password = secrets.token_urlsafe()
    pfx = ask_simulator(
        "certificado",
        {"rut": str(_SIGNER), "name": "Persona de práctica", "password": password},
        words="El SII simulado no dio un certificado. Revisa que esté en marcha y prueba otra vez.",
    )
    caf = order_folios(
        rut=str(_ISSUER.rut),
        name=_ISSUER.name,
        kind=DocumentType.FACTURA,
        quantity=len(_GOODS),
    )
    try:
        certificate, folios = load_certificate(pfx, password), load_caf(caf)
        receiver = own_receiver(branch)
        signed = [
            sign_document(
                build(draft=draft, folio=folios.first + number, caf=folios, at=at).xml, certificate
            )
            for number, draft in enumerate(_drafts(receiver, at))
        ]
        cover = Cover(
            issuer=_ISSUER.rut,
            sender=_SIGNER,
            resolution_date=run.resolution_date,
            resolution_number=run.resolution_number,
            receiver=receiver.rut,
        )
        return pack_documents(signed, cover, certificate, at, "Practica", check=True)
    except DteError as error:
        raise CertificationRefused(reason=error.code, words=error.message) from error


def _drafts(receiver: Receiver, at: datetime) -> list[Draft]:
    return [
        Draft(
            kind=DocumentType.FACTURA,
            issuer=_ISSUER,
            receiver=receiver,
            lines=(
                Line(name=name, unit="un", quantity=Decimal(count), unit_price=Decimal(price_clp)),
            ),
            issue_date=local_date(at),
            payment_terms=PaymentTerms(form=PaymentForm.CREDIT),
        )
        for name, count, price_clp in _GOODS
    ]
