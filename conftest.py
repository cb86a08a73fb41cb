"""The test house: a private PostgreSQL, one database per worker, and the cast.

Every test runs as `erp_app`, the role of the web process: as owner the wall between companies would
never be tried.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent
TEMPLATE = "erp_template"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpmarket.config.settings")
os.environ.setdefault("ERP_SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-0123456789")
os.environ.setdefault("ERP_MASTER_KEY", "dGVzdHMtb25seS1tYXN0ZXIta2V5LTMyLWJ5dGVzISE=")
os.environ.setdefault("ERP_SYS_ROLE", "erp_sys")
os.environ.setdefault("ERP_DEBUG", "1")


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, in the controlling process, before Django reads its settings."""
    if not _is_worker():
        from erpmarket.cli.postgres import PostgresServer  # noqa: PLC0415  (after the path is set)

        folder = Path(tempfile.mkdtemp(prefix="erp-test-"))
        folder.chmod(0o755)  # root's server runs as another user, who must be able to enter
        server = PostgresServer(folder / "pg", fast_unsafe=True)
        server.start()
        config.stash[_SERVER] = server
        (folder / "static").mkdir()  # WhiteNoise warns when it is absent
        os.environ.update(server.environment(), ERP_DATA_DIR=str(folder))
    import django  # noqa: PLC0415  (after the environment is set)
    from django.conf import settings  # noqa: PLC0415

    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.PIN_ITERATIONS = 10


_SERVER: "pytest.StashKey[Any]" = pytest.StashKey()


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(_SERVER, None)
    if server is not None:
        server.destroy()
        shutil.rmtree(os.environ["ERP_DATA_DIR"], ignore_errors=True)


def owner_environment(database: str) -> dict[str, str]:
    """Environment of a process that may migrate."""
    return {**os.environ, "ERP_DATABASE_ROLE": "erp_owner", "ERP_DATABASE_NAME": database}


@pytest.fixture(scope="session")
def postgres() -> Any:  # noqa: ANN401
    """A handle on the session's server, also in xdist workers."""
    from erpmarket.cli.postgres import PostgresServer  # noqa: PLC0415

    return PostgresServer(Path(os.environ["ERP_DATA_DIR"]) / "pg", fast_unsafe=True)


@pytest.fixture(scope="session")
def template_database(postgres: Any) -> str:  # noqa: ANN401
    """The migrated database that all others are copies of; made by whoever comes first."""
    folder = Path(os.environ["ERP_DATA_DIR"])
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "template.done"
        if not done.exists():
            _make_template(postgres)
            done.touch()
    return TEMPLATE


def _make_template(postgres: Any) -> None:  # noqa: ANN401
    """Migrate, or load what the same migrations made before: they take half a minute."""
    kept = ROOT / "build" / "test-template" / f"{_migrations_digest()}.sql"
    if kept.exists():
        postgres.run_sql(f"CREATE DATABASE {TEMPLATE} OWNER erp_owner TEMPLATE template0")
        postgres.run_sql(kept.read_text(encoding="utf-8"), database=TEMPLATE)
        postgres.prepare_database(TEMPLATE)
        return
    postgres.prepare_database(TEMPLATE)
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
        env=owner_environment(TEMPLATE),
        check=True,
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in sorted(kept.parent.glob("*.sql"), key=lambda path: path.stat().st_mtime)[:-4]:
        older.unlink(missing_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    fresh.write_text(postgres.dump_sql(TEMPLATE), encoding="utf-8")
    fresh.rename(kept)


def _migrations_digest() -> str:
    """Name what the schema is made of: every migration, and the code that writes its rules."""
    rooms = ROOT / "src" / "erpmarket"
    files = [
        *rooms.glob("*/migrations/*.py"),
        *rooms.glob("tenancy/*.py"),
        rooms / "cli" / "roles.py",
        ROOT / "requirements" / "dev.lock",
    ]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:24]


def _copy_database(postgres: Any, name: str) -> None:  # noqa: ANN401
    folder = Path(os.environ["ERP_DATA_DIR"])
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        postgres.run_sql(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} OWNER erp_owner')


