"""Servers in Docker, held to compose.yaml with a stand-in for the docker program."""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from local.faas.compose import Compose
from local.faas.errors import FaasError
from tests.local.faas.conftest import file_mode

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
DOCKER = """#!/bin/sh
echo "$@" >> "$0.calls"
test "$*" != "compose version" || exit {version}
exit {code}
"""


@pytest.fixture
def compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compose:
    """Beside a copy of compose.yaml, with a docker that takes every command."""
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    put_docker(tmp_path / "bin", monkeypatch, code=0)
    return Compose(tmp_path, tmp_path / ".local")


def put_docker(folder: Path, monkeypatch: pytest.MonkeyPatch, code: int, version: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "docker").write_text(DOCKER.format(code=code, version=version))
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")


def calls(compose: Compose) -> list[str]:
    return (compose.folder / "bin" / "docker.calls").read_text().splitlines()


def test_up_waits_for_health_and_down_keeps_the_data(compose: Compose) -> None:
    compose.up()
    compose.down()
    prefix = f"compose --env-file {compose.variables_file}"
    made = [call for call in calls(compose) if call != "compose version"]
    assert made == [f"{prefix} up --detach --wait", f"{prefix} down"]


def test_every_password_that_compose_asks_for_is_made_once_and_kept_private(
    compose: Compose,
) -> None:
    compose.up()
    text = compose.variables_file.read_text()
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text()))
    assert {line.split("=")[0] for line in text.splitlines()} == asked
    assert file_mode(compose.variables_file) == 0o600
    compose.up()
    assert compose.variables_file.read_text() == text


def test_the_addresses_are_the_ports_that_compose_opens(compose: Compose) -> None:
    found = compose.up()
    opened = {
        name: [int(re.findall(r":-(\d+)\}", port)[0]) for port in service["ports"]]
        for name, service in COMPOSE.items()
    }
    assert urlsplit(found.database_owner_url).port == opened["postgres"][0]
    assert {urlsplit(url).port for url in found.database_urls.values()} == {opened["postgres"][0]}
    assert urlsplit(found.redis_url).port == opened["redis"][0]
    assert urlsplit(found.amqp_url).port == opened["rabbitmq"][0]
    assert urlsplit(found.rabbitmq_prometheus_url).port == opened["rabbitmq"][1]
    assert urlsplit(found.s3_endpoint_url).port == opened["minio"][0]


def test_users_are_those_that_compose_makes(compose: Compose) -> None:
    found = compose.up()
    postgres, rabbitmq = COMPOSE["postgres"]["environment"], COMPOSE["rabbitmq"]["environment"]
    owner = urlsplit(found.database_owner_url)
    assert (owner.username, owner.path) == (
        postgres["POSTGRES_USER"],
        f"/{postgres['POSTGRES_DB']}",
    )
    assert urlsplit(found.amqp_url).username == rabbitmq["RABBITMQ_DEFAULT_USER"]
    assert found.s3_access_key == COMPOSE["minio"]["environment"]["MINIO_ROOT_USER"]
    assert len(urlsplit(found.database_urls["tenancy"]).password or "") == 32


def test_a_port_can_be_moved_as_in_compose(
    compose: Compose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_REDIS_PORT", "7777")
    assert urlsplit(compose.up().redis_url).port == 7777


def test_down_without_an_up_asks_docker_nothing(compose: Compose) -> None:
    compose.down()
    assert not (compose.folder / "bin" / "docker.calls").exists()


def test_a_docker_that_fails_is_said(compose: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    put_docker(compose.folder / "bin", monkeypatch, code=17)
    with pytest.raises(FaasError, match="docker compose up ended with 17"):
        compose.up()


def test_a_docker_without_compose_is_said(
    compose: Compose, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_docker(compose.folder / "bin", monkeypatch, code=125, version=1)
    with pytest.raises(FaasError, match=r"no compose: install its plugin.*--services local"):
        compose.up()
    assert calls(compose) == ["compose version"]


def test_without_docker_the_other_way_is_named(
    compose: Compose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(compose.root))
    with pytest.raises(FaasError, match="--services local"):
        compose.up()


def test_without_a_compose_file_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaasError, match=r"no .*compose\.yaml"):
        Compose(tmp_path, tmp_path / ".local").up()
