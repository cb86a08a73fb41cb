"""What stands around the till: a shop with its catalogue, the agent and its printer."""

import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from bench.shop import sign_in
from bench.till.goods import CATEGORIES, Goods, make_goods

SEED: Final = 20_261_123
_BATCH: Final = 10_000
_START_SECONDS: Final = 20
# A till is one browser at a time, and each is measured in one of its own.
TILLS: Final = 2
# The first of the catalogue have stock; who sells needs no more.
STOCKED: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TillShop:
    """A shop with open tills, "Caja 1" first; `barcodes` are of goods by the piece that it has."""

    company_id: int
    till_ids: tuple[int, ...]
    size: int
    barcodes: tuple[str, ...]
    session_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Where the till's agent listens, and what it wants to hear."""

    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def found_till_shop(folder: Path, agent: Agent, *, size: int, rut: str) -> TillShop:
    """Build a shop of so many products by the real actions."""
    from erpmarket.accounts.actions import create_user  # noqa: PLC0415  (after Django is ready)
    from erpmarket.fiscal.actions.load_caf import load_caf  # noqa: PLC0415
    from erpmarket.fiscal.authorities import keep_demo_key  # noqa: PLC0415
    from erpmarket.inventory.actions import open_warehouse  # noqa: PLC0415
    from erpmarket.pos.actions.open_till import open_till  # noqa: PLC0415
    from erpmarket.pos.actions.shift import open_shift  # noqa: PLC0415
    from erpmarket.tenancy.actions import (  # noqa: PLC0415
        admit_member,
        found_company,
        open_branch,
    )
    from erpmarket.tenancy.models import Role  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415
    from sii_simulator.caf_office import CafOffice  # noqa: PLC0415

    at = datetime.now(UTC)
    office = CafOffice(folder / "sii")
    key = office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
    company_id = found_company(
        rut=rut,
        name="Comercial Banco de Pruebas SpA",
        shop_name="Banco de pruebas",
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        at=at,
    )
    user_id = create_user(email=f"caja{size}@pruebas.example", password="una-clave-larga-de-banco")
    with company_scope(company_id):
        branch = open_branch(name="Local", address="Uno 1", commune="Maipú", city="Santiago")
        owner = admit_member(user_id=user_id, role=Role.OWNER, display_name="Banco Pruebas")
        warehouse = open_warehouse(branch_id=branch.id, name="Sala")
        barcodes = _stock_up(size, warehouse.id, at)
        tills = [
            open_till(
                branch_id=branch.id,
                warehouse_id=warehouse.id,
                name=f"Caja {number}",
                agent_url=agent.url,
                agent_token=agent.token,
            )
            for number in range(1, TILLS + 1)
        ]
        for till in tills:
            open_shift(till=till, cashier_id=owner.id, opening_clp=50_000, at=at)
        xml = office.issue_caf(rut=rut, name="Banco de pruebas", kind=39, quantity=100_000)
        load_caf(xml=xml, at=at)
    return TillShop(
        company_id=company_id,
        till_ids=tuple(till.id for till in tills),
        size=size,
        barcodes=barcodes,
        session_key=sign_in(user_id, company_id),
    )


def _stock_up(size: int, warehouse_id: int, at: datetime) -> tuple[str, ...]:
    from erpmarket.catalog.actions.bulk import add_categories, create_products  # noqa: PLC0415
    from erpmarket.common.ids import uuid7  # noqa: PLC0415
    from erpmarket.inventory.actions import ReceivedLine, receive  # noqa: PLC0415
    from erpmarket.inventory.actions.move import Cause  # noqa: PLC0415

    categories = [row.id for row in add_categories(CATEGORIES)]
    goods = list(make_goods(size, seed=SEED))
    products = [
        product
        for start in range(0, size, _BATCH)
        for product in create_products(
            [_new_product(each, categories) for each in goods[start : start + _BATCH]]
        )
    ]
    lines = [
        ReceivedLine(
            position=position,
            product_id=product.id,
            quantity=Decimal(100_000),
            value=Decimal(30_000_000),
        )
        for position, product in enumerate(products[:STOCKED], start=1)
    ]
    receive(lines=lines, cause=Cause(uid=uuid7(), warehouse_id=warehouse_id, at=at))
    return tuple(each.barcodes[-1] for each in goods[:STOCKED] if each.barcodes)


def _new_product(goods: Goods, categories: list[int]) -> object:
    from erpmarket.catalog.actions.bulk import NewProduct  # noqa: PLC0415
    from erpmarket.catalog.actions.products import ProductFacts  # noqa: PLC0415
    from erpmarket.catalog.kinds import Unit  # noqa: PLC0415

    facts = ProductFacts(
        code=f"N{goods.number}",
        name=goods.name,
        unit=Unit.KILO if goods.is_by_kilo else Unit.PIECE,
        category_id=categories[goods.category],
        barcodes=goods.barcodes,
        is_exempt=False,
        is_favourite=goods.is_favourite,
        plu=goods.plu,
        additional_tax_code=None,
        is_age_restricted=False,
        content="",
        is_active=True,
    )
    return NewProduct(facts=facts, price_clp=goods.price_clp)


def plan_agent() -> Agent:
    """Choose where the agent will listen, so that tills can be told before it runs."""
    return Agent(port=_free_port(), token=secrets.token_urlsafe(32))


@contextmanager
def printing(agent: Agent, folder: Path, *, origin: str) -> Iterator[None]:
    """Run the agent and the virtual printer, as the shop of one machine has them."""
    printer, rolls = _free_port(), _free_port()
    token_file = folder / "agent_token"
    token_file.write_text(agent.token)
    token_file.chmod(0o600)
    commands = (
        (
            *("-m", "till_agent.virtual_printer", "--port", str(printer)),
            *("--http-port", str(rolls), "--folder", str(_made(folder / "rolls"))),
        ),
        (
            *("-m", "till_agent", "--port", str(agent.port), "--paper", "80"),
            *("--folder", str(_made(folder / "agent")), "--printer", f"127.0.0.1:{printer}"),
            *("--token-file", str(token_file), "--origin", origin),
        ),
    )
    with ExitStack() as stack:
        for command in commands:
            process = subprocess.Popen(
                [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait, timeout=10)
            stack.callback(process.terminate)
        _await_port(printer)
        _await_port(agent.port)
        yield


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _await_port(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"nobody listens on port {port}")
