"""What a scenario works with: the stack, its gates, the companies, and ways to break things."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import requests
import yaml

from local.demo.world import Company, World
from local.faas.layout import Layout
from local.faas.plan import Plan, Process
from local.faas.processes import Identity, signal_group
from local.faas.state import State
from tests.faults.gates import Gates, Moment
from tests.stack import Stack

T = TypeVar("T")

OK = 200
POLL_S = 0.05
COMES_BACK_S = 60.0  # the supervisor waits up to half a minute before it starts one again
CATCH_S = 30.0


@dataclass
class Field:
    """One running house. `outage_s`: how long a server stays away."""

    stack: Stack
    gates: Gates
    world: World
    outage_s: float
    over: threading.Event = field(default_factory=threading.Event)  # the traffic has ended
    cut_answers: int = 0  # of sends that WhatsApp took

    @property
    def companies(self) -> tuple[Company, ...]:
        """Both tenants."""
        return self.world.companies

    @property
    def layout(self) -> Layout:
        """Where faas-local keeps what runs."""
        return Layout(self.stack.root)

    def rest(self, seconds: float) -> None:
        """Let the traffic flow; no longer than there is some."""
        self.over.wait(seconds)

    def identity(self, name: str) -> Identity | None:
        """The process of that name, when it runs."""
        return State.read(self.layout.state_file).living().get(name)

    def running(self, name: str) -> Identity:
        """The same; waits until it was started again."""
        found = wait_for(lambda: self.identity(name), COMES_BACK_S, f"{name} did not come back")
        assert found is not None
        return found

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process of the stack."""
        signal_group(self.running(name), number)

    def kill(self, name: str) -> None:
        """Kill -9; the supervisor starts it again, as a platform does."""
        before = self.running(name)
        signal_group(before, signal.SIGKILL)
        self.gates.shut(name)
        wait_for(lambda: not before.alive, COMES_BACK_S, f"{name} survived")

    def ready(self, name: str) -> None:
        """Wait until it can work."""
        process = self.process(name)
        words = f"{name} is not ready"
        wait_for(lambda: answers(process.port, process.ready_path), COMES_BACK_S, words)

    def gone(self, one: Identity) -> None:
        """Wait until a process has ended."""
        wait_for(lambda: not one.alive, COMES_BACK_S, "it was told to end, and did not")

    def process(self, name: str) -> Process:
        """How a process is started."""
        plan = Plan.read(self.layout.plan_file)
        return next(process for process in plan.processes if process.name == name)

    def kill_at(
        self,
        victim: str,
        gate: str,
        moment: Moment,
        fits: Callable[[str, bytes], bool],
        words: str,
    ) -> None:
        """Kill `victim` while a call of its own, or to it, is held at a gate. Raises TimeoutError.

        What was held is cut off: before it was passed on it never happened, after it it did.
        """
        self.ready(victim)
        with self.gates.trap(gate, moment, fits) as trap:
            if not trap.caught.wait(CATCH_S):
                raise TimeoutError(f"{victim}: no call could be held ({words})")
            self.kill(victim)
            if gate == "graph" and moment == "after":
                self.cut_answers += trap.count

    @contextmanager
    def another(self, name: str, port: int, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """A second replica of a process, for the length of the block; ended as a platform does."""
        plan = self.process(name)
        own = {**plan.environment, "PORT": str(port), **variables}
        log = (self.stack.root / "logs" / f"{name}-2.log").open("ab")
        with log:
            child = subprocess.Popen([*plan.argv], cwd=plan.folder, env=own, stdout=log, stderr=log)
        try:
            wait_for(lambda: answers(port, plan.ready_path), COMES_BACK_S, f"{name}: no second one")
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def server_pid(self, name: str) -> int | None:
        """The process of one of the four servers, when it runs."""
        return {row.name: row.pid for row in self.stack.servers.status()}[name]

    def kill_server(self, name: str) -> None:
        """Kill -9, with all that it has started."""
        pid = self.server_pid(name)
        if pid is None:
            raise RuntimeError(f"{name} does not run")
        os.killpg(pid, signal.SIGKILL)
        wait_for(lambda: self.server_pid(name) is None, COMES_BACK_S, f"{name} survived")

    @contextmanager
    def without(self, server: str) -> Iterator[None]:
        """One of the four servers is stopped for the length of the block."""
        self.stack.servers.stop(server)
        try:
            yield
        finally:
            self.stack.servers.start(server)

    def apply(self, world: World) -> None:
        """Tell Parley of the companies as they are in `world`; the clouds are not told."""
        file = self.stack.root / "tenants.yml"
        file.write_text(yaml.safe_dump(world.for_parley()), encoding="utf-8")
        self.stack.parley("tenants", "apply", str(file))


def answers(port: int, path: str) -> bool:
    """Whether a process answers 200 there."""
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=2).status_code == OK
    except requests.RequestException:
        return False


def wait_for(question: Callable[[], T], limit: float, words: str) -> T:
    """The first true answer. Raises TimeoutError with `words`."""
    deadline = time.monotonic() + limit
    pause = threading.Event()
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(words)
        pause.wait(POLL_S)
