"""Secrets, the sourceable environment and the state: private, whole, made once."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from local.faas import environment, secret_files
from local.faas.errors import FaasError
from local.faas.layout import Layout, write_private
from local.faas.processes import Identity
from local.faas.state import Entry, State
from tests.local.faas.conftest import file_mode


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / ".local")
    made.make()
    return made


def test_secrets_are_made_once_and_only_their_owner_can_read_them(layout: Layout) -> None:
    assert set(secret_files.generate(layout)) == set(secret_files.GENERATED)
    before = {path.name: path.read_text() for path in layout.secrets.iterdir()}
    assert secret_files.generate(layout) == []
    assert {path.name: path.read_text() for path in layout.secrets.iterdir()} == before
    assert {file_mode(path) for path in layout.secrets.iterdir()} == {0o600}
    assert file_mode(layout.secrets) == 0o700


def test_the_key_ring_holds_one_current_key_of_32_bytes(layout: Layout) -> None:
    secret_files.generate(layout)
    ring = json.loads((layout.secrets / "key-ring").read_text())
    assert len(base64.b64decode(ring["keys"][ring["current"]])) == 32


def test_a_secret_comes_from_its_variable_or_from_its_file(layout: Layout) -> None:
    write_private(layout.secrets / "redis-url", "redis://kept")
    secret_files.keep(layout, ["amqp-url", "redis-url"], {"AMQP_URL": "amqp://given"})
    assert (layout.secrets / "amqp-url").read_text() == "amqp://given"
    assert (layout.secrets / "redis-url").read_text() == "redis://kept"


def test_all_missing_secrets_are_named_at_once(layout: Layout) -> None:
    with pytest.raises(FaasError, match=r"(?s)amqp-url: set AMQP_URL.*redis-url: set REDIS_URL"):
        secret_files.keep(layout, ["redis-url", "amqp-url"], {})


def test_a_process_sees_the_secrets_handed_to_it_and_no_earlier_ones(layout: Layout) -> None:
    write_private(layout.secrets / "a", "1")
    write_private(layout.secrets / "b", "2")
    secret_files.hand_over(layout, "one", {"a": "a", "b": "b"})
    secret_files.hand_over(layout, "one", {"database-url": "b"})
    folder = layout.secrets_of("one")
    assert [path.name for path in folder.iterdir()] == ["database-url"]
    assert (folder / "database-url").read_text() == "2"


VALUES = {"A_URL": "postgresql://u:p'$`\"@h/d?x=1&y=2", "B": "", "C": "two words"}


def test_the_environment_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    environment.write(tmp_path / "env", VALUES)
    assert environment.read(tmp_path / "env") == VALUES
    assert file_mode(tmp_path / "env") == 0o600
    assert environment.read(tmp_path / "none") == {}


def test_a_shell_that_sources_it_has_the_same(tmp_path: Path) -> None:
    environment.write(tmp_path / "env", VALUES)
    script = f'. "{tmp_path}/env"; printf "%s" "$A_URL|$B|$C"'
    told = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout == "|".join(VALUES.values())


def test_the_sandbox_stands_for_both_providers() -> None:
    chosen = environment.sandbox(offset=100)
    assert chosen["GRAPH_API_BASE_URL"] == "http://127.0.0.1:3200/graph"
    assert chosen["GENESYS_API_BASE_URL"] == "http://127.0.0.1:3200/genesys"
    assert chosen["GENESYS_LOGIN_BASE_URL"] == "http://127.0.0.1:3200/login"


def test_without_a_sandbox_the_providers_are_the_environments_choice(layout: Layout) -> None:
    chosen = environment.chosen(layout, [], 0, with_sandbox=False, servers={})
    assert not [name for name in chosen if name.startswith(("GRAPH_", "GENESYS_"))]


def test_the_state_reads_back_as_it_was_written(tmp_path: Path) -> None:
    state = State(Identity(7, 1.5), {"one": Entry("waiting", None, 3, "exit code 1", 9.0)})
    state.write(tmp_path / "state")
    assert State.read(tmp_path / "state") == state


@pytest.mark.parametrize("text", ["", "[]", '{"entries": 1}', '{"entries": {"a": {}}}', "\0"])
def test_nonsense_reads_as_nothing_running(tmp_path: Path, text: str) -> None:
    (tmp_path / "state").write_text(text)
    assert State.read(tmp_path / "state") == State()
