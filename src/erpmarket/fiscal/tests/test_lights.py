"""What the light says first, from facts alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from erpmarket.fiscal.folio_queries import FolioForecast
from erpmarket.fiscal.lights import (
    EnvelopeTrouble,
    OutboxFacts,
    SiiFacts,
    SiiLight,
    find_all,
    sii_light,
)
from erpmarket.fiscal.troubles import TroubleKind

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
FAR = AT + timedelta(days=400)


def folios(kind: int = 39, left: int = 5000, days_left: int | None = 90) -> FolioForecast:
    return FolioForecast(
        kind=kind,
        left=left,
        per_day=None if days_left is None else Decimal(1),
        days_left=days_left,
        ends_on=None if days_left is None else date(2026, 12, 1),
    )


def facts(
    *rows: FolioForecast,
    outbox: OutboxFacts | None = None,
    until: datetime | None = FAR,
    troubles: tuple[EnvelopeTrouble, ...] = (),
) -> SiiFacts:
    return SiiFacts(
        outbox=outbox or OutboxFacts(),
        certificate_until=until,
        folios=rows or (folios(),),
        troubles=troubles,
    )


def first(found: SiiFacts) -> tuple[str, str, str]:
    light: SiiLight = sii_light(found, AT)
    return light.light, light.words, light.headline


def test_nothing_wrong_is_said_alone() -> None:
    assert [light.words for light in find_all(facts(), AT)] == ["SII al día"]


@pytest.mark.parametrize(
    ("left_days", "words"),
    [(30, None), (29, "Quedan 29 días."), (1, "Queda 1 día."), (0, "Quedan menos de un día.")],
)
def test_a_certificate_is_told_from_a_month_before_its_end(
    left_days: int, words: str | None
) -> None:
    light = sii_light(facts(until=AT + timedelta(days=left_days, hours=1)), AT)

    if words is None:
        assert light.words == "SII al día"
    else:
        assert light.words == "Certificado por vencer"
        assert light.detail.startswith(words)


def test_a_certificate_that_ends_now_is_over() -> None:
    assert first(facts(until=AT)) == (
        "warn",
        "Certificado vencido",
        "El certificado digital venció el 20-11-2026: nada se envía al SII",
    )


def test_an_exempt_shop_sells_with_exempt_boletas() -> None:
    assert first(facts(folios(kind=41)))[1] == "SII al día"
    assert first(facts(folios(kind=41, left=0, days_left=0)))[0] == "stop"


def test_exempt_boletas_do_not_stand_in_for_the_ones_that_ran_out() -> None:
    assert first(facts(folios(left=0, days_left=0), folios(kind=41)))[0] == "stop"


@pytest.mark.parametrize(
    ("row", "headline"),
    [
        (folios(left=99, days_left=None), "Quedan 99 folios de boleta"),
        (folios(left=100, days_left=None), "SII al día"),
        (folios(left=50, days_left=8), "SII al día"),
        (folios(left=50, days_left=7), "Quedan 50 folios de boleta: alcanzan para 7 días"),
        (folios(left=1, days_left=0), "Queda 1 folio de boleta: alcanzan para menos de un día"),
    ],
)
def test_boletas_are_few_by_days_and_by_count_where_nobody_knows_the_days(
    row: FolioForecast, headline: str
) -> None:
    assert first(facts(row))[2] == headline


@pytest.mark.parametrize(
    ("row", "headline"),
    [
        (folios(kind=33, left=3, days_left=2), "Quedan 3 folios de factura: alcanzan para 2 días"),
        (folios(kind=33, left=9, days_left=3), "SII al día"),
        (folios(kind=61, left=0, days_left=0), "No quedan folios de nota de crédito"),
        (folios(kind=61, left=0, days_left=None), "SII al día"),
    ],
)
def test_other_types_are_told_when_they_are_used_and_urgent(
    row: FolioForecast, headline: str
) -> None:
    assert first(facts(folios(), row))[2] == headline


def test_waiting_papers_are_told_when_the_hour_is_over_and_boletas_by_number() -> None:
    def waiting(minutes: int, late: int) -> tuple[str, str, str]:
        oldest = AT - timedelta(minutes=minutes)
        return first(facts(outbox=OutboxFacts(pending=3, late=late, oldest_at=oldest)))

    assert waiting(59, 0) == ("ok", "SII: 3 por enviar", "Todo en orden con el SII")
    assert waiting(60, 0)[1:] == (
        "SII sin respuesta",
        "El SII lleva más de una hora sin responder",
    )
    assert waiting(60, 2)[2] == "2 boletas ya pasaron la hora de plazo sin llegar al SII"


def test_what_stops_sending_comes_before_what_a_person_mends_and_what_is_held() -> None:
    needs, held = (
        EnvelopeTrouble(kind=TroubleKind.NEEDS_PERSON, words="Autoriza a quien firma."),
        EnvelopeTrouble(kind=TroubleKind.HELD, words="El SII está en mantención."),
    )

    door = EnvelopeTrouble(kind=TroubleKind.DOOR_HELD, words="Revisa el certificado.")

    found = find_all(facts(outbox=OutboxFacts(rejected=2), troubles=(door, held, needs)), AT)

    assert (found[0].detail, found[0].url_name) == ("Revisa el certificado.", "fiscal:certificate")
    assert [light.headline for light in found] == [
        "El SII rechaza todo lo que enviamos",
        "Autoriza a quien firma",
        "Hay 2 documentos por corregir",
        "El SII está en mantención",
    ]
