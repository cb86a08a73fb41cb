"""The house's rules, as a test over our own tree. Each rule has a good line and a bad one.

What ruff, mypy and import-linter can say, they say (pyproject.toml, .importlinter); here stands what
they cannot. A finding names the place and what to write instead.
"""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FUNCTION_LIMIT = 70
FILE_LIMIT = 700
FRAGMENT_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule:
    """A pattern that no line of some files may hold."""

    name: str
    pattern: str
    instead: str
    good: str
    bad: str
    applies: Callable[[str], bool]


def _is_source(path: str) -> bool:
    return path.endswith(".py") and "/tests/" not in path and not path.startswith("tests/")


def _is_application(path: str) -> bool:
    return _is_source(path) and path.startswith("src/erpmarket/")


def _is_money_code(path: str) -> bool:
    rooms = ("costing", "pricing", "pos", "inventory", "purchasing", "catalog", "fiscal")
    return _is_source(path) and (
        path.startswith("packages/dte/")
        or any(path.startswith(f"src/erpmarket/{room}/") for room in rooms)
    )


def _writes_elsewhere(path: str) -> bool:
    return (
        _is_application(path)
        and "/actions" not in path
        and "/migrations/" not in path
        and "/cli/" not in path
    )


def _is_template(path: str) -> bool:
    return path.endswith(".html") and "/templates/" in path


RULES = (
    LineRule(
        name="clock is read at the edge",
        pattern=r"datetime\.(now|utcnow|today)\(|date\.today\(|timezone\.now\(",
        instead="take `at: datetime` as a parameter; edges call erpmarket.common.clock.now()",
        good="def sell(*, at: datetime) -> None: ...",
        bad="    at = datetime.now(UTC)",
        applies=lambda path: (
            _is_application(path) and not path.endswith("common/clock.py") and "/cli/" not in path
        ),
    ),
    LineRule(
        name="no float near money, quantity or tax",
        pattern=r"\bfloat\(|: float\b|-> float\b",
        instead="pesos are int, quantities Decimal",
        good="total_clp: int",
        bad="total: float = 0.0",
        applies=_is_money_code,
    ),
    LineRule(
        name="rounding is spelled out",
        pattern=r"(=|return|[(,]) ?round\(|\.quantize\((?!$|.*ROUND_)",
        instead="quantize(quantum, rounding=ROUND_HALF_UP), or integers",
        good="value.quantize(QUANTUM, rounding=ROUND_HALF_UP)",
        bad="total = round(quantity * price)",
        applies=lambda path: (
            _is_money_code(path) and not path.endswith(("pos/forms.py", "/command.py"))
        ),
    ),
    LineRule(
        name="writes live in actions",
        pattern=r"\.objects\.(create|bulk_create|update_or_create|get_or_create)\(|(?<!font)\.save\((?!.*format=)|\.delete\(",
        instead="call the verb in the room's actions",
        good="open_shift(till=till, at=at)",
        bad="Shift.objects.create(till=till)",
        applies=_writes_elsewhere,
    ),
    LineRule(
        name="no signals and no save() of our own",
        pattern=r"@receiver\((?!class_prepared)|def save\(self",
        instead="an action that calls the other action",
        good="issue(lines=lines, cause=cause)",
        bad="@receiver(post_save)",
        applies=_is_application,
    ),
    LineRule(
        name="no print in the application",
        pattern=r"^\s*print\(",
        instead="logger.info(...) or a command's stdout",
        good="logger.info('fiscal.sent')",
        bad="print(total)",
        applies=lambda path: (
            _is_application(path) and "/cli/" not in path and "__main__" not in path
        ),
    ),
    LineRule(
        name="no unfinished notes",
        pattern=r"\b(FIXME|XXX|HACK)\b|\bTODO\b(?!.*#\d+)",
        instead="do it, or write an issue and give its number",
        good="# TODO #12: lots",
        bad="# FIXME later",
        applies=lambda path: _is_source(path) or path.endswith((".js", ".css", ".html")),
    ),
    LineRule(
        name="templates are escaped",
        pattern=r"\|safe\b|\{% autoescape off",
        instead="pass plain values; build markup in the template",
        good="{{ product.name }}",
        bad="{{ product.name|safe }}",
        applies=_is_template,
    ),
    LineRule(
        name="no inline script or style",
        pattern=r"<script(?![^>]*\bsrc=)|\bstyle=\"|<style|\bon(click|change|load|submit)=",
        instead="a module of frontend/ or a class",
        good='<script type="module" src="/static/till.js"></script>',
        bad='<div style="color:red">',
        applies=_is_template,
    ),
    LineRule(
        name="no htmx or Alpine that fails open under the policy",
        pattern=r"hx-on[:=]|hx-vals=[\"']js:|x-html|hx-trigger=\"[^\"]*\[",
        instead="a component registered with Alpine.data, or a plain hx-* attribute",
        good='<a hx-get="/productos/">',
        bad='<a hx-on:click="x()">',
        applies=_is_template,
    ),
)