def _point_connections_at(name: str) -> None:
    from django.db import connections  # noqa: PLC0415

    # Settings may have been read before our server was up, by whoever exported their name.
    where = {
        "NAME": name,
        "HOST": os.environ["ERP_DATABASE_HOST"],
        "PORT": os.environ["ERP_DATABASE_PORT"],
    }
    for connection in connections.all():
        connection.close()
        connection.settings_dict.update(where)
    from django.conf import settings  # noqa: PLC0415

    for database in settings.DATABASES.values():
        database.update(where)
    os.environ["ERP_DATABASE_NAME"] = name
    from erpmarket.catalog.price_lists import forget_price_lists  # noqa: PLC0415
    from erpmarket.catalog.promotions import forget_offers  # noqa: PLC0415
    from erpmarket.fiscal.actions.take_folio import forget_keys  # noqa: PLC0415

    forget_keys()
    forget_offers()
    forget_price_lists()


@pytest.fixture(scope="session")
def django_db_setup(
    template_database: str,
    postgres: Any,  # noqa: ANN401
    django_db_blocker: Any,  # noqa: ANN401
) -> Iterator[None]:
    """Replace pytest-django's own: copy the template instead of migrating as the app role."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    _copy_database(postgres, name)
    _point_connections_at(name)
    yield
    with django_db_blocker.unblock():
        from django.db import connections  # noqa: PLC0415

        connections.close_all()


@pytest.fixture
def fresh_database(
    django_db_setup: None,
    postgres: Any,  # noqa: ANN401
    django_db_blocker: Any,  # noqa: ANN401
) -> Iterator[str]:
    """A database of one's own, for tests that commit: threads, processes, crashes.

    The app role may not truncate, so nothing is flushed: the copy is dropped.
    """
    before = os.environ["ERP_DATABASE_NAME"]
    name = f"fresh_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.urandom(4).hex()}"
    _copy_database(postgres, name)
    with django_db_blocker.unblock():
        _point_connections_at(name)
        yield name
        _point_connections_at(before)
    postgres.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


# --- the cast -------------------------------------------------------------------------------------
# Doña Rosa's shop, and the shop of a neighbour whose people must never see hers. Every test starts
# from these two; what a test needs beyond them it builds with the factories of its room.

PASSWORD = "una-clave-larga-de-prueba"
# More than the CAFs of any one test, so that within it each has its own.
KEPT_KEYS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who works in a shop of the cast."""

    user_id: int
    membership_id: int
    email: str
    display_name: str
    password: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CastShop:
    """A company of the cast with one branch, one warehouse and three people."""

    company_id: int
    rut: str
    shop_name: str
    branch_id: int
    warehouse_id: int
    owner: Person
    cashier: Person
    stock_keeper: Person

    def client(self, person: Person) -> Any:  # noqa: ANN401
        """A browser in which that person is signed in to this shop."""
        from django.conf import settings  # noqa: PLC0415
        from django.contrib import auth  # noqa: PLC0415
        from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415

        from erpmarket.accounts.models import User  # noqa: PLC0415
        from erpmarket.tenancy.access import COMPANY_KEY  # noqa: PLC0415

        session = SessionStore()
        session[auth.SESSION_KEY] = str(person.user_id)
        session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[auth.HASH_SESSION_KEY] = User.objects.get(id=person.user_id).get_session_auth_hash()
        session[COMPANY_KEY] = self.company_id
        session.save()
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client


def _admit(name: str, role: str, pin: str, domain: str) -> Person:
    from erpmarket.accounts.actions import create_user, set_pin  # noqa: PLC0415
    from erpmarket.tenancy.actions import admit_member  # noqa: PLC0415
    from erpmarket.tenancy.models import Role  # noqa: PLC0415

    email = f"{name.split(maxsplit=1)[0].lower()}@{domain}"
    user_id = create_user(email=email, password=PASSWORD)
    membership = admit_member(user_id=user_id, role=Role(role), display_name=name)
    set_pin(membership_id=membership.id, pin=pin)
    return Person(
        user_id=user_id,
        membership_id=membership.id,
        email=email,
        display_name=name,
        password=PASSWORD,
        pin=pin,
    )


