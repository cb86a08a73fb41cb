"""SIGKILL in every state that others can see: nothing is twice afterwards, nothing lost."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dte.sii.claim_codes import ClaimAction
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.answer_received import answer_received
from erpmarket.fiscal.actions.request_paper import request_paper
from erpmarket.fiscal.models import IssuedDocument, PaperJob
from erpmarket.fiscal.paper_tasks import draw_papers
from erpmarket.fiscal.pdf import PdfPaper
from erpmarket.fiscal.tests.exchange_pair import Pair, open_pair
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.tests.worker_processes import arrivals
from erpmarket.notifications.actions.outbox import StoredFile, enqueue_mail
from erpmarket.notifications.tests.mail_server import PostOffice, make_authority
from erpmarket.tenancy.scope import company_scope

DRAIN = "erpmarket.fiscal.tasks.drain"
DRAW = "erpmarket.fiscal.paper_tasks.draw_papers"
EXCHANGE = "erpmarket.fiscal.exchange_tasks.exchange"
SEND = "erpmarket.notifications.tasks.send_mails"
MODULE = "erpmarket.fiscal.tests.mortal_worker"
LEASE_SECONDS = 121
# More than any of these works has steps.
FOLIOS = 100


class Mortal:
    """The program that dies on order, beside its shop's database, SII and mail server."""

    def __init__(self, shop: OutboxShop, log: Path, **environment: str) -> None:
        with log.open("wb") as errors:
            self._program = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "ERP_SII_DEMO_URL": shop.simulator.url, **environment},
            )
        self._shop = shop

    def die(self, fatal: int, *calls: tuple[str, int]) -> Sequence[str]:
        """Work and die at a step; return the steps that were reached, in their order.

        Calls are a function's name and the seconds from now at which it is called. Who dies at
        step nought lives.
        """
        at = self._shop.clock()
        order = {
            "fatal": fatal,
            "calls": [(name, (at + timedelta(seconds=later)).isoformat()) for name, later in calls],
        }
        program = self._program
        assert program.stdin is not None, "it was opened above"
        assert program.stdout is not None, "it was opened above"
        program.stdin.write(json.dumps(order) + "\n")
        program.stdin.flush()
        told = json.loads(program.stdout.readline())
        assert told["was_killed"] == (fatal == len(told["steps"])), "it died where it was told to"
        return tuple(told["steps"])

    def end(self) -> None:
        self._program.communicate(timeout=20)


@pytest.fixture
def mortals(tmp_path: Path) -> Iterator[Callable[..., Mortal]]:
    made: list[Mortal] = []

    def start(shop: OutboxShop, **environment: str) -> Mortal:
        made.append(Mortal(shop, tmp_path / "mortal.log", **environment))
        return made[-1]

    yield start
    for mortal in made:
        mortal.end()


@pytest.fixture
def pair(
    outbox_shops: tuple[OutboxShop, OutboxShop], sii_office: Any, tmp_path: Path, settings: Any
) -> Iterator[Pair]:
    authority = make_authority(tmp_path)
    settings.MAIL_CA_FILE = str(authority.certificate)
    with PostOffice(authority) as post, open_pair(outbox_shops, sii_office.pfx, post) as made:
        yield made


def every_death(die: Callable[[int], Sequence[str]]) -> Counter[str]:
    """Die in each state that others can see; count the deaths by the step they came after.

    That is after each commit, right before the next one, and when something was sent.
    """
    steps = die(0)
    deaths: Counter[str] = Counter()
    for fatal, kind in enumerate(steps, start=1):
        if kind in ("committed", "sent") or steps[fatal : fatal + 1] == ("committed",):
            deaths[die(fatal)[-1]] += 1
    return deaths


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [39, 33])
def test_a_document_arrives_once_wherever_its_worker_died(
    outbox_shop: OutboxShop, mortals: Callable[..., Mortal], kind: int
) -> None:
    shop, mortal = outbox_shop, mortals(outbox_shop)
    shop.open_trade(33, quantity=FOLIOS)

    def die(fatal: int) -> Sequence[str]:
        (shop.issue if kind == 39 else shop.issue_facturas)(1)
        steps = mortal.die(fatal, (DRAIN, 0), (DRAIN, 70))
        shop.clock.forward(70 + LEASE_SECONDS)
        shop.let_sii_work()
        shop.work_until_final()
        return steps

    deaths = every_death(die)

    count = deaths.total() + 1
    assert deaths["committed"] >= 10
    assert deaths["sent"] >= 3
    assert shop.states() == Counter(accepted=count)
    assert arrivals(shop) == dict.fromkeys(range(1, count + 1), 1)
    assert shop.event_names().count("accepted") == count


