"""What a person must know about the outbox: one list for pages, chips and notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Count, F, Min, QuerySet
from django.urls import reverse

from erpmarket.fiscal.clock_models import AheadClock
from erpmarket.fiscal.models import (
    Certificate,
    Door,
    Envelope,
    EnvelopeState,
    Submission,
    SubmissionState,
)
from erpmarket.notifications.levels import Level
from erpmarket.notifications.levels import Trouble as Notice

# Source: Res. Ex. SII 74 of 2020, letter F.6: each boleta within one hour of its issue.
LEGAL_WAIT: Final = timedelta(hours=1)
EXPIRY_WARNING: Final = timedelta(days=30)
ID_LIMIT: Final = 20
_BOLETA_KINDS: Final = (39, 41)
# On their way are those the SII has not confirmed to have; a sent one has a track id.
UNSENT_STATES: Final = (SubmissionState.PENDING, SubmissionState.SIGNED, SubmissionState.UNKNOWN)


class TroubleKind(StrEnum):
    """What is wrong; stable, for programs."""

    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_ENDS_SOON = "certificate_ends_soon"
    LATE_BOLETAS = "late_boletas"
    REJECTED = "rejected"
    NEEDS_PERSON = "needs_person"
    HELD = "held"
    NOT_TOLD = "not_told"
    NO_ANSWER = "no_answer"
    DOOR_HELD = "door_held"
    CLOCK_AHEAD = "clock_ahead"


_TITLES: Final[Mapping[TroubleKind, tuple[Level, str]]] = {
    TroubleKind.CERTIFICATE_MISSING: (Level.DANGER, "Falta el certificado digital"),
    TroubleKind.CERTIFICATE_EXPIRED: (Level.DANGER, "El certificado digital venció"),
    TroubleKind.CERTIFICATE_ENDS_SOON: (Level.WARNING, "El certificado digital está por vencer"),
    TroubleKind.DOOR_HELD: (Level.DANGER, "El SII rechaza todo lo que se le envía"),
    TroubleKind.CLOCK_AHEAD: (Level.DANGER, "El reloj de este computador está adelantado"),
    TroubleKind.LATE_BOLETAS: (Level.DANGER, "Hay boletas fuera del plazo de una hora"),
    TroubleKind.REJECTED: (Level.WARNING, "Hay documentos rechazados por el SII"),
    TroubleKind.NEEDS_PERSON: (Level.DANGER, "El SII pide que hagas algo"),
    TroubleKind.HELD: (Level.WARNING, "Hay envíos al SII detenidos"),
    TroubleKind.NOT_TOLD: (Level.WARNING, "El SII no termina de responder"),
    TroubleKind.NO_ANSWER: (Level.WARNING, "El SII no ha respondido"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing to know or to do; `since` is how old it is, `url_name` the page that mends it."""

    kind: TroubleKind
    words: str
    count: int = 1
    since: datetime | None = None
    document_ids: tuple[int, ...] = ()
    url_name: str = "fiscal:documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldestBoleta:
    """The boleta that waits longest to reach the SII; `minutes_left` is negative when late."""

    document_id: int
    folio: int
    issued_at: datetime
    minutes_left: int


def find_oldest_unsent_boleta(at: datetime) -> OldestBoleta | None:
    """Find the boleta whose hour ends first among those the SII does not have for sure."""
    row = (
        _unsent_boletas()
        .order_by("document__issued_at", "document_id")
        .values_list("document_id", "document__folio", "document__issued_at")
        .first()
    )
    if row is None:
        return None
    left = row[2] + LEGAL_WAIT - at
    return OldestBoleta(
        document_id=row[0],
        folio=row[1],
        issued_at=row[2],
        minutes_left=left // timedelta(minutes=1),
    )


def list_troubles(at: datetime) -> tuple[Trouble, ...]:
    """List what stands between the bound company's papers and the SII, the gravest first."""
    found = (
        *_certificate_troubles(at),
        *list_held_doors(),
        *list_ahead_clocks(),
        *_late_boletas(at),
        *_rejected(),
        *_envelope_troubles(),
        *_unanswered(at),
    )
    return tuple(trouble for trouble in found if trouble.count)


def outbox_troubles(at: datetime) -> tuple[Notice, ...]:
    """Tell the same to who notifies people: a source of `notifications.watch`."""
    worst: dict[TroubleKind, Trouble] = {}
    for trouble in list_troubles(at):
        worst.setdefault(trouble.kind, trouble)
    return tuple(
        Notice(
            kind=f"sii.{kind}",
            level=_TITLES[kind][0],
            title=_TITLES[kind][1],
            words=trouble.words,
            link=reverse(trouble.url_name),
        )
        for kind, trouble in worst.items()
    )


def list_held_doors() -> Sequence[Trouble]:
    """List the doors through which nothing goes out until a person did something."""
    return [
        Trouble(
            kind=TroubleKind.DOOR_HELD,
            words=door.words,
            since=door.held_at,
            url_name="fiscal:certificate",
        )
        for door in Door.objects.filter(
            environment=F("company__environment"), held_at__isnull=False
        ).order_by("channel")
    ]


