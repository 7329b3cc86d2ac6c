"""docs/operate.md has every log event and every metric of the code, and none that is gone."""

import ast
import re
from collections.abc import Iterator

from tests.docs.pages import ROOT, Page

PAGE = Page(ROOT / "docs" / "operate.md")
LOGS = {"log", "refusals", "repeats"}
LEVELS = {"debug", "info", "warning", "error"}
METRICS = {"counter": "_total", "gauge": "", "histogram": ""}


def calls() -> Iterator[ast.Call]:
    for room in ("shared", "connector", "functions"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield node


def words(node: ast.expr) -> set[str]:
    """The texts that an argument may be."""
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def events() -> set[str]:
    found: set[str] = set()
    for call in calls():
        function = call.func
        if not (isinstance(function, ast.Attribute) and function.attr in LEVELS and call.args):
            continue
        if isinstance(function.value, ast.Name) and function.value.id in LOGS:
            first = call.args[0]
            either = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            found |= {word for one in either for word in words(one)}
    return found


def metrics() -> set[str]:
    found: set[str] = set()
    for call in calls():
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in METRICS and call.args:
            found |= {f"parley_{word}{METRICS[name]}" for word in words(call.args[0])}
    return found


def section(heading: str) -> str:
    """From a heading of the second level to the next one."""
    return PAGE.text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(text: str) -> set[str]:
    """What stands in backticks in the first column of the tables."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}


def test_every_log_event_has_its_row_and_every_row_its_event() -> None:
    assert first_cells(section("Logs")) == events()


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    shown = first_cells(section("Health and metrics").split("### What to alarm on")[0])
    assert {name for name in shown if name.startswith("parley_")} == metrics()
