"""Whose signature on a CAF counts in which environment."""

import json
from collections.abc import Mapping
from functools import lru_cache
from urllib.request import urlopen

from django.conf import settings

from dte.caf import SII_KEYS, SiiKey
from erpmarket.tenancy.models import Environment

CERTIFICATION_KEY_ID = 100
PRODUCTION_KEY_ID = 300
TIMEOUT_SECONDS = 3


def trusted_keys(environment: str) -> Mapping[int, SiiKey]:
    """Return the keys that may have signed a CAF of this environment, by IDK.

    In the demo it is the simulator's own key, asked once per process.
    """
    if environment == Environment.PRODUCTION:
        return {PRODUCTION_KEY_ID: SII_KEYS[PRODUCTION_KEY_ID]}
    if environment == Environment.CERTIFICATION:
        return {CERTIFICATION_KEY_ID: SII_KEYS[CERTIFICATION_KEY_ID]}
    return _simulator_keys(settings.SII_DEMO_URL)


@lru_cache(maxsize=4)
def _simulator_keys(base_url: str) -> Mapping[int, SiiKey]:
    if not base_url:
        return {}
    with urlopen(f"{base_url}/simulador/clave", timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  (our own setting)
        key = json.load(answer)
    found = SiiKey(
        modulus=int(key["modulus_hex"], 16), exponent=key["exponent"], environment="demostración"
    )
    return {int(key["idk"]): found}
