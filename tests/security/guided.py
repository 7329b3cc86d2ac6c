"""`python -m tests.security.guided TARGET --seconds 60 --folder F`: one target of the guided fuzz.

libFuzzer chooses the inputs by what code they reach (atheris), and by how much work a byte costs.
What crashes, takes long or takes much memory is left in the folder, each of one kind once, and
measured anew by `tests.security.fuzz`, without what follows the code.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import random
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.security.mutate import grown, mutated

atheris: Any = importlib.import_module("atheris")

LARGEST = 100_000
"""Bytes of an input: of each, the work is to stay under LONG_S."""

LONG_S = 0.1
MUCH = 48 * 1024 * 1024
"""Bytes that the process grows by one input."""

KEPT = 40  # inputs of a kind
GUIDE = (
    "def worked(cost):\n"
    + "".join(f"    if cost > {1.3**step:.3f}:\n        pass\n" for step in range(40))
    + "    return cost\n"
)
"""A branch for each step of cost: an input that costs more a byte reaches code of its own."""


class Watch:
    """Runs a target and keeps what it should not have done."""

    def __init__(self, run: Any, folder: Path) -> None:
        self._run = run
        self._folder = folder
        self._known: set[str] = set()
        self._peak = _peak()
        space: dict[str, Any] = {}
        exec(GUIDE, space)  # our own text
        self._worked = atheris.instrument_func(space["worked"])

    def __call__(self, data: bytes) -> None:
        began = time.thread_time()
        try:
            self._run(data)
        except Exception as error:  # noqa: BLE001  # what it is looked for
            frames = traceback.extract_tb(error.__traceback__)
            self._keep("crash", data, f"{type(error).__name__} {frames[-1].name} {frames[-1].line}")
        took = time.thread_time() - began
        if took > LONG_S:
            self._keep("slow", data, f"{took:.1f} {len(data).bit_length()}")
        peak, before = _peak(), self._peak
        self._peak = peak
        if peak - before > MUCH:
            self._keep("memory", data, f"{(peak - before) >> 24}")
        self._worked(took * 1e8 / (len(data) + 1000))

    def _keep(self, kind: str, data: bytes, what: str) -> None:
        count = sum(one.startswith(kind) for one in self._known)
        if f"{kind} {what}" in self._known or count >= KEPT:
            return
        self._known.add(f"{kind} {what}")
        name = hashlib.sha256(data).hexdigest()[:16]
        (self._folder / f"{kind}-{name}").write_bytes(data)


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def bent(data: bytes, most: int, seed: int) -> bytes:
    """A real-shaped body with something wrong, or with very much of something; or other bytes."""
    chance = random.Random(seed)
    how = chance.random()
    try:
        body = json.loads(data) if how < _SHAPED else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return bytes(atheris.Mutate(data, most))
    if how < _SHAPED / 2:
        return grown(body, chance, most)
    return mutated(body, chance, frozenset())[:most]


_SHAPED = 0.85


def main() -> None:
    """Entry of the process; libFuzzer ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.guided", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with atheris.instrument_imports(include=["shared"], enable_loader_override=False):
        targets = importlib.import_module("tests.security.targets")
    target = targets.TARGETS[given.target]
    corpus = given.folder / "corpus"
    corpus.mkdir(parents=True)
    for seed in target.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    limits = [f"-max_total_time={given.seconds}", f"-max_len={LARGEST}", "-len_control=0"]
    limits += [
        "-timeout=30",
        "-report_slow_units=1000",
        "-rss_limit_mb=1500",
        f"-artifact_prefix={given.folder}/ended-",
    ]
    arguments = [sys.argv[0], *limits, f"-seed={given.seed}", "-print_final_stats=1", str(corpus)]
    atheris.Setup(arguments, Watch(target.run, given.folder), custom_mutator=bent)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
