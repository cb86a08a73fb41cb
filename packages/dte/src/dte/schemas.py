"""Where the official XSDs lie: they are fetched at set-up, never part of this package."""

import os
from pathlib import Path

from dte.errors import DteError

# packages/dte/src/dte/schemas.py -> the repository's build folder.
_REPOSITORY_FOLDER = Path(__file__).resolve().parents[4] / "build" / "schemas"


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
