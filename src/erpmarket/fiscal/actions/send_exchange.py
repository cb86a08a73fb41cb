"""Send a document to its receiver's exchange address, as an EnvioDTE of its own."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid5

from django.db import transaction

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.envelopes import BOLETA_KINDS
from erpmarket.fiscal.actions.exchange_jobs import JobWish, wish
from erpmarket.fiscal.exchange_models import ExchangeJob, JobKind
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.notifications.actions.outbox import check_address


class NotExchanged(DomainError):
    code: ClassVar[str] = "not_exchanged"

    @property
    def message(self) -> str:
        return "Una boleta no se intercambia entre empresas. Envíala con «Enviar por correo»."


@transaction.atomic
def send_exchange(document: IssuedDocument, *, to: str, uid: UUID, at: datetime) -> ExchangeJob:
    """Ask the worker to send a factura, nota or guía; the same `uid` again is one mail.

    It is another one to another address. It leaves once the SII accepted the document. Raises
    BadAddress and NotExchanged.
    """
    check_address(to)
    if document.kind in BOLETA_KINDS:
        raise NotExchanged
    own = uuid5(uid, f"{document.id} {to}")
    return wish(JobWish(kind=JobKind.SEND, issued=document, recipient=to, uid=own), at=at)