def _files() -> list[str]:
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return sorted(path for path in known if (ROOT / path).is_file())


FILES = _files()


def _findings(rule: LineRule) -> Iterator[str]:
    pattern = re.compile(rule.pattern)
    for path in FILES:
        if not rule.applies(path):
            continue
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), start=1):
            if pattern.search(line) and "# house:" not in line:
                yield f"{path}:{number}: {line.strip()[:90]} -> {rule.instead}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_knows_good_from_bad(rule: LineRule) -> None:
    assert not re.search(rule.pattern, rule.good)
    assert re.search(rule.pattern, rule.bad)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_tree_keeps_rule(rule: LineRule) -> None:
    assert list(_findings(rule)) == []


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in FILES:
        if path.endswith(".py") and "/migrations/" not in path:
            for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield path, node


def test_functions_are_short() -> None:
    long = [
        f"{path}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path, node in _functions()
        if node.end_lineno is not None and node.end_lineno - node.lineno >= FUNCTION_LIMIT
    ]

    assert long == []


def test_files_are_short() -> None:
    long = [
        f"{path} has {lines} lines"
        for path in FILES
        if path.endswith((".py", ".js", ".mjs", ".css")) and "/migrations/" not in path
        for lines in [len((ROOT / path).read_text("utf-8").splitlines())]
        if lines > FILE_LIMIT
    ]

    assert long == []


def test_broad_excepts_stand_at_the_edges_only() -> None:
    broad = [
        f"{path}:{node.lineno}"
        for path in FILES
        if _is_source(path)
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]

    # A worker's loop must outlive one bad round, a file one bad row, a till's journal one bad event;
    # each logs it.
    allowed = re.compile(
        r"^(src/erpmarket/cli/management/commands/runner\.py|src/erpmarket/fiscal/(\w*tasks|wake)\.py|src/erpmarket/(catalog|inventory|notifications|pos)/\w*tasks\.py|src/erpmarket/inventory/actions/import_writing\.py|src/erpmarket/pos/actions/sync_journal\.py|src/erpmarket/cli/runner\.py"
        r"|packages/sii_simulator/|packages/till_agent/)"
    )
    assert [place for place in broad if not allowed.match(place)] == []


def test_public_functions_of_actions_and_queries_say_what_they_do() -> None:
    silent = []
    for path in FILES:
        if not _is_application(path) or not re.search(r"/(actions|queries)(/|\.py)", path):
            continue
        silent += [
            f"{path}:{node.lineno} {node.name}"
            for node in ast.parse((ROOT / path).read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]

    assert silent == []


def test_every_package_says_what_it_is() -> None:
    silent = [
        path
        for path in FILES
        if re.fullmatch(r"(src/erpmarket|packages/\w+/src)/\w+/__init__\.py", path)
        and ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8"))) is None
    ]

    assert silent == []


def test_folios_are_given_out_in_one_place() -> None:
    writers = [
        path
        for path in FILES
        if _is_application(path)
        and "/migrations/" not in path
        and re.search(
            r"(UPDATE|INTO|FROM ONLY) fiscal_foliorange|\bnext_folio\s*=\s*(%s|next_folio)"
            r"|FolioRange\.objects\.\w*(create|update)\w*\(|\bnext_folio=|\.next_folio\s*=[^=]",
            (ROOT / path).read_text("utf-8"),
        )
    ]

    assert writers == ["src/erpmarket/fiscal/actions/take_folio.py"]


def test_stock_is_written_in_one_place() -> None:
    writers = [
        path
        for path in FILES
        if _is_application(path)
        and "/migrations/" not in path
        and re.search(
            r"(StockMove|Stock|StockDebt|CostLayer|CompanyPool)\.objects\.(bulk_)?create\("
            r"|INSERT INTO inventory_stockmove",
            (ROOT / path).read_text("utf-8"),
        )
    ]

    room = "src/erpmarket/inventory/actions"
    assert writers == [
        f"{room}/{name}.py" for name in ("move", "projections", "rebuild", "recost_writing")
    ]


FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|manager|misc)(_|\.|$)")


def test_no_file_is_named_for_nothing() -> None:
    vague = [
        path for path in FILES if path.endswith(".py") and FORBIDDEN_NAMES.search(Path(path).name)
    ]

    assert [path for path in vague if path != "manage.py"] == []


def test_no_third_party_or_secret_file_is_committed() -> None:
    foreign = [
        path for path in FILES if re.search(r"\.(xsd|woff2?|ttf|otf|p12|pfx|min\.js|pem)$", path)
    ]

    assert foreign == []


def test_prose_links_lead_somewhere() -> None:
    broken = []
    for path in FILES:
        if path.endswith(".md"):
            text = (ROOT / path).read_text("utf-8")
            broken += [
                f"{path} -> {target}"
                for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text)
                if not ((ROOT / path).parent / target).exists()
            ]

    assert broken == []
