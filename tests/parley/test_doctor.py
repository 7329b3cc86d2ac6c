"""`parley doctor`: it says what is wrong and which setting to change, soon, without secrets."""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from local.services import Endpoints
from parley.doctor import LIMIT_S, ask_all
from parley.doctor_checks import Check
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import ensure_buckets
from tests.parley.conftest import Parley, Said
from tests.ports import free_port
from tests.storage.redis_server import redis_server
from tests.support import frozen_server
from tests.tenancy.serving import served
from tests.waits import WAIT_S

Settings = dict[str, str]


@pytest.fixture(autouse=True)
def buckets(migrated: Endpoints) -> None:
    settings = {
        name: getattr(migrated, name)
        for name in ("s3_endpoint_url", "s3_access_key", "s3_secret_key", "s3_region")
    }
    ensure_buckets(ObjectSettings.model_validate(settings))


def line(said: Said, check: str) -> str:
    """The line of a check."""
    lines = said.out.split("\nchecks\n")[1].splitlines()
    return next(one for one in lines if one[8:].startswith(f"{check} "))


def test_all_is_well(parley: Parley, everything: Settings) -> None:
    told = parley("doctor", **everything)
    assert told.code == 0, told.out
    assert "WRONG" not in told.out
    assert "are well" in told.out
    for name in ("KEY_RING", "SERVICE_TOKEN_KEY", "S3_SECRET_KEY"):
        assert everything[name] not in told.out
    for name in ("DATABASE_OWNER_URL", "AMQP_URL"):
        assert everything[name].split("@")[0] not in told.out


def test_redis_stopped_or_frozen_is_said(
    parley: Parley, everything: Settings, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as redis:
        everything["REDIS_URL"] = redis.url
        redis.freeze()
        frozen = parley("doctor", **everything)
        redis.stop()
    stopped = parley("doctor", **everything)
    for told in (frozen, stopped):
        assert told.code == 1
        assert line(told, "redis").startswith("  WRONG")
        assert "change REDIS_URL (from environment)" in line(told, "redis")
        assert f"127.0.0.1:{redis.port}" in line(told, "redis")
        assert "1 of " in told.out


def test_it_ends_whatever_is_frozen(parley: Parley, everything: Settings) -> None:
    with frozen_server() as port:
        for name, value in everything.items():
            everything[name] = re.sub(r"(127\.0\.0\.1|localhost):\d+", rf"\1:{port}", value)
        told = parley("doctor", **everything)
    assert told.code == 1
    well = [one for one in told.out.split("\nchecks\n")[1].splitlines() if one[2:4] == "ok"]
    assert [one.split()[1:3] for one in well] == [["key", "ring"]]


def test_a_check_that_hangs_is_told_as_such_and_holds_no_other() -> None:
    over = threading.Event()

    def hangs() -> str:
        over.wait(WAIT_S)
        return "here after all"

    hung, well = ask_all([Check("hangs", hangs), Check("is well", lambda: "here")])
    over.set()
    assert (hung.well, f"no answer within {LIMIT_S:g} s" in hung.words) == (False, True)
    assert (well.well, well.words) == (True, "here")


@pytest.mark.parametrize(
    ("check", "setting", "value", "words"),
    [
        ("postgresql", "DATABASE_OWNER_URL", "postgresql://a:hidden@127.0.0.1:{port}/b", "change"),
        ("postgresql", "DATABASE_OWNER_URL", "mysql://a:hidden@localhost/b", "not of the form"),
        ("rabbitmq", "AMQP_URL", "amqp://a:hidden@127.0.0.1:{port}/", "change AMQP_URL"),
        ("s3", "S3_ENDPOINT_URL", "http://127.0.0.1:{port}", "change S3_ENDPOINT_URL"),
        ("s3", "S3_SECRET_KEY", "hidden", "S3_SECRET_KEY"),
        ("state", "STATE_URL", "http://127.0.0.1:{port}", "change STATE_URL"),
        ("key ring", "KEY_RING", "hidden", "KEY_RING is not JSON"),
        ("service token", "SERVICE_TOKEN_KEY", "hidden" * 7, "SERVICE_TOKEN_KEY is not"),
        ("graph api", "GRAPH_API_BASE_URL", "http://127.0.0.1:{port}", "GRAPH_API_BASE_URL"),
        ("redis", "REDIS_URL", "", "REDIS_URL is not set"),
        ("redis", "REDIS_URL", "what hidden", "change REDIS_URL"),
    ],
)
def test_what_is_wrong_is_said_with_its_setting(
    parley: Parley, everything: Settings, check: str, setting: str, value: str, words: str
) -> None:
    everything[setting] = value.format(port=free_port())
    told = parley("doctor", **everything)
    assert told.code == 1
    assert line(told, check).startswith("  WRONG")
    assert words in line(told, check)
    assert "hidden" not in told.out + told.err


def test_a_login_that_fails_is_said(
    parley: Parley, everything: Settings, migrated: Endpoints
) -> None:
    everything["DATABASE_URL_TENANCY"] = migrated.database_owner_url.replace("://", "://not_", 1)
    told = parley("doctor", **everything)
    assert "PostgreSQL refused" in line(told, "postgresql tenancy")
    assert "DATABASE_URL_TENANCY" in line(told, "postgresql tenancy")


@pytest.mark.parametrize(
    ("database", "words"),
    [(lambda: nullcontext(free_port()), "Unavailable"), (frozen_server, "no answer")],
    ids=["stopped", "frozen"],
)
def test_a_function_that_is_not_ready_says_why(
    parley: Parley,
    everything: Settings,
    tmp_path: Path,
    database: Callable[[], AbstractContextManager[int]],
    words: str,
) -> None:
    with database() as port:
        settings = {
            "DATABASE_URL": f"postgresql://a:b@127.0.0.1:{port}/c",
            "REDIS_URL": everything["REDIS_URL"],
            "KEY_RING": everything["KEY_RING"],
        }
        with served("tenancy", tmp_path, **settings) as sick:
            everything["STATE_URL"] = sick.url
            told = parley("doctor", **everything)
    assert f"answers 503, not ready: postgresql ({words})" in line(told, "state")


def test_something_else_at_a_functions_address_is_said(
    parley: Parley, everything: Settings
) -> None:
    everything["STATE_URL"] = everything["S3_ENDPOINT_URL"]
    told = parley("doctor", **everything)
    assert "not one of our functions: check STATE_URL" in line(told, "state")


def test_each_setting_is_named_with_its_source(
    parley: Parley, everything: Settings, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "key-ring").write_text(everything.pop("KEY_RING"), encoding="utf-8")
    tenancy = everything.pop("TENANCY_URL")
    variables = tmp_path / "env"
    variables.write_text(f"export TENANCY_URL={tenancy}\n", encoding="utf-8")
    everything["SECRETS_DIR"] = str(secrets)
    told = parley("--env-file", variables, "doctor", **everything)
    assert told.code == 0, told.out
    assert f"KEY_RING                 set  ({secrets / 'key-ring'})" in told.out
    assert f"TENANCY_URL              {tenancy}  ({variables})" in told.out
    assert "REDIS_URL                set  (environment)" in told.out
