import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from erpmarket.fiscal.actions.check_status import check_status
from erpmarket.fiscal.actions.deliver import deliver
from erpmarket.fiscal.actions.leases import LeaseLost
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.actions.take_folio import take_folio
from erpmarket.fiscal.models import IssuedDocument, Submission
from erpmarket.fiscal.outbox_queries import list_due_company_ids
from erpmarket.fiscal.sii_gateway import upload_timeout_seconds
from erpmarket.fiscal.tests.outbox_shop import AT, OutboxShop
from erpmarket.fiscal.troubles import TroubleKind, list_troubles
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind

LEASE_SECONDS = 121


class Interrupted:
    """A clock for a worker that sleeps between its claim and its record, while the world goes on."""

    def __init__(
        self,
        shop: OutboxShop,
        meanwhile: Callable[[], object],
        *,
        at_call: int,
        inner: Callable[[], datetime] | None = None,
    ) -> None:
        self._shop = shop
        self._inner = inner or shop.clock
        self._meanwhile = meanwhile
        self._calls_left = at_call

    def __call__(self) -> datetime:
        self._calls_left -= 1
        if self._calls_left == 0:
            self._shop.clock.forward(LEASE_SECONDS)
            self._meanwhile()
        return self._inner()


def _troubles(shop: OutboxShop) -> list[TroubleKind]:
    with company_scope(shop.company_id):
        return [trouble.kind for trouble in list_troubles(shop.clock())]


def test_without_work_nothing_is_done(outbox_shop: OutboxShop) -> None:
    assert outbox_shop.drain() == 0
    assert list_due_company_ids(outbox_shop.clock()) == []


