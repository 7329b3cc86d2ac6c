"""The four servers together: started side by side, stopped without a trace."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from local.services import packages
from local.services.endpoints import OWNER, ROLES, Endpoints
from local.services.errors import GivenUpError, NotReadyError, ServicesError
from local.services.home import Home
from local.services.keeper import Keeper
from local.services.ports import LOOPBACK, Ports
from local.services.postgres import Postgres
from local.services.rabbitmq import RabbitMQ
from local.services.redis import Redis
from local.services.s3 import ACCESS_KEY, REGION, S3

KINDS = (RabbitMQ, Postgres, S3, Redis)  # the slowest first: the others start in its shadow
NAMES = tuple(kind.name for kind in KINDS)


@dataclass(frozen=True)
class Row:
    """One server's line of `status`; `state` is running, not answering or stopped."""

    name: str
    state: str
    port: int | None
    pid: int | None


class Services:
    """The servers under one root folder; roots on one machine do not know each other."""

    def __init__(self, root: Path, *, report: Callable[[str], None] = print) -> None:
        self._home = Home(root)
        self._report = report

    def up(self) -> Endpoints:
        """Start what does not run yet and answer where everything is.

        On failure what this call started is stopped again. Raises ServicesError.
        """
        began = time.monotonic()
        with self._locked():
            keepers = self._keepers()
            packages.ensure([type(keeper.server) for keeper in keepers], self._report)
            self._start_all(keepers)
        self._report(f"all servers ready in {time.monotonic() - began:.1f} s")
        return self.endpoints()

    def down(self) -> None:
        """Stop all that this root started, and nothing else."""
        if not self._home.services.exists():
            return
        with self._locked():
            keepers = self._keepers()
            with ThreadPoolExecutor(len(keepers)) as threads:
                stopped = list(threads.map(Keeper.stop, keepers))
        names = [keeper.server.name for keeper, ran in zip(keepers, stopped, strict=True) if ran]
        self._report(f"stopped {', '.join(names)}" if names else "nothing was running")

    def start(self, name: str) -> None:
        """Start one server. Raises ServicesError, also for an unknown name."""
        with self._locked():
            keeper = self._keeper(name)
            packages.ensure([type(keeper.server)], self._report)
            if not keeper.start():
                keeper.server.say("was running already")

    def stop(self, name: str) -> None:
        """Stop one server. Raises ServicesError for an unknown name."""
        with self._locked():
            keeper = self._keeper(name)
            keeper.server.say("stopped" if keeper.stop() else "was not running")

    def status(self) -> list[Row]:
        """One row for each server, each asked by its own protocol."""
        self._home.check()
        ports = Ports(self._home.ports_file)
        return [_row(keeper, ports) for keeper in self._keepers(ports)]

    def endpoints(self) -> Endpoints:
        """Where the servers are, running or not. Raises ServicesError before the first start."""
        self._home.check()
        ports = Ports(self._home.ports_file)
        missing = [name for name in NAMES if not ports.of(name)]
        if missing:
            raise ServicesError(
                f"{', '.join(missing)} never ran under {self._home.root}; start with "
                f"`python -m local.services up --root {self._home.root}`"
            )
        postgres = Postgres(self._home, self._report)
        sql, amqp, s3 = ports.of("postgres"), ports.of("rabbitmq"), ports.of("s3")
        store = S3(self._home, self._report)
        return Endpoints(
            database_owner_url=postgres.url(sql, OWNER),
            database_urls={role: postgres.url(sql, f"parley_{role}") for role in ROLES},
            redis_url=Redis(self._home, self._report).url(ports.of("redis")),
            amqp_url=RabbitMQ(self._home, self._report).url(amqp),
            rabbitmq_prometheus_url=f"http://{LOOPBACK}:{amqp['prometheus']}/metrics",
            s3_endpoint_url=store.url(s3),
            s3_access_key=ACCESS_KEY,
            s3_secret_key=store.secret_key,
            s3_region=REGION,
        )

    def reset_database(self, name: str) -> Endpoints:
        """Make an empty database of that name, dropping one that was there: for tests."""
        if not name.isidentifier():
            raise ServicesError(f"{name!r} is no name for a database: letters, digits, _")
        postgres = Postgres(self._home, self._report)
        ports = Ports(self._home.ports_file).of("postgres")
        postgres.query(ports, f'drop database if exists "{name}" with (force)')
        postgres.query(ports, f'create database "{name}" owner {OWNER}')
        return self.endpoints().for_database(name)

    def _locked(self) -> AbstractContextManager[None]:
        self._home.make()
        return self._home.locked(self._report)

    def _keepers(self, ports: Ports | None = None) -> list[Keeper]:
        ports = ports or Ports(self._home.ports_file)
        give_up = threading.Event()
        return [Keeper(kind(self._home, self._report), ports, give_up) for kind in KINDS]

    def _keeper(self, name: str) -> Keeper:
        for keeper in self._keepers():
            if keeper.server.name == name:
                return keeper
        raise ServicesError(f"no server is named {name!r}; there are {', '.join(NAMES)}")

    def _start_all(self, keepers: Sequence[Keeper]) -> None:
        asleep = [keeper for keeper in keepers if not keeper.serving()]
        if asleep:
            names = ", ".join(keeper.server.name for keeper in asleep)
            self._report(f"starting {names} under {self._home.root}")
        try:
            _start_side_by_side(keepers)
        except BaseException:
            for keeper in asleep:
                keeper.stop()
            raise


def _start_side_by_side(keepers: Sequence[Keeper]) -> None:
    """Start all; the first that fails, or an interrupt, breaks the others off."""
    with ThreadPoolExecutor(len(keepers)) as threads:
        tasks = [threads.submit(keeper.start) for keeper in keepers]
        try:
            wait(tasks, return_when=FIRST_EXCEPTION)
        finally:
            for keeper in keepers:
                keeper.give_up.set()
    failures = [error for task in tasks if (error := task.exception())]
    if failures:
        raise _joined(failures)


def _row(keeper: Keeper, ports: Ports) -> Row:
    server = keeper.server
    chosen = ports.of(server.name)
    port = chosen.get(server.port_uses[0])
    process = keeper.serving()
    if process is None:
        return Row(server.name, "stopped", port, None)
    try:
        server.ping(chosen)
    except (NotReadyError, ServicesError):
        return Row(server.name, "not answering", port, process.pid)
    return Row(server.name, "running", port, process.pid)


def _joined(failures: Sequence[BaseException]) -> BaseException:
    """All of them in one, so that none hides behind another; an unexpected one goes first."""
    for failure in failures:
        if not isinstance(failure, ServicesError):
            return failure
    own = [failure for failure in failures if not isinstance(failure, GivenUpError)]
    return own[0] if len(own) == 1 else ServicesError("\n".join(str(failure) for failure in own))
