"""One notice for each episode of a trouble, seen by whom it concerns."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from erpmarket.common.errors import InvariantBroken
from erpmarket.notifications.actions.notices import mark_read, notify, resolve
from erpmarket.notifications.levels import Level
from erpmarket.notifications.models import Mail, Notice
from erpmarket.notifications.queries import count_unread, list_notices, list_resolved
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.scope import company_scope

AT = datetime(2026, 11, 22, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def scope(dona_rosa: Any) -> Iterator[Any]:
    with company_scope(dona_rosa.company_id):
        yield dona_rosa


def tell(**changes: Any) -> Notice:
    facts: dict[str, Any] = {
        "kind": "folios.low",
        "key": "39",
        "level": Level.WARNING,
        "title": "Quedan pocos folios",
        "words": "Quedan 90 boletas. Pide más folios.",
        "link": "/sii/folios/",
        "roles": (Role.OWNER,),
        "at": AT,
    }
    return notify(**(facts | changes))


def seen_by(person: Any, role: Role) -> list[tuple[str, bool]]:
    rows = list_notices(membership_id=person.membership_id, role=role)
    return [(row.words, row.is_read) for row in rows]


def read(person: Any, role: Role, notice_id: int | None = None) -> None:
    mark_read(membership_id=person.membership_id, role=role, notice_id=notice_id, at=AT)


def test_repeated_trouble_is_one_notice_with_the_newest_words(scope: Any) -> None:
    first = tell()
    read(scope.owner, Role.OWNER)

    second = tell(words="Quedan 40 boletas. Pide más folios.", at=AT + HOUR)

    assert second.id == first.id
    assert (second.opened_at, second.told) == (AT, 1)
    assert seen_by(scope.owner, Role.OWNER) == [("Quedan 40 boletas. Pide más folios.", True)]


def test_another_key_is_another_notice(scope: Any) -> None:
    tell(key="39")
    tell(key="33")

    assert Notice.objects.count() == 2


def test_trouble_that_got_graver_is_unread_again(scope: Any) -> None:
    tell()
    read(scope.owner, Role.OWNER)

    tell(level=Level.DANGER, at=AT + HOUR)

    count = count_unread(membership_id=scope.owner.membership_id, role=Role.OWNER)
    assert (count.unread, count.has_danger) == (1, True)
    assert Notice.objects.get().told == 2


def test_trouble_that_got_milder_stays_read(scope: Any) -> None:
    tell(level=Level.DANGER)
    read(scope.owner, Role.OWNER)

    tell(level=Level.INFO)

    assert count_unread(membership_id=scope.owner.membership_id, role=Role.OWNER).unread == 0
    assert Notice.objects.get().level == Level.INFO


def test_ended_trouble_is_told_anew_when_it_comes_back(scope: Any) -> None:
    first = tell()
    read(scope.owner, Role.OWNER)
    resolve(kind="folios.low", key="39", at=AT + HOUR)

    second = tell(at=AT + 2 * HOUR)

    assert second.id != first.id
    assert count_unread(membership_id=scope.owner.membership_id, role=Role.OWNER).unread == 1
    ended = list_resolved(membership_id=scope.owner.membership_id, role=Role.OWNER)
    assert [(row.id, row.resolved_at) for row in ended] == [(first.id, AT + HOUR)]


def test_what_is_not_open_resolves_without_a_word(scope: Any) -> None:
    tell(key="33")

    resolve(kind="folios.low", key="39", at=AT)

    assert Notice.objects.get().resolved_at is None


def test_worker_whose_clock_is_behind_ends_it_no_sooner_than_it_began(scope: Any) -> None:
    tell()

    resolve(kind="folios.low", key="39", at=AT - HOUR)

    assert Notice.objects.get().resolved_at == AT


def test_notice_is_seen_by_its_roles_only_and_read_by_each_person(scope: Any) -> None:
    tell(roles=(Role.OWNER, Role.CASHIER))

    read(scope.cashier, Role.CASHIER)

    words = "Quedan 90 boletas. Pide más folios."
    assert seen_by(scope.owner, Role.OWNER) == [(words, False)]
    assert seen_by(scope.cashier, Role.CASHIER) == [(words, True)]
    assert seen_by(scope.stock_keeper, Role.STOCK_KEEPER) == []


def test_who_may_not_see_a_notice_cannot_mark_it(scope: Any) -> None:
    notice = tell()

    read(scope.cashier, Role.CASHIER, notice.id)

    assert seen_by(scope.owner, Role.OWNER)[0][1] is False


def test_reading_twice_is_reading_once(scope: Any) -> None:
    notice = tell()

    read(scope.owner, Role.OWNER, notice.id)
    read(scope.owner, Role.OWNER, notice.id)

    assert seen_by(scope.owner, Role.OWNER)[0][1] is True


def test_unread_and_grave_come_first(scope: Any) -> None:
    tell(kind="read", level=Level.DANGER, words="leído")
    read(scope.owner, Role.OWNER)
    tell(kind="info", level=Level.INFO, words="para saber")
    tell(kind="danger", level=Level.DANGER, words="urgente")
    tell(kind="newer", level=Level.INFO, words="más nuevo", at=AT + HOUR)

    words = [row[0] for row in seen_by(scope.owner, Role.OWNER)]

    assert words == ["urgente", "más nuevo", "para saber", "leído"]


def test_danger_is_mailed_once_to_each_person_of_its_roles(scope: Any) -> None:
    for _ in range(3):
        tell(level=Level.DANGER, roles=(Role.OWNER, Role.CASHIER))

    mails = Mail.objects.order_by("recipient").values_list("recipient", "subject", "text")
    subject = "Almacén Doña Rosa: Quedan pocos folios"
    text = "Quedan 90 boletas. Pide más folios.\n\nhttp://127.0.0.1:8000/sii/folios/\n"
    assert list(mails) == [
        ("carla@donarosa.example", subject, text),
        ("rosa@donarosa.example", subject, text),
    ]


def test_warning_is_not_mailed_at_once_until_it_becomes_a_danger(scope: Any) -> None:
    tell()
    assert Mail.objects.count() == 0

    tell(level=Level.DANGER)

    assert Mail.objects.get().recipient == "rosa@donarosa.example"


def test_link_must_be_a_path_of_ours(scope: Any) -> None:
    for link in ("https://malo.example/", "//malo.example/", "sii/"):
        with pytest.raises(InvariantBroken):
            tell(link=link)

    assert Notice.objects.count() == 0


def test_notice_for_nobody_is_a_bug(scope: Any) -> None:
    with pytest.raises(InvariantBroken):
        tell(roles=())


def test_other_companies_see_nothing(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        tell()

    with company_scope(el_vecino.company_id):
        assert seen_by(el_vecino.owner, Role.OWNER) == []


def test_two_workers_at_once_open_one_notice_and_send_one_mail(
    fresh_database: str, found_cast: Callable[[], tuple[Any, Any]]
) -> None:
    """Each sees no open notice when it looks; only the database can say who was first."""
    shop, _ = found_cast()
    together = threading.Barrier(4)
    ids: list[int] = []

    def work() -> None:
        try:
            with company_scope(shop.company_id):
                together.wait(timeout=20)
                ids.append(tell(level=Level.DANGER).id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    with company_scope(shop.company_id):
        assert ids == [Notice.objects.get().id] * 4
        assert Mail.objects.count() == 1
