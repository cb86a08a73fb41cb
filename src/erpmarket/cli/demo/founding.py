"""Open a demo shop through the real actions: company, people, places, papers, products."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from erpmarket.accounts.actions import create_user, set_pin
from erpmarket.accounts.models import User
from erpmarket.catalog.actions import create_category, create_product
from erpmarket.catalog.kinds import Unit
from erpmarket.cli.demo.catalogue import DemoProduct, DemoUnit, demo_categories
from erpmarket.cli.demo.people import DemoCompany, demo_customers, demo_suppliers
from erpmarket.cli.demo.shopping import opening_of
from erpmarket.cli.demo.sii import DemoSii
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import CustomerFacts, register_customer
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.actions.store_certificate import store_certificate
from erpmarket.fiscal.authorities import keep_demo_key
from erpmarket.inventory.actions import open_warehouse
from erpmarket.pos.actions.open_till import open_till
from erpmarket.purchasing.actions import register_supplier
from erpmarket.tenancy.actions import (
    admit_member,
    found_company,
    open_branch,
    set_company_facts,
)
from erpmarket.tenancy.models import Role
from erpmarket.tenancy.queries import list_places
from erpmarket.tenancy.scope import company_scope

BOLETA: Final = 39
BOLETA_EXENTA: Final = 41
BOLETA_FOLIOS: Final = 6_000
EXEMPT_FOLIOS: Final = 500
# Facturas, guías and notas: a shop of the demo may try every paper of the trade.
TRADE_KINDS: Final = (33, 34, 52, 56, 61)
TRADE_FOLIOS: Final = 300
# The SII's activity of shops that sell food.
GROCERY_ACTIVITY: Final = 471100
# The certificate's own password is of no use to a person: the shop keeps it sealed.
_CERTIFICATE_PASSWORD: Final = "certificado-de-demostracion"  # noqa: S105 - opens a demo key
_MADE_BEFORE: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Where the till's agent listens; empty when there is none."""

    url: str = ""
    token: str = ""


def find_company(company: DemoCompany) -> int | None:
    """Find a demo shop that was founded before, by its owner's login; None when there is none."""
    owner = User.objects.filter(email=company.users[0].email).first()
    places = list_places(owner.pk) if owner is not None else ()
    return places[0].company_id if places else None


def found_shop(
    company: DemoCompany,
    *,
    products: Sequence[DemoProduct],
    first_day: date,
    sii: DemoSii,
    agent: Agent,
) -> int:
    """Open a shop some days before `first_day` and return its company's id.

    Everything inside the company is one transaction. Raises StartRefused without a simulator.
    """
    at = opening_of(first_day) - _MADE_BEFORE
    facts = sii.facts()
    keep_demo_key(key_id=facts.key_id, modulus=facts.modulus, exponent=facts.exponent)
    papers = _order_papers(company, sii, authorized_on=at.date())
    users = [(user, _make_login(user.email, user.password)) for user in company.users]
    company_id = found_company(
        rut=company.rut,
        name=company.name,
        shop_name=company.shop_name,
        business=company.business,
        resolution_date=facts.resolution_date,
        resolution_number=facts.resolution_number,
        at=at,
    )
    with company_scope(company_id):
        set_company_facts(
            company_id=company_id,
            business=company.business,
            activities=[GROCERY_ACTIVITY],
            email="",
            phone="",
        )
        for user, user_id in users:
            member = admit_member(user_id=user_id, role=Role(user.role), display_name=user.name)
            set_pin(membership_id=member.id, pin=user.pin)
        _open_places(company, agent)
        _take_papers(papers, at)
        _fill_catalogue(products)
        _write_down_people(company)
    return company_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Papers:
    cafs: tuple[bytes, ...]
    pfx: bytes


def _order_papers(company: DemoCompany, sii: DemoSii, *, authorized_on: date) -> _Papers:
    cafs = tuple(
        sii.caf(
            rut=company.rut,
            name=company.name,
            kind=kind,
            quantity=quantity,
            authorized_on=authorized_on,
        )
        for kind, quantity in (
            (BOLETA, BOLETA_FOLIOS),
            (BOLETA_EXENTA, EXEMPT_FOLIOS),
            *((kind, TRADE_FOLIOS) for kind in TRADE_KINDS),
        )
    )
    pfx = sii.certificate(
        rut=company.signer_rut, name=company.signer_name, password=_CERTIFICATE_PASSWORD
    )
    return _Papers(cafs=cafs, pfx=pfx)


def _make_login(email: str, password: str) -> int:
    """Return the login's id; a start that was cut may have made it already."""
    known = User.objects.filter(email=email).first()
    return int(known.pk) if known is not None else create_user(email=email, password=password)


def _open_places(company: DemoCompany, agent: Agent) -> None:
    branch = open_branch(
        name="Casa matriz",
        address=company.address,
        commune=company.commune,
        city=company.city,
        sii_office=company.sii_office,
    )
    warehouses = [
        open_warehouse(branch_id=branch.id, name=name) for name in company.warehouse_names
    ]
    for name in company.till_names:
        open_till(
            branch_id=branch.id,
            warehouse_id=warehouses[0].id,
            name=name,
            agent_url=agent.url,
            agent_token=agent.token,
        )


def _take_papers(papers: _Papers, at: datetime) -> None:
    for xml in papers.cafs:
        load_caf(xml=xml, at=at)
    # Its key is younger than the history: it is stored at the instant at which it is.
    store_certificate(pfx=papers.pfx, password=_CERTIFICATE_PASSWORD, at=now())


def _fill_catalogue(products: Sequence[DemoProduct]) -> None:
    categories = {
        category.name: create_category(
            name=category.name, color_index=category.color_index, position=category.position
        ).id
        for category in demo_categories()
    }
    for product in products:
        create_product(
            code=product.code,
            name=product.name,
            unit=Unit.KILO if product.unit is DemoUnit.KILO else Unit.PIECE,
            category_id=categories[product.category],
            price_clp=product.price_clp,
            barcodes=product.barcodes,
            is_exempt=product.is_exempt,
            is_favourite=product.is_favourite,
            plu=product.plu,
            additional_tax_code=product.additional_tax_code,
            is_age_restricted=product.is_age_restricted,
            is_never_discounted=product.is_never_discounted,
            takes_baes=product.takes_baes,
        )


def _write_down_people(company: DemoCompany) -> None:
    for supplier in demo_suppliers():
        register_supplier(
            rut=supplier.rut,
            name=supplier.name,
            business=supplier.business,
            lead_days=supplier.lead_days,
            payment_days=supplier.payment_days,
        )
    for customer in demo_customers(company.key):
        register_customer(
            uid=uuid7(),
            facts=CustomerFacts(
                name=customer.name,
                rut=customer.rut,
                alias=customer.alias,
                phone=customer.phone,
                credit_limit_clp=customer.credit_limit_clp,
            ),
        )
