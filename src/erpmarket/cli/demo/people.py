"""The demo companies with their users, customers and suppliers; nobody in here exists.

RUTs have right check digits over numbers that, as far as we know, nobody was ever given: companies
and suppliers from the 68 million (companies get theirs from 76 upwards), people from the 38 million
(births are near 29). Mobile numbers start with a 0 that no operator may dial, mail addresses end in
the reserved domain `example`. Passwords and PINs open the demo only; `make run` prints them.
"""

from dataclasses import dataclass
from enum import StrEnum

from erpmarket.cli.demo.rows import read_rows


class DemoRole(StrEnum):
    """What a user does in the shop; the values are those of `tenancy.Role`."""

    OWNER = "owner"
    CASHIER = "cashier"
    STOCK_KEEPER = "stock_keeper"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    """Someone who signs in; `pin` is for the till."""

    role: DemoRole
    name: str
    email: str
    pin: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCompany:
    """A taxpayer with one shop. The signer is the person whose certificate signs its documents."""

    key: str
    rut: str
    name: str
    shop_name: str
    business: str
    address: str
    commune: str
    city: str
    sii_office: str
    signer_rut: str
    signer_name: str
    warehouse_names: tuple[str, ...]
    till_names: tuple[str, ...]
    users: tuple[DemoUser, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCustomer:
    """A neighbour with a name in the shop's notebook; a limit of 0 means no credit."""

    rut: str
    name: str
    alias: str
    phone: str
    credit_limit_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSupplier:
    """Someone the shop buys from; products name it by `key`. Terms are in days."""

    key: str
    rut: str
    name: str
    business: str
    lead_days: int
    payment_days: int


def demo_companies() -> tuple[DemoCompany, ...]:
    """List both companies, the one to show first."""
    return (_dona_rosa(), _el_vecino())


def demo_customers(company_key: str = "dona_rosa") -> tuple[DemoCustomer, ...]:
    """List a company's customers; an unknown key raises KeyError."""
    return _CUSTOMERS[company_key]


def demo_suppliers() -> tuple[DemoSupplier, ...]:
    """List the two suppliers; both companies buy from them."""
    return (
        DemoSupplier(
            key="distributor",
            rut="68331574-5",
            name="Distribuidora Demo Tres Esquinas SpA",
            business="Venta al por mayor de abarrotes, bebidas y artículos de aseo",
            lead_days=3,
            payment_days=15,
        ),
        DemoSupplier(
            key="fresh",
            rut="68554120-3",
            name="Frescos Demo La Carreta Ltda.",
            business="Venta al por mayor de frutas, verduras, lácteos, cecinas y pan",
            lead_days=1,
            payment_days=7,
        ),
    )


def _dona_rosa() -> DemoCompany:
    return DemoCompany(
        key="dona_rosa",
        rut="68918245-3",
        name="Comercial Demo Doña Rosa SpA",
        shop_name="Almacén Doña Rosa",
        business="Almacén de abarrotes, botillería y minimarket",
        address="Pasaje Las Retamas 1420",
        commune="Maipú",
        city="Santiago",
        sii_office="Maipú",
        signer_rut="38214605-0",
        signer_name="Rosa Ejemplo Demo",
        warehouse_names=("Sala", "Bodega"),
        till_names=("Caja 1", "Caja 2"),
        users=_users("dona_rosa"),
    )


def _el_vecino() -> DemoCompany:
    return DemoCompany(
        key="el_vecino",
        rut="68427306-K",
        name="Comercial Demo El Vecino Ltda.",
        shop_name="Minimarket El Vecino",
        business="Venta al por menor de alimentos en minimarket",
        address="Calle Los Boldos 358",
        commune="Ñuñoa",
        city="Santiago",
        sii_office="Ñuñoa",
        signer_rut="38407911-3",
        signer_name="Patricio Ejemplo Demo",
        warehouse_names=("Sala", "Bodega"),
        till_names=("Caja 1", "Caja 2"),
        users=_users("el_vecino"),
    )


def _users(company_key: str) -> tuple[DemoUser, ...]:
    return tuple(
        DemoUser(
            role=DemoRole(row["role"]),
            name=row["name"],
            email=row["email"],
            pin=row["pin"],
            password=row["password"],
        )
        for row in read_rows("users.csv")
        if row["company"] == company_key
    )


_CUSTOMERS = {
    "dona_rosa": (
        DemoCustomer(
            rut="38126634-6",
            name="Marta Ejemplo Demo",
            alias="Señora Marta del pasaje",
            phone="+56 9 0000 0101",
            credit_limit_clp=60_000,
        ),
        DemoCustomer(
            rut="38550287-7",
            name="Luis Ejemplo Demo",
            alias="Don Lucho, el del taller",
            phone="+56 9 0000 0102",
            credit_limit_clp=40_000,
        ),
        DemoCustomer(
            rut="68702915-1",
            name="Club Deportivo Demo Los Tréboles",
            alias="El club",
            phone="+56 9 0000 0103",
            credit_limit_clp=120_000,
        ),
    ),
    "el_vecino": (
        DemoCustomer(
            rut="38731402-4",
            name="Elena Ejemplo Demo",
            alias="Vecina del 12",
            phone="+56 9 0000 0104",
            credit_limit_clp=30_000,
        ),
    ),
}
