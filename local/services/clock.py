"""The clock that `make test-clock` has moved: whoever starts a process hands it on to that.

libfaketime works by variables of a process's environment, and most of ours get an environment of
their own. Without these a part of a run would live on another day than the rest.
"""

import os

# The README of https://github.com/wolfcw/libfaketime names them.
_VARIABLES = (
    "LD_PRELOAD",
    "FAKETIME",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "NO_FAKE_STAT",
)


def moved() -> dict[str, str]:
    """The variables that move a child's clock as ours is moved; none on a usual day."""
    if "FAKETIME" not in os.environ:
        return {}
    return {name: os.environ[name] for name in _VARIABLES if name in os.environ}
