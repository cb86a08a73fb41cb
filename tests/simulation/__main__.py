"""Run the soak: `python -m tests.simulation --documents 2000 --seed 7`."""

import argparse
import secrets
import sys
import time

from tests.simulation.soak import run_soak
from tests.simulation.world import open_world


def main() -> int:
    """Print seed and verdict; 1 when something was lost or came twice."""
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    _say(f"seed {seed}, {options.documents} papers")
    began = time.monotonic()
    with open_world(folios=options.documents) as world:
        verdict = run_soak(world, documents=options.documents, seed=seed)
    _say(
        f"{verdict.documents} papers of kinds {dict(sorted(verdict.kinds.items()))},"
        f" {verdict.kills} workers killed, {verdict.stuck} died half way, {verdict.broker_losses}"
        f" times the broker lost all, {verdict.corrected} mended by hand:"
        f" {verdict.states}, in {time.monotonic() - began:.0f} s"
    )
    for fault in verdict.faults[:50]:
        _say(f"FAULT {fault}")
    _say(f"verdict: {'FAILED' if verdict.faults else 'ok'}, seed {seed}")
    return 1 if verdict.faults else 0


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
