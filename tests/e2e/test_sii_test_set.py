"""The five boletas with which the SII tests a company, rung up at the till and sent to the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dte.verify import verify_file
from dte.xml.read import read_document
from dte.xml.validate import check_document
from erpmarket.common import clock
from erpmarket.common.ids import uuid7

SOLD = dict[str, tuple[str, int, str, bool]]

# Of each case: what is sold (name -> quantity, price, unit, exempt), and net, exempt, VAT, total.
CASES: list[tuple[SOLD, tuple[int, int, int, int]]] = [
    (
        {
            "Cambio de aceite": ("1", 19_900, "un", False),
            "Alineacion y balanceo": ("1", 9900, "un", False),
        },
        (25_042, 0, 4758, 29_800),
    ),
    ({"Papel de regalo": ("17", 120, "un", False)}, (1714, 0, 326, 2040)),
    (
        {"Sandwic": ("2", 1500, "un", False), "Bebida": ("2", 550, "un", False)},
        (3445, 0, 655, 4100),
    ),
    (
        {"item afecto 1": ("8", 1590, "un", False), "item exento 2": ("2", 1000, "un", True)},
        (10_689, 2000, 2031, 14_720),
    ),
    ({"Arroz": ("5", 700, "kg", False)}, (2941, 0, 559, 3500)),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedShop:
    """Doña Rosa's shop with a till, folios, a certificate and a SII; one clock for all."""

    __test__ = False
    outbox: Any
    cast: Any
    device: Any
    lease: Any
    shift_uid: str

    def ring_up(self, sold: SOLD, total_clp: int) -> int:
        """Make the products of a case, sell them as a till does, and return the folio."""
        from erpmarket.catalog.tests.factories import make_category  # noqa: PLC0415
        from erpmarket.pos.tests.factories import make_product  # noqa: PLC0415
        from erpmarket.pos.tests.till_device import sold_line  # noqa: PLC0415
        from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

        with company_scope(self.cast.company_id):
            case = uuid7().hex[-8:]
            shelf = make_category(case)
            products = {
                name: make_product(
                    shelf,
                    f"{case}-{position}",
                    name=name,
                    price_clp=price_clp,
                    unit=unit,
                    is_exempt=is_exempt,
                )
                for position, (name, (_, price_clp, unit, is_exempt)) in enumerate(sold.items())
            }
        folio, at = self.lease.first + self.device.seq, clock.now().replace(microsecond=0)
        event = self.device.sale(
            self.lease,
            [sold_line(product, sold[name][0]) for name, product in products.items()],
            shift_uid=self.shift_uid,
            folio=folio,
            at=at,
        )
        assert event["body"]["total_clp"] == total_clp
        (result,) = self.device.tell(event, at=at)
        assert result["state"] == "taken", result
        return int(folio)

    def paper(self, folio: int) -> Any:
        from erpmarket.fiscal.models import IssuedDocument  # noqa: PLC0415
        from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

        with company_scope(self.cast.company_id):
            return IssuedDocument.objects.get(kind=39, folio=folio)


@pytest.fixture
def tested_shop(
    fresh_database: str,
    found_cast: Callable[[], tuple[Any, Any]],
    tmp_path: Path,
    settings: Any,
) -> Iterator[TestedShop]:
    # Models can be imported only now: this file is read before Django is set up.
    from erpmarket.fiscal.tests.outbox_shop import (  # noqa: PLC0415
        SettableClock,
        make_office,
        open_shops,
    )
    from erpmarket.pos.actions.devices import make_enrolment_code  # noqa: PLC0415
    from erpmarket.pos.actions.open_till import open_till  # noqa: PLC0415
    from erpmarket.pos.actions.shift import open_shift  # noqa: PLC0415
    from erpmarket.pos.tests.till_device import TestDevice  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    # The till's HTTP edge reads the real clock, so the SII's clock starts there too.
    at = SettableClock(clock.now())
    casts = found_cast()
    office = make_office(tmp_path / "office", clock=at)
    with open_shops(
        casts=casts, office=office, folder=tmp_path, settings=settings, stage_ms=0, clock=at
    ) as (outbox, _):
        outbox.store_certificate(office.pfx)
        rosa = casts[0]
        with company_scope(rosa.company_id):
            till = open_till(
                branch_id=rosa.branch_id, warehouse_id=rosa.warehouse_id, name="Caja 1"
            )
            shift = open_shift(
                till=till, cashier_id=rosa.cashier.membership_id, opening_clp=0, at=at()
            )
            code = make_enrolment_code(
                till_id=till.id, made_by=rosa.owner.membership_id, at=clock.now()
            )
        device = TestDevice(company_id=rosa.company_id)
        assert device.enrol(code).status_code == 200
        lease = device.lease(at=clock.now())
        yield TestedShop(
            outbox=outbox, cast=rosa, device=device, lease=lease, shift_uid=str(shift.uid)
        )


def test_the_sii_test_set_comes_out_to_the_peso_and_is_accepted(tested_shop: TestedShop) -> None:
    folios = []
    for sold, (net_clp, exempt_clp, vat_clp, total_clp) in CASES:
        folios.append(tested_shop.ring_up(sold, total_clp))
        paper = tested_shop.paper(folios[-1])
        assert (paper.net_clp, paper.exempt_clp, paper.vat_clp, paper.total_clp) == (
            net_clp,
            exempt_clp,
            vat_clp,
            total_clp,
        )
        check_document(bytes(paper.xml))
        read = read_document(bytes(paper.xml))
        assert [
            (line.name, str(line.quantity), line.unit_price, line.exempt) for line in read.lines
        ] == [
            (name, quantity, Decimal(price_clp), is_exempt)
            for name, (quantity, price_clp, _, is_exempt) in sold.items()
        ]
        assert read.totals.total_clp == total_clp

    tested_shop.outbox.clock.at = clock.now()
    tested_shop.outbox.work_until_final()

    assert dict(tested_shop.outbox.states()) == {"accepted": len(CASES)}
    assert tested_shop.outbox.accepted_folios() == folios


def test_the_kilo_of_the_set_is_written_as_the_sii_asks(tested_shop: TestedShop) -> None:
    sold, totals = CASES[-1]

    folio = tested_shop.ring_up(sold, totals[-1])

    [rice] = read_document(bytes(tested_shop.paper(folio).xml)).lines
    assert (rice.quantity, rice.unit) == (Decimal(5), "Kg")


def test_our_own_judge_agrees_with_the_sii_about_the_signed_set(tested_shop: TestedShop) -> None:
    from erpmarket.fiscal.authorities import trusted_keys  # noqa: PLC0415

    for sold, totals in CASES:
        tested_shop.ring_up(sold, totals[-1])
    tested_shop.outbox.clock.at = clock.now()
    tested_shop.outbox.work_until_final()

    [envelope] = tested_shop.outbox.envelopes()
    reports = verify_file(bytes(envelope.xml), trusted=trusted_keys("demo"))

    assert [report.is_right for report in reports] == [True] * (1 + len(CASES))
