"""Whatever place of a body grows, the work grows as much and no more: counted, not timed.

Every place of every real-shaped body grows once, through all that a door and a transform do with
it; and nothing of what they do is left out.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from shared import genesys, transforms, whatsapp
from tests.security.mutate import places, put
from tests.security.targets import TARGETS

FULL = bool(os.environ.get("SECURITY_FULL"))
PUMPS = ("a", "\n", "@", "*", "[", "](", "\u0301", "{{1}}") if FULL else ("](",)
SMALL, LARGE = 24, 96
"""Elements, members or repeats: four times as many are at most LINEAR times the work."""

LINEAR = 6.0
FEW = 300  # calls that may be added once, such as for what is too long to be an id
Place = tuple[Any, ...]


def shape(path: Place) -> str:
    """A place without the numbers of elements: where bodies have the same."""
    return ".".join("[]" if isinstance(one, int) else str(one) for one in path)


def grown_places(target: str) -> dict[str, tuple[Any, Place]]:
    """Every place of the target's real-shaped bodies, each shape once."""
    found: dict[str, tuple[Any, Place]] = {}
    for seed in TARGETS[target].seeds():
        body = json.loads(seed)
        for path in places(body):
            found.setdefault(shape(path), (body, path))
    return found


def growths(body: Any, path: Place) -> Iterator[Callable[[int], bytes]]:
    """The body with so much at that place."""
    held: Any = body
    for key in path:
        held = held[key]

    def filled(value: Any) -> bytes:
        whole = copy.deepcopy(body)
        put(whole, path, value)
        return json.dumps(whole).encode()

    if isinstance(held, list) and held:
        yield lambda count: filled(held * count)
    elif isinstance(held, dict):
        yield lambda count: filled(held | {f"k{number}": "x" for number in range(count)})
    elif isinstance(held, str):
        for pump in PUMPS:
            yield lambda count, pump=pump: filled(pump * (8 * count))  # type: ignore[misc]


class Count:
    """Counts calls of functions, of Python and of C, and which of ours were reached."""

    def __init__(self) -> None:
        self.calls = 0
        self.reached: set[CodeType] = set()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            self.calls += 1
            self.reached.add(frame.f_code)
        elif event == "c_call":
            self.calls += 1

    def of(self, work: Callable[[], object]) -> int:
        """How many calls some work takes."""
        self.calls = 0
        sys.setprofile(self)
        try:
            work()
        finally:
            sys.setprofile(None)
        return self.calls


def is_linear(count: Count, run: Callable[[bytes], object], make: Callable[[int], bytes]) -> bool:
    """Whether four times as much of something is at most LINEAR times the calls."""
    small, large = make(SMALL), make(LARGE)
    before = count.of(lambda: run(small))
    return count.of(lambda: run(large)) <= LINEAR * before + FEW


def test_square_work_is_seen() -> None:
    def square(raw: bytes) -> int:
        return sum(len(raw[:one].split(b",")) for one in range(len(raw)) for _ in range(len(raw)))

    assert not is_linear(Count(), square, bytes)
    assert is_linear(Count(), lambda raw: [len(raw[one:]) for one in range(len(raw))], bytes)


@pytest.mark.parametrize("target", TARGETS)
def test_wherever_a_body_grows_the_work_grows_as_much(target: str) -> None:
    count, run = Count(), TARGETS[target].run
    found = grown_places(target)
    bad = [
        (name, make(SMALL)[:200])
        for name, (body, path) in found.items()
        for make in growths(body, path)
        if not is_linear(count, run, make)
    ]
    assert len(found) > 5
    assert bad == []


NOT_OF_MESSAGES = ("client", "files", "regions", "codes")
"""Modules that ask a provider over the network, or read what an operator sets."""


def functions(package: Any) -> dict[CodeType, str]:
    """Every function of a package's modules, its classes' own with them."""
    found: dict[CodeType, str] = {}
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        if info.name.rpartition(".")[2] in NOT_OF_MESSAGES:
            continue
        owners = [module, *(one for _, one in inspect.getmembers(module, inspect.isclass))]
        for owner in owners:
            for name, one in vars(owner).items():
                made = getattr(one, "__func__", getattr(one, "fget", one))
                if isinstance(made, FunctionType) and made.__module__ == info.name:
                    found[made.__code__] = f"{info.name}.{name}"
    return found


NOT_BY_A_BODY = {
    # They make readers when the module is imported.
    *("account_notes._events", "changes._each", "changes._note"),
    *("inbound_attributes._of_product", "inbound_attributes._of_referral"),
    # They look at a list or a word that is there.
    *("payloads.failed", "payloads.integration_id", "items.words", "payloads.broken"),
    "text.split",  # all that each_piece gives, for tests
}


def test_every_function_of_the_two_providers_and_of_the_transforms_is_reached() -> None:
    count = Count()
    for target in TARGETS.values():
        for seed in target.seeds():
            count.of(lambda run=target.run, raw=seed: run(raw))  # type: ignore[misc]
    known: dict[CodeType, str] = {}
    for package in (whatsapp, genesys, transforms):
        known |= functions(package)
    missed = {name for code, name in known.items() if code not in count.reached}
    named = {".".join(name.split(".")[-2:]) for name in missed if "__" not in name}
    assert len(known) > 600
    assert named == NOT_BY_A_BODY
