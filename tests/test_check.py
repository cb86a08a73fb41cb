"""CI runs a few unsteady tests of the browser once more, and nothing else."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
IN_BROWSER = "tests/browser/test_till_pay.py::test_pays"
IN_THE_SHOP = "src/erpmarket/pos/tests/test_sale.py::test_sells"
PASSED, FAILED, INTERRUPTED = 0, 1, 2


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", ROOT / "scripts" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "check", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LAST_FAILED", tmp_path / "lastfailed")
    monkeypatch.setenv("CI", "true")
    return module


@pytest.fixture
def runs(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make pytest's runs end with these codes, the first with these failures; return what they ran."""

    def end(*codes: int, failed: list[str]) -> list[list[str]]:
        asked: list[list[str]] = []

        def run(command: list[str], **_: Any) -> Any:
            asked.append(command)
            if failed:
                check.LAST_FAILED.write_text(json.dumps(dict.fromkeys(failed, True)))
            return subprocess.CompletedProcess(command, codes[len(asked) - 1])

        monkeypatch.setattr(subprocess, "run", run)
        return asked

    return end


def test_a_test_of_the_browser_that_passes_alone_passes(check: ModuleType, runs: Any) -> None:
    asked = runs(FAILED, PASSED, failed=[IN_BROWSER])

    assert check.run_tests([])
    assert asked[1][-1] == IN_BROWSER
    assert "-n" not in asked[1]


def test_one_that_fails_twice_has_failed(check: ModuleType, runs: Any) -> None:
    asked = runs(FAILED, FAILED, failed=[IN_BROWSER])

    assert not check.run_tests([])
    assert len(asked) == 2


@pytest.mark.parametrize(
    "failed",
    [
        [IN_THE_SHOP],
        [IN_BROWSER, IN_THE_SHOP],
        [f"{IN_BROWSER}[{one}]" for one in range(4)],
    ],
)
def test_no_other_test_gets_a_second_run(check: ModuleType, runs: Any, failed: list[str]) -> None:
    asked = runs(FAILED, PASSED, failed=failed)

    assert not check.run_tests([])
    assert len(asked) == 1


def test_an_interrupted_run_has_failed(check: ModuleType, runs: Any) -> None:
    asked = runs(INTERRUPTED, PASSED, failed=[])

    assert not check.run_tests([])
    assert len(asked) == 1


def test_outside_of_ci_nothing_runs_twice(
    check: ModuleType, runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI")
    asked = runs(FAILED, PASSED, failed=[IN_BROWSER])

    assert not check.run_tests([])
    assert len(asked) == 1
