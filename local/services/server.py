"""What each of the four servers must tell so that one piece of code can run them all."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from local.services.home import Home
from local.services.process import Command

Report = Callable[[str], None]


class Server(ABC):
    """One server on one root."""

    name: ClassVar[str]
    port_uses: ClassVar[tuple[str, ...]]  # the first is the one that clients use
    start_limit: ClassVar[float] = 120.0  # seconds until ready; few, but on a busy machine
    stop_limit: ClassVar[float] = 20.0  # seconds from the signal until it is killed
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, home: Home, report: Report) -> None:
        self.home = home
        self.folder = home.folder(self.name)
        self.report = report

    @classmethod
    @abstractmethod
    def installed(cls) -> bool:
        """Whether the program is on this machine."""

    @abstractmethod
    def prepare(self, ports: dict[str, int]) -> Sequence[Command]:
        """Make data folder and configuration; answers what to start, the server itself last."""

    @abstractmethod
    def ping(self, ports: dict[str, int]) -> None:
        """Ask it something by its own protocol, logged in; NotReadyError while it starts."""

    def settle(self, ports: dict[str, int]) -> None:  # noqa: B027 - most servers have nothing to add
        """What is to be done once it answers."""

    def ask_to_stop(self, ports: dict[str, int]) -> None:  # noqa: B027 - the signal does for most
        """What is better than the signal, when it serves; the signal follows in any case."""

    def clean(self, ports: dict[str, int]) -> None:  # noqa: B027 - most leave nothing
        """Take away what it leaves outside the root after its end."""

    def say(self, text: str) -> None:
        """Report one line in this server's name."""
        self.report(f"{self.name:<9} {text}")
