"""The command on a stack of tiny functions: what it starts, keeps running, and leaves behind."""

import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from local.faas.processes import Identity, port_free
from tests.local.faas.conftest import MakeRoom, Room
from tests.support import wait_until


def pid_of(room: Room, name: str) -> int:
    identity = room.state().entries[name].identity
    return identity.pid if identity else 0


def kill_supervisor(room: Room) -> Identity:
    supervisor = room.state().supervisor
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not supervisor.alive)
    return supervisor


def test_up_starts_all_says_each_and_down_leaves_no_process_and_no_port(
    make_room: MakeRoom,
) -> None:
    room = make_room("one", "two")
    up = room.up()
    assert up.returncode == 0, up.stdout + up.stderr
    assert "ready   one" in up.stdout
    assert "ready   two" in up.stdout
    pids = [pid_of(room, "one"), pid_of(room, "two")]
    assert all(psutil.pid_exists(pid) for pid in pids)
    supervisor = room.state().supervisor
    down = room.down()
    assert down.returncode == 0, down.stderr
    assert "ended   one" in down.stdout
    assert supervisor is not None
    assert not supervisor.alive
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert all(port_free(port) for port in room.ports.values())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_no_detach_ends_everything_when_told(make_room: MakeRoom, ending: signal.Signals) -> None:
    room = make_room("one")
    words = ("up", "--services", "none", "--no-sandbox", "--no-detach")
    with subprocess.Popen(
        [sys.executable, "-m", "local.faas.command", *words],
        cwd=room.folder,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        output = command.stdout
        assert output is not None
        wait_until(lambda: "all ready; Ctrl-C" in output.readline())
        pid = pid_of(room, "one")
        command.send_signal(ending)
        assert "ended   one" in output.read()
    assert command.returncode == 0
    assert not psutil.pid_exists(pid)
    assert port_free(room.ports["one"])


def test_down_twice_says_that_nothing_was_running(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    room.down()
    again = room.down()
    assert again.returncode == 0
    assert "nothing was running" in again.stdout


def test_a_function_gets_the_stacks_environment_and_its_own_secrets_and_no_more(
    make_room: MakeRoom,
) -> None:
    room = make_room("one", "two", one={"secrets": ["service-token-key", "some-password"]})
    up = room.up(SOME_PASSWORD="s3cret", GREETING="good day", UNRELATED="left out")
    assert up.returncode == 0, up.stderr
    told = room.get("one")
    assert told["environment"]["GREETING"] == "good day"
    assert told["environment"]["ONE_URL"] == f"http://127.0.0.1:{room.ports['one']}"
    assert {"UNRELATED", "SOME_PASSWORD"}.isdisjoint(told["environment"])
    assert told["secrets"] == ["service-token-key", "some-password"]
    assert room.get("two")["secrets"] == []


def test_up_again_is_told_and_changes_nothing(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    before = pid_of(room, "one")
    again = room.up()
    assert again.returncode == 0
    assert "already up" in again.stdout
    assert pid_of(room, "one") == before


def test_up_again_with_other_options_is_refused(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    again = room.up("--port-offset", "100")
    assert again.returncode == 1
    assert "faas-local down first" in again.stderr


def test_a_function_that_dies_is_started_again_and_counted(make_room: MakeRoom) -> None:
    room = make_room("one", "two")
    room.up()
    before, other = pid_of(room, "one"), pid_of(room, "two")
    room.die("one")
    wait_until(lambda: pid_of(room, "one") not in {0, before})
    entry = room.state().entries["one"]
    assert (entry.restarts, entry.last_exit) == (1, "exit code 3")
    assert pid_of(room, "two") == other
    log = room.layout.log_of("supervisor").read_text()
    assert "one ended (exit code 3); started again in 1 s" in log


def test_status_shows_the_death_and_then_that_it_is_ready_again(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()

    def is_shown_waiting() -> bool:
        """Each death makes the wait longer: even a slow look sees one in the end."""
        room.die("one")
        return "again in" in room.command("status").stdout

    wait_until(is_shown_waiting)
    wait_until(lambda: room.command("status").returncode == 0)
    line = room.command("status").stdout.splitlines()[1]
    assert line.split()[:2] == ["one", str(room.ports["one"])]
    assert "ready" in line
    assert "exit code 3" in line


def test_a_function_that_can_not_start_is_shown_with_its_last_words(make_room: MakeRoom) -> None:
    room = make_room("one", "two", one={"environment": {"BROKEN": "yes"}})
    up = room.up("--wait", "3")
    assert up.returncode == 1
    assert "died    one" in up.stdout
    assert "LOG_LEVEL: what is wrong is told here" in up.stdout
    assert "NOT ready: one" in up.stdout
    assert "NOT ready: two" not in up.stdout


def test_a_taken_port_names_the_process_and_the_way_out(make_room: MakeRoom) -> None:
    room = make_room("one", "two")
    with socket.create_server(("127.0.0.1", room.ports["one"])):
        up = room.up()
    assert up.returncode == 1
    assert f"port {room.ports['one']} (one) is held by pid {os.getpid()}" in up.stderr
    assert "up --port-offset 1000, or make up PORT_OFFSET=1000" in up.stderr
    assert not room.state().living()


def test_port_offset_shifts_every_port_and_address(make_room: MakeRoom) -> None:
    room = make_room("one")
    up = room.up("--port-offset", "1")
    assert up.returncode == 0, up.stderr
    told = room.get("one", offset=1)
    assert told["environment"]["ONE_URL"] == f"http://127.0.0.1:{room.ports['one'] + 1}"
    assert f"export ONE_URL=http://127.0.0.1:{room.ports['one'] + 1}" in room.command("env").stdout


def test_down_ends_what_a_killed_supervisor_left(make_room: MakeRoom) -> None:
    room = make_room("one", "two")
    room.up()
    kill_supervisor(room)
    assert "orphan" in room.command("status").stdout
    down = room.down()
    assert down.returncode == 0, down.stderr
    assert "left 2 processes" in down.stdout
    assert all(port_free(port) for port in room.ports.values())


def test_up_ends_orphans_before_it_starts_anew(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    kill_supervisor(room)
    before = pid_of(room, "one")
    up = room.up()
    assert up.returncode == 0, up.stdout + up.stderr
    assert "left 1 process" in up.stdout
    assert pid_of(room, "one") != before


def test_a_stale_state_file_of_another_life_harms_nobody(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    state = room.state()
    room.down()
    mine = Identity(os.getpid(), 1.0)  # this pid, started in 1970
    state.supervisor = mine
    state.entries["one"].identity = mine
    state.write(room.layout.state_file)
    up = room.up()
    assert up.returncode == 0, up.stderr
    assert room.get("one")["secrets"] == []


def test_a_half_written_state_file_is_as_good_as_none(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.layout.make()
    room.layout.state_file.write_text('{"supervisor": {"pid": 1, "sta')
    assert room.up().returncode == 0


def test_one_that_ignores_sigterm_is_killed_and_said(make_room: MakeRoom) -> None:
    room = make_room("one", one={"environment": {"STUBBORN": "yes"}})
    room.up()
    kill_supervisor(room)
    stubborn = room.state().living()["one"]
    down = room.down()
    assert f"killed  pid {stubborn.pid}" in down.stdout
    assert not stubborn.alive


def test_a_missing_secret_is_named_with_its_variable(make_room: MakeRoom) -> None:
    room = make_room("one", one={"secrets": ["redis-url", "amqp-url"]})
    up = room.up(REDIS_URL="redis://127.0.0.1")
    assert up.returncode == 1
    assert "amqp-url: set AMQP_URL" in up.stderr
    assert "redis-url" not in up.stderr


def test_a_second_command_at_the_same_time_is_refused(make_room: MakeRoom) -> None:
    room = make_room("one")
    with room.layout.locked():
        up = room.up()
    assert up.returncode == 1
    assert "another faas-local is working" in up.stderr


def test_invoke_brings_a_service_token_and_prints_the_answer(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    told = room.command("invoke", "one", "--path", "/x")
    assert told.returncode == 0, told.stderr
    assert "200 OK" in told.stderr
    assert '"authorization": "Bearer ey' in told.stdout
    assert room.command("invoke", "one", "--data", '{"a": 1}').stdout == '{"a": 1}\n'


def test_invoke_of_an_unknown_name_lists_those_there_are(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    told = room.command("invoke", "none")
    assert told.returncode == 2
    assert "there are: one" in told.stderr


def test_logs_prints_what_the_function_said(make_room: MakeRoom) -> None:
    room = make_room("one")
    room.up()
    assert room.command("logs", "one").stdout == "serving\n"
    unknown = room.command("logs", "none")
    assert unknown.returncode == 2
    assert "there are: one, supervisor" in unknown.stderr
