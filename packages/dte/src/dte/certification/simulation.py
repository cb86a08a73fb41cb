"""The simulation set: a day's worth of documents that look like the company's real ones."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from dte.certification.bound_draft import BoundDraft
from dte.codes import (
    DispatchKind,
    DocumentType,
    PaymentForm,
    ReferenceReason,
    TransferReason,
)
from dte.document import Draft, Issuer, Line, PaymentTerms, Receiver, Reference, Transport

# Source: SII, instructivo del set de pruebas: simulation with 20 to 100 documents, no remarks.
MIN_DOCUMENTS = 20
MAX_DOCUMENTS = 100
_ROUND = (
    DocumentType.FACTURA,
    DocumentType.FACTURA,
    DocumentType.GUIA,
    DocumentType.FACTURA,
    DocumentType.NOTA_CREDITO,
    DocumentType.FACTURA_EXENTA,
    DocumentType.FACTURA,
    DocumentType.NOTA_CREDITO,
    DocumentType.NOTA_DEBITO,
    DocumentType.FACTURA,
)
_LINES = (1, 3, 2, 5, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What a company really sells and to whom; `goods` are priced lines, exempt ones marked.

    `kinds` are those it applies for: the others are left out of the simulation. `transport` goes
    into the guías.
    """

    issuer: Issuer
    receivers: tuple[Receiver, ...]
    goods: tuple[Line, ...]
    kinds: frozenset[DocumentType] = frozenset(_ROUND)
    transport: Transport | None = None


def simulate(
    trade: Trade,
    *,
    on: date,
    take_folio: Callable[[DocumentType], int],
    count: int = MIN_DOCUMENTS,
) -> tuple[BoundDraft, ...]:
    """Return `count` drafts (20 to 100), the same for the same trade; `on` is the day of issue.

    Every credit note takes back one piece of an earlier factura or annuls it, every debit note
    annuls a credit note, so nothing is left in contradiction. Raises ValueError for another count,
    for a trade without affected goods, receivers or facturas.
    Source: SII, instructivo del set de pruebas, etapa de simulación.
    """
    if not MIN_DOCUMENTS <= count <= MAX_DOCUMENTS:
        raise ValueError(f"a simulation has {MIN_DOCUMENTS} to {MAX_DOCUMENTS} documents")
    affected = [line for line in trade.goods if line.exemption is None]
    exempt = [line for line in trade.goods if line.exempt]
    if not affected or not trade.receivers or DocumentType.FACTURA not in trade.kinds:
        raise ValueError("a simulation needs affected goods, receivers and facturas")
    day = _Day(trade=trade, affected=affected, exempt=exempt, on=on)
    made: list[BoundDraft] = []
    turns = enumerate(itertools.cycle(_ROUND))
    while len(made) < count:
        place, kind = next(turns)
        draft = day.draft(kind, place) if kind in trade.kinds else None
        if draft is not None:
            made.append(BoundDraft(folio=take_folio(kind), draft=draft))
            day.remember(made[-1])
    return tuple(made)


@dataclass(slots=True, kw_only=True)
class _Day:
    """The course of a simulated day: what can still be corrected."""

    trade: Trade
    affected: Sequence[Line]
    exempt: Sequence[Line]
    on: date
    open_facturas: list[BoundDraft] = field(default_factory=list)
    open_notes: list[BoundDraft] = field(default_factory=list)

    def draft(self, kind: DocumentType, place: int) -> Draft | None:
        """Return the next draft of a type, or None when there is nothing for it yet."""
        if kind is DocumentType.NOTA_CREDITO and self.open_facturas:
            # While a note waits to be annulled, the next one annuls: both uses are shown.
            return _credit(self.open_facturas.pop(), whole=bool(self.open_notes), on=self.on)
        if kind is DocumentType.NOTA_DEBITO and self.open_notes:
            return _note(kind, self.open_notes.pop(), ReferenceReason.ANNULS, on=self.on)
        goods = self.exempt if kind.is_wholly_exempt else self.affected
        if kind.is_nota or not goods:
            return None
        receiver = self.trade.receivers[place % len(self.trade.receivers)]
        return _sale(kind, self.trade, receiver, goods, place=place, on=self.on)

    def remember(self, made: BoundDraft) -> None:
        """Keep what a later note may correct."""
        if made.draft.kind is DocumentType.FACTURA:
            self.open_facturas.append(made)
        elif made.draft.kind is DocumentType.NOTA_CREDITO:
            self.open_notes.append(made)


def _sale(
    kind: DocumentType,
    trade: Trade,
    receiver: Receiver,
    goods: Sequence[Line],
    *,
    place: int,
    on: date,
) -> Draft:
    wanted = min(_LINES[place % len(_LINES)], len(goods))
    lines = tuple(
        replace(goods[(place + step) % len(goods)], quantity=Decimal(1 + (place + step) % 12))
        for step in range(wanted)
    )
    is_guia = kind is DocumentType.GUIA
    return Draft(
        kind=kind,
        issuer=trade.issuer,
        receiver=receiver,
        lines=lines,
        issue_date=on,
        payment_terms=PaymentTerms() if is_guia else PaymentTerms(form=PaymentForm.CASH),
        transfer_reason=TransferReason.SALE if is_guia else None,
        dispatch=DispatchKind.BY_RECEIVER if is_guia else None,
        transport=trade.transport if is_guia else None,
    )


def _credit(factura: BoundDraft, *, whole: bool, on: date) -> Draft:
    """Annul a factura, or take one piece of its first line back when it has more."""
    first = factura.draft.lines[0]
    if whole or first.quantity == 1:
        return _note(DocumentType.NOTA_CREDITO, factura, ReferenceReason.ANNULS, on=on)
    note = _note(DocumentType.NOTA_CREDITO, factura, ReferenceReason.CORRECTS_AMOUNTS, on=on)
    return replace(note, lines=(replace(first, quantity=Decimal(1)),))


def _note(kind: DocumentType, origin: BoundDraft, reason: ReferenceReason, *, on: date) -> Draft:
    words = {
        ReferenceReason.ANNULS: "Anula documento",
        ReferenceReason.CORRECTS_AMOUNTS: "Devolución parcial de mercadería",
    }
    return Draft(
        kind=kind,
        issuer=origin.draft.issuer,
        receiver=origin.draft.receiver,
        lines=origin.draft.lines,
        references=(
            Reference(
                kind=str(int(origin.draft.kind)),
                folio=str(origin.folio),
                issue_date=origin.draft.issue_date,
                code=str(int(reason)),
                reason=words[reason],
            ),
        ),
        issue_date=on,
    )