def found_shop(
    *, rut: str, name: str, shop_name: str, domain: str, people: tuple[str, ...]
) -> CastShop:
    """Found a shop of the cast through the real actions; the database must be open."""
    from erpmarket.inventory.actions import open_warehouse  # noqa: PLC0415
    from erpmarket.tenancy.actions import found_company, open_branch  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    company_id = found_company(
        rut=rut,
        name=name,
        shop_name=shop_name,
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
        at=datetime(2026, 1, 2, 12, tzinfo=UTC),
    )
    with company_scope(company_id):
        branch = open_branch(
            name="Casa matriz", address="Los Aromos 1420", commune="Ñuñoa", city="Santiago"
        )
        warehouse = open_warehouse(branch_id=branch.id, name="Sala de ventas")
        return CastShop(
            company_id=company_id,
            rut=rut,
            shop_name=shop_name,
            branch_id=branch.id,
            warehouse_id=warehouse.id,
            owner=_admit(people[0], "owner", "2580", domain),
            cashier=_admit(people[1], "cashier", "1470", domain),
            stock_keeper=_admit(people[2], "stock_keeper", "3690", domain),
        )


def found_dona_rosa() -> CastShop:
    """Found the shop that most tests work in."""
    return found_shop(
        rut="76123456-0",
        name="Rosa Núñez Soto E.I.R.L.",
        shop_name="Almacén Doña Rosa",
        domain="donarosa.example",
        people=("Rosa Núñez", "Carla Muñoz", "Beto Rojas"),
    )


def found_el_vecino() -> CastShop:
    """Found the shop whose people are strangers to the first one."""
    return found_shop(
        rut="77346128-7",
        name="Comercial El Vecino SpA",
        shop_name="Minimarket El Vecino",
        domain="elvecino.example",
        people=("Vicente Lara", "Nadia Pino", "Tito Vera"),
    )


@pytest.fixture
def dona_rosa(db: None) -> CastShop:
    """Doña Rosa's shop, inside the test's transaction."""
    return found_dona_rosa()


@pytest.fixture
def el_vecino(db: None) -> CastShop:
    """The neighbour's shop, inside the test's transaction."""
    return found_el_vecino()


@pytest.fixture
def found_cast() -> Callable[[], tuple[CastShop, CastShop]]:
    """Found both shops in whatever database is open: for tests with `fresh_database`."""
    return lambda: (found_dona_rosa(), found_el_vecino())


@pytest.fixture(scope="session")
def caf_office(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401
    """The simulator's office: it grants demo folios and certificates; its key is trusted here."""
    from erpmarket.fiscal.authorities import keep_demo_key  # noqa: PLC0415
    from sii_simulator.caf_office import CafOffice, new_key  # noqa: PLC0415

    keys: list[Any] = []

    def kept_key() -> Any:  # noqa: ANN401
        """Hand out keys in turn: a new one for each CAF was half of what set-ups cost."""
        key = new_key() if len(keys) < KEPT_KEYS else keys.pop(0)
        keys.append(key)
        return key

    folder = Path(os.environ["ERP_DATA_DIR"]) / "sii"
    office = CafOffice(folder, key_for_caf=kept_key)
    key = office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
    return office


@pytest.fixture
def paper_worker(dona_rosa: CastShop, el_vecino: CastShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PDFs be drawn in a test's own transaction, where the worker's role sees nothing."""
    from erpmarket.fiscal.models import PaperJob  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    def due(at: datetime) -> list[int]:
        found = []
        for shop in (dona_rosa, el_vecino):
            with company_scope(shop.company_id):
                waiting = PaperJob.objects.filter(made_at__isnull=True, available_at__lte=at)
                found += [shop.company_id] * waiting.exists()
        return found

    monkeypatch.setattr("erpmarket.fiscal.paper_tasks.list_companies_with_papers_due", due)
