"""Prepare this clone: system packages, Python environment, official schemas, front end.

    python3 scripts/bootstrap.py [run|test]

Standard library only, because it runs before anything is installed. Each step leaves a stamp made
of its inputs when it is finished, so a second run does nothing and a killed run goes on where it
stopped. `test` also asks for a browser and for Debian's PostgreSQL, which the tests exercise.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is the one that meets an old Python
    sys.exit(
        "ERP Market necesita Python 3.11 o más nuevo.\n"
        "Instala uno y dile a make cuál usar, por ejemplo: make run PYTHON=python3.12"
    )

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BUILD = ROOT / "build"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
REQUIREMENTS = ROOT / "requirements"
PACKAGES = ("packages/dte", "packages/till_agent", "packages/sii_simulator")
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")

LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# The program that drives the browser is linked to it.
TEST_LIBRARIES = {"libatomic.so.1": "libatomic1"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage: skipped when its stamp holds `key` and everything it `makes` is there."""

    name: str
    title: str
    stamp: Path
    key: str
    makes: tuple[Path, ...]
    work: Callable[[], None]

    def is_done(self) -> bool:
        """Compare the stamp with the inputs of today."""
        stamped = self.stamp.read_text() if self.stamp.exists() else ""
        return stamped == self.key and all(path.exists() for path in self.makes)


def main() -> None:
    """Run the missing steps in order; exits with a sentence when one fails."""
    flavour = sys.argv[1] if len(sys.argv) > 1 else "run"
    if flavour not in ("run", "test"):
        sys.exit(f"No conozco «{flavour}»: usa run o test.")
    os.chdir(ROOT)
    BUILD.mkdir(exist_ok=True)
    with _one_at_a_time():
        install_system_packages(flavour)
        # A later key may depend on files an earlier step makes, so each is computed in its turn.
        for make_step in (venv_step, uv_step, packages_step, schemas_step, frontend_step):
            _run_step(make_step())


def _run_step(step: Step) -> None:
    if step.is_done():
        return
    print(f"▸ {step.title}", flush=True)
    began = time.monotonic()
    step.stamp.unlink(missing_ok=True)
    step.work()
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(step.key)
    print(f"  listo en {time.monotonic() - began:.0f} s", flush=True)


# --- System packages -----------------------------------------------------------------------------


def install_system_packages(flavour: str) -> None:
    """Install what apt must bring, or say exactly how; returns at once when nothing is missing."""
    missing = list_missing_packages(flavour)
    if missing:
        _install(missing)
    if flavour == "test" and not _find_chromium():
        sys.exit(
            "Las pruebas de pantalla necesitan un Chromium que arranque, y ninguno lo hace.\n"
            "En Ubuntu el paquete «chromium» es un snap que no sirve sin snapd: instala Google\n"
            "Chrome (.deb de su página), o dinos dónde está otro con ERP_CHROMIUM=/ruta/al/chrome."
        )


def list_missing_packages(flavour: str) -> list[str]:
    """Return Debian package names whose programs or libraries are not on this machine."""
    missing = []
    if not PYTHON.exists() and not importlib.util.find_spec("ensurepip"):
        missing.append(f"python3.{sys.version_info.minor}-venv")
    libraries = LIBRARIES | (TEST_LIBRARIES if flavour == "test" else {})
    missing += [package for library, package in libraries.items() if not _loads(library)]
    if flavour == "test":
        if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
            missing.append("postgresql")
        # Writes the old kind of certificate file that Windows exported for years.
        if not shutil.which("openssl"):
            missing.append("openssl")
        # On Ubuntu the package is a snap in disguise: main() explains what to do there.
        if "ubuntu" not in _distribution() and not _find_chromium():
            missing.append("chromium")
    return missing


def _install(packages: list[str]) -> None:
    apt = shutil.which("apt-get")
    install = ["install", "-y", "--no-install-recommends"]
    if apt is None:
        sys.exit(
            f"Faltan en este equipo (nombres de Debian): {' '.join(packages)}.\n"
            "Aquí no hay apt-get: instálalos con el gestor de tu sistema y vuelve a intentar."
        )
    rights = _root_rights()
    if rights is None:
        sys.exit(
            "Faltan paquetes del sistema y no puedo instalarlos sin permiso. Ejecuta:\n"
            f"  sudo apt-get update && sudo apt-get {' '.join(install)} {' '.join(packages)}\n"
            "y luego repite este mismo comando."
        )
    print(f"▸ Instalando paquetes del sistema: {' '.join(packages)}", flush=True)
    _call([*rights, apt, "update", "-qq"])
    with contextlib.ExitStack() as stack:
        if "postgresql" in packages:
            # Only its programs are wanted, not a server of the whole machine.
            _call([*rights, apt, *install, "-q", "postgresql-common"])
            stack.enter_context(_no_machine_cluster(rights))
        _call([*rights, apt, *install, "-q", *packages])


