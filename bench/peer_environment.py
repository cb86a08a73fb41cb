"""The peer's own virtual environment, made once from its lock file, below build/."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "bench-peer.lock"
FOLDER = ROOT / "build" / "bench-peer"


def peer_python() -> Path:
    """Return its interpreter, installing what is missing (needs the network the first time)."""
    python = FOLDER / "bin" / "python"
    stamp = FOLDER / "installed.lock"
    wanted = LOCK.read_text(encoding="ascii")
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return python
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, FOLDER], check=True)
    install: list[str | Path] = [uv, "pip", "sync", "-q", "--require-hashes", "--python"]
    subprocess.run([*install, python, LOCK], check=True)
    stamp.write_text(wanted, encoding="ascii")
    return python
