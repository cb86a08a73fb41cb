"""The story of one paper, as a page tells it: what happened, and what is still to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dte.codes import DocumentType, ReferenceReason
from erpmarket.fiscal.actions.sii_events import EventName
from erpmarket.fiscal.models import FINAL_STATES, IssuedDocument, SiiEvent
from erpmarket.fiscal.office_queries import PaperTie

# Event → words and icon of its step.
_STEPS: Final = {
    EventName.SIGNED: ("Firmada", "lock"),
    EventName.SENT: ("Enviada al SII", "send"),
    EventName.SENT_BEFORE: ("Ya estaba en el SII", "send"),
    EventName.NOT_SENT: ("No salió", "warning"),
    EventName.NO_ANSWER: ("Sin respuesta", "warning"),
    EventName.REFUSED: ("El SII no recibió el envío", "warning"),
    EventName.HELD: ("En espera", "clock"),
    EventName.STATUS: ("El SII contestó", "clock"),
    EventName.NO_STATUS: ("El SII no contestó", "warning"),
    EventName.FOUND_AT_SII: ("El SII la tiene", "check"),
    EventName.NOT_AT_SII: ("El SII no la tiene", "warning"),
    EventName.PACKED_AGAIN: ("Se prepara de nuevo", "receipt"),
    EventName.SPLIT: ("Se busca el documento con el problema", "receipt"),
    EventName.CORRECTED: ("Corregida con el mismo folio", "receipt"),
    EventName.LATE: ("Pasó el plazo de una hora", "warning"),
    EventName.ASKED_AGAIN: ("Se pidió a mano", "clock"),
    EventName.NOT_SENDABLE: ("No se puede enviar", "cross"),
    EventName.ACCEPTED: ("Aceptada", "check"),
    EventName.ACCEPTED_WITH_REMARKS: ("Aceptada con reparos", "warning"),
    EventName.REJECTED: ("Rechazada", "cross"),
    EventName.REPRINTED: ("Reimpresa como COPIA", "print"),
    EventName.MAILED: ("Enviada a tu cliente", "send"),
    EventName.EXCHANGED: ("XML enviado a tu cliente", "send"),
    EventName.CUSTOMER_ANSWERED: ("Tu cliente contestó", "check"),
    EventName.CUSTOMER_OBJECTED: ("Tu cliente la objetó", "warning"),
}
# CodRef → what a nota does, and what was done to its paper.
_POINTS: Final[Mapping[int | None, str]] = {
    ReferenceReason.ANNULS: "Anula",
    ReferenceReason.CORRECTS_TEXT: "Corrige el texto de",
    ReferenceReason.CORRECTS_AMOUNTS: "Corrige montos de",
}
_POINTED: Final[Mapping[int | None, str]] = {
    ReferenceReason.ANNULS: "Anulada por",
    ReferenceReason.CORRECTS_TEXT: "Texto corregido por",
    ReferenceReason.CORRECTS_AMOUNTS: "Montos corregidos por",
}
_BOLETAS: Final = (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA)
_BAD: Final = frozenset({EventName.REJECTED, EventName.NOT_SENDABLE})
_ENDS: Final = frozenset({EventName.ACCEPTED, EventName.ACCEPTED_WITH_REMARKS, EventName.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; without a time it is still to come. `answer` is what the SII said, raw.

    `paper_id` is the paper of ours that the step tells of, to open it.
    """

    words: str
    icon: str
    said: str
    happened_at: datetime | None
    answer: str = ""
    is_bad: bool = False
    is_end: bool = False
    paper_id: int | None = None


def tell_story(
    document: IssuedDocument,
    events: Sequence[SiiEvent],
    ties: Sequence[PaperTie] = (),
    *,
    state: str,
) -> tuple[Step, ...]:
    """Tell what happened to a paper, oldest first, and the step it waits for.

    `ties` are the papers it points to, told where it was issued, and those that point to it.
    """
    issued = Step(
        words="Emitida y timbrada",
        icon="stamp",
        said="Tomó el folio y quedó timbrada en la misma venta."
        if document.kind in _BOLETAS
        else "Tomó el folio y quedó timbrada.",
        happened_at=document.issued_at,
    )
    told = [_step(event) for event in _without_echoes(events)]
    told += [_pointed(tie) for tie in ties if tie.points_here]
    # Sorting keeps what happened at the same instant as it was written.
    told.sort(key=lambda step: step.happened_at or document.issued_at)
    points = (_points(tie, document.issued_at) for tie in ties if not tie.points_here)
    return (issued, *points, *told, *_to_come(events, state))


def _points(tie: PaperTie, at: datetime) -> Step:
    """Tell what a paper was issued for."""
    verb = _POINTS.get(tie.code, "Se refiere a")
    return Step(
        words=f"{verb} {tie.words}",
        icon="receipt",
        said=tie.reason,
        happened_at=at,
        paper_id=tie.id,
    )


def _pointed(tie: PaperTie) -> Step:
    """Tell of a paper that points here; one that the SII turned down has no effect."""
    verb = _POINTED.get(tie.code, "La nombra")
    said = "El SII la rechazó: no tiene efecto." if tie.is_rejected else tie.reason
    return Step(
        words=f"{verb} {tie.words}",
        icon="cross" if tie.code == ReferenceReason.ANNULS and not tie.is_rejected else "receipt",
        said=said,
        happened_at=tie.happened_at,
        paper_id=tie.id,
    )


def _without_echoes(events: Sequence[SiiEvent]) -> list[SiiEvent]:
    """Leave out a status that only repeats the one before: asking again is no news."""
    before: Sequence[SiiEvent | None] = [None, *events]
    return [
        event
        for event, former in zip(events, before, strict=False)
        if former is None or not _is_echo(event, former)
    ]


def _is_echo(event: SiiEvent, former: SiiEvent) -> bool:
    same = (event.name, event.words) == (former.name, former.words)
    return same and event.name == EventName.STATUS


def _step(event: SiiEvent) -> Step:
    words, icon = _words(event.name)
    return Step(
        words=words,
        icon=icon,
        said=event.words,
        happened_at=event.happened_at,
        answer=event.answer,
        is_bad=event.name in _BAD,
        is_end=event.name in _ENDS,
    )


def _words(name: str) -> tuple[str, str]:
    return _STEPS[EventName(name)] if name in set(EventName) else ("Nota", "clock")


def _to_come(events: Sequence[SiiEvent], state: str) -> tuple[Step, ...]:
    if state in FINAL_STATES:
        return ()
    steps = []
    if not any(event.name in {EventName.SENT, EventName.SENT_BEFORE} for event in events):
        steps.append(("Enviar al SII", "send", "Sale sola en cuanto hay internet."))
    steps.append(("Respuesta del SII", "clock", "La pedimos solos; no hay que hacer nada."))
    return tuple(
        Step(words=words, icon=icon, said=said, happened_at=None) for words, icon, said in steps
    )
