"""Why less arrives than what left."""

from collections.abc import Mapping
from typing import Final

DIFFERENCE_WORDS: Final[Mapping[str, str]] = {
    "not_loaded": "No venía en la carga",
    "broken": "Se rompió en el camino",
    "lost": "Se perdió",
    "miscounted": "Se contó mal al salir",
}
