"""Shell completion of a command: a script made of its parser, so that Tab starts no process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import shtab

from shared.command.parser import CommandParser, walk


def script(parser: CommandParser, shell: Literal["bash", "zsh"]) -> str:
    """What the shell reads once. Arguments that are paths complete to files."""
    for command in walk(parser):
        for action in command._actions:  # noqa: SLF001  # argparse names them nowhere else
            if action.type is Path:
                path: Any = action
                path.complete = shtab.FILE
    return shtab.complete(parser, shell)
