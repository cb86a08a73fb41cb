"""Fixtures of the outbox. Models may be imported only when a fixture runs: Django starts later."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from erpmarket.fiscal.tests.outbox_shop import Office, OutboxShop


@pytest.fixture
def sii_stage_ms() -> int:
    """How long the SII takes for each of its six stages; a test may ask for another pace."""
    return 0


@pytest.fixture(scope="session")
def sii_office(tmp_path_factory: pytest.TempPathFactory) -> "Office":
    """Keys, folios and a certificate made once, at the instant where the tests' clock stands."""
    from erpmarket.fiscal.tests.outbox_shop import SettableClock, make_office  # noqa: PLC0415

    return make_office(tmp_path_factory.mktemp("office") / "sii", clock=SettableClock())


@pytest.fixture
def outbox_shops(
    fresh_database: str,
    sii_stage_ms: int,
    sii_office: "Office",
    found_cast: Callable[[], tuple[Any, Any]],
    tmp_path: Path,
    settings: Any,
) -> "Iterator[tuple[OutboxShop, OutboxShop]]":
    """Both shops of the cast in a database of their own, with folios and no certificate yet."""
    from erpmarket.fiscal.tests.outbox_shop import SettableClock, open_shops  # noqa: PLC0415

    with open_shops(
        casts=found_cast(),
        office=sii_office,
        folder=tmp_path,
        settings=settings,
        stage_ms=sii_stage_ms,
        clock=SettableClock(),
    ) as shops:
        yield shops


@pytest.fixture
def outbox_shop(
    outbox_shops: "tuple[OutboxShop, OutboxShop]", sii_office: "Office"
) -> "OutboxShop":
    """Doña Rosa's shop, with a certificate: ready to send."""
    outbox_shops[0].store_certificate(sii_office.pfx)
    return outbox_shops[0]


@pytest.fixture
def living_shop(
    fresh_database: str,
    found_cast: Callable[[], tuple[Any, Any]],
    tmp_path: Path,
    settings: Any,
) -> "Iterator[OutboxShop]":
    """Doña Rosa's shop on the real clock, for workers that are processes of their own."""
    from erpmarket.fiscal.tests.outbox_shop import make_office, open_shops  # noqa: PLC0415
    from sii_simulator.clock import system_clock  # noqa: PLC0415

    office = make_office(tmp_path / "office", clock=system_clock)
    with open_shops(
        casts=found_cast(),
        office=office,
        folder=tmp_path,
        settings=settings,
        stage_ms=30,
        clock=system_clock,
    ) as (shop, _):
        shop.store_certificate(office.pfx)
        yield shop
