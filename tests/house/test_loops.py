"""A task that lives as long as its owner is guarded: nothing unforeseen ends it silently."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.house.test_rules import ROOT, nodes, product

GUARD = "shared/runtime/periodic.py"
ROOMS = ("shared", "functions", "connector", "parley")
# Loops that something else guards, with what does.
GUARDED = {
    ("connector/worker.py", "_keep"): "its end drops the channel, and a new worker begins",
    ("shared/messaging/marks.py", "_run"): "it hands what is raised to those who ask",
}


def paths() -> Iterator[Path]:
    for path in product():
        name = str(path.relative_to(ROOT))
        if name.split("/", maxsplit=1)[0] in ROOMS and name != GUARD:
            yield path


def coroutines(of: Iterable[ast.AST]) -> Iterator[ast.AsyncFunctionDef]:
    for node in of:
        if isinstance(node, ast.AsyncFunctionDef):
            yield node


def is_endless(loop: ast.AST) -> bool:
    """`while True` with no way out but an exception."""
    if not (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant)):
        return False
    return not any(isinstance(node, ast.Return | ast.Break) for node in ast.walk(loop))


def started(of: Iterable[ast.AST]) -> set[str]:
    """Names of the coroutine functions whose calls are made tasks, or run in the background."""
    found = set()
    for node in of:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        work = node.args[0]
        if name in {"create_task", "ensure_future", "background"} and isinstance(work, ast.Call):
            found.add(ast.unparse(work.func).rpartition(".")[2])
    return found


def test_an_endless_loop_is_an_every() -> None:
    found = {
        (str(path.relative_to(ROOT)), function.name)
        for path in paths()
        for function in coroutines(nodes(path))
        if any(is_endless(node) for node in ast.walk(function))
    }
    assert found - GUARDED.keys() == set()


def test_a_task_that_loops_is_an_every_or_an_until() -> None:
    found = {
        (str(path.relative_to(ROOT)), function.name)
        for path in paths()
        for tasks in [started(nodes(path))]
        for function in coroutines(nodes(path))
        if function.name in tasks
        and any(isinstance(node, ast.While) for node in ast.walk(function))
    }
    assert found == set(GUARDED)
