"""What a person exports reaches every process that reads it; what `up` starts it names itself."""

from pathlib import Path

import pytest

from local.faas import environment, stack
from local.faas.environment import ADDED, OPEN, steering
from local.faas.layout import Layout
from local.faas.planning import CONNECTOR_VARIABLES, Planner
from local.settings_page import Stack
from tests.local.faas.conftest import MakeRoom

ROOT = Path(__file__).resolve().parents[3]
LAYOUT = Layout(ROOT / ".local" / "planned")
DECLARED = stack.load(ROOT / "stack.yml", {})
SERVERS = {
    name: f"up-chose-{name}"
    for name in ("S3_ENDPOINT_URL", "S3_PUBLIC_URL", "S3_REGION", "REDIS_URL", "AMQP_URL")
}
CHOSEN = environment.chosen(LAYOUT, DECLARED.functions, 0, with_sandbox=True, servers=SERVERS)
STEERED = Stack((ROOT / "stack.yml").read_text()).variables()
THEIRS = sorted({*STEERED, *CONNECTOR_VARIABLES} - (set(CHOSEN) - {*OPEN, *ADDED}))


def seen(
    exported: dict[str, str], sourced: dict[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """Each process's environment, as `up` with its sandbox would start it."""
    variables = steering(exported, CHOSEN, sourced or {}).variables
    declared = stack.load(ROOT / "stack.yml", variables)
    planned = Planner(LAYOUT, declared, 0, variables).processes(with_sandbox=True)
    return {process.name: dict(process.environment) for process in planned}


@pytest.mark.parametrize("name", THEIRS)
def test_an_exported_variable_reaches_whoever_reads_it(name: str) -> None:
    told = seen({name: "my-own"})
    readers = {*(STEERED[name][1] if name in STEERED else ())}
    readers |= {"connector"} if name in CONNECTOR_VARIABLES else set()
    assert readers
    assert {told[reader][name].split(",")[0] for reader in readers} == {"my-own"}


@pytest.mark.parametrize("name", sorted(set(CHOSEN) - {*OPEN, *ADDED}))
def test_an_address_of_what_up_starts_stays_and_is_said(name: str) -> None:
    laid = steering({name: "my-own"}, CHOSEN, {})
    assert laid.variables[name] == CHOSEN[name]
    assert laid.unused == (name,)


@pytest.mark.parametrize("name", ADDED)
def test_places_of_ones_own_stand_beside_that_of_the_sandbox(name: str) -> None:
    laid = steering({name: "files.example.com, 127.0.0.1:3100"}, CHOSEN, {})
    assert laid.variables[name] == "files.example.com,127.0.0.1:3100"
    assert laid.unused == ()


@pytest.mark.parametrize("name", [*OPEN, "STATE_URL", "REDIS_URL"])
def test_what_another_copys_env_file_set_is_nobodys_own(name: str, tmp_path: Path) -> None:
    other = {**CHOSEN, name: "of-another-copy", "SECRETS_DIR": str(tmp_path / "secrets")}
    environment.write(tmp_path / "env", other)
    laid = steering(other, CHOSEN, environment.sourced(other))
    assert laid.variables[name] == CHOSEN[name]
    assert laid.unused == ()


def test_ones_own_holds_at_the_second_up_too(tmp_path: Path) -> None:
    own = {"S3_PUBLIC_URL": "https://files.example.com"}
    environment.write(tmp_path / "env", steering(own, CHOSEN, {}).kept)
    shell = {**environment.read(tmp_path / "env"), **own, "SECRETS_DIR": str(tmp_path / "secrets")}
    again = steering(shell, CHOSEN, environment.sourced(shell))
    assert again.variables["S3_PUBLIC_URL"] == own["S3_PUBLIC_URL"]


def test_an_empty_variable_counts_as_absent() -> None:
    assert (
        steering({"S3_PUBLIC_URL": ""}, CHOSEN, {}).variables["S3_PUBLIC_URL"]
        == (CHOSEN["S3_PUBLIC_URL"])
    )


def test_up_hands_on_what_is_exported_and_says_what_it_does_not_use(make_room: MakeRoom) -> None:
    room = make_room("one")
    up = room.up(GREETING="good day", ONE_URL="http://elsewhere")
    assert up.returncode == 0, up.stdout + up.stderr
    told = room.get("one")["environment"]
    assert told["GREETING"] == "good day"
    assert told["ONE_URL"] == f"http://127.0.0.1:{room.ports['one']}"
    assert "not used, up starts its own: ONE_URL" in up.stdout
