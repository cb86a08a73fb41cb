"""Group A in the whole shop: browser and web server are killed; paper, books and SII agree after it.

`make kill-till` does the same with 300 moments.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.kills.cuts import run_cuts

from erpmarket.cli.trial import Trial

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# Dense where the sale is written, and up to the three seconds in which a cashier looks away.
MOMENTS_MS = (0, 5, 10, 20, 30, 40, 60, 90, 150, 400, 1200, 3000)


def test_a3_a7_cut_at_a_dozen_moments_with_the_server_killed_no_boleta_is_lost_or_doubled(
    trial: Trial, chromium: Browser, tmp_path: Path
) -> None:
    verdict = run_cuts(
        trial,
        chromium.browser_type,
        tmp_path / "profile",
        till_name="Caja 2",
        moments_ms=MOMENTS_MS,
        server_dies_every=5,
    )

    assert verdict.faults == []
    assert verdict.wiped == 0
    # On a busy machine it may not be back yet when it should die again.
    assert verdict.server_kills in (1, 2)
    # Cut too early it stays on the ticket and is sold with the next moment.
    assert len(MOMENTS_MS) >= verdict.sales >= verdict.shown > 0
