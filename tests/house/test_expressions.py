"""Regular expressions stand where they can be found and measured, in no shape known to be square.

`tests/security/test_growth_of_patterns.py` measures each of them.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.expressions import PLACES, Use, calls, compiled, inner, parsed, sources, uses
from tests.support import ROOT

MADE_OF_A_TABLE = {
    "functions/api-gateway/gateway_service/routes.py",  # a pattern a route, of our own templates
}

NEVER_FAILS = {
    "shared/transforms/vcard.py:_PART.0",  # what its repeat leaves over is a ";" or the end
}

MANY = 100_000
"""A repeat that may go on as long as this is unbounded."""

REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
FOR_GOOD = {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}
"""What gives nothing back of what it took."""


def is_unbounded(operator: str, told: Any) -> bool:
    return operator in REPEATS and told[1] >= MANY


def repeats_of_repeats(operators: Any, *, repeated: bool = False) -> bool:
    """`(a+)+`: as many ways to part a text as it has characters, and more."""
    for operator, told in operators:
        name = str(operator)
        if name in FOR_GOOD and repeated:
            continue
        endless = is_unbounded(name, told)
        if endless and repeated:
            return True
        if any(repeats_of_repeats(one, repeated=repeated or endless) for one in inner(name, told)):
            return True
    return False


def begins_endless(operators: Any) -> bool:
    """`a+b`: looked for anywhere, it reads a long row of "a" anew from each of its characters.

    What stands behind a look back, such as `(?<!a)a+b`, begins once a row.
    """
    for place, (operator, told) in enumerate(operators, start=1):
        name, more = str(operator), place < len(operators)
        if name in ("ASSERT", "ASSERT_NOT"):
            behind = told[0] < 0
            if behind or has_unbounded(told[1]):
                return not behind
        elif name in ("BRANCH", "SUBPATTERN"):
            parts = inner(name, told)
            return any(begins_endless(one) or (more and is_endless(one)) for one in parts)
        elif is_unbounded(name, told):
            return more
        elif name not in REPEATS or told[0] > 0:
            break
    return False


def has_unbounded(operators: Any) -> bool:
    return any(
        is_unbounded(str(operator), told) or any(map(has_unbounded, inner(str(operator), told)))
        for operator, told in operators
    )


def is_endless(operators: Any) -> bool:
    return len(operators) == 1 and is_unbounded(str(operators[0][0]), operators[0][1])


def faults(use: Use) -> Iterator[str]:
    if not isinstance(use.pattern, re.Pattern):
        return
    operators = parsed(use.pattern)
    if repeats_of_repeats(operators):
        yield "repeats what is repeated"
    if not use.anchored and use.place not in NEVER_FAILS and begins_endless(operators):
        yield "begins with an endless repeat"


def test_every_use_of_a_pattern_is_of_one_that_a_module_compiles_at_its_top() -> None:
    assert PLACES == ("shared", "connector", "functions")
    inline = {
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sources()
        for call in calls(path)
        if str(path.relative_to(ROOT)) not in MADE_OF_A_TABLE
        and not any(call in known for known in compiled(path).values())
    }
    assert inline == set()


@pytest.mark.parametrize("use", list(uses()), ids=lambda use: use.place)
def test_no_pattern_has_a_shape_that_is_known_to_be_square(use: Use) -> None:
    assert list(faults(use)) == []


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"(a+)+b", r"(?:a*b?)*c", r"(?:[^;\\]+|\\.)*;", r"x(?:\s*\w+\s*)+y", r"((?:ab*)+)"),
        *(r"\S+@\S+\.\S+", r"\+?[0-9]*x", r"(a+)b", r"a*+b", r"x|\s+y", r"(?=a*b)[ab]{20,}"),
    ],
)
def test_a_square_shape_is_seen(pattern: str) -> None:
    assert list(faults(Use("", re.compile(pattern), anchored=False)))


@pytest.mark.parametrize(
    "pattern", [r"a+", r"(?<!\S)\S+@", r"x[^y]*+y", r"(?:ab++)*+", r"\s{0,9}x", r"\+?\d{7,}"]
)
def test_a_bounded_shape_passes(pattern: str) -> None:
    assert list(faults(Use("", re.compile(pattern), anchored=False))) == []