def test_unknown_keywords_of_another_release_are_ignored(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()

    assert outbox_shop.drain(colour="blue") > 0


def test_the_limit_bounds_the_steps(outbox_shops: tuple[OutboxShop, OutboxShop]) -> None:
    for shop in outbox_shops:
        shop.load_certificate()
        shop.issue()

    assert outbox_shops[0].drain(limit=1) == 1
    assert [shop.states() for shop in outbox_shops] == [Counter(signed=1), Counter(pending=1)]


def test_it_ends_early_when_it_is_told_to(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()

    assert outbox_shop.drain(is_stopping=lambda: True) == 0
    assert outbox_shop.states() == Counter(pending=1)


def test_a_shop_without_certificate_waits_and_is_told_once(
    outbox_shops: tuple[OutboxShop, OutboxShop],
) -> None:
    ready, waiting = outbox_shops
    ready.load_certificate()
    ready.issue()
    waiting.issue(2)

    for _ in range(20):
        ready.drain()
        ready.clock.forward(300)

    assert ready.states() == Counter(accepted=1)
    assert waiting.states() == Counter(pending=2)
    assert waiting.event_names() == ["held", "late", "late"], "each told once"
    assert "Falta el certificado" in waiting.events()[0].words
    assert _troubles(waiting) == [TroubleKind.CERTIFICATE_MISSING, TroubleKind.LATE_BOLETAS]
    assert ready.event_names().count("held") == 0

    waiting.load_certificate()
    waiting.drain()
    assert waiting.states() == Counter(sent=2), "a new certificate is used at once"
    waiting.work_until_final()
    assert waiting.states() == Counter(accepted=2)
    assert _troubles(waiting) == []


def test_with_an_expired_certificate_boletas_wait_for_the_next(
    outbox_shops: tuple[OutboxShop, OutboxShop],
) -> None:
    shop, _ = outbox_shops
    shop.load_certificate(valid_to=AT + timedelta(hours=1))
    shop.clock.forward(2 * 3600)
    shop.issue(2)

    for _ in range(3):
        shop.drain()
        shop.clock.forward(600)

    assert shop.states() == Counter(pending=2)
    assert shop.event_names() == ["held"]
    assert _troubles(shop) == [TroubleKind.CERTIFICATE_EXPIRED]
    assert shop.received() == []
    shop.load_certificate()
    shop.work_until_final()
    assert shop.accepted_folios() == [1, 2]


def test_a_signed_envelope_waits_when_its_certificate_ends_before_it_is_sent(
    outbox_shops: tuple[OutboxShop, OutboxShop],
) -> None:
    shop, _ = outbox_shops
    shop.load_certificate(valid_to=AT + timedelta(hours=1))
    shop.issue()
    pack_pending(company_id=shop.company_id, clock=shop.clock)
    shop.clock.forward(2 * 3600)

    shop.drain()

    assert shop.states() == Counter(signed=1)
    assert shop.event_names() == ["signed", "held", "late"]


def test_a_document_that_cannot_be_sent_does_not_hold_the_others(outbox_shop: OutboxShop) -> None:
    (good,) = outbox_shop.issue()
    with company_scope(outbox_shop.company_id):
        row = IssuedDocument.objects.get(id=good)
        row.id = None
        row.folio = take_folio(
            kind=39, environment="demo", branch_id=row.branch_id, on=row.issue_date
        ).folio
        row.source_uid = "01980000-0000-7000-8000-000000000000"
        row.xml = bytes(row.xml).replace(b"<IndServicio>3</IndServicio>", b"")
        row.save(force_insert=True)
        Submission.objects.create(
            document_id=row.id, created_at=outbox_shop.clock(), available_at=outbox_shop.clock()
        )

    outbox_shop.work_until_final()

    with company_scope(outbox_shop.company_id):
        assert Submission.objects.get(document_id=good).state == "accepted"
        bad = Submission.objects.get(document_id=row.id)
    assert bad.state == "rejected"
    assert "No se envió al SII" in bad.words
    assert "IndServicio" in bad.words
    assert outbox_shop.event_names()[:2] == ["not_sendable", "signed"]
    assert outbox_shop.accepted_folios() == [1]


def test_two_workers_at_once_bring_every_boleta_once(outbox_shop: OutboxShop) -> None:
    for _ in range(4):
        outbox_shop.issue(5)
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            for _ in range(5):
                outbox_shop.drain()
        except BaseException as error:  # noqa: BLE001  (told to the main thread)
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox_shop.work_until_final()

    assert failures == []
    assert outbox_shop.accepted_folios() == list(range(1, 21))
    assert outbox_shop.event_names().count("accepted") == 20
    assert [received.copies for received in outbox_shop.received()] == [1] * len(
        outbox_shop.envelopes()
    )


def test_who_lost_the_lease_while_signing_stores_nothing(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue(2)
    late = Interrupted(
        outbox_shop,
        lambda: pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock),
        at_call=2,
    )

    with pytest.raises(LeaseLost):
        pack_pending(company_id=outbox_shop.company_id, clock=late)

    (envelope,) = outbox_shop.envelopes()
    assert outbox_shop.event_names() == ["signed"]
    assert {row.envelope_id for row in outbox_shop.submissions()} == {envelope.id}


def test_who_lost_the_lease_while_sending_writes_nothing(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)

    def take_over() -> None:
        outbox_shop.let_sii_work()
        assert check_status(company_id=outbox_shop.company_id, clock=outbox_shop.clock)

    # Calls: the claim, the gateway, the upload, the lease kept, the record.
    late = Interrupted(outbox_shop, take_over, at_call=5)
    with pytest.raises(LeaseLost):
        deliver(company_id=outbox_shop.company_id, clock=late)

    assert outbox_shop.states() == Counter(accepted=1), "the other found it at the SII"
    assert outbox_shop.event_names() == ["signed", "no_answer", "found_at_sii", "accepted"]
    assert outbox_shop.envelopes()[0].track_id == ""
    assert outbox_shop.accepted_folios() == [1]


def test_who_lost_the_lease_while_logging_in_sends_nothing(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    received_before: list[object] = []

    def take_over() -> None:
        outbox_shop.let_sii_work()
        received_before.extend(outbox_shop.received())
        assert check_status(company_id=outbox_shop.company_id, clock=outbox_shop.clock)

    # Calls: the claim, the gateway, the upload, the lease kept once the token is here.
    late = Interrupted(outbox_shop, take_over, at_call=4)
    with pytest.raises(LeaseLost):
        deliver(company_id=outbox_shop.company_id, clock=late)

    assert received_before == []
    assert outbox_shop.received() == [], "only the other worker may send it now"
    assert outbox_shop.event_names() == ["signed", "no_answer", "not_at_sii"]
    outbox_shop.work_until_final()
    assert [received.copies for received in outbox_shop.received()] == [1]


def test_a_lease_is_kept_from_the_moment_the_upload_begins(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    pack_pending(company_id=outbox_shop.company_id, clock=outbox_shop.clock)
    ends = []

    def slow_login() -> None:
        outbox_shop.clock.forward(100 - LEASE_SECONDS)

    def look() -> None:
        outbox_shop.clock.forward(100 - LEASE_SECONDS)
        lease_until = outbox_shop.envelopes()[0].lease_until
        assert lease_until is not None
        ends.append(lease_until - outbox_shop.clock())
        assert not check_status(company_id=outbox_shop.company_id, clock=outbox_shop.clock)

    # A login of 100 s, then an upload of 100 s: together more than the lease of 120 s.
    late = Interrupted(outbox_shop, slow_login, at_call=4)
    deliver(
        company_id=outbox_shop.company_id,
        clock=Interrupted(outbox_shop, look, at_call=5, inner=late),
    )

    assert ends == [timedelta(seconds=20)]
    assert outbox_shop.event_names() == ["signed", "sent"]


@pytest.mark.parametrize(("lease", "limit"), [(120, 40), (600, 60), (90, 30), (6, 2)])
def test_an_upload_ends_well_within_the_lease(
    outbox_shop: OutboxShop, settings: Any, lease: int, limit: int
) -> None:
    settings.OUTBOX_LEASE_SECONDS = lease

    assert upload_timeout_seconds() == limit


def test_who_lost_the_lease_while_asking_writes_nothing(outbox_shop: OutboxShop) -> None:
    outbox_shop.issue()
    outbox_shop.drain()
    outbox_shop.clock.forward(5)
    # Calls: the claim, the gateway, the question, the lease kept, the record.
    late = Interrupted(outbox_shop, outbox_shop.drain, at_call=5)

    with pytest.raises(LeaseLost):
        check_status(company_id=outbox_shop.company_id, clock=late)

    assert outbox_shop.states() == Counter(accepted=1)
    assert outbox_shop.event_names() == ["signed", "sent", "status", "accepted"]


def test_a_slow_sii_is_waited_for(outbox_shop: OutboxShop) -> None:
    outbox_shop.break_sii(Endpoint.ANY, FaultKind.SLOW, seconds=1, count=2)
    outbox_shop.issue()

    outbox_shop.work_until_final()

    assert outbox_shop.states() == Counter(accepted=1)
    assert outbox_shop.event_names() == ["signed", "sent", "status", "accepted"]
