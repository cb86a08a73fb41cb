"""Notices that open and end with the troubles, and one mail a day about the milder ones."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connections

from erpmarket.notifications.actions.accounts import keep_hours
from erpmarket.notifications.actions.notices import notify
from erpmarket.notifications.actions.watch import end_of_quiet
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.notifications.models import Mail, Notice
from erpmarket.notifications.queries import Hours
from erpmarket.notifications.tasks import watch
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

# 12:00 in Santiago.
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
DAY = timedelta(days=1)
present: dict[str, list[Trouble]] = {}
"""What the source below reports, by RUT of the company."""


def trouble(**changes: Any) -> Trouble:
    facts: dict[str, Any] = {
        "kind": "folios.low",
        "key": "39",
        "level": Level.WARNING,
        "title": "Quedan pocos folios",
        "words": "Pide más.",
        "link": "/sii/folios/",
    }
    return Trouble(**(facts | changes))


def source(at: datetime) -> tuple[Trouble, ...]:
    return tuple(present.get(get_company().rut, ()))


def broken_source(at: datetime) -> tuple[Trouble, ...]:
    raise LookupError("the source fell")


@pytest.fixture
def shops(
    fresh_database: str, found_cast: Callable[[], tuple[Any, Any]], settings: Any
) -> Iterator[tuple[Any, Any]]:
    settings.TROUBLE_SOURCES = [f"{__name__}.source"]
    yield found_cast()
    present.clear()
    connections.close_all()


@pytest.fixture
def rosa(shops: tuple[Any, Any]) -> Any:
    return shops[0]


def look(at: datetime = NOON) -> None:
    watch(now=lambda: at)


def notices(shop: Any) -> list[tuple[str, bool]]:
    with company_scope(shop.company_id):
        return [(row.key, row.resolved_at is None) for row in Notice.objects.order_by("id")]


def mails(shop: Any) -> list[Mail]:
    with company_scope(shop.company_id):
        return list(Mail.objects.order_by("id"))


def test_trouble_opens_a_notice_in_its_company_only_and_its_end_ends_it(
    shops: tuple[Any, Any],
) -> None:
    rosa, vecino = shops
    present[rosa.rut] = [trouble()]
    look()
    look(NOON + timedelta(minutes=1))
    assert (notices(rosa), notices(vecino)) == ([("39", True)], [])

    present[rosa.rut] = []
    look(NOON + timedelta(minutes=2))
    look(NOON + timedelta(minutes=3))

    assert notices(rosa) == [("39", False)]


def test_trouble_that_comes_back_is_another_notice(rosa: Any) -> None:
    for minute, now in enumerate(([trouble()], [], [trouble()])):
        present[rosa.rut] = now
        look(NOON + timedelta(minutes=minute))

    assert notices(rosa) == [("39", False), ("39", True)]


def test_source_that_falls_ends_nothing_and_stops_nobody(
    rosa: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    present[rosa.rut] = [trouble()]
    look()
    settings.TROUBLE_SOURCES = [f"{__name__}.broken_source", f"{__name__}.source"]
    present[rosa.rut] = [trouble(), trouble(key="33")]

    look(NOON + timedelta(minutes=1))

    assert notices(rosa) == [("39", True), ("33", True)]
    assert "the source fell" in caplog.text


def test_notice_of_an_action_is_not_the_watcher_s_to_end(rosa: Any) -> None:
    with company_scope(rosa.company_id):
        notify(kind="rejected", key="7", level=Level.INFO, title="a", words="b", at=NOON)

    look()

    assert notices(rosa) == [("7", True)]


def test_clock_that_is_behind_doubles_nothing(rosa: Any) -> None:
    present[rosa.rut] = [trouble(level=Level.DANGER)]

    look(NOON)
    look(NOON - timedelta(hours=3))
    look(NOON)

    assert notices(rosa) == [("39", True)]
    assert len(mails(rosa)) == 1


def test_many_watchers_at_once_open_one_notice_and_write_one_mail_each(rosa: Any) -> None:
    present[rosa.rut] = [trouble(key="33", level=Level.DANGER), trouble()]

    def work() -> None:
        try:
            look()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert notices(rosa) == [("33", True), ("39", True)]
    assert [mail.about for mail in mails(rosa) if mail.about == "digest"] == ["digest"]
    assert len(mails(rosa)) == 2


def test_warnings_of_a_day_are_one_mail_to_the_owner(rosa: Any) -> None:
    present[rosa.rut] = [trouble(), trouble(key="33", title="Quedan pocas facturas")]

    look()
    look(NOON + timedelta(hours=1))

    (mail,) = mails(rosa)
    assert (mail.recipient, mail.subject) == (
        "rosa@donarosa.example",
        "Almacén Doña Rosa: 2 avisos por mirar",
    )
    assert mail.text == (
        "Quedan pocas facturas\nPide más.\nhttp://127.0.0.1:8000/sii/folios/\n\n"
        "Quedan pocos folios\nPide más.\nhttp://127.0.0.1:8000/sii/folios/\n"
    )


def test_next_day_is_silent_without_anything_new(rosa: Any) -> None:
    present[rosa.rut] = [trouble()]
    look()

    look(NOON + DAY)

    assert len(mails(rosa)) == 1


def test_next_day_s_new_warning_comes_with_the_old_one(rosa: Any) -> None:
    present[rosa.rut] = [trouble()]
    look()
    present[rosa.rut] = [trouble(), trouble(key="33", title="Quedan pocas facturas")]
    look(NOON + timedelta(hours=2))
    assert len(mails(rosa)) == 1

    look(NOON + DAY)

    assert [mail.subject for mail in mails(rosa)] == [
        "Almacén Doña Rosa: un aviso por mirar",
        "Almacén Doña Rosa: 2 avisos por mirar",
    ]


def test_digest_waits_for_its_time_of_the_day(rosa: Any) -> None:
    present[rosa.rut] = [trouble()]
    early = NOON.replace(hour=11, minute=29)  # 8:29 in Santiago

    look(early)
    assert mails(rosa) == []
    look(early + timedelta(minutes=1))

    assert len(mails(rosa)) == 1


def test_digest_leaves_after_the_quiet_hours_and_danger_at_once(rosa: Any) -> None:
    with company_scope(rosa.company_id):
        keep_hours(quiet_from=time(11), quiet_to=time(14), digest_at=time(9))
    present[rosa.rut] = [trouble(), trouble(key="33", level=Level.DANGER)]

    look()

    leaving = {mail.about == "digest": mail.available_at for mail in mails(rosa)}
    assert leaving == {False: NOON, True: NOON + timedelta(hours=2)}


def test_what_ended_before_the_digest_is_not_in_it(rosa: Any) -> None:
    early = NOON.replace(hour=10)
    present[rosa.rut] = [trouble()]
    look(early)
    present[rosa.rut] = []

    look(NOON)

    assert mails(rosa) == []


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        # 21:00 to 8:00 in Santiago, where it is three hours earlier than UTC.
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), datetime(2026, 11, 22, 23, 59, tzinfo=UTC)),
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), datetime(2026, 11, 23, 11, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 10, 59, tzinfo=UTC), datetime(2026, 11, 23, 11, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 11, 0, tzinfo=UTC), datetime(2026, 11, 23, 11, 0, tzinfo=UTC)),
        # The night of the change to summer time has an hour less: 00:00 to 1:00 of 6 September.
        (datetime(2026, 9, 6, 2, 0, tzinfo=UTC), datetime(2026, 9, 6, 11, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_by_the_local_clock(at: datetime, leaves: datetime) -> None:
    hours = Hours(quiet_from=time(21), quiet_to=time(8), digest_at=time(8, 30))

    assert end_of_quiet(hours, at) == leaves


def test_no_quiet_hours_when_both_ends_are_the_same() -> None:
    hours = Hours(quiet_from=time(8), quiet_to=time(8), digest_at=time(8, 30))

    assert end_of_quiet(hours, NOON) == NOON
