"""The real servers that integration tests stand on: private, started once a run, gone after it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pg8000.native
import pytest

from local.services import Endpoints, Services
from migrations.run import upgrade
from shared.storage.database_url import DatabaseUrl
from tests.migrations.asking import ask
from tests.waits import WAIT_S

# A lock that libfaketime shares with the children of a process; one that is killed may hold it.
os.environ.pop("FAKETIME_SHARED", None)

ROOT = Path(__file__).resolve().parents[1]


def _quiet(_: str) -> None:
    """Progress is for people at a terminal; pytest shows the error with its log's tail."""


def _without_fsync(owner_url: str) -> None:
    """No test pulls the machine's plug, and a killed server loses nothing without it either."""
    url = DatabaseUrl.parse(owner_url)
    connection = pg8000.native.Connection(**url.connect_options(timeout=WAIT_S))
    try:
        connection.run("alter system set fsync = off")
        connection.run("select pg_reload_conf()")
    finally:
        connection.close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Services]:
    """The running PostgreSQL, Redis, RabbitMQ and S3, to stop and start one of them."""
    root = ROOT / ".local" / f"test-{os.getpid()}"
    running = Services(root, report=_quiet)
    _without_fsync(running.up().database_owner_url)
    yield running
    running.down()
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def services(servers: Services) -> Endpoints:
    """Where the servers are."""
    return servers.up()


@pytest.fixture(scope="session")
def migrated(services: Endpoints) -> Endpoints:
    """The same, with the schema at its newest revision.

    Redis may take its time: on a busy machine a slow answer is no outage, and a test that wants
    one makes it.
    """
    upgrade(services.database_owner_url, report=_quiet)
    return replace(services, redis_url=f"{services.redis_url}?socket_timeout=30")


@pytest.fixture
def no_platform_app(migrated: Endpoints) -> Iterator[None]:
    """What this test makes the platform's app is sealed with its own key: nobody else's to open."""
    yield
    ask(migrated.database_owner_url, "delete from meta_apps where name = 'platform'")
