"""Correct a document with another: notas de crédito (61) and de débito (56).

Every action locks the document it corrects, so that two clerks never take back more than it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from dte.build import Prepared
from dte.codes import DocumentType, PriceBasis, ReferenceReason
from dte.document import Draft, Line, Reference
from dte.errors import DteError
from dte.kinds.nota import Correction, check_correction
from dte.law import Norm, newest_number
from dte.xml.read import ReadDocument
from erpmarket.common.clock import local_date
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.issue_document import (
    PaperOrigin,
    PaperRefused,
    prepare_paper,
)
from erpmarket.fiscal.actions.issue_paper import (
    PaperConflict,
    StampedPaper,
    find_repeated,
    stamp_trade_paper,
)
from erpmarket.fiscal.corrections import (
    LeftLine,
    Part,
    condensed,
    credited_vat,
    left_lines,
    marked_lines,
    refund_line,
)
from erpmarket.fiscal.draft_maps import TradeLine, trade_issuer, trade_line
from erpmarket.fiscal.models import CorrectedLine, IssuedDocument
from erpmarket.fiscal.nota_queries import (
    Nota,
    is_rejected,
    list_notas,
    lock_document,
    read_paper,
    refers_to,
    taken_back,
)
from erpmarket.fiscal.words import paper_words

_CREDITED = frozenset(
    {
        DocumentType.FACTURA,
        DocumentType.FACTURA_EXENTA,
        DocumentType.BOLETA,
        DocumentType.BOLETA_EXENTA,
    }
)
MAX_LINES = newest_number(Norm.FACTURA_LINES)


@dataclass(kw_only=True, eq=False)
class CorrectionRefused(DomainError):
    """The document cannot be corrected like that; `reason` is stable.

    Reasons: document_rejected, not_correctable, over_return, nothing_left, no_lines.
    """

    reason: str
    words: str

    code: ClassVar[str] = "correction_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class NotaOrder:
    """Who corrects which document, and why; `uid` is the form's own."""

    uid: UUID
    document_id: int
    reason: str
    issued_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A locked document with all that its notas say."""

    row: IssuedDocument
    paper: ReadDocument
    notas: Sequence[Nota]

    @property
    def words(self) -> str:
        return paper_words(self.row.kind, self.row.folio)

    @property
    def credits(self) -> Sequence[Nota]:
        """The partial credits among its notas."""
        return [
            nota
            for nota in self.notas
            if nota.correction.reason is ReferenceReason.CORRECTS_AMOUNTS
            and nota.correction.kind == DocumentType.NOTA_CREDITO
        ]


@transaction.atomic
def annul_document(*, order: NotaOrder, at: datetime) -> StampedPaper:
    """Annul a document with one nota: 61, or 56 when it is itself a nota de crédito.

    The same uid twice is the same nota. Raises CorrectionRefused, PaperRefused (also when it is
    annulled already, or has notas of its own) and CafExhausted.
    """
    case, known = _open(order)
    if known is not None:
        return known
    return _annul(case, order, at=at)


@transaction.atomic
def credit_lines(*, order: NotaOrder, parts: Sequence[Part], at: datetime) -> StampedPaper:
    """Credit quantities of a document's lines with a 61; everything at once annuls it.

    The same uid twice is the same nota. Raises CorrectionRefused, PaperRefused and CafExhausted.
    """
    case, known = _open(order)
    if known is not None:
        return known
    if case.paper.kind not in _CREDITED:
        _refuse_kind(case)
    chosen = _choose(case, parts)
    is_whole = not case.credits and all(part == left.left for left, part, _ in chosen)
    if is_whole and len(chosen) == len(_left(case, parts)) and not _has_amounts(case):
        return _annul(case, order, at=at, parts=parts)
    lines = tuple(refund_line(left, quantity, amount) for left, quantity, amount in chosen)
    draft = _draft(
        case, order, DocumentType.NOTA_CREDITO, ReferenceReason.CORRECTS_AMOUNTS, lines, at=at
    )
    affected = sum(amount for left, _, amount in chosen if left.line.exemption is None)
    draft = replace(draft, vat_clp=_share_of_vat(case, affected))
    return _stamp(case, order, draft, chosen=chosen, at=at)


@transaction.atomic
def correct_text(*, order: NotaOrder, wrong: str, right: str, at: datetime) -> StampedPaper:
    """Correct what a document says with a 61 of $0: «donde dice …, debe decir …».

    The same uid twice is the same nota. Raises CorrectionRefused, PaperRefused and CafExhausted.
    """
    case, known = _open(order)
    if known is not None:
        return known
    if case.paper.kind not in _CREDITED:
        _refuse_kind(case)
    words = f"Donde dice: {wrong}. Debe decir: {right}"
    line = Line(name="Corrige texto", description=words, fixed_amount_clp=0)
    draft = _draft(
        case, order, DocumentType.NOTA_CREDITO, ReferenceReason.CORRECTS_TEXT, (line,), at=at
    )
    return _stamp(case, order, draft, at=at)


@transaction.atomic
def raise_amounts(*, order: NotaOrder, lines: Sequence[TradeLine], at: datetime) -> StampedPaper:
    """Charge more on a document with a 56; prices are on the document's own basis.

    The same uid twice is the same nota. Raises CorrectionRefused, PaperRefused and CafExhausted.
    """
    case, known = _open(order)
    if known is not None:
        return known
    if case.paper.kind not in _CREDITED:
        _refuse_kind(case)
    exempt = case.paper.kind.is_wholly_exempt
    drawn = tuple(trade_line(replace(line, is_exempt=line.is_exempt or exempt)) for line in lines)
    draft = _draft(
        case, order, DocumentType.NOTA_DEBITO, ReferenceReason.CORRECTS_AMOUNTS, drawn, at=at
    )
    return _stamp(case, order, draft, at=at)


def _open(order: NotaOrder) -> tuple[_Case, StampedPaper | None]:
    """Lock the uid and the document, in this order; a known uid is answered with its nota."""
    known = find_repeated(order.uid)
    row = lock_document(order.document_id)
    case = _Case(row=row, paper=read_paper(row), notas=list_notas(row.id))
    if known is not None:
        if not refers_to(known.id, row.id):
            raise PaperConflict(kind=known.kind, folio=known.folio)
        return case, StampedPaper(row=known, is_repeated=True)
    if is_rejected(row.id):
        raise CorrectionRefused(
            reason="document_rejected",
            words=f"El SII rechazó {case.words}: para él no existe y no hay nada que corregir con"
            " una nota. Ábrelo en Documentos y corrígelo ahí.",
        )
    return case, None


def _annul(
    case: _Case, order: NotaOrder, *, at: datetime, parts: Sequence[Part] = ()
) -> StampedPaper:
    kind = DocumentType.NOTA_CREDITO
    if case.paper.kind == DocumentType.NOTA_CREDITO:
        kind = DocumentType.NOTA_DEBITO
    elif case.paper.kind not in _CREDITED and case.paper.kind != DocumentType.NOTA_DEBITO:
        _refuse_kind(case)
    lines, adjustments = marked_lines(case.paper), case.paper.draft.adjustments
    if len(lines) > MAX_LINES:
        lines, adjustments = condensed(case.paper, f"Anula {case.words}"), ()
    draft = replace(
        _draft(case, order, kind, ReferenceReason.ANNULS, lines, at=at),
        vat_clp=case.paper.totals.vat_clp,
        adjustments=adjustments,
    )
    chosen = [(left, left.left, left.left_clp) for left in _left(case, parts) if left.left > 0]
    return _stamp(case, order, draft, chosen=chosen, at=at)


def _left(case: _Case, parts: Sequence[Part]) -> tuple[LeftLine, ...]:
    sold = {part.position: part.sold for part in parts if part.sold is not None}
    return left_lines(case.paper, taken_back(case.row.id, case.notas), sold=sold)


def _choose(case: _Case, parts: Sequence[Part]) -> list[tuple[LeftLine, Decimal, int]]:
    """Give each chosen line its quantity and its pesos; refuse more than is left."""
    by_position = {left.position: left for left in _left(case, parts)}
    wanted: dict[int, Decimal] = {}
    for part in parts:
        wanted[part.position] = wanted.get(part.position, Decimal(0)) + part.quantity
    if not wanted:
        raise CorrectionRefused(reason="no_lines", words="Elige qué se devuelve y cuánto.")
    if all(left.left <= 0 for left in by_position.values()):
        raise CorrectionRefused(
            reason="nothing_left", words=f"De {case.words} ya se devolvió todo."
        )
    chosen = []
    for position, quantity in sorted(wanted.items()):
        left = by_position.get(position)
        if left is None or quantity <= 0:
            raise CorrectionRefused(reason="no_lines", words="Elige qué se devuelve y cuánto.")
        if quantity > left.left:
            raise CorrectionRefused(reason="over_return", words=_over_return(left))
        chosen.append((left, quantity, left.refund_clp(quantity)))
    return chosen


def _over_return(left: LeftLine) -> str:
    if left.left <= 0:
        return f"De «{left.line.name}» ya se devolvió todo."
    rest = f"{left.left.normalize():f}".replace(".", ",")
    return f"De «{left.line.name}» quedan {rest} por devolver. Escribe {rest} o menos."


def _has_amounts(case: _Case) -> bool:
    return any(nota.correction.reason is not ReferenceReason.CORRECTS_TEXT for nota in case.notas)


def _share_of_vat(case: _Case, affected_clp: int) -> int:
    before = [nota.correction.totals for nota in case.credits]
    vat = sum(totals.vat_clp for totals in before)
    net = sum(totals.net_clp for totals in before)
    is_gross = case.paper.draft.price_basis is PriceBasis.GROSS
    return credited_vat(
        case.paper,
        affected_clp,
        credited_before_clp=net + vat if is_gross else net,
        vat_before_clp=vat,
    )


def _draft(
    case: _Case,
    order: NotaOrder,
    kind: DocumentType,
    reason: ReferenceReason,
    lines: tuple[Line, ...],
    *,
    at: datetime,
) -> Draft:
    paper = case.paper
    exempt_kind = paper.kind.is_wholly_exempt
    return Draft(
        kind=kind,
        issuer=trade_issuer(case.row.branch),
        receiver=paper.receiver,
        lines=lines,
        issue_date=local_date(at),
        price_basis=PriceBasis.NET if exempt_kind else paper.draft.price_basis,
        references=(
            Reference(
                kind=str(int(paper.kind)),
                folio=str(case.row.folio),
                issue_date=case.row.issue_date,
                code=str(int(reason)),
                reason=order.reason,
            ),
        ),
    )


def _stamp(
    case: _Case,
    order: NotaOrder,
    draft: Draft,
    *,
    at: datetime,
    chosen: Sequence[tuple[LeftLine, Decimal, int]] = (),
) -> StampedPaper:
    prepared = prepare_paper(draft, at=at)
    _check(case, prepared)
    origin = PaperOrigin(source_uid=order.uid, branch=case.row.branch, issued_by=order.issued_by)
    paper = stamp_trade_paper(prepared, origin, at=at)
    CorrectedLine.objects.bulk_create(
        CorrectedLine(
            document=paper.row,
            position=position,
            target=case.row,
            target_position=left.position,
            quantity=quantity,
            amount_clp=amount,
        )
        for position, (left, quantity, amount) in enumerate(chosen, start=1)
    )
    return paper


def _check(case: _Case, prepared: Prepared) -> None:
    """Refuse what takes back more than is left; the words are those of `dte`."""
    try:
        check_correction(
            Correction(
                kind=prepared.draft.kind,
                reason=ReferenceReason(int(prepared.draft.references[0].code)),
                totals=prepared.totals,
            ),
            original=case.paper.kind,
            totals=case.paper.totals,
            earlier=[nota.correction for nota in case.notas],
        )
    except DteError as error:
        raise PaperRefused(reason=error.code, words=error.message) from error


def _refuse_kind(case: _Case) -> None:
    raise CorrectionRefused(
        reason="not_correctable",
        words=f"{case.words} no se corrige con esa nota. Una nota se anula con otra, y una guía"
        " con una guía nueva.",
    )
