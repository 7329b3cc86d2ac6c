"""Shell completion of a command: a script made of its parser, so that Tab starts no process."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.command.parser import CommandParser, add_command, walk

SHELLS = ("bash", "zsh")


def add_completion(commands: Any, build_parser: Callable[[], CommandParser]) -> None:
    """The command `completion` of a program."""
    program = commands._prog_prefix.strip()  # noqa: SLF001  # argparse tells it nowhere else

    def run(given: argparse.Namespace, *_: Any) -> int:
        print(script(build_parser(), given.shell), end="")  # noqa: T201  # a command prints
        return 0

    completion = add_command(
        commands,
        "completion",
        help="print what makes the shell complete commands and options",
        examples=(
            f'eval "$({program} completion bash)"',
            f"{program} completion zsh > ~/.zfunc/_{program}  # a folder of fpath",
        ),
        run=run,
    )
    completion.add_argument("shell", choices=SHELLS, help="for which shell")


def script(parser: CommandParser, shell: str) -> str:
    """What the shell reads once. Arguments that are paths complete to files."""
    import shtab  # noqa: PLC0415  # only here

    for command in walk(parser):
        for action in command._actions:  # noqa: SLF001  # argparse names them nowhere else
            if action.type is Path:
                path: Any = action
                path.complete = shtab.FILE
    return str(shtab.complete(parser, shell))
