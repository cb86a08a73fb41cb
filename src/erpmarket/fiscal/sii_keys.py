"""Whose signature on folios counts where; without the application's settings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dte.caf import SII_KEYS, SiiKey

CERTIFICATION_KEY_ID: Final = 100
PRODUCTION_KEY_ID: Final = 300


def keys_of(environment: str, *, demo_file: Path) -> Mapping[int, SiiKey]:
    """Return the keys that may have signed folios of an environment, by IDK.

    In the demo it is the simulator's own key, left in a file by whoever set the demo up; without
    the file nothing is trusted.
    """
    if environment == "production":
        return {PRODUCTION_KEY_ID: SII_KEYS[PRODUCTION_KEY_ID]}
    if environment == "certification":
        return {CERTIFICATION_KEY_ID: SII_KEYS[CERTIFICATION_KEY_ID]}
    return _demo_keys(demo_file)


def _demo_keys(path: Path) -> Mapping[int, SiiKey]:
    if not path.exists():
        return {}
    key = json.loads(path.read_text(encoding="utf-8"))
    found = SiiKey(
        modulus=int(key["modulus_hex"], 16), exponent=key["exponent"], environment="demostración"
    )
    return {int(key["idk"]): found}
