"""Where settings come from: a file that is named, the local one, and never two installations."""

from pathlib import Path

import pytest

from local.services import Endpoints
from parley.command import build_parser
from shared.command.parser import walk
from tests.doors.conftest import buckets, object_settings, s3_of
from tests.parley.conftest import Parley

__all__ = ["buckets", "object_settings"]

SAID = "parley: settings from .local/env\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder in which `faas-local up` was typed."""
    secrets = tmp_path / ".local" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "service-token-key").write_text("k" * 40, encoding="utf-8")
    env = tmp_path / ".local" / "env"
    env.write_text(
        f"export SECRETS_DIR={secrets}\nexport TENANCY_URL=http://127.0.0.1:9\n", encoding="utf-8"
    )
    return tmp_path


def test_the_local_file_is_found_and_named_once(parley: Parley, copy: Path) -> None:
    told = parley("tenants", "list", folder=copy, SECRETS_DIR="")
    assert told.code == 3, told.err
    assert told.err.startswith(SAID)
    assert told.err.count(SAID) == 1
    assert "does not answer at http://127.0.0.1:9" in told.err


def test_a_secret_beside_the_local_file_is_from_there_too(parley: Parley, copy: Path) -> None:
    told = parley("tenants", "list", folder=copy, SECRETS_DIR="", TENANCY_URL="http://127.0.0.1:9")
    assert told.err.startswith(SAID)
    assert "does not answer at http://127.0.0.1:9" in told.err


def test_a_command_without_settings_does_not_speak_of_the_file(parley: Parley, copy: Path) -> None:
    told = parley("keys", "new", "service-token-key", folder=copy, SECRETS_DIR="")
    assert told.code == 0
    assert ".local/env" not in told.err


def test_nothing_of_the_local_file_joins_another_installation(parley: Parley, copy: Path) -> None:
    told = parley("tenants", "list", folder=copy, SECRETS_DIR="", TENANCY_URL="http://other")
    assert told.code == 2
    assert "SERVICE_TOKEN_KEY is not set" in told.err
    assert "the environment has another TENANCY_URL; --env-file .local/env uses it" in told.err
    doctor = parley("doctor", folder=copy, SECRETS_DIR="", TENANCY_URL="http://other")
    assert "--env-file .local/env uses it" in doctor.out


@pytest.mark.parametrize("text", ["nonsense", "A='open"])
def test_a_local_file_that_is_none_is_said_where_a_setting_is_missing(
    parley: Parley, copy: Path, text: str
) -> None:
    (copy / ".local" / "env").write_text(text, encoding="utf-8")
    assert parley("keys", "new", "key-ring", folder=copy).code == 0
    told = parley("tenants", "list", folder=copy)
    assert told.code == 2
    assert "not used: .local/env: line 1 is not NAME=value" in told.err


def test_a_file_that_is_named_stands_before_the_local_one(parley: Parley, copy: Path) -> None:
    other = copy / "other"
    other.write_text("TENANCY_URL=http://127.0.0.1:7", encoding="utf-8")
    told = parley("tenants", "list", "--env-file", other, folder=copy, SERVICE_TOKEN_KEY="k" * 40)
    assert "does not answer at http://127.0.0.1:7" in told.err
    assert SAID not in told.err


@pytest.mark.parametrize("place", range(4))
def test_the_file_may_be_named_anywhere_on_the_line(parley: Parley, copy: Path, place: int) -> None:
    words: list[str | Path] = ["tenants", "show", "acme-bank"]
    words[place:place] = ["--env-file", copy / ".local" / "env"]
    told = parley(*words, SECRETS_DIR="")
    assert told.code == 3, told.err
    assert "does not answer at http://127.0.0.1:9" in told.err


def test_the_last_file_that_is_named_counts(parley: Parley, copy: Path) -> None:
    env = copy / ".local" / "env"
    told = parley("--env-file", copy / "none", "tenants", "--env-file", env, "list", SECRETS_DIR="")
    assert "does not answer at http://127.0.0.1:9" in told.err


def test_every_command_takes_the_general_options() -> None:
    lacking = [
        command.prog
        for command in walk(build_parser())
        if "--env-file" not in command.format_help()
    ]
    assert lacking == []


@pytest.mark.usefixtures("buckets")
@pytest.mark.parametrize(
    "command", [("retention", "--dry-run"), ("erase", "--tenant", "none", "--phone", "+4915112345")]
)
def test_the_owners_address_may_be_database_url_as_for_migrate(
    parley: Parley, migrated: Endpoints, copy: Path, command: tuple[str, ...]
) -> None:
    """As `faas-local up` writes it: erase and retention work as the pages print them."""
    variables = {
        "DATABASE_URL": migrated.database_owner_url,
        "DATABASE_URL_CONNECTOR": migrated.database_url("connector"),
        "AMQP_URL": migrated.amqp_url,
        "REDIS_URL": migrated.redis_url,
        **s3_of(migrated, migrated.s3_endpoint_url),
    }
    lines = [f"export {name}='{value}'\n" for name, value in variables.items()]
    with (copy / ".local" / "env").open("a", encoding="utf-8") as env:
        env.writelines(lines)
    told = parley(*command, folder=copy, SECRETS_DIR="")
    if command[0] == "retention":
        assert told.code == 0, told.err
        assert "nothing was changed" in told.out
    else:  # it comes as far as the tenant, which it asks the database for
        assert told.code == 1
        assert "there is no tenant 'none'" in told.err
