"""The set-up script does each step once, again when its inputs change, and tells what it cannot do."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bootstrap"] = module
    spec.loader.exec_module(module)
    return module


class Work:
    """A step whose work makes one file, or is cut before it can."""

    def __init__(self, bootstrap: ModuleType, folder: Path) -> None:
        self.bootstrap, self.folder, self.times = bootstrap, folder, 0

    def run(self, *, key: str = "a", cut: bool = False) -> None:
        def work() -> None:
            self.times += 1
            if cut:
                raise KeyboardInterrupt
            (self.folder / "made").touch()

        step = self.bootstrap.Step(
            name="x",
            title="x",
            stamp=self.folder / "stamps" / "x",
            key=key,
            makes=(self.folder / "made",),
            work=work,
        )
        self.bootstrap._run_step(step)


@pytest.fixture
def work(bootstrap: ModuleType, tmp_path: Path) -> Work:
    return Work(bootstrap, tmp_path)


def test_finished_step_is_not_done_again(work: Work) -> None:
    work.run()
    work.run()

    assert work.times == 1


def test_step_is_done_again_when_its_inputs_change(work: Work) -> None:
    work.run()
    work.run(key="b")

    assert work.times == 2


def test_step_is_done_again_when_what_it_made_is_gone(work: Work, tmp_path: Path) -> None:
    work.run()
    (tmp_path / "made").unlink()
    work.run()

    assert work.times == 2


def test_cut_step_is_done_again_even_over_an_older_result(work: Work) -> None:
    work.run()
    with pytest.raises(KeyboardInterrupt):
        work.run(key="b", cut=True)
    work.run(key="b")

    assert work.times == 3


def test_missing_packages_without_rights_are_named_in_one_line_to_paste(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )

    with pytest.raises(SystemExit) as refusal:
        bootstrap._install(["python3.11-venv", "libpango-1.0-0"])

    assert (
        "  sudo apt-get update && sudo apt-get install -y --no-install-recommends "
        "python3.11-venv libpango-1.0-0\n"
    ) in str(refusal.value)


def test_missing_packages_without_apt_are_named(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)

    with pytest.raises(SystemExit, match="libpango-1"):
        bootstrap._install(["libpango-1.0-0"])


def test_unknown_flavour_is_refused() -> None:
    script = str(ROOT / "scripts" / "bootstrap.py")

    done = subprocess.run(
        [sys.executable, script, "todo"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "usa run o test" in done.stderr


def test_script_parses_in_an_old_python_and_asks_first() -> None:
    """Or the person sees a traceback instead of the sentence."""
    source = (ROOT / "scripts" / "bootstrap.py").read_text()

    ast.parse(source, feature_version=(3, 7))
    assert source.index("sys.version_info < (3, 11)") < source.index("import contextlib")


def test_make_targets_are_few_and_each_says_what_it_does() -> None:
    listed = subprocess.run(
        ["make", "-C", str(ROOT), "--no-print-directory", "help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    names = [line.split()[1] for line in listed]
    assert {"help", "run", "test", "check", "fmt", "bench", "demo-reset"} <= set(names)
    assert len(names) <= 18
    assert all(len(line.split()) > 3 for line in listed)
