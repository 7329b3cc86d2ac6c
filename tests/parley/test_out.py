"""What is secret goes to a file for its owner alone, and is neither printed nor overwritten."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.services.key_marks import KEY
from shared.tenancy.vault import KeyRing
from tests.parley.conftest import Parley
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served

Settings = dict[str, str]


@pytest.fixture(autouse=True)
def _careless() -> Iterator[None]:
    """A umask that would let everybody read."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "secret"


@pytest.fixture
def ring(parley: Parley, tmp_path: Path) -> Path:
    path = tmp_path / "ring"
    assert parley("keys", "new", "key-ring", "--out", path).code == 0
    return path


@pytest.fixture
def slug(tenancy: Served) -> str:
    file = tenant_file()
    assert tenancy.call("PUT", f"/tenancy/tenants/{file['tenant']}", file).status_code == 200
    return str(file["tenant"])


def private(path: Path) -> str:
    """What a file holds that its owner alone can read, with nothing beside it."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    return path.read_text(encoding="utf-8")


def test_a_key_of_the_service_is_written_and_not_printed(parley: Parley, file: Path) -> None:
    said = parley("keys", "new", "service-token-key", "--out", file)
    key = private(file).strip()
    assert (said.code, said.out, len(key) >= 32) == (0, "", True)
    assert key not in said.err
    assert str(file) in said.err


def test_rings_are_written_and_not_printed(parley: Parley, ring: Path, file: Path) -> None:
    said = parley("keys", "new", "key-ring", "--id", "k2", "--add-to", ring, "--out", file)
    assert (said.code, said.out) == (0, "")
    assert KeyRing.parse(private(file)).current == "k2"
    second = file.parent / "second"
    assert parley("keys", "ring", file, "--use", "k1", "--out", second).out == ""
    file.unlink()
    assert KeyRing.parse(private(second)).current == "k1"


def test_an_api_key_is_written_and_not_printed(
    parley: Parley, to_tenancy: Settings, slug: str, file: Path
) -> None:
    of = ("--tenant", slug, "--name", "crm")
    said = parley("keys", "create", *of, "--out", file, **to_tenancy)
    key = private(file).strip()
    assert (said.code, said.out, bool(KEY.fullmatch(key))) == (0, "", True)
    assert key not in said.err


def test_a_file_that_is_there_is_kept_and_nothing_is_made(
    parley: Parley, to_tenancy: Settings, slug: str, file: Path
) -> None:
    file.write_text("the only copy")
    of = ("--tenant", slug, "--name", "crm")
    said = parley("keys", "create", *of, "--out", file, **to_tenancy)
    assert (said.code, file.read_text()) == (2, "the only copy")
    assert "is there already" in said.err
    listed = parley("keys", "list", "--tenant", slug, "-o", "json", **to_tenancy)
    assert json.loads(listed.out)["items"] == []


def test_a_folder_that_is_not_there_is_said_before_anything_is_made(
    parley: Parley, to_tenancy: Settings, slug: str, file: Path
) -> None:
    of = ("--tenant", slug, "--name", "crm")
    said = parley("keys", "create", *of, "--out", file / "x", **to_tenancy)
    assert (said.code, "can not be written: No such file" in said.err) == (2, True)
    listed = parley("keys", "list", "--tenant", slug, "-o", "json", **to_tenancy)
    assert json.loads(listed.out)["items"] == []


def test_a_command_that_fails_leaves_no_file(
    parley: Parley, to_tenancy: Settings, tenancy: Served, file: Path
) -> None:
    assert tenancy.url
    of = ("--tenant", "nobody", "--name", "crm")
    assert parley("keys", "create", *of, "--out", file, **to_tenancy).code == 1
    assert list(file.parent.iterdir()) == []
