"""Where the official XSDs lie: they are fetched at set-up, never part of this package."""

import os
from pathlib import Path

from dte.errors import DteError
from dte.fetch_schemas import user_folder

_PACKAGE = Path(__file__).resolve().parent
_IN_REPOSITORY = ("packages", "dte", "src", "dte")

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
            f" Ejecuta `python -m dte.fetch_schemas {path.parent}` para descargarlo, o indica"
            " en DTE_SCHEMAS_DIR la carpeta donde ya está.",
        )


def schema_path(name: str) -> Path:
    """Return the path of a schema such as "DTE_v10.xsd".

    The folder is the environment's DTE_SCHEMAS_DIR, else `default_folder()`.
    Raises SchemasMissing.
    """
    folder = Path(os.environ.get("DTE_SCHEMAS_DIR", "") or default_folder())
    path = folder / name
    if not path.is_file():
        raise SchemasMissing(path)
    return path


def default_folder(package: Path = _PACKAGE) -> Path:
    """Return where the schemas lie when nobody says where.

    In a checkout that is its build/schemas, which set-up fills; for an installed package the
    folder that `python -m dte.fetch_schemas` fills.
    """
    if package.parts[-len(_IN_REPOSITORY) :] == _IN_REPOSITORY:
        return package.parents[3] / "build" / "schemas"
    return user_folder()
