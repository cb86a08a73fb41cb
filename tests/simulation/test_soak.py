"""A short soak, as a program of its own: it brings its database, its SII and its workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEED = 7


@pytest.mark.timeout(600)
def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    """Prevents a lost sale, a folio twice and a hole when workers die and the SII misbehaves."""
    settings = {name: os.environ[name] for name in os.environ if not name.startswith("ERP_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--documents", "150", "--seed", str(SEED)],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"verdict: ok, seed {SEED}" in done.stdout, done.stdout + done.stderr[-4000:]
    assert done.returncode == 0
    happened = "2 workers killed, 3 died half way, 2 times the broker lost all"
    assert happened in done.stdout
