"""The rules of the house that no tool checks: sizes, logging keys, openness, words."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 300
FUNCTION_LINES = 40
HANDLER_LINES = 110  # a screen, with its imports

# Powertools' two ways of adding keys that mix requests on an event loop: wrong tenant on 98 of 150
# lines. `shared.runtime.logging.bind` is the one that keeps them apart.
LOGS = {"log", "refusals", "repeats"}
LEVELS = {"debug", "info", "warning", "error"}
MIXING = {"append_keys", "append_context_keys"}


@cache
def sources() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return tuple(ROOT / name for name in listed.stdout.split() if (ROOT / name).is_file())


@cache
def product() -> tuple[Path, ...]:
    return tuple(path for path in sources() if path.relative_to(ROOT).parts[0] != "tests")


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All that a module is made of, the module first; read once, for many ask."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def functions(of: Iterable[ast.AST]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in of:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_module_and_its_functions_stay_small() -> None:
    long = [
        str(path.relative_to(ROOT))
        for path in product()
        if path.read_text().count("\n") > MODULE_LINES
    ]
    long += [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in product()
        for node in functions(nodes(path))
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert len(product()) > 400
    assert long == []


def test_a_handler_reads_on_one_screen() -> None:
    handlers = sorted((ROOT / "functions").glob("*/handler.py"))
    assert handlers
    sizes = {path.parent.name: path.read_text().count("\n") for path in handlers}
    assert {name: size for name, size in sizes.items() if size > HANDLER_LINES} == {}


def test_a_handler_holds_no_sql_and_no_retry_loop() -> None:
    for path in (ROOT / "functions").glob("*/handler.py"):
        assert not any(isinstance(node, ast.While) for node in nodes(path)), path
        assert "select " not in path.read_text().lower(), path


def test_only_bind_adds_keys_to_the_log() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in product()
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in MIXING
    ]
    assert found == []


def test_no_log_call_formats_values_into_its_event_name() -> None:
    """An event is a name; values are keys, so that nothing personal hides in a sentence."""
    found = []
    for path in product():
        for node in nodes(path):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            logs = isinstance(owner, ast.Name) and owner.id in LOGS and node.func.attr in LEVELS
            if logs and node.args and not isinstance(node.args[0], ast.Constant | ast.IfExp):
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_only_the_doors_answer_strangers() -> None:
    """Every other function's guard wants a service token."""
    public = {
        path.parent.name
        for path in (ROOT / "functions").glob("*/handler.py")
        if "public=True" in path.read_text()
    }
    assert public == {"api-gateway", "wa-webhook", "genesys-webhook"}


def test_nothing_is_left_to_be_done_or_passed_over() -> None:
    marks = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", "pytest.mark." + "skip"]
    marks += ["pytest.mark." + "xfail", "pytest." + "skip(", "mock." + "patch"]
    found = [f"{path}: {mark}" for path in sources() for mark in marks if mark in path.read_text()]
    assert found == []


def test_nobody_else_imports_the_functions_and_they_do_not_import_each_other() -> None:
    packages = {
        package.name: package.parent.name
        for package in (ROOT / "functions").glob("*/*")
        if (package / "__init__.py").is_file()
    }
    for path in product():
        owner = path.relative_to(ROOT).parts
        home = owner[1] if owner[0] == "functions" else None
        for name in imported(nodes(path)):
            top = name.split(".")[0]
            assert top not in packages or packages[top] == home, f"{path} imports {name}"


def imported(of: Iterable[ast.AST]) -> Iterator[str]:
    for node in of:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_the_decisions_are_listed_and_short() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(path for path in folder.glob("0*.md"))
    index = (folder / "README.md").read_text()
    assert all(f"({page.name})" in index for page in pages)
    assert all(page.read_text().count("\n") <= 60 for page in pages)
    numbers = [int(page.name[:4]) for page in pages]
    assert all(after == before + 1 for before, after in pairwise(numbers))
