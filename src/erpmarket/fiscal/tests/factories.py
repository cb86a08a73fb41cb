"""Papers, built with the real actions. Call inside the shop's company scope."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import issue_boleta
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.store_certificate import store_certificate
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.fiscal.models import IssuedDocument, Submission, SubmissionState
from erpmarket.tenancy.models import Branch

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SIGNER = "12345678-5"
PFX_PASSWORD = "clave-de-prueba"
_EVENTS = {
    SubmissionState.ACCEPTED: EventName.ACCEPTED,
    SubmissionState.ACCEPTED_WITH_REMARKS: EventName.ACCEPTED_WITH_REMARKS,
    SubmissionState.REJECTED: EventName.REJECTED,
}


def make_folios(
    shop: Any, office: Any, *, kind: int = 39, quantity: int = 200, at: datetime = AT
) -> None:
    xml = office.issue_caf(
        rut=shop.rut,
        name=shop.shop_name,
        kind=kind,
        quantity=quantity,
        authorized_on=date(2026, 1, 2),
    )
    load_caf(xml=xml, at=at)


def make_certificate(office: Any, *, valid_to: datetime | None = None, at: datetime = AT) -> None:
    pfx = office.issue_certificate(
        rut=SIGNER,
        name="Rosa Núñez Soto",
        password=PFX_PASSWORD,
        valid_from=at - timedelta(days=90),
        valid_to=valid_to or at + timedelta(days=400),
    )
    store_certificate(pfx=pfx, password=PFX_PASSWORD, at=at)


def make_document(
    shop: Any,
    *,
    price_clp: int = 1190,
    quantity: str = "2",
    unit: str = "un",
    is_exempt: bool = False,
    at: datetime = AT,
    uid: UUID | None = None,
) -> IssuedDocument:
    line = PaperLine(
        code="A1",
        name="Leche entera Colún 1 L",
        quantity=Decimal(quantity),
        unit=unit,
        price_clp=price_clp,
        discount_clp=0,
        is_exempt=is_exempt,
    )
    return issue_boleta(
        source_uid=uid or uuid7(),
        branch=Branch.objects.get(id=shop.branch_id),
        lines=[line],
        at=at,
    ).row


def settle(
    document: IssuedDocument, state: SubmissionState, *, words: str = "", at: datetime = AT
) -> None:
    """Let the SII have said its word about a paper, as the worker writes it down."""
    Submission.objects.filter(document_id=document.id).update(state=state, words=words, final_at=at)
    append_events(
        [
            Happening(
                name=_EVENTS[state],
                words=words or "Sin reparos.",
                document_id=document.id,
                answer=b"{'estado': 'X'}",
            )
        ],
        at=at,
    )
