"""Keeps the processes of a plan running: `python -m local.faas.supervisor ROOT`.

One that ends is said and started again after 1, 2, 4, ... 30 s; SIGTERM ends all, stage by stage.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from asyncio.subprocess import Process as Child
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from local.faas.layout import PRIVATE_FILE, Layout
from local.faas.plan import Plan, Process
from local.faas.processes import Identity, signal_group
from local.faas.restarting import SIGNAL, asked_file
from local.faas.state import ENDED, STARTED, WAITING, Entry, State

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
STEADY_S = 60.0  # one that ran this long starts again at the first delay


def next_delay(delay: float, ran: float) -> float:
    """How long to wait before the next start, after a run of `ran` seconds. 0 means the first."""
    if delay == 0 or ran >= STEADY_S:
        return FIRST_DELAY_S
    return min(delay * 2, LONGEST_DELAY_S)


def exit_words(code: int) -> str:
    """A return code as a person says it."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


class Supervisor:
    """The processes of one plan, and the state file that tells of them."""

    def __init__(self, plan: Plan, state_file: Path, say: Callable[[str], None]) -> None:
        """`say` takes one line for the supervisor's own log."""
        self._plan = plan
        self._state_file = state_file
        self._say = say
        self._stop = asyncio.Event()
        self._children: dict[str, Child] = {}
        # Set by a call that ends a wait or a run: to stop, or to restart that process.
        self._called = {process.name: asyncio.Event() for process in plan.processes}
        self._endings: set[asyncio.Task[None]] = set()
        entries = {process.name: Entry() for process in plan.processes}
        self._state = State(Identity.of(os.getpid()), entries)

    def stop(self) -> None:
        """Ask for the end; `run` returns when all have ended."""
        self._stop.set()
        for called in self._called.values():
            called.set()

    def restart(self, names: Iterable[str]) -> None:
        """End these and start them again at once."""
        for process in self._plan.processes:
            if process.name in set(names):
                self._say(f"{process.name} is restarted, as asked")
                self._called[process.name].set()
                ending = asyncio.create_task(self._end(process))
                self._endings.add(ending)
                ending.add_done_callback(self._endings.discard)

    async def run(self) -> None:
        """Start everything, keep it, end it."""
        self._write()
        keepers = [asyncio.create_task(self._keep(process)) for process in self._plan.processes]
        await self._stop.wait()
        for stage in self._plan.stages():
            await asyncio.gather(*(self._end(process) for process in stage))
        await asyncio.gather(*keepers)
        self._say("all ended")

    async def _keep(self, process: Process) -> None:
        entry = self._state.entries[process.name]
        delay = 0.0
        called = self._called[process.name]
        while not self._stop.is_set():
            called.clear()
            began = time.monotonic()
            entry.last_exit = await self._run_once(process, entry)
            if self._stop.is_set():
                break
            if called.is_set():
                delay = 0.0
                continue
            delay = next_delay(delay, time.monotonic() - began)
            entry.restarts += 1
            self._say(f"{process.name} ended ({entry.last_exit}); started again in {delay:g} s")
            entry.status, entry.next_try = WAITING, time.time() + delay
            self._write()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(called.wait(), delay)
        entry.status = ENDED
        self._write()

    async def _run_once(self, process: Process, entry: Entry) -> str:
        """Start it and wait for its end; how it ended, in words."""
        try:
            child = await start(process)
        except OSError as error:
            return f"can not be started: {error.strerror}: {process.argv[0]}"
        self._children[process.name] = child
        entry.status, entry.identity = STARTED, Identity.of(child.pid)
        self._write()
        if self._called[process.name].is_set():  # asked to end while it was starting
            await self._end(process)
        code = await child.wait()
        del self._children[process.name]
        entry.identity = None
        return exit_words(code)

    async def _end(self, process: Process) -> None:
        child = self._children.get(process.name)
        if child is None:
            return
        began = time.monotonic()
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), process.grace)
        except TimeoutError:
            identity = self._state.entries[process.name].identity
            if identity is not None:
                signal_group(identity, signal.SIGKILL)
            await child.wait()
            self._say(f"{process.name} killed: it did not end within {process.grace:g} s")
            return
        self._say(f"{process.name} ended in {time.monotonic() - began:.1f} s")

    def _write(self) -> None:
        self._state.write(self._state_file)


async def start(process: Process) -> Child:
    """Start one process, its output appended to its log. Raises OSError."""
    log = os.open(process.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE)
    try:
        return await asyncio.create_subprocess_exec(
            *process.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=process.folder,
            env=dict(process.environment),
            process_group=0,  # so that what it starts can be ended with it
        )
    finally:
        os.close(log)


def asked(layout: Layout) -> list[str]:
    """Whom `faas-local restart` named last."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return [str(name) for name in json.loads(asked_file(layout).read_text(encoding="utf-8"))]
    return []


def say(line: str) -> None:
    """One line of the supervisor's log."""
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(f"{stamp} {line}", flush=True)  # stdout is its log file


async def supervise(layout: Layout) -> None:
    """Run the plan of a root until SIGTERM or SIGINT."""
    supervisor = Supervisor(Plan.read(layout.plan_file), layout.state_file, say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    loop.add_signal_handler(SIGNAL, lambda: supervisor.restart(asked(layout)))
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # the terminal that started us is gone
    say(f"supervising as pid {os.getpid()}")
    await supervisor.run()


if __name__ == "__main__":
    asyncio.run(supervise(Layout(Path(sys.argv[1]))))
