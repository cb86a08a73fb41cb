"""Run migrations of this room again in a test's own database, as an update of a shop would."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[4]


def migrate_pos(database: str, *targets: str) -> None:
    """Go to each target in turn, as the owner of the tables; going back is a target too."""
    owner = {"ERP_DATABASE_ROLE": "erp_owner", "ERP_DATABASE_NAME": database}
    for target in targets:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0", "pos", target],
            cwd=_ROOT,
            env={**os.environ, **owner},
            check=True,
        )
