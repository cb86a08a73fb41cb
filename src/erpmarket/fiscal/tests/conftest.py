"""Fixtures of the outbox. Models may be imported only when a fixture runs: Django starts later."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from erpmarket.fiscal.tests.outbox_shop import OutboxShop


@pytest.fixture
def sii_stage_ms() -> int:
    """How long the SII takes for each of its six stages; a test may ask for another pace."""
    return 0


@pytest.fixture
def outbox_shops(
    fresh_database: str,
    sii_stage_ms: int,
    found_cast: Callable[[], tuple[Any, Any]],
    tmp_path: Path,
    settings: Any,
) -> "Iterator[tuple[OutboxShop, OutboxShop]]":
    """Both shops of the cast in a database of their own, with folios and no certificate yet."""
    from erpmarket.fiscal.tests.outbox_shop import open_shops  # noqa: PLC0415

    with open_shops(
        casts=found_cast(), folder=tmp_path, settings=settings, stage_ms=sii_stage_ms
    ) as shops:
        yield shops


@pytest.fixture
def outbox_shop(outbox_shops: "tuple[OutboxShop, OutboxShop]") -> "OutboxShop":
    """Doña Rosa's shop, with a certificate: ready to send."""
    outbox_shops[0].load_certificate()
    return outbox_shops[0]
