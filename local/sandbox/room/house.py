"""The one room both simulators stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.sandbox.room.faults import FaultBook
from local.sandbox.room.fetcher import Fetcher
from local.sandbox.room.files import Files
from local.sandbox.room.ledger import Ledger
from local.sandbox.room.records import Recorder
from local.sandbox.room.sender import Sender
from local.sandbox.room.settings import Settings
from local.sandbox.room.setup import Directory


@dataclass(slots=True)
class House:
    """Settings, who exists, what goes wrong, what happened, what is being sent."""

    settings: Settings
    at_start: dict[str, Any]  # the settings that the process began with
    directory: Directory
    faults: FaultBook
    recorder: Recorder
    ledger: Ledger
    sender: Sender
    files: Files
    fetcher: Fetcher

    @classmethod
    def built(cls, settings: Settings) -> House:
        """Put an empty one together."""
        faults, recorder = FaultBook(), Recorder(settings)
        return cls(
            settings,
            settings.model_dump(),
            Directory(),
            faults,
            recorder,
            Ledger(settings),
            Sender(settings, faults, recorder),
            Files(settings),
            Fetcher(recorder),
        )

    @property
    def limited(self) -> bool:
        """True while the real services' rates and windows hold."""
        return self.settings.limits == "real"
