"""Settings: environment first, then mounted secrets; everything wrong said at once."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from shared.runtime.errors import SettingsError
from shared.runtime.settings import Settings


class Example(Settings):
    database_url: SecretStr
    partitions: int = Field(8, ge=1)
    key: SecretStr = Field(min_length=10)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "PARTITIONS", "KEY", "DATABASE_URL_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_a_secret_file_gives_the_value_without_its_newline(folder: Path) -> None:
    (folder / "database-url").write_text("postgresql://u:p@h/d\n")
    (folder / "key").write_text("0123456789")
    assert Example.load().database_url.get_secret_value() == "postgresql://u:p@h/d"


def test_a_folder_holding_one_file_is_read_as_knative_mounts_it(folder: Path) -> None:
    (folder / "key").mkdir()
    (folder / "key" / "value").write_text("0123456789")
    (folder / "database-url").write_text("x")
    assert Example.load().key.get_secret_value() == "0123456789"


def test_the_environment_goes_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "database-url").write_text("file")
    (folder / "key").write_text("0123456789")
    monkeypatch.setenv("DATABASE_URL", "variable")
    assert Example.load().database_url.get_secret_value() == "variable"


def test_a_secret_can_go_by_another_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "database-url-state").write_text("named")
    (folder / "key").write_text("0123456789")
    monkeypatch.setenv("DATABASE_URL_SECRET", "database-url-state")
    assert Example.load().database_url.get_secret_value() == "named"


def test_an_empty_variable_counts_as_absent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "database-url").write_text("x")
    (folder / "key").write_text("0123456789")
    monkeypatch.setenv("PARTITIONS", "")
    assert Example.load().partitions == 8


def test_all_faults_are_said_at_once_and_no_value_is_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "key").write_text("hunter2")
    monkeypatch.setenv("PARTITIONS", "swordfish")
    with pytest.raises(SettingsError) as caught:
        Example.load()
    words = caught.value.detail
    assert "DATABASE_URL: missing" in words
    assert "PARTITIONS:" in words
    assert "KEY:" in words
    assert "hunter2" not in words
    assert "swordfish" not in words


def test_a_secret_does_not_show_itself(folder: Path) -> None:
    (folder / "database-url").write_text("postgresql://u:p@h/d")
    (folder / "key").write_text("0123456789")
    assert "0123456789" not in repr(Example.load())
