"""Files that two processes may want to create at the same moment."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def make_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read a file, or write it whole if it is missing; of two writers the first one wins."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(make())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path.read_bytes()
