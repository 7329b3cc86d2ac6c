"""A fresh copy of the repository, and somebody who reads the pages in it."""

import os
import shutil
from collections.abc import Iterator

import pytest

from local.services.ports import is_free
from tests.pages.reader import Reader
from tests.pages.shell import Copy
from tests.support import ROOT

# Above the ports of single functions that tests start, below those of tests/e2e.
OFFSETS = tuple(range(17_200, 19_800, 200))
FIRST_PORT, LAST_PORT = 3_000, 3_100  # as stack.yml and the sandbox have them
PASSABLE = 0o711  # PostgreSQL runs as a user of its own under root, and must reach its data


def free_offset() -> int:
    """One that nobody uses now: other copies may run their tests beside this one."""
    begin = os.getpid() % len(OFFSETS)
    for offset in [*OFFSETS[begin:], *OFFSETS[:begin]]:
        if all(is_free(port + offset) for port in range(FIRST_PORT, LAST_PORT + 1)):
            return offset
    pytest.fail("there is no room for the ports of a copy")


@pytest.fixture(scope="session")
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """In a folder of its own; nothing of it is left, but for all of it when a test failed."""
    home = ROOT / ".local" / f"pages-{os.getpid()}"
    folder = home / "parley"
    folder.mkdir(parents=True)
    home.chmod(PASSABLE)
    reader = Reader(Copy(folder), {"PORT_OFFSET": str(free_offset())})
    yield reader
    reader.types("faas-local down")
    if not request.session.testsfailed:
        shutil.rmtree(home)
