"""A busy machine fails no test: all wait as tests/waits.py says, and none asserts a duration."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "clock"}
# Calls whose last argument is a limit, when they have so many.
WAITING = {"join": 1, "result": 1, "timeout": 1, "wait": 1, "wait_for": 2}
# Shorter ones are the subject of a test: a limit of ours that is to be reached.
SHORTEST_WAIT_S = 1


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(TESTS.rglob("*.py")):
        name = str(path.relative_to(TESTS))
        if not name.startswith(("faults/", "house/")) and "bench_" not in name:
            yield name, ast.parse(path.read_text())


def number(node: ast.expr) -> float:
    """The number that stands there in figures, else 0."""
    constant = node.value if isinstance(node, ast.Constant) else None
    return float(constant) if isinstance(constant, int | float) else 0.0


def limits(call: ast.Call) -> Iterator[ast.expr]:
    """What a call is given as the time to wait at most."""
    yield from (one.value for one in call.keywords if one.arg == "timeout")
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if len(call.args) == WAITING.get(name):
        yield call.args[-1]


def test_no_test_waits_by_a_limit_of_its_own() -> None:
    own = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and any(number(limit) >= SHORTEST_WAIT_S for limit in limits(node))
    ]
    assert own == [], "WAIT_S, of tests/waits.py"


def reads_a_clock(node: ast.AST) -> bool:
    called = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return any(
        (isinstance(one, ast.Attribute) and one.attr in CLOCKS)
        or (isinstance(one, ast.Name) and one.id in CLOCKS)
        for one in called
    )


def durations(function: ast.AST) -> set[str]:
    """Names that hold a difference of two readings of a clock."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            difference = isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Sub)
            if difference and reads_a_clock(node.value):
                found.add(node.targets[0].id)
    return found


def at_most(test: ast.expr, names: set[str]) -> bool:
    """Whether it says that a duration is less than something."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Lt | ast.LtE):
            left = node.left
            subtracts = isinstance(left, ast.BinOp) and isinstance(left.op, ast.Sub)
            if (subtracts and reads_a_clock(left)) or (
                isinstance(left, ast.Name) and left.id in names
            ):
                return True
    return False


def test_no_test_asserts_that_something_is_quick() -> None:
    quick = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Assert) and at_most(node.test, durations(function))
    ]
    assert quick == [], "assert an order or a count; the machine may be busy"
