"""A busy machine fails no test: all wait as tests/waits.py says, and none asserts a duration."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.test_rules import functions, nodes

TESTS = Path(__file__).resolve().parents[1]
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "clock"}
# Calls whose last argument is a limit, when they have so many.
WAITING = {"join": 1, "result": 1, "timeout": 1, "wait": 1, "wait_for": 2}
# Shorter ones are the subject of a test: a limit of ours that is to be reached.
SHORTEST_WAIT_S = 1


@cache
def modules() -> dict[str, tuple[ast.AST, ...]]:
    """Of what each module of the tests is made, the module itself first."""
    names = {path: str(path.relative_to(TESTS)) for path in sorted(TESTS.rglob("*.py"))}
    return {
        name: nodes(path)
        for path, name in names.items()
        if not name.startswith(("faults/", "house/")) and "bench_" not in name
    }


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
        for name, made_of in modules().items()
        for node in made_of
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
        for name, made_of in modules().items()
        for function in functions(made_of)
        for names in [durations(function)]
        for node in ast.walk(function)
        if isinstance(node, ast.Assert) and at_most(node.test, names)
    ]
    assert quick == [], "assert an order or a count; the machine may be busy"


# Loops by the clock that count nothing which is asserted.
BY_THE_CLOCK = {
    "storage/redis_server.py": "a condition ends it, or the test",
    "security/test_fuzz.py": "the shots are told",
    "tenancy/test_within_a_second.py": "each look is judged by its own moment",
}


def test_nothing_is_counted_that_was_done_within_a_span() -> None:
    """How much a busy machine does by then nobody knows: count to a number, and see how long."""
    found = {
        name
        for name, made_of in modules().items()
        for node in made_of
        if isinstance(node, ast.While) and reads_a_clock(node.test)
    }
    assert found == set(BY_THE_CLOCK)
