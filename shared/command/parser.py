"""Arguments of a command: general options are taken anywhere on the line.

A tree of commands is built with `argparse` as it stands; `finish` then adds to each command what
all have in common.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

AddOptions = Callable[[argparse._ArgumentGroup], None]  # noqa: SLF001  # argparse has no public name for it


def walk(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and all commands below it."""
    yield parser
    for command in commands_of(parser).values():
        yield from walk(command)


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands right below a parser, by name."""
    for action in parser._actions:  # noqa: SLF001  # argparse names its parsers nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # the same
            return dict(action.choices)
    return {}


def finish(parser: argparse.ArgumentParser, add_options: AddOptions) -> argparse.ArgumentParser:
    """Give every command the general options. One typed twice counts as typed last."""
    for command in walk(parser):
        group = command.add_argument_group("general options")
        add_options(group)
        for action in group._group_actions:  # noqa: SLF001  # a group tells its options nowhere else
            if command is not parser:  # else its default would hide what stands before the command
                action.default = argparse.SUPPRESS
    return parser
