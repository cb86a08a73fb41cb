"""Run every check of the house, then the tests; `make test` and CI call it.

    .venv/bin/python scripts/check.py [pytest arguments]

The quick checks run first and together, each prints one line and, when it failed, what it said.
The tests run in any case, so that one look shows everything, and pytest speaks last.

In CI a few tests in a browser that failed beside others run once more, alone: two browsers on two
cores sometimes starve each other. They are named as unsteady; no other test gets a second run,
because a race in the shop itself shows itself just like that.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CHECK_TIMEOUT_SECONDS = 600
WORKERS = 2
BROWSER_FOLDERS = ("tests/browser/", "tests/e2e/")
MAX_UNSTEADY = 3
SOME_FAILED = 1  # pytest's exit code
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A command that is content when it exits with zero."""

    name: str
    command: tuple[str, ...]
    folder: str = "."
    is_slow: bool = False


CHECKS = (
    Check(name="types", command=(f"{BIN}/mypy", "src", "packages", "scripts")),
    Check(name="format", command=(f"{BIN}/ruff", "format", "--check", ".")),
    Check(name="lint", command=(f"{BIN}/ruff", "check", ".")),
    Check(name="layers", command=(f"{BIN}/lint-imports",)),
    Check(
        name="migrations",
        command=(f"{BIN}/python", "manage.py", "makemigrations", "--check", "--dry-run"),
    ),
    # The library's own tests run here and not with the others, to hold its coverage at 100 %.
    Check(name="dte", command=(f"{BIN}/python", "scripts/dte_coverage.py"), is_slow=True),
    Check(name="javascript", command=(f"{BIN}/node", "--test"), folder="frontend"),
)


NO_TESTS = "--no-tests"

# The settings refuse to load without these; the checks that load them reach no server.
ENVIRONMENT = {
    "ERP_SECRET_KEY": "only-for-checks",
    "ERP_MASTER_KEY": "b25seS1mb3ItY2hlY2tzLTMyLWJ5dGVzLWxvbmchISE=",
    "ERP_DATABASE_HOST": "/nonexistent",
    "PYTHONWARNINGS": "ignore::RuntimeWarning",
}


def main() -> None:
    """Exit with 1 when a check or a test failed."""
    os.chdir(ROOT)
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    quick = sys.argv[1:] == [NO_TESTS]
    checks = [check for check in CHECKS if not (quick and check.is_slow)]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        failed = [name for name in pool.map(run_check, checks) if name]
    if failed:
        print(f"✗ failed before the tests: {', '.join(failed)}", flush=True)
    if quick:
        sys.exit(1 if failed else 0)
    passed = run_tests(sys.argv[1:] or ["--ignore=packages/dte"])
    sys.exit(1 if failed or not passed else 0)


def run_tests(wanted: list[str]) -> bool:
    """Run them side by side and, in CI, unsteady ones once more; return whether all passed."""
    pytest = [f"{BIN}/python", "-m", "pytest"]
    in_ci = "CI" in os.environ
    if in_ci:
        LAST_FAILED.unlink(missing_ok=True)
    side_by_side = [*pytest, "-n", str(WORKERS), "--dist", "worksteal", *wanted]
    code = subprocess.run(side_by_side, check=False).returncode
    if code != SOME_FAILED or not in_ci:
        return code == 0
    failed = list(json.loads(LAST_FAILED.read_text(encoding="utf-8")))
    if len(failed) > MAX_UNSTEADY or not all(test.startswith(BROWSER_FOLDERS) for test in failed):
        return False
    print(f"✗ unsteady, once more and alone: {', '.join(failed)}", flush=True)
    return subprocess.run([*pytest, *failed], check=False).returncode == 0


def run_check(check: Check) -> str:
    """Run one check and print its verdict; return its name when it failed, else nothing."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            check.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=ROOT / check.folder,
            env=os.environ | ENVIRONMENT,
            timeout=CHECK_TIMEOUT_SECONDS,
        )
        said, passed = done.stdout, done.returncode == 0
    except subprocess.TimeoutExpired:
        said, passed = f"no answer in {CHECK_TIMEOUT_SECONDS} s\n", False
    seconds = time.monotonic() - began
    verdict = f"{'✓' if passed else '✗'} {check.name} ({seconds:.0f} s)"
    print(verdict if passed else f"{verdict}\n{said}", flush=True)
    return "" if passed else check.name


if __name__ == "__main__":
    main()
