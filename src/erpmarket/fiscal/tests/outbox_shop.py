"""A shop with folios and a certificate, a whole SII simulator, and one clock for both."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from dte.envelope import Cover, pack_boletas
from dte.rut import Rut
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.issue_document import issue_boleta
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.actions.store_certificate import store_certificate
from erpmarket.fiscal.authorities import keep_demo_key
from erpmarket.fiscal.draft_maps import PaperLine
from erpmarket.fiscal.models import Envelope, IssuedDocument, SiiEvent, Submission
from erpmarket.fiscal.outbox_queries import find_certificate
from erpmarket.fiscal.sii_gateway import open_gateway
from erpmarket.fiscal.tasks import drain
from erpmarket.fiscal.tests.trade_factories import factura_order, make_factura, trade_item
from erpmarket.tenancy.models import Branch, Company
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope
from sii_simulator.app import Simulator
from sii_simulator.caf_office import CafOffice
from sii_simulator.clock import Clock
from sii_simulator.faults import Endpoint, Fault, FaultKind
from sii_simulator.settings import Settings

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
# The cast of the root conftest.
RUTS = ("76123456-0", "77346128-7")
SIGNER = "12345678-5"
PASSWORD = "clave-de-prueba"
RESOLUTION_NUMBER = 80
RESOLUTION_DATE = date(2014, 8, 22)
FINAL = frozenset({"accepted", "accepted_with_remarks", "rejected"})


class SettableClock:
    """A clock that stands still until it is moved; the shop and its SII share one."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(kw_only=True)
