"""The paper a till draws by itself is the paper the server draws of the stored document."""

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dte.blocks import CopyMark, blocks_to_json
from dte.build import build
from dte.caf import Caf, load_caf
from dte.clock import chile_date
from dte.codes import DocumentType, Exemption
from dte.document import CONSUMER, Document, Draft, Issuer, Line
from dte.printable.receipt import (
    DiscountLabel,
    SaleFacts,
    Shop,
    Tender,
    TenderKind,
    receipt_blocks,
)
from dte.rut import Rut
from erpmarket.pricing.amounts import gross_clp
from erpmarket.pricing.cash import CASH, settle_payment
from erpmarket.pricing.cash import Tender as PricedTender
from sii_simulator.caf_office import CafOffice

NODE = Path(sys.executable).parent / "node"
CASES = Path(__file__).parents[4] / "frontend" / "till" / "paper" / "receipt_cases.js"
SALES = 150
# The night the clocks go back, so that hours are Santiago's and no other's.
START = datetime(2026, 4, 4, 23, 0, tzinfo=UTC)
ISSUER = Issuer(
    rut=Rut.parse("76918245-4"),
    name="Comercial Doña Rosa SpA",
    giro="Minimarket",
    address="Av. Los Ñirres 12",
    commune="Maipú",
    city="Santiago",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A line as the till has it."""

    name: str
    unit: str
    milli: int
    price_clp: int
    discount_clp: int
    exempt: bool
    words: str | None

    @property
    def amount_clp(self) -> int:
        return gross_clp(self.milli, self.price_clp) - self.discount_clp


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A random sale: what both sides are told."""

    at: datetime
    shop: Shop
    lines: tuple[SoldLine, ...]
    tenders: tuple[tuple[str, int], ...]
    cashier: str
    reprinted_at: datetime | None

    @property
    def total_clp(self) -> int:
        return sum(line.amount_clp for line in self.lines)


@pytest.fixture(scope="module")
def cafs(tmp_path_factory: pytest.TempPathFactory) -> dict[DocumentType, Caf]:
    office = CafOffice(tmp_path_factory.mktemp("sii"))
    return {
        kind: load_caf(
            office.issue_caf(
                rut=str(ISSUER.rut),
                name=ISSUER.name,
                kind=int(kind),
                quantity=SALES,
                authorized_on=date(2026, 1, 2),
            )
        )
        for kind in (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA)
    }


def random_line(chance: random.Random, *, exempt: bool) -> SoldLine:
    unit = chance.choice(["un", "un", "kg"])
    milli = chance.randint(1, 3000) if unit == "kg" else 1000 * chance.choice([1, 1, 2, 12, 1200])
    price = chance.choice([90, 990, 1350, 12_990, 1_250_000])
    gross = gross_clp(milli, price)
    discount = chance.randint(1, gross) if gross and chance.random() < 0.3 else 0
    return SoldLine(
        name=chance.choice(["Pan", "Piña “al natural” & jugo", "Queso ñuble <mantecoso>"]),
        unit=unit,
        milli=milli,
        price_clp=price,
        discount_clp=discount,
        exempt=exempt,
        words=chance.choice([None, "Lleva 3, paga 2"]) if discount else None,
    )


def random_sale(chance: random.Random, place: int) -> Sold:
    mix = chance.choice([0.0, 0.3, 1.0])
    lines = tuple(
        random_line(chance, exempt=chance.random() < mix) for _ in range(chance.randint(1, 6))
    )
    total = sum(line.amount_clp for line in lines)
    # Nothing is no sale, and above 135 UF the boleta names who buys.
    if not 0 < total < 5_000_000:
        return random_sale(chance, place)
    card = chance.choice([0, 0, total, total // 3])
    tenders: list[tuple[str, int]] = [("card", card)] if card else []
    if card < total:
        tenders.append((CASH, -(-(total - card) // 1000) * 1000 + chance.choice([0, 5000])))
    at = START + timedelta(minutes=7 * place, seconds=chance.randint(0, 59))
    return Sold(
        at=at,
        shop=Shop(
            name=chance.choice(["Almacén Doña Rosa", ISSUER.name, ""]),
            resolution_number=80,
            resolution_year=2014,
            is_branch=chance.random() < 0.3,
            site=chance.choice(["", "boletas.ejemplo.cl/consulta"]),
            closing_lines=chance.choice([(), ("Gracias",), ("Uno", "Dos", "Tres")]),
            demonstration=chance.random() < 0.3,
        ),
        lines=lines,
        tenders=tuple(tenders),
        cashier=chance.choice(["", "Camila", "Camila Soto"]),
        reprinted_at=chance.choice([None, None, at + timedelta(days=1)]),
    )


def document_of(sold: Sold, folio: int, cafs: dict[DocumentType, Caf]) -> Document:
    all_exempt = all(line.exempt for line in sold.lines)
    kind = DocumentType.BOLETA_EXENTA if all_exempt else DocumentType.BOLETA
    draft = Draft(
        kind=kind,
        issuer=ISSUER,
        receiver=CONSUMER,
        lines=tuple(
            Line(
                name=line.name,
                quantity=Decimal(line.milli).scaleb(-3),
                unit="Kg" if line.unit == "kg" else "Un",
                unit_price=Decimal(line.price_clp),
                discount_clp=line.discount_clp,
                exemption=Exemption.EXEMPT if line.exempt else None,
            )
            for line in sold.lines
        ),
        issue_date=chile_date(sold.at),
    )
    return build(draft=draft, folio=cafs[kind].first + folio, caf=cafs[kind], at=sold.at)


def server_blocks(sold: Sold, document: Document) -> Any:
    paid = settle_payment(
        sold.total_clp,
        [PricedTender(kind=kind, amount_clp=amount) for kind, amount in sold.tenders],
    )
    facts = SaleFacts(
        till="Caja 1",
        cashier=short_name(sold.cashier),
        tenders=tuple(
            Tender(kind=TenderKind(kind), amount_clp=amount) for kind, amount in sold.tenders
        ),
        rounding_clp=paid.rounding_clp,
        change_clp=paid.change_clp,
        discount_labels=tuple(
            DiscountLabel(line_number=number, text=line.words)
            for number, line in enumerate(sold.lines, start=1)
            if line.words is not None
        ),
    )
    copy = None if sold.reprinted_at is None else CopyMark(reprinted_at=sold.reprinted_at)
    return blocks_to_json(receipt_blocks(document.xml, shop=sold.shop, sale=facts, copy=copy))


def short_name(name: str) -> str:
    first, *others = name.split() or [""]
    return f"{first} {others[0][0]}." if others else first


def till_order(sold: Sold, document: Document) -> dict[str, Any]:
    shop = sold.shop
    order = {
        "look": {
            "shop": shop.name,
            "name": ISSUER.name,
            "giro": ISSUER.giro,
            "place": "Av. Los Ñirres 12, Maipú, Santiago",
            "is_branch": shop.is_branch,
            "rut": ISSUER.rut.dotted,
            "resolution_number": shop.resolution_number,
            "resolution_year": shop.resolution_year,
            "site": shop.site,
            "closing_lines": list(shop.closing_lines),
            "demonstration": shop.demonstration,
        },
        "tillName": "Caja 1",
        "cashier": sold.cashier,
        "kind": int(document.kind),
        "folio": document.folio,
        "at": sold.at.isoformat(),
        "ted": document.ted.decode("latin-1"),
        "lines": [
            {
                # As the body of the document holds it: the till cleans names before it stamps.
                "name": line.name.replace("“", '"').replace("”", '"'),
                "unit": line.unit,
                "milli": line.milli,
                "priceClp": line.price_clp,
                "discountClp": line.discount_clp,
                "amountClp": line.amount_clp,
                "exempt": line.exempt,
            }
            | ({} if line.words is None else {"discountWords": line.words})
            for line in sold.lines
        ],
        "tenders": [{"kind": kind, "amountClp": amount} for kind, amount in sold.tenders],
    }
    if sold.reprinted_at is not None:
        order["reprintedAt"] = sold.reprinted_at.isoformat()
    return order


def test_the_tills_paper_is_the_servers_block_by_block(cafs: dict[DocumentType, Caf]) -> None:
    chance = random.Random(20261123)
    sales = [random_sale(chance, place) for place in range(SALES)]
    documents = [document_of(sold, place, cafs) for place, sold in enumerate(sales)]
    orders = [till_order(*each) for each in zip(sales, documents, strict=True)]

    done = subprocess.run(
        [NODE, CASES],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    for sold, document, drawn in zip(sales, documents, json.loads(done.stdout), strict=True):
        assert drawn == server_blocks(sold, document)
