"""A shop with 5,000 products and sixteen open tills, built by the real actions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

PRODUCTS = 5_000
TILLS = 16
RUT = "76123456-0"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchShop:
    """Ids the load needs; products are (id, price)."""

    company_id: int
    till_ids: tuple[int, ...]
    shift_ids: tuple[int, ...]
    products: tuple[tuple[int, int], ...]
    warehouse_id: int
    branch_id: int
    caf_id: int


@contextmanager
def django_ready() -> Iterator[None]:
    """Load Django against the database that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpmarket.config.settings")
    import django  # noqa: PLC0415  (after the environment is set)

    django.setup()
    from django.db import connections  # noqa: PLC0415

    yield
    connections.close_all()


def found_bench_shop(folder: Path) -> BenchShop:
    """Build the shop; takes some seconds."""
    from erpmarket.accounts.actions import create_user  # noqa: PLC0415
    from erpmarket.fiscal.actions.load_caf import load_caf  # noqa: PLC0415
    from erpmarket.fiscal.authorities import keep_demo_key  # noqa: PLC0415
    from erpmarket.inventory.actions import open_warehouse  # noqa: PLC0415
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
        rut=RUT,
        name="Comercial Banco de Pruebas SpA",
        shop_name="Banco de pruebas",
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        at=at,
    )
    user_id = create_user(email="banco@pruebas.example", password="una-clave-larga-de-banco")
    with company_scope(company_id):
        branch = open_branch(name="Local", address="Uno 1", commune="Maipú", city="Santiago")
        member = admit_member(user_id=user_id, role=Role.OWNER, display_name="Banco Pruebas")
        warehouse = open_warehouse(branch_id=branch.id, name="Sala")
        products = _make_products(warehouse.id, at)
        till_ids, shift_ids = _open_tills(branch.id, warehouse.id, member.id, at)
        xml = office.issue_caf(rut=RUT, name="Banco de pruebas", kind=39, quantity=900_000)
        caf = load_caf(xml=xml, at=at)
    return BenchShop(
        company_id=company_id,
        till_ids=till_ids,
        shift_ids=shift_ids,
        products=products,
        warehouse_id=warehouse.id,
        branch_id=branch.id,
        caf_id=caf.id,
    )


def _make_products(warehouse_id: int, at: datetime) -> tuple[tuple[int, int], ...]:
    from erpmarket.catalog.actions import create_category, create_product  # noqa: PLC0415
    from erpmarket.catalog.kinds import Unit  # noqa: PLC0415
    from erpmarket.common.ids import uuid7  # noqa: PLC0415
    from erpmarket.inventory.actions import ReceivedLine, receive  # noqa: PLC0415
    from erpmarket.inventory.actions.move import Cause  # noqa: PLC0415

    category = create_category(name="Abarrotes", color_index=1, position=1)
    products = [
        create_product(
            code=f"B{number}",
            name=f"Producto de banco número {number}",
            unit=Unit.PIECE,
            category_id=category.id,
            price_clp=500 + number % 4000,
        )
        for number in range(PRODUCTS)
    ]
    lines = [
        ReceivedLine(
            position=1 + number % 30_000,
            product_id=product.id,
            quantity=Decimal(1_000_000),
            value=Decimal(300_000_000 + number),
        )
        for number, product in enumerate(products)
    ]
    receive(lines=lines, cause=Cause(uid=uuid7(), warehouse_id=warehouse_id, at=at))
    return tuple((product.id, product.price_clp) for product in products)


def _open_tills(
    branch_id: int, warehouse_id: int, cashier_id: int, at: datetime
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    from erpmarket.pos.actions.open_till import open_till  # noqa: PLC0415
    from erpmarket.pos.actions.shift import open_shift  # noqa: PLC0415

    tills = [
        open_till(branch_id=branch_id, warehouse_id=warehouse_id, name=f"Caja {number}")
        for number in range(1, TILLS + 1)
    ]
    shifts = [
        open_shift(till=till, cashier_id=cashier_id, opening_clp=50_000, at=at) for till in tills
    ]
    return tuple(till.id for till in tills), tuple(shift.id for shift in shifts)


def sign_in(user_id: int, company_id: int) -> str:
    """Open a session of somebody in a company, and return its key."""
    from django.contrib import auth  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    from erpmarket.accounts.models import User  # noqa: PLC0415
    from erpmarket.tenancy.access import COMPANY_KEY  # noqa: PLC0415

    session = SessionStore()
    session[auth.SESSION_KEY] = str(user_id)
    session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[auth.HASH_SESSION_KEY] = User.objects.get(id=user_id).get_session_auth_hash()
    session[COMPANY_KEY] = company_id
    session.save()
    return str(session.session_key)
