"""Where the official XSDs lie: they are fetched at set-up, never part of this package."""

import os
from pathlib import Path

from dte.errors import DteError

# packages/dte/src/dte/schemas.py -> the repository's build folder.
_REPOSITORY_FOLDER = Path(__file__).resolve().parents[4] / "build" / "schemas"


# The files that the SII and taxpayers exchange, by the name of their root.
FILE_SCHEMAS = {
    "EnvioBOLETA": "EnvioBOLETA_v11.xsd",
    "EnvioDTE": "EnvioDTE_v10.xsd",
    "RespuestaDTE": "RespuestaEnvioDTE_v10.xsd",
    "EnvioRecibos": "EnvioRecibos_v10.xsd",
    "ConsumoFolios": "ConsumoFolio_v10.xsd",
    "LibroCompraVenta": "LibroCV_v10.xsd",
    "LibroGuia": "LibroGuia_v10.xsd",
    "LibroBoleta": "LibroBOLETA_v10.xsd",
}
DOCUMENT_SCHEMA = "DTE_v10.xsd"
BOLETA_SCHEMA = "EnvioBOLETA_v11.xsd"


class SchemasMissing(DteError):
    """The official schemas are not on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            "schemas_missing",
            f"Falta el esquema oficial del SII {path.name} en {path.parent}."
            " Ejecuta `make setup` para descargarlo (o indica la carpeta en DTE_SCHEMAS_DIR).",
        )


def schema_path(name: str) -> Path:
    """Return the path of a schema such as "DTE_v10.xsd".

    The folder is the environment's DTE_SCHEMAS_DIR, else build/schemas of the repository.
    Raises SchemasMissing.
    """
    folder = Path(os.environ.get("DTE_SCHEMAS_DIR", "") or _REPOSITORY_FOLDER)
    path = folder / name
    if not path.is_file():
        raise SchemasMissing(path)
    return path
