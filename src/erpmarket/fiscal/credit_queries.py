"""The VAT credit of a month: which received documents give it, which wait, which give none.

A factura gives credit from when it was accepted, or its eight days ended without a claim; a nota
from when it came. Source: DL 825 de 1974, Art. 23 N° 7 and Art. 24; Ley 19.983, Art. 3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Q

from dte.codes import DocumentType
from dte.sii.claim_rules import claim_deadline
from dte.sii.claims import CLAIMABLE
from erpmarket.common.clock import local_date
from erpmarket.fiscal.books_models import CreditMark, CreditReason
from erpmarket.fiscal.exchange_models import ReceivedDocument
from erpmarket.fiscal.words import paper_name, paper_words

CREDIT_KINDS: Final = (
    DocumentType.FACTURA,
    DocumentType.LIQUIDACION,
    DocumentType.NOTA_DEBITO,
    DocumentType.NOTA_CREDITO,
)
# Source: Formulario 29, créditos: facturas recibidas, notas de crédito y de débito recibidas.
_CODES: Final = {
    DocumentType.FACTURA: "520",
    DocumentType.NOTA_CREDITO: "528",
    DocumentType.NOTA_DEBITO: "532",
}
_CLAIMS: Final = frozenset({"RCD", "RFP", "RFT"})
_CLAIMABLE: Final = frozenset(int(kind) for kind in CLAIMABLE)
# A factura gives credit in the month of its date or one of the two after it.
# Source: DL 825 de 1974, Art. 24, inciso tercero.
_LATE_MONTHS: Final = 2
# Nobody hears of a document from the SII later than its answers are waited for.
_LOOK_BACK: Final = timedelta(days=60)


class CreditState(StrEnum):
    """How a received document stands towards the credit of a month."""

    COUNTS = "counts"
    WAITS = "waits"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditDocument:
    """A received document in the figures of a month; a nota de crédito takes away, in pesos."""

    row: ReceivedDocument
    state: CreditState
    words: str
    vat_clp: int
    net_clp: int

    @property
    def name(self) -> str:
        """The document as a list names it."""
        return paper_words(self.row.kind, self.row.folio)

    @property
    def tone(self) -> str:
        """Tone of the chip."""
        return {"counts": "ok", "waits": "info", "excluded": "plain"}[self.state]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """VAT of received papers of one type, in pesos; a nota de crédito takes away."""

    words: str
    code: str
    kind: int
    count: int
    net_clp: int
    vat_clp: int


def list_credit_documents(
    *, environment: str, first: date, until: date, at: datetime
) -> tuple[CreditDocument, ...]:
    """List what was received with VAT and belongs to a month, by supplier's date.

    What waits belongs to the month of its own date.
    """
    begins = first - _LOOK_BACK
    rows = list(
        ReceivedDocument.objects.filter(
            Q(received_at__date__gte=begins)
            | Q(sii_received_at__date__gte=begins)
            | Q(issue_date__gte=begins),
            environment=environment,
            state=0,
            kind__in=[int(kind) for kind in CREDIT_KINDS],
            vat_clp__gt=0,
            issue_date__lt=until,
        ).order_by("issue_date", "id")
    )
    marks = find_credit_marks([row.id for row in rows])
    return tuple(
        document
        for row in rows
        if (document := _judge(row, marks.get(row.id), at)) is not None
        and first <= _month_day(document, at) < until
    )


def sum_credit(documents: Sequence[CreditDocument]) -> tuple[CreditLine, ...]:
    """Add up by type what counts."""
    return tuple(_lines([row for row in documents if row.state is CreditState.COUNTS]))


def find_credit_marks(document_ids: Sequence[int]) -> Mapping[int, CreditReason]:
    """Map documents to why their VAT is no credit, by a person's last word."""
    rows = CreditMark.objects.filter(document_id__in=document_ids).order_by("id")
    found = {row.document_id: CreditReason(row.reason) for row in rows}
    return {key: reason for key, reason in found.items() if reason is not CreditReason.YES}


def counts_on(row: ReceivedDocument, at: datetime) -> date | None:
    """Tell from which day a document counts; None while it cannot be told."""
    if row.kind not in _CLAIMABLE:
        return local_date(row.received_at)
    deadline = None if row.sii_received_at is None else claim_deadline(row.sii_received_at)
    # Who accepts after the eight days changes nothing: it counts since they ended.
    ends = [each for each in (row.accepted_at, deadline) if each is not None and each <= at]
    return local_date(min(ends)) if ends else None


def credit_document(row: ReceivedDocument, at: datetime) -> CreditDocument | None:
    """Say how one document stands; None for one without VAT or not taken in."""
    if row.state or not row.vat_clp or row.kind not in [int(kind) for kind in CREDIT_KINDS]:
        return None
    return _judge(row, find_credit_marks([row.id]).get(row.id), at)


def _judge(row: ReceivedDocument, mark: CreditReason | None, at: datetime) -> CreditDocument:
    sign = -1 if row.kind == DocumentType.NOTA_CREDITO else 1
    state, words = _state(row, mark, at)
    return CreditDocument(
        row=row, state=state, words=words, vat_clp=sign * row.vat_clp, net_clp=sign * row.net_clp
    )


def _state(
    row: ReceivedDocument, mark: CreditReason | None, at: datetime
) -> tuple[CreditState, str]:
    if set(row.said) & _CLAIMS:
        return CreditState.EXCLUDED, "Reclamada"
    if "NCA" in row.said:
        return CreditState.EXCLUDED, "Anulada por el emisor"
    if mark is not None:
        return CreditState.EXCLUDED, mark.label
    day = counts_on(row, at)
    if day is None:
        words = "El SII aún no la tiene" if row.sii_received_at is None else "Dentro de los 8 días"
        return CreditState.WAITS, words
    is_nota = row.kind == DocumentType.NOTA_CREDITO
    if not is_nota and _months_between(row.issue_date, day) > _LATE_MONTHS:
        return CreditState.EXCLUDED, "Llegó fuera de plazo"
    return CreditState.COUNTS, "Cuenta"


def _month_day(document: CreditDocument, at: datetime) -> date:
    """Give the day that says which month a document is shown in."""
    row = document.row
    return counts_on(row, at) or row.issue_date


def _months_between(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _lines(rows: Sequence[CreditDocument]) -> Iterator[CreditLine]:
    for kind in CREDIT_KINDS:
        found = [row for row in rows if row.row.kind == kind]
        if found:
            yield CreditLine(
                words=paper_name(kind),
                code=_CODES.get(kind, ""),
                kind=int(kind),
                count=len(found),
                net_clp=sum(row.net_clp for row in found),
                vat_clp=sum(row.vat_clp for row in found),
            )
