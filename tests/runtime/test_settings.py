"""Settings: environment first, then mounted secrets; everything wrong said at once."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from local.services import clock
from shared.runtime.errors import SettingsError
from shared.runtime.settings import Settings
from tests.programs import run
from tests.support import ROOT


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


def test_a_secret_that_can_not_be_read_is_said_with_all_else(folder: Path) -> None:
    """No traceback, and nothing of what is in the file."""
    (folder / "key").write_bytes(b"hunter2 \xff\xfe and so on")
    (folder / "partitions").symlink_to("/proc/self/mem")  # reading its first byte is an error
    with pytest.raises(SettingsError) as caught:
        Example.load()
    words = caught.value.detail
    assert f"KEY: the secret file {folder / 'key'} can not be read: it is not UTF-8 text" in words
    assert "PARTITIONS: the secret file" in words
    assert "Input/output error" in words
    assert "DATABASE_URL: missing" in words
    assert words.count("KEY:") == 1
    assert "hunter2" not in words


def test_a_file_that_can_not_be_read_does_not_matter_behind_a_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "key").write_bytes(b"\xff")
    (folder / "database-url").write_text("x")
    monkeypatch.setenv("KEY", "0123456789")
    assert Example.load().key.get_secret_value() == "0123456789"


def test_an_unknown_log_level_is_a_fault_of_the_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "key").write_text("0123456789")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError) as caught:
        Example.load()
    assert "LOG_LEVEL: is none of DEBUG, INFO, WARNING, ERROR" in caught.value.detail
    assert "DATABASE_URL: missing" in caught.value.detail
    (folder / "database-url").write_text("x")
    for level in ("", "debug", "WARNING"):
        monkeypatch.setenv("LOG_LEVEL", level)
        assert Example.load().partitions == 8


def every_process() -> list[list[str]]:
    functions = sorted((ROOT / "functions").glob("*/handler.py"))
    serve = ["shared.runtime.serve", "--source"]
    return [["connector"], *([*serve, str(path)] for path in functions)]


@pytest.mark.parametrize("words", every_process(), ids=lambda words: Path(words[-1]).parent.name)
def test_every_process_ends_with_78_and_words(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "service-token-key").write_bytes(b"\xff")
    environment = {
        "PATH": "/usr/bin:/bin",
        "LOG_LEVEL": "LOUD",
        "SECRETS_DIR": str(tmp_path),
        **clock.moved(),
    }
    done = run(*words, environment=environment)
    assert done.returncode == 78
    assert "LOG_LEVEL: is none of" in done.stderr
    assert "SERVICE_TOKEN_KEY: the secret file" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
