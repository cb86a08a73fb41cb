"""Kill the till's browser after "pay", moment by moment: `python -m tests.kills --moments 300`."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.kills.cuts import run_cuts

from erpmarket.cli.trial import open_trial

STEP_MS = 10
DAYS = 1
TELL_EVERY = 10


def main() -> int:
    """Print what came of it; 1 when a sale was lost, doubled, or shown as paid too early."""
    parser = argparse.ArgumentParser(prog="kill-till")
    parser.add_argument("--moments", type=int, default=300, help="one each 10 ms from the tap on")
    parser.add_argument("--server-dies-every", type=int, default=25)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="erp-kills-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
    began = time.monotonic()
    try:
        with open_trial(folder, days=DAYS) as trial, sync_playwright() as playwright:
            verdict = run_cuts(
                trial,
                playwright.chromium,
                folder / "profile",
                till_name="Caja 2",
                moments_ms=[number * STEP_MS for number in range(1, options.moments + 1)],
                server_dies_every=options.server_dies_every,
                say=_say_now_and_then,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _say(
        f"{verdict.cuts} cuts, {verdict.server_kills} times the server too: {verdict.shown} shown as"
        f" paid, {verdict.sales} sold and told once, {verdict.copies} copies,"
        f" {verdict.wiped} times the browser lost all it had,"
        f" in {time.monotonic() - began:.0f} s"
    )
    for fault in verdict.faults[:50]:
        _say(f"FAULT {fault}")
    _say(f"verdict: {'FAILED' if verdict.faults else 'ok'}")
    return 1 if verdict.faults else 0


def _say_now_and_then(words: str) -> None:
    if int(words.split(maxsplit=1)[0]) % TELL_EVERY == 0:
        _say(words)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
