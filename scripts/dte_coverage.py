"""Run the tests of the fiscal library and demand that every branch of it was taken.

.venv/bin/python scripts/dte_coverage.py [pytest arguments]
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "packages" / "dte"
DATA = ROOT / "build" / "dte.coverage"


def main() -> None:
    """Exit with 1 when a test failed or a branch was missed."""
    settings = [f"--rcfile={PACKAGE / 'pyproject.toml'}", f"--data-file={DATA}"]
    DATA.parent.mkdir(exist_ok=True)
    tests = subprocess.run(
        [*_coverage("run"), *settings, "-m", "pytest", str(PACKAGE), *sys.argv[1:]],
        check=False,
        cwd=ROOT,
    )
    report = subprocess.run([*_coverage("report"), *settings], check=False, cwd=ROOT)
    sys.exit(1 if tests.returncode or report.returncode else 0)


def _coverage(command: str) -> list[str]:
    return [sys.executable, "-m", "coverage", command]


if __name__ == "__main__":
    main()
