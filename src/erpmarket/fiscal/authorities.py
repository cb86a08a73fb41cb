"""Whose signature on a CAF counts in which environment."""

import json
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from dte.caf import SII_KEYS, SiiKey
from erpmarket.tenancy.models import Environment

CERTIFICATION_KEY_ID = 100
PRODUCTION_KEY_ID = 300


def trusted_keys(environment: str) -> Mapping[int, SiiKey]:
    """Return the keys that may have signed a CAF of this environment, by IDK.

    In the demo it is the simulator's own key, left in a file by whoever set the demo up; without
    the file nothing is trusted.
    """
    if environment == Environment.PRODUCTION:
        return {PRODUCTION_KEY_ID: SII_KEYS[PRODUCTION_KEY_ID]}
    if environment == Environment.CERTIFICATION:
        return {CERTIFICATION_KEY_ID: SII_KEYS[CERTIFICATION_KEY_ID]}
    return _demo_keys(settings.SII_DEMO_KEY_FILE)


def keep_demo_key(*, key_id: int, modulus: int, exponent: int) -> None:
    """Write the simulator's public key down for `trusted_keys`."""
    body = {"idk": key_id, "modulus_hex": f"{modulus:x}", "exponent": exponent}
    path: Path = settings.SII_DEMO_KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body), encoding="utf-8")


def _demo_keys(path: Path) -> Mapping[int, SiiKey]:
    if not path.exists():
        return {}
    key = json.loads(path.read_text(encoding="utf-8"))
    found = SiiKey(
        modulus=int(key["modulus_hex"], 16), exponent=key["exponent"], environment="demostración"
    )
    return {int(key["idk"]): found}
