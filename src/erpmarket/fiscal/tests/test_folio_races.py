"""Sixteen at once at the same folios, with real commits: none twice, none lost, none refused."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from erpmarket.common.errors import DomainError
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.folio_leases import Holder, lease_folios, return_lease
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.actions.take_folio import CafExhausted, take_folio
from erpmarket.fiscal.actions.void_folios import VoidOrder, void_folios
from erpmarket.fiscal.models import (
    FolioLease,
    FolioRange,
    FolioVoid,
    IssuedDocument,
    Submission,
)
from erpmarket.fiscal.tests.factories import AT, make_document
from erpmarket.tenancy.scope import company_scope

AT_ONCE = 16
TODAY = date(2026, 11, 20)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run everything from one starting shot; refusals come back as values."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=20)
            return work()
        except DomainError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def shop(fresh_database: str, found_cast: Any) -> Any:
    return found_cast()[0]


def load(shop: Any, caf_office: Any, *, quantity: int) -> int:
    xml = caf_office.issue_caf(
        rut=shop.rut,
        name=shop.shop_name,
        kind=39,
        quantity=quantity,
        authorized_on=date(2026, 1, 2),
    )
    with company_scope(shop.company_id):
        return int(load_caf(xml=xml, at=AT).first_folio)


def sell(shop: Any) -> int:
    with company_scope(shop.company_id):
        return int(make_document(shop).folio)


def test_many_ranges_of_one_folio_refuse_nobody_falsely(shop: Any, caf_office: Any) -> None:
    firsts = [load(shop, caf_office, quantity=1) for _ in range(AT_ONCE * 2)]

    answers = at_once([lambda: [sell(shop), sell(shop)]] * AT_ONCE)

    assert sorted(folio for pair in answers for folio in pair) == sorted(firsts)
    with pytest.raises(DomainError, match="Se acabaron los folios de boletas"):
        sell(shop)


def test_fifty_at_the_last_ten_folios_sell_ten_and_refuse_forty_cleanly(
    shop: Any, caf_office: Any
) -> None:
    first = load(shop, caf_office, quantity=10)

    answers = at_once([lambda: sell(shop)] * 50)

    sold = [answer for answer in answers if isinstance(answer, int)]
    refused = [answer for answer in answers if not isinstance(answer, int)]
    assert sorted(sold) == list(range(first, first + 10))
    assert {type(answer) for answer in refused} == {CafExhausted}
    assert len(refused) == 40
    with company_scope(shop.company_id):
        assert IssuedDocument.objects.count() == 10
        assert Submission.objects.count() == 10


def test_folios_that_arrive_while_all_wait_are_given_out(shop: Any, caf_office: Any) -> None:
    """A waiting sale looks with the eyes of its start; what was loaded since must still count."""
    first = load(shop, caf_office, quantity=1)
    holds, loaded = threading.Event(), threading.Event()

    def hold_the_last() -> int:
        with company_scope(shop.company_id):
            folio = take_folio(
                kind=39, environment="demo", branch_id=shop.branch_id, on=TODAY
            ).folio
            holds.set()
            assert loaded.wait(20)
            # Long enough for the others to stand at the lock; a faster one only proves less.
            threading.Event().wait(0.3)
            return folio

    def sell_while_held() -> int:
        assert holds.wait(20)
        return sell(shop)

    def bring_more() -> list[int]:
        assert holds.wait(20)
        threading.Event().wait(0.3)
        more = load(shop, caf_office, quantity=AT_ONCE)
        loaded.set()
        return [more]

    answers = at_once([hold_the_last, bring_more, *[sell_while_held] * 14])

    [more] = answers[1]
    assert answers[0] == first
    assert sorted(answers[2:]) == list(range(more, more + 14))


def test_selling_and_leasing_one_range_gives_each_folio_once(shop: Any, caf_office: Any) -> None:
    first = load(shop, caf_office, quantity=200)

    def lease(number: int) -> list[int]:
        holder = Holder(uid=UUID(int=number), name=f"Caja {number}")
        with company_scope(shop.company_id):
            block = lease_folios(holder=holder, kind=39, count=10, request_uid=uuid7(), at=AT)
        # A block that came back is shorter than what was asked for.
        used_up_to = min(block.first_folio + 3, block.last_folio)
        with company_scope(shop.company_id):
            return_lease(lease_id=block.id, used_up_to=used_up_to, at=AT)
        return list(range(block.first_folio, used_up_to + 1))

    def work(number: int) -> list[int]:
        if number % 2:
            return lease(number) + lease(number)
        return [sell(shop) for _ in range(8)]

    answers = at_once([partial(work, number) for number in range(AT_ONCE)])

    used = sorted(folio for folios in answers for folio in folios)
    assert len(used) >= 8 * 8 + 8 * 2
    assert len(set(used)) == len(used)
    with company_scope(shop.company_id):
        still_open = [
            folio
            for row in FolioRange.objects.all()
            for folio in range(row.next_folio, row.last_folio + 1)
        ]
    assert sorted(used + still_open) == list(range(first, first + 200))


def test_one_request_sent_sixteen_times_is_one_lease(shop: Any, caf_office: Any) -> None:
    first, uid = load(shop, caf_office, quantity=100), uuid7()

    def ask() -> int:
        with company_scope(shop.company_id):
            holder = Holder(uid=UUID(int=1), name="Caja 1")
            return int(lease_folios(holder=holder, kind=39, count=5, request_uid=uid, at=AT).id)

    answers = at_once([ask] * AT_ONCE)

    with company_scope(shop.company_id):
        assert answers == [FolioLease.objects.get().id] * AT_ONCE
        assert FolioRange.objects.get().next_folio == first + 5


def test_voiding_what_is_being_sold_leaves_each_folio_in_one_place(
    shop: Any, caf_office: Any
) -> None:
    first = load(shop, caf_office, quantity=AT_ONCE)

    def void(offset: int) -> int:
        order = VoidOrder(
            kind=39, first=first + offset, last=first + offset, reason="Prueba", recorded_by=None
        )
        with company_scope(shop.company_id):
            return -int(void_folios(order, at=AT).first_folio)

    answers = at_once([lambda: sell(shop)] * 8 + [partial(void, n) for n in range(8)])

    done = [abs(answer) for answer in answers if isinstance(answer, int)]
    refused = [answer.reason for answer in answers if isinstance(answer, DomainError)]  # type: ignore[attr-defined]  # only VoidRefused can come
    assert len(set(done)) == len(done)
    assert set(refused) <= {"issued"}
    with company_scope(shop.company_id):
        voids = FolioVoid.objects.count()
        left = sum(row.last_folio - row.next_folio + 1 for row in FolioRange.objects.all())
    assert voids + len(refused) == 8
    assert left == AT_ONCE - 8 - voids
