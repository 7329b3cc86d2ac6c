"""Several copies, a copy that was ended, restarts, and a key ring that is gone."""

import json
import subprocess
from pathlib import Path

import pytest

from local.faas.names import SERVERS
from local.faas.sealed import stored_under
from local.services import Endpoints
from local.services.services import NAMES
from migrations.run import upgrade
from tests.local.faas.conftest import MakeRoom, Room
from tests.local.faas.test_up_down import pid_of
from tests.migrations.asking import ask, fresh, quiet
from tests.support import ROOT


def test_the_names_of_the_servers_are_theirs() -> None:
    assert SERVERS == NAMES


def test_a_restart_is_another_process_and_no_failure(make_room: MakeRoom) -> None:
    room = make_room("one", "two")
    room.up()
    before, other = pid_of(room, "one"), pid_of(room, "two")
    done = room.command("restart", "one")
    assert done.returncode == 0, done.stderr
    assert "ready   one" in done.stdout
    assert pid_of(room, "one") not in {0, before}
    assert pid_of(room, "two") == other
    assert room.state().entries["one"].restarts == 0
    assert "one is restarted, as asked" in room.layout.log_of("supervisor").read_text()


def test_a_restart_ends_the_wait_after_a_death(make_room: MakeRoom) -> None:
    room = make_room("one", one={"environment": {"BROKEN": "yes"}})
    room.up("--wait", "1")
    assert room.command("restart", "one", "--wait", "1").returncode == 1
    assert room.state().supervised


def test_a_restart_brings_in_a_changed_secret_that_up_names(make_room: MakeRoom) -> None:
    room = make_room("one", one={"secrets": ["some-password"]})
    room.up(SOME_PASSWORD="old")
    (room.layout.secrets / "some-password").write_text("new")
    up = room.up(SOME_PASSWORD="old")
    assert "the secret some-password has changed since" in up.stdout
    assert "restart one brings it in" in up.stdout
    assert room.command("restart", "one").returncode == 0
    assert (room.layout.secrets_of("one") / "some-password").read_text() == "new"
    assert "has changed" not in room.up().stdout


def test_a_restart_of_what_is_not_there_lists_what_is(make_room: MakeRoom) -> None:
    room = make_room("one")
    nothing = room.command("restart", "one")
    assert nothing.returncode == 1
    assert "up starts it" in nothing.stderr
    room.up()
    unknown = room.command("restart", "none")
    assert unknown.returncode == 2
    assert "there are: one" in unknown.stderr


def test_what_was_ended_does_not_look_broken(make_room: MakeRoom) -> None:
    room = make_room("one")
    never = room.command("status")
    room.up()
    running = json.loads(room.command("status", "-o", "json").stdout)
    room.down()
    ended = room.command("status")
    assert never.stdout == ended.stdout
    assert ended.stdout.startswith("nothing runs here; ")
    assert ended.stdout.count("\n") == 1
    assert (ended.returncode, ended.stderr) == (1, "")
    assert running["ready"]
    assert [(one["name"], one["state"]) for one in running["items"]] == [("one", "ready")]
    told = json.loads(room.command("status", "--json").stdout)
    assert told == {"items": [], "ready": False}


def test_a_copy_keeps_its_ports_where_none_are_named(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up("--port-offset", "1")
    again = room.up()
    assert again.returncode == 0, again.stderr
    assert "already up" in again.stdout


def test_the_end_of_up_names_a_command_that_is_there(make_room: MakeRoom) -> None:
    room = make_room("one")
    last = room.up().stdout.splitlines()[-1]
    words = last.removeprefix("all ready; ").removesuffix(" ends everything").split()
    done = subprocess.run(words, cwd=room.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, last
    assert "ended   one" in done.stdout


def test_the_root_may_stand_anywhere(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.command("up", "--services", "none", "--no-sandbox", "--root", str(room.layout.root))
    assert room.command("--root", str(room.layout.root), "status").returncode == 0
    assert room.command("status", "--root", str(room.folder / "other")).returncode == 1


def test_the_environment_is_told_to_programs_too(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    told = json.loads(room.command("env", "-o", "json").stdout)
    assert told["ONE_URL"] == f"http://127.0.0.1:{room.ports['one']}"


@pytest.mark.parametrize("target", ["demo", "up"])
def test_make_hands_the_offset_on(target: str) -> None:
    asked = ["make", "--dry-run", "--assume-old=.venv/.installed", target, "PORT_OFFSET=2000"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "faas-local up --port-offset 2000" in done.stdout


def sealed(endpoints: Endpoints, key: str) -> None:
    envelope = bytes((1, len(key))) + key.encode() + b"what is sealed"
    ask(
        endpoints.database_url("tenancy"),
        "insert into meta_apps (name, app_secret) values (:name, :sealed) returning id",
        name=f"app-{key}",
        sealed=envelope,
    )


def started(room: Room, endpoints: Endpoints, *arguments: str) -> tuple[int, str]:
    done = room.up(*arguments, DATABASE_URL_TENANCY=endpoints.database_url("tenancy"))
    return done.returncode, done.stdout + done.stderr


def test_no_new_key_ring_is_made_over_stored_secrets(
    make_room: MakeRoom, services: Endpoints
) -> None:
    room = make_room("one")
    ring = room.layout.secrets / "key-ring"
    with fresh(services) as endpoints:
        assert stored_under(endpoints.database_url("tenancy")).total() == 0, "no schema yet"
        upgrade(endpoints.database_owner_url, report=quiet)
        assert started(room, endpoints)[0] == 0
        room.down()
        sealed(endpoints, "k1")
        assert started(room, endpoints)[0] == 0, "the ring is there"
        room.down()
        kept = ring.read_text()
        ring.unlink()
        code, said = started(room, endpoints)
        assert code == 1
        assert "1 secrets are stored under 'k1': a new ring would not open them" in said
        assert "put the ring back there" in said
        assert "up --new-key-ring makes a new one" in said
        assert not ring.exists()
        assert started(room, endpoints, "--new-key-ring")[0] == 0
        room.down()
        assert json.loads(ring.read_text())["current"] == "k2", "no second key of one name"
        ring.write_text(kept)
        assert started(room, endpoints)[0] == 0


def test_whether_secrets_are_stored_is_not_guessed(make_room: MakeRoom, tmp_path: Path) -> None:
    del tmp_path
    room = make_room("one")
    up = room.up(DATABASE_URL_TENANCY="postgresql://a:SECRET@127.0.0.1:9/b")
    assert up.returncode == 1
    assert "see DATABASE_URL_TENANCY" in up.stderr
    assert "SECRET" not in up.stdout + up.stderr
    assert not (room.layout.secrets / "key-ring").exists()
