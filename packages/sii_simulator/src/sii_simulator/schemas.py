"""The official schema of boleta envelopes, from the folder that set-up fills."""

import functools
import os
from pathlib import Path

from lxml import etree

from .errors import SimulatorError

# packages/sii_simulator/src/sii_simulator/schemas.py -> the repository's build folder.
_REPOSITORY_FOLDER = Path(__file__).resolve().parents[4] / "build" / "schemas"
_NAME = "EnvioBOLETA_v11.xsd"


def boleta_schema() -> etree.XMLSchema:
    """Load the schema of EnvioBOLETA; raises SimulatorError when set-up did not fetch it."""
    return _load(Path(os.environ.get("DTE_SCHEMAS_DIR") or _REPOSITORY_FOLDER) / _NAME)


@functools.cache
def _load(path: Path) -> etree.XMLSchema:
    if not path.is_file():
        raise SimulatorError(
            "schemas_missing", f"Falta {path}. Ejecuta `make setup` para descargar los esquemas."
        )
    return etree.XMLSchema(etree.parse(path))
