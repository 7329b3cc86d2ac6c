"""What crashes and other programs leave in the way: said and mended, or said and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.services import Services, ServicesError
from local.services.home import Home
from local.services.keeper import Keeper
from local.services.ports import Ports
from local.services.process import load
from local.services.rabbitmq import RabbitMQ
from local.services.redis import Redis
from tests.local.services.traces import processes_of
from tests.support import wait_until
from tests.waits import WAIT_S

REPOSITORY = Path(__file__).resolve().parents[3]


@contextmanager
def listener(port: int = 0) -> Iterator[int]:
    """Another program that listens; 0 for any port. Answers the port."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen(1)
        yield int(taken.getsockname()[1])


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a program that has nothing to do with the servers."""
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        yield sleeper.pid
        assert sleeper.poll() is None, "it was ended by someone else"
        sleeper.kill()


def port_of(root: Path, server: str, use: str) -> int:
    return Ports(root / "services" / "ports.json").of(server)[use]


def heard(said: list[str], words: str) -> bool:
    return any(words in line for line in said)


@pytest.mark.parametrize(("server", "use"), [("redis", "redis"), ("s3", "master")])
def test_a_taken_port_is_said_and_another_one_chosen(
    own: Services, root: Path, said: list[str], server: str, use: str
) -> None:
    own.start(server)
    own.stop(server)
    with listener(port_of(root, server, use)) as taken:
        own.start(server)
        assert heard(said, f"port {taken} ({use}) is taken, using {port_of(root, server, use)}")
        assert port_of(root, server, use) != taken
    assert next(row.state for row in own.status() if row.name == server) == "running"


class LatePorts(Ports):
    """The first choice is given away again: another program takes it before the server does."""

    gone = 0

    def choose(
        self, server: str, uses: tuple[str, ...], report: Callable[[str], None]
    ) -> dict[str, int]:
        chosen = super().choose(server, uses, report)
        first, self.gone = self.gone, 0
        return {"redis": first} if first else chosen


def test_a_port_that_is_taken_while_the_server_starts_is_given_up(
    root: Path, said: list[str]
) -> None:
    home = Home(root)
    home.make()
    ports = LatePorts(home.ports_file)
    keeper = Keeper(Redis(home, said.append), ports)
    with listener() as taken:
        ports.gone = taken
        try:
            keeper.start()
            assert heard(said, "a port was taken while it started")
            keeper.server.ping(ports.of("redis"))
        finally:
            keeper.stop()


def test_a_record_of_a_pid_that_another_program_got_is_dropped(
    own: Services, root: Path, said: list[str], stranger: int
) -> None:
    own.start("redis")
    own.stop("redis")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    row = {"what": "redis-server", "pid": stranger, "started": 1, "boot": boot}
    (root / "services" / "run" / "redis.json").write_text(json.dumps([row]))
    assert next(row.state for row in own.status() if row.name == "redis") == "stopped"
    own.start("redis")
    assert heard(said, f"its record is stale: redis-server (pid {stranger})")


def test_postgres_starts_after_a_kill_and_a_reused_pid_in_its_lock(
    own: Services, root: Path, said: list[str], stranger: int
) -> None:
    own.start("postgres")
    server = load(root / "services" / "run" / "postgres.json")[0]
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not processes_of(root / "services" / "postgres"))
    lock = root / "services" / "postgres" / "data" / "postmaster.pid"
    lock.write_text(f"{stranger}\n" + lock.read_text().partition("\n")[2])
    own.start("postgres")
    assert heard(said, f"its record is stale: postgres (pid {server.pid})")
    assert heard(said, f"postmaster.pid names {stranger}, which is not its server: removed")


def test_a_postgres_without_a_record_is_named_and_left_alone(
    own: Services, root: Path, said: list[str]
) -> None:
    own.start("postgres")
    record = root / "services" / "run" / "postgres.json"
    kept, server = record.read_bytes(), load(record)[0]
    record.unlink()
    with pytest.raises(ServicesError, match=f"no record of .pid {server.pid}.*kill -INT"):
        own.start("postgres")
    assert server.alive()
    record.write_bytes(kept)
    assert not heard(said, "killed")


def test_an_interrupted_initdb_is_undone_and_made_again(
    own: Services, root: Path, said: list[str]
) -> None:
    half = root / "services" / "postgres" / "data.new"
    own.start("redis")  # makes the folders above
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    own.start("postgres")
    assert heard(said, "making the cluster was interrupted last time")


def test_a_damaged_cluster_is_not_replaced_by_an_empty_one(own: Services, root: Path) -> None:
    own.start("redis")
    (root / "services" / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(ServicesError, match=r"PG_VERSION, global/pg_control is missing. Bring"):
        own.start("postgres")


def test_half_made_broker_data_is_undone_and_whole_data_kept(root: Path, said: list[str]) -> None:
    home = Home(root)
    home.make()
    broker = RabbitMQ(home, said.append)
    ports = dict.fromkeys(RabbitMQ.port_uses, 1)
    broker.prepare(ports)
    schema = broker.folder / "mnesia" / "schema.DAT"
    schema.parent.mkdir()
    schema.touch()
    broker.prepare(ports)
    assert not schema.exists()
    assert heard(said, "first start was interrupted")
    schema.parent.mkdir()
    schema.touch()
    broker.settle(ports)
    broker.prepare(ports)
    assert schema.exists()


def test_a_server_that_cannot_start_is_told_soon_with_its_log_and_stops_the_others(
    own: Services, root: Path
) -> None:
    own.start("redis")
    own.stop("redis")
    for file in (root / "services" / "redis" / "appendonlydir").iterdir():
        file.unlink()
    (root / "services" / "redis" / "appendonlydir").rmdir()
    (root / "services" / "redis" / "appendonlydir").touch()
    with pytest.raises(ServicesError, match=r"redis ended while starting(?s:.*)Not a directory"):
        own.up()
    wait_until(lambda: not processes_of(root))


def test_unreadable_ports_are_said(own: Services, root: Path) -> None:
    Home(root).make()
    (root / "services" / "ports.json").write_text("{")
    with pytest.raises(ServicesError, match="remove it to have ports chosen anew"):
        own.start("redis")
    (root / "services" / "ports.json").unlink()


def test_a_root_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServicesError, match="choose another folder with --root"):
        Services(tmp_path / "file" / "root").start("redis")


def test_an_interrupted_start_leaves_nothing_running(root: Path) -> None:
    words = [sys.executable, "-m", "local.services", "up", "--root", str(root)]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as starting:
        assert starting.stdout
        while "redis     ready" not in (line := starting.stdout.readline()):
            assert line, "it ended without starting Redis"
        starting.send_signal(signal.SIGINT)
        assert starting.wait(timeout=WAIT_S) == 130
    wait_until(lambda: not processes_of(root))
