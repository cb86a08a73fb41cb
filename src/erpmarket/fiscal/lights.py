"""How the company stands with the SII: the light of the home page and the few words of the bar.

Pure: from facts that `standing.read_facts` reads. What is found is told the gravest first: what
stops selling, what stops sending, what a person mends, what comes soon.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dte.codes import DocumentType
from erpmarket.fiscal.folio_queries import FolioForecast, FolioLevel
from erpmarket.fiscal.troubles import EXPIRY_WARNING, LEGAL_WAIT, TroubleKind
from erpmarket.ui.formats import day, whole

FEW_FOLIOS: Final = 100
OK, WARN, STOP = "ok", "warn", "stop"
_HOME: Final = "fiscal:home"
_FOLIOS: Final = "fiscal:folios"
_CERTIFICATE: Final = "fiscal:certificate"
_SELLING: Final = "La caja sigue vendiendo."
_GOES_ON: Final = "La caja sigue vendiendo; los documentos esperan y salen solos después."
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFacts:
    """What waits and what was rejected; `late` counts boletas that are not at the SII in an hour.

    `oldest_at` is when the oldest waiting paper was issued; `boleta_at` the same of the boletas
    that the SII does not have for sure.
    """

    pending: int = 0
    rejected: int = 0
    late: int = 0
    oldest_at: datetime | None = None
    boleta_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeTrouble:
    """What the outbox wrote on envelopes that a person must know of."""

    kind: TroubleKind
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiiFacts:
    """All that decides the light; `certificate_until` is None without a certificate."""

    outbox: OutboxFacts
    certificate_until: datetime | None
    folios: Sequence[FolioForecast]
    troubles: Sequence[EnvelopeTrouble] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiiLight:
    """A light (ok, warn, stop), the words of the chip, a sentence, what follows, one thing to do.

    `deed` is the words of the button, empty when there is nothing to press; `query` goes behind
    the address of `url_name`.
    """

    light: str
    words: str
    headline: str
    detail: str = _SELLING
    deed: str = ""
    url_name: str = _HOME
    query: str = ""


def sii_light(facts: SiiFacts, at: datetime) -> SiiLight:
    """Say the gravest thing that `find_all` finds, or that all is well."""
    return find_all(facts, at)[0]


def find_all(facts: SiiFacts, at: datetime) -> tuple[SiiLight, ...]:
    """List what a person must know, the gravest first; of a shop in order the good news alone."""
    found = (
        *_folios_out(facts.folios),
        *_certificate(facts.certificate_until, at),
        *_clock(facts.troubles),
        *_doors(facts.troubles),
        *_envelopes(facts.troubles, {TroubleKind.NEEDS_PERSON}),
        *_rejected(facts.outbox.rejected),
        *_waiting(facts.outbox, at),
        *_envelopes(facts.troubles, {TroubleKind.HELD, TroubleKind.NOT_TOLD}),
        *_folios_soon(facts.folios),
        *_certificate_soon(facts.certificate_until, at),
    )
    return found or (_in_order(facts.outbox),)


def boleta_forecast(folios: Sequence[FolioForecast]) -> FolioForecast | None:
    """Return the forecast of what the till sells with: boletas, else exempt ones."""
    by_kind = {row.kind: row for row in folios}
    return by_kind.get(DocumentType.BOLETA) or by_kind.get(DocumentType.BOLETA_EXENTA)


def _folios_out(folios: Sequence[FolioForecast]) -> Iterator[SiiLight]:
    boletas = boleta_forecast(folios)
    if boletas is None or boletas.left <= 0:
        yield SiiLight(
            light=STOP,
            words="Faltan folios",
            headline="No quedan folios de boleta",
            detail="Sin folios la caja no puede dar boletas. Pide folios al SII y cárgalos.",
            deed="Cargar folios",
            url_name=_FOLIOS,
        )


def _certificate(until: datetime | None, at: datetime) -> Iterator[SiiLight]:
    if until is None:
        yield SiiLight(
            light=WARN,
            words="Falta el certificado",
            headline="Falta el certificado digital: nada se envía al SII",
            detail=_GOES_ON,
            deed="Cargar certificado",
            url_name=_CERTIFICATE,
        )
    elif until <= at:
        yield SiiLight(
            light=WARN,
            words="Certificado vencido",
            headline=f"El certificado digital venció el {day(until)}: nada se envía al SII",
            detail=_GOES_ON,
            deed="Cargar certificado",
            url_name=_CERTIFICATE,
        )


def _clock(troubles: Sequence[EnvelopeTrouble]) -> Iterator[SiiLight]:
    for trouble in troubles:
        if trouble.kind is TroubleKind.CLOCK_AHEAD:
            yield SiiLight(
                light=WARN,
                words="SII: te necesita",
                headline="El reloj de este computador está adelantado",
                detail=trouble.words,
            )


def _doors(troubles: Sequence[EnvelopeTrouble]) -> Iterator[SiiLight]:
    for trouble in troubles:
        if trouble.kind is TroubleKind.DOOR_HELD:
            yield SiiLight(
                light=WARN,
                words="SII: te necesita",
                headline="El SII rechaza todo lo que enviamos",
                detail=trouble.words,
                deed="Ver certificado",
                url_name=_CERTIFICATE,
            )


def _envelopes(troubles: Sequence[EnvelopeTrouble], kinds: set[TroubleKind]) -> Iterator[SiiLight]:
    for trouble in troubles:
        if trouble.kind in kinds:
            needs_person = trouble.kind is TroubleKind.NEEDS_PERSON
            yield SiiLight(
                light=WARN,
                words="SII: te necesita" if needs_person else "SII: envíos detenidos",
                headline=trouble.words.rstrip("."),
                deed="Ver en camino",
                url_name="fiscal:documents",
                query="?estado=en-camino",
            )


def _rejected(count: int) -> Iterator[SiiLight]:
    if count:
        yield SiiLight(
            light=WARN,
            words=f"SII: {count} por corregir",
            headline=f"Hay {_papers(count)} por corregir",
            deed="Ver cuáles",
            url_name="fiscal:documents",
            query="?estado=por-corregir",
        )


def _waiting(outbox: OutboxFacts, at: datetime) -> Iterator[SiiLight]:
    if outbox.oldest_at is None or at - outbox.oldest_at < LEGAL_WAIT:
        return
    late = f"{whole(outbox.late)} boleta{_s(outbox.late)}"
    went = "pasó" if outbox.late == 1 else "pasaron"
    yield SiiLight(
        light=WARN,
        words="SII sin respuesta",
        headline=f"{late} ya {went} la hora de plazo sin llegar al SII"
        if outbox.late
        else "El SII lleva más de una hora sin responder",
        detail=f"Revisa internet; se sigue intentando solo. {_SELLING}"
        if outbox.late
        else f"Preguntamos solos, no hay que hacer nada. {_SELLING}",
        deed="Ver en camino",
        url_name="fiscal:documents",
        query="?estado=en-camino",
    )


def _folios_soon(folios: Sequence[FolioForecast]) -> Iterator[SiiLight]:
    boletas = boleta_forecast(folios)
    if boletas is not None and boletas.left > 0 and _is_little(boletas):
        yield _low(boletas)
    for row in folios:
        # What nobody uses may run out: there is nothing to sell with it.
        if row is not boletas and row.per_day is not None and row.level >= FolioLevel.URGENT:
            yield _low(row)


def _is_little(boletas: FolioForecast) -> bool:
    """Judge by days where there is a rate; a new shop has only the count."""
    if boletas.days_left is None:
        return boletas.left < FEW_FOLIOS
    return boletas.level != FolioLevel.FINE


def _low(row: FolioForecast) -> SiiLight:
    name = row.name.lower()
    if row.left:
        words = f"Quedan {whole(row.left)} folios" if row.left > 1 else "Queda 1 folio"
        headline = f"{words} de {name}" + (
            "" if row.days_left is None else f": alcanzan para {_days(row.days_left)}"
        )
    else:
        words, headline = "Faltan folios", f"No quedan folios de {name}"
    return SiiLight(
        light=WARN,
        words=words,
        headline=headline,
        detail="Pide más al SII y cárgalos aquí.",
        deed="Ver folios",
        url_name=_FOLIOS,
    )


def _certificate_soon(until: datetime | None, at: datetime) -> Iterator[SiiLight]:
    if until is not None and at < until < at + EXPIRY_WARNING:
        left = (until - at) // _DAY
        yield SiiLight(
            light=WARN,
            words="Certificado por vencer",
            headline=f"El certificado digital vence el {day(until)}",
            detail=f"Queda{'' if left == 1 else 'n'} {_days(left)}. Renuévalo antes y súbelo aquí.",
            deed="Cargar certificado",
            url_name=_CERTIFICATE,
        )


def _in_order(outbox: OutboxFacts) -> SiiLight:
    if outbox.pending:
        return SiiLight(
            light=OK,
            words=f"SII: {outbox.pending} por enviar",
            headline="Todo en orden con el SII",
            detail=f"{_papers(outbox.pending).capitalize()} en camino. {_SELLING}",
        )
    return SiiLight(
        light=OK,
        words="SII al día",
        headline="SII al día",
        detail=f"No hay nada por enviar. {_SELLING}",
    )


def _papers(count: int) -> str:
    return f"{whole(count)} documento{_s(count)}"


def _days(count: int) -> str:
    return f"{whole(count)} día{_s(count)}" if count else "menos de un día"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
