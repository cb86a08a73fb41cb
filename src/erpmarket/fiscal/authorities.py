"""Whose signature on a CAF counts in which environment."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from dte.caf import SiiKey
from erpmarket.fiscal.sii_keys import keys_of


def trusted_keys(environment: str) -> Mapping[int, SiiKey]:
    """Return the keys that may have signed a CAF of this environment, by IDK."""
    return keys_of(environment, demo_file=settings.SII_DEMO_KEY_FILE)


def keep_demo_key(*, key_id: int, modulus: int, exponent: int) -> None:
    """Write the simulator's public key down for `trusted_keys`."""
    body = {"idk": key_id, "modulus_hex": f"{modulus:x}", "exponent": exponent}
    path: Path = settings.SII_DEMO_KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    # Others may read it meanwhile, and others write it.
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(body), encoding="utf-8")
    unfinished.replace(path)
