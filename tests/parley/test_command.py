"""Help, exit codes, keys and the schema."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from local.services import Endpoints
from local.services import Services as Servers
from shared.tenancy.vault import KeyRing
from tests.command.test_ending import BOTH, run
from tests.parley.conftest import Parley
from tests.parley.test_tenants import written
from tests.support import ROOT
from tests.tenancy.declared import tenant_file


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], "exit codes:"),
        (["tenants", "apply", "--help"], "a tenants file is YAML"),
        (["keys", "new", "--help"], "--add-to"),
        (["doctor", "--help"], "two seconds"),
    ],
)
def test_help_is_complete(parley: Parley, arguments: list[str], words: str) -> None:
    told = parley(*arguments)
    assert told.code == 0
    assert words in told.out


@pytest.mark.parametrize("arguments", [[], ["tenants"], ["fly"], ["tenants", "apply"]])
def test_wrong_usage_is_2(parley: Parley, arguments: list[str]) -> None:
    assert parley(*arguments).code == 2


@pytest.mark.parametrize("text", ["this is not an assignment", "A=b c", "A='open"])
def test_a_file_of_variables_that_is_none(parley: Parley, tmp_path: Path, text: str) -> None:
    path = tmp_path / "env"
    path.write_text(f"# a comment\n\n{text}\n", encoding="utf-8")
    told = parley("--env-file", path, "doctor")
    assert told.code == 2
    assert "line 3 is not NAME=value" in told.err


def test_a_file_of_variables_that_is_not_there(parley: Parley, tmp_path: Path) -> None:
    told = parley("--env-file", tmp_path / "none", "doctor")
    assert told.code == 2
    assert "--env-file" in told.err


def test_keys_new_prints_keys_that_work(parley: Parley, tmp_path: Path) -> None:
    first = parley("keys", "new", "key-ring")
    assert first.code == 0
    assert KeyRing.parse(first.out).current == "k1"
    assert "KEY_RING" in first.err
    path = tmp_path / "ring"
    path.write_text(first.out, encoding="utf-8")
    second = KeyRing.parse(parley("keys", "new", "key-ring", "--id", "k2", "--add-to", path).out)
    assert second.current == "k2"
    assert second.keys["k1"] == KeyRing.parse(first.out).keys["k1"]
    assert parley("keys", "new", "key-ring", "--add-to", path).code == 2
    assert len(parley("keys", "new", "service-token-key").out.strip()) >= 32


def test_migrate_makes_the_schema_and_says_so_again(parley: Parley, servers: Servers) -> None:
    empty: Endpoints = servers.reset_database("parley_migrate_test")
    first = parley("migrate", DATABASE_OWNER_URL=empty.database_owner_url)
    assert first.code == 0, first.err
    assert "schema empty ->" in first.out
    second = parley("migrate", DATABASE_URL=empty.database_owner_url)
    assert second.code == 0
    assert "schema at" in second.out
    assert "with DATABASE_URL from environment" in second.out


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://a:SECRET@127.0.0.1:9/b", 3),
        ("nonsense SECRET", 2),
        ("", 2),
    ],
)
def test_migrate_without_a_database_names_the_setting(parley: Parley, url: str, code: int) -> None:
    told = parley("migrate", DATABASE_OWNER_URL=url)
    assert told.code == code
    assert "DATABASE" in told.err or "database URL" in told.err
    assert "SECRET" not in told.out + told.err


def test_migrate_with_a_wrong_password_says_the_servers_words(
    parley: Parley, migrated: Endpoints
) -> None:
    url = migrated.database_url("tenancy")
    told = parley("migrate", DATABASE_OWNER_URL=url.replace("parley_tenancy:", "parley_owner:"))
    assert told.code == 3
    assert "nothing was changed: check DATABASE_OWNER_URL" in told.err


def test_buckets_are_made_once(parley: Parley, services: Endpoints) -> None:
    settings = {
        "S3_ENDPOINT_URL": services.s3_endpoint_url,
        "S3_ACCESS_KEY": services.s3_access_key,
        "S3_SECRET_KEY": services.s3_secret_key,
    }
    assert parley("buckets", **settings).code == 0
    again = parley("buckets", **settings)
    assert "all buckets were there" in again.out
    wrong = parley("buckets", **{**settings, "S3_SECRET_KEY": "not-the-secret"})
    assert wrong.code == 3
    assert "S3_SECRET_KEY" in wrong.err
    assert "not-the-secret" not in wrong.err + wrong.out


def test_what_changes_something_goes_on_to_its_end(
    parley: Parley, to_tenancy: dict[str, str], tmp_path: Path
) -> None:
    """`parley tenants apply FILE | head -1` makes all tenants of the file."""
    tenants = [tenant_file(), tenant_file()]
    path = written(tmp_path, *tenants)
    line = f"parley tenants apply {path}"
    assert run(line, tmp_path, BOTH, PYTHONUNBUFFERED="1", **to_tenancy) == (0, "")
    told = parley("tenants", "list", **to_tenancy)
    assert all(one["tenant"] in told.out for one in tenants)


def test_the_version_is_the_projects(parley: Parley) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for words in ((), ("dlq", "list")):
        assert parley(*words, "--version").out == f"parley {project['version']}\n"


def test_completion_is_a_script_that_the_shell_takes(parley: Parley, tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(parley("completion", "bash").out, encoding="utf-8")
    asked = (
        f". {script}; COMP_WORDS=(parley tenants ''); COMP_CWORD=2; _shtab_parley; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    told = subprocess.run(
        ["/bin/bash", "--norc", "-c", asked], capture_output=True, text=True, check=True
    )
    assert {"apply", "list", "show", "check", "audit"} <= set(told.stdout.split())
    assert parley("completion", "zsh").out.startswith("#compdef parley")
    assert parley("completion", "fish").code == 2


@pytest.mark.parametrize("words", [("keys", "new", "key-ring"), ("doctor",), ("tenants", "list")])
def test_an_unknown_log_level_is_said(parley: Parley, words: tuple[str, ...]) -> None:
    told = parley(*words, LOG_LEVEL="LOUD")
    assert told.code == 2
    assert told.err == "parley: LOG_LEVEL: is none of DEBUG, INFO, WARNING, ERROR\n"
    assert parley("--help", LOG_LEVEL="LOUD").code == 0


def test_a_secret_that_can_not_be_read_is_said(parley: Parley, tmp_path: Path) -> None:
    (tmp_path / "service-token-key").write_bytes(b"\xff")
    settings = {"SECRETS_DIR": str(tmp_path), "TENANCY_URL": "http://127.0.0.1:9"}
    told = parley("tenants", "list", **settings)
    assert told.code == 2
    assert "service-token-key can not be read: it is not UTF-8 text" in told.err
    doctor = parley("doctor", **settings)
    assert doctor.code == 1
    assert "service-token-key can not be read" in doctor.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("erase", "--tenant", "a", "--phone", "abc"), "no international number"),
        (("erase", "--tenant", "a", "--user-id", "abc"), "no user id of WhatsApp's"),
        (("erase", "--tenant", "a", "--phone", "1", "--settle", "x"), "no number of seconds"),
        (("keys", "revoke", "--tenant", "a", "crm-nightly"), "`parley keys list` has the id"),
        (("keys", "create", "--platform", "--name", "a b"), "name: is no name: up to 63"),
        (("keys", "new", "key-ring", "--id", "a key"), "is no name of a key"),
        (("retention", "--messages-days", "0"), "no whole number of 1 or more"),
        (("tenants", "audit", "--limit", "-1"), "no whole number of 1 or more"),
        (("dlq", "replay"), "Nobody is here to answer: give --yes, or name some"),
    ],
)
def test_what_was_typed_wrong_is_2(parley: Parley, words: tuple[str, ...], said: str) -> None:
    settings = {"TENANCY_URL": "http://127.0.0.1:9", "SERVICE_TOKEN_KEY": "k" * 40}
    told = parley(*words, **settings)
    assert told.code == 2, told
    assert said in told.err