@pytest.mark.timeout(120)
def test_a_pdf_is_drawn_wherever_its_worker_died(
    outbox_shop: OutboxShop, mortals: Callable[..., Mortal]
) -> None:
    shop, mortal = outbox_shop, mortals(outbox_shop)

    def die(fatal: int) -> Sequence[str]:
        (document_id,) = shop.issue()
        with company_scope(shop.company_id):
            document = IssuedDocument.objects.get(id=document_id)
            request_paper([document], paper=PdfPaper.ROLL, at=shop.clock())
        steps = mortal.die(fatal, (DRAW, 0))
        shop.clock.forward(LEASE_SECONDS)
        draw_papers(now=shop.clock)
        return steps

    deaths = every_death(die)

    assert deaths["committed"] >= 3
    with company_scope(shop.company_id):
        drawn = [(bytes(job.pdf or b"")[:4], job.refusal) for job in PaperJob.objects.all()]
    assert drawn == [(b"%PDF", "")] * (deaths.total() + 1)


@pytest.mark.timeout(300)
def test_an_acceptance_is_registered_and_mailed_once_wherever_its_worker_died(
    pair: Pair, mortals: Callable[..., Mortal], settings: Any
) -> None:
    shop = pair.customer
    mortal = mortals(shop, ERP_MAIL_CA_FILE=settings.MAIL_CA_FILE)
    pair.supplier.open_trade(33, quantity=FOLIOS)

    def die(fatal: int) -> Sequence[str]:
        pair.deliver(pair.mail_document(pair.issue()))
        pair.work()
        received_id = pair.received()[-1].id
        with company_scope(shop.company_id):
            answer_received(
                document_id=received_id,
                action=ClaimAction.ACCEPT_CONTENT,
                note="",
                made_by_id=None,
                at=shop.clock(),
            )
        steps = mortal.die(fatal, (EXCHANGE, 0))
        for _ in range(3):
            shop.clock.forward(700)
            pair.work()
        return steps

    deaths = every_death(die)

    count = deaths.total() + 1
    assert deaths["committed"] >= 3
    assert deaths["sent"] >= 1
    assert [row.said for row in pair.received()] == [["ACD"]] * count
    for row in pair.received():
        key = (pair.supplier.rut, 33, row.folio)
        assert len(shop.simulator.registry.claims_on(key)) == 1
    assert [event.name for event in pair.events()].count("registered") == count
    assert {job.state for job in pair.jobs()} == {"done"}
    assert Counter(mail.state for mail in pair.mails()) == Counter(sent=2 * count)


@pytest.mark.timeout(300)
def test_a_mail_never_leaves_twice_and_none_is_forgotten_wherever_its_worker_died(
    pair: Pair, mortals: Callable[..., Mortal], settings: Any
) -> None:
    shop = pair.customer
    mortal = mortals(shop, ERP_MAIL_CA_FILE=settings.MAIL_CA_FILE)

    def die(fatal: int) -> Sequence[str]:
        with company_scope(shop.company_id):
            enqueue_mail(
                uid=uuid7(),
                recipient="clienta@casa.example",
                subject="Tu boleta",
                text="Hola",
                attachments=[
                    StoredFile(name="a.xml", media_type="application/xml", content=b"<a/>")
                ],
                at=shop.clock(),
            )
        steps = mortal.die(fatal, (SEND, 0))
        for _ in range(2):
            shop.clock.forward(LEASE_SECONDS)
            pair.work()
        return steps

    deaths = every_death(die)

    letters = Counter(letter["Message-ID"] for letter in pair.post.letters)
    states = Counter(mail.state for mail in pair.mails())
    assert set(letters.values()) == {1}
    assert deaths["committed"] >= 2
    assert states.total() == deaths.total() + 1
    # Who died while the body left cannot know: such a mail is for a person, and never repeated.
    assert set(states) == {"sent", "unknown"}
    assert states["unknown"] <= deaths["sent"] + deaths["answered"] + 1
    assert len(letters) >= states["sent"]
