"""A13: selling without a network is a gate of every release, not a feature that may be left out.

What proves it is named here; who renames, skips or narrows it must come by this file.
"""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TILL = ROOT / "frontend" / "till"
# A file, and tests in it without which nothing is released.
GATE = {
    "tests/browser/test_till_offline.py": (
        "test_a13_from_cold_and_with_the_network_down_the_till_sells_and_prints",
        "test_a13_a_server_that_never_answers_holds_up_no_sale",
    ),
    "tests/browser/test_till_kills.py": (
        "test_killed_again_and_again_every_sale_is_held_once_and_booked_once",
    ),
    "tests/browser/test_till_faults.py": (
        "test_a2_two_windows_of_one_device_share_no_folio_and_no_number_in_500_sales",
        "test_a5_a_sale_paid_offline_stays_paid_after_a_reload",
        "test_a5_a_ticket_put_aside_and_paid_offline_stays_paid_when_another_device_takes_the_till",
        "test_a6_what_a_wiped_browser_never_told_comes_from_the_agents_copy",
    ),
    "tests/browser/test_till_device.py": (
        "test_a1_answers_lost_at_twenty_points_of_a_thousand_sales_double_and_lose_nothing",
    ),
    "tests/e2e/test_till_cuts.py": (
        "test_a3_a7_cut_at_a_dozen_moments_with_the_server_killed_no_boleta_is_lost_or_doubled",
    ),
    "src/erpmarket/pos/tests/test_journal_replay.py": (
        "test_a10_a_queue_told_at_once_and_again_books_as_told_one_by_one",
    ),
}
LEFT_OUT = ("skip", "skipif", "xfail", "importorskip")
LEFT_OUT_IN_NODE = re.compile(
    r"\b(?:test|it|describe)\.(?:skip|todo|only)\b|\b(?:skip|todo|only): "
)


@pytest.mark.parametrize("path", GATE)
def test_a13_what_proves_selling_offline_is_there_and_never_left_out(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    said = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert set(GATE[path]) - functions == set()
    assert said & set(LEFT_OUT) == set()


def test_a13_no_test_of_the_tills_program_is_left_out() -> None:
    files = sorted(TILL.rglob("*.test.js"))

    left_out = [
        f"{file.name}: {found[0]}"
        for file in files
        for found in LEFT_OUT_IN_NODE.finditer(file.read_text(encoding="utf-8"))
    ]

    assert {"journal.test.js", "sync.test.js", "leases.test.js"} <= {file.name for file in files}
    assert left_out == []


def test_a13_ci_runs_what_the_readme_says_and_narrows_nothing() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pytest_settings = settings["tool"]["pytest"]["ini_options"]
    recipe = make.split("\ntest:", 1)[1].split("\n\n", 1)[0]

    assert ci.rstrip().endswith("exec make test")
    assert "make test" in readme
    assert "scripts/check.py $(ARGS)" in recipe
    assert pytest_settings["testpaths"] == ["packages", "src", "tests"]
    assert not re.search(r"(^| )(-k|-m|--ignore|--deselect)", pytest_settings["addopts"])


def test_a13_the_checks_leave_out_only_the_library_that_has_its_own_run() -> None:
    checks = (ROOT / "scripts" / "check.py").read_text(encoding="utf-8")

    assert re.findall(r"--(?:ignore|deselect)[^\"]*", checks) == ["--ignore=packages/dte"]
    assert '(f"{BIN}/node", "--test"), folder="frontend"' in checks
    assert 'Check(name="dte"' in checks
