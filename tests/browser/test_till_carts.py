"""D1: random tickets of the till's own program: screen = paper = journal = stored document, to the peso."""

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from erpmarket.catalog.actions.promotions import Offer, create_promotion
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.pos.actions.devices import make_enrolment_code
from erpmarket.pos.device_models import DeviceEvent, SaleFlag
from erpmarket.pos.models import Payment, Sale, SaleLine, Till
from erpmarket.pos.queries import get_sale
from erpmarket.pos.receipts import print_paper, receipt_facts
from erpmarket.pos.tests.factories import AT, SellingShop, make_product
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope

NODE = Path(sys.executable).parent / "node"
PROGRAM = Path(__file__).parents[2] / "frontend" / "till" / "device" / "cart_program.js"
SALES = 2_000
SEED = 166_699
SHELF = (
    # Prices whose parts of a kilo, percent or VAT fall between pesos.
    ("B1", "Queso ñuble", 8_993, "kg", False),
    ("B2", "Pan amasado", 1_995, "kg", False),
    ("B3", "Huevos 12 un", 3_291, "un", False),
    ("B4", "Diario", 1_507, "un", True),
    ("B5", "Papas", 1_333, "kg", True),
    ("B6", "Chicle", 7, "un", False),
)


@pytest.fixture
def offers(selling: SellingShop, caf_office: Any) -> None:
    """More goods, two offers, and folios for all."""
    with company_scope(selling.shop.company_id):
        made = [
            make_product(
                selling.category, code, name=name, price_clp=price, unit=unit, is_exempt=exempt
            )
            for code, name, price, unit, exempt in SHELF
        ]
        terms = {"n": 3, "m": 2, "select": {"products": [str(made[2].id), str(made[3].id)]}}
        kind = PromotionKind.N_FOR_M
        create_promotion(uid=uuid7(), offer=Offer(name="3x2", kind=kind, terms=terms), at=AT)
        terms = {"percent": "13.33", "select": {"products": [str(made[0].id)]}}
        kind = PromotionKind.PERCENT
        create_promotion(uid=uuid7(), offer=Offer(name="Quesos", kind=kind, terms=terms), at=AT)
        for document in (39, 41):
            xml = caf_office.issue_caf(
                rut=selling.shop.rut,
                name=selling.shop.shop_name,
                kind=document,
                quantity=4_000,
                authorized_on=date(2026, 1, 2),
            )
            load_caf(xml=xml, at=AT)


def sell(selling: SellingShop, network: Any, *, sales: int, **facts: Any) -> list[dict[str, Any]]:
    """Sell random tickets: what the screen showed of each, and what was printed."""
    with company_scope(selling.shop.company_id):
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )
    order = {
        "address": network.address,
        "company_id": selling.shop.company_id,
        "code": code,
        "shift_uid": str(selling.shift.uid),
        "cashier": "Carla Muñoz",
        "sales": sales,
        "seed": SEED,
        "card_is_boleta": False,
        **facts,
    }
    done = subprocess.run(
        [NODE, PROGRAM],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["letters"] == []
    assert len(answer["sold"]) == sales
    return list(answer["sold"])


def in_xml(document: IssuedDocument, name: str) -> int:
    """Read a sum of a stored document; one that is not there is nothing."""
    found = re.search(rf"<{name}>([0-9]+)</{name}>".encode(), bytes(document.xml))
    return 0 if found is None else int(found[1])


def same_in_the_books(each: dict[str, Any]) -> Sale:
    """Hold the sale of the books against the screen, line by line."""
    shown, sale = each["shown"], Sale.objects.get(uid=each["uid"])
    lines = SaleLine.objects.filter(sale=sale).order_by("position")
    booked = (sale.total_clp, list(lines.values_list("amount_clp", flat=True)))
    assert booked == (shown["total"], shown["amounts"])
    assert (sale.rounding_clp, sale.change_clp) == (shown["rounding"], shown["change"])
    return sale


def same_on_paper(each: dict[str, Any], sale: Sale) -> IssuedDocument:
    """Hold what the till printed against the stored document as we print it."""
    paper = each["paper"]
    document = IssuedDocument.objects.get(kind=paper["kind"], folio=paper["folio"])
    company, facts = Company.objects.get(), receipt_facts(get_sale(sale.uid))
    blocks, fits = print_paper(document, company=company, facts=facts, width_mm=80)
    assert fits
    # The server knows the paper's own address; a till without a network cannot.
    assert [block for block in blocks if block["kind"] != "qr"] == paper["blocks"]
    return document


@pytest.mark.timeout(400)
def test_d1_screen_paper_journal_and_document_agree_on_random_tickets(
    selling: SellingShop, network: Any, offers: None
) -> None:
    sold = sell(selling, network, sales=SALES)

    with company_scope(selling.shop.company_id):
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()
        assert {flag.kind for flag in SaleFlag.objects.all()} <= {"discount", "stock"}
        for each in sold:
            shown = each["shown"]
            document = same_on_paper(each, same_in_the_books(each))
            stated = [in_xml(document, name) for name in ("MntTotal", "MntNeto", "IVA", "MntExe")]
            assert document.total_clp == shown["total"]
            assert stated == [shown[name] for name in ("total", "net", "iva", "exempt")]


@pytest.mark.timeout(200)
def test_d14_a_voucher_and_its_boleta_are_together_the_sale_on_random_tickets(
    selling: SellingShop, network: Any, offers: None
) -> None:
    with company_scope(selling.shop.company_id):
        Till.objects.update(card_is_boleta=True)
    sold = sell(selling, network, sales=200, card_is_boleta=True)

    kinds = set()
    with company_scope(selling.shop.company_id):
        assert not DeviceEvent.objects.exclude(outcome="taken").exists()
        for each in sold:
            sale = same_in_the_books(each)
            cards = Payment.objects.filter(sale=sale, voucher_exempt_clp__isnull=False)
            on_vouchers = sum(cards.values_list("amount_clp", flat=True))
            on_paper = 0 if each["paper"] is None else same_on_paper(each, sale).total_clp
            assert on_vouchers + on_paper == sale.total_clp
            kinds.add((on_vouchers > 0, on_paper > 0))
    assert kinds == {(True, True), (True, False), (False, True)}
