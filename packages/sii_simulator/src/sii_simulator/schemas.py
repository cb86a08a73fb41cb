"""The official schemas of what can be uploaded, from the folder that set-up fills."""

import functools
import os
from pathlib import Path

from lxml import etree

from .envelope import (
    BOLETAS,
    BOOKS,
    CONSUMPTION,
    ENVELOPES,
    UnreadableEnvelopeError,
    lexical_errors,
    read_envelope,
)
from .errors import SimulatorError
from .records import BOLETA, FACTURA

# What each channel takes: the factura channel also keeps the certification's boletas.
ROOTS = {BOLETA: (BOLETAS,), FACTURA: (*ENVELOPES, CONSUMPTION, *BOOKS)}

# packages/sii_simulator/src/sii_simulator/schemas.py -> the repository's build folder.
_REPOSITORY_FOLDER = Path(__file__).resolve().parents[4] / "build" / "schemas"
_FILES = {
    "EnvioBOLETA": "EnvioBOLETA_v11.xsd",
    "EnvioDTE": "EnvioDTE_v10.xsd",
    "ConsumoFolios": "ConsumoFolio_v10.xsd",
    "LibroCompraVenta": "LibroCV_v10.xsd",
    "LibroGuia": "LibroGuia_v10.xsd",
    "LibroBoleta": "LibroBOLETA_v10.xsd",
}


def schema_for(name: str) -> etree.XMLSchema:
    """Load the schema of a root element; raises SimulatorError when set-up did not fetch it."""
    folder = Path(os.environ.get("DTE_SCHEMAS_DIR") or _REPOSITORY_FOLDER)
    return _load(folder / _FILES[name])


def schema_errors(xml: bytes, *, names: tuple[str, ...]) -> tuple[str, ...]:
    """List what keeps a file from being read, at most five, in the words of the SII's parser."""
    try:
        envelope = read_envelope(xml, names=names)
    except UnreadableEnvelopeError as error:
        return (str(error),)
    schema = schema_for(envelope.name)
    if not schema.validate(envelope.root):
        lines = [f"[{error.line}] {error.message}" for error in schema.error_log]  # type: ignore[attr-defined]  # the stubs forget that a log iterates
        return tuple(lines[:5])
    return tuple(lexical_errors(envelope)[:5])


@functools.cache
def _load(path: Path) -> etree.XMLSchema:
    if not path.is_file():
        raise SimulatorError(
            "schemas_missing", f"Falta {path}. Ejecuta `make setup` para descargar los esquemas."
        )
    return etree.XMLSchema(etree.parse(path))
