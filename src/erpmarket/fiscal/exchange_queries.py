"""Reads of what suppliers sent: the list, one document with its clock, what is about to be late."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connections
from django.urls import reverse

from dte.errors import DteError
from dte.exchange import EnvelopeReception
from dte.sii.claim_rules import claim_deadline
from dte.sii.claims import CLAIMABLE
from dte.xml.parse import parse_xml
from dte.xml.read import ReadDocument, find_documents, read_element
from erpmarket.fiscal.exchange_models import (
    ExchangeEvent,
    ExchangeJob,
    JobState,
    ReceivedDocument,
    ReceivedFile,
)
from erpmarket.fiscal.models import Buyer
from erpmarket.fiscal.words import paper_words
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.queries import get_company

logger = logging.getLogger(__name__)

LIST_LIMIT: Final = 200
BAD_FILES_LIMIT: Final = 20
WARN_BEFORE: Final = timedelta(days=2)
# Nobody can claim after this, whenever the SII got it: no need to look at older ones.
_LOOK_BACK: Final = timedelta(days=40)
_DUE_COMPANIES = """
SELECT DISTINCT company_id FROM fiscal_exchangejob
 WHERE state = 'pending' AND available_at <= %(at)s
   AND (lease_until IS NULL OR lease_until < %(at)s)
 ORDER BY company_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimClock:
    """How long a document can still be claimed; `is_sure` when the SII told when it got it.

    `hours_left` is rounded down, negative when it is over.
    """

    deadline: datetime
    hours_left: int
    is_sure: bool

    @property
    def is_over(self) -> bool:
        return self.hours_left < 0

    @property
    def days_left(self) -> int:
        return max(self.hours_left, 0) // 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """A received document as the list shows it; `clock` while somebody must look at it."""

    row: ReceivedDocument
    words: str
    tone: str
    state_words: str
    clock: ClaimClock | None


def list_received(at: datetime) -> tuple[ReceivedLine, ...]:
    """List the latest documents that suppliers sent, the newest first."""
    rows = ReceivedDocument.objects.filter(environment=get_company().environment)
    return tuple(
        received_line(row, at) for row in rows.order_by("-received_at", "-id")[:LIST_LIMIT]
    )


def list_bad_files() -> Sequence[ReceivedFile]:
    """List the latest files that were not taken in, with the reason."""
    rows = ReceivedFile.objects.filter(environment=get_company().environment).defer("raw")
    bad = rows.exclude(state=EnvelopeReception.ACCEPTED)
    return list(bad.order_by("-received_at", "-id")[:BAD_FILES_LIMIT])


def get_received(received_id: int) -> ReceivedDocument:
    """Return a received document; raises ReceivedDocument.DoesNotExist."""
    found: ReceivedDocument = ReceivedDocument.objects.select_related("file").get(id=received_id)
    return found


def read_received(row: ReceivedDocument) -> ReadDocument:
    """Read a document out of the file it came in."""
    return read_element(find_documents(parse_xml(bytes(row.file.raw)))[row.position])


def find_received_paper(row: ReceivedDocument) -> ReadDocument | None:
    """Read a document out of its file; None when the stored file cannot be read any more."""
    try:
        return read_received(row)
    except (DteError, IndexError):
        logger.exception("fiscal.received.unreadable", extra={"document": row.id})
        return None


def list_exchange_events(row: ReceivedDocument) -> Sequence[ExchangeEvent]:
    """List what happened to a document and its file, the oldest first."""
    of_both = ExchangeEvent.objects.filter(document_id=row.id) | ExchangeEvent.objects.filter(
        file_id=row.file_id
    )
    return list(of_both.order_by("id"))


def list_open_jobs(row: ReceivedDocument) -> Sequence[ExchangeJob]:
    """List what is still to be done or could not be done for a document or its file."""
    of_both = ExchangeJob.objects.filter(document_id=row.id) | ExchangeJob.objects.filter(
        file_id=row.file_id
    )
    return list(of_both.exclude(state=JobState.DONE).defer("output").order_by("id"))


def received_line(row: ReceivedDocument, at: datetime) -> ReceivedLine:
    """Say how a document stands."""
    tone, words = _standing(row, at)
    return ReceivedLine(
        row=row,
        words=paper_words(row.kind, row.folio),
        tone=tone,
        state_words=words,
        clock=claim_clock(row, at),
    )


def claim_clock(row: ReceivedDocument, at: datetime) -> ClaimClock | None:
    """Tell how long a document can be claimed; None when there is nothing to claim or it is done.

    Until the SII says when it got the document, the days count from when it came to us.
    """
    if row.state != 0 or row.kind not in CLAIMABLE or row.said:
        return None
    starts = row.sii_received_at or row.received_at
    deadline = claim_deadline(starts)
    return ClaimClock(
        deadline=deadline,
        hours_left=(deadline - at) // timedelta(hours=1),
        is_sure=row.sii_received_at is not None,
    )


def list_companies_with_exchange_due(at: datetime) -> Sequence[int]:
    """List the companies with work of the exchange; needs the `sys` role, outside any scope."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(_DUE_COMPANIES, {"at": at})
        return [row[0] for row in cursor.fetchall()]


def exchange_troubles(at: datetime) -> tuple[Trouble, ...]:
    """Tell which facturas count as accepted soon, because nobody has said anything."""
    rows = ReceivedDocument.objects.filter(
        environment=get_company().environment,
        state=0,
        kind__in=[int(kind) for kind in CLAIMABLE],
        said=[],
        received_at__gt=at - _LOOK_BACK,
    )
    clocks = [claim_clock(row, at) for row in rows]
    late = [one for one in clocks if one is not None and not one.is_over]
    soon = [one for one in late if one.deadline - at <= WARN_BEFORE]
    if not soon:
        return ()
    count = len(soon)
    one = count == 1
    return (
        Trouble(
            kind="exchange.deadline",
            level=Level.WARNING,
            title="Una factura por vencer" if one else f"{count} facturas por vencer",
            words=(
                f"{'A una factura' if one else f'A {count} facturas'} de tus proveedores le"
                f"{'' if one else 's'} quedan 2 días o menos: después se entiende"
                f"{'' if one else 'n'} aceptada{'' if one else 's'}. Mira si llegó lo que dice"
                f"{'' if one else 'n'}, y acepta o reclama."
            ),
            link=reverse("fiscal:received"),
            roles=(Role.OWNER, Role.ACCOUNTANT),
        ),
    )


def _standing(row: ReceivedDocument, at: datetime) -> tuple[str, str]:
    if row.state:
        return "danger", "No recibido"
    said = set(row.said)
    if said & {"RCD", "RFP", "RFT"}:
        return "warn", "Reclamado"
    if "ACD" in said:
        return "ok", "Aceptado"
    if "ERM" in said:
        return "ok", "Con recibo"
    if said & {"NCA"}:
        return "plain", "Anulado por el emisor"
    clock = claim_clock(row, at)
    if clock is None:
        return "plain", "Recibido"
    if clock.is_over:
        return "plain", "Aceptado por plazo"
    return ("warn", "Por vencer") if clock.deadline - at <= WARN_BEFORE else ("info", "Por revisar")


def find_exchange_address(rut: str) -> str:
    """Find where a customer takes documents in, as the last document named it; may be empty."""
    row = Buyer.objects.filter(rut=rut).first()
    return "" if row is None else row.email
