import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from dte import fetch_schemas

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return fetch_schemas


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
    (tmp_path / "other.xsd").write_bytes(b"not asked for")

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


def test_the_users_own_folder_follows_the_system_of_folders(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert script.user_folder() == tmp_path / "dte" / "schemas"

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert script.user_folder() == tmp_path / ".local" / "share" / "dte" / "schemas"


def test_what_was_fetched_is_said(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["fetch_schemas", str(tmp_path)])
    monkeypatch.setattr(script, "fetch", lambda *_: None)

    script.main()

    assert f"17 files written to {tmp_path}" in capsys.readouterr().out


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record what would be run; every command succeeds."""
    found: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[bytes]:
        assert not check
        found.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return found


def test_pip_downloads_a_wheel_by_its_hash(
    script: ModuleType,
    commands: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())

    script.download(tmp_path)

    assert commands[0][1:4] == ["-m", "pip", "download"]
    assert {"--require-hashes", "--no-deps", str(script.LOCK), str(tmp_path)} < set(commands[0])


@pytest.mark.parametrize("beside", [True, False])
def test_without_pip_uv_unpacks_it(
    script: ModuleType,
    commands: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    beside: bool,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr("shutil.which", lambda name: f"/elsewhere/{name}")
    if beside:
        (tmp_path / "uv").touch()

    script.download(tmp_path)

    assert commands[0][:3] == [
        str(tmp_path / "uv") if beside else "/elsewhere/uv",
        "pip",
        "install",
    ]
    assert {"--require-hashes", "--no-deps", "--target"} < set(commands[0])


def test_without_any_installer_it_says_what_to_do(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr("shutil.which", lambda _: None)

    with pytest.raises(SystemExit, match="install one of them"):
        script.download(tmp_path)


def test_a_download_that_fails_says_what_to_do(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1)
    )

    with pytest.raises(SystemExit, match="Check the network"):
        script.download(tmp_path)
