"""Read documents that others wrote, without trusting them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from dte.codes import DocumentType, PaymentMeans
from dte.document import Issuer, Line, Receiver, Reference, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document as its XML says it. Each line carries its MontoItem as `fixed_amount_clp`.

    `ted` is the flat stamp in ISO-8859-1 (what the PDF417 holds); `stamped_at` is Chilean local
    time, naive, as written.
    """

    kind: DocumentType
    folio: int
    issue_date: date
    issuer: Issuer
    receiver: Receiver
    totals: Totals
    lines: tuple[Line, ...]
    references: tuple[Reference, ...]
    payment_means: PaymentMeans | None
    ted: bytes = field(repr=False)
    stamped_at: datetime


def read_document(xml: bytes) -> ReadDocument:
    """Read a `<DTE>`; without XML declaration it is taken as ISO-8859-1. Raises XmlRefused."""
    raise NotImplementedError