def list_ahead_clocks() -> Sequence[Trouble]:
    """List the clock that must be set before anything is signed, when there is one."""
    rows = AheadClock.objects.filter(environment=F("company__environment"))
    return [
        Trouble(
            kind=TroubleKind.CLOCK_AHEAD,
            words=f"El reloj de este computador está {round(row.ahead_seconds / 60)} minutos"
            " adelantado y el SII rechaza lo que se firma en el futuro. Ponlo en hora: en Fecha y"
            " hora, activa la hora automática. Puedes seguir vendiendo; los documentos se envían"
            " solos después.",
            since=row.seen_at,
            url_name="fiscal:home",
        )
        for row in rows
    ]


def late_boletas(at: datetime) -> QuerySet[Submission]:
    """Filter the boletas that are not at the SII an hour after their issue."""
    return _unsent_boletas().filter(document__issued_at__lte=at - LEGAL_WAIT)


def _unsent_boletas() -> QuerySet[Submission]:
    return Submission.objects.filter(
        state__in=UNSENT_STATES, final_at=None, document__kind__in=_BOLETA_KINDS, parcel=None
    )


def _certificate_troubles(at: datetime) -> Sequence[Trouble]:
    row = Certificate.objects.filter(is_active=True).only("valid_to").first()
    page = "fiscal:certificate"
    if row is None:
        words = "Falta el certificado digital: nada se envía al SII. Cárgalo en SII, Certificado."
        return [Trouble(kind=TroubleKind.CERTIFICATE_MISSING, words=words, url_name=page)]
    if row.valid_to <= at:
        words = (
            f"El certificado digital venció el {row.valid_to:%d-%m-%Y}: puedes seguir vendiendo,"
            " los documentos esperan. Carga el nuevo en SII, Certificado."
        )
        return [
            Trouble(
                kind=TroubleKind.CERTIFICATE_EXPIRED,
                words=words,
                since=row.valid_to,
                url_name=page,
            )
        ]
    if row.valid_to - at < EXPIRY_WARNING:
        words = f"El certificado digital vence el {row.valid_to:%d-%m-%Y}. Renuévalo antes."
        return [Trouble(kind=TroubleKind.CERTIFICATE_ENDS_SOON, words=words, url_name=page)]
    return []


def _late_boletas(at: datetime) -> Sequence[Trouble]:
    return [
        _of_documents(
            TroubleKind.LATE_BOLETAS,
            late_boletas(at),
            one="Una boleta lleva más de una hora sin llegar al SII, que es el plazo. Revisa"
            " internet y el certificado; se sigue intentando sola.",
            many="{count} boletas llevan más de una hora sin llegar al SII, que es el plazo. Revisa"
            " internet y el certificado; se siguen intentando solas.",
        )
    ]


def _rejected() -> Sequence[Trouble]:
    return [
        _of_documents(
            TroubleKind.REJECTED,
            Submission.objects.filter(state=SubmissionState.REJECTED, parcel=None),
            one="El SII rechazó un documento. Ábrelo para ver el motivo y corregirlo.",
            many="El SII rechazó {count} documentos. Ábrelos para ver el motivo y corregirlos.",
        )
    ]


def _unanswered(at: datetime) -> Sequence[Trouble]:
    waiting = Submission.objects.filter(
        state=SubmissionState.UNKNOWN, document__issued_at__lte=at - LEGAL_WAIT, parcel=None
    )
    return [
        _of_documents(
            TroubleKind.NO_ANSWER,
            waiting,
            one="De un documento no se sabe si el SII lo recibió: se consulta antes de repetirlo.",
            many="De {count} documentos no se sabe si el SII los recibió: se consulta antes de"
            " repetirlos.",
        )
    ]


def _envelope_troubles() -> Sequence[Trouble]:
    rows = (
        Envelope.objects.filter(parcel=None)
        .exclude(trouble="")
        .exclude(state=EnvelopeState.CLOSED)
        .values("trouble", "words")
        .annotate(documents=Count("id"), since=Min("packed_at"))
        .order_by("trouble", "words")[:ID_LIMIT]
    )
    return [
        Trouble(
            kind=TroubleKind(row["trouble"]),
            words=row["words"],
            count=row["documents"],
            since=row["since"],
        )
        for row in rows
    ]


def _of_documents(kind: TroubleKind, rows: QuerySet[Submission], *, one: str, many: str) -> Trouble:
    told = rows.aggregate(count=Count("id"), since=Min("document__issued_at"))
    oldest = rows.order_by("document__issued_at", "document_id")[: min(told["count"], ID_LIMIT)]
    return Trouble(
        kind=kind,
        words=one if told["count"] == 1 else many.format(count=told["count"]),
        count=told["count"],
        since=told["since"],
        document_ids=tuple(row.document_id for row in oldest),
    )