class OutboxShop:
    """What a test of the outbox holds in its hands."""

    company_id: int
    rut: str
    branch_id: int
    simulator: Simulator
    clock: SettableClock

    def load_folios(self, xml: bytes) -> None:
        with company_scope(self.company_id):
            load_caf(xml=xml, at=self.clock())

    def load_certificate(
        self,
        *,
        rut: str = SIGNER,
        valid_to: datetime | None = None,
    ) -> None:
        pfx = self.simulator.office.issue_certificate(
            rut=rut, name="Rosa Núñez", password=PASSWORD, valid_to=valid_to
        )
        self.store_certificate(pfx)

    def store_certificate(self, pfx: bytes) -> None:
        with company_scope(self.company_id):
            store_certificate(pfx=pfx, password=PASSWORD, at=self.clock())

    def issue(self, count: int = 1) -> list[int]:
        """Issue boletas as a sale would, each in a transaction of its own; return document ids."""
        return [self._issue_one(number) for number in range(count)]

    def _issue_one(self, number: int) -> int:
        line = PaperLine(
            code=f"A{number}",
            name="Café & té Ñuñoa 170 g",
            quantity=Decimal(2),
            unit="un",
            price_clp=1190 + number,
            discount_clp=0,
            is_exempt=False,
        )
        with company_scope(self.company_id):
            paper = issue_boleta(
                source_uid=uuid7(),
                branch=Branch.objects.get(id=self.branch_id),
                lines=[line],
                at=self.clock(),
            )
            return int(paper.row.id)

    def open_trade(self, *kinds: int, quantity: int = 60) -> None:
        """Get folios of these types, and the activity that facturas state."""
        with company_scope(self.company_id):
            Company.objects.filter(id=self.company_id).update(activities=[471100])
        for kind in kinds:
            self.load_folios(
                self.simulator.office.issue_caf(
                    rut=self.rut,
                    name="Comercio de prueba",
                    kind=kind,
                    quantity=quantity,
                    authorized_on=date(2026, 11, 2),
                )
            )

    def branch(self) -> Branch:
        found: Branch = Branch.objects.select_related("company").get(id=self.branch_id)
        return found

    def issue_facturas(self, count: int = 1, **facts: Any) -> list[int]:
        """Issue facturas, each in a transaction of its own; return document ids."""
        found = []
        for number in range(count):
            line = trade_item(price=str(1000 + number))
            with company_scope(self.company_id):
                order = factura_order(line, **facts)
                found.append(make_factura(self.branch(), order, at=self.clock()).row.id)
        return found

    def drain(self, **keywords: Any) -> int:
        """Let the worker work on what is due now, and the SII process what it has."""
        done = drain(now=self.clock, **keywords)
        self.let_sii_work()
        return done

    def let_sii_work(self) -> None:
        """Wait until the simulator's worker has nothing due at this clock."""
        deadline = time.monotonic() + 20
        while self.simulator.registry.next_due(at=self.clock()) is not None:
            assert time.monotonic() < deadline, "the simulator does not finish"
            self.simulator.worker.wake()
            time.sleep(0.005)

    def work_until_final(self, *, rounds: int = 30, step_seconds: int = 60) -> None:
        """Work and let time pass until every submission has its final word."""
        for _ in range(rounds):
            self.drain()
            if set(self.states()) <= FINAL:
                return
            self.clock.forward(step_seconds)
        raise AssertionError(f"not final after {rounds} rounds: {self.states()}")

    def upload_by_hand(self, document_ids: Sequence[int]) -> None:
        """Bring signed documents to the SII in another envelope, behind the outbox's back."""
        at = self.clock()
        with company_scope(self.company_id):
            company = get_company()
            sealed = find_certificate(at=at)
            signed = [
                bytes(row.signed_xml)
                for row in IssuedDocument.objects.filter(id__in=document_ids).order_by("id")
            ]
        gateway = open_gateway(
            company_id=self.company_id, sealed=sealed, environment=company.environment, at=at
        )
        cover = Cover(
            issuer=Rut.parse(self.rut),
            sender=gateway.certificate.rut,
            resolution_date=company.resolution_date,
            resolution_number=company.resolution_number,
        )
        envelope_xml = pack_boletas(signed, cover, gateway.certificate, at, "AMano")
        gateway.boletas.upload(envelope_xml, sender=cover.sender, issuer=cover.issuer, at=at)
        self.let_sii_work()

    def states(self) -> Counter[str]:
        with company_scope(self.company_id):
            return Counter(Submission.objects.values_list("state", flat=True))

    def envelopes(self) -> list[Envelope]:
        with company_scope(self.company_id):
            return list(Envelope.objects.order_by("id"))

    def submissions(self) -> list[Submission]:
        with company_scope(self.company_id):
            return list(Submission.objects.order_by("id"))

    def events(self) -> list[SiiEvent]:
        with company_scope(self.company_id):
            return list(SiiEvent.objects.order_by("id"))

    def event_names(self) -> list[str]:
        return [event.name for event in self.events()]

    def break_sii(self, endpoint: Endpoint, kind: FaultKind, **more: Any) -> None:
        self.simulator.faults.add(Fault(endpoint=endpoint, kind=kind, **more))

    def received(self) -> Sequence[Any]:
        """What the SII has, oldest first."""
        return list(reversed(self.simulator.registry.list_latest(limit=500)))

    def accepted_folios(self) -> list[int]:
        """Every folio the SII accepted, with repeats if there were any."""
        folios = [
            judged.facts.folio
            for envelope in self.received()
            for judged in self.simulator.registry.documents_of(envelope.id)
            if judged.state in ("DOK", "RPR", "RLV")
        ]
        return sorted(folios)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The files of a SII: its keys, and what both shops of the cast need to begin with."""

    folder: Path
    cafs: dict[str, bytes]
    pfx: bytes


def make_office(folder: Path, *, clock: Clock) -> Office:
    """Make the keys once (that is the slow part); each test works on a copy of the folder."""
    office = CafOffice(folder, clock=clock)
    cafs = {
        rut: office.issue_caf(rut=rut, name="Comercio de prueba", kind=39, quantity=100)
        for rut in RUTS
    }
    pfx = office.issue_certificate(rut=SIGNER, name="Rosa Núñez", password=PASSWORD)
    return Office(folder=folder, cafs=cafs, pfx=pfx)


@contextmanager
def open_shops(
    *,
    casts: tuple[Any, Any],
    office: Office,
    folder: Path,
    settings: Any,
    stage_ms: int,
    clock: Any,
) -> Iterator[tuple[OutboxShop, OutboxShop]]:
    """Start a simulator that the demo trusts, and give both shops folios from its office."""
    shutil.copytree(office.folder, folder / "sii")
    simulator = Simulator(
        folder / "sii",
        settings=Settings(
            stage_ms=stage_ms,
            resolution_number=RESOLUTION_NUMBER,
            resolution_date=RESOLUTION_DATE,
        ),
        clock=clock,
    )
    settings.SII_DEMO_URL = simulator.url
    settings.SII_PAUSES_SECONDS = ()
    settings.SII_DEMO_KEY_FILE = folder / "sii-key.json"
    key = simulator.office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
    rosa, vecino = (
        OutboxShop(
            company_id=cast.company_id,
            rut=cast.rut,
            branch_id=cast.branch_id,
            simulator=simulator,
            clock=clock,
        )
        for cast in casts
    )
    with simulator:
        for shop in (rosa, vecino):
            shop.load_folios(office.cafs[shop.rut])
        yield rosa, vecino
