"""A fresh copy of the repository, and somebody who reads the pages in it."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.pages.reader import Reader
from tests.pages.shell import Copy
from tests.ports import free_offset
from tests.support import ROOT

PASSABLE = 0o711  # PostgreSQL runs as a user of its own under root, and must reach its data


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
