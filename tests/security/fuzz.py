"""`python -m tests.security.fuzz --minutes 10`: the fuzz, for as long as one likes.

First mutated bodies at both doors as processes (the test of that name), then each target of
tests/security/targets.py, guided by the code that an input reaches. What was slow or large is
measured once more without what follows the code; 1 when anything is left then, whose inputs stay
in the folder that is named.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.security.targets import TARGETS
from tests.support import ROOT

LONG_S = 0.1
"""CPU seconds that no input of up to 100 KB may take."""

MUCH = 64 * 1024 * 1024
"""Bytes that no input of up to 100 KB may take."""

TRIES = 7  # the least of them counts: a busy machine only adds
AT_ONCE = 2
SHARES = 6  # of the time: the doors as processes have one


def main() -> int:
    """Entry of the command; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="(the time)")
    parser.add_argument("--target", choices=sorted(TARGETS), help="this one alone, all the time")
    given = parser.parse_args()
    seconds = given.minutes * 60
    sys.stdout.write(f"fuzzing for {given.minutes:g} minutes, seed {given.seed}\n")
    if given.target:
        return int(_guided([given.target], seconds, given.seed))
    failed = _at_the_doors(seconds / SHARES, given.seed)
    each = seconds * (SHARES - 1) / SHARES * AT_ONCE / len(TARGETS)
    return int(_guided([*TARGETS], each, given.seed) or failed)


def _at_the_doors(seconds: float, seed: int) -> bool:
    os.environ["FUZZ_SECONDS"], os.environ["FUZZ_SEED"] = str(seconds), str(seed)
    test = "tests/security/test_fuzz.py"
    return bool(pytest.main([test, "-q", "-s", "-p", "no:cacheprovider"]))


def _guided(names: list[str], seconds: float, seed: int) -> bool:
    """Whether anything was found. Two targets at a time, each in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="parley-fuzz-"))

    def run(name: str) -> int:
        place = folder / name
        place.mkdir()
        command = [sys.executable, "-m", "tests.security.guided", name, "--folder", str(place)]
        command += ["--seconds", str(max(int(seconds), 1)), "--seed", str(seed)]
        with (place / "log").open("wb") as log:
            return subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False).returncode

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = dict(zip(names, pool.map(run, names), strict=True))
    found = [line for name in names for line in _found(name, folder / name)]
    found += [f"{name}: ended with {code}" for name, code in ended.items() if code]
    for name in names:
        sys.stdout.write(f"{name}: {_last_line(folder / name / 'log')}\n")
    sys.stdout.write("".join(f"{line}\n" for line in found) or "nothing was found\n")
    sys.stdout.write(f"inputs and logs: {folder}\n" if found else "")
    return bool(found)


def _found(name: str, folder: Path) -> Iterator[str]:
    """What is still so without what follows the code."""
    for path in sorted(folder.glob("*-*")):
        data, kind = path.read_bytes(), path.name.partition("-")[0]
        if kind in ("crash", "ended"):
            yield f"{name}: {path}"
        elif kind == "slow" and (took := seconds_of(name, data)) > LONG_S:
            yield f"{name}: {took:.3f} s for {len(data)} bytes: {path}"
        elif kind == "memory" and (took := memory_of(name, data)) > MUCH:
            yield f"{name}: {took / 2**20:.0f} MB for {len(data)} bytes: {path}"


def seconds_of(name: str, data: bytes) -> float:
    """CPU seconds of this thread that an input takes: the least of several tries."""
    return min(_seconds(name, data) for _ in range(TRIES))


def _seconds(name: str, data: bytes) -> float:
    gc.collect()
    before = time.thread_time()
    with contextlib.suppress(Exception):  # it is told as a crash
        TARGETS[name].run(data)
    return time.thread_time() - before


def memory_of(name: str, data: bytes) -> float:
    """The most bytes of Python objects that there are at once while an input is worked on."""
    tracemalloc.start()
    try:
        with contextlib.suppress(Exception):
            TARGETS[name].run(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _last_line(log: Path) -> str:
    """How many inputs were tried and how much code they reached."""
    lines = log.read_text(errors="replace").splitlines()
    return next((line for line in reversed(lines) if "DONE" in line), "ended early: see its log")


if __name__ == "__main__":
    sys.exit(main())
