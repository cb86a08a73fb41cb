"""The whole demo, stage by stage; what is done already is left alone, so any of it may be cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from erpmarket.cli.demo.catalogue import DemoProduct, demo_products
from erpmarket.cli.demo.founding import Agent, find_company, found_shop
from erpmarket.cli.demo.history import find_last_day, live_day, wake_shop
from erpmarket.cli.demo.paying import pay_what_fell_due
from erpmarket.cli.demo.people import DemoCompany
from erpmarket.cli.demo.sii import DemoSii

PROGRESS_DAYS = 10
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOrder:
    """What to make. `today` is not lived through: a person opens it. Limits make small demos."""

    today: date
    seed: str = "erp-market"
    days: int = 30
    product_limit: int | None = None
    agent: Agent = field(default_factory=Agent)

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.days)

    def products(self, company: DemoCompany) -> Sequence[DemoProduct]:
        """List the products this demo of a shop has."""
        return demo_products(company.key)[: self.product_limit]


def open_shop(company: DemoCompany, order: DemoOrder, *, sii: DemoSii, say: Say) -> int:
    """Found a shop with its products unless it is there, and return its company's id.

    Raises StartRefused without a simulator.
    """
    company_id = find_company(company)
    if company_id is not None:
        return company_id
    products = order.products(company)
    say(f"{company.shop_name}: equipo, bodegas, cajas, folios y {len(products)} productos")
    return found_shop(
        company, products=products, first_day=order.first_day, sii=sii, agent=order.agent
    )


def live_history(company: DemoCompany, order: DemoOrder, *, company_id: int, say: Say) -> None:
    """Live through the days that a shop has not seen yet, up to yesterday."""
    shop = wake_shop(company_id, company, products=order.products(company), seed=order.seed)
    last = find_last_day(shop)
    day = order.first_day if last is None else last + timedelta(days=1)
    sales = 0
    while day < order.today:
        sales += live_day(shop, day, is_first=last is None and day == order.first_day)
        day += timedelta(days=1)
        lived = (day - order.first_day).days
        if lived % PROGRESS_DAYS == 0 or day == order.today:
            say(f"{company.shop_name}: {lived} de {order.days} días, {sales} ventas")
    pay_what_fell_due(company_id, today=order.today)
