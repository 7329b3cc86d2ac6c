"""A root of its own for each test; whatever was started under it is stopped afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.services import Services


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def said() -> list[str]:
    """The lines that the services reported."""
    return []


@pytest.fixture
def own(root: Path, said: list[str]) -> Iterator[Services]:
    """Servers of this test alone, none of them started yet."""
    own = Services(root, report=said.append)
    yield own
    own.down()
