"""Starts, watches and stops one server: the steps that are the same for all four."""

import re
import threading
import time
from collections.abc import Sequence

from local.services.errors import GivenUpError, NotReadyError, ServicesError
from local.services.ports import Ports, is_free
from local.services.process import Command, Process, load, save, spawn
from local.services.server import Server

POLL = 0.05  # seconds between two pings while a server starts
TAIL = 15  # last lines of its log that an error shows,
FIRST = 3  # after the first ones that speak of an error: the cause stands there
ABANDON = 3.0  # seconds to stop for a server that never got ready (a booting RabbitMQ will not)
TRIES = 3  # starts, when someone else is quicker at a port


class Keeper:
    """One server and its processes. `give_up`, once set, ends a start that is under way."""

    def __init__(
        self, server: Server, ports: Ports, give_up: threading.Event | None = None
    ) -> None:
        self.server = server
        self.ports = ports
        self.give_up = give_up or threading.Event()
        self.record = server.home.record(server.name)

    def running(self) -> list[Process]:
        """The recorded processes that are still the ones that were started."""
        return [process for process in load(self.record) if process.alive()]

    def serving(self) -> Process | None:
        """The server itself, the last of its commands, when it runs."""
        recorded = load(self.record)
        return recorded[-1] if recorded and recorded[-1].alive() else None

    def start(self) -> bool:
        """Have it ready, with its ports chosen; False when it was so already."""
        server = self.server
        if self.serving():
            ports = self.ports.of(server.name)
            self._wait(ports, time.monotonic() + server.start_limit, log_from=0)
            server.settle(ports)
            return False
        self._forget_dead()
        for attempt in range(1, TRIES + 1):
            ports = self.ports.choose(server.name, server.port_uses, server.report)
            try:
                self._start_on(ports)
            except ServicesError:
                self.stop(ABANDON)
                # Dead, and yet someone listens: another program was quicker. Choose again.
                if attempt == TRIES or all(is_free(port) for port in ports.values()):
                    raise
                server.say("a port was taken while it started; once more")
            except BaseException:
                self.stop(ABANDON)
                raise
            else:
                return True
        return True

    def stop(self, limit: float | None = None) -> bool:
        """End what was started for it, in reverse order; False when nothing ran.

        `limit`: seconds until it is killed, instead of the server's own.
        """
        server = self.server
        if limit is None and self.serving():
            server.ask_to_stop(self.ports.of(server.name))
        limit = limit or server.stop_limit
        recorded = load(self.record)
        running = [process for process in recorded if process.alive()]
        for process in reversed(running):
            if not process.end(server.stop_signal, limit):
                server.say(f"{process.what} did not stop in {limit:.0f} s: killed")
        self.record.unlink(missing_ok=True)
        server.clean(self.ports.of(server.name))
        return bool(running)

    def _start_on(self, ports: dict[str, int]) -> None:
        server = self.server
        began = time.monotonic()
        commands = server.prepare(ports)
        log = server.home.fresh_log(server.name)
        size = log.stat().st_size if log.exists() else 0
        self._spawn(commands)
        self._wait(ports, began + server.start_limit, log_from=size)
        server.settle(ports)
        port = ports[server.port_uses[0]]
        server.say(f"ready on port {port} in {time.monotonic() - began:.1f} s")

    def _spawn(self, commands: Sequence[Command]) -> None:
        started: list[Process] = []
        for command in commands:
            started.append(spawn(command, self.server.home.log(self.server.name)))
            save(self.record, started)

    def _wait(self, ports: dict[str, int], deadline: float, log_from: int) -> None:
        """Ping until it answers; a death or the limit raises with the end of its log."""
        server = self.server
        while True:
            if not self.serving():
                raise ServicesError(f"{server.name} ended while starting.{self._tail(log_from)}")
            if self.give_up.is_set():
                raise GivenUpError(f"{server.name} was given up: another server did not start")
            try:
                server.ping(ports)
            except NotReadyError as error:
                if time.monotonic() > deadline:
                    raise ServicesError(
                        f"{server.name} does not answer after {server.start_limit:.0f} s: {error}."
                        f"{self._tail(log_from)}"
                    ) from error
                time.sleep(POLL)
            else:
                return

    def _forget_dead(self) -> None:
        """Clear what an unclean end left: a record of nobody, or a helper without its server."""
        recorded = load(self.record)
        dead = [process for process in recorded if not process.alive()]
        if dead:
            names = ", ".join(f"{process.what} (pid {process.pid})" for process in dead)
            self.server.say(f"had not been stopped by us, its record is stale: {names}")
        self.stop()

    def _tail(self, log_from: int) -> str:
        log = self.server.home.log(self.server.name)
        if not log.exists():
            return ""
        with log.open("rb") as stream:
            stream.seek(log_from)
            lines = stream.read().decode(errors="replace").splitlines()
        causes = [
            line for line in lines[:-TAIL] if re.search(r"error|fatal|panic", line, re.IGNORECASE)
        ]
        shown = [*causes[:FIRST], *lines[-TAIL:]]
        return f" The end of {log}:\n" + "\n".join(f"  {line}" for line in shown)
