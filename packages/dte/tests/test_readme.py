"""What README, pages and examples show is run here, so that they cannot rot.

The blocks of a page run in their order, after those of docs/start.md, beside files that a
simulator of the SII made.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sii_simulator.app import Simulator
from sii_simulator.settings import Settings

HOME = Path(__file__).parents[1]
START = HOME / "docs" / "start.md"
PAGES = sorted(path for path in (HOME / "docs").glob("*.md") if path != START)
# What the pages call the simulator; the tests have one on a free port.
WRITTEN_ADDRESS = "http://127.0.0.1:8400"
NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[str]:
    return _BLOCK.findall(page.read_text("utf-8"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(
        tmp_path_factory.mktemp("sii"), settings=Settings(stage_ms=0), clock=lambda: NOON
    )
    with simulator:
        yield simulator


@pytest.fixture(scope="module")
def pfx(office: Simulator) -> bytes:
    return office.office.issue_certificate(
        rut="12345678-5", name="Rosa Pérez Soto", password="una-clave"
    )


@pytest.fixture
def desk(
    office: Simulator, pfx: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """A folder with the files that start.md reads, and names of which the page adds its own."""
    for kind in (33, 39, 52, 61):
        folios = office.office.issue_caf(
            rut="76918245-4", name="Almacén Doña Rosa", kind=kind, quantity=10, first=None
        )
        (tmp_path / f"folios-{kind}.xml").write_bytes(folios)
    (tmp_path / "firma.pfx").write_bytes(pfx)
    key = office.office.authority_key
    words = {"idk": key.key_id, "modulus_hex": f"{key.modulus:x}", "exponent": key.exponent}
    (tmp_path / "clave-sii.json").write_text(json.dumps(words), "utf-8")
    monkeypatch.chdir(tmp_path)
    return {"__name__": "page"}


def run(page: Path, names: dict[str, Any], address: str) -> None:
    for number, block in enumerate(blocks(page), start=1):
        text = block.replace(WRITTEN_ADDRESS, address)
        exec(compile(text, f"{page.name}, block {number}", "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_runs(page: Path, desk: dict[str, Any], office: Simulator) -> None:
    run(START, desk, office.url)
    run(page, desk, office.url)

    assert blocks(page) or page.stem in {"README", "pitfalls"}


def test_the_readme_issues_and_verifies_a_boleta_in_five_lines(
    desk: dict[str, Any], office: Simulator
) -> None:
    given, five_lines = blocks(HOME / "README.md")[:2]

    run(HOME / "README.md", desk, office.url)

    assert len(five_lines.splitlines()) == 5
    assert "build(" not in given
    assert desk["verdict"].is_right
    assert desk["boleta"].totals.total_clp == 3980


def test_the_readme_names_every_page() -> None:
    index = (HOME / "docs" / "README.md").read_text("utf-8")

    assert [page.name for page in PAGES if f"({page.name})" not in index + "(README.md)"] == []
    assert "(docs/README.md)" in (HOME / "README.md").read_text("utf-8")


def test_every_public_name_says_what_it_is() -> None:
    silent = []
    for path in sorted((HOME / "src").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        named = [(path.stem, tree), *_public(tree.body)]
        silent += [f"{path.name}: {name}" for name, node in named if not ast.get_docstring(node)]

    assert silent == []


def _public(
    body: list[ast.stmt], within: str = ""
) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef]]:
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        yield within + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{node.name}.")


def test_the_reference_is_built_of_every_public_module_without_a_warning(tmp_path: Path) -> None:
    script = HOME.parents[1] / "scripts" / "docs_dte.py"

    ended = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "pages" / "start.md").is_file()
    for module in ("dte", "dte/build", "dte/caf", "dte/sii", "dte/xml/validate"):
        assert (tmp_path / f"{module}.html").is_file()
