"""`python -m tests.security.fuzz --minutes 10`: the fuzz of both webhooks for as long as one likes.

The test of the same name does it; `--seed` repeats what another run did.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import pytest


def main() -> int:
    """Entry of the command; answers pytest's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="(the time)")
    given = parser.parse_args()
    os.environ["FUZZ_SECONDS"] = str(given.minutes * 60)
    os.environ["FUZZ_SEED"] = str(given.seed)
    sys.stdout.write(f"fuzzing for {given.minutes:g} minutes, seed {given.seed}\n")
    return int(pytest.main(["tests/security/test_fuzz.py", "-q", "-s", "-p", "no:cacheprovider"]))


if __name__ == "__main__":
    sys.exit(main())
