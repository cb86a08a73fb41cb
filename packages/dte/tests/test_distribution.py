"""The package as others install it: built without a network, used outside this repository."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from dte.schemas import schema_path
from sii_simulator.caf_office import CafOffice

HOME = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = WheelBuilder(str(HOME)).build(
        directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"]
    )
    return Path(next(iter(built)))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {
        "dte/py.typed",
        "dte/official_schemas.lock",
        "dte/official_schemas.sha256",
        "dte/__main__.py",
    } <= names
    assert {name.split("/")[0] for name in names} == {"dte", f"{wheel.stem[:9]}.dist-info"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    foreign = [name for name in names if name.endswith((".xsd", ".pem", ".pfx", ".xml"))]
    assert [*foreign, *(name for name in names if "test" in Path(name).name)] == []
    sources = {f"dte/{path.relative_to(HOME / 'src/dte')}" for path in HOME.rglob("src/**/*.py")}
    assert {name for name in names if name.endswith(".py")} == sources


def test_the_wheel_says_what_it_is_and_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        described = archive.read(f"{wheel.stem[:9]}.dist-info/METADATA").decode()

    head, _, readme = described.partition("\n\n")
    lines = head.splitlines()
    assert "License-Expression: Apache-2.0" in lines
    assert "Requires-Python: >=3.11" in lines
    needed = {
        re.split(r"[<>=]", line.split(": ")[1])[0] for line in lines if "Requires-Dist" in line
    }
    assert needed == {"cryptography", "lxml", "tzdata", "zxing-cpp"}
    assert readme.startswith("# dte\n")


def test_an_example_runs_from_the_wheel_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    office = CafOffice(tmp_path / "sii")
    folios = office.issue_caf(rut="76918245-4", name="Doña Rosa", quantity=1)
    pfx = office.issue_certificate(rut="12345678-5", name="Rosa Pérez", password="una-clave")
    (tmp_path / "folios.xml").write_bytes(folios)
    (tmp_path / "firma.pfx").write_bytes(pfx)
    (tmp_path / "clave.txt").write_text("una-clave")
    (tmp_path / "venta.json").write_text(
        '{"rut": "76918245-4", "name": "Rosa", "giro": "Minimarket", "lines": [["Pan", 1, 990]]}'
    )
    example = tmp_path / "issue_boleta.py"
    example.write_bytes((HOME / "examples" / "issue_boleta.py").read_bytes())

    def run(*words: str, schemas: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", *words],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(tmp_path / "site"),
                "DTE_SCHEMAS_DIR": str(schemas),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    where = run("-c", "import dte; print(dte.__file__)", schemas=tmp_path)
    files = ("--caf", "folios.xml", "--pfx", "firma.pfx", "--password-file", "clave.txt")
    order = (example.name, "venta.json", *files, "--folio", "1", "--out", "boleta.xml")
    without = run(*order, schemas=tmp_path / "nowhere")

    assert where.stdout.strip() == str(tmp_path / "site" / "dte" / "__init__.py")
    assert without.returncode == 1
    assert "python -m dte.fetch_schemas" in without.stderr
    assert not (tmp_path / "boleta.xml").exists()

    issued = run(*order, schemas=schema_path("DTE_v10.xsd").parent)

    assert (issued.returncode, issued.stderr) == (0, "")
    assert b"<MntTotal>990</MntTotal>" in (tmp_path / "boleta.xml").read_bytes()