def _root_rights() -> list[str] | None:
    """Return the words before a command that make it run as root, or None when nothing does."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return quiet
    sudo = shutil.which("sudo")
    if sudo and _succeeds([sudo, "-n", "true"]):
        return [sudo, "-n", *quiet]
    return None


@contextlib.contextmanager
def _no_machine_cluster(rights: list[str]) -> Iterator[None]:
    original = CLUSTER_SETTINGS.read_text()
    _write_as_root(rights, original + "\ncreate_main_cluster = false\n")
    try:
        yield
    finally:
        _write_as_root(rights, original)


def _write_as_root(rights: list[str], text: str) -> None:
    command = [*rights, "tee", str(CLUSTER_SETTINGS)]
    subprocess.run(command, input=text, text=True, stdout=subprocess.DEVNULL, check=True)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _distribution() -> str:
    release = Path("/etc/os-release")
    return release.read_text().lower() if release.exists() else ""


def _find_chromium() -> Path | None:
    sys.path.insert(0, str(ROOT / "src"))
    from erpmarket.cli.browser import find_chromium  # noqa: PLC0415 - its path is known only here

    return find_chromium()


# --- Steps ---------------------------------------------------------------------------------------


def venv_step() -> Step:
    """Make the environment; anew when the clone was moved or Python changed its minor version."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"

    def work() -> None:
        usable = PYTHON.exists() and _succeeds([str(PYTHON), "-m", "pip", "--version"])
        moved = (VENV / ".stamps").exists()
        if usable and not moved:
            return
        _call([sys.executable, "-m", "venv", "--clear", str(VENV)])

    return Step(
        name="venv",
        title="Creando el entorno de Python",
        stamp=VENV / ".stamps" / "venv",
        key=f"{ROOT} {version}",
        makes=(PYTHON,),
        work=work,
    )


def uv_step() -> Step:
    """Install uv, the tool that installs the rest, pinned by hash."""
    lock = REQUIREMENTS / "uv.lock"

    def work() -> None:
        options = ["--require-hashes", "--no-deps", "--disable-pip-version-check", "-q"]
        _call([str(PYTHON), "-m", "pip", "install", *options, "-r", str(lock)])

    return Step(
        name="uv",
        title="Instalando uv",
        stamp=VENV / ".stamps" / "uv",
        key=_hash_of([lock]),
        makes=(UV,),
        work=work,
    )


def packages_step() -> Step:
    """Install exactly the lock file, then our own four packages as links to the source."""
    lock = REQUIREMENTS / "dev.lock"
    ours = ["-e", "."] + [word for package in PACKAGES for word in ("-e", package)]

    def work() -> None:
        environment = {"VIRTUAL_ENV": str(VENV)}
        _call([str(UV), "pip", "sync", "--require-hashes", str(lock)], environment)
        # `sync` removes what the lock does not name, these links too, so they come after it.
        options = ["-q", "--no-deps", "--no-build-isolation"]
        _call([str(UV), "pip", "install", *options, *ours], environment)

    projects = [ROOT / "pyproject.toml", *(ROOT / p / "pyproject.toml" for p in PACKAGES)]
    return Step(
        name="packages",
        title="Instalando los paquetes de Python (la primera vez, uno o dos minutos)",
        stamp=VENV / ".stamps" / "packages",
        key=_hash_of([lock, *projects]),
        makes=(VENV / "bin" / "django-admin",),
        work=work,
    )


def schemas_step() -> Step:
    """Fetch the SII's official schemas, which are not ours to publish."""
    library = ROOT / "packages" / "dte" / "src" / "dte"
    script = library / "fetch_schemas.py"
    pinned = [library / "official_schemas.sha256", library / "official_schemas.lock"]
    target = BUILD / "schemas"
    return Step(
        name="schemas",
        title="Trayendo los esquemas oficiales del SII",
        stamp=BUILD / "stamps" / "schemas",
        key=_hash_of([script, *pinned]),
        makes=(target,),
        work=lambda: _call([str(PYTHON), "-P", str(script), str(target)]),
    )


def frontend_step() -> Step:
    """Install the front end's pinned packages and build it with the Node of the environment."""
    folder = ROOT / "frontend"
    sources = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "node_modules" not in path.relative_to(folder).parts
    ]

    def work() -> None:
        path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        environment = {"PATH": path, "npm_config_update_notifier": "false"}
        npm = str(VENV / "bin" / "npm")
        options = ["--ignore-scripts", "--no-audit", "--no-fund"]
        if not npm_step_is_done():
            _call([npm, "ci", *options, "--loglevel=error"], environment, cwd=folder)
            npm_stamp.parent.mkdir(parents=True, exist_ok=True)
            npm_stamp.write_text(npm_key)
        _call([str(VENV / "bin" / "node"), "build.mjs"], environment, cwd=folder)

    npm_stamp = BUILD / "stamps" / "npm"
    npm_key = _hash_of([folder / "package-lock.json", REQUIREMENTS / "dev.lock"])

    def npm_step_is_done() -> bool:
        there = (folder / "node_modules").exists() and npm_stamp.exists()
        return there and npm_stamp.read_text() == npm_key

    return Step(
        name="frontend",
        title="Construyendo las pantallas",
        stamp=BUILD / "stamps" / "frontend",
        key=_hash_of(sources),
        makes=(ROOT / "src" / "erpmarket" / "static" / "dist",),
        work=work,
    )


# --- Small tools ---------------------------------------------------------------------------------


def _hash_of(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _call(command: list[str], more: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, check=False, cwd=cwd, env=os.environ | (more or {}))
    if done.returncode != 0:
        sys.exit(f"Falló: {' '.join(command)}\nCorrige lo que dice arriba y repite el comando.")


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two makes at once would tread on each other; the lock dies with its holder."""
    with (BUILD / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("▸ Otro make está preparando esta carpeta; espero a que termine…", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrumpido. Repite el comando para seguir donde quedó.")
