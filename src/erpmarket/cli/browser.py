"""Find a Chromium that really starts, for the browser tests and the README's screenshots."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> Path | None:
    """Return the browser of ERP_CHROMIUM, else the first installed one that starts.

    Ubuntu's `chromium-browser` is often a stub that asks for a snap: found, but it does not start.
    """
    chosen = os.environ.get("ERP_CHROMIUM")
    candidates = [Path(chosen)] if chosen else _installed()
    return next((browser for browser in candidates if _starts(browser)), None)


def _installed() -> Iterator[Path]:
    for name in NAMES:
        path = shutil.which(name)
        if path:
            yield Path(path)
    cache = Path.home() / ".cache" / "ms-playwright"
    yield from sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)


def _starts(browser: Path) -> bool:
    try:
        subprocess.run(  # noqa: S603 - a browser found by us or named by the person
            [str(browser), "--version"], capture_output=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True
